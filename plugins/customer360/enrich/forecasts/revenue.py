"""The net revenue of the next six months, from days with a weekly pattern."""

from __future__ import annotations

import warnings
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from statsmodels.tsa.holtwinters import ExponentialSmoothing

from customer360.enrich.forecasts.fits import Fit

MODEL = "holt_winters"
BASELINE = "seasonal_naive"

MONTHS_AHEAD = 6
CONFIDENCE_LEVEL = 80
"""In percent: of the simulated months, how many lie between the bounds."""

_WEEK = 7
_SIMULATIONS = 2_000
_SEED = 360
_MIN_DAYS = 8 * _WEEK
_BACK_TESTS = 6
_BACK_TEST_MONTHS = 3

Array = NDArray[np.float64]


@dataclass(frozen=True)
class MonthForecast:
    """The net revenue of one calendar month, in the shop's currency; ``month`` is its first day."""

    month: date
    point: float
    lower: float
    upper: float


class RevenueHistory:
    """Net revenue per day without gaps, and the forecasts that could be made on any day of it.

    A forecast made on a day sees nothing later, so the one published on a month's end serves the
    back-tests of the months after it, too; it is made once.
    """

    def __init__(self, first_day: date, revenue: Array) -> None:
        self.first_day = first_day
        self._revenue = revenue
        self._forecasts: dict[date, _Forecasts] = {}

    def until(self, day: date) -> Array:
        """Net revenue per day up to and including ``day``."""
        return self._revenue[: (day - self.first_day).days + 1]

    def fit(self, made_on: date) -> tuple[Fit, list[MonthForecast]]:
        """The forecast of the better model: Holt-Winters only if it beats the seasonal naive in back-tests.

        Back-tests: up to six month-ends, three months ahead each. ``error`` is the mean absolute error of
        those months' sums, in the shop's currency, of what is published; ``baseline_error`` that of the
        seasonal naive. No forecast without at least two back-tests.
        """
        tested = [day for day in _back_test_days(made_on) if (day - self.first_day).days + 1 >= _MIN_DAYS]
        if len(tested) < 2:
            return (
                Fit(
                    BASELINE,
                    "too_little_data",
                    f"{(made_on - self.first_day).days + 1} days of revenue are too few to back-test a forecast on.",
                ),
                [],
            )
        forecasts = self._made_on(made_on)
        model = self._back_test(tested, MODEL) if forecasts.holt_winters is not None else None
        baseline = self._back_test(tested, BASELINE)
        assert baseline is not None
        if model is None:
            name, published, reason = BASELINE, baseline, "Holt-Winters could not be fitted; the seasonal naive stands."
        elif model.error < baseline.error:
            name, published, reason = MODEL, model, "Holt-Winters beats the seasonal naive in back-tests."
        else:
            name, published, reason = BASELINE, baseline, "Holt-Winters does not beat the seasonal naive in back-tests."
        metrics: dict[str, float | int | str] = {
            "error_unit": "net revenue of a month",
            "back_tested_months": len(tested) * _BACK_TEST_MONTHS,
            "mean_month": published.mean_month,
            "coverage": published.coverage,
        }
        if model is not None:
            metrics["model_error"] = model.error
        parameters = forecasts.parameters if name == MODEL else {}
        return Fit(name, "ok", reason, parameters, metrics, published.error, baseline.error), forecasts.months(name)

    def _made_on(self, day: date) -> _Forecasts:
        if day not in self._forecasts:
            self._forecasts[day] = _Forecasts(day, self.until(day))
        return self._forecasts[day]

    def _back_test(self, days: list[date], model: str) -> _BackTest | None:
        errors, covered, actuals = [], [], []
        for day in days:
            forecasts = self._made_on(day)
            if model == MODEL and forecasts.holt_winters is None:
                return None
            for forecast in forecasts.months(model)[:_BACK_TEST_MONTHS]:
                actual = self._month_sum(forecast.month)
                errors.append(abs(forecast.point - actual))
                covered.append(forecast.lower <= actual <= forecast.upper)
                actuals.append(actual)
        return _BackTest(*(round(float(np.mean(values)), 4) for values in (errors, covered, actuals)))

    def _month_sum(self, month: date) -> float:
        start = (month - self.first_day).days
        return float(self._revenue[start : start + _days_of(month)].sum())


@dataclass(frozen=True)
class _BackTest:
    error: float
    coverage: float
    mean_month: float


class _Forecasts:
    """Both models' forecasts made on one day."""

    def __init__(self, made_on: date, revenue: Array) -> None:
        self._revenue = revenue
        self._first = made_on + timedelta(days=1)
        first_month = self._first if self._first.day == 1 else _next_month(self._first)
        self._months = [first_month]
        while len(self._months) < MONTHS_AHEAD:
            self._months.append(_next_month(self._months[-1]))
        self._days = (_next_month(self._months[-1]) - self._first).days

    def months(self, model: str) -> list[MonthForecast]:
        return self._holt_winters_months if model == MODEL else self._seasonal_naive_months

    # Months are kept, the paths they come from are not: thousands for every month of the history.
    @cached_property
    def _holt_winters_months(self) -> list[MonthForecast]:
        return self._summed(*self._holt_winters_days())

    @cached_property
    def _seasonal_naive_months(self) -> list[MonthForecast]:
        return self._summed(*self._seasonal_naive_days())

    def _summed(self, point: Array, paths: Array) -> list[MonthForecast]:
        tail = (100 - CONFIDENCE_LEVEL) / 2
        forecasts = []
        for month in self._months:
            start = (month - self._first).days
            days = slice(start, start + _days_of(month))
            expected = float(point[days].sum())
            lower, upper = np.percentile(paths[days].sum(axis=0), [tail, 100 - tail])
            bounds = float(min(lower, expected)), float(max(upper, expected))
            forecasts.append(MonthForecast(month, round(expected, 2), round(bounds[0], 2), round(bounds[1], 2)))
        return forecasts

    @cached_property
    def holt_winters(self):
        """The fitted model with additive weekdays and no trend; None where no optimum was found."""
        # What is warned about, a fit that did not converge or is exact, is asked for below.
        with warnings.catch_warnings(), np.errstate(divide="ignore"):
            warnings.simplefilter("ignore")
            fitted = ExponentialSmoothing(
                self._revenue, trend=None, seasonal="add", seasonal_periods=_WEEK, initialization_method="estimated"
            ).fit()
        return fitted if fitted.mle_retvals.success and np.isfinite(fitted.sse) else None

    @property
    def parameters(self) -> dict[str, float]:
        if self.holt_winters is None:
            return {}
        names = ("smoothing_level", "smoothing_seasonal", "initial_level")
        return {name: round(float(self.holt_winters.params[name]), 6) for name in names}

    def _holt_winters_days(self) -> tuple[Array, Array]:
        """Expected days, and simulated paths (day x path) with errors drawn from the past ones."""
        fitted = self.holt_winters
        with np.errstate(divide="ignore"):
            point = fitted.forecast(self._days)
        paths = fitted.simulate(
            self._days,
            anchor="end",
            repetitions=_SIMULATIONS,
            random_errors="bootstrap",
            rng=np.random.default_rng(_SEED),
        )
        return np.asarray(point), np.asarray(paths)

    def _seasonal_naive_days(self) -> tuple[Array, Array]:
        """The last week again and again; paths add up changes from week to week drawn from the past ones."""
        weeks = -(-self._days // _WEEK)
        changes = self._revenue[_WEEK:] - self._revenue[:-_WEEK]
        drawn = np.random.default_rng(_SEED).choice(
            changes - changes.mean(), size=(weeks, _WEEK, _SIMULATIONS), replace=True
        )
        point = np.tile(self._revenue[-_WEEK:], weeks)
        paths = point[:, None] + drawn.cumsum(axis=0).reshape(weeks * _WEEK, _SIMULATIONS)
        return point[: self._days], paths[: self._days]


def _back_test_days(made_on: date) -> list[date]:
    """The newest month-ends with three whole months after them by ``made_on``."""
    running_month = (made_on + timedelta(days=1)).replace(day=1)
    return [
        _months_before(running_month, back) - timedelta(days=1)
        for back in range(_BACK_TEST_MONTHS, _BACK_TEST_MONTHS + _BACK_TESTS)
    ]


def _months_before(month: date, months: int) -> date:
    index = month.year * 12 + month.month - 1 - months
    return date(index // 12, index % 12 + 1, 1)


def _next_month(day: date) -> date:
    return _months_before(day, -1)


def _days_of(month: date) -> int:
    return monthrange(month.year, month.month)[1]
