"""The notification engine: profiles, account states, interactions, and messages with what came of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from customer360.sample import columns as c
from customer360.sample import words as w
from customer360.sample.activity import LONG_AGO, Activity
from customer360.sample.calendar import (
    DESK_HOURS,
    DESK_WEEK,
    OFFICE_HOURS,
    OFFICE_WEEK,
    Calendar,
    stream,
    years_between,
)
from customer360.sample.columns import SECONDS_A_DAY, Chunk
from customer360.sample.population import NEVER, Population
from customer360.sample.spelling import Spelling

MESSAGES_A_CARE_INTERACTION = 2.6
INTERACTIONS_A_CARE_INTERACTION = 0.6

CHANNELS = ("Email", "SMS", "Phone", "App Push")
CHANNEL_SHARES = ((0.4, 0.42, 0.06, 0.12), (0.24, 0.14, 0.58, 0.04), (0.16, 0.1, 0.02, 0.72), (0.62, 0.12, 0.04, 0.22))
OPEN_SHARES = (0.44, 0.26, 0.56, 0.48)
CLICK_SHARES = (0.38, 0.12, 0.4, 0.34)
"""Share of opened messages that are clicked, by latent segment."""
MARKETING = ("Promotion", "New Product", "Loyalty Offer", "Eco Tip", "Newsletter")
SERVICE = ("Service Alert", "Billing Reminder", "Account Update")
TYPES = MARKETING + SERVICE
ACTIONS = ("None", "Visited Site", "Purchased", "Redeemed Offer", "Unsubscribed")
DELIVERIES = ("Delivered", "Failed", "Bounced")
PRIORITIES = ("High", "Medium", "Low")

DESKS = ("Phone", "Email", "Chat", "In-Person")
DESK_SHARES = ((0.34, 0.24, 0.38, 0.04), (0.6, 0.08, 0.04, 0.28), (0.08, 0.2, 0.71, 0.01), (0.2, 0.42, 0.34, 0.04))
KINDS = ("Complaint", "Inquiry", "Support")
SENTIMENTS = ("Positive", "Negative", "Neutral")
STATUSES = ("Resolved", "Pending", "Escalated")
SUMMARIES = (
    "Bill higher than expected", "Service down since the morning", "Delivery came late",
    "Asked about plan prices", "Asked for a paper bill", "Asked about the green tariff",
    "Help with the app", "Help with a new device, walked through the steps", "Reset of the account",
)  # fmt: skip

SOURCE_SEGMENTS = ("Retail", "Premium", "Youth", "Senior")
SUBSCRIPTIONS = ("Basic", "Premium", "Green")
ACCOUNT_STATES = ("Active", "Suspended", "At Risk")
HABITS = (
    ("Redeemed a discount code", "Compared prices of plans", "Bought a value pack"),
    ("Called the service line", "Visited a branch", "Paid the bill by cheque"),
    ("Used the app's AI assistant", "Tapped a push message", "Shared a wish list from the phone"),
    ("Viewed the Eco Care range", "Switched to paperless billing", "Asked for refill packs"),
)
RECOMMENDATIONS = (
    ("High churn risk", "Call with a retention offer", "High", "Yes", "Retention"),
    ("Open complaint", "Follow up on the complaint", "High", "Yes", "Customer Service"),
    ("Cart left behind", "Send a reminder with a small discount", "Medium", "No", "Marketing"),
    ("Plan renewal due", "Offer a longer term", "Medium", "Yes", "Sales"),
    ("Eco interest", "Present the green plan", "Low", "No", "Marketing"),
    ("Loyal customer", "Thank and ask for a referral", "Low", "No", "Customer Success"),
)


class NotificationEngine:
    """Chunks of the engine's tables: events a day at a time, profiles and states at the end."""

    def __init__(
        self, seed: int, people: Population, calendar: Calendar, interactions: int, activity: Activity
    ) -> None:
        self._people, self._calendar, self._activity = people, calendar, activity
        self._rng = stream(seed, "notifications.notification_history")
        self._desk_rng = stream(seed, "notifications.interaction_history")
        self._profile_rng = stream(seed, "notifications.customer_profiles")
        spread = calendar.spread
        self._messages = spread(
            self._rng, round(interactions * MESSAGES_A_CARE_INTERACTION), calendar.day_weights(OFFICE_WEEK)
        )
        self._contacts = spread(
            self._desk_rng,
            round(interactions * INTERACTIONS_A_CARE_INTERACTION),
            calendar.day_weights(DESK_WEEK),
        )
        self._preferred = _picked(self._profile_rng, np.array(CHANNEL_SHARES)[people.segment])
        self._agents = 6 + interactions // 5000
        self._next_id = 1
        self._spelling = Spelling(people, "notifications")

    def day(self, day: int) -> Iterator[tuple[str, Chunk]]:
        """Messages and interactions of ``day``."""
        index = day - self._calendar.first
        people = self._people
        weights = people.presence(day) * people.known["notifications"]
        # Messages go to whoever is on the list, however active; those who object get only service mail.
        listed = (people.known["notifications"] & (day > people.joined) & ~people.quiet) * np.where(
            people.opted_in, 1.0, 0.3
        )
        listed *= day <= people.churned
        if self._messages[index] and listed.sum() > 0:
            yield "notifications-notification_history", self._sent(day, int(self._messages[index]), listed)
        if self._contacts[index] and weights.sum() > 0:
            yield "notifications-interaction_history", self._contacted(day, int(self._contacts[index]), weights)

    def states(self) -> Iterator[tuple[str, Chunk]]:
        """Profiles, account states and the engine's own recommendations at the end of the period."""
        members = self._people.members("notifications")
        yield "notifications-customer_profiles", self._profiles(members)
        yield "notifications-account_activity", self._accounts(members)
        yield "notifications-recommended_actions", self._recommended(members)

    def _sent(self, day: int, count: int, listed: np.ndarray) -> Chunk:
        rng, people = self._rng, self._people
        person = rng.choice(len(people), size=count, p=listed / listed.sum())
        segment, opted_in = people.segment[person], people.opted_in[person]
        sent = self._calendar.times(rng, day, count, OFFICE_HOURS)
        kind = np.where(
            opted_in & (rng.random(count) < 0.78),
            rng.integers(0, len(MARKETING), count),
            len(MARKETING) + rng.integers(0, len(SERVICE), count),
        )
        is_marketing = kind < len(MARKETING)
        channel = np.where(rng.random(count) < 0.8, self._preferred[person], rng.integers(0, 4, count))
        delivery = rng.choice(3, size=count, p=[0.95, 0.03, 0.02])
        fading = np.where(people.is_leaving(day)[person], 0.45, 1.0)
        fits = np.where((kind == 3) & (segment == w.ECO), 1.3, np.where(channel == self._preferred[person], 1.1, 0.8))
        opened = (delivery == 0) & (rng.random(count) < np.array(OPEN_SHARES)[segment] * fading * fits)
        clicked = opened & (rng.random(count) < np.array(CLICK_SHARES)[segment] * fading)
        self._activity.nudged_day[person[clicked & is_marketing]] = day
        action = np.where(clicked, rng.choice([1, 2, 3], size=count, p=[0.66, 0.2, 0.14]), 0)
        action = np.where(is_marketing & opened & ~clicked & (rng.random(count) < 0.02), 4, action)
        self._next_id += count
        return {
            "notification_id": c.codes("N", np.arange(self._next_id - count, self._next_id), 7),
            "customer_id": c.numbers(people.ids["notifications"][person]),
            "channel": c.words(channel, CHANNELS),
            "sent_date": c.instants(sent),
            "notification_type": c.words(kind, TYPES),
            "opened": c.yes_no(opened),
            "clicked": c.yes_no(clicked),
            "action_taken": c.words(action, ACTIONS),
            "delivery_status": c.words(delivery, DELIVERIES),
            "notification_priority": c.words(np.where(is_marketing, 2, kind % 2), PRIORITIES),
            "response_time_hours": c.numbers(rng.geometric(0.12, count) - 1, clicked),
        }

    def _contacted(self, day: int, count: int, weights: np.ndarray) -> Chunk:
        rng, people = self._desk_rng, self._people
        person = rng.choice(len(people), size=count, p=weights / weights.sum())
        leaving = people.is_leaving(day)[person]
        when = self._calendar.times(rng, day, count, DESK_HOURS)
        kind = np.where(rng.random(count) < np.where(leaving, 0.6, 0.2), 0, rng.integers(1, 3, count))
        minutes = rng.lognormal(2.6 + 0.4 * (kind == 0), 0.9, count).astype(np.int64)
        upset = rng.random(count) < np.where(kind == 0, 0.62, 0.1) + np.minimum(minutes / 400, 0.25)
        status = np.where(rng.random(count) < np.where(upset, 0.62, 0.9), 0, rng.integers(1, 3, count))
        sentiment = np.where(upset, 1, np.where(rng.random(count) < 0.5, 0, 2))
        np.add.at(self._activity.complaints, person, (kind == 0).astype(np.int64))
        np.maximum.at(self._activity.last_seen_at, person, when)
        return {
            "customer_id": c.numbers(people.ids["notifications"][person]),
            "channel": c.words(_picked(rng, np.array(DESK_SHARES)[people.segment[person]]), DESKS),
            "date_time": c.instants(when),
            "interaction_type": c.words(kind, KINDS),
            "sentiment": c.words(sentiment, SENTIMENTS, rng.random(count) < 0.85),
            "summary": c.words(kind * 3 + rng.integers(0, 3, count), SUMMARIES),
            "response_time_minutes": c.numbers(minutes),
            "resolution_status": c.words(status, STATUSES),
            "agent_id": c.codes("AG-", rng.integers(1, self._agents + 1, count), 3),
        }

    def _profiles(self, members: np.ndarray) -> Chunk:
        people, rng, count = self._people, self._profile_rng, len(members)
        segment = people.segment[members]
        by_age = np.where(people.age[members] < 28, 2, np.where(people.age[members] > 62, 3, 0))
        source_segment = np.where(people.income[members] == 2, 1, by_age)
        mood = 7.4 - 0.5 * np.minimum(self._activity.complaints[members], 4)
        mood -= np.where(people.churned[members] < NEVER, 1.8, 0.0)
        score = np.clip(np.rint(rng.normal(mood, 1.3)), 1, 10).astype(np.int64)
        return {
            "customer_id": c.numbers(people.ids["notifications"][members]),
            "name": c.Column(members, lambda part: [self._spelling.name(p) for p in part.tolist()]),
            "age": c.numbers(people.age[members]),
            "location": c.Column(members, self._locations),
            "preferred_channel": c.words(self._preferred[members], CHANNELS),
            "segment": c.words(source_segment, SOURCE_SEGMENTS, (segment + members) % 12 != 0),
            "opted_in": c.yes_no(people.opted_in[members]),
            "income_bracket": c.words(people.income[members], ("Low", "Medium", "High")),
            "customer_since": c.days(people.joined[members]),
            "satisfaction_score": c.numbers(score, rng.random(count) < 0.93),
        }

    def _locations(self, members: np.ndarray) -> list[str]:
        return [f"{w.CITIES[city][0]}, {w.COUNTRIES[w.CITIES[city][2]]}" for city in self._people.city[members]]

    def _accounts(self, members: np.ndarray) -> Chunk:
        people, rng, count = self._people, self._profile_rng, len(members)
        last, seen = self._calendar.last, self._activity.last_seen_at[members]
        leaving = people.is_leaving(last)[members]
        risk = 22 + 38 * leaving + 4 * np.minimum(self._activity.complaints[members], 5) + rng.normal(0, 11, count)
        idle = np.clip((self._calendar.end - seen) / SECONDS_A_DAY, 0, 400)
        engagement = 85 * np.exp(-idle / 90) + rng.normal(6, 6, count)
        ordered = self._activity.last_order_day[members]
        state = np.where(leaving, np.where(rng.random(count) < 0.3, 1, 2), np.where(rng.random(count) < 0.04, 2, 0))
        green = rng.random(count) < np.array([0.05, 0.03, 0.05, 0.78])[people.segment[members]]
        subscription = np.where(green, 2, (people.income[members] == 2) | (rng.random(count) < 0.12))
        habit = np.where(rng.random(count) < 0.75, people.segment[members], rng.integers(0, 4, count))
        return {
            "customer_id": c.numbers(people.ids["notifications"][members]),
            "account_status": c.words(state, ACCOUNT_STATES),
            "last_transaction": c.days(ordered, ordered > LONG_AGO),
            "last_login": c.instants(seen, seen > LONG_AGO),
            "recent_activity": c.words(habit * 3 + members % 3, [text for group in HABITS for text in group]),
            "engagement_score": c.numbers(np.clip(np.rint(engagement), 0, 100).astype(np.int64)),
            "account_tenure_years": c.numbers(years_between(people.joined[members], last)),
            "subscription_type": c.words(subscription.astype(np.int64), SUBSCRIPTIONS),
            "churn_risk_score": c.numbers(np.clip(np.rint(risk), 0, 100).astype(np.int64), rng.random(count) < 0.7),
        }

    def _recommended(self, members: np.ndarray) -> Chunk:
        people, rng = self._people, self._profile_rng
        chosen = members[rng.random(len(members)) < 0.4]
        leaving = people.is_leaving(self._calendar.last)[chosen]
        upset = self._activity.complaints[chosen] > 1
        choice = np.where(people.segment[chosen] == w.ECO, 4, rng.integers(2, 6, len(chosen)))
        choice = np.where(leaving, 0, np.where(upset & (rng.random(len(chosen)) < 0.6), 1, choice))
        names = ("scenario", "recommended_action", "urgency_level", "follow_up_required", "assigned_team")
        cells = {
            name: c.words(choice, [row[position] for row in RECOMMENDATIONS]) for position, name in enumerate(names)
        }
        return {"customer_id": c.numbers(people.ids["notifications"][chosen]), **cells}


def _picked(rng: np.random.Generator, shares: np.ndarray) -> np.ndarray:
    return (rng.random(len(shares))[:, None] > np.cumsum(shares, axis=1)[:, :-1]).sum(axis=1)
