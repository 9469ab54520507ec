"""What one more order does to the dashboard: every number moves by what the source facts say, and no other one."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from customer360.warehouse import OWNER, Warehouse
from deliveries import PRODUCT
from warehouses import AS_OF_DATE

pytestmark = pytest.mark.nightly

CATEGORY = "Cleansers"
NET = Decimal("18.50")
"""Two units at 10.00 less a discount of 1.50."""

KEYS = {
    "revenue_attribution": ("ai_feature", "revenue_amount"),
    "product_analytics": ("product_id", "views, ai_recommendations, purchases, revenue"),
    "interaction_types": ("interaction_name", "count"),
    "customer_segments": ("segment_name", "segment_size"),
    "customer_concerns": ("concern_name", "query_count"),
    "conversion_trends": ("period_type", "conversions, ai_attributed_conversions"),
    "ai_feature_performance": ("feature_name", "usage_count"),
    "overview_kpis": ("'overview'", "ai_interactions, revenue_impact, total_customers"),
    "category_revenue": ("category_name", "revenue_amount, ai_attributed_revenue"),
}
"""What is compared of each table: the key within a day, and the numbers."""


def test_one_more_order_moves_the_numbers_it_is_part_of(moved: Warehouse, sample_warehouse: Warehouse):
    assert _moves(sample_warehouse, moved) == {
        ("revenue_attribution", AS_OF_DATE, "Chat Recommendations"): (NET,),
        ("product_analytics", AS_OF_DATE, PRODUCT): (1, 1, 2, NET),
        ("interaction_types", AS_OF_DATE, "Chat Sessions"): (1,),
        ("customer_segments", AS_OF_DATE, "New Visitors"): (-1,),
        ("customer_segments", AS_OF_DATE, "Occasional Users"): (1,),
        ("customer_concerns", AS_OF_DATE, "Dryness"): (1,),
        ("conversion_trends", AS_OF_DATE, "daily"): (1, 1),
        ("ai_feature_performance", AS_OF_DATE, "Chat Recommendations"): (1,),
        ("overview_kpis", AS_OF_DATE, "overview"): (1, NET, 0),
        ("category_revenue", AS_OF_DATE, CATEGORY): (NET, NET),
    }


def test_one_more_purchaser_raises_the_conversion_rate_wherever_it_is_shown(
    moved: Warehouse, sample_warehouse: Warehouse
):
    query = (
        "select k.conversion_rate, a.overall_conversion_rate from dashboard.overview_kpis k"
        " join dashboard.conversion_analytics a using (record_date) where record_date = %s"
    )
    (before, _), (after, shown_again) = (_one_row(w, query) for w in (sample_warehouse, moved))
    assert after > before
    assert after == shown_again


def test_percentages_still_add_up_after_the_order(moved: Warehouse):
    for table in ("revenue_attribution", "category_revenue", "customer_segments", "interaction_types"):
        query = f"select round(sum(percentage)::numeric, 2) from dashboard.{table} where record_date = %s"
        assert _one_row(moved, query) == (100,), table


def _moves(before: Warehouse, after: Warehouse) -> dict[tuple[str, date, str], tuple]:
    """By table, day and key: how much each number grew, where any did."""
    moves = {}
    for table in KEYS:
        old, new = _numbers(before, table), _numbers(after, table)
        assert old.keys() == new.keys(), table
        for (day, key), values in new.items():
            grown = tuple(round(v - o, 2) for v, o in zip(values, old[day, key], strict=True))
            if any(grown):
                moves[table, day, key] = grown
    return moves


def _numbers(warehouse: Warehouse, table: str) -> dict[tuple[date, str], tuple]:
    key, numbers = KEYS[table]
    exact = ", ".join(f"{number}::numeric" for number in numbers.split(", "))
    with warehouse.connect(OWNER) as connection:
        rows = connection.execute(f"select record_date, {key}, {exact} from dashboard.{table}").fetchall()
    assert rows, table
    return {(day, name): tuple(values) for day, name, *values in rows}


def _one_row(warehouse: Warehouse, query: str) -> tuple:
    with warehouse.connect(OWNER) as connection:
        row = connection.execute(query, [AS_OF_DATE]).fetchone()
    assert row is not None
    return row
