"""Takes what the last night loaded to Spark, builds there, and compares."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from customer360.build import manifest_path
from customer360.distributed.comparison import Compared, compare
from customer360.distributed.delivery import write_tables
from customer360.distributed.engine import SparkError, build_on_spark
from customer360.distributed.plan import make_plan
from customer360.settings import PROJECT, Settings
from customer360.warehouse import Warehouse


@dataclass(frozen=True)
class SparkReport:
    """What Spark was given, built, and how it compares; ``seconds_built`` is with Spark's and dbt's start."""

    tables_read: int
    rows_read: int
    models: int
    seconds_written: float
    seconds_built: float
    compared: list[Compared]


def work_folder(settings: Settings) -> Path:
    """Where the Parquet is: among the exports, for it holds persons, who may be erased, and must not stay for ever."""
    return settings.home / "exports" / "spark"


def build_and_compare(warehouse: Warehouse, settings: Settings, *, master: str) -> SparkReport:
    """Build the compared tables on Spark, from the same records and for the same day as PostgreSQL did.

    Raises SparkError when no night has been published, Spark cannot run here, or a model fails there.
    """
    with warehouse.connect() as connection:
        published = connection.execute("select as_of_date from ops.published_batch").fetchone()
    manifest = manifest_path(settings)
    if published is None or not manifest.exists():
        raise SparkError("Nothing is published yet, so there is nothing to compare; run `make nightly` first.")
    plan = make_plan(json.loads(manifest.read_text()))
    work = work_folder(settings)
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(mode=0o700, parents=True)
    begun = time.monotonic()
    rows = write_tables(warehouse, [(work / "delivery", plan.read), (work / "postgresql", plan.compared)])
    written = time.monotonic()
    made = build_on_spark(
        {
            "master": master,
            "delivery": str(work / "delivery"),
            "work": str(work),
            "project": str(PROJECT / "dbt_project"),
            "models": plan.models,
            "variables": {"as_of_date": str(published[0]), "business_time_zone": settings.business_time_zone},
        },
        work,
    )
    built = time.monotonic()
    return SparkReport(
        tables_read=len(plan.read),
        rows_read=sum(rows[str(table)] for table in plan.read),
        models=len(made),
        seconds_written=written - begun,
        seconds_built=built - written,
        compared=[
            compare(
                table,
                work / "postgresql" / table.schema / f"{table.name}.parquet",
                work / "tables" / f"{table.schema}.db" / table.name,
            )
            for table in plan.compared
        ],
    )
