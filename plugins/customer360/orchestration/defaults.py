"""What all DAGs share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

DAG_DEFAULTS: dict[str, Any] = {
    "start_date": datetime(2026, 1, 1, tzinfo=UTC),
    "catchup": False,
    # One warehouse, one writer per schema: two runs of a DAG never overlap.
    "max_active_runs": 1,
    "default_args": {"owner": "data-engineering", "retries": 0},
}
