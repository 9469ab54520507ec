"""Publish: candidates become the tables that BI tools read, in one transaction."""

from customer360.publish.differences import TableChanges
from customer360.publish.export import (
    EXPORTS,
    ExportError,
    ExportReport,
    export_csv,
    export_ddl,
    export_parquet,
    export_sqlite,
)
from customer360.publish.publication import DELETE_LIMIT, PublishReport, publish, undo
from customer360.publish.specification import (
    MigrationNeeded,
    PublishBlocked,
    PublishedTable,
    PublishError,
    read_specification,
)

__all__ = [
    "DELETE_LIMIT",
    "EXPORTS",
    "ExportError",
    "ExportReport",
    "MigrationNeeded",
    "PublishBlocked",
    "PublishError",
    "PublishReport",
    "PublishedTable",
    "TableChanges",
    "export_csv",
    "export_ddl",
    "export_parquet",
    "export_sqlite",
    "publish",
    "read_specification",
    "undo",
]
