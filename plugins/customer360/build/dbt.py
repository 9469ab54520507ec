"""Runs dbt inside this process, as a few coarse builds.

A process per model costs over ten times as much, so each phase is one ``dbt build`` on two
threads; what every model and test did goes to ``ops.dbt_results``.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from customer360.settings import PROJECT, Settings
from customer360.warehouse import Warehouse

log = logging.getLogger(__name__)

Phase = Literal["core", "marts"]

PHASES: dict[Phase, list[str]] = {
    # A test that also looks at a mart waits until the marts are built.
    "core": [
        "--select", "path:models/staging", "path:models/intermediate", "path:models/core",
        "--exclude", "tag:after_enrichment", "--indirect-selection", "buildable",
    ],
    "marts": ["--select", "tag:after_enrichment", "path:models/marts"],
}  # fmt: skip
"""What each phase builds: the stars before enrichment, then what enrichment feeds and the marts."""

ROLE = "c360_transformer"


class BuildError(Exception):
    """dbt could not build a model or a test failed; the message names them."""

    runbook = "a-model-did-not-build"


@dataclass(frozen=True)
class NodeResult:
    """What one model or test did. ``seconds``: its own time; ``failures``: rows a test found."""

    unique_id: str
    resource_type: str
    status: str
    seconds: float
    rows_affected: int | None
    failures: int | None
    message: str | None

    @property
    def is_table(self) -> bool:
        return self.resource_type == "model" and self.rows_affected is not None

    @property
    def failed(self) -> bool:
        return self.status in ("error", "fail")


@dataclass(frozen=True)
class BuildReport:
    """All nodes of one phase."""

    phase: Phase
    nodes: list[NodeResult]

    def count(self, *resource_types: str) -> int:
        """How many nodes are of these types, such as ``model`` or ``test``."""
        return sum(node.resource_type in resource_types for node in self.nodes)

    def rows_of(self, *prefixes: str) -> dict[str, int]:
        """Rows of each table that was built, of those whose names begin so."""
        names = {
            node.unique_id.split(".")[2]: node.rows_affected for node in self.nodes if node.resource_type == "model"
        }
        return {name: rows for name, rows in sorted(names.items()) if name.startswith(prefixes) and rows is not None}

    @property
    def warnings(self) -> list[NodeResult]:
        return [node for node in self.nodes if node.status == "warn"]


def manifest_path(settings: Settings) -> Path:
    """Where dbt leaves its manifest.json."""
    return settings.home / "dbt" / "target" / "manifest.json"


def project_arguments(settings: Settings) -> list[str]:
    """Where dbt finds our project, and where it leaves its files."""
    target = manifest_path(settings).parent
    return [
        "--project-dir", str(PROJECT / "dbt_project"), "--profiles-dir", str(PROJECT / "dbt_project"),
        "--target-path", str(target), "--log-path", str(target.parent / "logs"),
    ]  # fmt: skip


def build(warehouse: Warehouse, settings: Settings, phase: Phase, *, run_id: int, as_of_date: date) -> BuildReport:
    """Build one phase of the models as they stood at the end of ``as_of_date``.

    Raises BuildError when a model fails to build or a fail-severity test finds rows.
    """
    from dbt_common.invocation import get_invocation_id

    variables = f"{{as_of_date: '{as_of_date}', business_time_zone: '{settings.business_time_zone}'}}"
    arguments = [
        # Unit tests say what the SQL means, not what the data is: the test suite runs them, no night does.
        "--quiet", "--no-use-colors", "build", *PHASES[phase], "--exclude-resource-type", "unit_test",
        *project_arguments(settings), "--vars", variables,
    ]  # fmt: skip
    outcome = run_dbt(warehouse, arguments)
    if outcome.result is None:
        raise BuildError(f"dbt could not read its project: {outcome.exception}")
    report = BuildReport(phase, [_node_result(result) for result in outcome.result.results])
    _record(warehouse, run_id, get_invocation_id(), report)
    for node in report.warnings:
        log.warning("%s warns: %s", node.unique_id, node.message)
    if failed := [node for node in report.nodes if node.failed]:
        raise BuildError(
            f"{len(failed)} of {len(report.nodes)} dbt nodes failed: "
            + "; ".join(f"{node.unique_id.split('.')[2]} ({(node.message or '').strip()})" for node in failed[:5])
        )
    return report


def _node_result(result: Any) -> NodeResult:
    affected = (result.adapter_response or {}).get("rows_affected")
    return NodeResult(
        unique_id=result.node.unique_id,
        resource_type=str(result.node.resource_type.value),
        status=str(result.status.value),
        seconds=result.execution_time,
        rows_affected=affected if isinstance(affected, int) and affected >= 0 else None,
        failures=result.failures,
        message=result.message,
    )


def _record(warehouse: Warehouse, run_id: int, invocation_id: str, report: BuildReport) -> None:
    with warehouse.connect(ROLE) as connection, connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.dbt_results (run_id, invocation_id, unique_id, resource_type, status, seconds,"
            " rows_affected, failures, message) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (run_id, invocation_id, n.unique_id, n.resource_type, n.status, n.seconds,
                 n.rows_affected, n.failures, n.message)
                for n in report.nodes
            ],
        )  # fmt: skip


def run_dbt(warehouse: Warehouse, arguments: list[str]) -> Any:
    """What dbt, run inside this process, came to: its dbtRunnerResult."""
    from dbt.cli.main import dbtRunner  # costs a second that no other command should pay

    # dbt writes the process's command line to its log and results, and that of an erasure names a person.
    ours, sys.argv = sys.argv, ["dbt", *arguments]
    try:
        with _connection_in_environment(warehouse):
            return dbtRunner().invoke(arguments)
    finally:
        sys.argv = ours


@contextmanager
def _connection_in_environment(warehouse: Warehouse) -> Iterator[None]:
    """The variables profiles.yml reads; dbt masks those named DBT_ENV_SECRET in its logs."""
    url = urlsplit(warehouse.url(ROLE))
    variables = {
        "DBT_HOST": url.hostname or "",
        "DBT_PORT": str(url.port or 5432),
        "DBT_DATABASE": url.path.strip("/"),
        "DBT_USER": ROLE,
        "DBT_ENV_SECRET_PASSWORD": unquote(url.password or ""),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
