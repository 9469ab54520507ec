"""What to do about a customer next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pydantic import BaseModel, ConfigDict, model_validator

from customer360.enrich.answers import ActionAnswer, Priority, RecommendedAction, Scenario, Team
from customer360.enrich.features import PrioritisedCustomer
from customer360.enrich.rules import Condition, RuleFile

ACTIONS_VERSION = "actions_v1"


class ActionRule(BaseModel):
    """A scenario: when all its conditions hold, what to do, how urgently and who."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    scenario: Scenario
    when: tuple[Condition, ...]
    recommended_action: RecommendedAction
    urgency_level: Priority
    follow_up_required: bool
    assigned_team: Team
    reason: str


class ActionRules(RuleFile):
    """Scenarios in order: the first that fits a customer is the one, and the last fits everybody."""

    about = PrioritisedCustomer

    rules: tuple[ActionRule, ...]

    @model_validator(mode="after")
    def _the_last_fits_everybody(self) -> ActionRules:
        if [bool(rule.when) for rule in self.rules] != [True] * (len(self.rules) - 1) + [False]:
            raise ValueError("the last rule, and only that, has no conditions")
        return self

    def conditions(self) -> Iterable[Condition]:
        return (condition for rule in self.rules for condition in rule.when)

    def scenarios_of(self, customer: PrioritisedCustomer) -> list[Scenario]:
        """The scenarios the customer is in, the decisive one first."""
        return list(dict.fromkeys(rule.scenario for rule in self._fitting(customer)))

    def recommend(self, customer: PrioritisedCustomer) -> ActionAnswer:
        """The one action for the customer."""
        rule = next(self._fitting(customer))
        return ActionAnswer(customer_key=customer.customer_key, **rule.model_dump(exclude={"when"}))

    def _fitting(self, customer: PrioritisedCustomer) -> Iterator[ActionRule]:
        facts = vars(customer)
        return (rule for rule in self.rules if all(condition.holds(facts) for condition in rule.when))
