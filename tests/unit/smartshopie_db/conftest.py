"""A small dashboard file in the working folder."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from smartshopie_db import SmartShopieDB

STAGES = ["Page Visitors", "AI Interaction", "Product View", "Add to Cart", "Purchase"]


@pytest.fixture
def dashboard_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """``smartshopie_dashboard.db`` in the working folder: all tables, two days of figures in some."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "smartshopie_dashboard.db"
    SmartShopieDB(path).create_schema()
    with SmartShopieDB(path) as db:
        for day, customers in ((date(2026, 6, 29), 90), (date(2026, 6, 30), 100)):
            db.add_overview_kpis(record_date=day, total_customers=customers, conversion_rate=2.5)
            # Stored last stage first, so that reading them in order means something.
            for order, stage in reversed(list(enumerate(STAGES))):
                db.add_conversion_funnel_stage(
                    record_date=day, stage_name=stage, stage_order=order, count=customers - order, percentage=10.0
                )
            db.add_customer_segment(record_date=day, segment_name="Loyalists", segment_size=customers)
        for hour in (8, 9, 23):
            db.add_customer_interaction(
                interaction_id=f"i-{hour}",
                interaction_date=datetime(2026, 6, 30, hour, 15, 30, tzinfo=UTC),
                interaction_type="chat",
                customer_name="Sarah M.",
                activity_description=f"Asked at {hour}",
            )
        db.add_category_revenue(
            record_date=date(2026, 6, 30), category_name="Skin", revenue_amount=1234.5, percentage=100.0
        )
        db.add_revenue_summary(record_date=date(2026, 6, 1), total_revenue_impact=10.0)
    return path


@pytest.fixture
def db(dashboard_file: Path) -> Iterator[SmartShopieDB]:
    """The small dashboard file, open."""
    with SmartShopieDB(dashboard_file) as opened:
        yield opened
