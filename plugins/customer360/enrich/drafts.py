"""The wording of messages from templates."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from pydantic import BaseModel, ConfigDict, model_validator

from customer360.enrich.answers import DraftAnswer, NotificationType, RecommendedAction
from customer360.enrich.features import AddressedCustomer
from customer360.enrich.rules import Condition, RuleFile
from customer360.enrich.wording import faults_in

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

    def draft(self, customer: AddressedCustomer) -> DraftAnswer:
        """The message that the customer's action sends, in the words of its template."""
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
