"""What the platform costs the shop: metered use, the price list, and what was paid."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from customer360.sample import columns as c
from customer360.sample.calendar import Calendar
from customer360.sample.columns import Chunk

SERVICES = (
    ("chat", "Chat Recommendations"), ("questionnaire", "Questionnaire Guidance"), ("image", "Image Analysis"),
    ("routine", "Routine Planner"), ("api_calls", "API Gateway"), ("data_mb", "Data Pipeline"),
)  # fmt: skip
"""What is counted, and the service that is counted; the first four in the order of the AI features."""
API_CALLS, DATA_MB = 4, 5
READING_DAYS = (7, 14, 21, 28)
"""Days of the month on which API calls and data are read, besides its last one."""
MEGABYTES_A_CALL = 0.4
PAYMENT_DAY = 3


@dataclass(frozen=True)
class Plan:
    """A plan: prices in hundredths, and what it includes of each service in a shop of a thousand care interactions."""

    name: str
    monthly_price: int
    base_cost: int
    included: Sequence[int]
    rates: Sequence[int]
    """Price of a unit more, in ten-thousandths."""


PLANS = (
    Plan("Starter", 2900, 2900, (14, 8, 5, 6, 2000, 700), (2500, 2000, 4500, 2000, 20, 15)),
    Plan("Growth", 4900, 4400, (22, 10, 8, 5, 2600, 1400), (2200, 1800, 4000, 1800, 18, 12)),
)
GROWTH_AFTER_DAYS = 365


class Billing:
    """Meters every day, and knows the prices and payments at the end."""

    def __init__(self, rng: np.random.Generator, calendar: Calendar, interactions: int) -> None:
        self._rng, self._calendar, self._scale, self._next = rng, calendar, max(interactions / 1000, 0.02), 1
        self._running = {API_CALLS: 0, DATA_MB: 0}
        self._used: dict[date, np.ndarray] = defaultdict(lambda: np.zeros(len(SERVICES), dtype=np.int64))

    def day(self, day: int, features: np.ndarray, calls: int) -> Chunk | None:
        """The chunk of shop-usage_events of ``day``: ``features`` are uses of each AI feature, ``calls`` API calls."""
        on = _date(day)
        self._running[API_CALLS] += calls
        self._running[DATA_MB] += int(calls * MEGABYTES_A_CALL * self._rng.uniform(0.7, 1.3))
        read = np.zeros(len(SERVICES), dtype=np.int64)
        read[: len(features)] = features
        is_last = (on + timedelta(days=1)).month != on.month or day == self._calendar.last
        if is_last or on.day in READING_DAYS:
            for service, used in self._running.items():
                read[service], self._running[service] = used, 0
        self._used[on.replace(day=1)] += read
        billed = np.flatnonzero(read)
        if not len(billed):
            return None
        number = np.arange(self._next, self._next + len(billed))
        self._next += len(billed)
        return {
            "usage_event_id": c.codes("U", number, 7),
            "usage_date": c.days(np.full(len(billed), day)),
            "service_name": c.words(billed, [name for _, name in SERVICES]),
            "usage_type": c.words(billed, [kind for kind, _ in SERVICES]),
            "used": c.numbers(read[billed]),
        }

    def states(self) -> Iterator[tuple[str, Chunk]]:
        """The chunks of shop-price_list and shop-payments."""
        yield "shop-price_list", self._prices()
        months = [month for month in sorted(self._used) if _pay_day(month) <= self._calendar.as_of_date]
        if months:
            yield "shop-payments", self._payments(months)

    def _since(self) -> list[date]:
        """First day of each plan."""
        first, later = (_date(self._calendar.first + days) for days in (0, GROWTH_AFTER_DAYS))
        return [first.replace(day=1), later.replace(day=1)]

    def _included(self, plan: Plan) -> list[int]:
        return [max(1, round(units * self._scale)) for units in plan.included]

    def _prices(self) -> Chunk:
        per_plan = 1 + len(SERVICES)
        plan = np.repeat(np.arange(len(PLANS)), per_plan)
        service = np.tile(np.arange(per_plan) - 1, len(PLANS))
        is_rate = service >= 0
        included = np.array([[0, *self._included(of)] for of in PLANS]).ravel()
        rates = np.array([[0, *of.rates] for of in PLANS]).ravel()
        since = np.array(self._since(), dtype="datetime64[D]").astype(np.int64)
        return {
            "price_id": c.codes("P", np.arange(1, len(plan) + 1), 3),
            "plan_name": c.words(plan, [of.name for of in PLANS]),
            "valid_from": c.days(since[plan]),
            "usage_type": c.words(service, [kind for kind, _ in SERVICES], is_rate),
            "service_name": c.words(service, [name for _, name in SERVICES], is_rate),
            "free_limit": c.numbers(included, is_rate),
            "overage_rate": c.Column(rates, lambda part: [f"{rate / 10_000:.4f}" for rate in part.tolist()], is_rate),
            "base_cost": c.decimals(np.array([of.base_cost for of in PLANS])[plan], ~is_rate),
            "monthly_price": c.decimals(np.array([of.monthly_price for of in PLANS])[plan], ~is_rate),
        }

    def _payments(self, months: list[date]) -> Chunk:
        plans = [PLANS[int(month >= self._since()[1])] for month in months]
        amounts = [self._billed(month, plan) for month, plan in zip(months, plans, strict=True)]
        paid_on = [_pay_day(month) for month in months]
        is_open = [self._calendar.as_of_date - on < timedelta(days=14) for on in paid_on]
        return {
            "payment_id": c.codes("B", np.arange(1, len(months) + 1), 4),
            "payment_date": c.texts([on.isoformat() for on in paid_on]),
            "description": c.texts([f"{p.name} plan, {m:%Y-%m}" for p, m in zip(plans, months, strict=True)]),
            "amount": c.decimals(np.array(amounts)),
            "status": c.texts(["pending" if waits else "paid" for waits in is_open]),
            "invoice_url": c.texts([f"https://billing.example.com/invoices/{month:%Y%m}" for month in months]),
        }

    def _billed(self, month: date, plan: Plan) -> int:
        """The bill of ``month`` in hundredths; every service is rounded on its own."""
        over = np.maximum(self._used[month] - np.array(self._included(plan)), 0)
        return plan.base_cost + int(((over * np.array(plan.rates) + 50) // 100).sum())


def _date(day: int) -> date:
    return date(1970, 1, 1) + timedelta(days=day)


def _pay_day(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=PAYMENT_DAY)
