"""The language of scorecards, and what is wrong with a file that can never work."""

import hashlib
from decimal import Decimal

import pytest
from customer360.enrich import EnrichError
from customer360.enrich.actions import ActionRules
from customer360.enrich.classifiers import RulesClassifier
from customer360.enrich.features import CustomerFeatures, PrioritisedCustomer, SegmentedCustomer
from customer360.enrich.priorities import PriorityScorecard
from customer360.enrich.rules import SCORECARDS, Condition, RuleFile

DIGESTS = {
    "segments_v1": "17f18ba1a257b1ca2307c57f96ceaa669d87eead80963123b59f04e21f631fb2",
    "priorities_v1": "7a5ca94b54bfe816c2c0d46858fbde968587b0f4f74c5ddb2f55114afaef59f1",
    "decisions_v1": "93b2f08ba275e2653c8ba27073fca46f3746602e254b09d9ea3974ebec77b169",
    "notification_policy_v1": "180d0f390a33864170ee6a6061e48f59302ac8974de30bf0ec976ea6bf1de827",
    "notifications_v1": "83db41f4a5f801afb70031b61adebb9f23f238e1e64698115af9c8c3e337b48d",
    "actions_v1": "dc4e1290b2ace910a1fbf765f32d59f2c2e42ecdd8ef57ca5bdac60b21eb77e1",
}


@pytest.mark.parametrize("version", sorted(path.name.removesuffix(".yml") for path in SCORECARDS.iterdir()))
def test_a_rule_file_in_use_is_never_edited(version: str):
    # Customers answered under a version are not asked about again: changed rules need a new file.
    digest = hashlib.sha256((SCORECARDS / f"{version}.yml").read_bytes()).hexdigest()
    assert digest == DIGESTS[version], f"{version}.yml was edited; make the change in a new version"


@pytest.mark.parametrize(
    ("op", "value", "fact", "holds"),
    [
        ("at_least", 2, 2, True),
        ("at_least", 2, 1, False),
        ("at_most", 2, 2, True),
        ("at_most", 2, 3, False),
        ("at_least", 0.1, Decimal("0.1"), True),
        ("at_most", 0.3, Decimal("0.3"), True),
        ("is", "Low", "Low", True),
        ("is", "Low", "High", False),
        ("is", True, True, True),
        ("is", False, True, False),
        ("in", ["Low", "High"], "High", True),
        ("in", ["Low", "High"], "Medium", False),
    ],
)
def test_a_condition_compares_a_fact_with_a_value(op: str, value: object, fact: object, holds: bool):
    assert Condition(feature="x", op=op, value=value).holds({"x": fact}) is holds


@pytest.mark.parametrize(
    ("op", "value"), [("at_least", 0), ("at_most", 0), ("is", False), ("is", "Low"), ("in", ["Low"])]
)
def test_an_unknown_fact_never_matches(op: str, value: object):
    assert not Condition(feature="x", op=op, value=value).holds({"x": None})


@pytest.mark.parametrize(
    ("about", "condition"),
    [
        (CustomerFeatures, {"feature": "shoe_size", "op": "at_least", "value": 44}),
        (CustomerFeatures, {"feature": "customer_key", "op": "is", "value": 7}),
        (CustomerFeatures, {"feature": "segment", "op": "is", "value": "Eco Savers"}),
        (SegmentedCustomer, {"feature": "priority", "op": "is", "value": "High"}),
        (CustomerFeatures, {"feature": "income_bracket", "op": "is", "value": "low"}),
        (CustomerFeatures, {"feature": "age_band", "op": "in", "value": ["18-24", "25-35"]}),
        (CustomerFeatures, {"feature": "age_band", "op": "at_least", "value": 18}),
        (CustomerFeatures, {"feature": "has_green_plan", "op": "is", "value": "Yes"}),
        (CustomerFeatures, {"feature": "complaints_90d", "op": "is", "value": True}),
        (PrioritisedCustomer, {"feature": "main_factor", "op": "is", "value": "Bad mood"}),
    ],
)
def test_a_rule_that_can_never_match_is_refused_with_the_file_and_the_fact(tmp_path, about, condition: dict):
    class Rules(RuleFile):
        rule: Condition

        def conditions(self):
            return [self.rule]

    Rules.about = about
    file = tmp_path / "rules_v9.yml"
    file.write_text(f"description: For a test.\nrule: {condition!r}")
    with pytest.raises(EnrichError, match=f"rules_v9.yml.*{condition['feature']}"):
        Rules.read(file)


@pytest.mark.parametrize(
    ("rules", "version", "old", "new", "fault"),
    [
        (RulesClassifier, "segments_v1", "points: 25", "points: 26", "add up to"),
        (RulesClassifier, "segments_v1", "Eco Savers:", "Night Owls:", "Night Owls"),
        (PriorityScorecard, "priorities_v1", "factor: Complaints", "factor: Bad mood", "factor"),
        (PriorityScorecard, "priorities_v1", "factor: Complaints, ", "", "names its factor"),
        (ActionRules, "actions_v1", "assigned_team: Sales", "assigned_team: Astrology", "assigned_team"),
        (ActionRules, "actions_v1", "when: []", "when: [{feature: priority, op: is, value: Low}]", "last rule"),
    ],
)
def test_a_file_that_breaks_the_rules_of_rules_is_refused(tmp_path, rules, version, old, new, fault):
    text = (SCORECARDS / f"{version}.yml").read_text()
    assert old in text
    file = tmp_path / "broken_v1.yml"
    file.write_text(text.replace(old, new))
    with pytest.raises(EnrichError, match=f"(?s)broken_v1.yml.*{fault}"):
        rules.read(file)


def test_a_version_that_does_not_exist_is_named():
    with pytest.raises(EnrichError, match=r"segments_v99\.yml"):
        RulesClassifier.read("segments_v99")
