"""The ``customer360`` command as a person runs it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from customer360.settings import Settings
from customer360.warehouse import Warehouse
from warehouses import CARE_EXPORT


class Command:
    """Runs ``customer360`` in its own process, on one warehouse."""

    def __init__(self, settings: Settings, warehouse: Warehouse, landing: Path):
        self._environment = os.environ | {
            "CUSTOMER360_HOME": str(settings.home),
            "CUSTOMER360_WAREHOUSE_URL": warehouse.owner_url,
            "CUSTOMER360_LANDING": str(landing),
        }

    def __call__(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(Path(sys.executable).with_name("customer360")), *arguments],
            env=self._environment | variables,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def command(settings: Settings, warehouse: Warehouse, landing: Path) -> Command:
    return Command(settings, warehouse, landing)


def test_load_prints_a_json_line_per_file(command: Command, landing: Path):
    shutil.copytree(CARE_EXPORT, landing, dirs_exist_ok=True)
    (landing / "care" / "agents.csv").write_text("")
    first = command("load", "--json", "--as-of-date", "2025-08-31")
    assert first.returncode == 0, first.stderr
    files = {line["file"]: line for line in map(json.loads, first.stdout.splitlines())}
    interactions = files["care/customer_interactions.csv"]
    assert (interactions["status"], interactions["records"]) == ("loaded", 1000)
    assert interactions["loaded"] + interactions["quarantined"] <= 1000
    assert files["care/agents.csv"]["status"] == "refused"
    assert files["care/agents.csv"]["reason"]
    second = command("load", "--json", "--as-of-date", "2025-08-31")
    statuses = {line["file"]: line["status"] for line in map(json.loads, second.stdout.splitlines())}
    assert statuses.pop("care/agents.csv") == "refused"
    assert set(statuses.values()) == {"skipped"}


def test_a_missing_delivery_ends_in_one_sentence_and_exit_code_1(command: Command, tmp_path: Path):
    ended = command("load", "--landing", str(tmp_path / "nowhere"))
    assert ended.returncode == 1
    assert "nowhere" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_unusable_setting_ends_in_one_sentence(command: Command):
    ended = command("doctor", CUSTOMER360_BUSINESS_TIME_ZONE="Mars/Olympus")
    assert ended.returncode == 1
    assert "CUSTOMER360_BUSINESS_TIME_ZONE" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_url_of_a_role_lets_that_role_in(command: Command, warehouse: Warehouse):
    url = command("warehouse", "url", "--role", "bi_reader").stdout.strip()
    with psycopg.connect(url) as connection:
        assert connection.execute("select current_user::text").fetchone() == ("bi_reader",)
    unknown = command("warehouse", "url", "--role", "nobody")
    assert unknown.returncode == 1
    assert "bi_reader" in unknown.stderr


def test_status_says_that_nothing_is_published_yet(command: Command):
    assert "Nothing is published yet" in command("status").stdout


def test_doctor_names_an_empty_landing_folder(command: Command, landing: Path):
    examined = command("doctor")
    assert examined.returncode == 1
    assert "FAIL Landing" in examined.stdout
    assert "ok   Warehouse" in examined.stdout
    shutil.copytree(CARE_EXPORT, landing, dirs_exist_ok=True)
    assert command("doctor").returncode == 0


@pytest.mark.parametrize("more", [(), ("--dry-run",)])
def test_bedrock_without_a_model_ends_in_one_sentence(command: Command, more: tuple[str, ...]):
    ended = command("segment", "--classifier", "bedrock", *more, CUSTOMER360_BEDROCK_MODEL_ID="")
    assert ended.returncode == 1
    assert "set CUSTOMER360_BEDROCK_MODEL_ID" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("variable", "value"),
    [("CUSTOMER360_BEDROCK_BUDGET", "much"), ("CUSTOMER360_BEDROCK_TOKENS_PER_MINUTE", "0")],
)
def test_a_limit_that_is_no_number_is_refused(command: Command, variable: str, value: str):
    ended = command("segment", **{variable: value})
    assert ended.returncode == 1
    assert variable in ended.stderr
    assert "Traceback" not in ended.stderr


def test_generate_writes_the_same_delivery_for_the_same_seed(command: Command, tmp_path: Path):
    for folder in ("one", "two"):
        made = command(
            "generate",
            "--interactions",
            "50",
            "--days",
            "60",
            "--as-of-date",
            "2026-06-30",
            "--out",
            str(tmp_path / folder),
        )
        assert made.returncode == 0, made.stderr
    one, two = (
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.csv")}
        for folder in (tmp_path / "one", tmp_path / "two")
    )
    assert one == two
    assert len(one) >= 34


def test_help_lists_every_command(command: Command):
    listed = command("--help").stdout
    for name in (
        "nightly", "load", "build", "segment", "recommend", "publish", "export", "generate", "warehouse", "status",
        "doctor", "airflow",
    ):  # fmt: skip
        assert f"  {name} " in listed
