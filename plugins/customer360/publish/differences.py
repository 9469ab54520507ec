"""Bring a published table to its candidate's content, touching only the rows that differ."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import psycopg
from psycopg import errors, sql

from customer360.publish.before_images import BeforeImages
from customer360.publish.specification import Column, PublishedTable

_CHARACTER_TYPES = ("varchar", "character", "char", "bpchar", "text")


@dataclass(frozen=True)
class TableChanges:
    """What a publish did to one table, in rows; ``row_count`` is what the table now holds."""

    schema: str
    table: str
    inserted: int
    updated: int
    deleted: int
    row_count: int

    @property
    def changed(self) -> bool:
        return bool(self.inserted or self.updated or self.deleted)

    @property
    def rows_before(self) -> int:
        return self.row_count - self.inserted + self.deleted


def apply_differences(
    connection: psycopg.Connection,
    table: PublishedTable,
    day: date | None = None,
    *,
    source: sql.Composable | None = None,
    images: BeforeImages | None = None,
) -> TableChanges:
    """Insert, update and delete what differs between ``table`` and its candidate.

    ``day``: only rows whose ``day_column`` is this date, on both sides. ``source``: what stands in
    a FROM clause for the content to reach, instead of the candidate. ``images``: keeps what each
    touched row was. Volatile columns are not compared: an inserted row without a value gets the
    transaction's time, an updated row keeps its own, except that columns of the last update move.
    Raises psycopg.Error on a violation.
    """
    candidate = _candidate(table, day, source or sql.Identifier(table.candidate_schema, table.name))
    if table.primary_key:
        _refuse_a_key_given_twice(connection, table, candidate)
    make = _merge if table.primary_key else _multiset
    statement = make(table, day, candidate, images)
    inserted, updated, deleted = _one_row(connection, statement)
    (row_count,) = _one_row(connection, sql.SQL("select count(*) from {}").format(_published(table)))
    return TableChanges(table.schema_name, table.name, inserted, updated, deleted, row_count)


def _refuse_a_key_given_twice(connection: psycopg.Connection, table: PublishedTable, candidate: sql.Composed) -> None:
    # MERGE notices only when it would change the published row twice: of two candidate rows, one
    # of them equal to the published one, it would take the other in silence.
    statement = sql.SQL("select exists (select from ({candidate}) as c group by {key} having count(*) > 1)").format(
        candidate=candidate,
        key=_joined(map(sql.Identifier, table.primary_key)),
    )
    (is_given_twice,) = _one_row(connection, statement)
    if is_given_twice:
        raise errors.CardinalityViolation("two candidate rows have the same primary key")


def _one_row(connection: psycopg.Connection, statement: sql.Composed) -> tuple[int, ...]:
    row = connection.execute(statement).fetchone()
    assert row is not None
    return row


def _merge(
    table: PublishedTable, day: date | None, candidate: sql.Composed, images: BeforeImages | None
) -> sql.Composed:
    return sql.SQL(
        "with merged as (merge into {published} as p using ({candidate}) as c on {same_key}"
        " {update}"
        " when not matched by target then insert ({columns}) values ({new_values})"
        " when not matched by source {of_the_day} then delete"
        " returning merge_action() as action, {touched})"
        " {kept}"
        " select count(*) filter (where action = 'INSERT'), count(*) filter (where action = 'UPDATE'),"
        " count(*) filter (where action = 'DELETE') from merged"
    ).format(
        published=_published(table),
        candidate=candidate,
        touched=images.of_merged(table) if images else sql.SQL("1"),
        kept=images.keep_merged(table) if images else sql.SQL(""),
        same_key=sql.SQL(" and ").join(
            sql.SQL("p.{0} = c.{0}").format(sql.Identifier(name)) for name in table.primary_key
        ),
        update=_update(table, day),
        columns=_names(table.columns),
        new_values=_joined(_new_value(column) for column in table.columns),
        of_the_day=_and_of_the_day(table, day),
    )


def _update(table: PublishedTable, day: date | None) -> sql.Composable:
    compared = [column for column in table.compared if column.name not in table.primary_key]
    if not compared:
        return sql.SQL("")
    volatile = [column for column in table.columns if column.volatile]
    return sql.SQL("when matched {day} and row({old}) is distinct from row({new}) then update set {set}").format(
        day=_and_of_the_day(table, day),
        old=_names(compared, "p"),
        new=_names(compared, "c"),
        set=_joined(
            sql.SQL("{} = {}").format(sql.Identifier(column.name), value)
            for column, value in (
                *((column, sql.Identifier("c", column.name)) for column in compared),
                *((column, _value_after_update(column)) for column in volatile),
            )
        ),
    )


def _multiset(
    table: PublishedTable, day: date | None, candidate: sql.Composed, images: BeforeImages | None
) -> sql.Composed:
    # A row without a key can stand there several times: count the copies of each on both sides in
    # one pass, then remove or add as many as there are too many or too few. The hash is there
    # because PostgreSQL joins by `is not distinct from` only row against row.
    return sql.SQL(
        "with candidate as ({candidate}),"
        " difference as materialized ("
        "  select {columns}, sum(copies) as missing, hash_record_extended(row({columns}), 0) as hash"
        "  from (select {columns}, 1 as copies from candidate"
        "        union all select {columns}, -1 from {published} as p where true {of_the_day}) as both_sides"
        "  group by {columns} having sum(copies) <> 0),"
        " surplus as ("
        "  select p.ctid as place, -d.missing as copies, row_number() over (partition by {of_p}) as copy"
        "  from {published} as p join difference as d"
        "   on hash_record_extended(row({of_p}), 0) = d.hash and row({of_p}) is not distinct from row({of_d})"
        "  where d.missing < 0 {of_the_day}),"
        " missing as ("
        "  select c.*, d.missing as copies, row_number() over (partition by {of_c}) as copy"
        "  from candidate as c join difference as d"
        "   on hash_record_extended(row({of_c}), 0) = d.hash and row({of_c}) is not distinct from row({of_d})"
        "  where d.missing > 0),"
        " deleted as (delete from {published} as p using surplus"
        "  where p.ctid = surplus.place and surplus.copy <= surplus.copies returning {image} as image),"
        " inserted as (insert into {published} as p ({all_columns})"
        "  select {new_values} from missing as c where c.copy <= c.copies returning {image} as image)"
        " {kept}"
        " select (select count(*) from inserted), 0, (select count(*) from deleted)"
    ).format(
        candidate=candidate,
        image=images.of_row() if images else sql.SQL("1"),
        kept=images.keep_moved(table) if images else sql.SQL(""),
        published=_published(table),
        columns=_names(table.compared),
        of_p=_names(table.compared, "p"),
        of_c=_names(table.compared, "c"),
        of_d=_names(table.compared, "d"),
        of_the_day=_and_of_the_day(table, day),
        all_columns=_names(table.columns),
        new_values=_joined(_new_value(column) for column in table.columns),
    )


def _candidate(table: PublishedTable, day: date | None, source: sql.Composable) -> sql.Composed:
    return sql.SQL("select {} from {} where true {}").format(
        _joined(_as_published(column) for column in table.columns),
        source,
        _and_of_the_day(table, day, alias=None),
    )


def _as_published(column: Column) -> sql.Composable:
    # The published type rounds as storing would, so that a value rounded last night is equal
    # tonight. A cast to a character type would cut a long text in silence; storing refuses it.
    if column.data_type.lower().startswith(_CHARACTER_TYPES) and not column.data_type.endswith("]"):
        return sql.Identifier(column.name)
    return sql.SQL("cast({0} as {1}) as {0}").format(sql.Identifier(column.name), sql.SQL(column.data_type))


def _and_of_the_day(table: PublishedTable, day: date | None, alias: str | None = "p") -> sql.Composable:
    if day is None:
        return sql.SQL("")
    assert table.day_column is not None
    name = (alias, table.day_column) if alias else (table.day_column,)
    return sql.SQL("and {} = {}").format(sql.Identifier(*name), sql.Literal(day))


def _new_value(column: Column) -> sql.Composable:
    given = sql.Identifier("c", column.name)
    return sql.SQL("coalesce({}, {})").format(given, _now(column)) if column.volatile else given


def _value_after_update(column: Column) -> sql.Composed:
    kept = _now(column) if "updated" in column.name else sql.Identifier("p", column.name)
    return sql.SQL("coalesce({}, {})").format(sql.Identifier("c", column.name), kept)


def _now(column: Column) -> sql.Composed:
    return sql.SQL("cast(now() as {})").format(sql.SQL(column.data_type))


def _published(table: PublishedTable) -> sql.Identifier:
    return sql.Identifier(table.schema_name, table.name)


def _names(columns: Iterable[Column], alias: str | None = None) -> sql.Composed:
    return _joined(sql.Identifier(*((alias,) if alias else ()), column.name) for column in columns)


def _joined(parts: Iterable[sql.Composable]) -> sql.Composed:
    return sql.SQL(", ").join(parts)
