"""Keeping nothing for longer than its period: rows, files and the space they took."""

from __future__ import annotations

from collections import Counter

from customer360 import erasing, privacy
from customer360.settings import Settings
from customer360.warehouse import OWNER, Warehouse


def preview(warehouse: Warehouse, settings: Settings) -> Counter[str]:
    """How much has outlived its period, by place; nothing is deleted."""
    with warehouse.connect(OWNER) as connection:
        counts = privacy.delete_outlived(connection, erasing.contracts_of(settings.landing))
        connection.rollback()
    counts += Counter({place: len(paths) for place, paths in privacy.outlived_paths(settings.home).items()})
    return counts


def maintain(warehouse: Warehouse, settings: Settings) -> Counter[str]:
    """Delete what has outlived its period, and vacuum; how much was deleted, by place."""
    with warehouse.connect(OWNER) as connection:
        counts = privacy.delete_outlived(connection, erasing.contracts_of(settings.landing))
    for place, paths in privacy.outlived_paths(settings.home).items():
        privacy.delete_paths(paths)
        counts[place] += len(paths)
    with warehouse.connect(OWNER, autocommit=True) as connection:
        connection.execute("vacuum (analyze)")
    return +counts
