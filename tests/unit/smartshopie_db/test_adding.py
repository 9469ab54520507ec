"""Adding rows to a file."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from smartshopie_db import SmartShopieDB, SmartShopieError


def test_defaults_of_the_table_stand_in_for_what_is_left_out(db: SmartShopieDB):
    before = datetime.now(UTC).replace(microsecond=0)
    db.add_api_configuration(api_type="chat", api_name="Chat", api_url="https://example.com")
    (added,) = db.get_api_configurations()
    assert added.status == "active"
    assert added.created_at >= before
    assert added.updated_at >= before


def test_a_new_row_has_an_id_of_its_own(db: SmartShopieDB):
    first = db.add_overview_kpis(record_date=date(2026, 7, 1))
    second = db.add_overview_kpis(record_date=date(2026, 7, 2))
    assert second > first
    assert db.get_overview_kpis().id == second


def test_an_instant_of_another_zone_is_stored_in_utc(db: SmartShopieDB):
    kolkata = timezone(timedelta(hours=5, minutes=30))
    db.add_system_health(
        record_date=datetime(2026, 7, 1, 2, 0, tzinfo=kolkata), system_component="Database", status="healthy"
    )
    (sample,) = db.get_system_health(date(2026, 6, 30))
    assert sample.record_date == datetime(2026, 6, 30, 20, 30, tzinfo=UTC)


def test_what_the_table_needs_must_be_given(db: SmartShopieDB):
    with pytest.raises(TypeError, match="record_date"):
        db.add_overview_kpis(total_customers=1)
    with pytest.raises(TypeError, match="no_such_column"):
        db.add_overview_kpis(record_date=date(2026, 7, 1), no_such_column=1)
    with pytest.raises(SmartShopieError, match=r"overview_kpis in .* refuses the row: NOT NULL constraint failed"):
        db.add_overview_kpis(record_date=None)


def test_the_same_id_twice_is_refused(db: SmartShopieDB):
    db.add_overview_kpis(id=77, record_date=date(2026, 7, 1))
    with pytest.raises(SmartShopieError, match="UNIQUE constraint failed"):
        db.add_overview_kpis(id=77, record_date=date(2026, 7, 2))


def test_a_file_without_tables_says_how_to_make_them(tmp_path: Path):
    (tmp_path / "empty.db").touch()
    with SmartShopieDB(tmp_path / "empty.db") as db:
        with pytest.raises(SmartShopieError, match=r"There is no table overview_kpis in .*create_schema\(\)"):
            db.add_overview_kpis(record_date=date(2026, 7, 1))
        db.create_schema()
        db.add_overview_kpis(record_date=date(2026, 7, 1))
        assert db.get_overview_kpis().record_date == date(2026, 7, 1)


def test_making_the_schema_again_keeps_the_rows(dashboard_file: Path):
    SmartShopieDB(dashboard_file).create_schema()
    with SmartShopieDB(dashboard_file) as db:
        assert db.get_overview_kpis() is not None


def test_many_threads_read_and_add_through_one_database(db: SmartShopieDB):
    def add_and_read(number: int) -> int:
        added = db.add_customer_segment(
            record_date=date(2026, 7, 1), segment_name=f"segment {number}", segment_size=number
        )
        assert any(segment.id == added for segment in db.get_customer_segments(date(2026, 7, 1)))
        return added

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(add_and_read, range(80)))
    assert len(set(ids)) == 80
    assert len(db.get_customer_segments()) == 80
