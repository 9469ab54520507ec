"""Erasing persons, and keeping nothing for longer than it is needed."""

from customer360.privacy.delivered import FileErasure, crosswalked, customers_in
from customer360.privacy.home_files import (
    blank_mentions,
    delete_exports,
    exports_in,
    text_files,
)
from customer360.privacy.identities import customer_tables, identities, identity_of
from customer360.privacy.ledger import Ledger, count, finish, is_empty, receipt_of, unfinished
from customer360.privacy.person import (
    Called,
    Customer,
    ErasureError,
    Person,
    customers_of_email,
    describe,
    known_customers,
    linked,
    newcomers,
    tombstones,
)
from customer360.privacy.retention import delete_outlived, delete_paths, outlived_paths, periods
from customer360.privacy.stored import erase_stored
from customer360.privacy.traces import Traces, find_traces

__all__ = [
    "Called",
    "Customer",
    "ErasureError",
    "FileErasure",
    "Ledger",
    "Person",
    "Traces",
    "blank_mentions",
    "count",
    "crosswalked",
    "customer_tables",
    "customers_in",
    "customers_of_email",
    "delete_exports",
    "delete_outlived",
    "delete_paths",
    "describe",
    "erase_stored",
    "exports_in",
    "find_traces",
    "finish",
    "identities",
    "identity_of",
    "is_empty",
    "known_customers",
    "linked",
    "newcomers",
    "outlived_paths",
    "periods",
    "receipt_of",
    "text_files",
    "tombstones",
    "unfinished",
]
