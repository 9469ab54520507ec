"""How likely a customer is to leave, and who comes first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from pydantic import Field, model_validator

from customer360.enrich.answers import Contribution, Factor, Priority, PriorityAnswer
from customer360.enrich.features import SegmentedCustomer
from customer360.enrich.rules import Condition, Rule, RuleFile, matching

PRIORITIES_VERSION = "priorities_v1"


class RiskRule(Rule):
    """A rule about leaving; ``factor`` is what the people who act read, None where it calms."""

    factor: Factor | None = None

    @model_validator(mode="after")
    def _names_what_raises_the_risk(self) -> RiskRule:
        if (self.points > 0) != (self.factor is not None):
            raise ValueError(f"{self.feature}: a rule that raises the risk, and only that, names its factor")
        return self


class PriorityScorecard(RuleFile):
    """Points for the risk of leaving and for value, and how the two make a priority.

    ``base_risk``: points everybody starts with. The priority score is the mean of risk and value
    with ``risk_weight`` percent for the risk; ``high`` and ``medium`` are the least scores of
    those priorities.
    """

    about = SegmentedCustomer

    base_risk: int = Field(ge=0, le=100)
    risk_weight: int = Field(ge=0, le=100)
    high: int
    medium: int
    churn_risk: tuple[RiskRule, ...]
    value: tuple[Rule, ...]

    def conditions(self) -> Iterable[Condition]:
        return (*self.churn_risk, *self.value)

    def prioritise(self, customer: SegmentedCustomer) -> PriorityAnswer:
        """The customer's risk and priority."""
        risks = matching(self.churn_risk, vars(customer))
        start = Contribution(feature="base", points=self.base_risk, reason="Every customer starts here.")
        risk, risk_parts = _score([start, *(rule.contribution for rule in risks)])
        value, value_parts = _score([rule.contribution for rule in matching(self.value, vars(customer))])
        score = self._combined(risk, value)
        priority = self._priority(score)
        return PriorityAnswer(
            customer_key=customer.customer_key,
            churn_risk_score=risk,
            priority_score=score,
            priority=priority,
            trigger_factors=_factors(risks),
            contributions={"churn_risk": risk_parts, "value": value_parts},
            reason=f"A churn risk of {risk} and a value of {value} make a score of {score}: {priority}.",
        )

    def _combined(self, risk: int, value: int) -> int:
        weighted = Decimal(risk * self.risk_weight + value * (100 - self.risk_weight)) / 100
        return int(weighted.quantize(Decimal(1), ROUND_HALF_UP))

    def _priority(self, score: int) -> Priority:
        if score >= self.high:
            return "High"
        return "Medium" if score >= self.medium else "Low"


def _score(parts: list[Contribution]) -> tuple[int, list[Contribution]]:
    """The sum of the parts, kept within 0 to 100 by a part of its own, so that they still add up."""
    total = sum(part.points for part in parts)
    score = min(max(total, 0), 100)
    if score != total:
        limit = Contribution(feature="limit", points=score - total, reason="Scores stay within 0 to 100.")
        parts = [*parts, limit]
    return score, parts


def _factors(risks: Iterable[RiskRule]) -> list[Factor]:
    """What raises the risk, most points first, the alphabet deciding between equals."""
    points: Counter[Factor] = Counter()
    for rule in risks:
        if rule.factor is not None:
            points[rule.factor] += rule.points
    return sorted(points, key=lambda factor: (-points[factor], factor))
