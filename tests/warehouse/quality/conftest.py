"""Warehouses with raw tables and candidates, and the gates over them."""

from __future__ import annotations

from pathlib import Path

import pytest
from customer360.contracts import read_contracts
from customer360.quality import GateResult, run_gate
from customer360.warehouse import Warehouse
from psycopg import sql
from warehouse.quality.tables import AS_OF_DATE, EXPECTATIONS, execute, only

HERE = Path(__file__).parent


@pytest.fixture
def raw(warehouse: Warehouse) -> Warehouse:
    """A warehouse whose raw tables are all there and empty."""
    with warehouse.connect("c360_loader") as connection:
        for contract in read_contracts():
            columns = sql.SQL(", ").join(
                sql.SQL("{} {}").format(sql.Identifier(field.name), sql.SQL(contract.postgres_type(field)))
                for field in contract.fields
            )
            connection.execute(
                sql.SQL(
                    "create table raw.{} (_load_id bigint default 1, _run_id bigint, _source_file text, "
                    "_record_number bigint generated always as identity, "
                    "_loaded_at timestamptz default '2026-07-01 02:00+00', _business_date date, "
                    "_extra jsonb, {})"
                ).format(sql.Identifier(contract.raw_table), columns)
            )
    return warehouse


@pytest.fixture
def after_load(raw: Warehouse, run_id: int, tmp_path: Path):
    def run() -> GateResult:
        return run_gate(
            raw, "after_load", run_id=run_id, as_of_date=AS_OF_DATE,
            results_dir=tmp_path / "results", expectations_dir=EXPECTATIONS,
        )  # fmt: skip

    return run


@pytest.fixture
def before_publish(raw: Warehouse, run_id: int, tmp_path: Path):
    def run(*suites: str) -> GateResult:
        return run_gate(
            raw, "before_publish", run_id=run_id, as_of_date=AS_OF_DATE,
            results_dir=tmp_path / "results",
            expectations_dir=only(tmp_path / "expectations", "before_publish", *suites),
        )  # fmt: skip

    return run


@pytest.fixture
def care(raw: Warehouse) -> Warehouse:
    """Good candidates of care."""
    execute(raw, "c360_transformer", (HERE / "care.sql").read_text())
    return raw


@pytest.fixture
def dashboard(raw: Warehouse) -> Warehouse:
    """Good candidates of the dashboard and what they are compared with."""
    execute(raw, "c360_transformer", (HERE / "dashboard.sql").read_text())
    return raw
