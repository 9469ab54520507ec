"""The dashboard and the notification engine as SQLite databases, as their own programs read them."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from importlib.resources import files
from pathlib import Path

import psycopg
from psycopg import sql
from smartshopie_db import SmartShopieDB

from customer360.publish.export.batch import (
    ROWS_AT_A_TIME,
    ExportError,
    ExportReport,
    ExportTable,
    one_batch,
    readable_tables,
    whole_files,
)
from customer360.warehouse import Warehouse

_NOT_IN_A_NAME = re.compile(r"[^a-z0-9]+")
_AS_SQLITE = {
    "date": "to_char({}, 'YYYY-MM-DD')",
    "timestamp with time zone": "to_char({} at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS')",
    "boolean": "{}::integer",
    "numeric": "{}::double precision",
}
"""SQL of a column as SQLite stores it, by PostgreSQL type without its precision; other types go as they are."""


def export_sqlite(warehouse: Warehouse, folder: Path) -> ExportReport:
    """Write ``smartshopie_dashboard.db`` and ``smart_notification_engine.db`` into ``folder``, from one batch.

    Tables and columns are those their readers know, in their spelling and order; what we publish beyond them is left
    out, and so is a table that is not published. Instants are text, ``YYYY-MM-DD HH:MM:SS`` in UTC. Personal columns
    are plain, so only the owner may read the files (mode 0600). Both appear whole, over earlier ones, or not at all.
    Raises ExportError when one of the two marts is not published.
    """
    with whole_files(folder) as written, one_batch(warehouse, pii=True) as connection:
        published = readable_tables(connection, pii=True)
        rows = 0
        for mart, (file, create) in _DATABASES.items():
            tables = {table.name: table for table in published if table.mart == mart}
            if not tables:
                raise ExportError(f"The mart {mart} is not published yet; run `customer360 nightly`, then export.")
            path = written / file
            path.touch(mode=0o600)
            create(path, tables)
            rows += _fill(connection, path, tables)
    return ExportReport(folder, [folder / file for file, _ in _DATABASES.values()], rows)


def _create_dashboard(path: Path, published: Iterable[str]) -> None:
    known = SmartShopieDB.table_names()
    SmartShopieDB(path).create_schema(name for name in published if name in known)


def _create_notification_engine(path: Path, _published: Iterable[str]) -> None:
    script = files("customer360.publish") / "sql" / "smart_notification_engine.sql"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(script.read_text(encoding="utf-8"))


_DATABASES: dict[str, tuple[str, Callable[[Path, Iterable[str]], None]]] = {
    "dashboard": ("smartshopie_dashboard.db", _create_dashboard),
    "notifications": ("smart_notification_engine.db", _create_notification_engine),
}
"""File and maker of its tables, by mart."""


def _fill(connection: psycopg.Connection, path: Path, published: dict[str, ExportTable]) -> int:
    with closing(sqlite3.connect(path)) as database:
        # Nobody sees the file before it is complete, so there is nothing to roll back to.
        database.executescript("pragma journal_mode = off; pragma synchronous = off; pragma foreign_keys = on;")
        rows = 0
        for name in _in_parents_first_order(database):
            if name not in published:
                raise ExportError(
                    f"{path.name} needs the table {name}, which is not published; publish it, then export."
                )
            columns = [column for _, column, *_ in database.execute(f'pragma table_info("{name}")')]
            rows += _copy(connection, published[name], database, columns)
        database.commit()
        return rows


def _in_parents_first_order(database: sqlite3.Connection) -> list[str]:
    # The schema creates a table after those it refers to.
    tables = database.execute("select name from sqlite_master where type = 'table' and name not like 'sqlite_%'")
    return [name for (name,) in tables.fetchall()]


def _copy(connection: psycopg.Connection, table: ExportTable, database: sqlite3.Connection, columns: list[str]) -> int:
    types = {column.name: column.data_type for column in table.columns}
    values = [_value(published, types[published]) for published in map(_published_name, columns)]
    query = sql.SQL("select {} from {} order by {}").format(
        sql.SQL(", ").join(values),
        table.source,
        # The same batch gives the same file.
        sql.SQL(", ").join(sql.SQL(str(number)) for number in range(1, len(columns) + 1)),
    )
    into = f'insert into "{table.name}" values ({", ".join("?" * len(columns))})'
    with connection.cursor("export") as cursor:
        cursor.itersize = ROWS_AT_A_TIME
        cursor.execute(query)
        return database.executemany(into, cursor).rowcount


def _value(name: str, data_type: str) -> sql.Composed:
    shape = _AS_SQLITE.get(re.sub(r"\(.*\)", "", data_type), "{}")
    return sql.SQL(shape).format(sql.Identifier(name))


def _published_name(column: str) -> str:
    """``customer_id`` for Customer_ID, ``date_time`` for "Date & Time"."""
    return _NOT_IN_A_NAME.sub("_", column.lower())
