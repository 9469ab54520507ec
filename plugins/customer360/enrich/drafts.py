"""The wording of messages: by templates here, or by whoever answers in their place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from functools import cached_property
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from customer360.enrich.answers import DraftAnswer, NotificationType, RecommendedAction
from customer360.enrich.features import AddressedCustomer
from customer360.enrich.rules import Condition, RuleFile
from customer360.enrich.step import BATCH_SIZE, Step, StepReport, answer_of, run_step
from customer360.enrich.wording import faults_in
from customer360.warehouse import Warehouse

NOTIFICATIONS_VERSION = "notifications_v1"


class Message(BaseModel):
    """What the message of an action is called and says. ``is_marketing``: it needs consent."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    action: RecommendedAction
    notification_type: NotificationType
    is_marketing: bool
    subject: str
    body: str

    @model_validator(mode="after")
    def _is_fit_to_send(self) -> Message:
        if faults := faults_in(self.subject, self.body):
            raise ValueError(f"{self.action}: {' '.join(faults)}")
        return self


class MessageTemplates(RuleFile):
    """One message for each action that sends one."""

    about = AddressedCustomer

    messages: tuple[Message, ...]

    @model_validator(mode="after")
    def _has_one_message_for_an_action(self) -> MessageTemplates:
        if len(self.by_action) != len(self.messages):
            raise ValueError("an action has two messages")
        return self

    def conditions(self) -> Iterable[Condition]:
        return ()

    @cached_property
    def by_action(self) -> dict[str, Message]:
        return {message.action: message for message in self.messages}

    def classify(self, customers: Iterable[AddressedCustomer]) -> Iterator[DraftAnswer]:
        """The message that each customer's action sends, in the words of its template."""
        return map(self._draft, customers)

    def _draft(self, customer: AddressedCustomer) -> DraftAnswer:
        message = self.by_action[customer.recommended_action]
        words = {
            "status": "ok", "subject": message.subject, "body": message.body,
            "reason": f"The template for {message.notification_type}.",
        }  # fmt: skip
        return self.outline(customer).model_copy(update=words)

    def outline(self, customer: AddressedCustomer) -> DraftAnswer:
        """All that rules say about the customer's message: everything but its words."""
        message = self.by_action[customer.recommended_action]
        return DraftAnswer(
            customer_key=customer.customer_key,
            status="failed",
            reason="Nobody has worded it yet.",
            notification_type=message.notification_type,
            is_marketing=message.is_marketing,
            channel=customer.preferred_channel or "Email",
            scenario=customer.scenario,
            recommended_action=customer.recommended_action,
            trigger_factors=customer.trigger_factors,
            urgency_level=customer.urgency_level,
            assigned_team=customer.assigned_team,
        )


def message_templates() -> MessageTemplates:
    """The templates in use."""
    return MessageTemplates.read(NOTIFICATIONS_VERSION)


def drafts_step(drafter: Any, fallback: MessageTemplates | None = None) -> Step[AddressedCustomer]:
    """The step of messages, with templates or a model to word them."""
    return Step(
        "draft", "notification_drafts", AddressedCustomer, drafter, answer_of(drafter), fallback,
        query_values={"actions": list(message_templates().by_action)},
    )  # fmt: skip


def draft(
    warehouse: Warehouse,
    *,
    run_id: int,
    as_of_date: date,
    drafter: Any = None,
    fallback: MessageTemplates | None = None,
    batch_size: int = BATCH_SIZE,
) -> StepReport:
    """Word a message for every customer whose action sends one and changed, or whose drafter did.

    ``drafter``: who words them, templates if nobody else. ``fallback`` words those that the drafter has no usable
    words for. Raises EnrichError when the features are not built.
    """
    step = drafts_step(drafter or message_templates(), fallback)
    return run_step(warehouse, step, run_id=run_id, as_of_date=as_of_date, batch_size=batch_size)
