"""The CRM: who customers are, how they want to be reached, and what the CRM makes of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from customer360.sample import columns as c
from customer360.sample import words as w
from customer360.sample.activity import LONG_AGO, Activity
from customer360.sample.calendar import Calendar, stream
from customer360.sample.columns import SECONDS_A_DAY, Chunk
from customer360.sample.population import NEVER, Population
from customer360.sample.spelling import Spelling

CHANNELS = ("Email", "SMS", "Phone", "Push")
CHANNEL_SHARES = ((0.42, 0.4, 0.06, 0.12), (0.24, 0.14, 0.6, 0.02), (0.18, 0.1, 0.02, 0.7), (0.64, 0.12, 0.04, 0.2))
LANGUAGES = (
    ("English", "Hindi", "Tamil"),
    ("English", "Spanish", "English"),
    ("English",) * 3,
    ("English", "Mandarin", "English"),
)
LANGUAGE_NAMES = tuple(sorted({name for group in LANGUAGES for name in group}))
SEGMENT_NAMES = ("Bargain Buyers", "Established Households", "Young Urban", "Conscious Consumers", "General")
CATEGORIES = ("Economy", "Standard", "Premium", "VIP")
LEVELS = ("Low", "Medium", "High")


class Crm:
    """Chunks of the CRM's tables, as they stand at the end of the period."""

    def __init__(self, seed: int, people: Population, calendar: Calendar, activity: Activity) -> None:
        self._people, self._calendar, self._activity = people, calendar, activity
        self._rng = stream(seed, "crm.customer_info")
        self._spelling = Spelling(people, "crm")

    def states(self) -> Iterator[tuple[str, Chunk]]:
        """Customers, their preferences and their segments."""
        members = self._people.members("crm")
        yield "crm-customer_info", self._info(members)
        yield "crm-customer_preferences", self._preferences(members)
        yield "crm-customer_segments", self._segments(members)

    def _info(self, members: np.ndarray) -> Chunk:
        people, spelling, rng, count = self._people, self._spelling, self._rng, len(members)
        woman = people.first_name[members] < len(w.WOMEN)
        gender = np.where(rng.random(count) < 0.02, 2, np.where(woman, 1, 0))
        joined = people.joined[members] - rng.integers(0, 300, count)
        joined = np.minimum(np.maximum(joined, people.born[members] + 18 * 366), self._calendar.last)
        gone = people.churned[members] <= self._calendar.last
        seen = self._activity.last_seen_at[members]
        points = self._activity.spent_hundredths[members] // 1000 + rng.integers(0, 400, count)
        return {
            "customer_id": c.numbers(people.ids["crm"][members]),
            "customer_name": c.Column(members, lambda part: [spelling.name(p) for p in part.tolist()]),
            "email": c.Column(members, lambda part: [spelling.mail(p) for p in part.tolist()]),
            "phone": c.Column(members, lambda part: [spelling.phone(p) for p in part.tolist()]),
            "gender": c.words(gender, ("Male", "Female", "Other"), rng.random(count) < 0.96),
            "age": c.numbers(people.age[members]),
            "date_of_birth": c.days(people.born[members]),
            "city": c.words(people.city[members], [city[0] for city in w.CITIES]),
            "state": c.words(people.city[members], [city[1] for city in w.CITIES]),
            "country": c.words(people.country[members], w.COUNTRIES),
            "postal_code": c.Column(members, self._postal_codes),
            "join_date": c.days(joined),
            "account_status": c.words(np.where(gone, 1 + (members % 4 == 0), 0), ("Active", "Inactive", "Suspended")),
            "loyalty_points": c.numbers(points),
            "last_login": c.instants(seen, seen > LONG_AGO),
        }

    def _postal_codes(self, members: np.ndarray) -> list[str]:
        codes = zip(self._people.city[members].tolist(), members.tolist(), strict=True)
        return [f"{w.CITIES[city][3]}{person % 1000:03d}" for city, person in codes]

    def _preferences(self, members: np.ndarray) -> Chunk:
        """One set for everyone, and a second one for another channel for some."""
        people, rng = self._people, self._rng
        shares = np.cumsum(np.array(CHANNEL_SHARES)[people.segment[members]], axis=1)
        channel = (rng.random(len(members))[:, None] > shares[:, :-1]).sum(axis=1)
        copies = 1 + (rng.random(len(members)) < 0.12)
        member, channel = np.repeat(members, copies), np.repeat(channel, copies)
        is_second = np.concatenate([[False], member[1:] == member[:-1]])[: len(member)]
        channel = np.where(is_second, (channel + 1) % 4, channel)
        consents = people.opted_in[member]
        languages = np.array([[LANGUAGE_NAMES.index(name) for name in group] for group in LANGUAGES])
        return {
            "preference_id": c.numbers(np.arange(1, len(member) + 1)),
            "customer_id": c.numbers(people.ids["crm"][member]),
            "communication_channel": c.words(channel, CHANNELS),
            "notification_enabled": c.flags(consents | (people.roll[1][member] % 10 < 7)),
            "marketing_consent": c.flags(consents),
            "newsletter_subscription": c.flags(consents & (people.roll[1][member] % 2 == 0)),
            "preferred_language": c.words(
                languages[people.country[member], people.roll[0][member] % 3], LANGUAGE_NAMES
            ),
            "time_zone": c.words(people.country[member], w.TIME_ZONES),
        }

    def _segments(self, members: np.ndarray) -> Chunk:
        people, rng, count = self._people, self._rng, len(members)
        spent = self._activity.spent_hundredths[members]
        value = np.rint(spent * rng.uniform(1.1, 1.9, count) + 5000 * (1 + people.income[members])).astype(np.int64)
        risk = 20 + 45 * (people.churned[members] < NEVER) + rng.normal(0, 12, count)
        name = np.where(rng.random(count) < 0.6, people.segment[members], len(SEGMENT_NAMES) - 1)
        category = np.minimum(people.income[members] + (spent > 20_000), 3)
        idle = (self._calendar.end - self._activity.last_seen_at[members]) // SECONDS_A_DAY
        level = np.where(idle < 30, 2, np.where(idle < 120, 1, 0))
        updated = (self._calendar.last - rng.integers(1, 60, count)) * SECONDS_A_DAY + rng.integers(0, 80_000, count)
        return {
            "segment_id": c.numbers(np.arange(1, count + 1)),
            "customer_id": c.numbers(people.ids["crm"][members]),
            "segment_name": c.words(name, SEGMENT_NAMES),
            "segment_category": c.words(category, CATEGORIES),
            "lifetime_value": c.decimals(value, rng.random(count) < 0.8),
            "risk_score": c.decimals(np.rint(np.clip(risk, 0, 100) * 100).astype(np.int64), rng.random(count) < 0.8),
            "engagement_level": c.words(level, LEVELS),
            "last_updated": c.instants(updated),
        }
