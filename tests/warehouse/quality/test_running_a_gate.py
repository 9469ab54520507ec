"""What running a gate leaves behind, and what it never does."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from customer360.quality import run_gate
from warehouse.quality.tables import AS_OF_DATE, check, execute, insert, only

TODAY = "2026-06-30 10:00+00"


def test_the_checks_are_recorded_once_however_often_the_gate_is_run(care, run_id, before_publish, tmp_path):
    first = before_publish("structure_care")
    execute(care, "c360_transformer", "update candidate_care.customers set status = 'Gone' where customer_id = 1")
    before_publish("structure_care")
    with care.connect() as connection:
        rows = connection.execute(
            "select gate, suite, check_name, severity, passed, reason, observed from ops.checks where run_id = %s",
            [run_id],
        ).fetchall()
    assert len(rows) == len(first.checks)
    (failed,) = [row for row in rows if not row[4]]
    assert failed[:4] == ("before_publish", "structure_care", "candidate_care.customers check_status", "fail")
    assert failed[5].startswith("care.customers has the constraint") and failed[6] == "1 row: customer_id 1"
    stored = json.loads((tmp_path / "results" / "quality.json").read_text())
    assert [gate["passed"] for gate in stored["gates"]] == [False]


def test_a_gate_runs_from_a_folder_that_may_only_be_read_and_writes_no_password(raw, run_id, tmp_path, monkeypatch):
    folder = only(tmp_path / "readonly", "after_load", "raw_care")
    before = sorted(path.relative_to(folder) for path in folder.rglob("*"))
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(tmp_path)
    run_gate(
        raw,
        "after_load",
        run_id=run_id,
        as_of_date=AS_OF_DATE,
        results_dir=tmp_path / "results",
        expectations_dir=folder,
    )
    assert sorted(path.relative_to(folder) for path in folder.rglob("*")) == before
    assert not list(home.rglob("*"))
    assert sorted(path.name for path in (tmp_path / "results").iterdir()) == ["quality.html", "quality.json"]
    for path in tmp_path.rglob("*"):
        if path.is_file():
            text = path.read_text()
            assert not any(password in text for password in raw.passwords.values()), path
            assert "postgresql" not in text, path


def test_a_gate_leaves_no_connection_open(raw, run_id, after_load):
    after_load()
    with raw.connect() as connection:
        left = connection.execute(
            "select count(*) from pg_stat_activity"
            " where datname = current_database() and application_name = 'customer360 gate'"
        ).fetchone()
    assert left == (0,)


def test_a_suite_cannot_change_the_warehouse(raw, run_id, tmp_path):
    folder = only(tmp_path / "mine", "after_load", "raw_care")
    path = folder / "suites" / "raw_care.json"
    suite = json.loads(path.read_text())
    (fresh,) = [e for e in suite["expectations"] if e["meta"]["name"] == "is_fresh"]
    fresh["kwargs"]["unexpected_rows_query"] = "select nextval('ops.runs_run_id_seq') from {batch}"
    insert(raw, "c360_loader", "raw.care__customer_interactions", {"interaction_id": 1, "start_timestamp": TODAY})
    path.write_text(json.dumps(suite))
    result = run_gate(
        raw,
        "after_load",
        run_id=run_id,
        as_of_date=AS_OF_DATE,
        results_dir=tmp_path / "results",
        expectations_dir=folder,
    )
    assert "could not be run" in check(result, "raw.care__customer_interactions", "is_fresh").reason


def test_analytics_are_off_before_great_expectations_is_imported():
    script = (
        "import os, sys\n"
        "import customer360.quality\n"
        "assert 'great_expectations' not in sys.modules\n"
        "from customer360.quality.gates import _great_expectations\n"
        "gx = _great_expectations()\n"
        "assert os.environ['GX_ANALYTICS_ENABLED'] == 'false'\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != "GX_ANALYTICS_ENABLED"}
    subprocess.run([sys.executable, "-c", script], check=True, env=environment)
