"""The purchase models, held against the package ``lifetimes`` on customers drawn here."""

import numpy as np
import pandas as pd
import pytest
from customer360.enrich.forecasts.fits import NotConvergedError
from customer360.enrich.forecasts.purchase_models import PurchaseModel, SpendModel
from lifetimes import BetaGeoFitter, GammaGammaFitter

CLOSE = 1e-4


@pytest.fixture(scope="module")
def customers() -> dict[str, np.ndarray]:
    """Customers who behave as BG/NBD says, of whom some spend more than others."""
    draw = np.random.default_rng(1)
    age = draw.integers(30, 540, 2_000).astype(float)
    frequency, recency = np.zeros_like(age), np.zeros_like(age)
    for i, (rate, leaves) in enumerate(zip(draw.gamma(0.8, 1 / 15, age.size), draw.beta(1, 3, age.size), strict=True)):
        at = draw.exponential(1 / rate)
        while at <= age[i]:
            frequency[i], recency[i] = frequency[i] + 1, np.ceil(at)
            if draw.random() < leaves:
                break
            at += draw.exponential(1 / rate)
    purchases = frequency + 1
    scale = draw.gamma(4, 1 / 60, age.size)
    spend = draw.gamma(6 * purchases, 1 / (scale * purchases))
    return {"frequency": frequency, "recency": recency, "age": age, "purchases": purchases, "spend": spend}


@pytest.fixture(scope="module")
def history(customers) -> tuple[np.ndarray, ...]:
    return customers["frequency"], customers["recency"], customers["age"]


@pytest.fixture(scope="module")
def purchase_oracle(history) -> BetaGeoFitter:
    return BetaGeoFitter().fit(*history)


@pytest.fixture(scope="module")
def spend_oracle(customers) -> GammaGammaFitter:
    return GammaGammaFitter().fit(customers["purchases"], customers["spend"])


def test_the_purchase_model_has_the_parameters_that_lifetimes_finds(history, purchase_oracle):
    fitted = PurchaseModel.fit(*history)
    expected = purchase_oracle.params_
    assert vars(fitted) == pytest.approx({name: expected[name] for name in ("r", "alpha", "a", "b")}, rel=CLOSE)


def test_the_spend_model_has_the_parameters_that_lifetimes_finds(customers, spend_oracle):
    fitted = SpendModel.fit(customers["purchases"], customers["spend"])
    expected = spend_oracle.params_
    assert vars(fitted) == pytest.approx({name: expected[name] for name in ("p", "q", "v")}, rel=CLOSE)


@pytest.mark.parametrize("parameters", [(0.24, 4.4, 0.79, 2.4), (2.0, 60.0, 3.0, 0.5), (0.5, 10.0, 1.0, 2.0)])
def test_the_log_likelihood_is_that_of_lifetimes(history, parameters):
    model = PurchaseModel(*parameters)
    weights = np.ones(history[0].size)
    oracle = -BetaGeoFitter._negative_log_likelihood(np.log(parameters), *history, weights, 0)
    assert model.log_likelihood(*history).mean() == pytest.approx(oracle, rel=1e-9)


@pytest.mark.parametrize("days", [1, 30, 365, 3_650])
def test_expected_purchases_are_those_of_lifetimes_for_every_customer(history, purchase_oracle, days):
    expected = purchase_oracle.conditional_expected_number_of_purchases_up_to_time(days, *history)
    np.testing.assert_allclose(PurchaseModel.fit(*history).expected_purchases(days, *history), expected, rtol=CLOSE)


def test_expected_spend_is_that_of_lifetimes_for_every_customer(customers, spend_oracle):
    purchases, spend = customers["purchases"], customers["spend"]
    expected = spend_oracle.conditional_expected_average_profit(purchases, spend)
    np.testing.assert_allclose(SpendModel.fit(purchases, spend).expected_spend(purchases, spend), expected, rtol=CLOSE)


def test_the_discounted_value_is_that_of_lifetimes_for_every_customer(
    customers, history, purchase_oracle, spend_oracle
):
    frequency, spend = customers["frequency"], customers["spend"]
    expected = spend_oracle.customer_lifetime_value(
        purchase_oracle, *map(pd.Series, history), pd.Series(spend), time=12, discount_rate=0.01
    )
    purchases = PurchaseModel.fit(*history).discounted_purchases(
        *history, months=12, days_a_month=30, monthly_discount=0.01
    )
    # lifetimes counts the purchases it is given the spend of, here those after the first.
    value = purchases * SpendModel.fit(customers["purchases"], spend).expected_spend(frequency, spend)
    np.testing.assert_allclose(value, expected, rtol=CLOSE)


def test_expected_purchases_are_continuous_where_the_equation_divides_by_zero(history):
    at, beside = (PurchaseModel(0.5, 10, a, 2).expected_purchases(365, *history) for a in (1.0, 1.0 + 1e-4))
    np.testing.assert_allclose(at, beside, rtol=1e-3)


def test_nobody_is_expected_to_buy_in_no_time_and_more_time_never_means_less(history):
    model = PurchaseModel.fit(*history)
    none, month, year = (model.expected_purchases(days, *history) for days in (0, 30, 365))
    np.testing.assert_allclose(none, 0, atol=1e-9)
    assert (month > 0).all()
    assert (year > month).all()


def test_the_unit_of_the_money_does_not_matter(customers):
    purchases, spend = customers["purchases"], customers["spend"]
    in_cents = SpendModel.fit(purchases, 100 * spend).expected_spend(purchases, 100 * spend)
    np.testing.assert_allclose(
        in_cents, 100 * SpendModel.fit(purchases, spend).expected_spend(purchases, spend), rtol=1e-6
    )


def test_spend_without_a_finite_mean_is_refused():
    spend = np.exp(np.random.default_rng(2).normal(0, 6, 400))
    with pytest.raises(NotConvergedError, match="no finite mean"):
        SpendModel.fit(np.ones(400), spend)
