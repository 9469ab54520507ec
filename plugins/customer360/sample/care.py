"""The care desk: its catalogues, its customers and their interactions, with queues that build up."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from customer360.sample import care_catalogues as catalogues
from customer360.sample import columns as c
from customer360.sample import words as w
from customer360.sample.activity import Activity
from customer360.sample.calendar import DESK_HOURS, DESK_WEEK, Calendar, stream
from customer360.sample.columns import SECONDS_A_DAY, Chunk
from customer360.sample.population import Population
from customer360.sample.spelling import Spelling

STATUSES = ("Resolved", "Pending", "Escalated", "Cancelled")
RESOLVED, PENDING, ESCALATED, CANCELLED = range(4)
LANGUAGES = tuple(sorted({language for group in w.COUNTRY_LANGUAGES for language in group}))
OPENING_HOURS = 14
TARGET_OCCUPANCY = 0.75
WRAP_UP_SECONDS = 90
OUTAGE_EVERY_DAYS = 110
"""A network outage about every so many days: three times the calls, most of them about it."""
RATING_SHARE = 0.45
WITHDRAWN_SHARE = 0.015
"""Share of customers who call their request off."""


@dataclass(frozen=True)
class Served:
    """What became of each arrival: wait in seconds, position of the agent in the roster, or given up."""

    wait: np.ndarray
    agent: np.ndarray
    gave_up: np.ndarray


def serve(arrivals: np.ndarray, handling: np.ndarray, patience: np.ndarray, agents: int) -> Served:
    """Let ``agents`` answer ``arrivals`` (seconds, in order) first come, first served.

    Each arrival takes ``handling`` seconds plus a wrap-up; one who would wait longer than their
    ``patience`` gives up and takes no one's time.
    """
    free = [(0, number) for number in range(agents)]
    wait, agent = np.zeros(len(arrivals), dtype=np.int64), np.full(len(arrivals), -1)
    gave_up = np.zeros(len(arrivals), dtype=bool)
    work = zip(arrivals.tolist(), handling.tolist(), patience.tolist(), strict=True)
    for index, (at, seconds, limit) in enumerate(work):
        ready, number = free[0]
        waits = max(ready - at, 0)
        if waits > limit:
            wait[index], gave_up[index] = limit, True
            continue
        wait[index], agent[index] = waits, number
        heapq.heapreplace(free, (at + waits + seconds + WRAP_UP_SECONDS, number))
    return Served(wait, agent, gave_up)


class CareDesk:
    """Chunks of the care desk's tables: catalogues first, then a day at a time."""

    def __init__(
        self, seed: int, people: Population, calendar: Calendar, interactions: int, activity: Activity
    ) -> None:
        self._people, self._calendar, self._activity = people, calendar, activity
        self._seed = seed
        self._rng = stream(seed, "care.customer_interactions")
        self._spelling = Spelling(people, "care")
        weights = calendar.day_weights(DESK_WEEK)
        self._outage = self._rng.random(calendar.days) < 1 / OUTAGE_EVERY_DAYS
        self._counts = calendar.spread(self._rng, interactions, weights * np.where(self._outage, 3.0, 1.0))
        busiest = int(self._counts.max(initial=0))
        self._hired = catalogues.hired_days(stream(seed, "care.agents"), 12 + 3 * self._needed(busiest), calendar)
        self._skill = catalogues.skills(self._hired, calendar)
        self._next_id = 1

    def masters(self) -> Iterator[tuple[str, Chunk]]:
        """The catalogues, the customers and their plans."""
        first = self._calendar.first
        yield "care-channels", catalogues.channels(first)
        yield "care-interaction_types", catalogues.interaction_types(first)
        yield "care-service_plans", catalogues.service_plans(first)
        yield "care-agents", catalogues.agents(self._seed, self._hired, self._skill, self._calendar)
        members = self._people.members("care")
        yield "care-customers", self._customers(members)
        yield (
            "care-customer_service_plans",
            catalogues.customer_plans(self._seed, self._people, members[~self._people.quiet[members]], self._calendar),
        )

    def day(self, day: int) -> Iterator[tuple[str, Chunk]]:
        """The interactions that began on ``day``."""
        people = self._people
        count = int(self._counts[day - self._calendar.first])
        weights = people.presence(day) * people.known["care"]
        weights *= np.where(people.is_leaving(day), 2.2, 1.0) * np.array([1.0, 1.5, 0.8, 0.8])[people.segment]
        if count and weights.sum() > 0:
            yield "care-customer_interactions", self._interactions(day, count, weights)

    def _needed(self, arrivals: int) -> int:
        """Agents on duty so that they are busy most of an opening day with ``arrivals``, at least two."""
        load = arrivals * (catalogues.MEAN_HANDLING_SECONDS + WRAP_UP_SECONDS)
        return max(2, int(np.ceil(load / (OPENING_HOURS * 3600 * TARGET_OCCUPANCY))))

    def _interactions(self, day: int, count: int, weights: np.ndarray) -> Chunk:
        rng, people = self._rng, self._people
        person = rng.choice(len(people), size=count, p=weights / weights.sum())
        started = self._calendar.times(rng, day, count, DESK_HOURS)
        shares = np.cumsum(np.array(catalogues.CHANNEL_SHARES)[people.segment[person]], axis=1)
        channel = (rng.random(count)[:, None] > shares[:, :-1]).sum(axis=1)
        subject = self._subjects(day, count, people.is_leaving(day)[person])
        by_bot = rng.random(count) < np.array(catalogues.BOT_SHARES)[channel]
        handling = catalogues.handling_seconds(rng, subject, channel, by_bot)
        wait, agent, gave_up = self._queue(day, started, handling, channel, by_bot)
        status = self._statuses(rng, subject, gave_up, agent)
        duration = np.where(gave_up, 0, handling)
        ended = started + wait + duration
        is_open = (ended > self._calendar.end) | self._stays_open(day, status)
        status = np.where(is_open, PENDING, status)
        score = self._scores(rng, person, day, wait, status, agent)
        self._remember(person, started, subject)
        ids = np.arange(self._next_id, self._next_id + count)
        self._next_id += count
        return self._chunk(ids, person, channel, subject, agent, started, ended, is_open, duration, wait, status, score)

    def _stays_open(self, day: int, status: np.ndarray) -> np.ndarray:
        """Most of what is pending gets closed within some months."""
        share = 0.05 + 0.6 * np.exp((day - self._calendar.last) / 60)
        return (status == PENDING) & (self._rng.random(len(status)) < share)

    def _subjects(self, day: int, count: int, leaving: np.ndarray) -> np.ndarray:
        usual, upset = np.array(catalogues.SUBJECT_SHARES), np.array(catalogues.SUBJECT_SHARES)
        upset[[catalogues.COMPLAINT, catalogues.CANCELLATION, catalogues.BILLING]] *= 4
        if self._outage[day - self._calendar.first]:
            usual[catalogues.TECHNICAL] *= 12
        draw = self._rng.random(count)
        usual_pick = np.searchsorted(np.cumsum(usual / usual.sum()), draw, side="right")
        upset_pick = np.searchsorted(np.cumsum(upset / upset.sum()), draw, side="right")
        return np.minimum(np.where(leaving, upset_pick, usual_pick), len(usual) - 1)

    def _queue(
        self, day: int, started: np.ndarray, handling: np.ndarray, channel: np.ndarray, by_bot: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Wait in seconds, id of the agent (0 for none) and who gave up, for each interaction."""
        rng = self._rng
        roster = np.flatnonzero(self._hired <= day)
        on_duty = rng.permutation(roster)[: self._staffing(day)]
        human = np.flatnonzero(~by_bot)
        patience = rng.lognormal(6.8, 0.7, len(human)) * np.array(catalogues.PATIENCE)[channel[human]]
        served = serve(started[human], handling[human], patience.astype(np.int64), len(on_duty))
        pick_up = rng.lognormal(np.array(catalogues.PICK_UP_LOG)[channel[human]], 0.8)
        wait, agent = np.zeros(len(started), dtype=np.int64), np.zeros(len(started), dtype=np.int64)
        gave_up = np.zeros(len(started), dtype=bool)
        wait[human] = served.wait + np.where(served.gave_up, 0, pick_up).astype(np.int64)
        agent[human] = np.where(served.gave_up, 0, on_duty[served.agent] + 1)
        gave_up[human] = served.gave_up
        return wait, agent, gave_up

    def _staffing(self, day: int) -> int:
        """Rosters follow the usual load of the weekday; nobody plans for an outage."""
        count = int(self._counts[day - self._calendar.first])
        return self._needed(count // 3 if self._outage[day - self._calendar.first] else count)

    def _statuses(
        self, rng: np.random.Generator, subject: np.ndarray, gave_up: np.ndarray, agent: np.ndarray
    ) -> np.ndarray:
        draw = rng.random(len(subject))
        solved = np.array(catalogues.SOLVED_SHARES)[subject] - np.where(agent == 0, 0.08, 0.0)
        status = np.where(draw < solved, RESOLVED, np.where(draw < solved + 0.08, PENDING, ESCALATED))
        withdrawn = rng.random(len(subject)) < WITHDRAWN_SHARE
        return np.where(gave_up | withdrawn, CANCELLED, status)

    def _scores(
        self,
        rng: np.random.Generator,
        person: np.ndarray,
        day: int,
        wait: np.ndarray,
        status: np.ndarray,
        agent: np.ndarray,
    ) -> np.ndarray:
        skill = np.where(agent > 0, self._skill[agent - 1], 0)
        mean = 0.45 + 0.08 * skill - 0.6 * np.minimum(wait / 900, 1.3)
        mean -= np.array([0.0, 0.25, 0.5, 0.7])[status] + np.where(self._people.is_leaving(day)[person], 0.2, 0)
        return np.rint(np.clip(rng.normal(mean, 0.22), -1, 1) * 100).astype(np.int64)

    def _remember(self, person: np.ndarray, started: np.ndarray, subject: np.ndarray) -> None:
        np.maximum.at(self._activity.last_seen_at, person, started)
        np.add.at(self._activity.complaints, person, (subject == catalogues.COMPLAINT).astype(np.int64))

    def _chunk(
        self,
        ids: np.ndarray,
        person: np.ndarray,
        channel: np.ndarray,
        subject: np.ndarray,
        agent: np.ndarray,
        started: np.ndarray,
        ended: np.ndarray,
        is_open: np.ndarray,
        duration: np.ndarray,
        wait: np.ndarray,
        status: np.ndarray,
        score: np.ndarray,
    ) -> Chunk:
        rng, people, count = self._rng, self._people, len(ids)
        rated = (rng.random(count) < RATING_SHARE) & (status != CANCELLED) & ~is_open
        country_languages = [[LANGUAGES.index(code) for code in group] for group in w.COUNTRY_LANGUAGES]
        language = np.array(country_languages)[people.country[person], people.roll[0][person] % 3]
        note = subject * 2 + (status != RESOLVED)
        session = rng.integers(0, 2**32, count)
        return {
            "interaction_id": c.numbers(ids),
            "customer_id": c.numbers(people.ids["care"][person]),
            "channel_id": c.numbers(channel + 1),
            "interaction_type_id": c.numbers(subject + 1),
            "agent_id": c.numbers(agent, agent > 0),
            "session_id": c.Column(session, lambda part: [f"SES_{value:08X}" for value in part.tolist()]),
            "start_timestamp": c.instants(started),
            "end_timestamp": c.instants(ended, ~is_open),
            "duration_seconds": c.numbers(duration, ~is_open),
            "queue_time_seconds": c.numbers(wait),
            "resolution_status": c.words(status, STATUSES),
            "satisfaction_score": c.decimals(score, rated),
            "interaction_summary": c.words(note, catalogues.NOTES, rng.random(count) < 0.4),
            "language": c.words(language, LANGUAGES),
            "created_at": c.instants(started),
        }

    def _customers(self, members: np.ndarray) -> Chunk:
        people, spelling = self._people, self._spelling
        joined = people.joined[members]
        tier = np.where(people.roll[0][members] < 60, 1, np.array([2, 1, 0])[people.income[members]])
        gone = people.churned[members] <= self._calendar.last
        status = np.where(gone, np.where(people.roll[0][members] % 4 == 0, 2, 1), 0)
        return {
            "customer_id": c.numbers(people.ids["care"][members]),
            "customer_name": c.Column(members, lambda part: [spelling.name(p) for p in part.tolist()]),
            "email": c.Column(members, lambda part: [spelling.mail(p) for p in part.tolist()]),
            "phone": c.Column(members, lambda part: [spelling.phone(p) for p in part.tolist()]),
            "registration_date": c.days(joined),
            "customer_segment": c.words(tier, ("Premium", "Standard", "Basic")),
            "status": c.words(status, ("Active", "Inactive", "Suspended")),
            "created_at": c.instants(joined * SECONDS_A_DAY + 20_000 + people.roll[0][members] * 37),
        }
