"""Catalogues of the care desk: channels, subjects, plans, agents, and how each of them behaves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from customer360.sample import columns as c
from customer360.sample import words as w
from customer360.sample.calendar import Calendar, stream
from customer360.sample.columns import SECONDS_A_DAY, Chunk
from customer360.sample.population import NEVER, Population

CHANNELS = (
    ("Phone", "Voice"), ("Email", "Digital"), ("Web Chat", "Digital"), ("Mobile App", "Digital"),
    ("WhatsApp", "Digital"), ("Store", "In-Person"),
)  # fmt: skip
CHANNEL_SHARES = (
    (0.30, 0.14, 0.22, 0.12, 0.18, 0.04),
    (0.62, 0.08, 0.03, 0.01, 0.04, 0.22),
    (0.06, 0.10, 0.28, 0.36, 0.19, 0.01),
    (0.18, 0.26, 0.24, 0.16, 0.12, 0.04),
)
"""Share of each channel, by latent segment."""
BOT_SHARES = (0.06, 0.0, 0.35, 0.4, 0.3, 0.0)
PATIENCE = (1.0, 40.0, 1.2, 1.5, 8.0, 2.0)
"""How long people wait on each channel, against the phone."""
PICK_UP_LOG = (2.8, 6.0, 3.3, 3.3, 4.2, 3.8)
"""Logarithm of the usual seconds until a free agent picks up."""

SUBJECTS = (
    ("BILLING", "Billing Inquiry", "Billing", "Medium", 0.20, 6.1, 0.82),
    ("TECH_SUPPORT", "Technical Support", "Technical", "High", 0.17, 6.5, 0.72),
    ("PLAN_CHANGE", "Plan Change Request", "Account", "Medium", 0.10, 6.1, 0.88),
    ("COMPLAINT", "Service Complaint", "Support", "High", 0.09, 6.6, 0.62),
    ("NEW_SERVICE", "New Service Request", "Sales", "Medium", 0.07, 6.3, 0.86),
    ("PAYMENT", "Payment Assistance", "Billing", "Medium", 0.10, 5.8, 0.88),
    ("OUTAGE", "Network Outage", "Technical", "Critical", 0.04, 5.9, 0.66),
    ("CANCELLATION", "Cancellation Request", "Retention", "Critical", 0.03, 6.6, 0.6),
    ("ACCOUNT_INFO", "Account Information", "Account", "Low", 0.09, 5.4, 0.94),
    ("DEVICE", "Device Help", "Technical", "Medium", 0.05, 6.4, 0.78),
    ("GREEN_PLAN", "Green Plan Question", "Sales", "Low", 0.03, 5.7, 0.9),
    ("GENERAL", "General Inquiry", "Support", "Low", 0.03, 5.3, 0.93),
)
"""Code, name, category, priority, share, logarithm of the usual handling seconds, share solved at once."""
BILLING, TECHNICAL, COMPLAINT, CANCELLATION = 0, 1, 3, 7
SUBJECT_SHARES = tuple(subject[4] for subject in SUBJECTS)
SOLVED_SHARES = tuple(subject[6] for subject in SUBJECTS)
MEAN_HANDLING_SECONDS = 560
NOTES = tuple(
    note
    for subject in SUBJECTS
    for note in (f"{subject[1]}: solved, customer informed", f'{subject[1]}: open, "waiting for back office"')
)

PLANS = (
    ("Basic Mobile", "Prepaid", 1500, 2, 100, 50),
    ("Standard Mobile", "Postpaid", 2500, 5, 300, 100),
    ("Premium Mobile", "Postpaid", 4500, 15, 1000, 500),
    ("Unlimited Pro", "Postpaid", 6500, 50, 2000, 1000),
    ("Family Plan", "Postpaid", 8500, 25, 1500, 750),
    ("Talk Classic", "Postpaid", 1900, 1, 1200, 300),
    ("Green Mobile", "Green", 2900, 8, 400, 150),
    ("Green Family", "Green", 7900, 25, 1200, 500),
)
"""Name, type, fee in hundredths, gigabytes, minutes, messages."""
PLAN_SHARES = (
    (0.50, 0.30, 0.03, 0.03, 0.08, 0.03, 0.02, 0.01),
    (0.12, 0.26, 0.10, 0.01, 0.14, 0.34, 0.02, 0.01),
    (0.12, 0.26, 0.26, 0.28, 0.04, 0.00, 0.03, 0.01),
    (0.06, 0.10, 0.06, 0.04, 0.03, 0.01, 0.48, 0.22),
)
DEPARTMENTS = ("Customer Service", "Technical Support", "Billing", "Retention")
SKILLS = ("Junior", "Senior", "Expert")


def handling_seconds(
    rng: np.random.Generator, subject: np.ndarray, channel: np.ndarray, by_bot: np.ndarray
) -> np.ndarray:
    """Seconds each interaction takes: lognormal by subject, longer in a store, short with a bot."""
    usual = np.array([row[5] for row in SUBJECTS])[subject] + np.where(channel == 5, 0.35, 0.0)
    return np.maximum(rng.lognormal(np.where(by_bot, 4.6, usual), 0.55), 15).astype(np.int64)


def channels(first_day: int) -> Chunk:
    """The chunk of care-channels."""
    return _catalogue(
        {
            "channel_id": range(1, len(CHANNELS) + 1),
            "channel_name": _part(CHANNELS, 0),
            "channel_type": _part(CHANNELS, 1),
        },
        len(CHANNELS),
        first_day,
    )


def interaction_types(first_day: int) -> Chunk:
    """The chunk of care-interaction_types."""
    cells = {
        "interaction_type_id": range(1, len(SUBJECTS) + 1),
        "interaction_code": _part(SUBJECTS, 0),
        "interaction_name": _part(SUBJECTS, 1),
        "category": _part(SUBJECTS, 2),
        "priority_level": _part(SUBJECTS, 3),
    }
    return _catalogue(cells, len(SUBJECTS), first_day)


def service_plans(first_day: int) -> Chunk:
    """The chunk of care-service_plans."""
    cells = {
        "service_plan_id": range(1, len(PLANS) + 1),
        "plan_name": _part(PLANS, 0),
        "plan_type": _part(PLANS, 1),
        "monthly_fee": [f"{fee / 100:.2f}" for fee in _part(PLANS, 2)],
        "data_allowance_gb": _part(PLANS, 3),
        "voice_minutes": _part(PLANS, 4),
        "sms_allowance": _part(PLANS, 5),
    }
    return _catalogue(cells, len(PLANS), first_day)


def hired_days(rng: np.random.Generator, count: int, calendar: Calendar) -> np.ndarray:
    """Day each agent was hired; the first two thirds were there before the period."""
    before = calendar.first - rng.integers(30, 2500, count)
    during = calendar.first + rng.integers(0, calendar.days, count)
    return np.where(np.arange(count) < np.ceil(count * 2 / 3), before, during)


def skills(hired: np.ndarray, calendar: Calendar) -> np.ndarray:
    """Position in SKILLS: people learn with the years."""
    return np.clip((calendar.last - hired) // 600, 0, 2)


def agents(seed: int, hired: np.ndarray, skill: np.ndarray, calendar: Calendar) -> Chunk:
    """The chunk of care-agents."""
    rng, count = stream(seed, "care.agents.names"), len(hired)
    first, last = rng.integers(0, len(w.FIRST_NAMES), count), rng.integers(0, len(w.LAST_NAMES), count)
    names = [
        f"{w.FIRST_NAMES[one]} {w.LAST_NAMES[two]}" for one, two in zip(first.tolist(), last.tolist(), strict=True)
    ]
    return {
        "agent_id": c.numbers(np.arange(1, count + 1)),
        "agent_name": c.texts(names),
        "employee_id": c.codes("EMP", np.arange(1, count + 1), 4),
        "department": c.words(np.arange(count) % len(DEPARTMENTS), DEPARTMENTS),
        "skill_level": c.words(skill, SKILLS),
        "is_active": c.flags(np.ones(count, dtype=bool)),
        "hire_date": c.days(hired),
        "created_at": c.instants(hired * SECONDS_A_DAY + 14_400),
    }


def customer_plans(seed: int, people: Population, members: np.ndarray, calendar: Calendar) -> Chunk:
    """The chunk of care-customer_service_plans: a plan since joining, and for some another one after it."""
    rng = stream(seed, "care.customer_service_plans")
    shares = np.cumsum(np.array(PLAN_SHARES)[people.segment[members]], axis=1)
    plan = (rng.random(len(members))[:, None] > shares[:, :-1]).sum(axis=1)
    start = people.joined[members]
    stay = np.minimum(people.churned[members], NEVER)
    switched = start + (rng.random(len(members)) * np.maximum(calendar.last - start, 1)).astype(np.int64)
    switches = (rng.random(len(members)) < 0.25) & (switched > start + 30) & (switched < stay - 1)
    switches &= switched <= calendar.last
    before = (plan + 1 + rng.integers(0, 5, len(members))) % 6
    before = np.where(before == plan, (before + 1) % 6, before)
    order = np.argsort(np.concatenate([np.arange(len(members)) * 2, np.flatnonzero(switches) * 2 + 1]))
    member = np.concatenate([members, members[switches]])[order]
    plans = np.concatenate([np.where(switches, before, plan), plan[switches]])[order]
    starts = np.concatenate([start, switched[switches]])[order]
    ends = np.concatenate([np.where(switches, switched - 1, stay), stay[switches]])[order]
    ended = ends <= calendar.last
    return {
        "customer_service_plan_id": c.numbers(np.arange(1, len(member) + 1)),
        "customer_id": c.numbers(people.ids["care"][member]),
        "service_plan_id": c.numbers(plans + 1),
        "start_date": c.days(starts),
        "end_date": c.days(ends, ended),
        "is_active": c.flags(~ended),
        "created_at": c.instants(starts * SECONDS_A_DAY + 21_600),
    }


def _part(rows: Sequence[Sequence[Any]], position: int) -> list[Any]:
    return [row[position] for row in rows]


def _catalogue(cells: dict[str, Sequence[Any]], count: int, first_day: int) -> Chunk:
    """A catalogue whose records are all in use, and were stored before the period began."""
    stored = np.full(count, (first_day - 400) * SECONDS_A_DAY + 28_800)
    return {
        **{name: c.texts(list(values)) for name, values in cells.items()},
        "is_active": c.flags(np.ones(count, dtype=bool)),
        "created_at": c.instants(stored),
    }
