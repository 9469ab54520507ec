"""The steps that delete: a person on request, and what has outlived its period."""

from __future__ import annotations

from customer360 import erasing, maintenance
from customer360.pipeline.runs import Run, recorded_step


def erase(run: Run, request: erasing.Request) -> int:
    """Erase a person from all that the models are built from, and from files; returns the erasure's number.

    The steps after it, ``build_core`` to ``publish``, erase the person from the rest. Raises ErasureError.
    """
    with recorded_step(run, "erase") as summary:
        erasure_id = erasing.erase(run.warehouse, run.settings, run.landing, request, run.run_id)
        summary |= {"erasure_id": erasure_id}
        return erasure_id


def maintain(run: Run) -> dict[str, int]:
    """Delete what has outlived its period, and vacuum; how much was deleted, by place."""
    with recorded_step(run, "maintain") as summary:
        summary |= maintenance.maintain(run.warehouse, run.settings)
        return summary
