"""The committed suites of expectations/suites/, and what each expectation must say of itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from customer360.quality.results import Gate, Severity


class QualityError(Exception):
    """A gate cannot be run; the message says why and what to do."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ExpectationMeta(_Strict):
    """What Great Expectations does not know of an expectation.

    ``table``: schema and table it is about. ``why``: a sentence for whoever sees it fail.
    ``reads``: further tables its query needs. ``columns``: columns of ``table`` it depends on.
    ``sample``: columns of the query's rows that may be shown. ``minimum_rows``: with fewer rows
    in the table there is nothing to judge, and the check passes.
    """

    name: str
    table: str
    severity: Severity
    why: str
    reads: list[str] = []
    columns: list[str] = []
    sample: list[str] = []
    minimum_rows: int = 0


class Expectation(_Strict):
    """One expectation, as Great Expectations stores it."""

    type: str
    kwargs: dict[str, Any]
    meta: ExpectationMeta


class SuiteMeta(_Strict):
    """``gate``: when the suite runs. ``derived``: written by this module, not by hand."""

    gate: Gate
    derived: bool = False


class Suite(_Strict):
    """One file of expectations/suites/."""

    name: str
    meta: SuiteMeta
    notes: str
    expectations: list[Expectation]


def read_suites(expectations_dir: Path, gate: Gate | None = None) -> list[Suite]:
    """The suites of ``gate``, or of both, in the order of their file names.

    Raises QualityError when a file is no suite, or there is none for the gate.
    """
    suites = [_read(path) for path in sorted((expectations_dir / "suites").glob("*.json"))]
    chosen = [suite for suite in suites if gate in (None, suite.meta.gate)]
    if not chosen:
        raise QualityError(f"There is no suite for gate {gate} in {expectations_dir / 'suites'}.")
    return chosen


def _read(path: Path) -> Suite:
    try:
        suite = Suite.model_validate_json(path.read_text(encoding="utf-8"))
    except ValidationError as error:
        raise QualityError(f"{path.name} is not a suite: {error}") from error
    if suite.name != path.stem:
        raise QualityError(f"{path.name} holds a suite named {suite.name}; name the file after it.")
    return suite
