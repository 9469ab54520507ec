"""Messages that a model words: what it is told, and what of its words is kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from bedrock_double import MODEL
from customer360.enrich import draft, enrich, judge, message_templates
from customer360.enrich.bedrock import BedrockClassifier, BedrockOptions, DraftPurpose
from customer360.pipeline import price
from customer360.warehouse import Warehouse
from warehouses import AS_OF_DATE

FRUGAL = {"discount_share": Decimal("0.6"), "income_bracket": "Low", "marketing_consent": True, "complaints_90d": 1}
BODY = "Hello {{first_name}}, we have put together something for you. Have a look when you visit us."


@pytest.fixture
def worded(warehouse: Warehouse, run_id: int, change, permit) -> Callable[..., dict[str, int]]:
    """``worded(customers, fallback)``: that many are spoken to in the words of the model; the drafts by status."""

    def word(customers: int = 1, fallback: bool = False) -> dict[str, int]:
        change(range(1, customers + 1), **FRUGAL)
        for key in range(1, customers + 1):
            permit(key)
        enrich(warehouse, run_id=run_id, as_of_date=AS_OF_DATE)
        drafter = BedrockClassifier.configured(BedrockOptions(MODEL)).asking(DraftPurpose())
        instead = message_templates() if fallback else None
        report = draft(warehouse, run_id=run_id, as_of_date=AS_OF_DATE, drafter=drafter, fallback=instead)
        judge(warehouse, run_id=run_id, as_of_date=AS_OF_DATE, business_time_zone="UTC")
        return report.statuses

    return word


def rows(warehouse: Warehouse, query: str) -> list[tuple]:
    with warehouse.connect() as connection:
        return connection.execute(query).fetchall()


def test_each_message_is_asked_for_alone_and_told_no_name_no_key_and_no_score(warehouse, double, worded):
    assert worded(3) == {"ok": 3}
    asked = [json.loads(body["messages"][0]["content"][0]["text"])["messages"] for body in double.requests]
    assert [len(messages) for messages in asked] == [1, 1, 1]
    assert len({messages[0].pop("ref") for messages in asked}) == 3
    assert asked[0][0] == {
        "message": "Savings offer", "segment": "Value Seekers", "trigger_factors": ["Complaints"],
        "scenarios": ["Savings for a value seeker", "Maintain relationship"],
    }  # fmt: skip
    assert rows(warehouse, "select purpose, status, count(*) from ops.llm_calls group by 1, 2") == [("draft", "ok", 3)]


def test_the_model_words_and_rules_say_how_urgent_and_whose_it_is(warehouse, double, worded):
    double.wording = lambda _message: {
        "scenario": "Maintain relationship", "trigger_factors": [], "subject": "A word from us", "body": BODY,
    }  # fmt: skip
    worded()
    assert rows(
        warehouse,
        "select source, prompt_version, scenario, trigger_factors, recommended_action, urgency_level, assigned_team,"
        " body from enrichment.notification_drafts",
    ) == [
        ("bedrock", "draft_v1", "Maintain relationship", [], "Send a savings offer", "Low", "Marketing", BODY)
    ]  # fmt: skip
    assert rows(warehouse, "select position('at 127.0.0.1' in model) > 0 from enrichment.notification_drafts") == [
        (True,)
    ]


def test_a_dry_run_prices_the_messages_of_the_actions_that_stand(warehouse, settings, run_id, change, double):
    change(range(1, 4), **FRUGAL)
    enrich(warehouse, run_id=run_id, as_of_date=AS_OF_DATE)
    there = replace(settings, warehouse_url=warehouse.owner_url, bedrock_model_id=MODEL)
    estimate = price(there, "messages", AS_OF_DATE)
    assert (estimate.subjects, estimate.calls, double.requests) == (3, 3, [])
    drafter = BedrockClassifier.configured(BedrockOptions(MODEL)).asking(DraftPurpose())
    draft(warehouse, run_id=run_id, as_of_date=AS_OF_DATE, drafter=drafter)
    assert len(double.requests) == estimate.calls
    allowed = sum(body["inferenceConfig"]["maxTokens"] for body in double.requests)
    assert estimate.output_tokens == allowed
    assert estimate.dollars > 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"body": BODY + " You get 50 % off."}, "price"),
        ({"body": BODY + " See shop.example for it."}, "link"),
        ({"body": BODY + " We promise it."}, "promise"),
        ({"body": BODY.replace("{{first_name}}", "Anna")}, "greets"),
        ({"subject": "For [name] alone"}, "placeholder"),
        ({"scenario": "Account suspended"}, "scenario"),
        ({"trigger_factors": ["Escalations"]}, "trigger factor"),
        ({"scenario": "Give everything away"}, "closed sets"),
    ],
)
def test_words_that_are_not_fit_are_asked_for_three_times_and_then_refused_with_the_reason(
    warehouse, double, worded, words, said
):
    good = {"scenario": "Savings for a value seeker", "trigger_factors": [], "subject": "A word from us", "body": BODY}
    double.wording = lambda _message: good | words
    assert worded() == {"invalid": 1}
    assert len(double.requests) == 3
    ((state, reason, explanation, body),) = rows(
        warehouse,
        "select s.state, s.reason, s.explanation, d.body"
        " from enrichment.notification_states as s join enrichment.notification_drafts as d using (draft_id)",
    )
    assert (state, reason, body) == ("refused", "wording", None)
    assert said in explanation


def test_where_it_is_wanted_templates_take_the_place_of_words_that_are_not_fit(warehouse, double, worded):
    double.wording = lambda _message: {"scenario": "none of yours"}
    assert worded(fallback=True) == {"ok": 1}
    ((source, body, reason),) = rows(warehouse, "select source, body, reason from enrichment.notification_drafts")
    assert source == "rules"
    assert body.startswith("Hello {{first_name}}, you know what good value is.")
    assert f"Instead of {MODEL}" in reason
