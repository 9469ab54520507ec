"""The period a delivery covers: its days, their weight, the hours of a day, and the random streams."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from customer360.sample.columns import SECONDS_A_DAY

SLOT_SECONDS = 1800
IST_SLOTS = 11
"""Half hours that India's clock is ahead of UTC; most customers live by it."""

DESK_HOURS = (0, 0, 0, 0, 0, 0, 0, 1, 3, 7, 10, 10, 8, 6, 7, 8, 8, 9, 8, 6, 4, 1, 0, 0)
"""Load of the care desk by hour of the day in India."""
SHOP_HOURS = (2, 1, 1, 0.5, 0.5, 1, 2, 3, 4, 5, 5, 5, 6, 6, 5, 5, 5, 6, 8, 10, 12, 11, 8, 4)
"""Load of the web shop by hour of the day in India."""
OFFICE_HOURS = (0, 0, 0, 0, 0, 0, 0, 0, 1, 6, 9, 10, 9, 5, 8, 10, 9, 7, 3, 1, 0, 0, 0, 0)
"""Load of people in an office by hour of the day in India."""

DESK_WEEK = (1.25, 1.1, 1.0, 1.0, 1.05, 0.7, 0.5)
SHOP_WEEK = (0.9, 0.88, 0.9, 0.95, 1.05, 1.25, 1.2)
OFFICE_WEEK = (1.1, 1.1, 1.1, 1.0, 0.9, 0.15, 0.1)

SHOP_MONTHS = (1.12, 0.92, 0.95, 0.95, 0.95, 0.9, 0.92, 0.98, 1.0, 1.2, 1.4, 1.2)
"""Load of the web shop by month: the festive season and the January sale."""


def stream(seed: int, name: str) -> np.random.Generator:
    """A random stream of its own for ``name``: what one table draws never moves another."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, zlib.crc32(name.encode())])))


@dataclass(frozen=True)
class Calendar:
    """The ``days`` days that end with ``as_of_date``; days count from 1970."""

    as_of_date: date
    days: int

    @property
    def last(self) -> int:
        return (self.as_of_date - date(1970, 1, 1)).days

    @property
    def first(self) -> int:
        return self.last - self.days + 1

    @property
    def end(self) -> int:
        """The second after which nothing has happened yet.

        18:30 UTC is midnight in India, so the last day is over there and in UTC alike.
        """
        return self.last * SECONDS_A_DAY + (48 - IST_SLOTS) * SLOT_SECONDS - 1

    def day_weights(self, week: Sequence[float], months: Sequence[float] | None = None) -> np.ndarray:
        """Relative load of each day: weekday, month and a slow growth over the period."""
        dates = [self.as_of_date - timedelta(days=self.days - 1 - index) for index in range(self.days)]
        weights = np.array([week[day.weekday()] * (months[day.month - 1] if months else 1) for day in dates])
        return weights * np.linspace(1.0, 1.3, self.days)

    def spread(self, rng: np.random.Generator, total: int, weights: np.ndarray) -> np.ndarray:
        """How many of ``total`` fall on each day."""
        return rng.multinomial(total, weights / weights.sum())

    def times(self, rng: np.random.Generator, day: int, count: int, hours: Sequence[float]) -> np.ndarray:
        """``count`` instants of ``day`` in order, in seconds since 1970, by the load of ``hours`` in India."""
        slots = np.roll(np.repeat(np.asarray(hours, dtype=float), 2), -IST_SLOTS)
        if day == self.last:
            slots[48 - IST_SLOTS :] = 0
        slot = rng.choice(48, size=count, p=slots / slots.sum())
        return np.sort(day * SECONDS_A_DAY + slot * SLOT_SECONDS + rng.integers(0, SLOT_SECONDS, count))


def years_between(born: np.ndarray, day: int | np.ndarray) -> np.ndarray:
    """Whole years from the days ``born`` to ``day``, as birthdays count them."""
    year, month_day = _year_and_month_day(born)
    to_year, to_month_day = _year_and_month_day(np.asarray(day))
    return to_year - year - (to_month_day < month_day)


def _year_and_month_day(day: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    date_ = np.asarray(day).astype("datetime64[D]")
    month = date_.astype("datetime64[M]")
    of_month = (date_ - month).astype(np.int64) + 1
    months = month.astype(np.int64)
    return 1970 + months // 12, (months % 12 + 1) * 100 + of_month
