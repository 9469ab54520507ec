"""The quality gates, and the step that comes to one."""

from __future__ import annotations

from customer360 import quality
from customer360.pipeline.runs import Run, recorded_step
from customer360.settings import PROJECT


class GateError(Exception):
    """A quality gate failed; nothing is published. The message names the checks."""

    runbook = "a-gate-failed"


def audit(run: Run) -> quality.GateResult:
    """Check the candidates before anyone can read them. Raises GateError."""
    with recorded_step(run, "audit") as summary:
        result = pass_gate(run, "before_publish")
        summary |= {
            "checks": len(result.checks),
            "warnings": sum(not check.passed for check in result.checks),
        }
        return result


def pass_gate(run: Run, gate: quality.Gate) -> quality.GateResult:
    result = quality.run_gate(
        run.warehouse,
        gate,
        run_id=run.run_id,
        as_of_date=run.as_of_date,
        results_dir=run.folder,
        expectations_dir=PROJECT / "expectations",
    )
    if not result.passed:
        raise GateError(f"{result.message} All of them: {run.folder / 'quality.html'}")
    return result
