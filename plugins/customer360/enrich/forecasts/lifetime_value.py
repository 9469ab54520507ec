"""What each customer will still spend, and how far off the same model was on days held out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from customer360.enrich.forecasts.fits import Fit, NotConvergedError, Status
from customer360.enrich.forecasts.purchase_models import Array, PurchaseModel, SpendModel

MODEL = "bg_nbd_gamma_gamma"

HORIZON_MONTHS = 12
DAYS_A_MONTH = 365 / 12
YEARLY_DISCOUNT = 0.10
HOLDOUT_DAYS = 90

MIN_REPEAT_BUYERS = 16
"""Four for each parameter of BG/NBD; in the back-test, which sees less, half of that."""


@dataclass(frozen=True)
class PurchaseDays:
    """One element per shop account and business day with an order or a refund, in order of the day.

    ``day`` is a proleptic ordinal, ``spend`` the net amount of the day's orders and ``refund`` what
    was paid back that day, in the shop's currency.
    """

    customer: NDArray[np.str_]
    day: NDArray[np.int64]
    is_purchase: NDArray[np.bool_]
    spend: Array
    refund: Array

    def until(self, day: int) -> PurchaseDays:
        """The part up to and including ``day``."""
        known = self.day <= day
        return PurchaseDays(
            self.customer[known], self.day[known], self.is_purchase[known], self.spend[known], self.refund[known]
        )


@dataclass(frozen=True)
class CustomerValues:
    """One element per shop account that has bought. Money in the shop's currency.

    ``predicted_purchases``: days with a purchase in the next 12 months. ``predicted_clv``: net spend of
    these months, discounted. ``current_clv``: net revenue so far, not part of the prediction.
    """

    customer: NDArray[np.str_]
    predicted_purchases: Array
    predicted_clv: Array
    current_clv: Array


@dataclass(frozen=True)
class _Buyers:
    customer: NDArray[np.str_]
    frequency: Array
    recency: Array
    age: Array
    mean_spend: Array
    net_revenue: Array
    refund_share: float

    @classmethod
    def of(cls, days: PurchaseDays, made_on: int) -> _Buyers:
        customer, position = np.unique(days.customer, return_inverse=True)
        bought = position[days.is_purchase]
        purchases = np.bincount(bought, minlength=len(customer))
        first = np.full(len(customer), made_on)
        last = np.zeros(len(customer), dtype=int)
        np.minimum.at(first, bought, days.day[days.is_purchase])
        np.maximum.at(last, bought, days.day[days.is_purchase])
        spend = np.bincount(position, days.spend, minlength=len(customer))
        refund = np.bincount(position, days.refund, minlength=len(customer))
        buyer = purchases > 0
        return cls(
            customer=customer[buyer],
            frequency=(purchases[buyer] - 1).astype(float),
            recency=(last - first)[buyer].astype(float),
            age=(made_on - first)[buyer].astype(float),
            mean_spend=np.maximum(spend[buyer] / purchases[buyer], 0),
            net_revenue=(spend - refund)[buyer].astype(float),
            refund_share=min(float(refund.sum() / spend.sum()), 1.0) if spend.sum() > 0 else 0.0,
        )

    @property
    def repeat_buyers(self) -> int:
        return int((self.frequency > 0).sum())


@dataclass(frozen=True)
class _Models:
    purchases: PurchaseModel
    spend: SpendModel

    @classmethod
    def fit(cls, buyers: _Buyers) -> _Models:
        paid = buyers.mean_spend > 0
        if not paid.any():
            raise NotConvergedError("Gamma-Gamma: nobody has paid anything.")
        return cls(
            PurchaseModel.fit(buyers.frequency, buyers.recency, buyers.age),
            # With the first purchase: most customers have no other.
            SpendModel.fit(buyers.frequency[paid] + 1, buyers.mean_spend[paid]),
        )

    def value(self, frequency: Array, recency: Array, age: Array, spend: Array, refund_share: float) -> Array:
        purchases = self.purchases.discounted_purchases(
            frequency,
            recency,
            age,
            months=HORIZON_MONTHS,
            days_a_month=DAYS_A_MONTH,
            monthly_discount=(1 + YEARLY_DISCOUNT) ** (1 / 12) - 1,
        )
        return purchases * spend * (1 - refund_share)


def fit_lifetime_value(days: PurchaseDays, made_on: date) -> tuple[Fit, CustomerValues | None]:
    """Fit on everything up to ``made_on``; no values where there is too little to fit or no maximum.

    ``error``: mean absolute error of the purchases per customer in the last 90 days, predicted from what
    was known before them; ``baseline_error``: that of a customer who goes on at the own rate so far.
    The parameter ``newcomer_clv`` is the value on the day of a first purchase.
    """
    today = made_on.toordinal()
    buyers = _Buyers.of(days.until(today), today)
    known = _Buyers.of(days.until(today - HOLDOUT_DAYS), today - HOLDOUT_DAYS)
    if buyers.repeat_buyers < MIN_REPEAT_BUYERS or known.repeat_buyers < MIN_REPEAT_BUYERS / 2:
        return _unfitted(
            "too_little_data",
            f"{buyers.repeat_buyers} customers bought again by {made_on}, {known.repeat_buyers} of them "
            f"{HOLDOUT_DAYS} days earlier; {MIN_REPEAT_BUYERS} and {MIN_REPEAT_BUYERS // 2} are needed.",
        )
    try:
        models = _Models.fit(buyers)
        metrics = _back_test(_Models.fit(known), known, days.until(today), today)
    except NotConvergedError as error:
        return _unfitted("not_converged", str(error))
    values = _values(models, buyers)
    newcomer = float(_newcomer_value(models, buyers.refund_share))
    if not (np.isfinite(values.predicted_clv).all() and (values.predicted_clv >= 0).all() and np.isfinite(newcomer)):
        return _unfitted("not_converged", "The most likely model predicts no finite value for some customers.")
    fit = Fit(
        MODEL,
        "ok",
        f"Fitted on {len(buyers.customer)} customers, {buyers.repeat_buyers} of whom bought again.",
        {
            **vars(models.purchases),
            **vars(models.spend),
            "refund_share": buyers.refund_share,
            "newcomer_clv": round(newcomer, 4),
            "horizon_months": HORIZON_MONTHS,
            "yearly_discount": YEARLY_DISCOUNT,
        },
        metrics | {"customers": len(buyers.customer), "repeat_buyers": buyers.repeat_buyers},
        float(metrics["model_error"]),
        float(metrics["baseline_error"]),
    )
    return fit, values


def _unfitted(status: Status, reason: str) -> tuple[Fit, None]:
    return Fit(MODEL, status, reason), None


def _values(models: _Models, buyers: _Buyers) -> CustomerValues:
    history = (buyers.frequency, buyers.recency, buyers.age)
    spend = models.spend.expected_spend(buyers.frequency + 1, buyers.mean_spend)
    return CustomerValues(
        buyers.customer,
        models.purchases.expected_purchases(HORIZON_MONTHS * DAYS_A_MONTH, *history),
        models.value(*history, spend, buyers.refund_share),
        buyers.net_revenue,
    )


def _newcomer_value(models: _Models, refund_share: float) -> float:
    none = np.zeros(1)
    return models.value(none, none, none, models.spend.expected_spend(none, none), refund_share)[0]


def _back_test(models: _Models, known: _Buyers, days: PurchaseDays, today: int) -> dict[str, float | int | str]:
    """Predict the held-out days for the customers known before them, and compare."""
    held_out = (days.day > today - HOLDOUT_DAYS) & np.isin(days.customer, known.customer)
    bought = held_out & days.is_purchase
    position = np.searchsorted(known.customer, days.customer[bought])
    actual = np.bincount(position, minlength=len(known.customer))
    predicted = models.purchases.expected_purchases(HOLDOUT_DAYS, known.frequency, known.recency, known.age)
    at_own_rate = HOLDOUT_DAYS * known.frequency / np.maximum(known.age, 1)
    spend = models.spend.expected_spend(known.frequency + 1, known.mean_spend) * (1 - known.refund_share)
    return {
        "error_unit": "purchases per customer",
        "model_error": float(np.abs(predicted - actual).mean()),
        "baseline_error": float(np.abs(at_own_rate - actual).mean()),
        "holdout_days": HOLDOUT_DAYS,
        "holdout_customers": len(known.customer),
        "purchases_predicted": float(predicted.sum()),
        "purchases_at_own_rate": float(at_own_rate.sum()),
        "purchases_actual": int(actual.sum()),
        "revenue_predicted": float((predicted * spend).sum()),
        "revenue_actual": float((days.spend - days.refund)[held_out].sum()),
    }
