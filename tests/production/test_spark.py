"""The models on Spark, in two worker processes: their rows are PostgreSQL's."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from customer360 import pipeline
from customer360.distributed.comparison import compare
from customer360.distributed.delivery import write_tables
from customer360.distributed.engine import why_not
from customer360.distributed.plan import TAKEN_OVER, Table
from customer360.distributed.step import SparkReport, build_and_compare, work_folder
from customer360.warehouse import OWNER, Warehouse
from warehouses import copy_of, drop

pytestmark = [
    pytest.mark.timeout(1200),
    pytest.mark.skipif(why_not() is not None, reason=f"{why_not()}"),
]

COMPARED = [
    "care.agents", "care.channels", "care.customer_interactions", "care.customer_service_plans", "care.customers",
    "care.interaction_types", "care.service_plans",
    "dashboard.conversion_funnel", "dashboard.customer_interactions", "dashboard.overview_kpis",
]  # fmt: skip
CUSTOMERS = Table("candidate_care", "customers", ("customer_id",))


@pytest.fixture(scope="module")
def report(sample_night: pipeline.Run) -> SparkReport:
    """The sample delivery, built on Spark as `make spark` does."""
    return build_and_compare(sample_night.warehouse, sample_night.settings, master="local-cluster[2,1,1024]")


@pytest.fixture
def altered(sample_warehouse: Warehouse) -> Iterator[Warehouse]:
    """The sample, with a customer's name changed where PostgreSQL built it."""
    warehouse = copy_of(sample_warehouse)
    with warehouse.connect(OWNER) as connection:
        connection.execute(
            "update candidate_care.customers set customer_name = customer_name || 'x'"
            " where customer_id = (select max(customer_id) from candidate_care.customers)"
        )
    yield warehouse
    drop(warehouse)


def test_every_table_has_the_same_rows_on_spark_as_on_postgresql(report: SparkReport):
    assert [compared.published_name for compared in report.compared] == COMPARED
    assert {compared.published_name: compared.difference for compared in report.compared} == dict.fromkeys(COMPARED)
    assert all(compared.rows_postgresql == compared.rows_spark > 0 for compared in report.compared)


def test_spark_builds_everything_but_what_is_listed_as_taken_over(report: SparkReport, sample_night: pipeline.Run):
    work = work_folder(sample_night.settings)
    built = json.loads((work / "built.json").read_text())
    assert len(built) == report.models
    assert not set(built) & set(TAKEN_OVER)
    assert all(
        next((work / "tables" / f"{c.table.schema}.db" / c.table.name).glob("*.parquet")) for c in report.compared
    )
    delivered = {path.parent.name for path in (work / "delivery").glob("*/*.parquet")}
    assert delivered == {"raw", "ops", "intermediate"}


def test_a_row_that_postgresql_has_otherwise_is_found(
    report: SparkReport, sample_night: pipeline.Run, altered: Warehouse
):
    work = work_folder(sample_night.settings)
    write_tables(altered, [(work / "altered", [CUSTOMERS])])
    compared = compare(
        CUSTOMERS,
        work / "altered" / "candidate_care" / "customers.parquet",
        work / "tables" / "candidate_care.db" / "customers",
    )
    with altered.connect(OWNER) as connection:
        row = connection.execute("select max(customer_id) from candidate_care.customers").fetchone()
    assert row is not None
    assert compared.difference == f"column customer_name differs, for example where customer_id is {row[0]}"
