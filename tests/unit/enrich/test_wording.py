"""What the wording of a message may hold."""

from __future__ import annotations

import pytest
from customer360.enrich import EnrichError
from customer360.enrich.drafts import NOTIFICATIONS_VERSION, MessageTemplates
from customer360.enrich.rules import SCORECARDS
from customer360.enrich.wording import faults_in

SUBJECT = "A word about your plan"
BODY = "Hello {{first_name}}, our team has put something together for you. Reply and we will tell you more."


def test_a_plain_message_with_the_name_as_placeholder_is_fit_to_send():
    assert faults_in(SUBJECT, BODY) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("See https://example.com for it.", "link"),
        ("See www.example for it.", "link"),
        ("See our-shop.example for it.", "link"),
        ("See ｅｘａｍｐｌｅ.ｃｏｍ for it.", "link"),
        ("It is yours for $5.", "price"),
        ("It is yours for ₹500.", "price"),
        ("You save 50 % on it.", "price"),
        ("You save fifty per cent.", "price"),
        ("It costs five euros.", "price"),
        ("We guarantee that it works.", "promise"),
        ("It is free for you.", "promise"),
        ("You get a discount on it.", "promise"),
        ("We will compensate you.", "promise"),
        ("We answer within 24 hours.", "promise"),
        ("Write to help@example.", "mail address"),
        ("Call 0555 000 1234 for it.", "number"),
        ("Hello Anna, it is for you.", "greets"),
        ("Hello {{first_name}} {{last_name}}.", "placeholder"),
        ("Hello {{ first_name }}.", "placeholder"),
        ("Dear [customer name], hello.", "placeholder"),
        ("It is TBD for you.", "placeholder"),
        ("It is %s for you.", "placeholder"),
        ("It is <b>for you</b>.", "placeholder"),
        ("It is for\nyou.", "line break"),
        ("It is for\u200byou.", "invisible"),
        ("It is fоr you.", "English alphabet"),  # the o is Cyrillic
    ],
)
def test_a_message_with_something_forbidden_is_refused_in_a_sentence_that_does_not_quote_it(words: str, said: str):
    faults = faults_in(SUBJECT, f"{BODY} {words}")
    assert any(said in fault for fault in faults), faults
    assert all(fault.startswith("Body: It ") and fault.endswith(".") for fault in faults)
    assert not any(words in fault for fault in faults)


def test_a_message_that_is_too_long_or_too_short_is_refused():
    assert faults_in("Hey", BODY) == ["Subject: It has 3 characters; use 5 to 60."]
    assert faults_in(SUBJECT, BODY + " a" * 200) == [f"Body: It has {len(BODY) + 400} characters; use 40 to 320."]


def test_a_template_that_is_not_fit_to_send_is_refused_before_anybody_gets_it(tmp_path):
    text = (SCORECARDS / f"{NOTIFICATIONS_VERSION}.yml").read_text()
    changed = tmp_path / "notifications_v9.yml"
    changed.write_text(text.replace("A good deal has changed here", "It is free"))
    with pytest.raises(EnrichError, match="Send a win-back offer: Body: It makes a promise"):
        MessageTemplates.read(changed)
