"""Every failure ends with the sentence, the runbook and the command to resume."""

from __future__ import annotations

import errno
import re
import sys
from dataclasses import replace

import psycopg
import pytest
from click.testing import CliRunner
from customer360 import pipeline
from customer360.build import BuildError
from customer360.cli import main
from customer360.failures import (
    DISK_FULL,
    GENERAL,
    NO_WAREHOUSE,
    RUNBOOKS,
    is_disk_full,
    resume_command,
    runbook_of,
    sentence_of,
)
from customer360.pipeline.runs import recorded_step
from customer360.publish import PublishError
from customer360.settings import PROJECT, Settings
from customer360.warehouse import Warehouse
from warehouses import start_night


def test_every_runbook_that_an_error_names_is_there_and_says_whether_it_is_current():
    sources = [path.read_text() for path in (PROJECT / "plugins" / "customer360").rglob("*.py")]
    named = {name for source in sources for name in re.findall(r'^    runbook = "(.*)"$', source, re.MULTILINE)}
    assert len(named) >= 8
    for name in named | {GENERAL, DISK_FULL, NO_WAREHOUSE}:
        assert "*Current.*" in (RUNBOOKS / f"{name}.md").read_text(), name


def test_a_full_disk_is_known_however_deep_it_is_said():
    for error in (
        psycopg.errors.DiskFull("x"),
        OSError(errno.ENOSPC, "x"),
        BuildError("No space left on device"),
    ):
        assert is_disk_full(error) and runbook_of(error) == "the-disk-is-full"
    try:
        try:
            raise OSError(errno.ENOSPC, "x")
        except OSError as cause:
            raise RuntimeError("exporting") from cause
    except RuntimeError as error:
        assert sentence_of(error).startswith("The disk is full")
    assert not is_disk_full(OSError(errno.EACCES, "x"))


def test_the_sentence_about_another_librarys_error_quotes_nothing(warehouse: Warehouse):
    with warehouse.connect() as connection:
        connection.execute("create table of_mine (email text unique)")
        connection.execute("insert into of_mine values ('sofia@example.org')")
        for statement in (
            "insert into of_mine values ('sofia@example.org')",
            "select cast('sofia@example.org' as int)",
        ):
            with pytest.raises(psycopg.Error) as refused, connection.transaction():
                connection.execute(statement)
            assert "sofia" not in sentence_of(refused.value)
            assert sentence_of(refused.value).startswith("The warehouse refused: ")
    assert "sofia" not in sentence_of(KeyError("sofia@example.org"))


@pytest.fixture
def run(settings: Settings, warehouse: Warehouse, landing) -> pipeline.Run:
    return start_night(settings, warehouse, landing)


def test_a_failed_step_says_and_keeps_its_runbook_and_the_command_to_resume(run: pipeline.Run):
    with pytest.raises(PublishError) as failed:
        pipeline.publish(replace(run, settings=replace(run.settings, home=run.folder)))
    assert failed.value.__notes__ == [
        "Runbook: docs/runbooks/a-publish-was-wrong.md",
        f"Resume:  customer360 resume {run.run_id}",
    ]
    with run.warehouse.connect("bi_reader") as connection:
        assert connection.execute("select step, status, runbook from health.steps").fetchall() == [
            ("publish", "failed", "a-publish-was-wrong")
        ]
    with run.warehouse.connect() as connection:
        status, message = connection.execute("select status, message from ops.runs").fetchone()
    assert status == "failed" and message.startswith("publish: There is no manifest.json to publish from")


@pytest.mark.parametrize("command", ["publish", "resume"])
def test_a_failed_command_ends_with_sentence_runbook_and_command(
    run: pipeline.Run, monkeypatch, tmp_path, command: str
):
    monkeypatch.setenv("CUSTOMER360_HOME", str(run.settings.home))
    monkeypatch.setenv("CUSTOMER360_WAREHOUSE_URL", run.warehouse.owner_url)
    with run.warehouse.connect() as connection:
        connection.execute(
            "insert into ops.run_steps (run_id, step, status) select %s, step, 'done'"
            " from unnest(array['load', 'build_core', 'enrich', 'build_marts', 'audit']) as step",
            [run.run_id],
        )
        connection.execute("update ops.runs set status = 'failed'")
    arguments = [command, str(run.run_id)] if command == "resume" else [command]
    monkeypatch.setattr(sys, "argv", ["/somewhere/bin/customer360", *arguments])
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 1
    sentence, runbook, resume = result.output.strip().splitlines()[-3:]
    assert sentence.startswith("Error: ")
    assert (PROJECT / runbook.removeprefix("Runbook: ")).exists()
    assert resume == f"Resume:  customer360 {' '.join(arguments)}"


def test_a_part_run_by_airflow_is_resumed_there(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/somewhere/airflow", "dags", "test"])
    assert resume_command("nightly", 12) == "customer360 resume 12"
    assert resume_command("load_landing", 12) == "clear the failed task in the Airflow UI"


def test_a_warehouse_that_went_away_hides_no_failure(run: pipeline.Run):
    gone = replace(run.warehouse, owner_url="postgresql://nobody:x@127.0.0.1:1/gone", passwords={})
    with pytest.raises(RuntimeError, match="the first reason") as failed, recorded_step(run, "export"):
        object.__setattr__(run, "warehouse", gone)
        raise RuntimeError("the first reason")
    assert failed.value.__notes__[0] == "Runbook: docs/runbooks/the-night-failed.md"
