"""What a night did, read from the books it left."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import psycopg
from psycopg.rows import dict_row

from customer360.warehouse import Warehouse

NIGHTS = 14
"""How many nights a picture looks back."""


@dataclass(frozen=True)
class NightFacts:
    """Everything the page of a run shows.

    ``run``: its row of ops.runs. ``steps``: each with its ``seconds``, those of earlier runs of the kind as ``before``
    and their ``median``. ``checks``: those that did not pass. ``sources``: records a source delivered, and where they
    went. ``reasons``: records in quarantine by reason, values left out. ``segments``: people per segment now and in the
    run before. ``moves``: people per segment they left and entered. ``nights``: dollars and requests of the last
    nights, oldest first. ``published``: rows a schema has and what changed in it.
    """

    run: dict[str, Any]
    steps: list[dict[str, Any]]
    checks: list[dict[str, Any]]
    refused: list[dict[str, Any]]
    sources: list[dict[str, Any]]
    reasons: list[tuple[str, int]]
    segments: list[dict[str, Any]]
    moves: list[dict[str, Any]]
    nights: list[dict[str, Any]]
    published: list[dict[str, Any]]

    @property
    def failed_step(self) -> dict[str, Any] | None:
        return next((step for step in self.steps if step["status"] == "failed"), None)


def read_facts(warehouse: Warehouse, run_id: int) -> NightFacts:
    """The facts of a run, as far as it has come. Raises LookupError when there is no such run."""
    with warehouse.connect() as connection:
        connection.execute("set transaction read only")
        runs = _rows(connection, "run", run_id)
        if not runs:
            raise LookupError(f"There is no run {run_id} in ops.runs.")
        return NightFacts(
            run=runs[0],
            steps=_rows(connection, "steps", run_id),
            checks=_rows(connection, "checks", run_id),
            refused=_rows(connection, "refused", run_id),
            sources=_rows(connection, "sources", run_id),
            reasons=_without_values(_rows(connection, "reasons", run_id)),
            segments=_rows(connection, "segments", run_id),
            moves=_rows(connection, "moves", run_id),
            nights=_rows(connection, "nights", run_id),
            published=_rows(connection, "published", run_id),
        )


def _rows(connection: psycopg.Connection, name: str, run_id: int) -> list[dict[str, Any]]:
    query = (files("customer360.report") / "queries" / f"{name}.sql").read_text(encoding="utf-8")
    cursor = connection.cursor(row_factory=dict_row)
    return cursor.execute(query, {"run": run_id, "nights": NIGHTS}).fetchall()


def _without_values(reasons: list[dict[str, Any]]) -> list[tuple[str, int]]:
    """Reasons with the same words counted together: what a record said may be somebody's data."""
    counted: Counter[str] = Counter()
    for each in reasons:
        words = re.sub(r'"[^"]*"', "…", each["reason"].partition(" such as ")[0])
        counted[re.sub(r"\b\d[\d,.]*\b", "…", words)] += each["records"]
    return counted.most_common()
