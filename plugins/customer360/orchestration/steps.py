"""The tasks of the DAGs: each wraps one plain function of the pipeline.

Nothing is imported from the pipeline until a task runs, so that DAG files parse fast. Between
tasks only the number of the run travels (`run_id` is a word of Airflow's own).
"""

from __future__ import annotations

import logging
from datetime import date
from typing import Any

from airflow.sdk import get_current_context

from customer360.settings import read_settings

log = logging.getLogger(__name__)


def load() -> int:
    """Enter a run with the parameters of the form, load its delivery, and return its number."""
    from customer360 import pipeline

    run = _start("load")
    pipeline.load(run)
    return run.run_id


def enter_run() -> int:
    """Enter a run for a part of the pipeline and return its number."""
    return _start("part").run_id


def build_core(run_number: int) -> None:
    """Build staging, the resolved identities and the stars."""
    _step("build_core", run_number)


def enrich(run_number: int) -> None:
    """Segment, prioritise and recommend for every customer that changed."""
    from customer360 import pipeline

    run = pipeline.resume_run(read_settings(), run_number)
    pipeline.enrich(run, session=aws_session(run.classifier))


def draft(run_number: int) -> None:
    """Draft the messages of the actions that stand, and say what may become of each."""
    from customer360 import pipeline

    run = pipeline.resume_run(read_settings(), run_number)
    pipeline.draft(run, session=aws_session(run.classifier))


def build_marts(run_number: int) -> None:
    """Build the marts as candidates nobody reads yet."""
    _step("build_marts", run_number)


def audit(run_number: int) -> None:
    """Check the candidates; a failed check stops the night here."""
    _step("audit", run_number)


def publish(run_number: int) -> None:
    """Make the candidates what readers see, in one transaction."""
    from customer360 import pipeline

    allow_deletes = bool(get_current_context()["params"].get("allow_deletes"))
    pipeline.publish(pipeline.resume_run(read_settings(), run_number), allow_deletes=allow_deletes)


def export(run_number: int) -> None:
    """Write the published tables as CSV files, personal columns masked."""
    _step("export", run_number)


def export_formats(run_number: int) -> None:
    """Write the published tables in the formats of the form."""
    from customer360 import pipeline

    formats = get_current_context()["params"]["formats"]
    pipeline.export(pipeline.resume_run(read_settings(), run_number), formats)


def finish(run_number: int) -> None:
    """Close a run that publishes nothing, so that the next one may write."""
    from customer360 import pipeline

    pipeline.finish_run(pipeline.resume_run(read_settings(), run_number), "done")


def report(run_number: int) -> None:
    """Log what the night did."""
    from customer360 import pipeline
    from customer360.summary import night_summary

    run = pipeline.resume_run(read_settings(), run_number)
    for line in night_summary(run.warehouse, run.run_id).splitlines():
        log.info(line)


def _start(purpose: str) -> Any:
    from customer360 import pipeline

    context = get_current_context()
    params = context["params"]
    settings = read_settings()
    chosen = params.get("as_of_date")
    # A night that runs late, or is backfilled, still counts up to the day before it was due.
    due = context.get("logical_date") or context["dag_run"].run_after
    run = pipeline.start_run(
        settings,
        context["dag"].dag_id,
        as_of_date=date.fromisoformat(chosen) if chosen else settings.last_business_day(due),
        landing=params.get("landing"),
        classifier=params.get("classifier"),
    )
    log.info("Run %s, as of %s, %s.", run.run_id, run.as_of_date, purpose)
    if "classifier" in params:
        pipeline.check_classifier(run, aws_session(run.classifier))
    return run


def aws_session(classifier: str) -> Any:
    """boto3's session with the credentials and region of the connection aws_default, where it is needed.

    Without that connection it is the one boto3 finds by itself.
    """
    if classifier != "bedrock":
        return None
    from airflow.providers.amazon.aws.hooks.base_aws import AwsGenericHook

    return AwsGenericHook(aws_conn_id="aws_default").get_session()


def _step(name: str, run_number: int) -> None:
    from customer360 import pipeline

    getattr(pipeline, name)(pipeline.resume_run(read_settings(), run_number))
