"""The page of a run: written, found, and removed when it is old."""

from __future__ import annotations

import logging
import shutil
import time
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from customer360.report.facts import NightFacts, read_facts
from customer360.warehouse import Warehouse

log = logging.getLogger(__name__)

PAGE = "report.html"
KEPT = timedelta(days=366)


def write_report(warehouse: Warehouse, run_id: int, reports: Path) -> Path:
    """Write the page of a run below ``reports``, remove folders older than a year, and return its path.

    Raises LookupError when there is no such run.
    """
    folder = reports / str(run_id)
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / PAGE
    # Whoever reads the page meanwhile sees the old or the new one, never half of one.
    partial = page.with_name(f".{PAGE}.partial")
    partial.write_text(
        render(read_facts(warehouse, run_id), quality=(folder / "quality.html").exists()), encoding="utf-8"
    )
    partial.replace(page)
    _remove_old(reports, keep=folder)
    return page


def newest_report(reports: Path) -> Path | None:
    """The page of the run with the highest number, None when there is none."""
    written = [page for page in reports.glob(f"*/{PAGE}") if page.parent.name.isdecimal()]
    return max(written, key=lambda page: int(page.parent.name), default=None)


def render(facts: NightFacts, *, quality: bool) -> str:
    """The page as self-contained HTML; ``quality``: whether the page of the gates lies beside it."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = (files("customer360.report") / "page.html").read_text(encoding="utf-8")
    return environment.from_string(template).render(facts=facts, run=facts.run, quality=quality)


def _remove_old(reports: Path, keep: Path) -> None:
    oldest = time.time() - KEPT.total_seconds()
    for folder in reports.iterdir():
        if folder != keep and folder.name.isdecimal() and folder.stat().st_mtime < oldest:
            shutil.rmtree(folder)
            log.info("The report of run %s is older than a year and is removed.", folder.name)
