"""The statements that create the published tables."""

from __future__ import annotations

from collections import defaultdict
from importlib.resources import files
from pathlib import Path

from customer360.publish.export.batch import ExportError, ExportReport, one_batch, whole_folder
from customer360.warehouse import Warehouse
from customer360.warehouse.schema import MARTS


def export_ddl(warehouse: Warehouse, folder: Path) -> ExportReport:
    """Write ``folder/<schema>.sql`` for every published mart: its tables, keys, checks, indexes and comments.

    Each file runs on an empty PostgreSQL and stands alone. The folder appears whole or not at all. Raises ExportError
    when nothing is published or ``folder`` holds something else.
    """
    query = (files("customer360.publish") / "sql" / "statements.sql").read_text(encoding="utf-8")
    statements: dict[str, list[str]] = defaultdict(list)
    with one_batch(warehouse, pii=False) as connection:
        for mart, statement in connection.execute(query, [list(MARTS)]):
            statements[mart].append(statement)
    if not statements:
        raise ExportError("Nothing is published yet; run `customer360 nightly`, then export.")
    with whole_folder(folder, private=False) as written:
        for mart, lines in statements.items():
            text = "\n\n".join([f"create schema if not exists {mart};", *lines])
            (written / f"{mart}.sql").write_text(f"{text}\n", encoding="utf-8")
    return ExportReport(folder, [folder / f"{mart}.sql" for mart in statements], 0)
