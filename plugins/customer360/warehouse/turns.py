"""One run at a time writes to a warehouse, although its steps are separate processes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg

from customer360.warehouse.connections import Warehouse, WarehouseError

WRITING_STEPS = (
    "begin",
    "load",
    "build_core",
    "segment",
    "enrich",
    "draft",
    "build_marts",
    "audit",
    "publish",
    "undo",
    "erase",
    "maintain",
)
"""The steps that need the turn; those after them only read what is published.

Parts of a step, such as ``load care``, hold it together.
"""

FIRST_STEPS = ("begin", "load", "build_core", "erase", "maintain")
"""They need nothing that an earlier step of their run has built."""

GIVEN_UP_AFTER = timedelta(minutes=2)
"""So long may pass between two steps of a run before another may take its turn."""

_ROLE = "c360_loader"
_STEP_LOCK = 360_000_004
_PATIENCE_SECONDS = 2.0
_SECONDS_BETWEEN_TRIES = 0.1


class RunInProgress(WarehouseError):
    """Another run writes to the warehouse, or has done so in between."""

    runbook = "the-night-failed"


@contextmanager
def turn(warehouse: Warehouse, run_id: int, step: str) -> Iterator[None]:
    """Hold the warehouse for one step of a run, or for a part of a step together with other parts of the run.

    The lock ends with the process that took it, however that ends. Between its steps a run keeps
    its turn until it is finished, or nothing of it has happened for ``GIVEN_UP_AFTER``.

    Raises RunInProgress, without waiting for it, when another run has the turn, or had it since this run's last
    step: then what this run has built may stand there no more.
    """
    whole, _, part = step.partition(" ")
    if whole not in WRITING_STEPS:
        yield
        return
    # autocommit: a transaction open for the whole step would keep vacuum from its work.
    with warehouse.connect(_ROLE, autocommit=True) as connection:
        _take_turn(connection, run_id, whole, together=bool(part))
        yield


def refuse_while_another_runs(warehouse: Warehouse) -> None:
    """Raise RunInProgress when a run has the turn."""
    with warehouse.connect(_ROLE, autocommit=True) as connection:
        _take_turn(connection, 0, FIRST_STEPS[0], together=False)


def _take_turn(connection: psycopg.Connection, run_id: int, step: str, *, together: bool) -> None:
    """Take the lock, ``together`` with other parts of the run where they hold it."""
    # The server notices a moment late that a process was killed, or minutes late that its machine was.
    connection.execute("set tcp_keepalives_idle = 60")
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not _try_lock(connection, "pg_try_advisory_lock"):
        if together and _join(connection, run_id):
            return
        if time.monotonic() > deadline:
            raise RunInProgress(_running(connection))
        time.sleep(_SECONDS_BETWEEN_TRIES)
    _refuse_out_of_turn(connection, run_id, step)
    if together:
        connection.execute("select pg_advisory_lock_shared(%s)", [_STEP_LOCK])
        connection.execute("select pg_advisory_unlock(%s)", [_STEP_LOCK])


def _join(connection: psycopg.Connection, run_id: int) -> bool:
    """Hold the lock with those that hold it, where they are of this run."""
    if not _try_lock(connection, "pg_try_advisory_lock_shared"):
        return False
    last = connection.execute(
        "select run_id from ops.run_steps where split_part(step, ' ', 1) = any(%s) order by turn desc limit 1",
        [list(WRITING_STEPS)],
    ).fetchone()
    if last == (run_id,):
        return True
    connection.execute("select pg_advisory_unlock_shared(%s)", [_STEP_LOCK])
    return False


def _try_lock(connection: psycopg.Connection, function: str) -> bool:
    row = connection.execute(f"select {function}(%s)", [_STEP_LOCK]).fetchone()
    return bool(row and row[0])


def _refuse_out_of_turn(connection: psycopg.Connection, run_id: int, step: str) -> None:
    last = connection.execute(
        "select s.run_id, r.status = 'running', s.step,"
        # A clock that was set back makes the end of a step lie ahead.
        " s.status = 'done' and s.finished_at between clock_timestamp() - %(while)s and clock_timestamp() + %(while)s"
        " from ops.run_steps as s join ops.runs as r using (run_id) where split_part(s.step, ' ', 1) = any(%(steps)s)"
        " order by s.turn desc limit 1",
        {"while": GIVEN_UP_AFTER, "steps": list(WRITING_STEPS)},
    ).fetchone()
    if last is None or last[0] == run_id:
        return
    other, is_running, last_step, is_recent = last
    if is_running and is_recent:
        raise RunInProgress(_running(connection))
    if is_running:
        # With the lock held no step runs: the process of that run is gone.
        connection.execute(
            "update ops.runs set status = 'failed', message = %s, finished_at = clock_timestamp() where run_id = %s",
            [f"{last_step}: the run went no further; its process was ended from outside.", other],
        )
    if step not in FIRST_STEPS and _has_written(connection, run_id):
        raise RunInProgress(
            f"Run {other} has written to the warehouse since the last step of run {run_id}, so {step} would not find "
            f"what run {run_id} has built; go on from build_core, or start a new run."
        )


def _has_written(connection: psycopg.Connection, run_id: int) -> bool:
    row = connection.execute(
        "select exists (select from ops.run_steps where run_id = %s and split_part(step, ' ', 1) = any(%s))",
        [run_id, list(WRITING_STEPS)],
    ).fetchone()
    return bool(row and row[0])


def _running(connection: psycopg.Connection) -> str:
    row = connection.execute(
        "select r.run_id, r.kind, r.started_at, s.step from ops.run_steps as s join ops.runs as r using (run_id)"
        " where split_part(s.step, ' ', 1) = any(%s) order by s.turn desc limit 1",
        [list(WRITING_STEPS)],
    ).fetchone()
    who = (
        f"Run {row[0]} ({row[1]}) has been writing to this warehouse since {row[2]:%Y-%m-%d %H:%M} UTC, now {row[3]}"
        if row
        else "Another run is beginning to write to this warehouse"
    )
    return f"{who}; wait until `customer360 status` says that it has ended, then start again."
