"""The steps that change what readers see, or hand it on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from customer360 import build as models
from customer360 import erasing
from customer360 import publish as publishing
from customer360.pipeline.runs import Run, finish_run, recorded_step
from customer360.settings import PROJECT, Settings
from customer360.warehouse import open_warehouse


def publish(run: Run, *, allow_deletes: bool = False) -> publishing.PublishReport:
    """Make the candidates what readers see, in one transaction.

    ``allow_deletes``: past the settings' ``delete_limit`` too. Raises PublishError.
    """
    with recorded_step(run, "publish") as summary:
        report = publishing.publish(
            run.warehouse,
            models.manifest_path(run.settings),
            run_id=run.run_id,
            as_of_date=run.as_of_date,
            delete_limit=run.settings.delete_limit,
            allow_deletes=allow_deletes,
            migrations=PROJECT / "dbt_project" / "migrations",
        )
        summary |= _summary_of(report)
        erasing.finish(run.warehouse, run.settings)
        finish_run(run, "published" if report.changed else "unchanged")
        return report


def preview(settings: Settings, as_of_date: date | None = None) -> publishing.PublishReport:
    """What publishing the candidates would change, without changing it. Raises PublishError."""
    return publishing.publish(
        open_warehouse(settings),
        models.manifest_path(settings),
        run_id=0,
        as_of_date=as_of_date or settings.last_business_day(),
        delete_limit=settings.delete_limit,
        dry_run=True,
        migrations=PROJECT / "dbt_project" / "migrations",
    )


def undo(run: Run) -> publishing.PublishReport:
    """Bring the published rows back to the batch before, as a new batch. Raises PublishError."""
    with recorded_step(run, "undo") as summary:
        report = publishing.undo(run.warehouse, models.manifest_path(run.settings), run_id=run.run_id)
        summary |= _summary_of(report)
        finish_run(run, "published" if report.changed else "unchanged")
        return report


def published_day(settings: Settings) -> date | None:
    """The last business day that readers see; None before the first publish."""
    with open_warehouse(settings).connect("c360_publisher") as connection:
        row = connection.execute("select as_of_date from ops.published_batch").fetchone()
    return row[0] if row else None


def export(run: Run, formats: Sequence[str] = ("csv",)) -> list[publishing.ExportReport]:
    """Write the published tables in each of the formats, below a folder named by the last day they include.

    Personal columns are masked, but for the two SQLite files, which only their owner may read. Raises ExportError.
    """
    with recorded_step(run, "export") as summary:
        with run.warehouse.connect("c360_publisher") as connection:
            published = connection.execute("select as_of_date from ops.published_batch").fetchone()
        folder = run.settings.home / "exports" / str(published[0] if published else "nothing")
        reports = [publishing.EXPORTS[name](run.warehouse, folder / name) for name in formats]
        summary |= {"files": sum(len(report.files) for report in reports), "folder": str(folder)}
        return reports


def _summary_of(report: publishing.PublishReport) -> dict[str, Any]:
    return {
        "batch_id": report.batch_id,
        "tables": len(report.tables),
        "inserted": sum(table.inserted for table in report.tables),
        "updated": sum(table.updated for table in report.tables),
        "deleted": sum(table.deleted for table in report.tables),
        "rows": sum(table.row_count for table in report.tables),
    }
