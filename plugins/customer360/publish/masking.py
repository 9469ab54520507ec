"""Who may read what: rights on the tables, and masked views beside those with personal columns.

A mask shows nothing that a dictionary can reverse: no hashes, only parts or nothing at all.
"""

from __future__ import annotations

from collections.abc import Sequence

import psycopg
from psycopg import sql

from customer360.publish.catalogue import ExistingColumn, record
from customer360.publish.constraints import fingerprint
from customer360.publish.specification import Column, PublishedTable

MASKED_READER = "bi_reader"
FULL_READER = "pii_reader"
_RECORDED_AS = "masked view"

_MASKS = {
    # 'Sofía Marín' becomes 'S. M.'
    "name": r"rtrim(upper(regexp_replace(btrim({}::text), '(\S)\S*(\s+|$)', '\1. ', 'g')))",
    "email": "case when {0} is not null then '***' || coalesce(substring({0}::text from '@[^@[:space:]]+$'), '') end",
    # Two digits of a very short number would be half of it.
    "phone": r"case when length(regexp_replace({0}::text, '\D', '', 'g')) > 6"
    r" then '***' || right(regexp_replace({0}::text, '\D', '', 'g'), 2)"
    r" when {0} is not null then '***' end",
    "birth_date": "date_trunc('year', {}::timestamp)",
}
"""SQL by kind; a kind that is not here is shown as NULL."""


def grant_and_mask(
    connection: psycopg.Connection, table: PublishedTable, columns: Sequence[ExistingColumn]
) -> str | None:
    """Set the readers' rights on ``table`` and its masked view; what was made, in words, or None.

    ``columns``: of the published table, in its order. A table that is not ``masked`` has no view,
    and only the full reader sees it.
    """
    name = (table.schema_name, table.name)
    _grant(connection, name, FULL_READER)
    if not table.has_pii and table.masked:
        _grant(connection, name, MASKED_READER)
    else:
        _revoke(connection, name, MASKED_READER)
    exists = _has_view(connection, table)
    if not table.masked:
        if exists:
            connection.execute(sql.SQL("drop view {}").format(_view(table)))
            return f"no masked view {table.masked_schema}.{table.name} any more"
        return None
    # A table whose columns are personal no more keeps its view: queries may name it.
    return _mask(connection, table, columns, exists) if table.has_pii or exists else None


def masked_value(column: Column) -> sql.Composed:
    """The SQL of ``column`` as the masked view shows it, of the column's own type."""
    name = sql.Identifier(column.name)
    if column.pii is None:
        return sql.SQL("{}").format(name)
    shown = sql.SQL(_MASKS.get(column.pii, "null")).format(name)
    return sql.SQL("cast({} as {}) as {}").format(shown, sql.SQL(column.data_type), name)


def _mask(
    connection: psycopg.Connection, table: PublishedTable, columns: Sequence[ExistingColumn], exists: bool
) -> str | None:
    # In the table's own order: a view can be replaced only when its new columns come last.
    declared = {column.name: column for column in table.columns}
    statement = sql.SQL("create or replace view {} with (security_barrier) as select {} from {}").format(
        _view(table),
        sql.SQL(", ").join(masked_value(declared[column.name]) for column in columns),
        sql.Identifier(table.schema_name, table.name),
    )
    made = None
    known = fingerprint(statement.as_string())
    if not exists or _recorded(connection, table) != known:
        connection.execute(statement)
        record(connection, (table.masked_schema, table.name), _RECORDED_AS, known)
        made = f"masked view {table.masked_schema}.{table.name}"
    for reader in (MASKED_READER, FULL_READER):
        _grant(connection, (table.masked_schema, table.name), reader)
    return made


def _recorded(connection: psycopg.Connection, table: PublishedTable) -> str | None:
    row = connection.execute(
        'select definition_hash from ops.published_constraints where "schema" = %s and "table" = %s and name = %s',
        [table.masked_schema, table.name, _RECORDED_AS],
    ).fetchone()
    return row[0] if row else None


def _has_view(connection: psycopg.Connection, table: PublishedTable) -> bool:
    row = connection.execute("select to_regclass(%s) is not null", [_view(table).as_string()]).fetchone()
    return bool(row and row[0])


def _grant(connection: psycopg.Connection, relation: tuple[str, str], reader: str) -> None:
    if not _may_read(connection, relation, reader):
        connection.execute(
            sql.SQL("grant select on {} to {}").format(sql.Identifier(*relation), sql.Identifier(reader))
        )


def _revoke(connection: psycopg.Connection, relation: tuple[str, str], reader: str) -> None:
    if _may_read(connection, relation, reader):
        connection.execute(
            sql.SQL("revoke select on {} from {}").format(sql.Identifier(*relation), sql.Identifier(reader))
        )


def _may_read(connection: psycopg.Connection, relation: tuple[str, str], reader: str) -> bool:
    row = connection.execute(
        "select has_table_privilege(%s, %s, 'select')", [reader, sql.Identifier(*relation).as_string()]
    ).fetchone()
    return bool(row and row[0])


def _view(table: PublishedTable) -> sql.Identifier:
    return sql.Identifier(table.masked_schema, table.name)
