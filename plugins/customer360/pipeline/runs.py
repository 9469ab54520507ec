"""A run: entered, recorded step by step, closed."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from customer360 import report as reporting
from customer360.failures import advice, resume_command, runbook_of, sentence_of
from customer360.sentences import step_sentence
from customer360.settings import Settings
from customer360.warehouse import Warehouse, WarehouseError, open_warehouse
from customer360.warehouse.turns import turn

log = logging.getLogger(__name__)

BOOKKEEPER = "c360_loader"


@dataclass(frozen=True)
class Run:
    """One run of the pipeline or of a part of it."""

    settings: Settings
    warehouse: Warehouse
    run_id: int
    kind: str
    as_of_date: date
    landing: str
    classifier: str

    @property
    def folder(self) -> Path:
        """Where the run leaves its pages."""
        return self.settings.home / "reports" / str(self.run_id)


def start_run(
    settings: Settings,
    kind: str,
    *,
    as_of_date: date | None = None,
    landing: str | None = None,
    classifier: str | None = None,
) -> Run:
    """Open the warehouse and enter a run in ``ops.runs``; absent values come from the settings."""
    warehouse = open_warehouse(settings)
    as_of_date = as_of_date or settings.last_business_day()
    landing, classifier = landing or settings.landing, classifier or settings.classifier
    with warehouse.connect(BOOKKEEPER) as connection:
        row = connection.execute(
            "insert into ops.runs (kind, as_of_date, landing, classifier) values (%s, %s, %s, %s) returning run_id",
            [kind, as_of_date, landing, classifier],
        ).fetchone()
    assert row is not None
    return Run(settings, warehouse, row[0], kind, as_of_date, landing, classifier)


def resume_run(settings: Settings, run_id: int) -> Run:
    """The run that ``start_run`` entered, for a step in another process.

    Raises LookupError when there is no such run.
    """
    warehouse = open_warehouse(settings)
    with warehouse.connect(BOOKKEEPER) as connection:
        row = connection.execute(
            "select kind, as_of_date, landing, classifier from ops.runs where run_id = %s", [run_id]
        ).fetchone()
    if row is None:
        raise LookupError(f"There is no run {run_id} in ops.runs.")
    return Run(settings, warehouse, run_id, *row)


def finish_run(run: Run, status: str, message: str | None = None) -> None:
    """Close the run. ``status``: published, unchanged, done or failed."""
    with run.warehouse.connect(BOOKKEEPER) as connection:
        connection.execute(
            "update ops.runs set status = %s, message = %s, finished_at = clock_timestamp() where run_id = %s",
            [status, message, run.run_id],
        )


@contextmanager
def recorded_step(run: Run, step: str) -> Iterator[dict[str, Any]]:
    """Record a step; what it puts into the yielded summary goes to ``ops.run_steps``.

    Raises RunInProgress when it is another run's turn to write. What a step raises carries the runbook and the
    command to resume as its notes.
    """
    summary: dict[str, Any] = {}
    try:
        with turn(run.warehouse, run.run_id, step):
            record_step(run, step, "running")
            try:
                yield summary
            except Exception as error:
                with suppress(WarehouseError, psycopg.Error):
                    record_step(run, step, "failed", sentence_of(error), summary, runbook_of(error))
                raise
            record_step(run, step, "done", None, summary)
    except Exception as error:
        # A warehouse that is gone cannot be told; the next run finds out by itself.
        with suppress(WarehouseError, psycopg.Error, OSError):
            finish_run(run, "failed", f"{step}: {sentence_of(error)}")
            log.info("In pictures: %s", report(run))
        for line in advice(runbook_of(error), resume_command(run.kind, run.run_id)):
            error.add_note(line)
        raise
    log.info(step_sentence(step, summary))


def report(run: Run) -> Path:
    """Write the page of the run, which is kept for a year, and return its path."""
    return reporting.write_report(run.warehouse, run.run_id, run.folder.parent)


def summaries(run: Run, steps: str) -> list[dict[str, Any]]:
    """What the parts of a step noted; ``steps``: how they are called, as a pattern of ``like``."""
    with run.warehouse.connect(BOOKKEEPER) as connection:
        noted = connection.execute(
            "select summary from ops.run_steps where run_id = %s and step like %s and status = 'done' order by step",
            [run.run_id, steps],
        )
        return [summary for (summary,) in noted]


def added_up(summaries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What parts noted, taken together: numbers and lists added, counts by name too."""
    total: dict[str, Any] = {}
    for name, value in (entry for summary in summaries for entry in summary.items()):
        if isinstance(value, dict):
            before = total.get(name, {})
            total[name] = before | {key: _added(before.get(key), each) for key, each in value.items()}
        else:
            total[name] = _added(total.get(name), value)
    return total


def _added(before: Any, value: Any) -> Any:
    return value if before is None else before + value


def record_step(
    run: Run,
    step: str,
    status: str,
    message: str | None = None,
    summary: dict[str, Any] | None = None,
    runbook: str | None = None,
) -> None:
    with run.warehouse.connect(BOOKKEEPER) as connection:
        connection.execute(
            "insert into ops.run_steps (run_id, step, status) values (%(run)s, %(step)s, %(status)s)"
            " on conflict (run_id, step) do update set status = excluded.status, message = %(message)s,"
            " summary = %(summary)s, runbook = %(runbook)s,"
            " turn = case when excluded.status = 'running' then excluded.turn else run_steps.turn end,"
            " started_at = case when excluded.status = 'running' then clock_timestamp() else run_steps.started_at end,"
            " finished_at = case when excluded.status = 'running' then null else clock_timestamp() end",
            {
                "run": run.run_id,
                "step": step,
                "status": status,
                "message": message,
                "summary": Jsonb(summary) if summary is not None else None,
                "runbook": runbook,
            },
        )
