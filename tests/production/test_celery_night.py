"""The services of docker-compose.yml, run as processes of this machine: two Celery workers take a night to its end."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from customer360.settings import PROJECT
from customer360.warehouse import OWNER, Warehouse
from psycopg import sql
from warehouses import AS_OF_DATE

SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())["services"]
PATIENCE_SECONDS = 1500

pytestmark = [
    pytest.mark.timeout(PATIENCE_SECONDS + 300),
    pytest.mark.skipif(not shutil.which("redis-server"), reason="redis-server is not installed (make redis)"),
]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def _running(command: list[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen]:
    """A service of its own session, ended whole."""
    with log.open("wb") as out:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=out, start_new_session=True)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(15)
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A broker of the test's own; its URL."""
    folder, port, password = tmp_path_factory.mktemp("redis"), _free_port(), secrets.token_urlsafe(16)
    configuration = folder / "redis.conf"
    configuration.write_text(f'bind 127.0.0.1\nport {port}\nsave ""\ndir {folder}\nrequirepass {password}\n')
    with _running(["redis-server", str(configuration)], dict(os.environ), folder / "log"):
        yield f"redis://:{password}@127.0.0.1:{port}/0"


@pytest.fixture(scope="module")
def database(empty_warehouse: Warehouse) -> Iterator[Warehouse]:
    """A warehouse's and, beside it, Airflow's database, both empty, with a role of Airflow's own."""
    password, name = secrets.token_urlsafe(16), "celery_airflow"
    with psycopg.connect(empty_warehouse.owner_url, autocommit=True) as connection:
        connection.execute(sql.SQL("create role celery_airflow login password {}").format(sql.Literal(password)))
        connection.execute("create database celery_airflow owner celery_airflow")
        connection.execute("create database celery_warehouse")
    yield Warehouse(empty_warehouse.in_database("celery_warehouse").owner_url, {name: password})
    with psycopg.connect(empty_warehouse.owner_url, autocommit=True) as connection:
        connection.execute("drop database celery_airflow with (force)")
        connection.execute("drop database celery_warehouse with (force)")
        connection.execute("drop role celery_airflow")


@pytest.fixture(scope="module")
def environment(redis: str, database: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the compose file gives its services, with this machine's places in place of the containers'."""
    folder, port = tmp_path_factory.mktemp("compose"), _free_port()
    subprocess.run([sys.executable, str(PROJECT / "docker" / "draw_secrets.py"), str(folder / "secrets")], check=True)
    metadata = database.in_database("celery_airflow").url("celery_airflow").removeprefix("postgresql://")
    for name, url in {
        "warehouse_url": database.url(OWNER),
        "metadata_url": f"postgresql+psycopg2://{metadata}",
        "result_backend": f"db+postgresql+psycopg2://{metadata}",
        "broker_url": redis,
    }.items():
        (folder / "secrets" / name).write_text(url)
    places = {
        "/run/secrets": str(folder / "secrets"),
        "/var/lib/customer360": str(folder / "state"),
        "/opt/customer360": str(PROJECT),
        "api-server:8080": f"127.0.0.1:{port}",
        "127.0.0.1:8080": f"127.0.0.1:{port}",
    }
    given = SERVICES["scheduler"]["environment"] | {
        "CUSTOMER360_LANDING": str(PROJECT / "seeds"),
        "CUSTOMER360_CUSTOMERS_PER_TASK": "100",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(_free_port()),
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(_free_port()),
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
        "HOME": str(folder),
    }
    return {name: _placed(re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value), places) for name, value in given.items()}


def _placed(text: str, places: dict[str, str]) -> str:
    for place, here in places.items():
        text = text.replace(place, here)
    return text


def _command(service: str, environment: dict[str, str]) -> list[str]:
    folder = str(Path(environment["CUSTOMER360_WAREHOUSE_URL_FILE"]).parent)
    return [word.replace("$$", "$").replace("/run/secrets", folder) for word in SERVICES[service]["command"]]


def test_two_celery_workers_take_a_night_to_published_marts(
    environment: dict[str, str], database: Warehouse, tmp_path: Path
):
    Path(environment["CUSTOMER360_HOME"], "airflow").mkdir(parents=True)
    done = subprocess.run(_command("init", environment), env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

    with ExitStack() as services:
        for name in ("api-server", "scheduler", "dag-processor", "triggerer"):
            services.enter_context(_running(_command(name, environment), environment, tmp_path / f"{name}.log"))
        for number in ("1", "2"):
            # Containers have names of their own; processes of one machine are told theirs.
            worker = [*_command("worker", environment), "--celery-hostname", f"worker-{number}@%h"]
            own = environment | {"AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(_free_port())}
            services.enter_context(_running(worker, own, tmp_path / f"worker-{number}.log"))

        _airflow(environment, "dags", "reserialize")
        _airflow(environment, "dags", "unpause", "nightly")
        form = json.dumps({"as_of_date": str(AS_OF_DATE)})
        _airflow(environment, "dags", "trigger", "nightly", "--run-id", "celery", "--conf", form)
        state = _end_of_run(database)
        tasks = _tasks(database)

    logs = "\n".join(log.read_text(errors="replace")[-3000:] for log in tmp_path.glob("*.log"))
    assert state == "success", f"{tasks}\n{logs}"
    instances = Counter(task for task, _, _ in tasks)
    assert instances.keys() >= {"build_core", "enrich", "build_marts", "audit", "publish"}
    assert min(instances["load"], instances["segment"]) > 1
    assert all(celery_id for _, _, celery_id in tasks)
    for number in ("1", "2"):
        log = (tmp_path / f"worker-{number}.log").read_text(errors="replace")
        assert "ready." in log
        assert "received" in log, f"Worker {number} has done nothing."
    with database.connect(OWNER) as connection:
        assert connection.execute("select as_of_date from ops.published_batch").fetchone() == (AS_OF_DATE,)
        segmented = "select count(*) > 100, count(*) = count(distinct customer_key) from enrichment.customer_segments"
        assert connection.execute(segmented).fetchone() == (True, True)


def _airflow(environment: dict[str, str], *arguments: str) -> None:
    done = subprocess.run(["airflow", *arguments], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _end_of_run(database: Warehouse) -> str:
    give_up = time.monotonic() + PATIENCE_SECONDS
    state = "queued"
    while state in ("queued", "running") and time.monotonic() < give_up:
        time.sleep(2)
        with database.in_database("celery_airflow").connect("celery_airflow") as connection:
            row = connection.execute("select state from dag_run where run_id = 'celery'").fetchone()
        state = row[0] if row else "queued"
    return state


def _tasks(database: Warehouse) -> list[tuple[str, str, str]]:
    with database.in_database("celery_airflow").connect("celery_airflow") as connection:
        return connection.execute(
            "select task_id, state, external_executor_id from task_instance where run_id = 'celery'"
        ).fetchall()
