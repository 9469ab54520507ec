"""Turn what PostgreSQL refuses into a sentence that holds no person's data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg
from psycopg import errors, sql

from customer360.publish.constraints import Constraint, Kind, constraints_of
from customer360.publish.specification import ForeignKey, PublishedTable
from customer360.warehouse.messages import message_without_values


class Violation(Exception):
    """A refused statement, without PostgreSQL's detail: that one quotes the failing row."""

    def __init__(self, error: psycopg.Error, table: PublishedTable | None, constraint: Constraint | None):
        super().__init__(type(error).__name__)
        self.kind = type(error)
        self.table = _full_name(error, table)
        self.constraint = error.diag.constraint_name or (constraint.name if constraint else None)
        self.column = error.diag.column_name
        self.message = message_without_values(error)


@contextmanager
def about(table: PublishedTable | None, constraint: Constraint | None = None) -> Iterator[None]:
    """Within, what PostgreSQL refuses concerns ``table`` and comes out as a Violation."""
    violation = None
    try:
        yield
    except psycopg.Error as error:
        violation = Violation(error, table, constraint)
    # Raised here and not above: the original, which holds the row, must not hang on to it.
    if violation is not None:
        raise violation


def blocked(connection: psycopg.Connection, violation: Violation, waited_seconds: float) -> str:
    """Who holds the table that the publish waited for. ``connection``: rolled back."""
    holders = connection.execute(
        "select distinct format('%%s in process %%s', a.usename, a.pid) from pg_locks as l join pg_stat_activity as a"
        " using (pid) where l.relation = to_regclass(%s) and l.granted and a.pid <> pg_backend_pid() order by 1",
        [violation.table],
    ).fetchall()
    who = ", ".join(holder for (holder,) in holders[:5])
    return (
        f"{violation.table or 'A table'} is locked by {f'another session ({who})' if who else 'another session'} "
        f"for more than {waited_seconds:g} s; nothing was published. Let that session end, then publish again."
    )


def sentence(connection: psycopg.Connection, violation: Violation, tables: Sequence[PublishedTable]) -> str:
    """What was violated, where and by how many candidate rows. ``connection``: rolled back."""
    table = next((table for table in tables if table.full_name == violation.table), None)
    where = violation.table or "The publish"
    if table is not None and issubclass(violation.kind, errors.NotNullViolation) and violation.column:
        column = sql.Identifier(violation.column)
        rows = _count(connection, table, sql.SQL("{} is null").format(column))
        return _refused(table, f"column {violation.column} must not be NULL", "but is in", rows)
    broken = table and _broken(violation, table, tables)
    if table is not None and broken:
        rows = _count(connection, table, _offends(broken, table))
        return _refused(table, f"{broken.kind} {broken.name} is violated", "by", rows)
    named = f" ({violation.constraint})" if violation.constraint else ""
    return f"{where}{named} was refused: {violation.message}; nothing was published."


def _full_name(error: psycopg.Error, table: PublishedTable | None) -> str | None:
    if error.diag.schema_name and error.diag.table_name:
        return f"{error.diag.schema_name}.{error.diag.table_name}"
    return table.full_name if table else None


def _broken(violation: Violation, table: PublishedTable, tables: Sequence[PublishedTable]) -> Constraint | None:
    constraints = constraints_of(table, tables)
    if issubclass(violation.kind, errors.CardinalityViolation):
        # Two candidate rows stand for one published row.
        return next((found for found in constraints if found.kind is Kind.PRIMARY_KEY), None)
    if issubclass(violation.kind, errors.IntegrityConstraintViolation | psycopg.IntegrityError):
        return next((found for found in constraints if found.name == violation.constraint), None)
    return None


def _refused(table: PublishedTable, what: str, preposition: str, rows: int | None) -> str:
    of_candidate = f"row{'s' * (rows != 1)} of {table.candidate_schema}.{table.name}"
    counted = f" {preposition} {rows} {of_candidate}" if rows else ""
    return (
        f"{table.full_name}: {what}{counted}; nothing was published. "
        "Mend the source or the model, build again and publish."
    )


def _offends(constraint: Constraint, table: PublishedTable) -> sql.Composable:
    if constraint.expression is not None:
        return sql.SQL("not ({})").format(sql.SQL(constraint.expression))
    columns = _row(constraint.columns)
    if constraint.key is not None:
        return _has_no_parent(constraint.key, columns)
    return sql.SQL("{} in (select {} from {} group by {} having count(*) > 1)").format(
        columns,
        sql.SQL(", ").join(map(sql.Identifier, constraint.columns)),
        sql.Identifier(table.candidate_schema, table.name),
        sql.SQL(", ").join(map(sql.Identifier, constraint.columns)),
    )


def _has_no_parent(key: ForeignKey, columns: sql.Composed) -> sql.Composed:
    schema, _, name = key.to.partition(".")
    return sql.SQL("num_nulls({}) = 0 and {} not in (select {} from {} where num_nulls({}) = 0)").format(
        sql.SQL(", ").join(map(sql.Identifier, key.columns)),
        columns,
        sql.SQL(", ").join(map(sql.Identifier, key.to_columns)),
        sql.Identifier(f"candidate_{schema}", name),
        sql.SQL(", ").join(map(sql.Identifier, key.to_columns)),
    )


def _row(columns: tuple[str, ...]) -> sql.Composed:
    return sql.SQL("({})").format(sql.SQL(", ").join(map(sql.Identifier, columns)))


def _count(connection: psycopg.Connection, table: PublishedTable, condition: sql.Composable) -> int | None:
    query = sql.SQL("select count(*) from {} where {}").format(
        sql.Identifier(table.candidate_schema, table.name), condition
    )
    try:
        row = connection.execute(query).fetchone()
    except psycopg.Error:
        # The sentence is worth more than the number in it.
        connection.rollback()
        return None
    return row[0] if row else None
