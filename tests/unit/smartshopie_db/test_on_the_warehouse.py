"""The same readers on the warehouse's dashboard, and no writers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from customer360.warehouse import Warehouse
from smartshopie_db import SmartShopieDB, SmartShopieError

TABLES = """
create table dashboard.overview_kpis (
    id bigint primary key, record_date date not null, total_customers bigint, total_customers_change float8,
    conversion_rate float8, conversion_rate_change float8, ai_interactions bigint, ai_interactions_change float8,
    revenue_impact float8, revenue_impact_change float8, created_at timestamptz, updated_at timestamptz,
    an_extra_column text
);
insert into dashboard.overview_kpis (id, record_date, total_customers, created_at) values
    (1152921504606846975, '2026-06-30', 100, '2026-07-01 02:00:00+02'), (2, '2026-06-29', 90, null);
create table dashboard.customer_interactions (
    id bigint primary key, interaction_id text, interaction_date timestamptz, interaction_type text, customer_id text,
    session_id text, response_time_sec float8, satisfaction_score bigint, created_at timestamptz, customer_name text,
    activity_description text, status_badge text, message_count bigint
);
insert into dashboard.customer_interactions (id, interaction_date, customer_name) values
    (1, '2026-06-30 23:59:59+00', 'Sarah M.'), (2, '2026-07-01 00:00:00+00', 'Ida B.');
create view dashboard_masked.customer_interactions as
    select id, interaction_id, interaction_date, interaction_type, customer_id, session_id, response_time_sec,
    satisfaction_score, created_at, 'S. M.' as customer_name, activity_description, status_badge, message_count
    from dashboard.customer_interactions;
grant select on dashboard.overview_kpis, dashboard_masked.customer_interactions to bi_reader, pii_reader;
grant select on dashboard.customer_interactions to pii_reader;
"""


@pytest.fixture
def published(warehouse: Warehouse) -> Iterator[Warehouse]:
    with warehouse.connect("c360_publisher") as connection:
        connection.execute(TABLES)
    return warehouse


@pytest.mark.parametrize("role", ["bi_reader", "pii_reader"])
def test_the_newest_row_is_read_with_its_day_and_instant(published: Warehouse, role: str):
    with SmartShopieDB(published.url(role)) as db:
        kpis = db.get_overview_kpis()
        assert db.get_overview_kpis(date(2026, 6, 29)).total_customers == 90
    assert (kpis.id, kpis.record_date, kpis.total_customers) == (2**60 - 1, date(2026, 6, 30), 100)
    assert kpis.created_at == datetime(2026, 7, 1, tzinfo=UTC)


def test_the_masked_reader_sees_masked_names_and_the_full_reader_plain_ones(published: Warehouse):
    for role, name in (("bi_reader", "S. M."), ("pii_reader", "Sarah M.")):
        with SmartShopieDB(published.url(role)) as db:
            (interaction,) = db.get_customer_interactions(date(2026, 6, 30))
        assert interaction.customer_name == name


def test_nothing_can_be_added(published: Warehouse):
    with SmartShopieDB(published.url("c360_publisher")) as db:
        with pytest.raises(SmartShopieError, match="published tables have one writer"):
            db.add_overview_kpis(record_date=date(2026, 7, 1))
        with pytest.raises(SmartShopieError, match="published tables have one writer"):
            db.create_schema()
        assert db.get_overview_kpis().record_date == date(2026, 6, 30)


def test_a_table_that_is_not_published_is_said(published: Warehouse):
    with (
        SmartShopieDB(published.url("bi_reader")) as db,
        pytest.raises(SmartShopieError, match=r"There is no table product_gaps .*customer360 nightly") as raised,
    ):
        db.get_product_gaps()
    assert published.passwords["bi_reader"] not in str(raised.value)


def test_a_wrong_password_is_said_without_it(published: Warehouse):
    wrong = published.url("bi_reader").replace(published.passwords["bi_reader"], "not-this-one")
    with pytest.raises(SmartShopieError, match="cannot be opened") as raised:
        SmartShopieDB(wrong).connect()
    assert "not-this-one" not in str(raised.value)
