"""The question what an open decision is about."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from customer360.enrich.answers import Status
from customer360.enrich.bedrock.free_text import scrubbed
from customer360.enrich.bedrock.question import (
    Question,
    entries_in,
    message_about,
    read_prompt,
    schema_of_answers,
    under_refs,
)
from customer360.enrich.decisions import Category, DecisionAnswer, DecisionRules, OpenDecision, Option

DECISION_PROMPT = "decision_v1"

_FACTS = (
    "decision_type", "urgency_level", "customer_tier", "relationship_months", "impact_share", "proposed_options",
    "is_overdue",
)  # fmt: skip
_TITLE_LENGTH, _DESCRIPTION_LENGTH = 200, 1500
_ROOM = 160

SCHEMA = schema_of_answers(
    {
        "category": {"type": "string", "enum": [*get_args(Category), "Unsure"]},
        "options": {"type": "array", "items": {"type": "string", "enum": list(get_args(Option))}},
    }
)


class _ModelAnswer(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    ref: str
    category: Category | Literal["Unsure"]
    options: list[Option] = Field(max_length=len(get_args(Option)))


@dataclass(frozen=True)
class DecisionPurpose:
    """Open decisions, one a request: a text can say what it likes, but only about its own decision.

    ``rules``: they say how sure an answer is and which options may be proposed. ``personal_words``: taken out of texts.
    """

    rules: DecisionRules
    personal_words: Collection[str]
    prompt_version: str = DECISION_PROMPT
    pack_size: int = 1
    name: str = "decision"

    @cached_property
    def _system(self) -> str:
        return read_prompt(self.prompt_version)

    def question(self, pack: Sequence[OpenDecision], *, longer: int = 1) -> Question[OpenDecision]:
        """The question about a decision. ``longer``: how many times the usual room the answer gets."""
        refs = under_refs(pack)
        message = message_about("decisions", {ref: self._facts(decision) for ref, decision in refs.items()})
        return Question(self._system, SCHEMA, message, refs, longer * _ROOM * len(refs))

    def answers_in(self, text: str, question: Question[OpenDecision]) -> tuple[list[DecisionAnswer], str | None]:
        """The usable answers in a model's text, and what is wrong with the others."""
        return entries_in(text, question, self._answer)

    def without_answer(self, subject: OpenDecision, status: Status, reason: str) -> DecisionAnswer:
        """What is kept of a decision nobody answered for."""
        return DecisionAnswer(decision_id=subject.decision_id, status=status, reason=reason)

    def _facts(self, decision: OpenDecision) -> dict[str, Any]:
        texts = (
            ("title", decision.title, _TITLE_LENGTH),
            ("description", decision.decision_description, _DESCRIPTION_LENGTH),
        )
        return {name: getattr(decision, name) for name in _FACTS} | {
            name: scrubbed(
                text,
                personal_values=decision.personal_values,
                personal_words=self.personal_words,
                length=length,
            )
            for name, text, length in texts
        }

    def _answer(self, entry: Any, decision: OpenDecision) -> DecisionAnswer:
        said = _ModelAnswer.model_validate(entry)
        if said.category == "Unsure":
            return DecisionAnswer(
                decision_id=decision.decision_id,
                status="abstained",
                reason="The model found too little to decide on.",
            )
        # What may be proposed is for rules to say, and the model's order among that.
        fitting = self.rules.fitting_options(decision, said.category)
        options = [option for option in dict.fromkeys(said.options) if option in fitting] or fitting
        return self.rules.answer_for(decision, said.category, options, "The model went by the decision's text.")
