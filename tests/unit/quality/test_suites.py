"""The committed suites: what each expectation must say, and that none drifts."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from customer360.contracts import read_contracts
from customer360.quality.catalogue import Expectation, QualityError, read_suites
from customer360.quality.measures import read_measures
from customer360.quality.structure import derive_suites, published_tables
from customer360.quality.suites import derived_files, differing_files, main, parse_models
from customer360.settings import PROJECT

EXPECTATIONS = PROJECT / "expectations"
BOOKKEEPING = {
    "_load_id", "_run_id", "_source_file", "_record_number", "_loaded_at", "_business_date", "_extra",
}  # fmt: skip
SUITES = read_suites(EXPECTATIONS)
ALL = [(suite, expectation) for suite in SUITES for expectation in suite.expectations]
RAW = [(suite, expectation) for suite, expectation in ALL if suite.meta.gate == "after_load"]


def named(pairs: list) -> list[str]:
    return [f"{suite.name}-{e.meta.table}-{e.meta.name}" for suite, e in pairs]


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The manifest of the dbt project as it stands, parsed into a folder of the tests."""
    return parse_models(tmp_path_factory.mktemp("dbt"))


@pytest.mark.parametrize(("suite", "expectation"), ALL, ids=named(ALL))
def test_every_expectation_says_fail_or_warn_and_why_in_a_sentence(suite, expectation: Expectation):
    assert expectation.meta.severity in ("fail", "warn")
    why = expectation.meta.why
    assert why[0].isalnum() and why.endswith(".") and len(why.split()) >= 6, why


def test_no_two_checks_of_a_suite_share_table_and_name():
    named_checks = [(suite.name, e.meta.table, e.meta.name) for suite, e in ALL]
    assert len(named_checks) == len(set(named_checks))


@pytest.mark.parametrize(("suite", "expectation"), RAW, ids=named(RAW))
def test_every_check_of_a_raw_table_names_a_table_and_columns_of_its_contract(suite, expectation):
    contracts = {f"raw.{contract.raw_table}": contract for contract in read_contracts()}
    meta = expectation.meta
    assert meta.table in contracts
    columns = {field.name for field in contracts[meta.table].fields} | BOOKKEEPING
    assert set(meta.columns) <= columns
    assert expectation.kwargs.get("column") in columns | {None}
    assert {table for table in meta.reads if table.startswith("raw.")} <= set(contracts)


def test_no_check_of_a_raw_table_may_show_a_personal_column():
    personal = {
        f"raw.{contract.raw_table}": {*contract.customer360.pii, *contract.customer360.secret}
        for contract in read_contracts()
    }
    shown = {(e.meta.table, column) for _, e in RAW for column in e.meta.sample}
    assert not [(table, column) for table, column in shown if column in personal[table]]


def test_no_check_of_a_candidate_may_show_a_personal_column(manifest: Path):
    tables = {table.candidate: table for table in published_tables(json.loads(manifest.read_text()))}
    shown = {
        (e.meta.table, column) for suite, e in ALL if suite.meta.gate == "before_publish" for column in e.meta.sample
    }
    assert not [pair for pair in shown if pair[0] in tables and tables[pair[0]].is_personal(pair[1])]


def test_every_measure_names_a_published_table_and_its_columns(manifest: Path):
    tables = {table.candidate: table for table in published_tables(json.loads(manifest.read_text()))}
    measured = read_measures(EXPECTATIONS)
    assert len(measured) >= 5
    for entry in measured:
        assert entry.table in tables
        assert {*entry.sums, *filter(None, [entry.day])} <= set(tables[entry.table].columns), entry.table
        assert entry.why.endswith("."), entry.table


def test_the_committed_structural_suites_are_the_ones_the_models_declare(manifest: Path):
    different = differing_files(derived_files(manifest, EXPECTATIONS))
    assert not different, "run `python -m customer360.quality.suites --write`"


def test_every_hand_written_check_of_a_candidate_names_a_published_table_and_its_columns(manifest: Path):
    tables = {table.candidate: table for table in published_tables(json.loads(manifest.read_text()))}
    by_hand = [e for suite, e in ALL if suite.meta.gate == "before_publish" and not suite.meta.derived]
    assert {e.meta.table for e in by_hand} <= set(tables)
    assert not [
        (e.meta.table, column)
        for e in by_hand
        for column in e.meta.columns
        if column not in tables[e.meta.table].columns
    ]


def test_every_published_table_has_a_check(manifest: Path):
    checked = {e.meta.table for suite, e in ALL if suite.meta.derived}
    assert checked == {table.candidate for table in published_tables(json.loads(manifest.read_text()))}


def test_a_suite_changed_by_hand_is_noticed_and_written_back(manifest: Path, tmp_path: Path, capsys):
    suites = tmp_path / "suites"
    shutil.copytree(EXPECTATIONS / "suites", suites)
    command = ["--manifest", str(manifest), "--expectations", str(tmp_path)]
    changed = suites / "structure_care.json"
    original = changed.read_text()
    changed.write_text(original.replace('"fail"', '"warn"', 1))
    (suites / "structure_gone.json").write_text(original)

    assert main(command) == 1
    assert "structure_care.json" in capsys.readouterr().out
    assert main([*command, "--write"]) == 0
    assert changed.read_text() == original
    assert not (suites / "structure_gone.json").exists()
    assert main(command) == 0


def test_with_a_manifest_that_is_not_there_the_command_says_what_to_do(tmp_path: Path, capsys):
    assert main(["--manifest", str(tmp_path / "none.json")]) == 2
    assert "leave --manifest out" in capsys.readouterr().err


def test_great_expectations_itself_reads_every_suite_of_the_folder(tmp_path: Path):
    folder = tmp_path / "expectations"
    shutil.copytree(EXPECTATIONS, folder)
    script = (
        "import great_expectations as gx, sys\n"
        "context = gx.get_context(context_root_dir=sys.argv[1])\n"
        "print(*sorted(suite.name for suite in context.suites.all()))"
    )
    result = subprocess.run(
        [sys.executable, "-c", script, str(folder)],
        capture_output=True,
        text=True,
        env=os.environ | {"GX_ANALYTICS_ENABLED": "false"},
        check=True,
    )
    assert result.stdout.split() == sorted(suite.name for suite in SUITES)


def test_the_folder_holds_no_connection_and_no_address():
    for path in EXPECTATIONS.rglob("*"):
        if path.is_file():
            assert not re.search(r"://|password=|connection_string", path.read_text()), path


@pytest.mark.parametrize(
    "broken",
    [
        {"meta": {"name": "a", "table": "raw.care__agents", "severity": "fail"}},
        {"meta": {"name": "a", "table": "raw.care__agents", "why": "Because it is so."}},
        {"meta": {"name": "a", "table": "raw.care__agents", "severity": "error", "why": "Because."}},
    ],
    ids=["no why", "no severity", "unknown severity"],
)
def test_a_suite_whose_expectation_lacks_severity_or_why_is_refused(tmp_path: Path, broken: dict):
    suite = {
        "name": "mine",
        "meta": {"gate": "after_load"},
        "notes": "",
        "expectations": [{"type": "expect_table_row_count_to_be_between", "kwargs": {}, **broken}],
    }
    (tmp_path / "suites").mkdir()
    (tmp_path / "suites" / "mine.json").write_text(json.dumps(suite))
    with pytest.raises(QualityError, match=r"mine\.json is not a suite"):
        read_suites(tmp_path, "after_load")


def test_a_folder_without_a_suite_for_the_gate_is_refused(tmp_path: Path):
    with pytest.raises(QualityError, match="no suite for gate after_load"):
        read_suites(tmp_path, "after_load")


def model(columns: dict, **published) -> dict:
    return {
        "nodes": {
            "model.customer360.care__notes": {
                "resource_type": "model",
                "schema": "candidate_care",
                "alias": "notes",
                "config": {"meta": {"published": published}},
                "columns": {name: {"config": {"meta": meta}} for name, meta in columns.items()},
            }
        }
    }


def expectations_of(manifest: dict) -> dict[str, dict]:
    (suite,) = derive_suites(manifest)
    return {expectation["meta"]["name"]: expectation for expectation in suite["expectations"]}


def test_a_volatile_column_may_be_null_in_the_candidate():
    columns = {
        "id": {},
        "title": {"not_null": True},
        "created_at": {"not_null": True, "volatile": True},
    }
    derived = expectations_of(model(columns, primary_key=["id"]))
    assert derived["not_null"]["meta"]["columns"] == ["title"]


def test_a_unique_personal_column_is_checked_without_being_shown():
    derived = expectations_of(model({"id": {}, "email": {"pii": "email"}}, primary_key=["id"], unique=[["email"]]))
    assert derived["unique_email"]["meta"]["sample"] == ["id", "copies"]


def test_a_table_without_a_key_must_still_be_there():
    assert set(expectations_of(model({"message": {}}))) == {"is_there"}


def test_two_checks_of_one_column_keep_names_of_their_own():
    derived = expectations_of(model({"id": {}}, primary_key=["id"], checks=["id > 0", "id < 9"]))
    assert {"check_id", "check_id_again"} <= set(derived)


def test_the_command_runs_as_a_module_and_parses_the_models_itself():
    result = subprocess.run(
        [sys.executable, "-m", "customer360.quality.suites"], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout + result.stderr == ""
