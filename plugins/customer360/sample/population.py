"""The persons behind all five systems: who they are, where they are known, and how each system spells them.

Everything is an array over persons, so that a million of them fit in memory; names, mail addresses and
phone numbers are spelled from the arrays when a file is written.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from customer360.sample import words as w
from customer360.sample.calendar import Calendar, stream, years_between

SYSTEMS = ("care", "crm", "notifications", "shop", "decisions")
FIRST_ID = 1001
"""Where care, CRM and notification engine each start counting, so their ids overlap."""

SEGMENT_SHARES = (0.30, 0.25, 0.27, 0.18)
AGES = ((24, 56), (50, 79), (18, 34), (26, 52))
CHURN_SHARES = (0.18, 0.07, 0.14, 0.08)
DECAY_DAYS = 75
"""Days over which the activity of someone who leaves fades away."""
NEVER = 10**7

SHOP_SHARES = (0.62, 0.28, 0.82, 0.62)
OPT_IN_SHARES = (0.75, 0.45, 0.8, 0.68)
INCOME_SHARES = ((0.66, 0.3, 0.04), (0.25, 0.55, 0.2), (0.3, 0.45, 0.25), (0.12, 0.5, 0.38))


@dataclass(frozen=True)
class Population:
    """Arrays over persons. Days count from 1970; ``churned`` is NEVER for those who stay."""

    segment: np.ndarray
    first_name: np.ndarray
    last_name: np.ndarray
    city: np.ndarray
    country: np.ndarray
    born: np.ndarray
    age: np.ndarray
    joined: np.ndarray
    churned: np.ndarray
    income: np.ndarray
    opted_in: np.ndarray
    activity: np.ndarray
    household: np.ndarray
    shares_mail: np.ndarray
    uses_desk_mail: np.ndarray
    quiet: np.ndarray
    known: dict[str, np.ndarray]
    ids: dict[str, np.ndarray]
    roll: np.ndarray

    def __len__(self) -> int:
        return len(self.segment)

    def members(self, system: str) -> np.ndarray:
        """Positions of the persons known to ``system``, in the order of their ids there."""
        present = np.flatnonzero(self.known[system])
        return present[np.argsort(self.ids[system][present], kind="stable")]

    def presence(self, day: int) -> np.ndarray:
        """How active each person is on ``day``: 0 before joining and after leaving, fading before that."""
        fading = np.clip((self.churned - day) / DECAY_DAYS, 0, 1)
        return np.where(day > self.joined, self.activity * fading, 0.0) * ~self.quiet

    def is_leaving(self, day: int) -> np.ndarray:
        """Whether each person's activity is fading on ``day``."""
        return self.churned - day < DECAY_DAYS


def populate(seed: int, count: int, calendar: Calendar) -> Population:
    """``count`` persons, the same for the same ``seed``, ``count`` and ``calendar``."""
    rng = stream(seed, "population")
    segment = rng.choice(4, size=count, p=SEGMENT_SHARES)
    household = _households(rng, count)
    city, country = _places(rng, count, household)
    born = _birthdays(rng, segment, calendar)
    joined = _joined(rng, count, calendar)
    # One in a hundred has an account at the care desk and no history: nothing depends on their records.
    quiet = np.arange(count) % 100 == 30
    known = _known(rng, segment, quiet)
    return Population(
        segment=segment,
        first_name=rng.integers(0, len(w.FIRST_NAMES), count),
        last_name=rng.integers(0, len(w.LAST_NAMES), count)[household],
        city=city,
        country=country,
        born=born,
        age=years_between(born, calendar.last),
        joined=joined,
        churned=_churned(rng, segment, joined, calendar),
        income=_picked(rng, np.array(INCOME_SHARES)[segment]),
        opted_in=rng.random(count) < np.array(OPT_IN_SHARES)[segment],
        activity=rng.gamma(1.6, 1 / 1.6, count) + 0.05,
        household=household,
        shares_mail=(household % 3 == 0) & (np.bincount(household, minlength=count)[household] > 1),
        uses_desk_mail=np.arange(count) % 40 == 7,
        quiet=quiet,
        known=known,
        ids={system: _ids(rng, system, known[system]) for system in SYSTEMS},
        roll=rng.integers(0, 1000, (len(SYSTEMS), count)),
    )


def _picked(rng: np.random.Generator, shares: np.ndarray) -> np.ndarray:
    """One choice a row, by the shares of that row."""
    return (rng.random(len(shares))[:, None] > np.cumsum(shares, axis=1)[:, :-1]).sum(axis=1)


def _households(rng: np.random.Generator, count: int) -> np.ndarray:
    """The head of each person's household: their own position, or for some the person before them."""
    positions = np.arange(count)
    joins = (positions % 2 == 1) & (rng.random(count) < 0.1)
    return np.where(joins, positions - 1, positions)


def _places(rng: np.random.Generator, count: int, household: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    country = rng.choice(len(w.COUNTRIES), size=count, p=w.COUNTRY_SHARES)[household]
    city = np.zeros(count, dtype=np.int64)
    draw = rng.random(count)
    for number in range(len(w.COUNTRIES)):
        choices = np.array([index for index, place in enumerate(w.CITIES) if place[2] == number])
        here = country == number
        city[here] = choices[(draw[household][here] * len(choices)).astype(np.int64)]
    return city, country


def _birthdays(rng: np.random.Generator, segment: np.ndarray, calendar: Calendar) -> np.ndarray:
    youngest, oldest = np.array(AGES).T
    age = rng.integers(youngest[segment], oldest[segment] + 1)
    born = calendar.last - (age * 365.2425).astype(np.int64) - rng.integers(1, 365, len(segment))
    return np.minimum(born, calendar.last - int(18 * 365.25) - 2)


def _joined(rng: np.random.Generator, count: int, calendar: Calendar) -> np.ndarray:
    before = calendar.first - 1 - rng.integers(0, 6 * 365, count)
    during = calendar.first + rng.integers(0, max(calendar.days - 20, 1), count)
    return np.where(rng.random(count) < 0.7, before, during)


def _churned(rng: np.random.Generator, segment: np.ndarray, joined: np.ndarray, calendar: Calendar) -> np.ndarray:
    leaves = rng.random(len(segment)) < np.array(CHURN_SHARES)[segment]
    earliest = np.maximum(joined, calendar.first) + DECAY_DAYS
    room = calendar.last - earliest
    when = earliest + (rng.random(len(segment)) * np.maximum(room, 1)).astype(np.int64)
    return np.where(leaves & (room > 0), when, NEVER)


def _known(rng: np.random.Generator, segment: np.ndarray, quiet: np.ndarray) -> dict[str, np.ndarray]:
    """Which systems know each person: at least one; those without history only the care desk."""
    count = len(segment)
    crm = rng.random(count) < 0.76
    known = {
        "care": rng.random(count) < 0.84,
        "crm": crm,
        "notifications": rng.random(count) < np.where(crm, 0.76, 0.36),
        "shop": rng.random(count) < np.array(SHOP_SHARES)[segment],
        "decisions": rng.random(count) < 0.07,
    }
    nowhere = ~np.any(list(known.values()), axis=0)
    return {system: (here | nowhere | quiet) if system == "care" else here & ~quiet for system, here in known.items()}


def _ids(rng: np.random.Generator, system: str, known: np.ndarray) -> np.ndarray:
    """The number of each person in ``system``; 0 where the system does not know them."""
    ids = np.zeros(len(known), dtype=np.int64)
    if system in ("shop", "decisions"):
        # An odd factor makes this a permutation of 24 bits: text ids that look random and never collide.
        return np.where(known, (np.arange(len(known)) * 0x9E3779 + 0x7F3A2C) % 2**24, -1)
    ids[known] = FIRST_ID + rng.permutation(int(known.sum()))
    return ids
