"""How often customers buy and what they spend: BG/NBD and Gamma-Gamma, fitted by maximum likelihood.

Arrays have one element per customer. ``frequency`` counts purchases after the first, ``recency`` is the
time from the first to the last purchase and ``age`` that from the first purchase to now, both in days.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import digamma, gammaln, hyp2f1

from customer360.enrich.forecasts.fits import NotConvergedError

Array = NDArray[np.float64]

_LOG_BOUND = 7.0
"""Parameters stay within e^-7 and e^7 of the data's scale: beyond, customers no longer differ."""

_NEARLY_1 = -6
"""Logarithm of q - 1 at which the mean spend of all customers is as good as infinite."""


@dataclass(frozen=True)
class PurchaseModel:
    """BG/NBD: Fader, Hardie and Lee (2005), "Counting Your Customers" the Easy Way, Marketing Science 24 (2).

    A customer buys at a rate from Gamma(``r``, ``alpha`` in days) and leaves for good after a purchase
    with a probability from Beta(``a``, ``b``).
    """

    r: float
    alpha: float
    a: float
    b: float

    @classmethod
    def fit(cls, frequency: Array, recency: Array, age: Array) -> PurchaseModel:
        """The most likely model. Raises NotConvergedError."""
        scale = max(float(age.max()), 1.0)
        # Customers alike are computed once: most of a shop bought once, on one of a few hundred days.
        alike, customers = np.unique(np.column_stack([frequency, recency, age]), axis=0, return_counts=True)
        frequency, recency, age = alike[:, 0], alike[:, 1] / scale, alike[:, 2] / scale

        def loss(logarithms: Array) -> tuple[float, Array]:
            parameters = np.exp(logarithms)
            candidate = cls(*parameters)
            likelihood = candidate.log_likelihood(frequency, recency, age)
            slope = candidate._slope(frequency, recency, age) * parameters[:, None]
            return -np.average(likelihood, weights=customers), -np.average(slope, axis=1, weights=customers)

        r, alpha, a, b = np.exp(_minimum(loss, np.zeros(4), "BG/NBD"))
        return cls(float(r), float(alpha * scale), float(a), float(b))

    def log_likelihood(self, frequency: Array, recency: Array, age: Array) -> Array:
        """Per customer; section 7 of the paper, in logarithms."""
        r, alpha, a, b = self.r, self.alpha, self.a, self.b
        buying = gammaln(r + frequency) - gammaln(r) + r * np.log(alpha)
        staying = gammaln(a + b) + gammaln(b + frequency) - gammaln(b) - gammaln(a + b + frequency)
        return buying + staying + np.logaddexp(*self._here_or_gone(frequency, recency, age))

    def _here_or_gone(self, frequency: Array, recency: Array, age: Array) -> tuple[Array, Array]:
        here = -(self.r + frequency) * np.log(self.alpha + age)
        gone = (
            np.log(self.a)
            - np.log(self.b + np.maximum(frequency, 1) - 1)
            - (self.r + frequency) * np.log(self.alpha + recency)
        )
        # Nobody has left before a second purchase.
        return here, np.where(frequency > 0, gone, -np.inf)

    def _slope(self, frequency: Array, recency: Array, age: Array) -> Array:
        """The log-likelihood differentiated by r, alpha, a and b: one row each."""
        r, alpha, a, b = self.r, self.alpha, self.a, self.b
        here, gone = self._here_or_gone(frequency, recency, age)
        is_gone = np.exp(gone - np.logaddexp(here, gone))
        is_here = 1 - is_gone
        ever = digamma(a + b) - digamma(a + b + frequency)
        return np.stack(
            [
                digamma(r + frequency)
                - digamma(r)
                + np.log(alpha)
                - is_here * np.log(alpha + age)
                - is_gone * np.log(alpha + recency),
                r / alpha - (r + frequency) * (is_here / (alpha + age) + is_gone / (alpha + recency)),
                ever + is_gone / a,
                ever + digamma(b + frequency) - digamma(b) - is_gone / (b + np.maximum(frequency, 1) - 1),
            ]
        )

    def expected_purchases(self, days: float, frequency: Array, recency: Array, age: Array) -> Array:
        """Purchases expected in the next ``days``; equation 10 of the paper."""
        r, alpha, b = self.r, self.alpha, self.b
        # The equation divides by a - 1 although its limit at 1 is finite.
        a = self.a if abs(self.a - 1) > 1e-6 else 1 + 1e-6
        series = hyp2f1(r + frequency, b + frequency, a + b + frequency - 1, days / (alpha + age + days))
        shrinking = np.exp((r + frequency) * (np.log(alpha + age) - np.log(alpha + age + days)))
        gone_to_here = np.where(
            frequency > 0,
            a
            / (b + np.maximum(frequency, 1) - 1)
            * np.exp((r + frequency) * (np.log(alpha + age) - np.log(alpha + recency))),
            0,
        )
        return (a + b + frequency - 1) / (a - 1) * (1 - shrinking * series) / (1 + gone_to_here)

    def discounted_purchases(
        self,
        frequency: Array,
        recency: Array,
        age: Array,
        *,
        months: int,
        days_a_month: float,
        monthly_discount: float,
    ) -> Array:
        """Purchases expected in the next ``months``, each worth less by the discount at the end of its month."""
        total, before = np.zeros_like(age, dtype=float), np.zeros_like(age, dtype=float)
        for month in range(1, months + 1):
            until = self.expected_purchases(month * days_a_month, frequency, recency, age)
            total += (until - before) / (1 + monthly_discount) ** month
            before = until
        return total


@dataclass(frozen=True)
class SpendModel:
    """Gamma-Gamma: Fader and Hardie (2013), The Gamma-Gamma Model of Monetary Value.

    What a purchase costs varies around a customer's own mean by Gamma(``p``), and means between
    customers by Gamma(``q``, ``v``); ``v`` in the unit of the money.
    """

    p: float
    q: float
    v: float

    @classmethod
    def fit(cls, purchases: Array, mean_spend: Array) -> SpendModel:
        """The most likely model with a finite mean (``q`` > 1). ``mean_spend``: per purchase, above 0.

        Raises NotConvergedError.
        """
        scale = float(mean_spend.mean())
        mean_spend = mean_spend / scale

        def model(logarithms: Array) -> SpendModel:
            p, q_above_1, v = np.exp(logarithms)
            return cls(float(p), float(1 + q_above_1), float(v))

        def loss(logarithms: Array) -> tuple[float, Array]:
            candidate = model(logarithms)
            slope = candidate._slope(purchases, mean_spend) * np.exp(logarithms)[:, None]
            return -candidate.log_likelihood(purchases, mean_spend).mean(), -slope.mean(axis=1)

        best = _minimum(loss, np.zeros(3), "Gamma-Gamma")
        if best[1] < _NEARLY_1:
            raise NotConvergedError("Gamma-Gamma: the spend of these customers has no finite mean.")
        fitted = model(best)
        return cls(fitted.p, fitted.q, fitted.v * scale)

    def log_likelihood(self, purchases: Array, mean_spend: Array) -> Array:
        """Per customer; equation 1a of the paper."""
        p, q, v = self.p, self.q, self.v
        shape = p * purchases
        return (
            gammaln(shape + q)
            - gammaln(shape)
            - gammaln(q)
            + q * np.log(v)
            + (shape - 1) * np.log(mean_spend)
            + shape * np.log(purchases)
            - (shape + q) * np.log(v + purchases * mean_spend)
        )

    def _slope(self, purchases: Array, mean_spend: Array) -> Array:
        """The log-likelihood differentiated by p, q and v: one row each."""
        p, q, v = self.p, self.q, self.v
        shape, total = p * purchases, v + purchases * mean_spend
        return np.stack(
            [
                purchases
                * (digamma(shape + q) - digamma(shape) + np.log(mean_spend) + np.log(purchases) - np.log(total)),
                digamma(shape + q) - digamma(q) + np.log(v) - np.log(total),
                q / v - (shape + q) / total,
            ]
        )

    def expected_spend(self, purchases: Array, mean_spend: Array) -> Array:
        """Spend expected of a purchase; equation 5 of the paper. Without purchases: of a new customer."""
        return self.p * (self.v + purchases * mean_spend) / (self.p * purchases + self.q - 1)


def _minimum(loss: Callable[[Array], tuple[float, Array]], start: Array, name: str) -> Array:
    # The second search starts with a fresh idea of the slope, where a long flat ridge stopped the first.
    for _ in range(2):
        found = minimize(
            loss,
            start,
            jac=True,
            method="L-BFGS-B",
            bounds=[(-_LOG_BOUND, _LOG_BOUND)] * len(start),
            options={"ftol": 1e-15, "gtol": 1e-9, "maxiter": 2_000, "maxfun": 4_000, "maxcor": 20},
        )
        start = found.x
    # The optimiser calls the end of the number's precision a failure; what counts is that no way leads down.
    downhill = np.clip(found.x - found.jac, -_LOG_BOUND, _LOG_BOUND) - found.x
    if not np.isfinite(found.fun) or np.abs(downhill).max() > 1e-5:
        raise NotConvergedError(f"{name}: no maximum of the likelihood was found ({found.message}).")
    return found.x
