"""House rules of the dbt project, read from its manifest."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from customer360.settings import PROJECT


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict]:
    """Every model of the project by its name; parsing needs no database."""
    target = tmp_path_factory.mktemp("dbt")
    project = str(PROJECT / "dbt_project")
    command = [
        str(Path(sys.executable).with_name("dbt")), "parse", "--quiet", "--project-dir", project,
        "--profiles-dir", project, "--target-path", str(target), "--log-path", str(target),
    ]  # fmt: skip
    subprocess.run(command, check=True, env=os.environ | {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false"})
    manifest = json.loads((target / "manifest.json").read_text())
    found = {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == "model"}
    assert len(found) > 60
    return found | {"": manifest}


def _layer(model: dict) -> str:
    return model["fqn"][1]


def test_every_model_states_its_grain_first(models: dict[str, dict]):
    assert [n for n, m in models.items() if n and not m["description"].startswith("One row per ")] == []


def test_every_column_is_described_and_none_is_left_open(models: dict[str, dict]):
    assert [
        (n, c)
        for n, m in models.items()
        if n
        for c, column in m["columns"].items()
        if not column["description"] or column["description"] == "DESCRIBE"
    ] == []
    assert [n for n, m in models.items() if n and not m["columns"]] == []


def test_published_columns_have_types(models: dict[str, dict]):
    published = [m for n, m in models.items() if n and _layer(m) in ("core", "marts")]
    assert [(m["name"], c) for m in published for c, column in m["columns"].items() if not column["data_type"]] == []
    assert [m["name"] for m in published if "published" not in m["config"]["meta"]] == []


def test_only_staging_reads_sources(models: dict[str, dict]):
    assert [n for n, m in models.items() if n and m["sources"] and _layer(m) != "staging"] == []


def test_marts_never_read_staging(models: dict[str, dict]):
    staging = {m["unique_id"] for n, m in models.items() if n and _layer(m) == "staging"}
    assert [
        n for n, m in models.items() if n and _layer(m) == "marts" and staging & set(m["depends_on"]["nodes"])
    ] == []


def test_every_test_says_fail_or_warn_and_why(models: dict[str, dict]):
    tests = [node for node in models[""]["nodes"].values() if node["resource_type"] == "test"]
    assert tests
    for test in tests:
        severity = "warn" if test["config"]["severity"].lower() == "warn" else "fail"
        assert test["description"].startswith(f"{severity}: "), test["name"]
