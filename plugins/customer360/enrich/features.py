"""What rules may know about a customer: the columns of intermediate.int_customer_features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any, Literal, get_args, get_type_hints

from customer360.enrich.answers import Factor, Priority, RecommendedAction, Scenario, Segment, Team

DaysBand = Literal["0-30", "31-90", "91-180", "181-365", "365+"]


@dataclass(frozen=True, kw_only=True)
class CustomerFeatures:
    """One customer. ``_share`` is 0 to 1, ``_score`` 0 to 100, None is unknown.

    ``input_hash`` changes whenever something that the answer rests on changes.
    """

    customer_key: int
    input_hash: str
    age_band: Literal["18-24", "25-34", "35-44", "45-54", "55-64", "65+"] | None = None
    income_bracket: Literal["Low", "Medium", "High"] | None = None
    tenure_years: int | None = None
    preferred_channel: Literal["Email", "SMS", "Phone", "App Push"] | None = None
    marketing_consent: bool | None = None
    account_status: Literal["Active", "At Risk", "Inactive", "Suspended"] | None = None
    subscription_type: Literal["Basic", "Premium", "Green"] | None = None
    has_green_plan: bool | None = None
    monthly_fee: Decimal | None = None
    engagement_score: int | None = None
    orders_365d: int = 0
    net_revenue_365d: Decimal | None = None
    discount_share: Decimal | None = None
    eco_spend_share: Decimal | None = None
    days_since_last_order_band: DaysBand | None = None
    days_since_last_activity_band: DaysBand | None = None
    web_sessions_90d: int = 0
    mobile_session_share: Decimal | None = None
    ai_interactions_90d: int = 0
    care_interactions_90d: int = 0
    care_interactions_prior_90d: int = 0
    complaints_90d: int = 0
    escalations_90d: int = 0
    open_interactions: int = 0
    cancellation_requests_180d: int = 0
    voice_share: Decimal | None = None
    in_person_share: Decimal | None = None
    digital_share: Decimal | None = None
    avg_satisfaction_90d: int | None = None
    avg_queue_seconds_90d: int | None = None
    notifications_sent_90d: int = 0
    notification_open_share: Decimal | None = None
    notification_click_share: Decimal | None = None
    open_decisions: int = 0
    open_churn_decisions: int = 0
    refunds_180d: int = 0
    crm_risk_score: int | None = None
    crm_engagement_level: Literal["High", "Medium", "Low"] | None = None
    source_churn_risk_score: int | None = None

    @property
    def key(self) -> int:
        """What names the customer among those asked about."""
        return self.customer_key


@dataclass(frozen=True, kw_only=True)
class SegmentedCustomer(CustomerFeatures):
    """A customer and the segment decided before, None where that abstained."""

    segment: Segment | None = None


@dataclass(frozen=True, kw_only=True)
class PrioritisedCustomer(SegmentedCustomer):
    """A customer, the priority decided before, None if there is none yet, and its first trigger factor."""

    priority: Priority | None = None
    main_factor: Factor | None = None


@dataclass(frozen=True, kw_only=True)
class AddressedCustomer(PrioritisedCustomer):
    """A customer to whom the action decided before sends a message; ``trigger_factors`` are all there are."""

    trigger_factors: list[Factor]
    scenario: Scenario
    recommended_action: RecommendedAction
    urgency_level: Priority
    assigned_team: Team


_NOT_FACTS = ("customer_key", "input_hash")

FEATURE_COLUMNS = tuple(f.name for f in fields(CustomerFeatures) if f.name != "input_hash")
"""The columns read from intermediate.int_customer_features, but for its input_hash."""


def facts_of(customer_class: type[CustomerFeatures]) -> Mapping[str, type | tuple[str, ...]]:
    """The facts a rule about ``customer_class`` may ask for.

    Each with its type (bool, int or Decimal) or, where it is one of a few words, those words.
    """
    hints = get_type_hints(customer_class)
    return {name: _kind(hint) for name, hint in hints.items() if name not in _NOT_FACTS}


def _kind(hint: Any) -> type | tuple[str, ...]:
    known = [part for part in get_args(hint) if part is not type(None)]
    if isinstance(hint, type):
        return hint
    if all(isinstance(part, str) for part in known):
        return tuple(known)
    return known[0] if isinstance(known[0], type) else get_args(known[0])
