"""What all parts of a contract have in common: unknown keys are errors, nothing changes after reading."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """A part of a contract."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
