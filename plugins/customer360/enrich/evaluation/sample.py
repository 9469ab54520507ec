"""Some customers, always the same ones as long as they are there."""

from __future__ import annotations

from psycopg.rows import class_row

from customer360.enrich.features import CustomerFeatures
from customer360.enrich.step import query, reading
from customer360.warehouse import Warehouse


def sampled_customers(warehouse: Warehouse, size: int) -> list[CustomerFeatures]:
    """``size`` customers, or all where there are fewer. Raises EnrichError when the features are not built."""
    with reading(warehouse) as connection, connection.cursor(row_factory=class_row(CustomerFeatures)) as cursor:
        return cursor.execute(query("sample"), {"size": size}).fetchall()
