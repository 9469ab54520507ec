"""What is recommended in which situation."""

from typing import get_args

import pytest
from customer360.enrich import ActionAnswer, Scenario
from customer360.enrich.actions import ACTIONS_VERSION, ActionRules
from customer360.enrich.features import PrioritisedCustomer
from pydantic import ValidationError

RULES = ActionRules.read(ACTIONS_VERSION)

SITUATIONS = {
    "Cancellation requested": {"cancellation_requests_180d": 1},
    "Escalation still open": {"escalations_90d": 1, "open_interactions": 1},
    "Repeated complaints": {"complaints_90d": 2},
    "Account suspended": {"account_status": "Suspended"},
    "High churn risk": {"priority": "High"},
    "Low satisfaction": {"avg_satisfaction_90d": 30},
    "Unresolved contacts": {"open_interactions": 2},
    "Long inactivity": {"main_factor": "Long inactivity", "marketing_consent": True},
    "Eco saver without green plan": {
        "segment": "Eco Savers",
        "has_green_plan": False,
        "marketing_consent": True,
    },
    "Savings for a value seeker": {"segment": "Value Seekers", "marketing_consent": True},
    "Digital features for a digital native": {"segment": "Digital Natives", "marketing_consent": True},
    "Personal contact for a traditionalist": {"segment": "Traditionalists", "marketing_consent": True},
    "Maintain relationship": {},
}
OFFERS = {
    "Call with a retention offer",
    "Send a personal retention offer",
    "Send a win-back offer",
    "Offer the green plan",
    "Send a savings offer",
    "Show the new digital features",
    "Offer a personal consultation",
}


def action_for(**facts: object) -> ActionAnswer:
    return RULES.recommend(PrioritisedCustomer(customer_key=1, input_hash="a", **({"priority": "Low"} | facts)))


@pytest.mark.parametrize("scenario", get_args(Scenario))
def test_every_scenario_is_reached_by_its_situation(scenario: str):
    assert action_for(**SITUATIONS[scenario]).scenario == scenario


@pytest.mark.parametrize("consent", [False, None])
@pytest.mark.parametrize("situation", SITUATIONS.values(), ids=SITUATIONS)
def test_without_consent_nothing_is_sent_and_nothing_is_sold(situation: dict, consent: bool | None):
    # A retention call answers the customer's own request to cancel; it needs no marketing consent.
    action = action_for(**situation | {"marketing_consent": consent})
    if action.scenario != "Cancellation requested":
        assert action.recommended_action not in OFFERS


def test_of_two_scenarios_the_more_pressing_one_counts():
    action = action_for(cancellation_requests_180d=1, complaints_90d=3, priority="High")
    assert action.scenario == "Cancellation requested"


def test_a_high_priority_is_urgent_and_followed_up():
    for consent in (True, False):
        action = action_for(priority="High", marketing_consent=consent)
        assert (action.urgency_level, action.follow_up_required) == ("High", True)
        assert action.assigned_team == "Retention"


def test_where_nothing_calls_for_action_the_relationship_is_maintained():
    action = action_for()
    assert (action.recommended_action, action.urgency_level, action.follow_up_required) == (
        "No action needed",
        "Low",
        False,
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"scenario": "Full moon"},
        {"recommended_action": "Send flowers"},
        {"urgency_level": "Extreme"},
        {"assigned_team": "Astrology"},
        {"status": "done"},
    ],
)
def test_an_action_outside_the_closed_sets_is_refused(wrong: dict):
    right = action_for().model_dump()
    ActionAnswer.model_validate(right)
    with pytest.raises(ValidationError):
        ActionAnswer.model_validate(right | wrong)
