"""A person's word about drafted messages, asked for in the Airflow UI."""

from __future__ import annotations

import logging
from datetime import date, datetime
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
    from customer360 import pipeline

    run = pipeline.start_run(
        read_settings(), get_current_context()["dag"].dag_id, as_of_date=date.fromisoformat(shown["as_of_date"])
    )
    said = {"decided_by": answer["responded_by_user"]["name"], "decided_at": _instant(answer["responded_at"])}
    approve, reject = divided(shown["draft_ids"], answer)
    approved = pipeline.decide(run, "approved", approve, **said)
    rejected = pipeline.decide(run, "rejected", reject, **said)
    pipeline.finish_run(run, "done")
    closed = len(shown["draft_ids"]) - approved - rejected
    log.info("%d approved, %d rejected, %d closed meanwhile.", approved, rejected, closed)


def divided(draft_ids: list[int], answer: dict[str, Any]) -> tuple[list[int], list[int]]:
    """The drafts that an answer approves, and those it rejects: the exceptions of the form are the other way."""
    named = {int(number) for number in (answer["params_input"].get("except_drafts") or "").split(",") if number.strip()}
    said, exceptions = ([n for n in draft_ids if (n in named) is other] for other in (False, True))
    return (said, exceptions) if answer["chosen_options"] == [APPROVE] else (exceptions, said)


def _instant(value: datetime | str) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)
