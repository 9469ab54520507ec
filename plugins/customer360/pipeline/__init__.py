"""The steps of a night as plain functions: what the DAGs and the command line call.

Every step takes the run, records itself in ``ops.run_steps`` and can be repeated: a step that
was cut short ends in the same state when it is run again.
"""

from customer360.pipeline.building import build_core, build_marts, document
from customer360.pipeline.enriching import (
    check_bedrock,
    check_classifier,
    collect_batches,
    count_changed,
    decide,
    draft,
    enrich,
    evaluate_drift,
    evaluate_labels,
    evaluate_stability,
    open_drafts,
    price,
    segment,
    shares,
    start_batch,
)
from customer360.pipeline.gates import GateError, audit
from customer360.pipeline.loading import begin_load, end_load, load, load_system
from customer360.pipeline.night import STEPS, resume
from customer360.pipeline.publishing import export, preview, publish, published_day, undo
from customer360.pipeline.runs import Run, finish_run, report, resume_run, start_run
from customer360.pipeline.upkeep import erase, maintain

__all__ = [
    "STEPS",
    "GateError",
    "Run",
    "audit",
    "begin_load",
    "build_core",
    "build_marts",
    "check_bedrock",
    "check_classifier",
    "collect_batches",
    "count_changed",
    "decide",
    "document",
    "draft",
    "end_load",
    "enrich",
    "erase",
    "evaluate_drift",
    "evaluate_labels",
    "evaluate_stability",
    "export",
    "finish_run",
    "load",
    "load_system",
    "maintain",
    "open_drafts",
    "preview",
    "price",
    "publish",
    "published_day",
    "report",
    "resume",
    "resume_run",
    "segment",
    "shares",
    "start_batch",
    "start_run",
    "undo",
]
