"""Writes what the models read, and PostgreSQL's outcome, as Parquet: one file per table, all of one instant."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from customer360.build.dbt import ROLE
from customer360.distributed.engine import SparkError
from customer360.distributed.plan import Table
from customer360.publish.export.parquet import write_rows
from customer360.warehouse import Warehouse

if TYPE_CHECKING:
    import pyarrow

WITHOUT_A_LIKE = ("jsonb", "text[]")
"""Types of columns that are not delivered: nothing built on Spark reads them."""

_NUMERIC = re.compile(r"numeric\((\d+),(\d+)\)")
_VARCHAR = re.compile(r"character varying(\(\d+\))?")


def write_tables(warehouse: Warehouse, folders: Iterable[tuple[Path, Iterable[Table]]]) -> dict[str, int]:
    """Write tables to ``<folder>/<schema>/<table>.parquet`` and return how many rows each has.

    Raises SparkError when a column has a type that only PostgreSQL knows.
    """
    with warehouse.connect(ROLE) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        return {
            str(table): _write(connection, table, folder / table.schema / f"{table.name}.parquet")
            for folder, tables in folders
            for table in tables
        }


def _write(connection: psycopg.Connection, table: Table, path: Path) -> int:
    import pyarrow

    found = connection.execute(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute"
        " where attrelid = %s::regclass and attnum > 0 and not attisdropped order by attnum",
        [f'"{table.schema}"."{table.name}"'],
    ).fetchall()
    columns = {name: data_type for name, data_type in found if data_type not in WITHOUT_A_LIKE}
    if strangers := [f"{name} ({data_type})" for name, data_type in columns.items() if not _arrow_type(data_type)]:
        raise SparkError(f"Spark has no type for {', '.join(strangers)} of {table}; leave the model on PostgreSQL.")
    schema = pyarrow.schema([(name, _arrow_type(data_type)) for name, data_type in columns.items()])
    query = sql.SQL("select {} from {}").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(table.schema, table.name)
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_rows(connection, query, schema, path)


def _arrow_type(data_type: str) -> pyarrow.DataType | None:
    import pyarrow

    if numeric := _NUMERIC.fullmatch(data_type):
        return pyarrow.decimal128(*map(int, numeric.groups()))
    if _VARCHAR.fullmatch(data_type):
        return pyarrow.string()
    types = {
        "smallint": pyarrow.int16(),
        "integer": pyarrow.int32(),
        "bigint": pyarrow.int64(),
        "double precision": pyarrow.float64(),
        "numeric": pyarrow.decimal128(38, 18),
        "boolean": pyarrow.bool_(),
        "text": pyarrow.string(),
        "date": pyarrow.date32(),
        "date[]": pyarrow.list_(pyarrow.date32()),
        "timestamp with time zone": pyarrow.timestamp("us", tz="UTC"),
    }
    return types.get(data_type)
