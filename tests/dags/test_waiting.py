"""Waiting without a worker."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[2]

PROGRAM = """
from airflow.sdk.exceptions import TaskDeferred
from customer360.orchestration.waiting import LookAgain

looks = [True, True, False]
task = LookAgain(task_id="wait", goes_on=lambda: looks.pop(0), minutes=5)
for _ in range(3):
    try:
        print("succeeded", task.execute({}))
    except TaskDeferred as deferred:
        print("deferred", type(deferred.trigger).__name__, deferred.method_name)
"""


def test_a_task_that_waits_is_deferred_until_a_look_says_that_nothing_goes_on(tmp_path: Path):
    environment = {"AIRFLOW_HOME": str(tmp_path), "PYTHONPATH": str(PROJECT / "plugins"), "PATH": "/usr/bin:/bin"}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    waits = "deferred TimeDeltaTrigger execute"
    said = [
        line for line in done.stdout.splitlines() if line.startswith(("deferred", "succeeded"))
    ]  # Airflow logs, too
    assert said == [waits, waits, "succeeded None"]
