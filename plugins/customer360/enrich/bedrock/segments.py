"""The question which segment customers are in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from customer360.enrich.answers import Segment, SegmentAnswer, Status
from customer360.enrich.bedrock.question import (
    Question,
    entries_in,
    message_about,
    read_prompt,
    schema_of_answers,
    under_refs,
)
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

SCHEMA = schema_of_answers(
    {
        "segment": {"type": "string", "enum": [*get_args(Segment), _UNSURE]},
        "evidence": {"type": "array", "items": {"type": "string", "enum": list(get_args(Fact))}},
    }
)


class _ModelAnswer(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    ref: str
    segment: Segment | Literal["Unsure"]
    evidence: list[Fact] = Field(max_length=len(get_args(Fact)))


@dataclass(frozen=True)
class SegmentPurpose:
    """Segments, a pack of customers a request: nothing but coarse facts is told, so packs cannot mix up texts."""

    prompt_version: str = SEGMENT_PROMPT
    pack_size: int = 20
    name: str = "segment"

    @cached_property
    def _system(self) -> str:
        return read_prompt(self.prompt_version)

    def question(self, pack: Sequence[CustomerFeatures], *, longer: int = 1) -> Question[CustomerFeatures]:
        """The question about a pack. ``longer``: how many times the usual room the answer gets."""
        refs = under_refs(pack)
        facts = {ref: {name: getattr(customer, name) for name in get_args(Fact)} for ref, customer in refs.items()}
        room = _TOKENS_AROUND_ANSWERS + _TOKENS_OF_AN_ANSWER * len(refs)
        return Question(self._system, SCHEMA, message_about("customers", facts), refs, longer * room)

    def answers_in(self, text: str, question: Question[CustomerFeatures]) -> tuple[list[SegmentAnswer], str | None]:
        """The usable answers in a model's text, and what is wrong with the others."""
        return entries_in(text, question, _answer)

    def without_answer(self, subject: CustomerFeatures, status: Status, reason: str) -> SegmentAnswer:
        """What is kept of a customer nobody answered for."""
        return SegmentAnswer(customer_key=subject.customer_key, status=status, reason=reason)


def _answer(entry: Any, customer: CustomerFeatures) -> SegmentAnswer:
    said, key = _ModelAnswer.model_validate(entry), customer.customer_key
    if said.segment == _UNSURE:
        return SegmentAnswer(customer_key=key, status="abstained", reason="The model found too little to decide on.")
    facts = ", ".join(said.evidence) or "nothing in particular"
    return SegmentAnswer(customer_key=key, segment=said.segment, reason=f"The model went by {facts}.")
