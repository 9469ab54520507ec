"""Running the nightly DAG from the command line."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import click
import httpx

from customer360 import pipeline
from customer360.failures import GENERAL, advice, resume_command
from customer360.orchestration.local import LocalAirflow, prepare_airflow
from customer360.settings import Settings
from customer360.summary import night_summary
from customer360.warehouse import Warehouse, open_warehouse
from customer360.warehouse.turns import refuse_while_another_runs

POLL_SECONDS = 0.5


def run_nightly(
    settings: Settings,
    landing: str | None,
    as_of_date: date | None,
    classifier: str | None,
    *,
    allow_deletes: bool = False,
) -> bool:
    """Run the nightly DAG and say how it goes; True when its tables are published.

    Where this home's Airflow is up its scheduler runs the DAG; otherwise ``airflow dags test`` does.
    Either way the run stands in the Airflow UI.
    """
    click.echo(
        f"Warehouse: starting PostgreSQL in {settings.home}" if settings.warehouse_url is None else "Warehouse: yours"
    )
    warehouse = open_warehouse(settings)
    refuse_while_another_runs(warehouse)
    click.echo("Airflow:   preparing its database")
    airflow = prepare_airflow(settings, warehouse)
    conf = {
        "landing": landing or settings.landing,
        "as_of_date": as_of_date.isoformat() if as_of_date else None,
        "classifier": classifier or settings.classifier,
        "allow_deletes": allow_deletes,
    }
    before = _last_run(warehouse)
    click.echo(f"Nightly:   delivery {conf['landing']}")
    finished, log = _triggered(airflow, conf) if is_up(airflow) else _tested(airflow, settings, conf)
    run_id = _follow(warehouse, before, finished)
    if run_id is None:
        click.echo(f"The nightly DAG ended before its first step. Its log: {log}", err=True)
        return False
    if _status(warehouse, run_id) == "running":
        run = pipeline.resume_run(settings, run_id)
        pipeline.finish_run(run, "failed", "The DAG ended outside its steps; its log says why.")
    click.echo("\n" + night_summary(warehouse, run_id) + "\n")
    well = _status(warehouse, run_id) in ("published", "unchanged")
    if not well:
        report = pipeline.report(pipeline.resume_run(settings, run_id))
        lines = (
            f"The report of the run: {report}", f"Its log: {log}",
            *advice(_runbook(warehouse, run_id), resume_command("nightly", run_id)),
        )  # fmt: skip
        click.echo("\n".join(lines), err=True)
        return False
    click.echo(
        "Next:\n"
        "  customer360 warehouse psql --role bi_reader -c 'select * from dashboard.overview_kpis limit 5'\n"
        "  customer360 status\n"
        "  make airflow      opens the Airflow UI with this run in it\n"
        f"  {settings.home}/reports/{run_id}/report.html   the night in pictures; every check in quality.html"
    )
    return True


def is_up(airflow: LocalAirflow) -> bool:
    """Whether the Airflow of this home serves its API and its scheduler is alive."""
    try:
        health = httpx.get(f"{airflow.url}/api/v2/monitor/health", timeout=2).json()
    except (httpx.HTTPError, ValueError):
        return False
    return health.get("scheduler", {}).get("status") == "healthy"


def _tested(
    airflow: LocalAirflow, settings: Settings, conf: dict[str, str | bool | None]
) -> tuple[Iterator[bool], Path]:
    log = settings.home / "logs" / f"nightly-{datetime.now(UTC):%Y%m%dT%H%M%S}.log"
    log.parent.mkdir(parents=True, exist_ok=True)

    def finished() -> Iterator[bool]:
        with log.open("w") as output:
            process = subprocess.Popen(
                airflow.command("dags", "test", "nightly", "--conf", json.dumps(conf)),
                env=airflow.environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip
            try:
                while process.poll() is None:
                    yield False
            finally:
                process.terminate()
                process.wait()
        yield True

    return finished(), log


def _triggered(airflow: LocalAirflow, conf: dict[str, str | bool | None]) -> tuple[Iterator[bool], str]:
    client = httpx.Client(base_url=airflow.url, timeout=30)
    password = json.loads(airflow.password_file.read_text())["admin"]
    token = client.post("/auth/token", json={"username": "admin", "password": password}).raise_for_status().json()
    client.headers["Authorization"] = f"Bearer {token['access_token']}"
    client.patch("/api/v2/dags/nightly", json={"is_paused": False}).raise_for_status()
    run = client.post("/api/v2/dags/nightly/dagRuns", json={"logical_date": None, "conf": conf}).raise_for_status()
    dag_run_id = run.json()["dag_run_id"]

    def finished() -> Iterator[bool]:
        while True:
            try:
                state = client.get(f"/api/v2/dags/nightly/dagRuns/{dag_run_id}").raise_for_status().json()["state"]
            except httpx.TransportError:
                # A busy machine answers late; the run goes on without being watched.
                state = "unknown"
            yield state in ("success", "failed")

    return finished(), f"{airflow.url}/dags/nightly/runs/{dag_run_id}"


def _follow(warehouse: Warehouse, before: int, finished: Iterator[bool]) -> int | None:
    """Print each step as it ends; the number of the run, or None when it never entered one."""
    told: set[str] = set()
    for done in finished:
        run_id = _last_run(warehouse)
        if run_id > before:
            for step, status, message, seconds in _ended_steps(warehouse, run_id):
                if step not in told:
                    told.add(step)
                    click.echo(f"  {step:<12} {status} in {seconds:.1f} s" + (f": {message}" if message else ""))
        if done:
            return run_id if run_id > before else None
        time.sleep(POLL_SECONDS)
    return None


def _last_run(warehouse: Warehouse) -> int:
    with warehouse.connect() as connection:
        row = connection.execute("select coalesce(max(run_id), 0) from ops.runs where kind = 'nightly'").fetchone()
    assert row is not None
    return row[0]


def _status(warehouse: Warehouse, run_id: int) -> str:
    with warehouse.connect() as connection:
        row = connection.execute("select status from ops.runs where run_id = %s", [run_id]).fetchone()
    assert row is not None
    return row[0]


def _runbook(warehouse: Warehouse, run_id: int) -> str:
    with warehouse.connect() as connection:
        row = connection.execute(
            "select runbook from ops.run_steps where run_id = %s and status = 'failed'"
            " order by finished_at desc limit 1",
            [run_id],
        ).fetchone()
    return row[0] if row and row[0] else GENERAL


def _ended_steps(warehouse: Warehouse, run_id: int) -> list[tuple[str, str, str | None, float]]:
    with warehouse.connect() as connection:
        return connection.execute(
            "select step, status, message, extract(epoch from finished_at - started_at)::float from ops.run_steps"
            " where run_id = %s and status <> 'running' order by finished_at",
            [run_id],
        ).fetchall()
