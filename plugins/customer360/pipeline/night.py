"""The steps of a night in their order, and going on with one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from customer360.pipeline.building import build_core, build_marts
from customer360.pipeline.enriching import enrich
from customer360.pipeline.gates import audit
from customer360.pipeline.loading import load
from customer360.pipeline.publishing import export, publish
from customer360.pipeline.runs import BOOKKEEPER, Run, finish_run

STEPS = ("load", "build_core", "enrich", "build_marts", "audit", "publish", "export", "report")
"""The steps of a night, in order."""


def resume(run: Run, *, allow_deletes: bool = False) -> None:
    """Go on with a night at its first step that is not done. Raises what the steps raise."""
    with run.warehouse.connect(BOOKKEEPER) as connection:
        done = {
            step
            for (step,) in connection.execute(
                "select step from ops.run_steps where run_id = %s and status = 'done'", [run.run_id]
            )
        }
        connection.execute(
            "update ops.runs set status = 'running', message = null, finished_at = null where run_id = %s", [run.run_id]
        )
    steps: dict[str, Callable[[Run], object]] = {
        "load": load,
        "build_core": build_core,
        "enrich": enrich,
        "build_marts": build_marts,
        "audit": audit,
        "publish": partial(publish, allow_deletes=allow_deletes),
        "export": export,
    }
    first = next((number for number, name in enumerate(steps) if name not in done), len(steps))
    for step in list(steps.values())[first:]:
        step(run)
    with run.warehouse.connect("c360_publisher") as connection:
        published = connection.execute("select run_id from ops.published_batch").fetchone()
    finish_run(run, "published" if published == (run.run_id,) else "unchanged")
