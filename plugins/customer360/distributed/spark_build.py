"""Builds dbt models on Spark from Parquet: the part that runs in the environment with PySpark.

``python spark_build.py ORDER`` reads a JSON file: ``master`` (a Spark master such as ``local[2]``), ``delivery`` (a
folder of ``<schema>/<table>.parquet``), ``work`` (a folder for tables and dbt's files), ``project``, ``models`` and
``variables``. The tables it makes are Parquet under ``work/tables/<schema>.db/<table>``.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyspark
from dbt.cli.main import dbtRunner
from pyspark.sql import SparkSession

THE_SAME_SQL = {
    # What PostgreSQL's SQL means by backslashes and instants.
    "spark.sql.parser.escapedStringLiterals": "true",
    "spark.sql.session.timeZone": "UTC",
    # Spark's own default for instants is a format that Parquet has given up.
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
}


def build(order: Mapping[str, Any]) -> None:
    """Build the models of ``order``. Exits with the names of those that failed."""
    work, delivery = Path(order["work"]), Path(order["delivery"])
    session = start_session(order["master"], work)
    try:
        for path in sorted(delivery.glob("*/*.parquet")):
            session.sql(f"create database if not exists {path.parent.name}")
            session.sql(f"create table {path.parent.name}.{path.stem} using parquet location '{path}'")
        arguments = [
            "--quiet", "--no-use-colors", "run", "--target", "spark", "--select", *order["models"],
            "--project-dir", order["project"], "--profiles-dir", order["project"],
            "--target-path", str(work / "target"), "--log-path", str(work / "logs"),
            "--vars", json.dumps(order["variables"]),
        ]  # fmt: skip
        outcome = dbtRunner().invoke(arguments)
        if outcome.result is None:
            sys.exit(f"dbt could not read its project: {outcome.exception}")
        results = {result.node.name: result for result in outcome.result.results}
        if failed := [name for name, result in results.items() if result.status not in ("success", "skipped")]:
            sys.exit("Spark did not build " + "; ".join(f"{n} ({_said(results[n].message)})" for n in failed[:3]))
        (work / "built.json").write_text(json.dumps({name: result.execution_time for name, result in results.items()}))
    finally:
        session.stop()


def start_session(master: str, work: Path) -> SparkSession:
    """A session that reads SQL as PostgreSQL does, and whose tables and scratch files are under ``work``."""
    # The processes of a local cluster are started from the installed package, and listen only to this machine.
    os.environ.update(SPARK_HOME=str(Path(pyspark.__file__).parent), SPARK_LOCAL_IP="127.0.0.1")
    builder = SparkSession.builder.master(master).appName("customer360")
    settings = THE_SAME_SQL | {
        "spark.sql.warehouse.dir": str(work / "tables"),
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "4",
        "spark.local.dir": str(work / "scratch"),
    }
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    return session


def _said(message: str | None) -> str:
    # The first lines only say that there was an error, and in which file.
    said = [line.strip() for line in (message or "").splitlines() if line.strip().startswith("[")]
    return said[0] if said else (message or "").strip()


if __name__ == "__main__":
    build(json.loads(Path(sys.argv[1]).read_text()))
