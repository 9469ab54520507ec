"""What a file would do, without loading it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from customer360.contracts import Contract, QuarantineLimit, target_of
from customer360.load.discover import LandingFile, sha256_of
from customer360.load.file import FileLoader
from customer360.load.raw_tables import make_raw_tables
from customer360.load.report import FileResult
from customer360.load.source import LocalSource
from customer360.warehouse import Warehouse

LOADER = "c360_loader"
_UNLIMITED = QuarantineLimit(share=1.0)


@dataclass(frozen=True)
class Finding:
    """A record that would not be loaded. ``byte_offset`` is None where the record would wait for its parent."""

    record_number: int
    byte_offset: int | None
    reasons: list[str]


@dataclass(frozen=True)
class FileCheck:
    """``result``: what the load of the whole file would report, were there no quarantine limit.

    ``within_limit``: whether the limit allows that many bad records.
    """

    contract: str
    result: FileResult
    findings: list[Finding]
    within_limit: bool


def check_file(
    warehouse: Warehouse, path: Path, contract: Contract, contracts: Sequence[Contract], *, business_date: date
) -> FileCheck:
    """Load the file at ``path`` under ``contract`` as if it were new, say what happened and undo all of it."""
    additions = contract.customer360.model_copy(update={"quarantine_limit": _UNLIMITED})
    unlimited = contract.model_copy(update={"customer360": additions})
    source = LocalSource(path)
    with (
        warehouse.connect(LOADER, autocommit=True) as connection,
        connection.transaction(force_rollback=True),
    ):
        unfit = make_raw_tables(connection, [known for known in contracts if known.feed is None])
        refusal = unfit.get(target_of(contract, contracts).name, "")
        run = connection.execute(
            "insert into ops.runs (kind, as_of_date) values ('check', %s) returning run_id", [business_date]
        ).fetchone()
        assert run is not None
        # A file that was loaded before would be skipped, and it is to be checked again.
        connection.execute(
            "update ops.loaded_files set sha256 = sha256 || ' before the check', rewritten_sha256 = '{}'"
            " where sha256 = %(sha256)s or %(sha256)s = any(rewritten_sha256)",
            {"sha256": sha256_of(source)},
        )
        loader = FileLoader(connection, contracts, run[0], business_date)
        result = loader.load(LandingFile(path.name, None if refusal else source, refusal), unlimited)
        rows = connection.execute(
            "select record_number, byte_offset, reasons from quarantine.rejected_records"
            " join ops.loaded_files using (load_id) where run_id = %(run)s union all"
            " select record_number, null, reasons from quarantine.waiting_records"
            " join ops.loaded_files using (load_id) where run_id = %(run)s order by 1",
            {"run": run[0]},
        ).fetchall()
    within = contract.customer360.quarantine_limit.allows(result.quarantined, result.records)
    return FileCheck(contract.name, result, [Finding(*row) for row in rows], within)
