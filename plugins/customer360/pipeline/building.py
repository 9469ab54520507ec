"""The steps that build the models."""

from __future__ import annotations

from customer360 import build as models
from customer360.pipeline.runs import Run, recorded_step


def build_core(run: Run) -> models.BuildReport:
    """Build staging, intermediate and the stars. Raises BuildError."""
    return _build(run, "build_core", "core")


def build_marts(run: Run) -> models.BuildReport:
    """Build what enrichment feeds, and the marts as candidates. Raises BuildError."""
    return _build(run, "build_marts", "marts")


def document(run: Run) -> bool:
    """Renew dbt's documentation of the models where they have changed; whether it was. Raises BuildError."""
    return models.write_docs(run.warehouse, run.settings)


def _build(run: Run, step: str, phase: models.dbt.Phase) -> models.BuildReport:
    with recorded_step(run, step) as summary:
        report = models.build(run.warehouse, run.settings, phase, run_id=run.run_id, as_of_date=run.as_of_date)
        summary |= {
            "models": report.count("model"),
            "tests": report.count("test"),
            "warnings": len(report.warnings),
        }
        return report
