"""What a fit of lifetime value says, about the future and about its own errors."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from customer360.enrich.forecasts.lifetime_value import HOLDOUT_DAYS, PurchaseDays, fit_lifetime_value

MADE_ON = date(2026, 6, 30)
FIRST_DAY = MADE_ON - timedelta(days=500)


def purchase_days(customers: int, seed: int = 3) -> PurchaseDays:
    """Customers who come one after the other, buy at their own rate and leave sometime."""
    draw = np.random.default_rng(seed)
    records = []
    for number in range(customers):
        day, rate, spend = draw.integers(0, 480), draw.gamma(1.2, 1 / 40), draw.gamma(6, 8)
        while day <= 500:
            records.append((f"c{number:04}", FIRST_DAY.toordinal() + int(day), spend * draw.gamma(5, 1 / 5)))
            if draw.random() < 0.15:
                break
            day += 1 + draw.exponential(1 / rate)
    records.sort(key=lambda record: (record[1], record[0]))
    customer, day, spend = zip(*records, strict=True)
    return PurchaseDays(
        np.array(customer), np.array(day), np.ones(len(day), dtype=bool), np.array(spend), np.zeros(len(day))
    )


@pytest.fixture(scope="module")
def days() -> PurchaseDays:
    return purchase_days(300)


def joined(days: PurchaseDays, customer: str, day: date, *, spend: float = 0, refund: float = 0) -> PurchaseDays:
    """``days`` and one more, a purchase if there is spend."""
    return PurchaseDays(
        np.append(days.customer, customer),
        np.append(days.day, day.toordinal()),
        np.append(days.is_purchase, spend > 0),
        np.append(days.spend, spend),
        np.append(days.refund, refund),
    )


def test_a_fit_predicts_for_everyone_who_has_bought(days: PurchaseDays):
    fit, values = fit_lifetime_value(days, MADE_ON)
    assert fit.status == "ok"
    assert values is not None
    assert list(values.customer) == sorted(set(days.customer))
    assert (values.predicted_clv > 0).all()
    assert values.current_clv.sum() == pytest.approx(days.spend.sum())


def test_the_back_test_is_stored_beside_that_of_everyones_own_rate(days: PurchaseDays):
    fit, _ = fit_lifetime_value(days, MADE_ON)
    cut = MADE_ON.toordinal() - HOLDOUT_DAYS
    known = set(days.customer[days.day <= cut])
    held_out = [c for c, day in zip(days.customer, days.day, strict=True) if day > cut and c in known]
    assert fit.metrics["holdout_customers"] == len(known)
    assert fit.metrics["purchases_actual"] == len(held_out)
    assert fit.metrics["purchases_predicted"] == pytest.approx(len(held_out), rel=0.3)
    assert fit.error is not None
    assert fit.baseline_error is not None
    assert 0 < fit.error < fit.baseline_error


def test_the_model_back_tested_has_not_seen_the_days_held_out(days: PurchaseDays):
    cut = MADE_ON.toordinal() - HOLDOUT_DAYS
    nothing_since = PurchaseDays(*(array[days.day <= cut] for array in vars(days).values()))
    real, quiet = (fit_lifetime_value(some, MADE_ON)[0] for some in (days, nothing_since))
    assert quiet.metrics["purchases_predicted"] == real.metrics["purchases_predicted"]
    assert quiet.metrics["purchases_actual"] == 0
    assert quiet.parameters["alpha"] != real.parameters["alpha"]


def test_what_happens_after_the_day_of_the_fit_changes_nothing(days: PurchaseDays):
    later = joined(days, days.customer[0], MADE_ON + timedelta(days=1), spend=9_999)
    expected, with_later = (fit_lifetime_value(some, MADE_ON) for some in (days, later))
    assert with_later[0] == expected[0]
    np.testing.assert_array_equal(with_later[1].predicted_clv, expected[1].predicted_clv)


def test_a_refund_is_deducted_and_is_no_purchase(days: PurchaseDays):
    refunded = joined(days, "c0000", MADE_ON, refund=5.0)
    (before, old), (after, new) = (fit_lifetime_value(some, MADE_ON) for some in (days, refunded))
    assert new.current_clv[0] == pytest.approx(old.current_clv[0] - 5)
    assert after.parameters["refund_share"] == pytest.approx(5 / days.spend.sum())
    np.testing.assert_allclose(new.predicted_clv, old.predicted_clv * (1 - after.parameters["refund_share"]), rtol=1e-9)
    assert after.parameters["alpha"] == before.parameters["alpha"]


def test_a_recent_regular_is_worth_more_than_one_who_stopped(days: PurchaseDays):
    regular = stopped = days
    for week in range(10):
        regular = joined(regular, "regular", MADE_ON - timedelta(days=7 * week), spend=50)
        stopped = joined(stopped, "regular", FIRST_DAY + timedelta(days=7 * week), spend=50)
    worth = []
    for some in (regular, stopped):
        values = fit_lifetime_value(some, MADE_ON)[1]
        worth.append(values.predicted_clv[list(values.customer).index("regular")])
    assert worth[0] > 10 * worth[1]


def test_discounting_makes_the_value_less_than_what_is_expected_to_be_spent(days: PurchaseDays):
    same_spend = replace(days, spend=np.full_like(days.spend, 20.0) + np.arange(days.spend.size) % 3)
    values = fit_lifetime_value(same_spend, MADE_ON)[1]
    undiscounted = values.predicted_purchases.sum() * same_spend.spend.mean()
    assert 0.90 * undiscounted < values.predicted_clv.sum() < 0.99 * undiscounted


def test_the_order_of_customers_within_a_day_does_not_matter(days: PurchaseDays):
    order = np.lexsort((np.random.default_rng(0).random(days.day.size), days.day))
    shuffled = PurchaseDays(*(array[order] for array in vars(days).values()))
    np.testing.assert_allclose(
        fit_lifetime_value(shuffled, MADE_ON)[1].predicted_clv,
        fit_lifetime_value(days, MADE_ON)[1].predicted_clv,
        rtol=1e-6,
    )


def test_the_same_facts_give_the_same_numbers(days: PurchaseDays):
    first, second = (fit_lifetime_value(days, MADE_ON) for _ in range(2))
    assert first[0] == second[0]
    np.testing.assert_array_equal(first[1].predicted_clv, second[1].predicted_clv)


@pytest.mark.parametrize("customers", [1, 5, 20])
def test_too_few_repeat_buyers_are_not_fitted_and_the_reason_is_said(customers: int):
    fit, values = fit_lifetime_value(purchase_days(customers), MADE_ON)
    assert (fit.status, values) == ("too_little_data", None)
    assert "16 and 8 are needed" in fit.reason
    assert fit.error is None


def test_a_shop_that_gives_everything_away_has_no_value_to_predict(days: PurchaseDays):
    fit, values = fit_lifetime_value(replace(days, spend=np.zeros_like(days.spend)), MADE_ON)
    assert (fit.status, values) == ("not_converged", None)
    assert "nobody has paid" in fit.reason
