"""The steps of a night as plain functions: what the DAGs and the command line call.

Every step takes the run, records itself in ``ops.run_steps`` and can be repeated: a step that
was cut short ends in the same state when it is run again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Literal

import psycopg
from psycopg.types.json import Jsonb

from customer360 import build as models
from customer360 import enrich as enrichment
from customer360 import erasing, maintenance, quality
from customer360 import load as loading
from customer360 import publish as publishing
from customer360 import report as reporting
from customer360.enrich import bedrock, evaluation
from customer360.failures import advice, resume_command, runbook_of, sentence_of
from customer360.sentences import step_sentence
from customer360.settings import PROJECT, Settings
from customer360.warehouse import Warehouse, WarehouseError, open_warehouse
from customer360.warehouse.turns import turn

log = logging.getLogger(__name__)

STEPS = ("load", "build_core", "enrich", "build_marts", "audit", "publish", "export", "report")
"""The steps of a night, in order."""

_BOOKKEEPER = "c360_loader"


class GateError(Exception):
    """A quality gate failed; nothing is published. The message names the checks."""

    runbook = "a-gate-failed"


@dataclass(frozen=True)
class Run:
    """One run of the pipeline or of a part of it."""

    settings: Settings
    warehouse: Warehouse
    run_id: int
    kind: str
    as_of_date: date
    landing: str
    classifier: str

    @property
    def folder(self) -> Path:
        """Where the run leaves its pages."""
        return self.settings.home / "reports" / str(self.run_id)


def start_run(
    settings: Settings,
    kind: str,
    *,
    as_of_date: date | None = None,
    landing: str | None = None,
    classifier: str | None = None,
) -> Run:
    """Open the warehouse and enter a run in ``ops.runs``; absent values come from the settings."""
    warehouse = open_warehouse(settings)
    as_of_date = as_of_date or settings.last_business_day()
    landing, classifier = landing or settings.landing, classifier or settings.classifier
    with warehouse.connect(_BOOKKEEPER) as connection:
        row = connection.execute(
            "insert into ops.runs (kind, as_of_date, landing, classifier) values (%s, %s, %s, %s) returning run_id",
            [kind, as_of_date, landing, classifier],
        ).fetchone()
    assert row is not None
    return Run(settings, warehouse, row[0], kind, as_of_date, landing, classifier)


def resume_run(settings: Settings, run_id: int) -> Run:
    """The run that ``start_run`` entered, for a step in another process.

    Raises LookupError when there is no such run.
    """
    warehouse = open_warehouse(settings)
    with warehouse.connect(_BOOKKEEPER) as connection:
        row = connection.execute(
            "select kind, as_of_date, landing, classifier from ops.runs where run_id = %s", [run_id]
        ).fetchone()
    if row is None:
        raise LookupError(f"There is no run {run_id} in ops.runs.")
    return Run(settings, warehouse, run_id, *row)


def finish_run(run: Run, status: str, message: str | None = None) -> None:
    """Close the run. ``status``: published, unchanged, done or failed."""
    with run.warehouse.connect(_BOOKKEEPER) as connection:
        connection.execute(
            "update ops.runs set status = %s, message = %s, finished_at = clock_timestamp() where run_id = %s",
            [status, message, run.run_id],
        )


def resume(run: Run, *, allow_deletes: bool = False) -> None:
    """Go on with a night at its first step that is not done. Raises what the steps raise."""
    with run.warehouse.connect(_BOOKKEEPER) as connection:
        done = {
            step
            for (step,) in connection.execute(
                "select step from ops.run_steps where run_id = %s and status = 'done'", [run.run_id]
            )
        }
        connection.execute(
            "update ops.runs set status = 'running', message = null, finished_at = null where run_id = %s", [run.run_id]
        )
    steps: dict[str, Callable[[Run], object]] = {
        "load": load,
        "build_core": build_core,
        "enrich": enrich,
        "build_marts": build_marts,
        "audit": audit,
        "publish": partial(publish, allow_deletes=allow_deletes),
        "export": export,
    }
    first = next((number for number, name in enumerate(steps) if name not in done), len(steps))
    for step in list(steps.values())[first:]:
        step(run)
    with run.warehouse.connect("c360_publisher") as connection:
        published = connection.execute("select run_id from ops.published_batch").fetchone()
    finish_run(run, "published" if published == (run.run_id,) else "unchanged")


def load(run: Run) -> loading.LoadReport:
    """Load the landing folder, then check what arrived.

    Raises LoadError when there is no delivery, GateError when what is loaded must not be built on.
    """
    with _step(run, "load") as summary:
        report = _load(run)
        summary |= _summary_of_load(report)
        summary["erased_again"] = _erase_again(run, report.arrived, report.again)
        _pass_gate(run, "after_load")
        return report


def begin_load(run: Run) -> list[str]:
    """Look at the landing folder; the systems there are, each of which ``load_system`` can load beside the others.

    Raises LoadError when there is no delivery.
    """
    with _step(run, "begin") as summary:
        contracts = erasing.contracts_of(run.landing)
        summary["files"] = len({file.name for file, _ in loading.discover(run.landing, contracts)})
        return sorted({contract.system for contract in contracts})


def load_system(run: Run, system: str) -> loading.LoadReport:
    """Load what the landing folder holds of one system, while others load theirs."""
    with _step(run, f"load {system}") as summary:
        report = _load(run, {system})
        summary |= _summary_of_load(report)
        return report


def end_load(run: Run) -> dict[str, Any]:
    """Check what arrived, all systems being loaded, and return what ``load`` would have noted.

    Raises GateError when what is loaded must not be built on.
    """
    with _step(run, "load") as summary:
        # What is under no contract is no system's.
        of_systems = _summaries(run, "load %")
        summary |= _sum([_summary_of_load(_load(run, {None})), *of_systems])
        with run.warehouse.connect(_BOOKKEEPER) as connection:
            arrived = connection.execute("select file from ops.loaded_files where run_id = %s", [run.run_id]).fetchall()
        summary["erased_again"] = _erase_again(run, {file for (file,) in arrived}, set(summary["again"]))
        _pass_gate(run, "after_load")
        return summary


def _load(run: Run, systems: Collection[str | None] | None = None) -> loading.LoadReport:
    return loading.load_landing(
        run.warehouse,
        run.landing,
        erasing.contracts_of(run.landing),
        run_id=run.run_id,
        business_date=run.as_of_date,
        quiet_seconds=run.settings.quiet_seconds,
        needs_success=run.settings.needs_success,
        systems=systems,
    )


def _erase_again(run: Run, arrived: set[str], again: set[str]) -> int:
    counts = erasing.erase_again(run.warehouse, run.settings, run.landing, arrived=arrived, again=again)
    return counts.total()


def _summary_of_load(report: loading.LoadReport) -> dict[str, Any]:
    return {
        "files": len(report.files),
        "loaded": sum(file.loaded or 0 for file in report.files if file.status == "loaded"),
        "quarantined": report.quarantined,
        "refused": [file.file for file in report.refused],
        "unfinished": [file.file for file in report.unfinished],
        "late": [file.file for file in report.files if file.late_after],
        "again": sorted(report.again),
        "drift": report.drifted,
        "skipped": sum(file.status == "skipped" for file in report.files),
        "waiting": sum(report.waiting.values()),
    }


def _summaries(run: Run, steps: str) -> list[dict[str, Any]]:
    """What the parts of a step noted; ``steps``: how they are called, as a pattern of ``like``."""
    with run.warehouse.connect(_BOOKKEEPER) as connection:
        noted = connection.execute(
            "select summary from ops.run_steps where run_id = %s and step like %s and status = 'done' order by step",
            [run.run_id, steps],
        )
        return [summary for (summary,) in noted]


def _sum(summaries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What parts noted, taken together: numbers and lists added, counts by name too."""
    total: dict[str, Any] = {}
    for name, value in (entry for summary in summaries for entry in summary.items()):
        if isinstance(value, dict):
            before = total.get(name, {})
            total[name] = before | {key: _added(before.get(key), each) for key, each in value.items()}
        else:
            total[name] = _added(total.get(name), value)
    return total


def _added(before: Any, value: Any) -> Any:
    return value if before is None else before + value


def build_core(run: Run) -> models.BuildReport:
    """Build staging, intermediate and the stars. Raises BuildError."""
    return _build(run, "build_core", "core")


def enrich(
    run: Run, *, budget: Decimal | None = None, session: Any = None, in_shares: bool = False
) -> enrichment.EnrichReport:
    """Segment, prioritise, recommend and draft for customers that changed, analyse decisions, fit models to new months.

    ``budget``: dollars for a paid classifier; default as in the settings. ``session``: boto3's, for a
    classifier at AWS; default as boto3 finds it. ``in_shares``: whether this run's customers were segmented share by
    share before. Raises EnrichError.
    """
    with _step(run, "enrich") as summary:
        classifier = _classifier(run, budget, session)
        report = enrichment.enrich(
            run.warehouse,
            run_id=run.run_id,
            as_of_date=run.as_of_date,
            classifier=classifier,
            fallback=_fallback(run),
            segmented=_segmented(run) if in_shares else None,
        )
        # Noted at once: what was asked and paid for is said, also of a night that fails at what comes next.
        summary |= {
            "customers": report.customers,
            "changed": report.changed,
            "segments": report.segments,
            "actions": report.actions,
            "statuses": report.statuses,
            "dollars": float(report.dollars),
            "fallbacks": report.fallbacks,
        }
        decisions = _analyse_decisions(run, classifier)
        drafts = _draft(run, classifier)
        report = replace(report, dollars=report.dollars + decisions.dollars + drafts.pop("dollars"))
        summary |= {"dollars": float(report.dollars), "decisions": decisions.statuses, **drafts}
        forecasts = enrichment.fit_models(run.warehouse, run_id=run.run_id, as_of_date=run.as_of_date)
        summary["fits"] = forecasts.fitted
        return report


def shares(run: Run) -> list[enrichment.Share]:
    """The shares in which the customers can be segmented at the same time. Raises EnrichError."""
    return enrichment.shares(run.warehouse, run.settings.customers_per_task)


def segment(
    run: Run, share: enrichment.Share | None = None, *, budget: Decimal | None = None, session: Any = None
) -> enrichment.StepReport:
    """Give every customer that changed a segment, or those of a share, and stop there.

    ``budget``, ``session``: as for ``enrich``; shares spend from one budget. Raises EnrichError.
    """
    with _step(run, f"segment {share}" if share else "segment") as summary:
        report = enrichment.segment(
            run.warehouse,
            run_id=run.run_id,
            as_of_date=run.as_of_date,
            classifier=_classifier(run, budget, session),
            fallback=_fallback(run),
            share=share,
        )
        summary |= {
            "customers": report.customers,
            "changed": report.changed,
            "statuses": report.statuses,
            "dollars": float(report.dollars),
            "fallbacks": report.fallbacks,
        }
        return report


def _segmented(run: Run) -> enrichment.StepReport:
    """What segmenting the shares of a run came to."""
    noted = _sum(_summaries(run, "segment % of %"))
    return enrichment.StepReport(**noted | {"dollars": Decimal(str(noted["dollars"]))})


def draft(run: Run, *, session: Any = None) -> dict[str, int]:
    """Draft the messages of the actions that stand, and say what may become of each; the changes by state.

    ``session``: as for ``enrich``. Raises EnrichError.
    """
    with _step(run, "draft") as summary:
        drafts = _draft(run, _classifier(run, None, session))
        summary |= drafts | {"dollars": float(drafts["dollars"])}
        return drafts["notifications"]


def open_drafts(run: Run) -> list[enrichment.OpenDraft]:
    """The messages that wait for a person."""
    return enrichment.open_drafts(run.warehouse, as_of_date=run.as_of_date)


def decide(
    run: Run, decision: enrichment.Decision, draft_ids: Sequence[int], *, decided_by: str, decided_at: datetime
) -> int:
    """Enter a person's decision about drafts; how many it counts for. Raises EnrichError."""
    with _step(run, "decide") as summary:
        summary[decision] = enrichment.decide(
            run.warehouse, decision, draft_ids, run_id=run.run_id, as_of_date=run.as_of_date,
            decided_by=decided_by, decided_at=decided_at,
        )  # fmt: skip
        return summary[decision]


def _draft(run: Run, classifier: Any) -> dict[str, Any]:
    if enrichment.judged_later(run.warehouse, run.as_of_date):
        return {"drafted": {}, "notifications": {}, "dollars": Decimal(0)}
    paid = run.classifier == "bedrock"
    drafted = enrichment.draft(
        run.warehouse,
        run_id=run.run_id,
        as_of_date=run.as_of_date,
        drafter=classifier.asking(bedrock.DraftPurpose()) if paid else None,
        fallback=enrichment.message_templates() if paid and run.settings.bedrock_fallback else None,
    )
    states = enrichment.judge(
        run.warehouse,
        run_id=run.run_id,
        as_of_date=run.as_of_date,
        business_time_zone=run.settings.business_time_zone,
    )
    return {"drafted": drafted.statuses, "notifications": states, "dollars": drafted.dollars}


def evaluate_labels(
    run: Run, kind: Literal["golden", "recovery"], labels: evaluation.LabelSet
) -> list[evaluation.Evaluation]:
    """How far the segments that stand agree with labels. Raises EnrichError."""
    with _step(run, kind) as summary:
        found = evaluation.evaluate_labels(run.warehouse, kind, labels, run_id=run.run_id, as_of_date=run.as_of_date)
        summary["customers"] = sum(each.customers for each in found)
        return found


def evaluate_drift(run: Run, since: date) -> list[evaluation.Evaluation]:
    """How far the mix of segments has moved since a day. Raises EnrichError."""
    with _step(run, "drift") as summary:
        found = evaluation.evaluate_drift(run.warehouse, run_id=run.run_id, as_of_date=run.as_of_date, since=since)
        summary["customers"] = sum(each.customers for each in found)
        return found


def evaluate_stability(
    run: Run, customers: int, *, budget: Decimal | None = None, session: Any = None
) -> list[evaluation.Evaluation]:
    """How often the run's classifier contradicts itself about that many customers.

    ``budget``, ``session``: as for ``enrich``. Raises EnrichError.
    """
    with _step(run, "stability") as summary:
        classifier: Any = _classifier(run, budget, session)
        found = evaluation.evaluate_stability(
            run.warehouse, classifier, run_id=run.run_id, as_of_date=run.as_of_date, customers=customers
        )
        summary["customers"] = customers
        return found


def price_segments(settings: Settings, as_of_date: date | None = None) -> bedrock.Estimate:
    """What the classifier bedrock would send and cost at most; asks nothing and enters no run. Raises EnrichError."""
    classifier = bedrock.BedrockClassifier.configured(_bedrock_options(settings), checked=False)
    customers = enrichment.changed_customers(
        open_warehouse(settings), as_of_date=as_of_date or settings.last_business_day(), classifier=classifier
    )
    return classifier.estimate(customers)


def price_decisions(settings: Settings, as_of_date: date | None = None) -> bedrock.Estimate:
    """The same about open decisions. Raises EnrichError."""
    warehouse = open_warehouse(settings)
    classifier = bedrock.BedrockClassifier.configured(_bedrock_options(settings), checked=False)
    asking = classifier.asking(_decision_purpose(warehouse))
    step = enrichment.decisions_step(asking)
    return asking.estimate(enrichment.to_ask_about(warehouse, step, as_of_date or settings.last_business_day()))


def count_changed(run: Run) -> int:
    """How many customers the run's rules would segment anew. Raises EnrichError."""
    rules = enrichment.classifier_named(run.classifier)
    return sum(1 for _ in enrichment.changed_customers(run.warehouse, as_of_date=run.as_of_date, classifier=rules))


def check_bedrock(settings: Settings, session: Any = None) -> None:
    """See that the model of the classifier bedrock can be asked; costs nothing. Raises EnrichError."""
    bedrock.BedrockClassifier.configured(_bedrock_options(settings), session=session)


def check_classifier(run: Run, session: Any = None) -> None:
    """See that the run's classifier can do its work, before any is done; the run fails where it cannot.

    Raises EnrichError.
    """
    if run.classifier == "bedrock":
        try:
            check_bedrock(run.settings, session)
        except enrichment.EnrichError as error:
            finish_run(run, "failed", str(error))
            raise


def _classifier(
    run: Run, budget: Decimal | None, session: Any = None
) -> enrichment.Classifier | enrichment.PaidClassifier:
    if run.classifier != "bedrock":
        return enrichment.classifier_named(run.classifier)
    options = _bedrock_options(run.settings)
    if budget is not None:
        options = replace(options, budget=budget)
    return bedrock.BedrockClassifier.configured(options, warehouse=run.warehouse, run_id=run.run_id, session=session)


def start_batch(run: Run, *, budget: Decimal | None = None, session: Any = None) -> bedrock.BatchJob:
    """Ask Bedrock for the segments of all customers that changed in a batch job, and close the run. Raises EnrichError.

    ``budget``: dollars; default as in the settings. ``session``: boto3's.
    """
    with _step(run, "start_batch") as summary:
        place = bedrock.BatchPlace(run.settings.bedrock_batch_folder, run.settings.bedrock_batch_role_arn)
        job = _batches(run.settings, run.warehouse, session).start(
            place,
            run_id=run.run_id,
            as_of_date=run.as_of_date,
            budget=run.settings.bedrock_budget if budget is None else budget,
        )
        summary |= {"job": job.job_id, "records": job.records, "customers": job.customers}
    # Closed at once: nights go on while the job does.
    finish_run(run, "done")
    return job


def collect_batches(settings: Settings, *, session: Any = None) -> list[bedrock.Collected]:
    """Keep the answers of all batch jobs that have ended; the others are listed as they stand. Raises EnrichError."""
    return _batches(settings, open_warehouse(settings), session).collect()


def _batches(settings: Settings, warehouse: Warehouse, session: Any) -> bedrock.SegmentBatches:
    classifier = bedrock.BedrockClassifier.configured(_bedrock_options(settings), session=session, checked=False)
    return bedrock.SegmentBatches(warehouse, classifier)


def _analyse_decisions(run: Run, classifier: Any) -> enrichment.StepReport:
    rules = enrichment.DecisionRules.read(enrichment.DECISIONS_VERSION)
    asks = run.classifier == "bedrock"
    return enrichment.analyse_decisions(
        run.warehouse,
        run_id=run.run_id,
        as_of_date=run.as_of_date,
        chosen=classifier.asking(_decision_purpose(run.warehouse)) if asks else rules,
        fallback=rules if _fallback(run) else None,
    )


def _decision_purpose(warehouse: Warehouse) -> bedrock.DecisionPurpose:
    rules = enrichment.DecisionRules.read(enrichment.DECISIONS_VERSION)
    return bedrock.DecisionPurpose(rules, enrichment.personal_words(warehouse))


def _fallback(run: Run) -> enrichment.Classifier | None:
    chosen = run.settings.bedrock_fallback
    return enrichment.classifier_named(chosen) if chosen and run.classifier == "bedrock" else None


def _bedrock_options(settings: Settings) -> bedrock.BedrockOptions:
    return bedrock.BedrockOptions(
        settings.bedrock_model_id, settings.bedrock_tokens_per_minute, settings.bedrock_budget
    )


def build_marts(run: Run) -> models.BuildReport:
    """Build what enrichment feeds, and the marts as candidates. Raises BuildError."""
    return _build(run, "build_marts", "marts")


def audit(run: Run) -> quality.GateResult:
    """Check the candidates before anyone can read them. Raises GateError."""
    with _step(run, "audit") as summary:
        result = _pass_gate(run, "before_publish")
        summary |= {
            "checks": len(result.checks),
            "warnings": sum(not check.passed for check in result.checks),
        }
        return result


def publish(run: Run, *, allow_deletes: bool = False) -> publishing.PublishReport:
    """Make the candidates what readers see, in one transaction.

    ``allow_deletes``: past the settings' ``delete_limit`` too. Raises PublishError.
    """
    with _step(run, "publish") as summary:
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
    with _step(run, "undo") as summary:
        report = publishing.undo(run.warehouse, models.manifest_path(run.settings), run_id=run.run_id)
        summary |= _summary_of(report)
        finish_run(run, "published" if report.changed else "unchanged")
        return report


def published_day(settings: Settings) -> date | None:
    """The last business day that readers see; None before the first publish."""
    with open_warehouse(settings).connect("c360_publisher") as connection:
        row = connection.execute("select as_of_date from ops.published_batch").fetchone()
    return row[0] if row else None


def erase(run: Run, request: erasing.Request) -> int:
    """Erase a person from all that the models are built from, and from files; returns the erasure's number.

    The steps after it, ``build_core`` to ``publish``, erase the person from the rest. Raises ErasureError.
    """
    with _step(run, "erase") as summary:
        erasure_id = erasing.erase(run.warehouse, run.settings, run.landing, request, run.run_id)
        summary |= {"erasure_id": erasure_id}
        return erasure_id


def maintain(run: Run) -> dict[str, int]:
    """Delete what has outlived its period, and vacuum; how much was deleted, by place."""
    with _step(run, "maintain") as summary:
        summary |= maintenance.maintain(run.warehouse, run.settings)
        return summary


def export(run: Run, formats: Sequence[str] = ("csv",)) -> list[publishing.ExportReport]:
    """Write the published tables in each of the formats, below a folder named by the last day they include.

    Personal columns are masked, but for the two SQLite files, which only their owner may read. Raises ExportError.
    """
    with _step(run, "export") as summary:
        with run.warehouse.connect("c360_publisher") as connection:
            published = connection.execute("select as_of_date from ops.published_batch").fetchone()
        folder = run.settings.home / "exports" / str(published[0] if published else "nothing")
        reports = [publishing.EXPORTS[name](run.warehouse, folder / name) for name in formats]
        summary |= {"files": sum(len(report.files) for report in reports), "folder": str(folder)}
        return reports


def document(run: Run) -> bool:
    """Renew dbt's documentation of the models where they have changed; whether it was. Raises BuildError."""
    return models.write_docs(run.warehouse, run.settings)


def report(run: Run) -> Path:
    """Write the page of the run, which is kept for a year, and return its path."""
    return reporting.write_report(run.warehouse, run.run_id, run.folder.parent)


def _summary_of(report: publishing.PublishReport) -> dict[str, Any]:
    return {
        "batch_id": report.batch_id,
        "tables": len(report.tables),
        "inserted": sum(table.inserted for table in report.tables),
        "updated": sum(table.updated for table in report.tables),
        "deleted": sum(table.deleted for table in report.tables),
        "rows": sum(table.row_count for table in report.tables),
    }


def _build(run: Run, step: str, phase: models.dbt.Phase) -> models.BuildReport:
    with _step(run, step) as summary:
        report = models.build(run.warehouse, run.settings, phase, run_id=run.run_id, as_of_date=run.as_of_date)
        summary |= {
            "models": report.count("model"),
            "tests": report.count("test"),
            "warnings": len(report.warnings),
        }
        return report


def _pass_gate(run: Run, gate: quality.Gate) -> quality.GateResult:
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


@contextmanager
def _step(run: Run, step: str) -> Iterator[dict[str, Any]]:
    """Record a step; what it puts into the yielded summary goes to ``ops.run_steps``.

    Raises RunInProgress when it is another run's turn to write. What a step raises carries the runbook and the
    command to resume as its notes.
    """
    summary: dict[str, Any] = {}
    try:
        with turn(run.warehouse, run.run_id, step):
            _record_step(run, step, "running")
            try:
                yield summary
            except Exception as error:
                with suppress(WarehouseError, psycopg.Error):
                    _record_step(run, step, "failed", sentence_of(error), summary, runbook_of(error))
                raise
            _record_step(run, step, "done", None, summary)
    except Exception as error:
        # A warehouse that is gone cannot be told; the next run finds out by itself.
        with suppress(WarehouseError, psycopg.Error, OSError):
            finish_run(run, "failed", f"{step}: {sentence_of(error)}")
            log.info("In pictures: %s", report(run))
        for line in advice(runbook_of(error), resume_command(run.kind, run.run_id)):
            error.add_note(line)
        raise
    log.info(step_sentence(step, summary))


def _record_step(
    run: Run,
    step: str,
    status: str,
    message: str | None = None,
    summary: dict[str, Any] | None = None,
    runbook: str | None = None,
) -> None:
    with run.warehouse.connect(_BOOKKEEPER) as connection:
        connection.execute(
            "insert into ops.run_steps (run_id, step, status) values (%(run)s, %(step)s, %(status)s)"
            " on conflict (run_id, step) do update set status = excluded.status, message = %(message)s,"
            " summary = %(summary)s, runbook = %(runbook)s,"
            " turn = case when excluded.status = 'running' then excluded.turn else run_steps.turn end,"
            " started_at = case when excluded.status = 'running' then clock_timestamp() else run_steps.started_at end,"
            " finished_at = case when excluded.status = 'running' then null else clock_timestamp() end",
            {
                "run": run.run_id,
                "step": step,
                "status": status,
                "message": message,
                "summary": Jsonb(summary) if summary is not None else None,
                "runbook": runbook,
            },
        )
