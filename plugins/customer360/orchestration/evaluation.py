"""The tasks of the evaluation: each is left out where the form asks for nothing."""

from __future__ import annotations

import logging
from datetime import date
from pathlib import Path
from typing import Any

from airflow.sdk import get_current_context

from customer360.orchestration.steps import aws_session
from customer360.settings import read_settings

log = logging.getLogger(__name__)


def compare_with_labels(run_number: int) -> None:
    """Compare the segments that stand with the golden set of the form."""
    from customer360 import pipeline
    from customer360.enrich import evaluation

    if file := get_current_context()["params"]["golden_set"]:
        labels = evaluation.read_golden_set(Path(file))
        _log(pipeline.evaluate_labels(pipeline.resume_run(read_settings(), run_number), "golden", labels))


def compare_with_earlier(run_number: int) -> None:
    """Say how far the mix of segments has moved since the day of the form."""
    from customer360 import pipeline

    if since := get_current_context()["params"]["since"]:
        run = pipeline.resume_run(read_settings(), run_number)
        _log(pipeline.evaluate_drift(run, date.fromisoformat(since)))


def ask_again(run_number: int) -> None:
    """Ask the classifier of the form again about some customers."""
    from customer360 import pipeline

    if customers := get_current_context()["params"]["customers"]:
        run = pipeline.resume_run(read_settings(), run_number)
        _log(pipeline.evaluate_stability(run, customers, session=aws_session(run.classifier)))


def _log(found: list[Any]) -> None:
    for each in found:
        for metric in each.metrics:
            log.info("%s: %s %s %.3f", each.kind, metric.name, metric.label or "", metric.value)
