"""Two runs at once: one writes, the other leaves with a sentence and nothing touched."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from customer360 import pipeline
from customer360.orchestration.nightly_run import run_nightly
from customer360.settings import Settings
from customer360.warehouse import RunInProgress, Warehouse
from customer360.warehouse.turns import turn
from warehouses import AS_OF_DATE, CARE_EXPORT, start_night

HOLDING = """
import sys, time
from customer360.settings import read_settings
from customer360.pipeline import resume_run
from customer360.pipeline.runs import recorded_step
with recorded_step(resume_run(read_settings(), int(sys.argv[1])), sys.argv[2]):
    print("holding", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def there(settings: Settings, warehouse: Warehouse) -> Settings:
    return replace(settings, warehouse_url=warehouse.owner_url, landing=str(CARE_EXPORT))


def begin(there: Settings, warehouse: Warehouse) -> pipeline.Run:
    return start_night(there, warehouse, CARE_EXPORT, AS_OF_DATE)


def holder(there: Settings, run: pipeline.Run, step: str) -> subprocess.Popen[str]:
    """A process that is in the middle of ``step``."""
    environment = os.environ | {
        "CUSTOMER360_HOME": str(there.home),
        "CUSTOMER360_WAREHOUSE_URL": there.warehouse_url or "",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(run.run_id), step], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "holding\n"
    return process


def status(warehouse: Warehouse, run: pipeline.Run) -> tuple[str, str | None]:
    with warehouse.connect() as connection:
        row = connection.execute("select status, message from ops.runs where run_id = %s", [run.run_id]).fetchone()
    assert row is not None
    return row


def loaded_files(warehouse: Warehouse) -> int:
    with warehouse.connect() as connection:
        row = connection.execute("select count(*) from ops.loaded_files").fetchone()
    assert row is not None
    return row[0]


def test_a_step_leaves_while_a_step_of_another_run_is_going_and_goes_when_that_was_killed(there, warehouse):
    first, second = begin(there, warehouse), begin(there, warehouse)
    process = holder(there, first, "build_core")
    try:
        with pytest.raises(
            RunInProgress, match=rf"Run {first.run_id} \(nightly\) has been writing .* now build_core; wait"
        ):
            pipeline.load(second)
        assert status(warehouse, second)[0] == "failed"
        assert status(warehouse, first)[0] == "running"
        assert loaded_files(warehouse) == 0
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    third = begin(there, warehouse)
    pipeline.load(third)
    assert loaded_files(warehouse) == 7
    assert status(warehouse, first) == (
        "failed",
        "build_core: the run went no further; its process was ended from outside.",
    )


def test_a_run_keeps_its_turn_between_its_steps(there, warehouse):
    first, second = begin(there, warehouse), begin(there, warehouse)
    pipeline.load(first)
    with pytest.raises(RunInProgress, match=rf"Run {first.run_id} .* now load"):
        pipeline.load(second)
    with turn(warehouse, first.run_id, "build_core"):
        pass


def test_a_run_that_ended_or_was_given_up_lets_the_next_one_in(there, warehouse):
    first, second, third = (begin(there, warehouse) for _ in range(3))
    pipeline.load(first)
    pipeline.finish_run(first, "done")
    pipeline.load(second)
    with warehouse.connect() as connection:
        connection.execute("update ops.run_steps set finished_at = finished_at - interval '1 hour'")
    pipeline.load(third)
    assert status(warehouse, second)[0] == "failed"
    assert status(warehouse, first)[0] == "done"


def test_a_run_that_another_has_overtaken_goes_on_only_from_the_build(there, warehouse):
    first, second = begin(there, warehouse), begin(there, warehouse)
    pipeline.load(first)
    pipeline.finish_run(first, "failed", "cut off")
    pipeline.load(second)
    pipeline.finish_run(second, "done")
    with (
        pytest.raises(RunInProgress, match=f"Run {second.run_id} has written .* go on from build_core"),
        turn(warehouse, first.run_id, "publish"),
    ):
        pass
    with turn(warehouse, first.run_id, "build_core"):
        pass


def test_a_run_of_one_step_needs_no_earlier_one(there, warehouse):
    first, second = begin(there, warehouse), begin(there, warehouse)
    pipeline.load(first)
    pipeline.finish_run(first, "done")
    with turn(warehouse, second.run_id, "publish"):
        pass


def test_parts_of_a_run_hold_their_turn_together_and_nobody_else_gets_it(there, warehouse):
    first, second = begin(there, warehouse), begin(there, warehouse)
    pipeline.begin_load(first)
    with turn(warehouse, first.run_id, "load care"), turn(warehouse, first.run_id, "load crm"):
        for step in ("load shop", "load", "begin"):
            with pytest.raises(RunInProgress, match=rf"Run {first.run_id} \(nightly\)"):
                turn(warehouse, second.run_id, step).__enter__()
        with pytest.raises(RunInProgress, match=rf"Run {first.run_id} \(nightly\)"):
            turn(warehouse, first.run_id, "build_core").__enter__()
    with turn(warehouse, first.run_id, "build_core"):
        pass


def test_a_part_takes_the_turn_of_a_run_whose_process_is_gone(there, warehouse):
    dead, run = begin(there, warehouse), begin(there, warehouse)
    process = holder(there, dead, "load care")
    process.kill()
    process.wait()
    with turn(warehouse, run.run_id, "load care"):
        assert status(warehouse, dead)[0] == "failed"


def test_reading_what_is_published_needs_no_turn(there, warehouse):
    first, second = begin(there, warehouse), begin(there, warehouse)
    with turn(warehouse, first.run_id, "publish"), turn(warehouse, second.run_id, "export"):
        pass


def test_a_night_started_during_another_leaves_before_it_starts_airflow(there, warehouse, tmp_path: Path):
    run = begin(there, warehouse)
    with turn(warehouse, run.run_id, "load"), pytest.raises(RunInProgress, match="wait until `customer360 status`"):
        run_nightly(replace(there, home=_home_with_the_same_passwords(there, tmp_path)), None, AS_OF_DATE, None)
    assert not (tmp_path / "home" / "airflow").exists()


def _home_with_the_same_passwords(there: Settings, folder: Path) -> Path:
    home = folder / "home"
    home.mkdir()
    (home / "role-passwords.json").write_text((there.home / "role-passwords.json").read_text())
    return home
