"""What all DAGs share."""

from __future__ import annotations

from typing import Any

DAG_DEFAULTS: dict[str, Any] = {
    # No start date: with one, unpausing a DAG would start the night that was due last.
    "catchup": False,
    # One warehouse, one writer per schema: two runs of a DAG never overlap.
    "max_active_runs": 1,
    "default_args": {"owner": "data-engineering", "retries": 0},
}
