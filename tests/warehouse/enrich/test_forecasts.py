"""When models are fitted, what they leave in the warehouse, and what they leave alone."""

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pytest
from customer360.enrich import EnrichError, fit_models
from customer360.enrich.forecasts import month_ends
from customer360.warehouse import Warehouse

FIRST_DAY = date(2025, 6, 1)
AS_OF_DATE = date(2026, 2, 28)
MONTHS = 9

TABLES = """
create table intermediate.int_shop_customer_days__summed (
    shop_customer_id text, activity_date date, order_count bigint, order_amount numeric, refund_amount numeric
);
create table intermediate.int_shop_revenue__summed (record_date date, net_revenue numeric)
"""
SUM_UP = """
truncate intermediate.int_shop_revenue__summed;
insert into intermediate.int_shop_revenue__summed
select day::date, coalesce(sum(order_amount - refund_amount), 0)
from generate_series(timestamp '2025-06-01', timestamp '2026-04-30', interval '1 day') as days (day)
left join intermediate.int_shop_customer_days__summed on activity_date = day
group by 1
"""

Happens = Callable[..., None]


def rows(warehouse: Warehouse, query: str) -> list[tuple]:
    with warehouse.connect() as connection:
        return connection.execute(query).fetchall()


def counts(warehouse: Warehouse) -> list[int]:
    tables = ("model_fits", "customer_values", "revenue_forecasts")
    return [rows(warehouse, f"select count(*) from enrichment.{table}")[0][0] for table in tables]


@pytest.fixture
def happens(warehouse: Warehouse) -> Happens:
    """``happens(customer, day, spend, refund)``: one more day of a customer of a shop that is made here."""
    draw = np.random.default_rng(11)
    records = []
    for number in range(120):
        day, rate = int(draw.integers(0, 200)), draw.gamma(1.2, 1 / 30)
        while day < 330:
            records.append((f"c{number}", FIRST_DAY + timedelta(days=day), 1, round(draw.gamma(5, 8), 2), 0))
            if draw.random() < 0.15:
                break
            day += 1 + int(draw.exponential(1 / rate))
    insert = "insert into intermediate.int_shop_customer_days__summed values (%s, %s, %s, %s, %s)"
    with warehouse.connect("c360_transformer") as connection:
        connection.execute(TABLES)
        connection.cursor().executemany(insert, records)
        connection.execute(SUM_UP)

    def add(customer: str, day: date, spend: float = 0, refund: float = 0) -> None:
        with warehouse.connect("c360_transformer") as connection:
            connection.execute(insert, [customer, day, int(spend > 0), spend, refund])
            connection.execute(SUM_UP)

    return add


def test_every_month_of_history_is_fitted_once(warehouse, run_id, happens):
    report = fit_models(warehouse, run_id=run_id, as_of_date=AS_OF_DATE)
    assert (report.month_ends, report.fitted, report.unchanged) == (MONTHS, 2 * MONTHS, 0)
    assert rows(warehouse, "select distinct made_on from enrichment.model_fits order by 1") == [
        (day,) for day in month_ends(FIRST_DAY, AS_OF_DATE)
    ]
    assert report.statuses["ok"] > 0


def test_unchanged_facts_are_not_fitted_again(warehouse, run_id, happens):
    fit_models(warehouse, run_id=run_id, as_of_date=AS_OF_DATE)
    before = counts(warehouse)
    again = fit_models(warehouse, run_id=run_id, as_of_date=AS_OF_DATE)
    assert (again.fitted, again.unchanged) == (0, 2 * MONTHS)
    next_day = fit_models(warehouse, run_id=run_id, as_of_date=AS_OF_DATE + timedelta(days=1))
    assert next_day.fitted == 0
    assert counts(warehouse) == before


def test_a_new_month_is_fitted_beside_the_old_ones(warehouse, run_id, happens):
    fit_models(warehouse, run_id=run_id, as_of_date=AS_OF_DATE)
    report = fit_models(warehouse, run_id=run_id, as_of_date=date(2026, 3, 31))
    assert (report.fitted, report.unchanged) == (2, 2 * MONTHS)


def test_an_earlier_day_sees_neither_later_facts_nor_later_fits(warehouse, run_id, happens):
    fit_models(warehouse, run_id=run_id, as_of_date=AS_OF_DATE)
    earlier = fit_models(warehouse, run_id=run_id, as_of_date=date(2025, 12, 31))
    assert (earlier.month_ends, earlier.fitted) == (7, 0)


def test_a_late_record_is_fitted_from_its_month_on_and_what_was_said_stays(warehouse, run_id, happens):
    fit_models(warehouse, run_id=run_id, as_of_date=AS_OF_DATE)
    said = rows(warehouse, "select * from enrichment.model_fits order by fit_id")
    happens("c1", date(2026, 1, 10), refund=3)
    report = fit_models(warehouse, run_id=run_id, as_of_date=AS_OF_DATE)
    assert report.fitted == 4
    assert rows(
        warehouse, f"select distinct made_on from enrichment.model_fits where fit_id > {len(said)} order by 1"
    ) == [
        (date(2026, 1, 31),),
        (AS_OF_DATE,),
    ]
    assert rows(warehouse, f"select * from enrichment.model_fits where fit_id <= {len(said)} order by fit_id") == said


def test_facts_that_go_back_to_what_they_were_are_fitted_again(warehouse, run_id, happens):
    fit_models(warehouse, run_id=run_id, as_of_date=AS_OF_DATE)
    happens("c1", AS_OF_DATE, refund=3)
    fit_models(warehouse, run_id=run_id, as_of_date=AS_OF_DATE)
    with warehouse.connect() as connection:
        connection.execute("delete from intermediate.int_shop_customer_days__summed where refund_amount <> 0")
        connection.execute(SUM_UP)
    assert fit_models(warehouse, run_id=run_id, as_of_date=AS_OF_DATE).fitted == 2


def test_nothing_is_predicted_without_a_stored_error(warehouse, run_id, happens):
    fit_models(warehouse, run_id=run_id, as_of_date=AS_OF_DATE)
    assert rows(
        warehouse,
        "select count(*) filter (where status = 'ok'), count(*) from enrichment.model_fits"
        " where fit_id in (select fit_id from enrichment.customer_values"
        "   union select fit_id from enrichment.revenue_forecasts)"
        " and error is not null and baseline_error is not null and metrics ? 'error_unit'",
    ) == [(n := rows(warehouse, "select count(*) from enrichment.model_fits where status = 'ok'")[0][0], n)]
    assert rows(warehouse, "select count(*) from enrichment.model_fits where status <> 'ok' and error is not null") == [
        (0,)
    ]


def test_a_fit_leaves_a_value_for_every_buyer_and_six_months(warehouse, run_id, happens):
    fit_models(warehouse, run_id=run_id, as_of_date=AS_OF_DATE)
    assert rows(
        warehouse,
        "select count(*), min(predicted_clv) > 0, sum(current_clv) from enrichment.customer_values"
        f" join enrichment.model_fits using (fit_id) where made_on = '{AS_OF_DATE}'",
    ) == rows(
        warehouse,
        "select count(distinct shop_customer_id), true, sum(order_amount - refund_amount)"
        f" from intermediate.int_shop_customer_days__summed where activity_date <= '{AS_OF_DATE}'",
    )
    months = rows(
        warehouse,
        "select month, lower <= point and point <= upper, confidence_level from enrichment.revenue_forecasts"
        f" join enrichment.model_fits using (fit_id) where made_on = '{AS_OF_DATE}' order by 1",
    )
    assert months == [(date(2026, month, 1), True, 80) for month in range(3, 9)]


def test_the_same_facts_in_another_warehouse_give_the_same_predictions(warehouse, run_id, happens):
    predictions = (
        "select made_on, shop_customer_id, predicted_clv from enrichment.customer_values"
        " join enrichment.model_fits using (fit_id) order by 1, 2",
        "select made_on, month, point, lower, upper from enrichment.revenue_forecasts"
        " join enrichment.model_fits using (fit_id) order by 1, 2",
    )
    for month in month_ends(FIRST_DAY, AS_OF_DATE):
        fit_models(warehouse, run_id=run_id, as_of_date=month)
    one_by_one = [rows(warehouse, query) for query in predictions]
    with warehouse.connect() as connection:
        connection.execute("truncate enrichment.model_fits, enrichment.customer_values, enrichment.revenue_forecasts")
    fit_models(warehouse, run_id=run_id, as_of_date=AS_OF_DATE)
    assert [rows(warehouse, query) for query in predictions] == one_by_one
    assert all(one_by_one)


def test_a_shop_without_data_has_nothing_to_fit(warehouse, run_id):
    with warehouse.connect("c360_transformer") as connection:
        connection.execute(TABLES)
    report = fit_models(warehouse, run_id=run_id, as_of_date=AS_OF_DATE)
    assert (report.month_ends, report.fitted) == (0, 0)
    assert counts(warehouse) == [0, 0, 0]


def test_without_the_models_it_reads_it_says_what_to_build(warehouse, run_id):
    with pytest.raises(EnrichError, match="customer360 build"):
        fit_models(warehouse, run_id=run_id, as_of_date=AS_OF_DATE)
