"""What an open decision is about and what could be done: the facts, the answer and the rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal, get_args
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from customer360.enrich.answers import Contribution, Status
from customer360.enrich.rules import Condition, RuleFile
from customer360.enrich.step import Step, StepReport, answer_of, reading, run_step
from customer360.warehouse import Warehouse

DECISIONS_VERSION = "decisions_v1"
MAXIMUM_OPTIONS = 3

Category = Literal[
    "refund_request",
    "billing_dispute",
    "service_escalation",
    "policy_exception",
    "contract_modification",
    "churn_prevention",
]
Option = Literal[
    "Refund in full",
    "Refund the affected period",
    "Offer a credit note",
    "Correct the invoice",
    "Explain the charge",
    "Split the difference",
    "Name one contact",
    "Give the case to a senior agent",
    "Replace what fails",
    "Grant the exception once",
    "Offer another way",
    "Decline and explain why",
    "Accept the change",
    "Offer a middle way",
    "Keep the contract",
    "Call with a retention offer",
    "Offer a loyalty bonus",
    "Ask for the reason and let go",
]


@dataclass(frozen=True, kw_only=True)
class OpenDecision:
    """A decision nobody has taken yet: a row of intermediate.int_decisions__open.

    ``impact_share``: money at stake as a share of the customer's value. ``personal_values``: what in its
    own columns says who it is about.
    """

    decision_id: UUID
    input_hash: str
    title: str
    decision_description: str
    decision_type: Category
    urgency_level: int
    customer_tier: Literal["basic", "standard", "premium", "enterprise"] | None
    relationship_months: int | None
    impact_share: Decimal | None
    proposed_options: int
    is_overdue: bool
    personal_values: list[str]

    @property
    def key(self) -> UUID:
        """What names the decision among those asked about."""
        return self.decision_id


class DecisionAnswer(BaseModel):
    """What a decision is about, and what could be done, best first; or why there is no answer.

    ``confidence``: 0 to 1, how much of what rules can check speaks for the category. No probability.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    decision_id: UUID
    status: Status = "ok"
    reason: str
    category: Category | None = None
    options: list[Option] | None = None
    confidence: Decimal | None = Field(default=None, ge=0, le=1)
    contributions: dict[Category, list[Contribution]] = {}

    @property
    def key(self) -> UUID:
        """What names the decision among those asked about."""
        return self.decision_id

    @model_validator(mode="after")
    def _is_complete_or_empty(self) -> DecisionAnswer:
        said = (self.category, self.options, self.confidence)
        if any((value is not None) != (self.status == "ok") for value in said):
            raise ValueError("an answer that is ok, and only that, has a category, options and a confidence")
        return self


class OptionRule(BaseModel):
    """An option, and what must be true of a decision for it to be proposed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    option: Option
    when: tuple[Condition, ...] = ()


class DecisionRules(RuleFile):
    """Points for what the desk filed a decision as and for the words in it, and the options of each category.

    ``words``: a text with one of them speaks for that category. Each word counts once, however often it stands
    there, and no text is worth more than ``word_points``.
    """

    about = OpenDecision  # type: ignore[assignment]

    filed_points: int = Field(gt=0)
    word_points: int = Field(gt=0)
    words: dict[Category, tuple[str, ...]]
    options: dict[Category, tuple[OptionRule, ...]]

    @model_validator(mode="after")
    def _covers_every_category(self) -> DecisionRules:
        if self.filed_points + self.word_points != 100:
            raise ValueError("the points add up to 100")
        for category in get_args(Category):
            if category not in self.words or category not in self.options:
                raise ValueError(f"there are no words or options for {category}")
            if all(rule.when for rule in self.options[category]):
                raise ValueError(f"{category} has no option that always fits")
        return self

    def conditions(self) -> Iterable[Condition]:
        return (condition for rules in self.options.values() for rule in rules for condition in rule.when)

    def classify(self, decisions: Iterable[OpenDecision]) -> Iterator[DecisionAnswer]:
        """One answer for each decision, in their order."""
        return map(self._answer, decisions)

    def answer_for(self, decision: OpenDecision, category: Category, options: list[Option], reason: str) -> Any:
        """The answer that a decision is about ``category``: its confidence is the rules' whoever says so."""
        contributions = self._contributions(decision)
        points = sum(part.points for part in contributions.get(category, []))
        return DecisionAnswer(
            decision_id=decision.decision_id,
            reason=reason,
            category=category,
            options=options[:MAXIMUM_OPTIONS],
            confidence=Decimal(points) / 100,
            contributions=contributions,
        )

    def fitting_options(self, decision: OpenDecision, category: Category) -> list[Option]:
        """The options of a category that may be proposed for the decision, best first."""
        facts = vars(decision)
        return [rule.option for rule in self.options[category] if all(c.holds(facts) for c in rule.when)]

    def _answer(self, decision: OpenDecision) -> DecisionAnswer:
        contributions = self._contributions(decision)
        points = {category: sum(part.points for part in parts) for category, parts in contributions.items()}
        best = max(points.values())
        leading = sorted(category for category, count in points.items() if count == best)
        if len(leading) > 1:
            return DecisionAnswer(
                decision_id=decision.decision_id,
                status="abstained",
                reason=f"Too close to call: {' and '.join(leading)} have {best} points each.",
                contributions=contributions,
            )
        [category] = leading
        reason = " ".join(part.reason for part in contributions[category])
        return self.answer_for(decision, category, self.fitting_options(decision, category), reason)

    def _contributions(self, decision: OpenDecision) -> dict[Category, list[Contribution]]:
        filed = Contribution(feature="decision_type", points=self.filed_points, reason="The desk filed it as this.")
        parts: dict[Category, list[Contribution]] = {decision.decision_type: [filed]}
        text = f"{decision.title}\n{decision.decision_description}"
        for category, pattern in self._patterns.items():
            if found := pattern.search(text):
                reason = f"Its text says {found.group().lower()!r}."
                parts.setdefault(category, []).append(
                    Contribution(feature="text", points=self.word_points, reason=reason)
                )
        return parts

    @cached_property
    def _patterns(self) -> dict[Category, re.Pattern[str]]:
        return {
            category: re.compile(rf"\b(?:{'|'.join(map(re.escape, words))})\b", re.IGNORECASE)
            for category, words in self.words.items()
        }


def decisions_step(chosen: Any, fallback: DecisionRules | None = None) -> Step[OpenDecision]:
    """The step of open decisions, with rules or a model to answer."""
    return Step(
        "decisions", "decision_analyses", OpenDecision, chosen, answer_of(chosen), fallback, of="int_decisions__open"
    )


def analyse_decisions(
    warehouse: Warehouse, *, run_id: int, as_of_date: date, chosen: Any = None, fallback: DecisionRules | None = None
) -> StepReport:
    """Say of every open decision that is new or changed what it is about and what could be done.

    ``chosen``: who says so, the rules if nobody else is named. Raises EnrichError when the decisions are not built.
    """
    step = decisions_step(chosen or DecisionRules.read(DECISIONS_VERSION), fallback)
    return run_step(warehouse, step, run_id=run_id, as_of_date=as_of_date)


def personal_words(warehouse: Warehouse) -> frozenset[str]:
    """Words of names and places that somebody in the warehouse has, which no text may hold that leaves it."""
    with reading(warehouse) as connection:
        return frozenset(word for (word,) in connection.execute("select word from intermediate.int_personal_words"))
