"""What every fitted model leaves behind, whether it could be fitted or not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["lifetime_value", "revenue"]
Status = Literal["ok", "too_little_data", "not_converged"]

METHODS: dict[Kind, str] = {"lifetime_value": "lifetime_value_v1", "revenue": "revenue_v1"}
"""The version of each method: with a new one, every month is fitted again."""


class NotConvergedError(Exception):
    """The likelihood has no usable maximum; the message says which model and why."""


@dataclass(frozen=True)
class Fit:
    """One fit, as ``enrichment.model_fits`` keeps it.

    ``model``: the name of what is published. ``error`` and ``baseline_error``: back-tested, in the
    unit that ``metrics["error_unit"]`` names; None where nothing was fitted. ``reason``: in plain words.
    """

    model: str
    status: Status
    reason: str
    parameters: dict[str, float] = field(default_factory=dict)
    metrics: dict[str, float | int | str] = field(default_factory=dict)
    error: float | None = None
    baseline_error: float | None = None
