"""Processes killed and a server stopped at named points: nothing half done, and the same end.

The test holds a lock that the step needs at the named point, so the step stands still there when
it is killed.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import psycopg
import pytest
from customer360 import pipeline
from customer360.load.discover import sha256_of
from customer360.load.source import LocalSource
from customer360.pipeline.runs import record_step
from customer360.settings import Settings
from customer360.warehouse import OWNER, LocalServer, Warehouse
from warehouses import CARE_EXPORT, NIGHT, checksums, copy_of, drop, start_night

pytestmark = pytest.mark.nightly

LAST_DAY = date(2025, 8, 31)
LAST_MOMENT = "select 1 from ops.published_batch for update"
"""What a publish writes last."""

STEP = """
import sys
from customer360 import pipeline
from customer360.settings import read_settings
getattr(pipeline, sys.argv[2])(pipeline.resume_run(read_settings(), int(sys.argv[1])))
"""


@contextmanager
def standing_still(
    run: pipeline.Run, step: str, at: str, barrier: str, *values: object
) -> Iterator[subprocess.Popen[bytes]]:
    """A process of ``step`` whose statement with the words ``at`` waits for the locks of ``barrier``."""
    environment = os.environ | {
        "CUSTOMER360_HOME": str(run.settings.home),
        "CUSTOMER360_WAREHOUSE_URL": run.warehouse.owner_url,
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    connection = run.warehouse.connect(OWNER)
    process = None
    try:
        connection.execute(barrier, values)
        process = subprocess.Popen(
            [sys.executable, "-c", STEP, str(run.run_id), step],
            env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        _wait_until_it_waits(run.warehouse, process, at)
        yield process
    finally:
        if process is not None:
            process.kill()
            process.wait()
        connection.close()


def _wait_until_it_waits(warehouse: Warehouse, process: subprocess.Popen[bytes], at: str) -> None:
    with warehouse.connect(OWNER, autocommit=True) as connection:
        while not connection.execute(
            "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
            " and position(%s in query) > 0",
            [at],
        ).fetchone():
            assert process.poll() is None, "the step ended before it came to the barrier"
            time.sleep(0.05)


def kill(run: pipeline.Run, step: str, at: str, barrier: str, *values: object) -> None:
    with standing_still(run, step, at, barrier, *values) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()


def one(warehouse: Warehouse, query: str) -> object:
    with warehouse.connect(OWNER) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def test_a_night_killed_within_every_step_ends_as_one_that_was_left_alone(
    settings: Settings, empty_warehouse: Warehouse, care_warehouse: Warehouse
):
    warehouse = copy_of(empty_warehouse)
    run = start_night(settings, warehouse, CARE_EXPORT, LAST_DAY)
    load, build_core, enrich, build_marts, audit, publish = NIGHT

    # Within a file: its entry collides with one that is not yet committed.
    kill(
        run, "load", "insert into ops.loaded_files",
        "insert into ops.loaded_files (run_id, sha256, system, \"table\", file, status)"
        " values (%s, %s, 'care', 'customer_interactions', 'x', 'loaded')",
        run.run_id, sha256_of(LocalSource(CARE_EXPORT / "care" / "customer_interactions.csv")),
    )  # fmt: skip
    assert one(warehouse, "select count(*) from raw.care__customer_interactions") == 0
    assert one(warehouse, "select count(*) from ops.loaded_files where \"table\" = 'customer_interactions'") == 0
    load(run)

    kill(run, "build_core", "", "lock table raw.care__customer_interactions in access exclusive mode")
    assert one(warehouse, "select to_regclass('candidate_core.fct_customer_interactions') is null") is True
    build_core(run)

    # Segments, priorities and actions are committed, forecasts are not: the lock is that of the forecasts.
    kill(run, "enrich", "pg_advisory_lock", "select pg_advisory_lock(360000006)")
    assert one(warehouse, "select count(*) from enrichment.recommended_actions") != 0
    assert one(warehouse, "select count(*) from enrichment.model_fits") == 0
    enrich(run)

    build_marts(run)
    audit(run)

    # All rows are written, the batch is not: its row collides with one that is not yet committed.
    kill(
        run, "publish", "insert into ops.published_batch",
        "insert into ops.published_batch (batch_id, run_id, as_of_date, published_at) values (1, %s, now(), now())",
        run.run_id,
    )  # fmt: skip
    assert one(warehouse, "select to_regclass('care.customers') is null") is True

    publish(run)

    assert checksums(warehouse) == checksums(care_warehouse)
    assert one(warehouse, "select count(*) from enrichment.customer_segments") == one(
        care_warehouse, "select count(*) from enrichment.customer_segments"
    )
    drop(warehouse)


@pytest.fixture
def changed(settings: Settings, care_warehouse: Warehouse) -> Iterator[pipeline.Run]:
    """The export published and built again with other names of agents: a night before its audit."""
    warehouse = copy_of(care_warehouse)
    with warehouse.connect("c360_transformer") as connection:
        connection.execute("update candidate_care.agents set agent_name = upper(agent_name)")
    yield start_night(settings, warehouse, CARE_EXPORT, LAST_DAY)
    drop(warehouse)


def test_an_audit_that_was_killed_says_nothing_and_is_repeated(changed: pipeline.Run):
    checked = f"select count(*) from ops.checks where run_id = {changed.run_id}"
    kill(changed, "audit", "candidate_care", "lock table candidate_care.agents in access exclusive mode")
    assert one(changed.warehouse, checked) == 0
    assert pipeline.audit(changed).passed
    assert one(changed.warehouse, checked) != 0


def test_a_night_killed_between_publish_and_export_and_then_within_its_export_is_resumed(changed: pipeline.Run):
    warehouse = changed.warehouse
    for step in NIGHT[:-1]:
        record_step(changed, step.__name__, "done")
    # The batch is there, and that the step is done is not yet written.
    kill(
        changed, "publish", "update ops.runs",
        "select 1 from ops.runs where run_id = %s for no key update", changed.run_id,
    )  # fmt: skip
    assert one(warehouse, "select batch_id from ops.published_batch") == 2
    assert one(warehouse, "select bool_and(agent_name = upper(agent_name)) from care.agents") is True

    exported = changed.settings.home / "exports" / str(LAST_DAY) / "csv"
    shutil.rmtree(exported, ignore_errors=True)
    kill(changed, "export", "agents", "lock table care.agents in access exclusive mode")
    assert not exported.exists()
    pipeline.resume(changed)

    assert sorted(path.name for path in exported.parent.iterdir()) == ["csv"]
    assert (exported / "care" / "agents.csv").exists()
    assert one(warehouse, "select batch_id from ops.published_batch") == 2
    assert one(warehouse, f"select status from ops.runs where run_id = {changed.run_id}") == "published"


def test_a_server_stopped_within_a_publish_comes_back_with_the_batch_before(
    settings: Settings, care_warehouse: Warehouse
):
    warehouse = copy_of(care_warehouse)
    before = checksums(warehouse)
    with warehouse.connect("c360_transformer") as connection:
        connection.execute("update candidate_care.agents set agent_name = upper(agent_name)")
    run = start_night(settings, warehouse, CARE_EXPORT, LAST_DAY)
    server = LocalServer(settings.home)
    try:
        with standing_still(run, "publish", "insert into ops.published_batch", LAST_MOMENT):
            assert server.stop("immediate")
    finally:
        server.start()

    assert checksums(warehouse) == before
    assert one(warehouse, "select batch_id from ops.published_batch") == 1
    report = pipeline.publish(run)
    assert [(table.table, table.updated > 0) for table in report.tables if table.changed] == [("agents", True)]
    assert one(warehouse, "select bool_and(agent_name = upper(agent_name)) from care.agents") is True
    drop(warehouse)


def test_a_killed_step_is_repeated_although_the_server_still_works_on_it(settings: Settings, care_warehouse: Warehouse):
    """The statement of a killed process goes on in the server until that notices."""
    warehouse = copy_of(care_warehouse)
    with warehouse.connect("c360_transformer") as connection:
        connection.execute("update candidate_care.agents set agent_name = upper(agent_name)")
    run = start_night(settings, warehouse, CARE_EXPORT, LAST_DAY)
    with standing_still(run, "publish", "insert into ops.published_batch", LAST_MOMENT) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        # The killed publish still waits for the table, and holds the lock of publishes.
        with pytest.raises(psycopg.errors.LockNotAvailable), warehouse.connect("c360_publisher") as connection:
            connection.execute("set lock_timeout = '100ms'")
            connection.execute("select pg_advisory_xact_lock(360000002)")
    assert pipeline.publish(run).batch_id == 2
    drop(warehouse)
