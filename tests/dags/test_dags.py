"""The DAG files as Airflow reads them."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
DAG_FOLDER = PROJECT / "dags"
DAG_FILES = sorted(DAG_FOLDER.glob("*.py"))
assert DAG_FILES

READING_TASKS = {"export", "report", "show_drafts", "approve"}
WAITING_TASKS = {"begin_load", "enter_run", "run_day"}


@pytest.fixture(scope="session")
def dags(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict]:
    """Every DAG by its id, read in a process of its own without a database."""
    home = tmp_path_factory.mktemp("airflow")
    program = (
        "import json, sys\n"
        "from airflow.dag_processing.dagbag import DagBag\n"
        "listed = lambda one_or_more: one_or_more if isinstance(one_or_more, list) else [one_or_more]\n"
        f"bag = DagBag({str(DAG_FOLDER)!r})\n"
        "assert not bag.import_errors, bag.import_errors\n"
        "json.dump({d.dag_id: dict(file=d.fileloc, doc=d.doc_md, tags=sorted(d.tags), owner=d.owner,\n"
        " tasks=[t.task_id for t in d.topological_sort()], runs=d.max_active_runs,\n"
        " catchup=d.catchup, schedule=str(d.timetable), zone=str(getattr(d.timetable, 'timezone', None)),\n"
        " due=[(a.reference.reference_name, a.interval.total_seconds(), a.callback.path)\n"
        "      for a in listed(d.deadline) if a],\n"
        " instances={t.task_id: dict(name=t.task_display_name, pool=t.pool, slots=t.pool_slots, retries=t.retries,\n"
        "   waits=t.retry_policy.waits_for_turn, told=[f.__qualname__ for f in listed(t.on_failure_callback)],\n"
        "   outlets=[o.name for o in t.outlets]) for t in d.tasks},\n"
        " params={k: d.params.get_param(k).schema | {'description': d.params.get_param(k).description,\n"
        "                                               'default': str(d.params.get_param(k).value)}\n"
        "         for k in d.params}) for d in bag.dags.values()}, sys.stdout)\n"
    )
    environment = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        "CUSTOMER360_HOME": str(home / "customer360"),
        "CUSTOMER360_BUSINESS_TIME_ZONE": "Asia/Kolkata",
        "CUSTOMER360_NIGHT_DUE_HOURS": "2",
        "PYTHONPATH": str(PROJECT / "plugins"),
        "PATH": "/usr/bin:/bin",
    }
    read = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert read.returncode == 0, read.stderr
    import json

    found = json.loads(read.stdout[read.stdout.index("{") :])
    assert found
    return found


@pytest.mark.parametrize("path", DAG_FILES, ids=lambda path: path.stem)
def test_a_dag_is_named_as_its_file_and_documented(path: Path, dags: dict[str, dict]):
    dag = dags[path.stem]
    assert Path(dag["file"]) == path
    assert dag["doc"] == ast.get_docstring(ast.parse(path.read_text()), clean=False)
    assert "*Idempotent*" in dag["doc"]
    assert "customer360" in dag["tags"]
    assert dag["owner"] == "data-engineering"


@pytest.mark.parametrize("path", DAG_FILES, ids=lambda path: path.stem)
def test_two_runs_of_a_dag_never_overlap_and_none_is_caught_up(path: Path, dags: dict[str, dict]):
    assert (dags[path.stem]["runs"], dags[path.stem]["catchup"]) == (1, False)


@pytest.mark.parametrize("path", DAG_FILES, ids=lambda path: path.stem)
def test_every_parameter_says_what_it_is(path: Path, dags: dict[str, dict]):
    for name, schema in dags[path.stem]["params"].items():
        assert schema["description"], name
        assert schema["title"], name
        assert schema.get("type") or schema.get("enum"), name


@pytest.mark.parametrize("path", DAG_FILES, ids=lambda path: path.stem)
def test_every_parameter_of_a_dag_is_in_its_documentation(path: Path, dags: dict[str, dict]):
    for name in dags[path.stem]["params"]:
        assert f"`{name}`" in dags[path.stem]["doc"], name


@pytest.mark.parametrize("path", DAG_FILES, ids=lambda path: path.stem)
def test_a_dry_run_is_what_happens_unless_it_is_switched_off(path: Path, dags: dict[str, dict]):
    if dry_run := dags[path.stem]["params"].get("dry_run"):
        assert dry_run["default"] == "True"
        assert next(iter(dags[path.stem]["params"])) in ("dry_run", "from_date"), "It stands first in the form."


@pytest.mark.parametrize("path", DAG_FILES, ids=lambda path: path.stem)
def test_somebody_is_told_of_every_failure(path: Path, dags: dict[str, dict]):
    for name, instance in dags[path.stem]["instances"].items():
        assert instance["told"] == ["task_failed"], name


@pytest.mark.parametrize("path", DAG_FILES, ids=lambda path: path.stem)
def test_tasks_that_write_never_run_side_by_side(path: Path, dags: dict[str, dict]):
    for name, instance in dags[path.stem]["instances"].items():
        if name not in READING_TASKS:
            assert instance["pool"] == "customer360", name


@pytest.mark.parametrize("path", DAG_FILES, ids=lambda path: path.stem)
def test_only_what_begins_a_run_waits_for_its_turn(path: Path, dags: dict[str, dict]):
    for name, instance in dags[path.stem]["instances"].items():
        assert instance["retries"] == (60 if instance["waits"] else 3), name
        assert not instance["waits"] or name in WAITING_TASKS, name


def test_the_nights_wait_for_their_turn(dags: dict[str, dict]):
    assert dags["nightly"]["instances"]["begin_load"]["waits"]
    assert dags["backfill_days"]["instances"]["run_day"]["waits"]


@pytest.mark.parametrize("path", DAG_FILES, ids=lambda path: path.stem)
def test_a_dag_file_only_wires(path: Path):
    assert len(path.read_text().splitlines()) <= 80


def test_the_night_goes_its_steps_in_order(dags: dict[str, dict]):
    assert dags["nightly"]["tasks"] == [
        "begin_load", "load", "end_load", "build_core", "segment", "enrich",
        "build_marts", "audit", "publish", "export", "report",
    ]  # fmt: skip


def test_the_night_is_at_two_where_the_days_are_counted_and_is_missed_when_it_is_late(dags: dict[str, dict]):
    night = dags["nightly"]
    assert ("0 2 * * *" in night["schedule"], night["zone"]) == (True, "Asia/Kolkata")
    assert night["due"] == [["DagRunLogicalDateDeadline", 7200.0, "customer360.orchestration.alerts.night_is_late"]]


def test_the_night_produces_an_asset_for_every_layer(dags: dict[str, dict]):
    outlets = {name: instance["outlets"] for name, instance in dags["nightly"]["instances"].items()}
    assert {name: assets for name, assets in outlets.items() if assets} == {
        "end_load": ["raw"], "build_core": ["core"], "enrich": ["enrichment"], "publish": ["marts"],
    }  # fmt: skip


def test_parts_of_a_step_leave_slots_to_their_like_and_whole_steps_do_not(dags: dict[str, dict]):
    slots = {name: instance["slots"] for name, instance in dags["nightly"]["instances"].items()}
    parts = {"load", "segment"}
    assert {name for name, count in slots.items() if count == 1} - READING_TASKS == parts
    assert {count for name, count in slots.items() if name not in parts | READING_TASKS} == {8}


@pytest.mark.parametrize("name", ["load_landing", "build_models", "enrich_customers", "evaluate_segments"])
def test_a_part_of_the_night_closes_its_run(name: str, dags: dict[str, dict]):
    assert dags[name]["tasks"][-1] == "finish"


def test_a_run_that_waits_for_a_person_has_been_closed_before(dags: dict[str, dict]):
    tasks = dags["draft_notifications"]["tasks"]
    assert tasks[-4:] == ["finish", "show_drafts", "approve", "record_answer"]
    assert dags["draft_notifications"]["params"]["approval"]["type"] == "boolean"


def test_parsing_a_dag_imports_nothing_of_the_pipeline():
    # (boto3 is imported by Airflow's own asset handlers.)
    program = (
        "import sys\n"
        f"sys.path.insert(0, {str(DAG_FOLDER)!r})\n"
        "import nightly\n"
        "ours = ('customer360.pipeline', 'dbt', 'great_expectations', 'pandas', 'psycopg')\n"
        "print([name for name in ours if name in sys.modules])\n"
    )
    parsed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert parsed.stdout.strip().splitlines()[-1] == "[]"


def test_bedrock_is_asked_with_the_credentials_of_the_connection_aws_default(tmp_path: Path):
    program = (
        "from customer360.orchestration import steps\n"
        "session = steps.aws_session('bedrock')\n"
        "print(session.get_credentials().access_key, session.region_name, steps.aws_session('rules'))\n"
    )
    environment = {
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW_CONN_AWS_DEFAULT": '{"conn_type": "aws", "login": "AKIDTEST", "password": "secret",'
        ' "extra": {"region_name": "eu-west-1"}}',
        "PYTHONPATH": str(PROJECT / "plugins"),
        "PATH": "/usr/bin:/bin",
    }
    read = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert read.returncode == 0, read.stderr
    assert "AKIDTEST eu-west-1 None" in read.stdout
    assert "secret" not in read.stdout + read.stderr
