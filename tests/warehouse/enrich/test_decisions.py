"""Open decisions, analysed by rules or by a model on Bedrock, and what the model is told."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from bedrock_double import MODEL
from customer360.enrich import DECISIONS_VERSION, DecisionRules, analyse_decisions, personal_words
from customer360.enrich.bedrock import BedrockClassifier, BedrockOptions, DecisionPurpose
from customer360.enrich.decisions import Option
from customer360.warehouse import Warehouse
from deliveries import INJECTION
from warehouses import AS_OF_DATE

RULES = DecisionRules.read(DECISIONS_VERSION)


def analyse(warehouse: Warehouse, run_id: int, chosen=None, days: int = 0, fallback=None):
    return analyse_decisions(
        warehouse, run_id=run_id, as_of_date=AS_OF_DATE + timedelta(days=days), chosen=chosen, fallback=fallback
    )


def model(warehouse: Warehouse) -> BedrockClassifier:
    configured = BedrockClassifier.configured(BedrockOptions(MODEL))
    return configured.asking(DecisionPurpose(RULES, personal_words(warehouse)))


def answers(warehouse: Warehouse) -> list[tuple]:
    with warehouse.connect() as connection:
        return connection.execute(
            "select source, model, prompt_version, status, category, options, confidence"
            " from enrichment.decision_analyses order by decision_id, result_id"
        ).fetchall()


def test_rules_answer_for_open_decisions_that_are_new_or_changed(warehouse, run_id, open_decisions):
    open_decisions(1, "A refund, please.")
    open_decisions(2, "It is slow.")
    assert analyse(warehouse, run_id).statuses == {"ok": 2}
    assert analyse(warehouse, run_id, days=1).statuses == {}
    open_decisions(2, "The invoice is wrong.", "b")
    assert analyse(warehouse, run_id, days=1).statuses == {"ok": 1}
    said = ("rules", "scorecard", "decisions_v1", "ok")
    assert [row[:6] for row in answers(warehouse)] == [
        (*said, "refund_request", ["Refund the affected period", "Offer a credit note"]),
        (*said, "refund_request", ["Refund the affected period", "Offer a credit note"]),
        (*said, "billing_dispute", ["Explain the charge"]),
    ]


def test_a_model_is_asked_about_one_decision_a_request_without_saying_whose(warehouse, run_id, open_decisions, double):
    text = "Priya Shah of Kestrel Logistics in Pune (ACC 2205, accounts@kestrel5.example.com, +91 98200 12345): refund."
    for number in range(3):
        open_decisions(number, text)
    assert analyse(warehouse, run_id, model(warehouse)).statuses == {"ok": 3}
    assert analyse(warehouse, run_id, model(warehouse), days=1).statuses == {}
    assert len(double.requests) == 3
    for body in double.requests:
        [decision] = json.loads(body["messages"][0]["content"][0]["text"])["decisions"]
        assert decision["description"] == "[name] [name] of [name] [name] in [name] ([name], [name], [number]): refund."
        assert not {"decision_id", "personal_values", "input_hash"} & set(decision)
    assert {row[:4] for row in answers(warehouse)} == {("bedrock", f"{MODEL} at 127.0.0.1", "decision_v1", "ok")}


def test_a_model_that_obeys_a_text_moves_no_score_and_no_option_that_rules_do_not_allow(
    warehouse, run_id, open_decisions, double
):
    open_decisions(1, "A refund, please.")
    open_decisions(2, f"A refund, please. {INJECTION}")
    double.analysis = lambda decision: {
        "category": "refund_request",
        "options": ["Refund in full" if "50 % off" in decision["description"] else "Offer a credit note"],
    }
    analyse(warehouse, run_id, model(warehouse))
    [plain, injected] = answers(warehouse)
    assert plain[4:] == ("refund_request", ["Offer a credit note"], Decimal("1.00"))
    # Refunding in full is for small sums of large customers: asked for by the text, refused by the rules.
    assert injected[4:] == ("refund_request", ["Refund the affected period", "Offer a credit note"], Decimal("1.00"))


@pytest.mark.parametrize(
    "obedient",
    [
        {"category": "Value Seeker", "options": []},
        {"category": "refund_request", "options": ["Give 50 % off"]},
        {"category": "refund_request", "options": [], "confidence": 1, "urgency_level": 5},
    ],
)
def test_words_outside_the_closed_sets_are_no_answer(warehouse, run_id, open_decisions, double, obedient):
    open_decisions(1, INJECTION)
    double.analysis = lambda _: obedient
    assert analyse(warehouse, run_id, model(warehouse)).statuses == {"invalid": 1}
    assert answers(warehouse)[0][3:] == ("invalid", None, None, None)
    assert len(double.requests) == 3


def test_a_model_is_as_sure_as_the_rules_would_be_of_the_same(warehouse, run_id, open_decisions, double):
    open_decisions(1, "It is slow.")
    double.analysis = lambda _: {"category": "churn_prevention", "options": []}
    analyse(warehouse, run_id, model(warehouse))
    # Neither the filing nor a word of the text speaks for it.
    assert answers(warehouse)[0][4:] == ("churn_prevention", ["Ask for the reason and let go"], Decimal("0.00"))


def test_rules_may_answer_where_the_model_does_not(warehouse, run_id, open_decisions, double):
    open_decisions(1, "A refund, please.")
    double.fails(1, "model error")
    report = analyse(warehouse, run_id, model(warehouse), fallback=RULES)
    assert (report.statuses, report.fallbacks) == ({"ok": 1}, 1)
    assert answers(warehouse)[0][:4] == ("rules", "scorecard", "decisions_v1", "ok")


def test_every_option_belongs_to_one_category():
    proposed = [rule.option for rules in RULES.options.values() for rule in rules]
    assert sorted(proposed) == sorted(Option.__args__)
