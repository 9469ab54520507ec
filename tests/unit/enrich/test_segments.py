"""Which segment the rules see in a customer's behaviour, and when they see none."""

from decimal import Decimal

import pytest
from customer360.enrich import EnrichError, SegmentAnswer, classifier_named
from customer360.enrich.classifiers import RulesClassifier
from customer360.enrich.features import CustomerFeatures
from pydantic import ValidationError

BEHAVIOUR = {
    "Value Seekers": {"discount_share": Decimal("0.6"), "income_bracket": "Low", "subscription_type": "Basic"},
    "Traditionalists": {"voice_share": Decimal("0.8"), "preferred_channel": "Phone", "age_band": "65+"},
    "Digital Natives": {
        "digital_share": Decimal("0.9"),
        "mobile_session_share": Decimal("0.8"),
        "ai_interactions_90d": 4,
    },
    "Eco Savers": {"eco_spend_share": Decimal("0.4"), "has_green_plan": True},
}


def answer_for(classifier: RulesClassifier | None = None, **features: object) -> SegmentAnswer:
    customer = CustomerFeatures(customer_key=1, input_hash="a", **features)
    (answer,) = (classifier or classifier_named("rules")).classify([customer])
    return answer


@pytest.mark.parametrize("segment", BEHAVIOUR)
def test_behaviour_typical_of_a_segment_gives_that_segment(segment: str):
    answer = answer_for(**BEHAVIOUR[segment])
    assert (answer.status, answer.segment) == ("ok", segment)


@pytest.mark.parametrize("segment", BEHAVIOUR)
def test_contributions_say_what_the_score_is_made_of(segment: str):
    answer = answer_for(**BEHAVIOUR[segment])
    assert sum(part.points for part in answer.contributions[segment]) == answer.score
    assert {part.feature for part in answer.contributions[segment]} == set(BEHAVIOUR[segment])
    assert all(part.reason.endswith(".") for part in answer.contributions[segment])


def test_the_segments_that_lost_say_why_too():
    answer = answer_for(**BEHAVIOUR["Eco Savers"], age_band="18-24")
    assert answer.segment == "Eco Savers"
    assert [(p.feature, p.points) for p in answer.contributions["Digital Natives"]] == [("age_band", 15)]
    assert answer.contributions["Traditionalists"] == []


def test_a_tie_abstains():
    tied = answer_for(
        eco_spend_share=Decimal("0.4"), has_green_plan=True,
        digital_share=Decimal("0.9"), web_sessions_90d=20, age_band="18-24",
    )  # fmt: skip
    points = {name: sum(part.points for part in parts) for name, parts in tied.contributions.items()}
    assert points["Eco Savers"] == points["Digital Natives"]
    assert (tied.status, tied.segment) == ("abstained", None)
    assert tied.reason is not None and tied.reason.startswith("Too close to call")


def test_a_lead_smaller_than_the_margin_abstains_and_one_of_the_margin_does_not(tmp_path):
    def with_eco_points(points: int) -> SegmentAnswer:
        return answer_for(scorecard(tmp_path, eco_points=points), has_green_plan=True, income_bracket="Low")

    assert with_eco_points(59).status == "abstained"
    assert with_eco_points(60).segment == "Eco Savers"


def test_a_customer_of_whom_nothing_is_known_abstains_with_a_reason():
    answer = answer_for()
    assert (answer.status, answer.segment, answer.score) == ("abstained", None, 0)
    assert answer.reason == "Too little evidence: no segment has more than 0 of the 30 points."


def test_a_share_of_exactly_the_limit_reaches_it():
    reached = answer_for(discount_share=Decimal("0.25"), income_bracket="Low")
    assert reached.segment == "Value Seekers"
    assert answer_for(discount_share=Decimal("0.249"), income_bracket="Low").status == "abstained"


def test_a_segment_outside_the_four_is_refused():
    with pytest.raises(ValidationError):
        SegmentAnswer(customer_key=1, segment="Night Owls")
    with pytest.raises(ValidationError):
        SegmentAnswer(customer_key=1, status="guessed", segment="Eco Savers")


@pytest.mark.parametrize(
    "answer",
    [
        {"status": "ok"},
        {"status": "abstained"},
        {"status": "abstained", "segment": "Eco Savers", "reason": "Unsure."},
    ],
)
def test_an_answer_names_a_segment_or_says_why_not(answer: dict):
    with pytest.raises(ValidationError):
        SegmentAnswer(customer_key=1, **answer)


@pytest.mark.parametrize(("name", "message"), [("bedrock", "needs a model"), ("oracle", "use --classifier rules")])
def test_only_the_rules_are_known_by_their_name_alone(name: str, message: str):
    with pytest.raises(EnrichError, match=message):
        classifier_named(name)


def scorecard(tmp_path, *, eco_points: int) -> RulesClassifier:
    """A scorecard with 50 points for a low income against ``eco_points`` for a green plan."""
    file = tmp_path / "segments_test.yml"
    file.write_text(
        f"""
description: For a test.
minimum_points: 30
margin: 10
segments:
  Value Seekers:
    - {{feature: income_bracket, op: is, value: Low, points: 50, reason: Low income.}}
    - {{feature: subscription_type, op: is, value: Basic, points: 50, reason: Basic.}}
  Traditionalists: [{{feature: age_band, op: is, value: 65+, points: 100, reason: Old.}}]
  Digital Natives: [{{feature: age_band, op: is, value: 18-24, points: 100, reason: Young.}}]
  Eco Savers:
    - {{feature: has_green_plan, op: is, value: true, points: {eco_points}, reason: Green plan.}}
    - {{feature: subscription_type, op: is, value: Green, points: {100 - eco_points}, reason: Green.}}
"""
    )
    return RulesClassifier.read(file)
