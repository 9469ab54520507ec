"""The pages of the menu "Customer 360" in the Airflow UI, as HTML that needs nothing from a network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from itertools import groupby
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined

from customer360.build import docs_path, manifest_path
from customer360.publish import PublishedTable, read_specification
from customer360.report import PAGE, newest_report
from customer360.settings import Settings
from customer360.summary import read_summary, recent_runs
from customer360.warehouse import open_warehouse

RUNS_SHOWN = 15


class NoPageYetError(Exception):
    """There is nothing to show; the message says what to do first."""


@dataclass(frozen=True)
class Page:
    """An entry of the menu. ``render``: the HTML for the settings and, where ``of_a_run``, a run or None for the last.

    It raises NoPageYetError when there is nothing to show, LookupError when there is no such run.
    """

    name: str
    title: str
    render: Callable[..., str]
    of_a_run: bool = False
    has_scripts: bool = False


def run_report(settings: Settings, run_id: int | None = None) -> str:
    """What a run did and found, step by step, the last one but for exports where none is named."""
    warehouse = open_warehouse(settings)
    runs = recent_runs(warehouse, RUNS_SHOWN)
    if not runs:
        raise NoPageYetError("No run has been entered yet. Trigger the DAG nightly; its report stands here.")
    # An export follows every night by itself, and would hide it.
    last = next((entered for entered in runs if entered.kind != "export_marts"), runs[0])
    run = read_summary(warehouse, run_id or last.run_id)
    return _rendered(
        "report.html",
        run=run,
        runs=runs,
        longest=max((step.seconds for step in run.steps), default=0) or 1,
        has_checks=_quality_page(settings, run.run_id).exists(),
    )


def night_in_pictures(settings: Settings, run_id: int | None = None) -> str:
    """The page a run left: records, segments, cost, seconds and what was published, drawn."""
    reports = settings.home / "reports"
    if run_id is None:
        newest = newest_report(reports)
        if newest is None:
            raise NoPageYetError("No night has left its page yet. Trigger the DAG nightly; it stands here then.")
        return newest.read_text(encoding="utf-8")
    page = reports / str(run_id) / PAGE
    if not page.exists():
        raise LookupError(f"Run {run_id} has left no page, or it was removed after a year.")
    return page.read_text(encoding="utf-8")


def quality_results(settings: Settings, run_id: int | None = None) -> str:
    """Every check of a run's gates, the last run that came to one where none is named."""
    if run_id is None:
        checked = [path.parent.name for path in (settings.home / "reports").glob("*/quality.html")]
        if not checked:
            raise NoPageYetError("No run has come to a gate yet. Trigger the DAG nightly; its checks stand here.")
        run_id = max(map(int, checked))
    if not _quality_page(settings, run_id).exists():
        raise LookupError(f"Run {run_id} has come to no gate, or its page was removed.")
    return _quality_page(settings, run_id).read_text(encoding="utf-8")


def dbt_docs(settings: Settings) -> str:
    """dbt's own documentation of the models, their SQL and their lineage."""
    path = docs_path(settings)
    if not path.exists():
        raise NoPageYetError(
            "The models are not documented yet. Trigger the DAG nightly; its last step writes this page."
        )
    return path.read_text(encoding="utf-8")


def data_dictionary(settings: Settings) -> str:
    """Every published table and column: type, description, keys, and what is personal."""
    manifest = manifest_path(settings)
    if not manifest.exists():
        raise NoPageYetError("The models were never built here. Trigger the DAG nightly; the tables stand here then.")
    tables = sorted(read_specification(manifest), key=lambda table: (table.schema_name, table.name))
    schemas = [(name, list(found)) for name, found in groupby(tables, key=lambda table: table.schema_name)]
    return _rendered("dictionary.html", schemas=schemas, references=_references)


PAGES = (
    Page("report", "Last run", run_report, of_a_run=True),
    Page("pictures", "Last run in pictures", night_in_pictures, of_a_run=True),
    Page("quality", "Quality results", quality_results, of_a_run=True),
    Page("models", "Models (dbt docs)", dbt_docs, has_scripts=True),
    Page("dictionary", "Data dictionary", data_dictionary, has_scripts=True),
)


def notice(title: str, sentence: str) -> str:
    """A page with nothing but a sentence."""
    return _rendered("notice.html", title=title, sentence=sentence)


def _quality_page(settings: Settings, run_id: int) -> Any:
    return settings.home / "reports" / str(run_id) / "quality.html"


def _references(table: PublishedTable, column: str) -> list[str]:
    """What the column is the key of, or points to, in words."""
    words = ["key"] if column in table.primary_key else []
    return words + [f"→ {key.to}" for key in table.foreign_keys if column in key.columns]


def _rendered(template: str, **values: Any) -> str:
    environment = Environment(
        loader=FunctionLoader(lambda name: (files("customer360.pages") / name).read_text(encoding="utf-8")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(**values)
