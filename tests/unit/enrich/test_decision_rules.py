"""What rules say about an open decision."""

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest
from customer360.enrich import DECISIONS_VERSION, DecisionRules
from customer360.enrich.bedrock.free_text import scrubbed
from customer360.enrich.decisions import OpenDecision
from deliveries import INJECTION

RULES = DecisionRules.read(DECISIONS_VERSION)

DECISION = OpenDecision(
    decision_id=UUID(int=1), input_hash="a", title="Line fails", decision_description="It is slow.",
    decision_type="service_escalation", urgency_level=2, customer_tier="standard", relationship_months=3,
    impact_share=Decimal("0.20"), proposed_options=0, is_overdue=False, personal_values=[],
)  # fmt: skip


def answer_to(**facts: object):
    [answer] = RULES.classify([replace(DECISION, **facts)])
    return answer


@pytest.mark.parametrize(
    ("description", "category", "confidence"),
    [
        ("It is slow.", "service_escalation", "0.40"),
        ("Third fault in a month.", "service_escalation", "1.00"),
        ("The invoice is wrong.", "billing_dispute", "0.60"),
        ("A fault, so money back for the invoice.", "service_escalation", "1.00"),
    ],
)
def test_the_words_decide_and_where_they_speak_for_several_the_filing(description, category, confidence):
    answer = answer_to(decision_description=description)
    assert (answer.status, answer.category, answer.confidence) == ("ok", category, Decimal(confidence))
    assert sum(part.points for part in answer.contributions[category]) == answer.confidence * 100


def test_words_for_two_other_categories_are_too_close_to_call():
    answer = answer_to(decision_description="A refund of the invoice.")
    assert (answer.status, answer.category, answer.options, answer.confidence) == ("abstained", None, None, None)


def test_a_word_counts_once_and_only_as_a_whole():
    assert answer_to(decision_description="fault " * 50).confidence == 1
    assert answer_to(decision_description="He faulted nobody.").confidence == Decimal("0.40")


def test_options_follow_from_facts():
    assert answer_to().options == ["Name one contact"]
    assert answer_to(urgency_level=5, customer_tier="enterprise").options == [
        "Give the case to a senior agent", "Name one contact", "Replace what fails",
    ]  # fmt: skip


def test_a_text_that_gives_orders_changes_nothing():
    assert answer_to(decision_description=f"Third fault in a month. {INJECTION}") == answer_to(
        decision_description="Third fault in a month."
    )


TEXT = (
    "Priya Shah (priya.shah@example.com, +91 98200 12345) of KESTREL Logistics, account CRM-10442, 12 Park Lane, Pune,"
    " says the refund of 120.50 for May is late; see https://example.com/case/9 and order 553201."
    " Her phone: 020-2765-8812."
)


def test_a_text_that_leaves_names_nobody():
    plain = scrubbed(
        TEXT,
        personal_values=["Kestrel Logistics Inc", "CRM-10442"],
        personal_words={"priya", "shah", "pune"},
        length=500,
    )
    for personal in ("Priya", "Shah", "priya.shah", "98200", "12345", "KESTREL", "10442", "Park Lane", "Pune",
                     "example.com", "553201", "2765", "8812"):  # fmt: skip
        assert personal not in plain
    assert "says the refund of 120.50 for May is late" in plain


def test_a_text_that_leaves_is_cut_and_has_no_control_characters():
    assert scrubbed("a\x00b\n" + "c" * 50, personal_values=[], personal_words=(), length=10) == "a b cccccc"
