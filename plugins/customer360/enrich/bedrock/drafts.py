"""The question how to word the message that a customer's action sends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict

from customer360.enrich.actions import ACTIONS_VERSION, ActionRules
from customer360.enrich.answers import DraftAnswer, Factor, Scenario, Status
from customer360.enrich.bedrock.question import (
    Question,
    entries_in,
    message_about,
    read_prompt,
    schema_of_answers,
    under_refs,
)
from customer360.enrich.drafts import MessageTemplates, message_templates
from customer360.enrich.features import AddressedCustomer
from customer360.enrich.wording import faults_in

DRAFT_PROMPT = "draft_v1"

_TOKENS_OF_AN_ANSWER = 300

SCHEMA = schema_of_answers(
    {
        "scenario": {"type": "string", "enum": list(get_args(Scenario))},
        "trigger_factors": {"type": "array", "items": {"type": "string", "enum": list(get_args(Factor))}},
        "subject": {"type": "string"},
        "body": {"type": "string"},
    }
)


class _ModelAnswer(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    ref: str
    scenario: Scenario
    trigger_factors: list[Factor]
    subject: str
    body: str


@dataclass(frozen=True)
class DraftPurpose:
    """Words of a message, one customer a request, so that nobody gets what was meant for another.

    No free text is told and no name. Which message it is, how urgent and whose, rules have said before.
    """

    prompt_version: str = DRAFT_PROMPT
    pack_size: int = 1
    name: str = "draft"

    def question(self, pack: Sequence[AddressedCustomer], *, longer: int = 1) -> Question[AddressedCustomer]:
        """The question about one customer. ``longer``: how many times the usual room the answer gets."""
        refs = under_refs(pack)
        facts = {ref: self._facts(customer) for ref, customer in refs.items()}
        return Question(self._system, SCHEMA, message_about("messages", facts), refs, longer * _TOKENS_OF_AN_ANSWER)

    def answers_in(self, text: str, question: Question[AddressedCustomer]) -> tuple[list[DraftAnswer], str | None]:
        """The message in a model's text, where it is fit to send, and else what is wrong with it."""
        read, problem = entries_in(text, question, self._judged)
        drafts = [answer for answer, faults in read if not faults]
        faults = [fault for _, found in read for fault in found]
        return drafts, " ".join(faults) or problem

    def without_answer(self, subject: AddressedCustomer, status: Status, reason: str) -> DraftAnswer:
        """What is kept of a customer for whom there are no usable words."""
        return self._templates.outline(subject).model_copy(update={"status": status, "reason": reason})

    @cached_property
    def _system(self) -> str:
        return read_prompt(self.prompt_version)

    @cached_property
    def _templates(self) -> MessageTemplates:
        return message_templates()

    @cached_property
    def _actions(self) -> ActionRules:
        return ActionRules.read(ACTIONS_VERSION)

    def _facts(self, customer: AddressedCustomer) -> dict[str, Any]:
        return {
            "message": self._templates.by_action[customer.recommended_action].notification_type,
            "segment": customer.segment,
            "channel": customer.preferred_channel,
            "scenarios": self._actions.scenarios_of(customer),
            "trigger_factors": customer.trigger_factors,
        }

    def _judged(self, entry: Any, customer: AddressedCustomer) -> tuple[DraftAnswer, list[str]]:
        said = _ModelAnswer.model_validate(entry)
        faults = faults_in(said.subject, said.body)
        if said.scenario not in self._actions.scenarios_of(customer):
            faults.append("The scenario is not one that the customer is in.")
        if not set(said.trigger_factors) <= set(customer.trigger_factors):
            faults.append("A trigger factor is not one of the customer's.")
        words = {"status": "ok", "reason": "The model worded it.", **said.model_dump(exclude={"ref"})}
        return self._templates.outline(customer).model_copy(update=words), faults
