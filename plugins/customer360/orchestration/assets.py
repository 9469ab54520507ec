"""What the DAGs produce, as Airflow shows it and schedules by.

An event stands for a task that ended well; it carries the run, its last business day and the rows.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import Asset, get_current_context

RAW = Asset(name="raw", uri="customer360://raw")
"""The source tables as delivered, typed by their contracts."""

CORE = Asset(name="core", uri="customer360://core")
"""The stars, as candidates nobody reads yet."""

ENRICHMENT = Asset(name="enrichment", uri="customer360://enrichment")
"""Segments, priorities and recommended actions with where they come from."""

MARTS = Asset(name="marts", uri="customer360://marts")
"""The published tables."""


def describe(asset: Asset, run: Any, **counts: Any) -> None:
    """Say on the event of ``asset`` which run it comes from, and how many rows there are."""
    event = get_current_context()["outlet_events"][asset]
    event.extra = {"run": run.run_id, "as_of_date": run.as_of_date.isoformat(), **counts}
