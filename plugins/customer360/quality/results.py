"""What a gate found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

Gate = Literal["after_load", "before_publish"]
Severity = Literal["fail", "warn"]

ROWS_IN_A_MESSAGE = 3
CHECKS_IN_A_MESSAGE = 10


@dataclass(frozen=True)
class CheckResult:
    """One expectation's outcome.

    ``table``: schema and table. ``reason``: why the rule exists or, where it could not be judged,
    what is missing. ``observed``: what was seen, in words. ``sample``: some of the offending rows,
    by the columns the suite allows to be shown, never personal values.
    """

    suite: str
    table: str
    name: str
    severity: Severity
    passed: bool
    reason: str
    observed: str
    sample: tuple[dict[str, Any], ...] = ()

    @property
    def rows(self) -> str:
        """The sample in words, as ``interaction_id 7; interaction_id 9``."""
        return _in_words(self.sample)


@dataclass(frozen=True)
class GateResult:
    """Every check of one gate in one run."""

    gate: Gate
    run_id: int
    as_of_date: date
    checks: tuple[CheckResult, ...]

    @property
    def failures(self) -> tuple[CheckResult, ...]:
        """Checks of severity fail that did not pass."""
        return tuple(check for check in self.checks if not check.passed and check.severity == "fail")

    @property
    def warnings(self) -> tuple[CheckResult, ...]:
        """Checks of severity warn that did not pass."""
        return tuple(check for check in self.checks if not check.passed and check.severity == "warn")

    @property
    def passed(self) -> bool:
        """False when a check of severity fail did not pass; warnings do not stop a run."""
        return not self.failures

    @property
    def counts(self) -> dict[str, int]:
        """Numbers of checks, failures and warnings."""
        return {
            "checks": len(self.checks),
            "failures": len(self.failures),
            "warnings": len(self.warnings),
        }

    @property
    def message(self) -> str:
        """One line for a log, naming the first failed checks and some of their rows."""
        if self.passed:
            return f"Gate {self.gate}: {len(self.checks)} checks, {len(self.warnings)} warnings, nothing fails."
        failed = " | ".join(
            f"{check.table} {check.name}: {check.observed}"
            + (f" ({_in_words(check.sample[:ROWS_IN_A_MESSAGE])})" if check.sample else "")
            for check in self.failures[:CHECKS_IN_A_MESSAGE]
        )
        if len(self.failures) > CHECKS_IN_A_MESSAGE:
            failed += f" | and {len(self.failures) - CHECKS_IN_A_MESSAGE} more."
        return f"Gate {self.gate} fails {len(self.failures)} of {len(self.checks)} checks: {failed}"


def _in_words(rows: tuple[dict[str, Any], ...]) -> str:
    return "; ".join(", ".join(f"{column} {value}" for column, value in row.items()) for row in rows)
