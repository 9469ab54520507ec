"""A PostgreSQL server for the tests alone, and empty warehouses in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from customer360 import pipeline
from customer360.settings import PROJECT, Settings, read_settings
from customer360.warehouse import OWNER, LocalServer, Warehouse, open_warehouse
from warehouses import AS_OF_DATE, CARE_EXPORT, copy_of, drop, reachable_folder, run_night


@pytest.fixture(scope="session")
def settings() -> Iterator[Settings]:
    """Settings whose home, and so server, is this test session's own."""
    with reachable_folder() as folder:
        yield read_settings({"CUSTOMER360_HOME": str(folder / "home")})
        LocalServer(folder / "home").stop("immediate")


@pytest.fixture(scope="session")
def empty_warehouse(settings: Settings) -> Warehouse:
    """A warehouse that is set up and holds nothing; a template, not to be written to."""
    warehouse = open_warehouse(settings)
    with warehouse.connect(OWNER, autocommit=True) as connection:
        # Nothing here outlives the session, and most of a copied database's time is waiting for the disk.
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"alter system set {setting} = off")
        connection.execute("select pg_reload_conf()")
    return warehouse


@pytest.fixture
def warehouse(empty_warehouse: Warehouse) -> Iterator[Warehouse]:
    """An empty warehouse of the test's own."""
    copy = copy_of(empty_warehouse)
    yield copy
    drop(copy)


@pytest.fixture
def run_id(warehouse: Warehouse) -> int:
    """A run in ``warehouse`` that rows of ops and enrichment can refer to."""
    with warehouse.connect(OWNER) as connection:
        row = connection.execute(
            "insert into ops.runs (kind, as_of_date) values ('test', %s) returning run_id", [AS_OF_DATE]
        ).fetchone()
    assert row is not None
    return row[0]


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    """An empty landing folder."""
    folder = tmp_path / "landing"
    folder.mkdir()
    return folder


@pytest.fixture(scope="session")
def sample_night(settings: Settings, empty_warehouse: Warehouse) -> pipeline.Run:
    """A whole night on the sample delivery; nobody writes to its warehouse."""
    return run_night(settings, copy_of(empty_warehouse), PROJECT / "seeds")


@pytest.fixture(scope="session")
def sample_warehouse(sample_night: pipeline.Run) -> Warehouse:
    """The sample delivery, loaded, built, enriched and published; not to be written to."""
    return sample_night.warehouse


@pytest.fixture(scope="session")
def care_warehouse(settings: Settings, empty_warehouse: Warehouse) -> Warehouse:
    """A real export of a care desk alone, published; not to be written to."""
    return run_night(settings, copy_of(empty_warehouse), CARE_EXPORT, date(2025, 8, 31)).warehouse
