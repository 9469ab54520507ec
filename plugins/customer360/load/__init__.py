"""Loading a delivery: landing files become rows of ``raw``, bad records go to ``quarantine``."""

from customer360.load.contract_check import FileCheck, check_file
from customer360.load.discover import LandingFile, discover, sha256_of
from customer360.load.errors import FileRefused, LoadError
from customer360.load.landing import LOADER, load_landing
from customer360.load.quarantine import (
    Retry,
    export_quarantined,
    quarantined_files,
    quarantined_records,
    retry_quarantined,
)
from customer360.load.report import FileResult, LoadReport
from customer360.load.rewrite import REMOVED, FileRecord, rewrite_file, rewrite_text, values_of

__all__ = [
    "LOADER",
    "REMOVED",
    "FileCheck",
    "FileRecord",
    "FileRefused",
    "FileResult",
    "LandingFile",
    "LoadError",
    "LoadReport",
    "Retry",
    "check_file",
    "discover",
    "export_quarantined",
    "load_landing",
    "quarantined_files",
    "quarantined_records",
    "retry_quarantined",
    "rewrite_file",
    "rewrite_text",
    "sha256_of",
    "values_of",
]
