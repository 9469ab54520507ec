"""The steps of a load: a whole landing, or its systems side by side."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from customer360 import erasing
from customer360 import load as loading
from customer360.pipeline.gates import pass_gate
from customer360.pipeline.runs import BOOKKEEPER, Run, added_up, recorded_step, summaries


def load(run: Run) -> loading.LoadReport:
    """Load the landing folder, then check what arrived.

    Raises LoadError when there is no delivery, GateError when what is loaded must not be built on.
    """
    with recorded_step(run, "load") as summary:
        report = _load(run)
        summary |= _summary_of_load(report)
        summary["erased_again"] = _erase_again(run, report.arrived, report.again)
        pass_gate(run, "after_load")
        return report


def begin_load(run: Run) -> list[str]:
    """Look at the landing folder; the systems there are, each of which ``load_system`` can load beside the others.

    Raises LoadError when there is no delivery.
    """
    with recorded_step(run, "begin") as summary:
        contracts = erasing.contracts_of(run.landing)
        summary["files"] = len({file.name for file, _ in loading.discover(run.landing, contracts)})
        return sorted({contract.system for contract in contracts})


def load_system(run: Run, system: str) -> loading.LoadReport:
    """Load what the landing folder holds of one system, while others load theirs."""
    with recorded_step(run, f"load {system}") as summary:
        report = _load(run, {system})
        summary |= _summary_of_load(report)
        return report


def end_load(run: Run) -> dict[str, Any]:
    """Check what arrived, all systems being loaded, and return what ``load`` would have noted.

    Raises GateError when what is loaded must not be built on.
    """
    with recorded_step(run, "load") as summary:
        # What is under no contract is no system's.
        of_systems = summaries(run, "load %")
        summary |= added_up([_summary_of_load(_load(run, {None})), *of_systems])
        with run.warehouse.connect(BOOKKEEPER) as connection:
            arrived = connection.execute("select file from ops.loaded_files where run_id = %s", [run.run_id]).fetchall()
        summary["erased_again"] = _erase_again(run, {file for (file,) in arrived}, set(summary["again"]))
        pass_gate(run, "after_load")
        return summary


def _load(run: Run, systems: Collection[str | None] | None = None) -> loading.LoadReport:
    return loading.load_landing(
        run.warehouse,
        run.landing,
        erasing.contracts_of(run.landing),
        run_id=run.run_id,
        business_date=run.as_of_date,
        quiet_seconds=run.settings.quiet_seconds,
        needs_success=run.settings.needs_success,
        systems=systems,
    )


def _erase_again(run: Run, arrived: set[str], again: set[str]) -> int:
    counts = erasing.erase_again(run.warehouse, run.settings, run.landing, arrived=arrived, again=again)
    return counts.total()


def _summary_of_load(report: loading.LoadReport) -> dict[str, Any]:
    return {
        "files": len(report.files),
        "loaded": report.loaded,
        "quarantined": report.quarantined,
        "refused": [file.file for file in report.refused],
        "unfinished": [file.file for file in report.unfinished],
        "late": [file.file for file in report.files if file.late_after],
        "again": sorted(report.again),
        "drift": report.drifted,
        "skipped": sum(file.status == "skipped" for file in report.files),
        "waiting": sum(report.waiting.values()),
    }
