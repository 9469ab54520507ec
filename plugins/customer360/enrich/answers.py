"""What enrichment may say: closed sets of words, and one answer per customer and step."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Segment = Literal["Value Seekers", "Traditionalists", "Digital Natives", "Eco Savers"]
Priority = Literal["High", "Medium", "Low"]
Status = Literal["ok", "abstained", "invalid", "failed", "over_budget"]

Factor = Literal[
    "Cancellation request",
    "Open churn decision",
    "Account status",
    "Long inactivity",
    "No recent orders",
    "Low engagement",
    "Complaints",
    "Escalations",
    "Low satisfaction",
    "Unresolved contacts",
    "Long waiting times",
    "Refunds",
    "Ignored notifications",
    "CRM risk score",
    "Source risk score",
]

Scenario = Literal[
    "Cancellation requested",
    "Escalation still open",
    "Repeated complaints",
    "Account suspended",
    "High churn risk",
    "Low satisfaction",
    "Unresolved contacts",
    "Long inactivity",
    "Eco saver without green plan",
    "Savings for a value seeker",
    "Digital features for a digital native",
    "Personal contact for a traditionalist",
    "Maintain relationship",
]
RecommendedAction = Literal[
    "Call with a retention offer",
    "Give the case to a senior agent",
    "Call to apologise and solve the cause",
    "Review the suspension and call",
    "Send a personal retention offer",
    "Call to ask what is wrong",
    "Ask for feedback",
    "Close the open cases",
    "Send a win-back offer",
    "Offer the green plan",
    "Send a savings offer",
    "Show the new digital features",
    "Offer a personal consultation",
    "No action needed",
]
Team = Literal["Retention", "Customer Care", "Accounts", "Marketing", "Sales"]


NotificationType = Literal[
    "Retention offer",
    "Win-back offer",
    "Green plan offer",
    "Savings offer",
    "Feature tip",
    "Consultation offer",
    "Feedback request",
]
Channel = Literal["Email", "SMS", "Phone", "App Push"]


class EnrichError(Exception):
    """Enrichment cannot go on; the message says why and what to do."""

    runbook = "bedrock-does-not-answer"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Contribution(_Strict):
    """What one rule adds to a score: the feature it looked at, its points and why, in plain words."""

    feature: str
    points: int
    reason: str


class _Answer(_Strict):
    customer_key: int
    status: Status = "ok"
    reason: str | None = None

    @property
    def key(self) -> int:
        """What names the customer among those asked about."""
        return self.customer_key


class SegmentAnswer(_Answer):
    """A customer's segment, or why there is none.

    ``score``: points of the segment, or of the best one where the answer abstains.
    ``contributions``: what each segment's score is made of.
    """

    segment: Segment | None = None
    score: Decimal | None = None
    contributions: dict[Segment, list[Contribution]] = {}

    @model_validator(mode="after")
    def _says_a_segment_or_why_not(self) -> SegmentAnswer:
        if self.status == "ok" and self.segment is None:
            raise ValueError("an answer that is ok names a segment")
        if self.status != "ok" and (self.segment is not None or not self.reason):
            raise ValueError(f"an answer that is {self.status} names no segment and gives a reason")
        return self


class PriorityAnswer(_Answer):
    """A customer's risk of leaving and priority.

    Scores are 0 to 100. ``trigger_factors``: what raises the risk, most points first.
    ``contributions``: what ``churn_risk`` and ``value`` are made of.
    """

    churn_risk_score: int = Field(ge=0, le=100)
    priority_score: int = Field(ge=0, le=100)
    priority: Priority
    trigger_factors: list[Factor]
    contributions: dict[Literal["churn_risk", "value"], list[Contribution]]


class ActionAnswer(_Answer):
    """The one action recommended for a customer."""

    scenario: Scenario
    recommended_action: RecommendedAction
    urgency_level: Priority
    follow_up_required: bool
    assigned_team: Team


class DraftAnswer(_Answer):
    """The wording of a message to a customer, or why there is none.

    ``subject`` and ``body`` name the customer as ``{{first_name}}`` only, which is filled when they are published.
    ``trigger_factors``: what the wording goes by, most important first. ``is_marketing``: needs consent.
    """

    notification_type: NotificationType
    is_marketing: bool
    channel: Channel
    scenario: Scenario
    recommended_action: RecommendedAction
    trigger_factors: list[Factor]
    urgency_level: Priority
    assigned_team: Team
    subject: str | None = None
    body: str | None = None

    @model_validator(mode="after")
    def _has_words_or_says_why_not(self) -> DraftAnswer:
        if (self.status == "ok") != bool(self.subject and self.body) or not self.reason:
            raise ValueError("a draft that is ok, and only that, has a subject and a body, and every one a reason")
        return self
