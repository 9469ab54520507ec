"""The ledger of drafted messages: what may become of each, why, and who decided it. Nothing is sent."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from importlib.resources import files
from typing import Any, Literal
from zoneinfo import ZoneInfo

import psycopg
import yaml
from psycopg.rows import dict_row
from pydantic import BaseModel, ConfigDict, Field, model_validator

from customer360.enrich.answers import EnrichError
from customer360.enrich.rules import SCORECARDS
from customer360.warehouse import Warehouse

ROLE = "c360_enricher"
POLICY_VERSION = "notification_policy_v1"
RULES = "rules"
"""Who decided, where no person did."""

Decision = Literal["approved", "rejected"]

_OPEN = ("drafted", "deferred")
_INSERT = """
insert into enrichment.notification_states
    (run_id, draft_id, customer_key, as_of_date, state, reason, explanation, not_before_at, decided_by, decided_at)
values (
    %(run_id)s, %(draft_id)s, %(customer_key)s, %(as_of_date)s, %(state)s, %(reason)s, %(explanation)s,
    %(not_before_at)s, %(decided_by)s, coalesce(%(decided_at)s, clock_timestamp())
)
"""

log = logging.getLogger(__name__)


class NotificationPolicy(BaseModel):
    """When a message may go out. Hours are 0 to 23 of a customer's day; ``planned_hour`` is of the business day."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    quiet_from: int = Field(ge=0, le=23)
    quiet_until: int = Field(ge=0, le=23)
    planned_hour: int = Field(ge=0, le=23)
    most_in_7_days: int = Field(ge=1)
    duplicate_days: int = Field(ge=1)
    holdout_percent: int = Field(ge=0, le=100)

    @classmethod
    def read(cls, version: str = POLICY_VERSION) -> NotificationPolicy:
        """The policy ``version``, a file in enrich/scorecards/."""
        return cls.model_validate(yaml.safe_load((SCORECARDS / f"{version}.yml").read_text(encoding="utf-8")))

    def planned_at(self, as_of_date: date, business_time_zone: str) -> datetime:
        """The instant at which messages drafted as of that day would go out."""
        return datetime.combine(as_of_date + timedelta(days=1), time(self.planned_hour), ZoneInfo(business_time_zone))

    @model_validator(mode="after")
    def _is_quiet_at_night(self) -> NotificationPolicy:
        if self.quiet_until >= self.quiet_from:
            raise ValueError("quiet hours begin in the evening and end in the morning")
        return self


@dataclass(frozen=True)
class OpenDraft:
    """A message that waits for a person. The name in it is still a placeholder."""

    draft_id: int
    notification_type: str
    channel: str
    scenario: str
    urgency_level: str
    subject: str
    body: str
    state: str


def judge(
    warehouse: Warehouse,
    *,
    run_id: int,
    as_of_date: date,
    business_time_zone: str,
    policy: NotificationPolicy | None = None,
) -> dict[str, int]:
    """Enter into the ledger what may become of every drafted message by now; the changes by state.

    Raises EnrichError when the customers' permissions are not built.
    """
    chosen = policy or NotificationPolicy.read()
    planned_at = chosen.planned_at(as_of_date, business_time_zone)
    values = {"as_of_date": as_of_date, "time_zone": business_time_zone, "planned_at": planned_at}
    with warehouse.connect(ROLE) as connection, connection.cursor(row_factory=dict_row) as cursor:
        try:
            changes = cursor.execute(_query("judge"), values | chosen.model_dump()).fetchall()
        except psycopg.errors.UndefinedTable as error:
            raise EnrichError(
                f"The customers' permissions are not built; run `customer360 build` first: {error}"
            ) from error
        said = {"run_id": run_id, "as_of_date": as_of_date, "decided_by": RULES, "decided_at": None}
        cursor.executemany(_INSERT, [change | said for change in changes])
    states = Counter(change["state"] for change in changes)
    log.info("notifications: %d states changed", states.total())
    return dict(states)


def judged_later(warehouse: Warehouse, as_of_date: date) -> bool:
    """Whether the ledger already looks at a later day, so that messages as of this one would be about the past."""
    with warehouse.connect(ROLE) as connection:
        row = connection.execute(
            "select exists (select from enrichment.notification_states where as_of_date > %s)", [as_of_date]
        ).fetchone()
    assert row is not None
    return row[0]


def open_drafts(warehouse: Warehouse, *, as_of_date: date) -> list[OpenDraft]:
    """The messages that nothing stands against and nobody has decided about, most urgent first."""
    with warehouse.connect(ROLE) as connection:
        return [OpenDraft(*row) for row in connection.execute(_query("open_drafts"), _open_as_of(as_of_date))]


def decide(
    warehouse: Warehouse,
    decision: Decision,
    draft_ids: Collection[int],
    *,
    run_id: int,
    as_of_date: date,
    decided_by: str,
    decided_at: datetime,
) -> int:
    """Enter a person's decision about drafts into the ledger; how many it counts for.

    A draft that rules have closed since it was shown stays closed. Raises EnrichError when a
    rule's name is given as the person's.
    """
    if not decided_by.strip() or decided_by == RULES:
        raise EnrichError(f"{decided_by!r} cannot decide about drafts; name the person who did.")
    said: dict[str, Any] = {
        "run_id": run_id, "as_of_date": as_of_date, "state": decision, "reason": "a_person_decided",
        "explanation": f"A person {decision} it.", "decided_by": decided_by, "decided_at": decided_at,
    }  # fmt: skip
    with warehouse.connect(ROLE) as connection, connection.cursor(row_factory=dict_row) as cursor:
        still_open = cursor.execute(_query("still_open"), _open_as_of(as_of_date) | {"draft_ids": list(draft_ids)})
        decided = [row | said for row in still_open.fetchall()]
        cursor.executemany(_INSERT, decided)
    return len(decided)


def _open_as_of(as_of_date: date) -> dict[str, Any]:
    return {"as_of_date": as_of_date, "open_states": list(_OPEN)}


def _query(name: str) -> str:
    return (files("customer360.enrich") / "queries" / f"{name}.sql").read_text(encoding="utf-8")
