"""Publish: candidates become the tables that BI tools read, in one transaction."""

from customer360.publish.differences import TableChanges
from customer360.publish.export import ExportReport, export_csv
from customer360.publish.publication import PublishReport, publish
from customer360.publish.specification import PublishedTable, PublishError, read_specification

__all__ = [
    "ExportReport",
    "PublishError",
    "PublishReport",
    "PublishedTable",
    "TableChanges",
    "export_csv",
    "publish",
    "read_specification",
]
