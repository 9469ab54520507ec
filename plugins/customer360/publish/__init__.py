"""Publish: candidates become the tables that BI tools read, in one transaction."""

from customer360.publish.differences import TableChanges
from customer360.publish.publication import PublishReport, publish
from customer360.publish.specification import PublishedTable, PublishError, read_specification

__all__ = [
    "PublishError",
    "PublishReport",
    "PublishedTable",
    "TableChanges",
    "publish",
    "read_specification",
]
