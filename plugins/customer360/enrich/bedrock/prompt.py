"""The question about a pack of customers, and what its answer must look like."""

from __future__ import annotations

import json
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from customer360.enrich.answers import EnrichError, Segment, SegmentAnswer
from customer360.enrich.features import CustomerFeatures

SEGMENT_PROMPT = "segment_v1"

Fact = Literal[
    "age_band",
    "income_bracket",
    "tenure_years",
    "preferred_channel",
    "marketing_consent",
    "subscription_type",
    "has_green_plan",
    "monthly_fee",
    "orders_365d",
    "net_revenue_365d",
    "discount_share",
    "eco_spend_share",
    "days_since_last_order_band",
    "web_sessions_90d",
    "mobile_session_share",
    "ai_interactions_90d",
    "care_interactions_90d",
    "voice_share",
    "in_person_share",
    "digital_share",
    "notification_open_share",
    "notification_click_share",
]
"""The features a model is told: those a segment may rest on, and none that says who somebody is."""

_UNSURE = "Unsure"
_TOKENS_OF_AN_ANSWER = 80
_TOKENS_AROUND_ANSWERS = 40
# Compact JSON has more characters to a token than this, so that a price is rather too high than too low.
_CHARACTERS_PER_TOKEN = 3


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _ModelAnswer(_Strict):
    ref: str
    segment: Segment | Literal["Unsure"]
    evidence: list[Fact] = Field(max_length=len(get_args(Fact)))


SCHEMA = json.dumps(
    {
        "type": "object",
        "additionalProperties": False,
        "required": ["answers"],
        "properties": {
            "answers": {
                "type": "array",
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["ref", "segment", "evidence"],
                    "properties": {
                        "ref": {"type": "string"},
                        "segment": {"type": "string", "enum": [*get_args(Segment), _UNSURE]},
                        "evidence": {"type": "array", "items": {"type": "string", "enum": list(get_args(Fact))}},
                    },
                },
            }
        },
    },
    separators=(",", ":"),
)
"""The answer's JSON schema as it is sent: the same bytes every time, else nothing the service compiled is reused."""


@dataclass(frozen=True)
class Question:
    """One request. ``customers``: by the ref that stands for each in ``message``."""

    system: str
    message: str
    customers: Mapping[str, CustomerFeatures]
    max_tokens: int

    @property
    def fixed_tokens(self) -> int:
        """About how many tokens of it are the same in every request."""
        return (len(self.system) + len(SCHEMA)) // _CHARACTERS_PER_TOKEN

    @property
    def input_tokens(self) -> int:
        """About how many tokens it is, rather too many than too few."""
        return self.fixed_tokens + len(self.message) // _CHARACTERS_PER_TOKEN + 1


def read_prompt(version: str) -> str:
    """The system prompt ``version``, a file in prompts/.

    Raises EnrichError when there is none.
    """
    path = files("customer360.enrich.bedrock") / "prompts" / f"{version}.md"
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise EnrichError(f"There is no prompt {version} in enrich/bedrock/prompts/.") from error


def question_about(customers: Sequence[CustomerFeatures], system: str, *, longer: int = 1) -> Question:
    """The question about a pack. ``longer``: how many times the usual room the answer gets.

    A ref is drawn anew for every request: it says nothing about the customer, and an answer to
    another request cannot be taken for one to this.
    """
    refs: dict[str, CustomerFeatures] = {}
    for customer in customers:
        while (ref := secrets.token_hex(3)) in refs:
            pass
        refs[ref] = customer
    message = json.dumps(
        {"customers": [{"ref": ref, **_known_facts(customer)} for ref, customer in refs.items()]},
        separators=(",", ":"),
    )
    room = _TOKENS_AROUND_ANSWERS + _TOKENS_OF_AN_ANSWER * len(refs)
    return Question(system, message, refs, longer * room)


def _known_facts(customer: CustomerFeatures) -> dict[str, Any]:
    values = {name: getattr(customer, name) for name in get_args(Fact)}
    return {
        name: float(value) if isinstance(value, Decimal) else value
        for name, value in values.items()
        if value is not None
    }


def answers_in(text: str, question: Question) -> tuple[list[SegmentAnswer], str | None]:
    """The usable answers in a model's text, at most one per customer, and what is wrong with the others.

    A ref that was not asked about or comes twice spoils the whole text: answers may have been mixed up.
    """
    try:
        content = json.loads(_without_fence(text))
        received = content["answers"]
        refs = Counter(entry["ref"] for entry in received)
    except (ValueError, KeyError, TypeError):
        return [], "The answer is not the JSON that was asked for."
    if set(refs) - set(question.customers):
        return [], "The answer has a ref that was not asked about."
    if refs and max(refs.values()) > 1:
        return [], "The answer has a ref twice."
    answers, problem = [], None
    for entry in received:
        try:
            answers.append(_answer(_ModelAnswer.model_validate(entry), question))
        except ValidationError:
            problem = "The answer has a word outside the closed sets."
    if len(received) < len(question.customers):
        problem = problem or "The answer leaves customers out."
    return answers, problem


def _without_fence(text: str) -> str:
    stripped = text.strip()
    if stripped.startswith("```") and stripped.endswith("```"):
        return stripped[3:-3].removeprefix("json")
    return stripped


def _answer(said: _ModelAnswer, question: Question) -> SegmentAnswer:
    key = question.customers[said.ref].customer_key
    if said.segment == _UNSURE:
        return SegmentAnswer(customer_key=key, status="abstained", reason="The model found too little to decide on.")
    facts = ", ".join(said.evidence) or "nothing in particular"
    return SegmentAnswer(customer_key=key, segment=said.segment, reason=f"The model went by {facts}.")
