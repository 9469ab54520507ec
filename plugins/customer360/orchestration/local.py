"""A local Airflow whose metadata lives beside the warehouse, in a database of its own."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from customer360.orchestration.pool import POOL, POOL_SLOTS
from customer360.settings import PROJECT, Settings
from customer360.warehouse import Warehouse, WarehouseError
from customer360.warehouse.local import write_secret

DATABASE = "airflow"
ROLE = "airflow"
GRACE_SECONDS = 10


@dataclass(frozen=True)
class LocalAirflow:
    """Airflow as this machine runs it.

    ``environment``: the variables every Airflow process gets; they hold secrets. ``port``: of the UI.
    """

    home: Path
    environment: dict[str, str]
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def command(self, *arguments: str) -> list[str]:
        """The command line of an Airflow subcommand, from the environment this process runs in."""
        return [sys.executable, "-m", "airflow", *arguments]

    @property
    def password_file(self) -> Path:
        """JSON file with the UI's users and their passwords."""
        return self.home / "passwords.json"

    def serve(self) -> int:
        """Run the API server, scheduler, DAG processor and triggerer until interrupted; the exit code.

        ``airflow standalone`` leaves its children behind on SIGTERM, so it gets a session of its own that
        is ended whole.
        """
        _make_pool(self)
        process = subprocess.Popen(self.command("standalone"), env=self.environment, start_new_session=True)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        try:
            return process.wait()
        except KeyboardInterrupt:
            return 0
        finally:
            _end_session(process)


def prepare_airflow(settings: Settings, warehouse: Warehouse) -> LocalAirflow:
    """Configure Airflow and bring its database up to date.

    Raises WarehouseError when the database cannot be made or migrated.
    """
    home = settings.home / "airflow"
    home.mkdir(parents=True, exist_ok=True)
    kept = _kept_secrets(home)
    airflow = LocalAirflow(home, _environment(settings, warehouse, home, kept), int(kept["port"]))
    if not airflow.password_file.exists():
        write_secret(airflow.password_file, json.dumps({"admin": kept["admin_password"]}))
    _make_database(warehouse, kept["database_password"])
    _migrate(airflow)
    return airflow


def _kept_secrets(home: Path) -> dict[str, str]:
    path = home / "secrets.json"
    if path.exists():
        return json.loads(path.read_text())
    from cryptography.fernet import Fernet

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kept = {
        "fernet_key": Fernet.generate_key().decode(),
        "secret_key": secrets.token_urlsafe(32),
        "jwt_secret": secrets.token_urlsafe(64),
        "admin_password": secrets.token_urlsafe(12),
        "database_password": secrets.token_urlsafe(24),
        "port": str(port),
    }
    write_secret(path, json.dumps(kept))
    return kept


def _environment(settings: Settings, warehouse: Warehouse, home: Path, kept: dict[str, str]) -> dict[str, str]:
    database = Warehouse(warehouse.in_database(DATABASE).owner_url, {ROLE: kept["database_password"]}).url(ROLE)
    url = f"http://127.0.0.1:{kept['port']}"
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW__")}
    return inherited | {
        # `airflow standalone` starts its parts by name.
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", ""))),
        "CUSTOMER360_HOME": str(settings.home),
        "CUSTOMER360_LANDING": settings.landing,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database.replace("postgresql://", "postgresql+psycopg2://", 1),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": str(os.cpu_count() or 2),
        "AIRFLOW__CORE__FERNET_KEY": kept["fernet_key"],
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "AIRFLOW__API__SECRET_KEY": kept["secret_key"],
        "AIRFLOW__API_AUTH__JWT_SECRET": kept["jwt_secret"],
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": kept["port"],
        # Without the port here every task fails to reach the API server.
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__API__EXPOSE_CONFIG": "False",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "30",
        # Reading every DAG file twice a minute takes a fifth of a small machine from the night.
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "120",
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
        # On a busy machine the API server answers late; a task that gives up at once is a task that failed.
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO",
        # "Done. Returned value was: None" would be the last line of every log.
        "AIRFLOW__LOGGING__NAMESPACE_LEVELS": "airflow.task.operators=WARNING",
        # dbt leaves semaphores to the end of its process, and Python's words about them would end every log.
        "PYTHONWARNINGS": "ignore:resource_tracker:UserWarning",
        "GX_ANALYTICS_ENABLED": "false",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }


def _make_database(warehouse: Warehouse, password: str) -> None:
    """A database and a role of Airflow's own, which sees nothing of the warehouse."""
    role, database = sql.Identifier(ROLE), sql.Identifier(DATABASE)
    with psycopg.connect(warehouse.owner_url, autocommit=True) as connection:
        if connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
            return
        if not connection.execute("select 1 from pg_roles where rolname = %s", [ROLE]).fetchone():
            connection.execute(sql.SQL("create role {} login").format(role))
        connection.execute(sql.SQL("alter role {} password {}").format(role, sql.Literal(password)))
        connection.execute(sql.SQL("create database {} owner {}").format(database, role))
        connection.execute(sql.SQL("revoke all on database {} from public").format(database))


def _migrate(airflow: LocalAirflow) -> None:
    from importlib.metadata import version

    # Asking Airflow whether its database is current takes as long as migrating it does.
    done = airflow.home / f"database-of-{version('apache-airflow')}"
    if done.exists():
        return
    result = subprocess.run(
        airflow.command("db", "migrate"), env=airflow.environment, capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        raise WarehouseError(f"Airflow's database cannot be migrated: {result.stderr.strip()[-2000:]}")
    done.touch()


def _make_pool(airflow: LocalAirflow) -> None:
    """The pool of the DAGs: the scheduler starts no task whose pool does not exist."""
    made = airflow.home / f"pool-of-{POOL_SLOTS}"
    if made.exists():
        return
    subprocess.run(
        airflow.command("pools", "set", POOL, str(POOL_SLOTS), "What writes to the warehouse, one step at a time"),
        env=airflow.environment, stdout=subprocess.DEVNULL, check=True,
    )  # fmt: skip
    made.touch()


def _end_session(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_SECONDS)
        os.killpg(process.pid, signal.SIGKILL)
