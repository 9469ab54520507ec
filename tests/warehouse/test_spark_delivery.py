"""What Spark is given: tables of the warehouse as Parquet, with their values as they are."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet
import pytest
from customer360.build.dbt import ROLE
from customer360.distributed.delivery import write_tables
from customer360.distributed.engine import SparkError
from customer360.distributed.plan import Table
from customer360.warehouse import Warehouse

RECORDS = Table("staging", "records")


def made(warehouse: Warehouse, statement: str) -> None:
    with warehouse.connect(ROLE) as connection:
        connection.execute(statement)


def test_records_are_written_with_their_types_and_without_documents(warehouse: Warehouse, tmp_path: Path):
    made(
        warehouse,
        "create table staging.records (id bigint, name text, score numeric, fee numeric(10, 2), at timestamptz,"
        " day date, redelivered_on date[], _extra jsonb, is_new boolean);"
        " insert into staging.records values (1, 'Zoë', 0.125, 9.90, '2026-03-29 02:30+01', '2026-03-29',"
        " '{2026-03-30, 2026-03-31}', '{}', true), (2, null, null, null, null, null, '{}', null, null)",
    )
    assert write_tables(warehouse, [(tmp_path, [RECORDS])]) == {"staging.records": 2}
    written = pyarrow.parquet.read_table(tmp_path / "staging" / "records.parquet")
    assert str(written.schema.field("fee").type) == "decimal128(10, 2)"
    assert written.sort_by("id").to_pylist() == [
        {
            "id": 1, "name": "Zoë", "score": Decimal("0.125"), "fee": Decimal("9.90"),
            "at": datetime(2026, 3, 29, 1, 30, tzinfo=UTC), "day": date(2026, 3, 29),
            "redelivered_on": [date(2026, 3, 30), date(2026, 3, 31)], "is_new": True,
        },
        {
            "id": 2, "name": None, "score": None, "fee": None, "at": None, "day": None,
            "redelivered_on": [], "is_new": None,
        },
    ]  # fmt: skip


def test_an_empty_table_keeps_its_columns(warehouse: Warehouse, tmp_path: Path):
    made(warehouse, "create table staging.records (id bigint, name varchar(20))")
    assert write_tables(warehouse, [(tmp_path, [RECORDS])]) == {"staging.records": 0}
    assert pyarrow.parquet.read_table(tmp_path / "staging" / "records.parquet").schema.names == ["id", "name"]


def test_a_type_that_only_postgresql_knows_is_refused_by_name(warehouse: Warehouse, tmp_path: Path):
    made(warehouse, "create table staging.records as select gen_random_uuid() as token, 1 as id")
    with pytest.raises(SparkError, match=r"Spark has no type for token \(uuid\) of staging.records"):
        write_tables(warehouse, [(tmp_path, [RECORDS])])
