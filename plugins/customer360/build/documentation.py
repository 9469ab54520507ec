"""dbt's own documentation of the models, as one page."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

from customer360.build.dbt import BuildError, manifest_path, project_arguments, run_dbt
from customer360.settings import PROJECT, Settings
from customer360.warehouse import Warehouse

log = logging.getLogger(__name__)


def docs_path(settings: Settings) -> Path:
    """Where ``write_docs`` leaves the page."""
    return settings.home / "dbt" / "docs.html"


def write_docs(warehouse: Warehouse, settings: Settings) -> bool:
    """Write the page after a build, unless it already shows the models as they are; whether it was written.

    Raises BuildError.
    """
    page = docs_path(settings)
    fingerprint, kept = _fingerprint(), page.with_suffix(".fingerprint")
    if page.exists() and kept.exists() and kept.read_text() == fingerprint:
        return False
    # The build has just compiled every model; the manifest it left says so.
    arguments = ["docs", "generate", "--static", "--no-compile", *project_arguments(settings)]
    outcome = run_dbt(warehouse, ["--quiet", "--no-use-colors", *arguments])
    if not outcome.success:
        raise BuildError(f"dbt could not write the documentation of the models: {outcome.exception}")
    # Whoever reads the page meanwhile sees the old or the new one, never half of one.
    (manifest_path(settings).parent / "static_index.html").replace(page)
    kept.write_text(fingerprint)
    log.info("The models are documented anew.")
    return True


def _fingerprint() -> str:
    """A hash of everything the page is made from."""
    models = PROJECT / "dbt_project"
    found = hashlib.sha256()
    for path in sorted(path for name in ("models", "macros", "tests") for path in (models / name).rglob("*.*")):
        found.update(str(path.relative_to(models)).encode() + b"\0" + path.read_bytes())
    return found.hexdigest()
