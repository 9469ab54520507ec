"""Which revenue forecast is published, and what is said about it."""

from datetime import date, timedelta

import numpy as np
import pytest
from customer360.enrich.forecasts.revenue import CONFIDENCE_LEVEL, RevenueHistory

FIRST_DAY = date(2025, 1, 1)
MADE_ON = date(2026, 6, 30)
DAYS = (MADE_ON - FIRST_DAY).days + 1
WEEK = np.array([80.0, 100, 110, 120, 150, 220, 60])
NOISE = np.random.default_rng(2).normal(0, 30, DAYS)


def weeks(days: int = DAYS) -> np.ndarray:
    return np.resize(WEEK, days)


@pytest.fixture(scope="module")
def noisy() -> RevenueHistory:
    """A week's pattern with errors that say nothing about the next week."""
    return RevenueHistory(FIRST_DAY, weeks() + NOISE)


def test_six_months_are_forecast_from_the_next_on(noisy: RevenueHistory):
    _, months = noisy.fit(MADE_ON)
    assert [month.month for month in months] == [date(2026, m, 1) for m in range(7, 13)]
    for forecast in months:
        days = (forecast.month - FIRST_DAY).days, 31
        expected = np.resize(np.roll(WEEK, -(days[0] % 7)), days[1]).sum()
        assert forecast.point == pytest.approx(expected, rel=0.06)
        assert forecast.lower < forecast.point < forecast.upper


def test_a_running_month_is_left_out(noisy: RevenueHistory):
    _, months = noisy.fit(date(2026, 6, 10))
    assert [month.month for month in months] == [date(2026, m, 1) for m in range(7, 13)]


def test_the_model_is_published_where_it_beats_the_seasonal_naive(noisy: RevenueHistory):
    fit, _ = noisy.fit(MADE_ON)
    assert fit.model == "holt_winters"
    assert 0 < fit.error < fit.baseline_error
    assert fit.metrics["model_error"] == fit.error
    assert fit.metrics["back_tested_months"] == 18


def test_the_baseline_is_published_where_the_model_does_not_beat_it_and_says_so():
    after_a_step = weeks() * np.where(np.arange(DAYS) < 200, 1, 2)
    fit, months = RevenueHistory(FIRST_DAY, after_a_step).fit(MADE_ON)
    assert fit.model == "seasonal_naive"
    assert fit.error == fit.baseline_error == 0
    assert fit.metrics["model_error"] > 0
    assert "does not beat" in fit.reason
    assert months[0].point == pytest.approx(after_a_step[-28:].sum() + np.resize(after_a_step[-28:], 31)[-3:].sum())


def test_the_published_baseline_has_bounds_of_its_own():
    week_by_week = weeks() + np.repeat(np.random.default_rng(1).normal(0, 12, DAYS // 7 + 1), 7)[:DAYS].cumsum()
    fit, months = RevenueHistory(FIRST_DAY, week_by_week).fit(MADE_ON)
    assert fit.model == "seasonal_naive"
    widths = [month.upper - month.lower for month in months]
    assert all(month.lower < month.point < month.upper for month in months)
    assert widths[-1] > widths[0] > 0


def test_the_bounds_are_as_far_apart_as_days_that_vary_make_a_month_vary(noisy: RevenueHistory):
    _, months = noisy.fit(MADE_ON)
    of_eighty_in_hundred, july = 1.2816, 31
    assert CONFIDENCE_LEVEL == 80
    half = (months[0].upper - months[0].lower) / 2
    assert half == pytest.approx(of_eighty_in_hundred * NOISE.std() * np.sqrt(july), rel=0.1)


def test_a_forecast_sees_nothing_after_the_day_it_is_made_on(noisy: RevenueHistory):
    made_on = date(2026, 2, 28)
    alone = RevenueHistory(FIRST_DAY, noisy.until(made_on))
    assert alone.fit(made_on) == noisy.fit(made_on)


def test_the_back_test_compares_with_what_came(noisy: RevenueHistory):
    higher = noisy.until(MADE_ON).copy()
    higher[-30:] += 100
    fit, _ = RevenueHistory(FIRST_DAY, higher).fit(MADE_ON)
    assert fit.error > noisy.fit(MADE_ON)[0].error


def test_the_same_days_give_the_same_forecast(noisy: RevenueHistory):
    assert RevenueHistory(FIRST_DAY, weeks() + NOISE).fit(MADE_ON) == noisy.fit(MADE_ON)


@pytest.mark.parametrize("days", [1, 30, 100])
def test_a_short_history_is_not_forecast_and_the_reason_is_said(days: int):
    made_on = FIRST_DAY + timedelta(days=days - 1)
    fit, months = RevenueHistory(FIRST_DAY, weeks(days)).fit(made_on)
    assert (fit.status, months, fit.error) == ("too_little_data", [], None)
    assert f"{days} days" in fit.reason


def test_a_shop_without_revenue_is_forecast_to_have_none():
    fit, months = RevenueHistory(FIRST_DAY, np.zeros(DAYS)).fit(MADE_ON)
    assert fit.model == "seasonal_naive"
    assert {(month.lower, month.point, month.upper) for month in months} == {(0, 0, 0)}
