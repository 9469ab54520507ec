"""Taking out of Airflow's own database what a form said of a person."""

from __future__ import annotations

import logging

import psycopg

from customer360.orchestration.local import DATABASE
from customer360.settings import Settings
from customer360.warehouse import WarehouseError, open_warehouse

PERSONAL = ["email", "system", "customer_id"]

log = logging.getLogger(__name__)


def forget_the_form(settings: Settings, dag_id: str) -> None:
    """Take the personal fields out of every run's form and out of the audit log, where Airflow keeps both beside us.

    Where it does not, the log says what to delete.
    """
    airflow = open_warehouse(settings).in_database(DATABASE)
    try:
        connection = airflow.connect(autocommit=True)
    except WarehouseError:
        log.warning(
            "Airflow keeps its runs in another database: delete this run of %s in the UI (Dag Runs, Delete) and its "
            "events in Browse, Audit Log, which hold the form.",
            dag_id,
        )
        return
    with connection:
        connection.execute(
            "update dag_run set conf = conf - %s::text[] where dag_id = %s and conf <> '{}'", [PERSONAL, dag_id]
        )
        connection.execute("update log set extra = null where dag_id = %s", [dag_id])
        try:
            # A row that was changed stays on the disk as it was, and nobody should wait long while that is mended.
            connection.execute("set lock_timeout = '10s'")
            for table in ("dag_run", "log"):
                connection.execute(f"vacuum (full) {table}")
        except psycopg.errors.LockNotAvailable:
            log.warning(
                "The disk still holds the form: run `vacuum full dag_run, log` in the database %s in a quiet moment.",
                DATABASE,
            )
