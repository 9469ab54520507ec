"""What makes a customer risky, valuable and first in the queue."""

from decimal import Decimal
from typing import get_args

import pytest
from customer360.enrich import Factor, PriorityAnswer
from customer360.enrich.features import SegmentedCustomer
from customer360.enrich.priorities import PRIORITIES_VERSION, PriorityScorecard
from pydantic import ValidationError

CARD = PriorityScorecard.read(PRIORITIES_VERSION)

ALARMING = {
    "cancellation_requests_180d": 1,
    "open_churn_decisions": 1,
    "account_status": "Suspended",
    "days_since_last_activity_band": "365+",
    "complaints_90d": 5,
    "escalations_90d": 3,
    "avg_satisfaction_90d": 10,
}
CALMING = {
    "avg_satisfaction_90d": 95,
    "days_since_last_order_band": "0-30",
    "engagement_score": 90,
    "tenure_years": 10,
}
VALUABLE = {
    "net_revenue_365d": Decimal(2000),
    "monthly_fee": Decimal(80),
    "orders_365d": 12,
    "subscription_type": "Premium",
}


def priority_of(**features: object) -> PriorityAnswer:
    return CARD.prioritise(SegmentedCustomer(customer_key=1, input_hash="a", **features))


@pytest.mark.parametrize(
    ("sign", "factor"),
    [
        ({"cancellation_requests_180d": 1}, "Cancellation request"),
        ({"open_churn_decisions": 1}, "Open churn decision"),
        ({"account_status": "At Risk"}, "Account status"),
        ({"days_since_last_activity_band": "91-180"}, "Long inactivity"),
        ({"days_since_last_order_band": "365+"}, "No recent orders"),
        ({"engagement_score": 10}, "Low engagement"),
        ({"complaints_90d": 1}, "Complaints"),
        ({"escalations_90d": 1}, "Escalations"),
        ({"avg_satisfaction_90d": 20}, "Low satisfaction"),
        ({"open_interactions": 3}, "Unresolved contacts"),
        ({"avg_queue_seconds_90d": 900}, "Long waiting times"),
        ({"refunds_180d": 2}, "Refunds"),
        ({"notification_open_share": Decimal(0)}, "Ignored notifications"),
        ({"crm_risk_score": 80}, "CRM risk score"),
        ({"source_churn_risk_score": 80}, "Source risk score"),
    ],
)
def test_a_sign_of_leaving_raises_the_risk_and_is_named(sign: dict, factor: str):
    answer = priority_of(**sign)
    assert answer.churn_risk_score > priority_of().churn_risk_score
    assert answer.trigger_factors == [factor]


def test_every_factor_has_a_rule():
    assert {rule.factor for rule in CARD.churn_risk} - {None} == set(get_args(Factor))


@pytest.mark.parametrize(
    "steps",
    [
        [{"complaints_90d": n} for n in (0, 1, 2, 4)],
        [{"escalations_90d": n} for n in (0, 1, 2)],
        [{"days_since_last_activity_band": band} for band in ("0-30", "91-180", "181-365")],
        [{"engagement_score": n} for n in (80, 50, 30, 10)],
    ],
)
def test_the_worse_it_gets_the_higher_the_risk(steps: list[dict]):
    risks = [priority_of(**step).churn_risk_score for step in steps]
    assert risks == sorted(set(risks))


def test_trigger_factors_come_in_the_order_of_what_they_add():
    answer = priority_of(refunds_180d=2, complaints_90d=4, cancellation_requests_180d=1)
    assert answer.trigger_factors == ["Cancellation request", "Complaints", "Refunds"]


def test_good_signs_lower_the_risk_and_are_no_trigger_factors():
    answer = priority_of(account_status="At Risk", **CALMING)
    assert answer.churn_risk_score < priority_of(account_status="At Risk").churn_risk_score
    assert answer.trigger_factors == ["Account status"]


@pytest.mark.parametrize("features", [{}, ALARMING, CALMING, VALUABLE, {**ALARMING, **VALUABLE}])
def test_contributions_add_up_to_the_score(features: dict):
    answer = priority_of(**features)
    parts = {name: sum(part.points for part in listed) for name, listed in answer.contributions.items()}
    assert parts["churn_risk"] == answer.churn_risk_score
    assert answer.priority_score == int(parts["churn_risk"] * 0.7 + parts["value"] * 0.3 + 0.5)


def test_scores_stay_within_0_and_100():
    assert priority_of(**ALARMING).churn_risk_score == 100
    assert priority_of(**CALMING).churn_risk_score == 0


def test_of_two_customers_at_the_same_risk_the_more_valuable_comes_first():
    risky = {"cancellation_requests_180d": 1, "account_status": "At Risk"}
    poor, rich = priority_of(**risky), priority_of(**risky, **VALUABLE)
    assert rich.churn_risk_score == poor.churn_risk_score
    assert rich.priority_score > poor.priority_score
    assert (poor.priority, rich.priority) == ("Medium", "High")


def test_nothing_known_is_a_low_priority_without_factors():
    answer = priority_of()
    assert (answer.priority, answer.trigger_factors) == ("Low", [])


@pytest.mark.parametrize(
    "wrong",
    [{"priority": "Urgent"}, {"trigger_factors": ["Bad mood"]}, {"churn_risk_score": 101}, {"mood": "bad"}],
)
def test_an_answer_outside_the_closed_sets_is_refused(wrong: dict):
    right = priority_of(complaints_90d=1).model_dump()
    PriorityAnswer.model_validate(right)
    with pytest.raises(ValidationError):
        PriorityAnswer.model_validate(right | wrong)
