"""The tasks of the DAGs: each wraps one plain function of the pipeline.

Nothing is imported from the pipeline until a task runs, so that DAG files parse fast. Between
tasks only the number of the run travels (`run_id` is a word of Airflow's own). The last line a
task logs is the sentence that matters.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowSkipException

from customer360.orchestration import assets
from customer360.settings import SettingsError, read_settings

log = logging.getLogger(__name__)

# It would put hundreds of lines before the one that matters.
logging.getLogger("great_expectations").setLevel(logging.WARNING)


def begin_load() -> list[dict[str, Any]]:
    """Enter a run with the parameters of the form, and return what ``load`` is to be called with, a system each."""
    from customer360 import pipeline

    run = _start()
    return [{"run_number": run.run_id, "system": system} for system in pipeline.begin_load(run)]


def load(run_number: int, system: str) -> int:
    """Load the files of one system, and return the run's number."""
    from customer360 import pipeline

    pipeline.load_system(_run(run_number), system)
    return run_number


def end_load(run_numbers: Iterable[int]) -> int:
    """Check what arrived, all systems being loaded, and return the run's number, which is the same of all."""
    from customer360 import pipeline

    run = _run(next(iter(run_numbers)))
    noted = pipeline.end_load(run)
    _describe_raw(run, **{name: noted[name] for name in ("files", "refused", "loaded", "quarantined")})
    return run.run_id


def enter_run() -> int:
    """Enter a run for a part of the pipeline and return its number."""
    return _start().run_id


def erase() -> int:
    """Erase the person of the form and return the run's number; a dry run says how much it would be, and ends there.

    The form is forgotten either way: Airflow would keep it as long as the run.
    """
    from airflow.exceptions import AirflowSkipException

    from customer360 import erasing, pipeline
    from customer360.orchestration.forgetting import forget_the_form
    from customer360.warehouse import open_warehouse

    context = get_current_context()
    params, settings = context["params"], read_settings()
    request = erasing.Request(params["email"], params["system"], params["customer_id"])
    try:
        if params["dry_run"]:
            _log_counts(erasing.preview(open_warehouse(settings), settings, params["landing"], request))
            raise AirflowSkipException("Nothing was changed: this was a dry run.")
        run = pipeline.start_run(
            settings, "erase", as_of_date=pipeline.published_day(settings), landing=params["landing"]
        )
        _log_counts(erasing.receipt(run.warehouse, pipeline.erase(run, request)))
        return run.run_id
    finally:
        forget_the_form(settings, context["dag"].dag_id)


def maintain() -> None:
    """Delete what has outlived its period, and vacuum; a dry run says how much that is."""
    from customer360 import maintenance, pipeline
    from customer360.warehouse import open_warehouse

    settings = read_settings()
    if get_current_context()["params"]["dry_run"]:
        _log_counts(maintenance.preview(open_warehouse(settings), settings))
        return
    run = pipeline.start_run(settings, "maintain")
    _log_counts(pipeline.maintain(run))
    pipeline.finish_run(run, "done")


def _log_counts(counts: dict[str, int]) -> None:
    for place, count in sorted(counts.items()):
        log.info("%9d  %s", count, place)
    if not counts:
        log.info("Nothing was found.")


def build_core(run_number: int) -> list[dict[str, Any]]:
    """Build staging, the resolved identities and the stars, and return what ``segment`` is to be called with."""
    from customer360 import pipeline

    run = _run(run_number)
    _build_core(run)
    return [{"run_number": run_number, "share": str(share)} for share in pipeline.shares(run)]


def segment(run_number: int, share: str) -> None:
    """Segment a share of the customers that changed; nobody on a dry run."""
    from customer360 import pipeline
    from customer360.enrich import Share

    if _params().get("dry_run"):
        log.info("Nobody was asked about: this is a dry run.")
        return
    run = _run(run_number)
    pipeline.segment(run, Share.parse(share), budget=_budget(), session=aws_session(run.classifier))


def enrich(run_number: int) -> None:
    """Prioritise and recommend for every customer that changed; a dry run only says for how many, and the price."""
    run = _run(run_number)
    if _params().get("dry_run"):
        raise AirflowSkipException(_price(run, "customers", "open decisions", "messages"))
    _enrich(run, in_shares=True)


def draft(run_number: int) -> None:
    """Draft the messages of the actions that stand, and say what may become of each."""
    from customer360 import pipeline

    run = pipeline.resume_run(read_settings(), run_number)
    pipeline.draft(run, session=aws_session(run.classifier))


def build_marts(run_number: int) -> None:
    """Build the marts as candidates nobody reads yet."""
    from customer360 import pipeline

    pipeline.build_marts(_run(run_number))


def audit(run_number: int) -> None:
    """Check the candidates; a failed check stops the night here."""
    from customer360 import pipeline

    pipeline.audit(_run(run_number))


def publish(run_number: int) -> None:
    """Make the candidates what readers see, in one transaction; a dry run only says what would change."""
    from customer360 import pipeline

    run = _run(run_number)
    if _params().get("dry_run"):
        words = _preview(run)
        pipeline.finish_run(run, "done")
        raise AirflowSkipException(words)
    _publish(run)


def export(run_number: int) -> None:
    """Write the published tables as CSV files, personal columns masked."""
    from customer360 import pipeline

    pipeline.export(_run(run_number))


def export_formats() -> None:
    """Write the published tables in the formats of the form, as a run of its own."""
    from customer360 import pipeline

    run = _start(pipeline.published_day(read_settings()), writes=False)
    pipeline.export(run, _params()["formats"])
    pipeline.finish_run(run, "done")


def start_batch() -> None:
    """Ask Bedrock for segments in a batch job; a dry run only says what it would cost."""
    from customer360 import pipeline

    run, params = _start(writes=False, classifier="bedrock"), _params()
    if params["dry_run"]:
        words = _price(run, "customers")
        pipeline.finish_run(run, "done")
        raise AirflowSkipException(f"{words} A batch job costs half.")
    pipeline.start_batch(run, budget=_budget(), session=aws_session(run.classifier))


def batches_go_on() -> bool:
    """Keep the answers of batch jobs that have ended; whether any goes on."""
    from customer360 import pipeline

    settings = read_settings()
    jobs = pipeline.collect_batches(settings, session=aws_session("bedrock"))
    for job in jobs:
        log.info("Batch job %s is %s: %s, %.4f dollars.", job.job_id, job.state, job.statuses, job.dollars)
    return any(not job.statuses for job in jobs)


def finish(run_number: int) -> None:
    """Close a run that publishes nothing, so that the next one may write."""
    from customer360 import pipeline

    pipeline.finish_run(_run(run_number), "done")
    log.info("Run %s is closed; the next one may write.", run_number)


def report(run_number: int) -> None:
    """Write the page of the night, log what it did, and renew the models' documentation where they have changed."""
    from customer360 import pipeline
    from customer360.summary import night_summary

    run = _run(run_number)
    pipeline.document(run)
    verdict, *lines = night_summary(run.warehouse, run.run_id).splitlines()
    for line in lines:
        log.info(line)
    log.info("In pictures: %s", pipeline.report(run))
    log.info(verdict)


def list_days() -> list[str]:
    """The days of the form, oldest first; none on a dry run, which only names them.

    Raises SettingsError when they are no range of days that are over.
    """
    params = _params()
    first, last = date.fromisoformat(params["from_date"]), date.fromisoformat(params["to_date"])
    over = read_settings().last_business_day()
    if not first <= last <= over:
        raise SettingsError(
            f"The days {first} to {last} are no range to backfill; end it at {over}, the last day that is over, or "
            "before, and begin it no later than it ends."
        )
    days = [(first + timedelta(days=number)).isoformat() for number in range((last - first).days + 1)]
    if params["dry_run"]:
        log.info(
            "Dry run: the nights of %s days would run, %s to %s. Switch dry_run off to run them.",
            len(days), first, last,
        )  # fmt: skip
        return []
    log.info("The nights of %s days run one after the other, %s to %s.", len(days), first, last)
    return days


def run_day(day: str) -> None:
    """A whole night, as of ``day``."""
    from customer360 import pipeline

    run = _start(date.fromisoformat(day))
    _load(run)
    _build_core(run)
    _enrich(run)
    pipeline.build_marts(run)
    pipeline.audit(run)
    _publish(run)


def _start(as_of_date: date | None = None, *, writes: bool = True, classifier: str | None = None) -> Any:
    """Enter a run with the parameters of the form.

    Raises RunInProgress, before anything is entered, where this run ``writes`` to the warehouse and another does.
    """
    from customer360 import pipeline
    from customer360.warehouse import open_warehouse
    from customer360.warehouse.turns import refuse_while_another_runs

    context = get_current_context()
    params = context["params"]
    settings, classifier = read_settings(), classifier or params.get("classifier")
    if writes:
        refuse_while_another_runs(open_warehouse(settings))
    chosen = params.get("as_of_date")
    # A night that runs late, or is backfilled, still counts up to the day before it was due.
    due = context.get("logical_date") or context["dag_run"].run_after
    run = pipeline.start_run(
        settings,
        context["dag"].dag_id,
        as_of_date=as_of_date or (date.fromisoformat(chosen) if chosen else settings.last_business_day(due)),
        landing=params.get("landing"),
        classifier=classifier,
    )
    log.info("Run %s begins, as of %s.", run.run_id, run.as_of_date)
    if classifier:
        pipeline.check_classifier(run, aws_session(run.classifier))
    return run


def _run(run_number: int) -> Any:
    from customer360 import pipeline

    return pipeline.resume_run(read_settings(), run_number)


def _params() -> Any:
    return get_current_context()["params"]


def _budget() -> Decimal | None:
    budget = _params().get("budget")
    return None if budget is None else Decimal(str(budget))


def _load(run: Any) -> None:
    from customer360 import pipeline

    report = pipeline.load(run)
    _describe_raw(
        run,
        files=len(report.files),
        refused=[file.file for file in report.refused],
        loaded=report.loaded,
        quarantined=report.quarantined,
    )


def _describe_raw(run: Any, *, files: int, refused: list[str], loaded: int, quarantined: int) -> None:
    assets.describe(assets.RAW, run, files=files, refused=refused, rows=loaded, quarantined=quarantined)


def _build_core(run: Any) -> None:
    from customer360 import pipeline

    built = pipeline.build_core(run)
    assets.describe(assets.CORE, run, rows=built.rows_of("dim_", "bridge_", "fct_"))


def _enrich(run: Any, *, in_shares: bool = False) -> None:
    from customer360 import pipeline

    session = aws_session(run.classifier)
    enriched = pipeline.enrich(run, budget=_budget(), session=session, in_shares=in_shares)
    assets.describe(
        assets.ENRICHMENT,
        run,
        customers=enriched.customers,
        changed=enriched.changed,
        actions=enriched.actions,
        dollars=float(enriched.dollars),
    )


def _publish(run: Any) -> None:
    from customer360 import pipeline

    published = pipeline.publish(run, allow_deletes=bool(_params().get("allow_deletes")))
    rows = {f"{table.schema}.{table.table}": table.row_count for table in published.tables}
    assets.describe(assets.MARTS, run, batch=published.batch_id, changed=published.changed, rows=rows)


def _price(run: Any, *asked_about: str) -> str:
    """What asking about them would take and cost, in a sentence."""
    from customer360 import pipeline

    if run.classifier != "bedrock":
        changed = pipeline.count_changed(run)
        return f"Dry run: {changed:,} customers are new or changed; the rules would segment them for nothing."
    estimates = {subjects: pipeline.price(run.settings, subjects, run.as_of_date) for subjects in asked_about}
    counts = ", ".join(f"{estimate.subjects:,} {subjects}" for subjects, estimate in estimates.items())
    calls = sum(estimate.calls for estimate in estimates.values())
    dollars = sum(estimate.dollars for estimate in estimates.values())
    return (
        f"Dry run: {counts} are new or changed; asking about them takes {calls:,} "
        f"requests and costs at most {dollars:.4f} dollars. Nothing was asked."
    )


def _preview(run: Any) -> str:
    """Log what publishing would change, table by table, and return it in a sentence."""
    from customer360 import pipeline

    tables = [table for table in pipeline.preview(run.settings, run.as_of_date).tables if table.changed]
    for table in tables:
        log.info(
            "%s.%s: %s inserted, %s changed, %s deleted of %s",
            table.schema, table.table, table.inserted, table.updated, table.deleted, table.rows_before,
        )  # fmt: skip
    rows = sum(table.inserted + table.updated + table.deleted for table in tables)
    return f"Dry run: {rows:,} rows of {len(tables)} tables would change; nothing was published."


def aws_session(classifier: str) -> Any:
    """boto3's session with the credentials and region of the connection aws_default, where it is needed.

    Without that connection it is the one boto3 finds by itself.
    """
    if classifier != "bedrock":
        return None
    from airflow.providers.amazon.aws.hooks.base_aws import AwsGenericHook

    return AwsGenericHook(aws_conn_id="aws_default").get_session()
