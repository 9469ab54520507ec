"""Running a gate: Great Expectations over the tables its suites name.

The context is an ephemeral one, so the connection, password included, stays in memory; the suites
are read from their files and validated table by table over one engine. Sessions are read-only and
carry ``customer360.run_id`` and ``customer360.as_of_date``, which the suites' queries read with
``current_setting``.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from customer360.quality.catalogue import Expectation, Suite, read_suites
from customer360.quality.measures import measure
from customer360.quality.page import write_results
from customer360.quality.results import CheckResult, Gate, GateResult
from customer360.warehouse import Warehouse

ROLE = "c360_transformer"
SAMPLE_ROWS = 20
ROWS_QUERY = "unexpected_rows_expectation"
SCHEMAS_OF_CANDIDATES = "candidate_"

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Check:
    suite: str
    expectation: Expectation


def run_gate(
    warehouse: Warehouse,
    gate: Gate,
    *,
    run_id: int,
    as_of_date: date,
    results_dir: Path,
    expectations_dir: Path,
) -> GateResult:
    """Validate every suite of ``gate`` and say whether the run may go on.

    Writes one row a check to ``ops.checks`` (a repeated gate replaces its rows) and the gate's part
    of ``quality.html`` and ``quality.json`` in ``results_dir``. Before publish it also measures what
    ``measures.yml`` names and compares it with the last nights. Nothing is written to
    ``expectations_dir``. A check that cannot be judged, because a candidate is absent or its query
    fails, does not pass.

    Raises QualityError when the suites cannot be read, and WarehouseError when the warehouse does
    not answer.
    """
    suites = read_suites(expectations_dir, gate)
    with warehouse.connect(ROLE) as connection:
        row_counts = _row_counts(connection, suites)
    checks = _validate(warehouse, suites, row_counts, run_id=run_id, as_of_date=as_of_date)
    with warehouse.connect(ROLE) as connection:
        if gate == "before_publish":
            measures = measure(connection, expectations_dir, run_id=run_id, as_of_date=as_of_date)
            checks += [measured.as_check() for measured in measures]
        result = GateResult(gate, run_id, as_of_date, tuple(checks))
        _record(connection, result)
    write_results(result, results_dir)
    _log.log(logging.INFO if result.passed else logging.ERROR, result.message)
    return result


def _row_counts(connection: psycopg.Connection, suites: Iterable[Suite]) -> dict[str, int | None]:
    """Rows of every table the suites read, counted no further than they need; None where absent."""
    needed: dict[str, int] = {}
    for meta in (expectation.meta for suite in suites for expectation in suite.expectations):
        needed[meta.table] = max(needed.get(meta.table, 0), meta.minimum_rows)
        for table in meta.reads:
            needed.setdefault(table, 0)
    counts: dict[str, int | None] = {}
    for table, limit in needed.items():
        name = psycopg.sql.Identifier(*table.split(".", 1))
        if connection.execute("select to_regclass(%s)", [name.as_string(connection)]).fetchone() == (None,):
            counts[table] = None
            continue
        query = psycopg.sql.SQL("select count(*) from (select from {} limit {}) as rows").format(name, limit)
        counts[table] = connection.execute(query).fetchone()[0] if limit else 0  # type: ignore[index]
    return counts


def _validate(
    warehouse: Warehouse,
    suites: Iterable[Suite],
    row_counts: Mapping[str, int | None],
    *,
    run_id: int,
    as_of_date: date,
) -> list[CheckResult]:
    checks = [_Check(suite.name, expectation) for suite in suites for expectation in suite.expectations]
    results: dict[int, CheckResult] = {}
    to_run: dict[str, dict[str, _Check]] = {}
    for number, check in enumerate(checks):
        settled = _settled_beforehand(check, row_counts)
        if settled is not None:
            results[number] = settled
        else:
            to_run.setdefault(check.expectation.meta.table, {})[str(number)] = check
    with _datasource(warehouse, run_id, as_of_date) as datasource:
        for table, of_table in to_run.items():
            for key, outcome in _outcomes(datasource, table, of_table):
                results[int(key)] = _result(of_table[key], outcome)
    return [results[number] for number in range(len(checks))]


def _settled_beforehand(check: _Check, row_counts: Mapping[str, int | None]) -> CheckResult | None:
    meta = check.expectation.meta
    absent = [table for table in (meta.table, *meta.reads) if row_counts[table] is None]
    if any(table.startswith(SCHEMAS_OF_CANDIDATES) for table in absent):
        sentence = f"{', '.join(absent)} is not there: the build did not make it. Build it, then run the gate again."
        return _check_result(check, False, "table absent", reason=sentence)
    if absent:
        return _check_result(check, True, f"{', '.join(absent)} is not there: nothing was ever delivered")
    rows = row_counts[meta.table] or 0
    if rows < meta.minimum_rows:
        return _check_result(check, True, f"{rows} rows; with fewer than {meta.minimum_rows} there is nothing to judge")
    return None


@contextmanager
def _datasource(warehouse: Warehouse, run_id: int, as_of_date: date) -> Iterator[Any]:
    gx = _great_expectations()
    context = gx.get_context(mode="ephemeral", project_config=_in_memory())
    url = make_url(warehouse.url(ROLE)).set(drivername="postgresql+psycopg")
    datasource = context.data_sources.add_postgres(
        "warehouse",
        connection_string=url.render_as_string(hide_password=False),
        kwargs={
            "connect_args": {
                "application_name": "customer360 gate",
                "options": f"-c timezone=UTC -c default_transaction_read_only=on "
                f"-c customer360.run_id={run_id} -c customer360.as_of_date={as_of_date.isoformat()}",
            }
        },
    )
    try:
        yield datasource
    finally:
        engine = datasource.get_execution_engine()
        engine.close()
        engine.engine.dispose()
        datasource.get_engine().dispose()


def _great_expectations() -> Any:
    # Set before the import, which is the moment the package reads it. Imported here because it
    # takes seconds, which commands that run no gate need not wait for.
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations

    # It logs each failed metric with the rows it failed on.
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    return great_expectations


def _in_memory() -> Any:
    """A configuration that leaves nothing behind: the default one makes a folder for Data Docs."""
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    return DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        progress_bars=ProgressBarsConfig(globally=False),
        analytics_enabled=False,
    )


def _outcomes(datasource: Any, table: str, checks: Mapping[str, _Check]) -> Iterator[tuple[str, Any]]:
    gx = _great_expectations()
    schema, name = table.split(".", 1)
    asset = datasource.add_table_asset(table, table_name=name, schema_name=schema)
    batch = asset.add_batch_definition_whole_table("whole table").get_batch()
    suite = gx.ExpectationSuite(
        name=table,
        expectations=[
            {
                "type": check.expectation.type,
                "kwargs": check.expectation.kwargs,
                "meta": {"number": number},
            }
            for number, check in checks.items()
        ],
    )
    # Results come in an order of their own, so each expectation carries its number.
    for outcome in batch.validate(suite, result_format="COMPLETE").results:
        yield outcome.expectation_config.meta["number"], outcome


def _result(check: _Check, outcome: Any) -> CheckResult:
    error = _error(outcome.exception_info)
    if error is not None:
        return _check_result(check, False, "not judged", reason=f"The check could not be run: {error}")
    observed = outcome.result.get("observed_value")
    if check.expectation.type != ROWS_QUERY:
        expected = " and ".join(
            f"{word} {check.expectation.kwargs[limit]}"
            for limit, word in (("min_value", "at least"), ("max_value", "at most"))
            if limit in check.expectation.kwargs
        )
        return _check_result(check, bool(outcome.success), f"{_number(observed)}, expected {expected}")
    rows = outcome.result.get("details", {}).get("unexpected_rows") or []
    shown = check.expectation.meta.sample
    sample = tuple({column: _plain(row[column]) for column in shown if column in row} for row in rows)
    counted = "no row breaks the rule" if not observed else f"{observed} row{'s' * (observed != 1)}"
    return _check_result(check, bool(outcome.success), counted, sample=sample[:SAMPLE_ROWS] if shown else ())


def _check_result(
    check: _Check,
    passed: bool,
    observed: str,
    *,
    reason: str | None = None,
    sample: tuple[dict[str, Any], ...] = (),
) -> CheckResult:
    meta = check.expectation.meta
    return CheckResult(check.suite, meta.table, meta.name, meta.severity, passed, reason or meta.why, observed, sample)


def _error(exception_info: Mapping[str, Any]) -> str | None:
    """What the database said, in a sentence; nothing that could quote a value of the data."""
    messages = [
        info["exception_message"] or ""
        for info in (exception_info, *exception_info.values())
        if isinstance(info, Mapping) and info.get("raised_exception")
    ]
    if not messages:
        return None
    first_line = messages[0].splitlines()[0] if messages[0] else ""
    if "Undefined" in first_line or "InsufficientPrivilege" in first_line:
        return first_line
    kind = first_line.partition(")")[0].strip("(") or "an error"
    return f"the database answers {kind}; run the suite's query by hand to see on which value."


def _record(connection: psycopg.Connection, result: GateResult) -> None:
    connection.execute("delete from ops.checks where run_id = %s and gate = %s", [result.run_id, result.gate])
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.checks (run_id, gate, suite, check_name, severity, passed, reason, observed)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (
                    result.run_id,
                    result.gate,
                    check.suite,
                    f"{check.table} {check.name}",
                    check.severity,
                    check.passed,
                    check.reason,
                    f"{check.observed}: {check.rows}" if check.sample else check.observed,
                )
                for check in result.checks
            ],
        )


def _number(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, int | float | bool) else str(value)
