"""Reading: which rows come back, and in what order."""

from __future__ import annotations

import sqlite3
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from smartshopie_db import SmartShopieDB, SmartShopieError

FIRST, SECOND = date(2026, 6, 29), date(2026, 6, 30)


def test_headline_numbers_are_one_row_the_newest_unless_a_day_is_asked_for(db: SmartShopieDB):
    assert db.get_overview_kpis().record_date == SECOND
    assert db.get_overview_kpis(record_date=FIRST).total_customers == 90
    assert db.get_overview_kpis(end_date=FIRST).record_date == FIRST
    assert db.get_overview_kpis(start_date=date(2026, 7, 1)) is None


def test_a_table_of_days_shows_its_newest_day_or_the_days_asked_for(db: SmartShopieDB):
    assert [stage.stage_order for stage in db.get_conversion_funnel()] == [0, 1, 2, 3, 4]
    assert {stage.record_date for stage in db.get_conversion_funnel()} == {SECOND}
    assert {stage.record_date for stage in db.get_conversion_funnel(FIRST)} == {FIRST}
    both = db.get_conversion_funnel(start_date=FIRST, end_date=SECOND)
    assert [(stage.record_date, stage.stage_order) for stage in both] == [
        (day, order) for day in (SECOND, FIRST) for order in range(5)
    ]
    assert db.get_conversion_funnel(start_date=FIRST, limit=3) == both[:3]


def test_a_day_of_a_feed_is_whole_and_ends_at_midnight_utc(db: SmartShopieDB):
    db.add_customer_interaction(
        interaction_id="next", interaction_date=datetime(2026, 7, 1, tzinfo=UTC), interaction_type="chat"
    )
    assert [row.interaction_id for row in db.get_customer_interactions(SECOND)] == ["i-23", "i-9", "i-8"]
    assert [row.interaction_id for row in db.get_customer_interactions(start_date=date(2026, 7, 1))] == ["next"]
    assert [row.interaction_id for row in db.get_customer_interactions(limit=2)] == ["next", "i-23"]


def test_days_kept_as_text_are_filtered_too(db: SmartShopieDB):
    for stamp in ("2026-06-29 23:59:00", "2026-06-30 00:00:00", "2026-06-30 23:59:00", "2026-07-01 00:00:00"):
        db.add_realtime_metrics(recorded_at=stamp)
    assert [row.recorded_at for row in db.get_realtime_metrics(SECOND)] == [
        "2026-06-30 23:59:00", "2026-06-30 00:00:00",
    ]  # fmt: skip


def test_equal_rows_of_a_table_without_a_key_all_come_back(db: SmartShopieDB):
    for _ in range(2):
        db.add_billing_payment(payment_date="2026-06-01", amount=10.0)
    db.add_billing_payment()
    assert [payment.amount for payment in db.get_billing_payments()] == [10.0, 10.0, None]


def test_instants_know_that_they_are_in_utc_and_are_stored_readably(dashboard_file: Path, db: SmartShopieDB):
    (newest,) = db.get_customer_interactions(limit=1)
    assert newest.interaction_date == datetime(2026, 6, 30, 23, 15, 30, tzinfo=UTC)
    stored = sqlite3.connect(dashboard_file).execute("select max(interaction_date) from customer_interactions")
    assert stored.fetchone() == ("2026-06-30 23:15:30",)


def test_an_empty_table_is_no_rows(tmp_path: Path):
    SmartShopieDB(tmp_path / "new.db").create_schema()
    with SmartShopieDB(tmp_path / "new.db") as db:
        assert db.get_overview_kpis() is None
        assert db.get_conversion_funnel() == []


def test_a_day_and_a_range_together_are_refused(db: SmartShopieDB):
    with pytest.raises(ValueError, match="not both"):
        db.get_conversion_funnel(FIRST, end_date=SECOND)
    with pytest.raises(ValueError, match="limit is -1"):
        db.get_conversion_funnel(limit=-1)


def test_a_missing_file_is_said_and_not_made(tmp_path: Path):
    with pytest.raises(SmartShopieError, match=r"There is no file .*nowhere\.db"):
        SmartShopieDB(tmp_path / "nowhere.db").connect()
    assert not (tmp_path / "nowhere.db").exists()


def test_a_file_that_is_no_database_is_said(tmp_path: Path):
    (tmp_path / "text.db").write_text("some text that is no database at all" * 100)
    with pytest.raises(SmartShopieError, match=r"text\.db cannot be opened: file is not a database"):
        SmartShopieDB(tmp_path / "text.db").connect()


def test_a_closed_database_says_so_and_opens_again(db: SmartShopieDB):
    db.close()
    with pytest.raises(SmartShopieError, match=r"call connect\(\) first"):
        db.get_overview_kpis()
    assert db.connect().get_overview_kpis() is not None
