"""A delivery in which one person stands out, loaded into a warehouse of the test's own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import canary
import pytest
from customer360 import erasing, load
from customer360.settings import PROJECT, Settings
from customer360.warehouse import OWNER, Warehouse
from warehouses import AS_OF_DATE, copy_of, drop

CATALOGUES = (
    "care/agents", "care/channels", "care/interaction_types", "care/service_plans", "decisions/teams",
    "decisions/team_members",
)  # fmt: skip

LoadNight = Callable[[], load.LoadReport]


@pytest.fixture(scope="session")
def delivered(empty_warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> tuple[Warehouse, Path]:
    """A warehouse with the person's delivery loaded, and the delivery; neither to be written to."""
    warehouse, landing = copy_of(empty_warehouse), tmp_path_factory.mktemp("delivered")
    for table in CATALOGUES:
        (landing / table).parent.mkdir(exist_ok=True)
        shutil.copy(PROJECT / "seeds" / f"{table}.csv", landing / f"{table}.csv")
    canary.deliver(landing)
    with warehouse.connect(OWNER) as connection:
        connection.execute("insert into ops.runs (kind, as_of_date) values ('test', %s)", [AS_OF_DATE])
    report = load_into(warehouse, landing)
    assert [file.file for file in report.refused] == ["care/customers_cut_2026-06-29.csv"]
    assert report.quarantined == 2
    return warehouse, landing


@pytest.fixture
def warehouse(delivered: tuple[Warehouse, Path]) -> Iterator[Warehouse]:
    """A warehouse of the test's own with the delivery loaded."""
    copy = copy_of(delivered[0])
    yield copy
    drop(copy)


@pytest.fixture
def landing(delivered: tuple[Warehouse, Path], tmp_path: Path) -> Path:
    """A landing of the test's own that holds the delivery."""
    return Path(shutil.copytree(delivered[1], tmp_path / "landing"))


@pytest.fixture
def run_id() -> int:
    """The run that loaded the delivery."""
    return 1


@pytest.fixture
def here(settings: Settings, warehouse: Warehouse, landing: Path, tmp_path: Path) -> Settings:
    """Settings whose home is the test's own."""
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(settings.home / "role-passwords.json", home)
    return replace(settings, home=home, warehouse_url=warehouse.owner_url, landing=str(landing))


@pytest.fixture
def load_night(here: Settings, warehouse: Warehouse, landing: Path) -> LoadNight:
    """Loads the landing as a night does, and erases whom the ledger knows."""

    def night() -> load.LoadReport:
        report = load_into(warehouse, landing)
        erasing.erase_again(warehouse, here, here.landing, arrived=report.arrived, again=report.again)
        return report

    return night


def load_into(warehouse: Warehouse, landing: Path) -> load.LoadReport:
    contracts = erasing.contracts_of(str(landing))
    return load.load_landing(
        warehouse, str(landing), contracts, run_id=1, business_date=date(2026, 6, 30), progress=False
    )
