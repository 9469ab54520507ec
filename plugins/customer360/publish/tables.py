"""Create the published tables and let them evolve; what cannot evolve by itself is refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import psycopg
from psycopg import sql

from customer360.publish.catalogue import Catalogue, default_name, record, views_on
from customer360.publish.constraints import Constraint, constraints_of, fingerprint
from customer360.publish.specification import Column, MigrationNeeded, PublishedTable
from customer360.publish.violations import about


def refuse_other_changes(
    connection: psycopg.Connection, tables: Sequence[PublishedTable], catalogue: Catalogue
) -> None:
    """Refuse what no publish may do by itself.

    Raises MigrationNeeded naming each table, column or constraint, what differs and the views that
    read it. New tables, nullable columns, constraints and indexes are no reason.
    """
    refusals = [
        refusal
        for table in tables
        if catalogue.exists(table)
        for refusal in (
            *_column_refusals(connection, table, catalogue),
            *_constraint_refusals(table, constraints_of(table, tables), catalogue),
        )
    ]
    refusals += _tables_without_a_model(connection, tables)
    if refusals:
        raise MigrationNeeded(
            f"The published tables cannot follow the models by themselves: {'; '.join(refusals)}. "
            "Each of these needs a numbered migration in dbt_project/migrations; nothing was published."
        )


def make_tables_and_columns(
    connection: psycopg.Connection, tables: Iterable[PublishedTable], catalogue: Catalogue
) -> list[str]:
    """Create the tables and add the columns that are missing; what was made, in words."""
    made = []
    for table in tables:
        with about(table):
            if not catalogue.exists(table):
                _create(connection, table)
                made.append(f"table {table.full_name}")
                continue
            for column in _new_columns(table, catalogue):
                connection.execute(
                    sql.SQL("alter table {} add column {}").format(_name(table), _definition(table, column))
                )
                _record_default(connection, table, column)
                made.append(f"column {table.full_name}.{column.name}")
    return made


def add_constraints(
    connection: psycopg.Connection, tables: Sequence[PublishedTable], catalogue: Catalogue
) -> list[str]:
    """Add the constraints and indexes that are missing; what was made, in words.

    The rows must be in place: adding afterwards checks them in one pass.
    """
    missing = [
        (constraint, table)
        for table in tables
        for constraint in constraints_of(table, tables)
        if constraint.name not in catalogue.fingerprints.get(table.full_name, {})
    ]
    # Keys of all tables come before the foreign keys of any.
    missing.sort(key=lambda pair: pair[0].kind)
    for constraint, table in missing:
        with about(table, constraint):
            connection.execute(constraint.statement(table))
        record(connection, (table.schema_name, table.name), constraint.name, constraint.fingerprint)
    return [f"{constraint.kind} {table.schema_name}.{constraint.name}" for constraint, table in missing]


def write_comments(connection: psycopg.Connection, relation: tuple[str, str], kind: str, table: PublishedTable) -> None:
    """Put the descriptions on ``relation``, the table itself or its masked view (``kind``)."""
    name = sql.Identifier(*relation)
    (oid,) = connection.execute("select %s::regclass::oid", [name.as_string()]).fetchone() or (None,)
    present: dict[str, str] = dict(
        connection.execute(
            "select coalesce(c.attname, ''), d.description from pg_description as d left join pg_attribute as c"
            " on c.attrelid = d.objoid and c.attnum = d.objsubid and d.objsubid > 0"
            " where d.classoid = 'pg_class'::regclass and d.objoid = %s",
            [oid],
        ).fetchall()
    )
    if present.get("", "") != table.description:
        connection.execute(
            sql.SQL("comment on {} {} is {}").format(sql.SQL(kind), name, sql.Literal(table.description))
        )
    for column in table.columns:
        if present.get(column.name, "") != column.description:
            connection.execute(
                sql.SQL("comment on column {}.{} is {}").format(
                    name, sql.Identifier(column.name), sql.Literal(column.description)
                )
            )


def _column_refusals(connection: psycopg.Connection, table: PublishedTable, catalogue: Catalogue) -> Iterator[str]:
    declared = {column.name: column for column in table.columns}
    for existing in catalogue.columns[table.full_name]:
        column = declared.get(existing.name)
        if column is None:
            difference = "is published and the model has it no more"
        elif catalogue.spelling[column.data_type] != existing.data_type:
            difference = f"is {existing.data_type} and the model says {catalogue.spelling[column.data_type]}"
        elif table.is_not_null(column) != existing.not_null:
            now, then = ("refuses", "allows") if existing.not_null else ("allows", "refuses")
            difference = f"{now} NULL and the model {then} it"
        else:
            continue
        views = views_on(connection, table, existing.name)
        in_the_way = f" (views in the way: {', '.join(views)})" if views else ""
        yield f"column {table.full_name}.{existing.name} {difference}{in_the_way}"
    for column in _new_columns(table, catalogue):
        if table.is_not_null(column) and column.default is None:
            yield f"column {table.full_name}.{column.name} is new, refuses NULL and has no default"


def _constraint_refusals(
    table: PublishedTable, constraints: Iterable[Constraint], catalogue: Catalogue
) -> Iterator[str]:
    recorded = catalogue.fingerprints.get(table.full_name, {})
    declared = {constraint.name: constraint.fingerprint for constraint in constraints}
    declared |= {default_name(column.name): fingerprint(column.default) for column in table.columns if column.default}
    for name, known in sorted(recorded.items()):
        if name not in declared:
            yield f"{_what(name)} of {table.full_name} is published and the model has it no more"
        elif declared[name] != known:
            yield f"{_what(name)} of {table.full_name} has another definition than the published one"
    existing = {column.name for column in catalogue.columns[table.full_name]}
    for column in table.columns:
        if column.default and column.name in existing and default_name(column.name) not in recorded:
            yield f"the {default_name(column.name)} of {table.full_name} is new"


def _what(name: str) -> str:
    return f"the {name}" if name.startswith(default_name("")) else f"the constraint or index {name}"


def _tables_without_a_model(connection: psycopg.Connection, tables: Iterable[PublishedTable]) -> list[str]:
    declared = {table.full_name for table in tables}
    published = connection.execute(
        'select distinct "schema" || \'.\' || "table" as full_name from ops.publishes'
        ' where to_regclass(quote_ident("schema") || \'.\' || quote_ident("table")) is not null order by 1'
    )
    return [f"table {name} is published and no model publishes it" for (name,) in published if name not in declared]


def _new_columns(table: PublishedTable, catalogue: Catalogue) -> list[Column]:
    existing = {column.name for column in catalogue.columns[table.full_name]}
    return [column for column in table.columns if column.name not in existing]


def _create(connection: psycopg.Connection, table: PublishedTable) -> None:
    connection.execute(
        sql.SQL("create table {} ({})").format(
            _name(table), sql.SQL(", ").join(_definition(table, column) for column in table.columns)
        )
    )
    for column in table.columns:
        _record_default(connection, table, column)


def _definition(table: PublishedTable, column: Column) -> sql.Composed:
    return sql.SQL("{} {}{}{}").format(
        sql.Identifier(column.name),
        sql.SQL(column.data_type),
        sql.SQL(f" default {column.default}" if column.default else ""),
        sql.SQL(" not null" if table.is_not_null(column) else ""),
    )


def _record_default(connection: psycopg.Connection, table: PublishedTable, column: Column) -> None:
    if column.default:
        record(connection, (table.schema_name, table.name), default_name(column.name), fingerprint(column.default))


def _name(table: PublishedTable) -> sql.Identifier:
    return sql.Identifier(table.schema_name, table.name)
