"""Loading a delivery: landing files become rows of ``raw``, bad records go to ``quarantine``."""

from customer360.load.contract_check import FileCheck, check_file
from customer360.load.errors import LoadError
from customer360.load.landing import LOADER, load_landing
from customer360.load.quarantine import (
    Retry,
    export_quarantined,
    quarantined_files,
    quarantined_records,
    retry_quarantined,
)
from customer360.load.report import FileResult, LoadReport

__all__ = [
    "LOADER",
    "FileCheck",
    "FileResult",
    "LoadError",
    "LoadReport",
    "Retry",
    "check_file",
    "export_quarantined",
    "load_landing",
    "quarantined_files",
    "quarantined_records",
    "retry_quarantined",
]
