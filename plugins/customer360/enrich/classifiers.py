"""Who says which segment a customer belongs to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Protocol, get_args

from pydantic import Field, model_validator

from customer360.enrich.answers import EnrichError, Segment, SegmentAnswer
from customer360.enrich.calls import LlmCall
from customer360.enrich.features import CustomerFeatures
from customer360.enrich.rules import Condition, Rule, RuleFile, matching

CLASSIFIERS = ("rules", "bedrock")
SEGMENTS_VERSION = "segments_v1"
MAXIMUM_POINTS = 100


class Classifier(Protocol):
    """Says the segment of customers.

    ``source``, ``model`` and ``prompt_version`` are stored with every answer; when one of them
    differs from last time, every customer is asked about again.
    """

    @property
    def source(self) -> str: ...
    @property
    def model(self) -> str: ...
    @property
    def prompt_version(self) -> str: ...

    def classify(self, customers: Iterable[CustomerFeatures]) -> Iterator[SegmentAnswer]:
        """One answer for each customer, in any order."""
        ...


class PaidClassifier(Protocol):
    """A classifier whose answers cost money, so that each is kept as soon as it is there."""

    @property
    def source(self) -> str: ...
    @property
    def model(self) -> str: ...
    @property
    def prompt_version(self) -> str: ...

    def classify_into(
        self,
        customers: Iterable[CustomerFeatures],
        keep: Callable[[Sequence[SegmentAnswer], Sequence[LlmCall]], None],
    ) -> None:
        """Hand answers and the calls that brought them to ``keep``, from any thread: one answer per customer."""
        ...


def classifier_named(name: str) -> RulesClassifier:
    """The classifier ``rules``, the one that is known by its name alone.

    Raises EnrichError for any other name.
    """
    if name == "bedrock":
        raise EnrichError("The classifier bedrock needs a model; make it with BedrockClassifier.configured.")
    if name != "rules":
        raise EnrichError(f"There is no classifier {name!r}; use --classifier rules.")
    return RulesClassifier.read(SEGMENTS_VERSION)


class RulesClassifier(RuleFile):
    """A scorecard: each segment has rules, and the segment with the most points is the answer.

    It abstains when the best segment has fewer than ``minimum_points`` or leads by less than
    ``margin``. Each segment can reach 100 points, so that none wins by having more rules.
    """

    about = CustomerFeatures

    minimum_points: int = Field(gt=0)
    margin: int = Field(gt=0)
    segments: dict[Segment, tuple[Rule, ...]]

    @model_validator(mode="after")
    def _is_fair(self) -> RulesClassifier:
        for name, rules in self.segments.items():
            if (total := sum(rule.points for rule in rules)) != MAXIMUM_POINTS:
                raise ValueError(f"the points of {name} add up to {total}, not {MAXIMUM_POINTS}")
        if missing := set(get_args(Segment)) - set(self.segments):
            raise ValueError(f"there are no rules for {', '.join(sorted(missing))}")
        return self

    def conditions(self) -> Iterable[Condition]:
        return (rule for rules in self.segments.values() for rule in rules)

    def classify(self, customers: Iterable[CustomerFeatures]) -> Iterator[SegmentAnswer]:
        """One answer for each customer, in their order."""
        return map(self._answer, customers)

    def _answer(self, customer: CustomerFeatures) -> SegmentAnswer:
        matched = {name: matching(rules, vars(customer)) for name, rules in self.segments.items()}
        scores = {name: sum(rule.points for rule in rules) for name, rules in matched.items()}
        best, second = sorted(scores, key=lambda name: (-scores[name], name))[:2]
        doubt = self._doubt(best, scores[best], second, scores[second])
        return SegmentAnswer(
            customer_key=customer.customer_key,
            status="abstained" if doubt else "ok",
            reason=doubt or f"{best} leads with {scores[best]} points, {second} has {scores[second]}.",
            segment=None if doubt else best,
            score=Decimal(scores[best]),
            contributions={name: [rule.contribution for rule in rules] for name, rules in matched.items()},
        )

    def _doubt(self, best: str, points: int, second: str, second_points: int) -> str | None:
        if points < self.minimum_points:
            return f"Too little evidence: no segment has more than {points} of the {self.minimum_points} points."
        if points - second_points < self.margin:
            return (
                f"Too close to call: {best} has {points} points, {second} {second_points}, "
                f"less than {self.margin} apart."
            )
        return None
