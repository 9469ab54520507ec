"""Airflow is not served with keys that everybody knows."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from customer360.orchestration.keys import refuse_default_keys
from customer360.settings import PROJECT

GOOD = {
    ("core", "fernet_key"): "f" * 44,
    ("api", "secret_key"): "s" * 43,
    ("api_auth", "jwt_secret"): "j" * 64,
    ("core", "simple_auth_manager_all_admins"): "False",
    ("api", "expose_config"): "False",
}


def start(options: dict[tuple[str, str], str], command: str = "api-server") -> None:
    refuse_default_keys(["airflow", command], lambda section, key: options.get((section, key)))


def test_good_keys_are_served():
    start(GOOD)


@pytest.mark.parametrize("key", list(GOOD)[:3], ids=lambda key: key[1])
@pytest.mark.parametrize("value", ["", "short", "temporary_key_of_the_example", "airflow_jwt_secret_airflow"])
def test_a_default_key_refuses_the_start_and_is_named(key: tuple[str, str], value: str):
    with pytest.raises(SystemExit, match=key[1].upper()):
        start(GOOD | {key: value})


@pytest.mark.parametrize("key", list(GOOD)[3:], ids=lambda key: key[1])
def test_an_open_door_refuses_the_start(key: tuple[str, str]):
    with pytest.raises(SystemExit, match="must be False"):
        start(GOOD | {key: "True"})


def test_a_command_that_does_not_serve_needs_no_keys():
    start({}, "db")


def test_airflow_itself_refuses_to_serve_with_its_defaults(tmp_path: Path):
    environment = {
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "PYTHONPATH": str(PROJECT / "plugins"),
        "PATH": os.environ["PATH"],
    }
    served = subprocess.run(
        [sys.executable, "-m", "airflow", "scheduler"], env=environment, capture_output=True, text=True, check=False
    )
    assert served.returncode == 1
    assert "Airflow does not start: AIRFLOW__CORE__FERNET_KEY" in served.stderr
