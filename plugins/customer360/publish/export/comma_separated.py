"""The published tables as CSV."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
from psycopg import sql

from customer360.publish.export.batch import ExportReport, ExportTable, one_batch, readable_tables, whole_folder
from customer360.warehouse import Warehouse

SPREADSHEET_FORMULA = "^[=+@\\t\\r-]"
"""What a spreadsheet takes for a formula (OWASP, CSV injection); a number is none."""

_TEXT = re.compile(r"(text|character varying)(\(\d+\))?")


def export_csv(warehouse: Warehouse, folder: Path, *, pii: bool = False) -> ExportReport:
    """Write every published table to ``folder/<schema>/<table>.csv``, all from one batch.

    Personal columns are masked, and tables without a masked view left out, unless ``pii``. Cells that a
    spreadsheet would run get an apostrophe in front. The folder appears whole or not at all.
    Raises ExportError when nothing is published or ``folder`` holds something else.
    """
    files, rows = [], 0
    with whole_folder(folder, private=pii) as written, one_batch(warehouse, pii=pii) as connection:
        for table in readable_tables(connection, pii=pii):
            path = written / table.mart / f"{table.name}.csv"
            path.parent.mkdir(exist_ok=True)
            rows += _write(connection, table, path)
            files.append(folder / table.mart / path.name)
    return ExportReport(folder, files, rows)


def _write(connection: psycopg.Connection, table: ExportTable, path: Path) -> int:
    cells = [
        sql.SQL("case when {0} ~ {1} then '''' || {0} else {0} end as {0}").format(
            sql.Identifier(column.name), sql.Literal(SPREADSHEET_FORMULA)
        )
        if _TEXT.fullmatch(column.data_type)
        else sql.Identifier(column.name)
        for column in table.columns
    ]
    query = sql.SQL("copy (select {} from {}) to stdout (format csv, header)").format(
        sql.SQL(", ").join(cells), table.source
    )
    with path.open("wb") as file, connection.cursor() as cursor:
        with cursor.copy(query) as copy:
            for block in copy:
                file.write(block)
        return cursor.rowcount
