"""The tutorial's commands, run one after the other as they stand on the page."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from customer360.settings import PROJECT
from warehouses import reachable_folder

BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def checkout() -> Iterator[Path]:
    """A folder that looks like the checkout and takes what the tutorial writes; its state is its own."""
    # The tutorial's first command would bring it up to date, and take away what tests need.
    ready = subprocess.run(["make", "--question", ".venv/.ready"], cwd=PROJECT, check=False).returncode == 0
    assert ready, "The environment is older than its lock; run `make dev` first."
    with reachable_folder() as folder:
        for entry in PROJECT.iterdir():
            if entry.name != ".customer360":
                (folder / entry.name).symlink_to(entry)
        yield folder
        subprocess.run(["make", "stop"], cwd=folder, env=_environment(folder), check=True)


def _environment(folder: Path) -> dict[str, str]:
    return os.environ | {"CUSTOMER360_HOME": str(folder / ".customer360")}


def test_the_tutorial_works_as_written(checkout: Path):
    blocks = BLOCK.findall((PROJECT / "docs" / "tutorial.md").read_text())
    assert blocks[0] == "make nightly\n"
    assert blocks[-1] == "make airflow\n"  # serves until interrupted: the browser tests open it

    said = []
    for block in blocks[:-1]:
        run = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block],
            cwd=checkout, env=_environment(checkout), capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert run.returncode == 0, f"{block}\n{run.stdout}\n{run.stderr}"
        said.append(run.stdout + run.stderr)

    nightly, status, kpis, masked, loaded, quarantine, again, export = said
    assert "published" in nightly
    assert "2026-06-30" in status
    assert "(5 rows)" in kpis
    assert "@" in masked
    assert "1 quarantined" in loaded
    assert "agents_2026-06-30.csv" in quarantine
    assert "published" in again
    assert "files with" in export
    assert len(list((checkout / "tutorial" / "marts").rglob("*.csv"))) > 50
