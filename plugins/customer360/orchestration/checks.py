"""What the DAGs need of Airflow, checked: for ``customer360 doctor``."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from customer360.doctor import Finding
from customer360.orchestration.alerts import MAIL_CONNECTION
from customer360.orchestration.local import prepare_airflow
from customer360.orchestration.pool import POOL, POOL_SLOTS
from customer360.settings import Settings
from customer360.warehouse import WarehouseError, open_warehouse

METADATA_VARIABLE = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"

_PROBE = """
import json, sys
from airflow.exceptions import AirflowNotFoundException
from airflow.models import Connection, Pool
pool, *ids = sys.argv[1:]
known = {}
for name in ids:
    try:
        known[name] = Connection.get_connection_from_secrets(name).conn_type
    except AirflowNotFoundException:
        known[name] = None
found = Pool.get_pool(pool)
print(json.dumps({"slots": found.slots if found else None, "connections": known}))
"""


def examine_airflow(settings: Settings) -> list[Finding]:
    """Check Airflow's database, the pool of the DAGs, and the connections the settings ask for.

    That is the Airflow of the environment where one is configured there, otherwise the one in the home.
    """
    needed = {MAIL_CONNECTION: "CUSTOMER360_ALERT_EMAIL"} if settings.alert_emails else {}
    if settings.alert_webhook:
        needed[settings.alert_webhook] = "CUSTOMER360_ALERT_WEBHOOK"
    own = METADATA_VARIABLE in os.environ
    if not own and not (settings.home / "airflow" / "secrets.json").exists():
        return [Finding("Airflow", True, "Not set up yet; `make airflow` or the first night does it.")]
    try:
        environment = dict(os.environ) if own else prepare_airflow(settings, open_warehouse(settings)).environment
    except WarehouseError as error:
        return [Finding("Airflow", False, str(error))]
    probe = subprocess.run(
        [sys.executable, "-c", _PROBE, POOL, *needed], env=environment, capture_output=True, text=True, check=False
    )
    if probe.returncode != 0:
        why = (probe.stderr.strip().splitlines() or ["it says nothing"])[-1]
        return [Finding("Airflow", False, f"Its database does not answer: {why}. Mend {METADATA_VARIABLE}.")]
    found = json.loads(probe.stdout.splitlines()[-1])
    return [
        Finding("Airflow", True, "Its database answers."),
        _pool(found["slots"], own),
        *(_connection(name, variable, found["connections"][name]) for name, variable in needed.items()),
    ]


def _pool(slots: int | None, own: bool) -> Finding:
    if slots == POOL_SLOTS:
        return Finding("Pool", True, f"{POOL} has {slots} slots.")
    if slots is None and not own:
        return Finding("Pool", True, f"`make airflow` makes {POOL} when it starts.")
    return Finding(
        "Pool", False,
        f"{POOL} {'does not exist' if slots is None else f'has {slots} slots'}, so that no task would start; run "
        f'`airflow pools set {POOL} {POOL_SLOTS} "What writes to the warehouse"`.',
    )  # fmt: skip


def _connection(name: str, variable: str, kind: str | None) -> Finding:
    if kind is None:
        return Finding(
            "Connection", False,
            f"{variable} is set, and there is no Airflow connection {name}; add it under Admin, Connections, or set "
            f"AIRFLOW_CONN_{name.upper()}.",
        )  # fmt: skip
    return Finding("Connection", True, f"{name} is known, of type {kind}.")
