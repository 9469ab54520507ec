"""Lifetime value and revenue forecast as published, worked out a second time one customer at a time."""

from collections import defaultdict
from datetime import date, timedelta

import pytest
from customer360.warehouse import OWNER, Warehouse
from warehouses import AS_OF_DATE

pytestmark = pytest.mark.nightly

BANDS = {"0-30d": 30, "31-60d": 60, "61-90d": 90, "91-180d": 180, "181-365d": 365, "1-2y": 730, "2y+": 99_999}


def rows(warehouse: Warehouse, query: str, *values: object) -> list[tuple]:
    with warehouse.connect(OWNER) as connection:
        return connection.execute(query, values).fetchall()


@pytest.mark.parametrize("day", [date(2025, 6, 30), date(2025, 11, 17), date(2026, 2, 28), AS_OF_DATE], ids=str)
def test_lifetime_values_are_the_means_of_the_customers_in_a_band(sample_warehouse: Warehouse, day: date):
    fit_id, newcomer = rows(
        sample_warehouse,
        "select fit_id, (parameters ->> 'newcomer_clv')::numeric from enrichment.model_fits"
        " where kind = 'lifetime_value' and status = 'ok' and made_on <= %s order by made_on desc limit 1",
        day,
    )[0]
    predicted = dict(
        rows(
            sample_warehouse,
            "select shop_customer_id, predicted_clv from enrichment.customer_values where fit_id = %s",
            fit_id,
        )
    )
    registered = dict(
        rows(
            sample_warehouse, "select shop_customer_id, registered_date from intermediate.int_shop_customers__described"
        )
    )
    orders = rows(
        sample_warehouse,
        "select order_id, shop_customer_id, order_date, net_amount from core.fct_orders"
        " where not is_cancelled and order_date <= %s",
        day,
    )
    buyer_of = {order_id: customer for order_id, customer, _, _ in orders}
    first_order: dict[str, date] = {}
    revenue: dict[str, float] = defaultdict(float)
    for _, customer, order_date, amount in orders:
        first_order[customer] = min(order_date, first_order.get(customer, order_date))
        revenue[customer] += float(amount)
    refunds = "select order_id, refund_amount from core.fct_refunds where refund_date <= %s"
    for order_id, amount in rows(sample_warehouse, refunds, day):
        if order_id in buyer_of:
            revenue[buyer_of[order_id]] -= float(amount)
    bands: dict[str, list[str]] = defaultdict(list)
    for customer, first in first_order.items():
        tenure = (day - min(first, registered[customer])).days
        bands[next(band for band, last in BANDS.items() if tenure <= last)].append(customer)
    expected = {
        band: (
            sum(float(predicted.get(customer, newcomer)) for customer in customers) / len(customers),
            sum(revenue[customer] for customer in customers) / len(customers),
        )
        for band, customers in bands.items()
    }
    published = {
        band: (predicted_clv, current_clv)
        for band, predicted_clv, current_clv in rows(
            sample_warehouse,
            "select segment_name, predicted_clv, current_clv from dashboard.customer_lifetime_value"
            " where record_date = %s",
            day,
        )
    }
    assert len(published) >= 4
    assert published.keys() == expected.keys()
    for band, values in expected.items():
        assert published[band] == pytest.approx(values, abs=0.006), band


def test_every_day_of_the_last_year_has_lifetime_values(sample_warehouse: Warehouse):
    days = rows(sample_warehouse, "select distinct record_date from dashboard.customer_lifetime_value")
    year = {AS_OF_DATE - timedelta(days=n) for n in range(365)}
    assert year <= {day for (day,) in days}


def test_every_forecast_is_six_months_between_bounds_with_its_error_beside_the_baseline(sample_warehouse: Warehouse):
    forecasts = rows(
        sample_warehouse,
        "select record_date, count(*), min(forecast_date), bool_and(lower_bound <= predicted_revenue),"
        " bool_and(predicted_revenue <= upper_bound), bool_and(backtest_error <= baseline_error),"
        " bool_and((model_name = 'seasonal_naive') = (backtest_error = baseline_error)), min(confidence_level)"
        " from dashboard.revenue_forecasting group by 1 order by 1",
    )
    assert len(forecasts) >= 12
    assert forecasts[-1][0] == AS_OF_DATE
    for made_on, months, first, *sound, level in forecasts:
        assert (months, first) == (6, made_on + timedelta(days=1))
        assert sound == [True] * 4
        assert level == 80


def test_revenue_that_is_forecast_is_revenue_that_is_published(sample_warehouse: Warehouse):
    assert rows(sample_warehouse, "select sum(net_revenue) from intermediate.int_shop_revenue__summed") == rows(
        sample_warehouse,
        "select (select sum(net_amount) from core.fct_orders where not is_cancelled)"
        " - (select sum(refund_amount) from core.fct_refunds where not is_order_cancelled)",
    )


def test_without_a_shop_nothing_is_predicted(care_warehouse: Warehouse):
    assert rows(care_warehouse, "select * from enrichment.model_fits") == []
    assert rows(care_warehouse, "select * from dashboard.customer_lifetime_value") == []
    assert rows(care_warehouse, "select * from dashboard.revenue_forecasting") == []
