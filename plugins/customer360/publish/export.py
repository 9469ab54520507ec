"""The published tables as files."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from customer360.warehouse import Warehouse
from customer360.warehouse.schema import MARTS

SPREADSHEET_FORMULA = "^[=+@\\t\\r-]"
"""What a spreadsheet takes for a formula (OWASP, CSV injection); a number is none."""


@dataclass(frozen=True)
class ExportReport:
    """The files written, and how many rows they hold together."""

    folder: Path
    files: list[Path]
    rows: int


def export_csv(warehouse: Warehouse, folder: Path, *, pii: bool = False) -> ExportReport:
    """Write every published table to ``folder/<schema>/<table>.csv``, all from one batch.

    Personal columns are masked, and tables without a masked view left out, unless ``pii``. Cells that a
    spreadsheet would run get an apostrophe in front. The folder appears whole or not at all.
    """
    beside = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(beside, ignore_errors=True)
    files, rows = [], 0
    with warehouse.connect("pii_reader" if pii else "bi_reader") as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        for mart, source, table in _readable(connection, pii):
            path = beside / mart / f"{table}.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            rows += _write(connection, source, table, path)
            files.append(folder / mart / path.name)
    beside.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    beside.rename(folder)
    return ExportReport(folder, files, rows)


def _readable(connection: psycopg.Connection, pii: bool) -> list[tuple[str, str, str]]:
    """Mart, schema to read from and name of every table the role may read."""
    found: dict[tuple[str, str], str] = {}
    for mart in MARTS:
        for schema in (mart,) if pii else (mart, f"{mart}_masked"):
            tables = connection.execute(
                "select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
                " where n.nspname = %s and c.relkind in ('r', 'v') and has_table_privilege(c.oid, 'select')"
                " order by 1",
                [schema],
            )
            found |= {(mart, table): schema for (table,) in tables}
    return [(mart, schema, table) for (mart, table), schema in sorted(found.items())]


def _write(connection: psycopg.Connection, schema: str, table: str, path: Path) -> int:
    name = sql.Identifier(schema, table)
    columns = connection.execute(
        "select attname, format_type(atttypid, null) in ('text', 'character varying') from pg_attribute"
        " where attrelid = %s::regclass and attnum > 0 and not attisdropped order by attnum",
        [name.as_string(connection)],
    ).fetchall()
    cells = [
        sql.SQL("case when {0} ~ {1} then '''' || {0} else {0} end as {0}").format(
            sql.Identifier(column), sql.Literal(SPREADSHEET_FORMULA)
        )
        if is_text
        else sql.Identifier(column)
        for column, is_text in columns
    ]
    query = sql.SQL("copy (select {} from {}) to stdout (format csv, header)").format(sql.SQL(", ").join(cells), name)
    with path.open("wb") as file, connection.cursor() as cursor:
        with cursor.copy(query) as copy:
            for block in copy:
                file.write(block)
        return cursor.rowcount
