"""What every question to a model cost: the rows of ops.llm_calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Literal

import psycopg
from psycopg import sql

CallStatus = Literal["ok", "partial", "unusable", "failed"]


@dataclass(frozen=True, kw_only=True)
class LlmCall:
    """One request that was answered or given up.

    ``status``: ok, partial (answers for some customers), unusable (paid, but no answer in it) or
    failed (no response). ``endpoint``: host that was asked. ``customers``: how many were asked
    about, ``answers``: how many answers were usable. ``retries``: times the request was sent again.
    ``fallbacks``: how many were answered by rules after it was given up.
    """

    purpose: str
    model: str
    prompt_version: str
    endpoint: str
    request_id: str | None
    status: CallStatus
    problem: str | None
    customers: int
    answers: int
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    dollars: Decimal
    latency_ms: int
    retries: int
    fallbacks: int = 0


def write_calls(connection: psycopg.Connection, run_id: int, calls: Sequence[LlmCall]) -> None:
    """Append to ops.llm_calls in the transaction of ``connection``, which the caller commits."""
    for call in calls:
        values = {"run_id": run_id, **asdict(call)}
        connection.execute(
            sql.SQL("insert into ops.llm_calls ({}) values ({})").format(
                sql.SQL(", ").join(map(sql.Identifier, values)),
                sql.SQL(", ").join(map(sql.Placeholder, values)),
            ),
            values,
        )
