"""The published tables as files: CSV, Parquet, SQLite and the statements that create them."""

from collections.abc import Callable

from customer360.publish.export.batch import ExportError, ExportReport
from customer360.publish.export.comma_separated import export_csv
from customer360.publish.export.ddl import export_ddl
from customer360.publish.export.parquet import export_parquet
from customer360.publish.export.sqlite import export_sqlite

EXPORTS: dict[str, Callable[..., ExportReport]] = {
    "csv": export_csv,
    "parquet": export_parquet,
    "sqlite": export_sqlite,
    "ddl": export_ddl,
}
"""What writes each format: a function of the warehouse and a folder."""

__all__ = ["EXPORTS", "ExportError", "ExportReport", "export_csv", "export_ddl", "export_parquet", "export_sqlite"]
