"""Starts the build on Spark, which has an environment of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from customer360.settings import PROJECT

PYTHON = PROJECT / ".venv-spark" / "bin" / "python"


class SparkError(Exception):
    """Nothing was compared; the message says why and what to do."""


def why_not() -> str | None:
    """What is missing for Spark to run here; None when nothing is."""
    if not PYTHON.exists():
        return "Spark is not installed; run `make spark`, which installs it into .venv-spark"
    if shutil.which("java") is None:
        return "Spark needs Java 17 or 21, and there is no `java` here; install it (Debian: openjdk-17-jre-headless)"
    return None


def build_on_spark(order: Mapping[str, Any], work: Path) -> dict[str, float]:
    """Build the models of ``order`` (see spark_build.py) and return the seconds each took.

    Raises SparkError when Spark cannot run here or a model fails.
    """
    if reason := why_not():
        raise SparkError(f"{reason}.")
    written = work / "order.json"
    written.write_text(json.dumps(order))
    log = work / "spark.log"
    with log.open("wb") as errors:
        done = subprocess.run(
            # Isolated: nothing of this environment may be imported there.
            [str(PYTHON), "-I", str(Path(__file__).with_name("spark_build.py")), str(written)],
            stdout=subprocess.DEVNULL,  # dbt writes the same into its log
            stderr=errors,
            cwd=work,
        )
    if done.returncode:
        last = log.read_text(errors="replace").strip().splitlines()[-1:]
        raise SparkError(f"{''.join(last)} (all of it is in {log} and {work / 'logs' / 'dbt.log'}).")
    return json.loads((work / "built.json").read_text())
