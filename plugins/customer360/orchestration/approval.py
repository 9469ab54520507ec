"""A person's word about drafted messages, asked for in the Airflow UI."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from airflow.sdk import get_current_context

from customer360.settings import read_settings

APPROVE, REJECT = OPTIONS = ["Approve", "Reject"]

log = logging.getLogger(__name__)


def show_drafts(run_number: int) -> dict[str, Any] | None:
    """The messages that wait for a person, as Markdown; None, and nobody is asked, where the form does not want it."""
    from customer360 import pipeline

    if not get_current_context()["params"]["approval"]:
        return None
    run = pipeline.resume_run(read_settings(), run_number)
    drafts = pipeline.open_drafts(run)
    if not drafts:
        log.info("No message waits for a person.")
        return None
    lines = ["| draft | urgency | type | channel | subject | text |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {d.draft_id} | {d.urgency_level} | {d.notification_type} | {d.channel} | {d.subject} | {d.body} |"
        for d in drafts
    ]
    return {
        "draft_ids": [d.draft_id for d in drafts],
        "text": "\n".join(lines),
        "as_of_date": run.as_of_date.isoformat(),
    }


def record_answer(shown: dict[str, Any], answer: dict[str, Any]) -> None:
    """Enter the answer into the ledger, with who gave it and when."""
    from datetime import date

    from customer360 import pipeline

    said_yes = answer["chosen_options"] == [APPROVE]
    exceptions = {int(number) for number in (answer["params_input"].get("except_drafts") or "").split(",") if number}
    others = [number for number in shown["draft_ids"] if number not in exceptions]
    named = [number for number in shown["draft_ids"] if number in exceptions]
    run = pipeline.start_run(
        read_settings(),
        get_current_context()["dag"].dag_id,
        as_of_date=date.fromisoformat(shown["as_of_date"]),
    )
    said = {"decided_by": answer["responded_by_user"]["name"], "decided_at": _instant(answer["responded_at"])}
    approved = pipeline.decide(run, "approved", others if said_yes else named, **said)
    rejected = pipeline.decide(run, "rejected", named if said_yes else others, **said)
    pipeline.finish_run(run, "done")
    log.info("%d approved, %d rejected, %d closed meanwhile.", approved, rejected,
             len(shown["draft_ids"]) - approved - rejected)  # fmt: skip


def _instant(value: datetime | str) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)
