"""Deliveries written by the tests, loaded into a warehouse of the test's own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from customer360.contracts import read_contracts
from customer360.load import LoadReport, load_landing
from customer360.warehouse import OWNER, Warehouse
from psycopg.rows import dict_row

BUSINESS_DATE = date(2026, 6, 30)

Deliver = Callable[[str, str | bytes], Path]
Load = Callable[[], LoadReport]
Query = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def deliver(landing: Path) -> Deliver:
    """Writes a file into the landing."""

    def write(name: str, content: str | bytes) -> Path:
        path = landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.fixture
def load(warehouse: Warehouse, landing: Path, run_id: int) -> Load:
    """Loads the landing with the contracts of the five systems and the landing's own."""

    def run() -> LoadReport:
        contracts = read_contracts(landing / "contracts")
        return load_landing(
            warehouse,
            str(landing),
            contracts,
            run_id=run_id,
            business_date=BUSINESS_DATE,
            progress=False,
            quiet_seconds=0,
        )

    return run


@pytest.fixture
def query(warehouse: Warehouse) -> Query:
    """Asks the warehouse as its owner."""

    def ask(statement: str, *parameters: object) -> list[dict[str, Any]]:
        with warehouse.connect(OWNER) as connection:
            return connection.cursor(row_factory=dict_row).execute(statement, parameters or None).fetchall()

    return ask
