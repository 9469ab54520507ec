"""A PostgreSQL server for the tests alone, and empty warehouses in it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psycopg
import pytest
from customer360.settings import Settings, read_settings
from customer360.warehouse import OWNER, LocalServer, Warehouse, open_warehouse, set_up
from psycopg import sql

AS_OF_DATE = date(2026, 6, 30)
"""The last business day of the sample delivery in seeds/."""

_numbers = itertools.count()


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings whose home, and so server, is this test session's own."""
    home = tmp_path_factory.mktemp("customer360") / "home"
    for folder in (home.parent, home.parent.parent, home.parent.parent.parent):
        # pytest's folders are private to root, and PostgreSQL does not run as root.
        if folder.stat().st_mode & 0o077 == 0:
            folder.chmod(0o711)
    yield read_settings({"CUSTOMER360_HOME": str(home)})
    LocalServer(home).stop("immediate")


@pytest.fixture(scope="session")
def empty_warehouse(settings: Settings) -> Warehouse:
    """A warehouse that is set up and holds nothing; a template, not to be written to."""
    return open_warehouse(settings)


def copy_of(warehouse: Warehouse) -> Warehouse:
    """A new database with all that is in ``warehouse``, whose connections must be closed."""
    copy = warehouse.in_database(f"test_{next(_numbers)}")
    source, name = (w.owner_url.rpartition("/")[2] for w in (warehouse, copy))
    with psycopg.connect(warehouse.in_database("postgres").owner_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(source))
        )
        connection.execute(sql.SQL("revoke all on database {} from public").format(sql.Identifier(name)))
    set_up(copy)
    return copy


def drop(warehouse: Warehouse) -> None:
    """Drop a database that ``copy_of`` made."""
    name = warehouse.owner_url.rpartition("/")[2]
    assert name.startswith("test_"), name
    with psycopg.connect(warehouse.in_database("postgres").owner_url, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


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
