"""The published tables as Parquet."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from customer360.publish.export.batch import (
    ROWS_AT_A_TIME,
    ExportColumn,
    ExportError,
    ExportReport,
    one_batch,
    readable_tables,
    whole_folder,
)
from customer360.warehouse import Warehouse

if TYPE_CHECKING:
    import pyarrow

_NUMERIC = re.compile(r"numeric\((\d+),(\d+)\)")
_ARROW_TYPES = {
    "smallint": "int16",
    "integer": "int32",
    "bigint": "int64",
    "real": "float32",
    "double precision": "float64",
    "numeric": "float64",
    "boolean": "bool",
    "date": "date32",
}
"""Arrow's name of a PostgreSQL type; numeric with a precision is a decimal, and what is not here is text."""


def export_parquet(warehouse: Warehouse, folder: Path, *, pii: bool = False) -> ExportReport:
    """Write every published table to ``folder/<schema>/<table>.parquet``, all from one batch.

    Columns keep their types: numeric(p,s) is a decimal, instants are microseconds in UTC; uuid, json and lists are
    text. Personal columns are masked, and tables without a masked view left out, unless ``pii``. The folder appears
    whole or not at all. Raises ExportError when nothing is published or ``folder`` holds something else.
    """
    # Half a second to import, which only this export should cost.
    try:
        import pyarrow
    except ImportError:
        raise ExportError("Parquet needs the package pyarrow, which is not installed; run `make setup`.") from None

    files, rows = [], 0
    with whole_folder(folder, private=pii) as written, one_batch(warehouse, pii=pii) as connection:
        for table in readable_tables(connection, pii=pii):
            path = written / table.mart / f"{table.name}.parquet"
            path.parent.mkdir(exist_ok=True)
            schema = pyarrow.schema([(column.name, _arrow_type(column)) for column in table.columns])
            query = sql.SQL("select {} from {}").format(sql.SQL(", ").join(map(_value, table.columns)), table.source)
            rows += write_rows(connection, query, schema, path)
            files.append(folder / table.mart / path.name)
    return ExportReport(folder, files, rows)


def write_rows(connection: psycopg.Connection, query: sql.Composed, schema: pyarrow.Schema, path: Path) -> int:
    """Write the rows of ``query``, whose columns are those of ``schema``, to a Parquet file; returns how many.

    They are never all in memory. ``connection``: in a transaction.
    """
    import pyarrow.parquet

    written = 0
    with (
        pyarrow.parquet.ParquetWriter(path, schema, compression="zstd") as writer,
        connection.cursor("parquet") as cursor,
    ):
        cursor.execute(query)
        while rows := cursor.fetchmany(ROWS_AT_A_TIME):
            arrays = [
                pyarrow.array(values, field.type) for values, field in zip(zip(*rows, strict=True), schema, strict=True)
            ]
            writer.write_batch(pyarrow.record_batch(arrays, schema=schema))
            written += len(rows)
    return written


def _arrow_type(column: ExportColumn) -> pyarrow.DataType:
    import pyarrow

    if numeric := _NUMERIC.fullmatch(column.data_type):
        return pyarrow.decimal128(*map(int, numeric.groups()))
    if column.data_type.startswith("timestamp"):
        return pyarrow.timestamp("us", tz="UTC" if column.data_type.endswith("with time zone") else None)
    return pyarrow.type_for_alias(_ARROW_TYPES.get(column.data_type, "string"))


def _value(column: ExportColumn) -> sql.Composable:
    name = sql.Identifier(column.name)
    if column.data_type in _ARROW_TYPES or column.data_type.startswith(("timestamp", "numeric(")):
        return name
    return sql.SQL("{0}::text as {0}").format(name)
