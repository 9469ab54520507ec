"""Deliveries that the tests of the generator look at, made once."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from customer360.sample import GeneratedDelivery, generate

AS_OF_DATE = date(2026, 6, 30)


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory) -> GeneratedDelivery:
    """A small delivery without any damage."""
    return generate(tmp_path_factory.mktemp("clean"), as_of_date=AS_OF_DATE, defects=0)


@pytest.fixture(scope="session")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> GeneratedDelivery:
    """A small delivery with the usual share of damage."""
    return generate(tmp_path_factory.mktemp("damaged"), as_of_date=AS_OF_DATE)


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Contents of every CSV file under ``folder`` by relative path."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*.csv"))}
