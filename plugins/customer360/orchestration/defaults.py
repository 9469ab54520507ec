"""What all DAGs share."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Any

from airflow.sdk import CronTriggerTimetable, DeadlineAlert, DeadlineReference, SyncCallback

from customer360.orchestration.alerts import night_is_late, task_failed
from customer360.orchestration.pool import POOL, POOL_SLOTS
from customer360.orchestration.retries import FIRST_DELAY, TRIES_OF_A_LOST_CONNECTION, RetryWhereItCanHelp
from customer360.settings import read_settings

DAG_DEFAULTS: dict[str, Any] = {
    # No start date: with one, unpausing a DAG would start the night that was due last.
    "catchup": False,
    # One warehouse, one writer per schema: two runs of a DAG never overlap.
    "max_active_runs": 1,
    "default_args": {
        "owner": "data-engineering",
        "pool": POOL,
        "pool_slots": POOL_SLOTS,
        "retries": TRIES_OF_A_LOST_CONNECTION,
        "retry_delay": FIRST_DELAY,
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=10),
        "retry_policy": RetryWhereItCanHelp(),
        "on_failure_callback": task_failed,
    },
}

# In the zone whose days are counted: at 02:00 elsewhere yesterday may not be over yet.
EVERY_NIGHT = CronTriggerTimetable("0 2 * * *", timezone=read_settings().business_time_zone)

# `airflow dags test` of 3.3.2 breaks at the end of a run that has a deadline, and nobody waits for such a run.
NIGHT_DUE = (
    None
    if sys.argv[1:3] == ["dags", "test"]
    else DeadlineAlert(
        name="The night has ended",
        reference=DeadlineReference.DAGRUN_LOGICAL_DATE,
        interval=timedelta(hours=read_settings().night_due_hours),
        callback=SyncCallback(night_is_late),
    )
)
