"""Drafted messages and the ledger of what may become of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from customer360.enrich import EnrichError, decide, draft, enrich, judge, judged_later, open_drafts
from customer360.enrich.notifications import NotificationPolicy
from customer360.warehouse import Warehouse
from warehouses import AS_OF_DATE

FRUGAL = {"discount_share": Decimal("0.6"), "income_bracket": "Low", "marketing_consent": True}
NEXT_DAY = AS_OF_DATE + timedelta(days=1)
HELD_OUT, SPOKEN_TO = 8, 1
"""Two customers: the first is in the holdout, for ever."""


def night(warehouse: Warehouse, run_id: int, day: date = AS_OF_DATE, **policy: int) -> dict[str, int]:
    """Enrichment as of a day, with messages that would go out at 10:00 in Berlin the day after."""
    chosen = NotificationPolicy.read().model_copy(update=policy)
    enrich(warehouse, run_id=run_id, as_of_date=day)
    draft(warehouse, run_id=run_id, as_of_date=day)
    return judge(warehouse, run_id=run_id, as_of_date=day, business_time_zone="Europe/Berlin", policy=chosen)


def ledger(warehouse: Warehouse) -> list[tuple]:
    with warehouse.connect() as connection:
        return connection.execute(
            "select customer_key, state, reason, decided_by from enrichment.notification_states order by state_id"
        ).fetchall()


def only_row(warehouse: Warehouse, query: str) -> tuple:
    with warehouse.connect() as connection:
        rows = connection.execute(query).fetchall()
    assert len(rows) == 1
    return rows[0]


def say(warehouse: Warehouse, run_id: int, decision: str, drafts: list[int], day: date = AS_OF_DATE) -> int:
    return decide(
        warehouse, decision, drafts, run_id=run_id, as_of_date=day, decided_by="Asha",
        decided_at=datetime(2026, 7, 1, 6, tzinfo=UTC),
    )  # fmt: skip


def test_an_action_that_sends_a_message_is_drafted_and_one_done_by_a_person_is_not(warehouse, run_id, change, permit):
    change(range(1, 2), **FRUGAL, preferred_channel="SMS")
    change(range(2, 3), cancellation_requests_180d=1)
    permit(1)
    permit(2)
    assert night(warehouse, run_id) == {"drafted": 1}
    assert only_row(
        warehouse,
        "select customer_key, source, prompt_version, status, notification_type, channel, scenario, urgency_level,"
        " assigned_team, position('{{first_name}}' in body) > 0 from enrichment.notification_drafts",
    ) == (
        1, "rules", "notifications_v1", "ok", "Savings offer", "SMS", "Savings for a value seeker", "Low",
        "Marketing", True,
    )  # fmt: skip


def test_the_same_night_again_drafts_nothing_and_changes_no_state(warehouse, run_id, change, permit):
    change(range(1, 5), **FRUGAL)
    for key in range(1, 5):
        permit(key)
    assert night(warehouse, run_id) == {"drafted": 4}
    assert night(warehouse, run_id) == {}
    assert night(warehouse, run_id, NEXT_DAY) == {}


@pytest.mark.parametrize(
    ("permissions", "state", "reason"),
    [
        ({}, "drafted", "passes_all_rules"),
        ({"has_consent": False}, "suppressed", "no_consent"),
        ({"is_channel_on": False}, "suppressed", "channel_off"),
        ({"has_email": False}, "suppressed", "no_address"),
        ({"notifications_sent_7d": 1}, "drafted", "passes_all_rules"),
        ({"notifications_sent_7d": 2}, "suppressed", "frequency_cap"),
        (
            {"has_consent": False, "notifications_sent_7d": 2, "time_zone": "America/New_York"},
            "suppressed",
            "no_consent",
        ),
    ],
)
def test_the_first_rule_that_stands_against_a_message_is_the_reason(
    warehouse, run_id, change, permit, permissions, state, reason
):
    change(range(1, 2), **FRUGAL)
    permit(1, **permissions)
    night(warehouse, run_id)
    assert ledger(warehouse) == [(1, state, reason, "rules")]


def test_a_message_that_sells_nothing_needs_no_consent(warehouse, run_id, change, permit):
    change(range(1, 2), avg_satisfaction_90d=20)
    permit(1, has_consent=False)
    assert night(warehouse, run_id) == {"drafted": 1}


def test_consent_withdrawn_suppresses_even_what_a_person_approved_and_both_stay_in_the_ledger(
    warehouse, run_id, change, permit
):
    change(range(1, 2), **FRUGAL)
    permit(1)
    night(warehouse, run_id)
    assert say(warehouse, run_id, "approved", [1]) == 1
    permit(1, has_consent=False)
    assert night(warehouse, run_id, NEXT_DAY) == {"suppressed": 1}
    assert ledger(warehouse) == [
        (1, "drafted", "passes_all_rules", "rules"),
        (1, "approved", "a_person_decided", "Asha"),
        (1, "suppressed", "no_consent", "rules"),
    ]
    permit(1)
    assert night(warehouse, run_id, NEXT_DAY) == {"approved": 1}


@pytest.mark.parametrize(
    ("zone", "planned_hour", "state", "not_before"),
    [
        # 10:00 in Berlin is 13:30 in Kolkata, and 17:00 is 20:30.
        ("Asia/Kolkata", 10, "drafted", "2026-07-01 08:00"),
        ("Asia/Kolkata", 17, "drafted", "2026-07-01 15:00"),
        # 18:00 in Berlin is 21:30 in Kolkata; 08:00 there the next day is 02:30 UTC.
        ("Asia/Kolkata", 18, "deferred", "2026-07-02 02:30"),
        # 4:00 in Berlin is 7:30 in Kolkata: half an hour too early.
        ("Asia/Kolkata", 4, "deferred", "2026-07-01 02:30"),
        ("America/New_York", 10, "deferred", "2026-07-01 12:00"),
        (None, 10, "drafted", "2026-07-01 08:00"),
        (None, 5, "deferred", "2026-07-01 06:00"),
    ],
)
def test_quiet_hours_are_those_of_the_customers_own_zone(
    warehouse, run_id, change, permit, zone, planned_hour, state, not_before
):
    change(range(1, 2), **FRUGAL)
    permit(1, time_zone=zone)
    night(warehouse, run_id, planned_hour=planned_hour)
    said = only_row(
        warehouse,
        "select state, reason, to_char(not_before_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI'), explanation"
        " from enrichment.notification_states",
    )
    assert said[:3] == (state, "quiet_hours" if state == "deferred" else "passes_all_rules", not_before)
    if state == "deferred" and zone:
        assert zone in said[3]


def test_the_holdout_is_the_same_tenth_of_the_customers_every_night(warehouse, run_id, change, permit):
    change(range(1, 201), **FRUGAL)
    for key in range(1, 201):
        permit(key)
    night(warehouse, run_id)
    first = {key for key, _, reason, _ in ledger(warehouse) if reason == "holdout"}
    assert 10 <= len(first) <= 30
    assert HELD_OUT in first
    assert SPOKEN_TO not in first
    change(range(1, 201), "b", **FRUGAL, preferred_channel="SMS")
    night(warehouse, run_id, NEXT_DAY)
    with warehouse.connect() as connection:
        second = connection.execute(
            "select customer_key from enrichment.notification_states where as_of_date = %s and reason = 'holdout'",
            [NEXT_DAY],
        ).fetchall()
    assert {key for (key,) in second} == first


def test_a_newer_draft_takes_the_place_of_an_open_one_and_repeats_no_approved_one(warehouse, run_id, change, permit):
    change(range(1, 3), **FRUGAL)
    permit(1)
    permit(2)
    night(warehouse, run_id)
    say(warehouse, run_id, "approved", [1])
    change(range(1, 3), "b", **FRUGAL, complaints_90d=1)
    night(warehouse, run_id, NEXT_DAY)
    assert ledger(warehouse)[3:] == [
        (2, "superseded", "newer_draft", "rules"),
        (1, "suppressed", "duplicate", "rules"),
        (2, "drafted", "passes_all_rules", "rules"),
    ]


def test_a_draft_whose_action_is_no_longer_recommended_is_withdrawn_and_comes_back_with_it(
    warehouse, run_id, change, permit
):
    change(range(1, 2), **FRUGAL)
    permit(1)
    night(warehouse, run_id)
    change(range(1, 2), "b", cancellation_requests_180d=1)
    assert night(warehouse, run_id, NEXT_DAY) == {"withdrawn": 1}
    change(range(1, 2), **FRUGAL)
    assert night(warehouse, run_id, NEXT_DAY + timedelta(days=1)) == {"drafted": 1}


def test_what_a_person_rejected_stays_rejected(warehouse, run_id, change, permit):
    change(range(1, 2), **FRUGAL)
    permit(1)
    night(warehouse, run_id)
    assert [d.draft_id for d in open_drafts(warehouse, as_of_date=AS_OF_DATE)] == [1]
    assert say(warehouse, run_id, "rejected", [1]) == 1
    assert open_drafts(warehouse, as_of_date=AS_OF_DATE) == []
    assert night(warehouse, run_id, NEXT_DAY) == {}
    assert only_row(
        warehouse,
        "select decided_by, decided_at from enrichment.notification_states where state = 'rejected'",
    ) == ("Asha", datetime(2026, 7, 1, 6, tzinfo=UTC))


def test_a_draft_that_rules_closed_since_it_was_shown_cannot_be_approved(warehouse, run_id, change, permit):
    change(range(1, 2), **FRUGAL)
    permit(1)
    night(warehouse, run_id)
    permit(1, has_consent=False)
    night(warehouse, run_id)
    assert say(warehouse, run_id, "approved", [1, 999]) == 0


def test_only_a_person_decides(warehouse, run_id):
    with pytest.raises(EnrichError, match="name the person"):
        decide(
            warehouse, "approved", [1], run_id=run_id, as_of_date=AS_OF_DATE, decided_by="rules",
            decided_at=datetime.now(UTC),
        )  # fmt: skip


def test_a_person_who_is_no_longer_known_gets_nothing(warehouse, run_id, change, permit):
    change(range(1, 2), **FRUGAL)
    assert night(warehouse, run_id) == {"withdrawn": 1}


def test_the_ledger_knows_that_it_looks_at_a_later_day(warehouse, run_id, change, permit):
    change(range(1, 2), **FRUGAL)
    permit(1)
    night(warehouse, run_id)
    assert not judged_later(warehouse, AS_OF_DATE)
    assert judged_later(warehouse, AS_OF_DATE - timedelta(days=1))


def test_quiet_hours_that_end_in_the_evening_are_refused():
    with pytest.raises(ValueError, match="evening"):
        NotificationPolicy.model_validate(NotificationPolicy.read().model_dump() | {"quiet_until": 22})
