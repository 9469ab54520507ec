"""The tasks the DAGs are wired from: a step each, with the name people see and what it produces."""

from __future__ import annotations

from airflow.sdk import task

from customer360.orchestration import approval, assets, evaluation, steps
from customer360.orchestration.retries import TRIES_FOR_A_TURN, RetryWhereItCanHelp

_WAITS = {"retries": TRIES_FOR_A_TURN, "retry_policy": RetryWhereItCanHelp(waits_for_turn=True)}
"""What begins a run waits, as often as need be, until no other run writes to the warehouse."""

_READS = {"pool": "default_pool", "pool_slots": 1}
"""What only reads keeps nobody from writing."""

_PART = {"pool_slots": 1}
"""A part of a step runs beside the others, on this machine or another."""

begin_load = task(task_display_name="Look at the delivery", **_WAITS)(steps.begin_load)

load = task(task_display_name="Load a system", map_index_template="{{ task.op_kwargs['system'] }}", **_PART)(steps.load)

end_load = task(task_display_name="Check what arrived", outlets=[assets.RAW])(steps.end_load)

erase = task(task_display_name="Erase the person")(steps.erase)

enter_run = task(task_display_name="Begin a run", **_WAITS)(steps.enter_run)

build_core = task(task_display_name="Build people and facts", outlets=[assets.CORE])(steps.build_core)

segment = task(task_display_name="Segment a share", map_index_template="{{ task.op_kwargs['share'] }}", **_PART)(
    steps.segment
)

enrich = task(task_display_name="Prioritise and recommend", outlets=[assets.ENRICHMENT])(steps.enrich)

draft = task(task_display_name="Draft messages", outlets=[assets.ENRICHMENT])(steps.draft)

show_drafts = task.short_circuit(task_display_name="Show what waits", **_READS)(approval.show_drafts)

record_answer = task(task_display_name="Record the answer")(approval.record_answer)

compare_with_labels = task(task_display_name="Compare with labels")(evaluation.compare_with_labels)

compare_with_earlier = task(task_display_name="Compare with an earlier day")(evaluation.compare_with_earlier)

ask_again = task(task_display_name="Ask again")(evaluation.ask_again)
start_batch = task(task_display_name="Start a batch job")(steps.start_batch)

build_marts = task(task_display_name="Build the marts unseen")(steps.build_marts)

audit = task(task_display_name="Check the marts")(steps.audit)

publish = task(task_display_name="Publish all at once", outlets=[assets.MARTS])(steps.publish)

export = task(task_display_name="Export as CSV", **_READS)(steps.export)

export_formats = task(task_id="export", task_display_name="Export the formats chosen", **_READS)(steps.export_formats)

report = task(task_display_name="Say what happened", **_READS)(steps.report)

finish = task(task_display_name="Close the run", trigger_rule="none_failed")(steps.finish)

list_days = task(task_display_name="List the days")(steps.list_days)

run_day = task(
    task_display_name="Run the night of a day",
    outlets=[assets.RAW, assets.CORE, assets.ENRICHMENT, assets.MARTS],
    # Days build on each other's history: one after the other, in their order.
    max_active_tis_per_dagrun=1,
    map_index_template="{{ task.op_kwargs['day'] }}",
    **_WAITS,
)(steps.run_day)
