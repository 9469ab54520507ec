"""# The night

Takes the delivery in the landing folder to published marts: **load** the CSV files of each system, the systems side by
side, **build_core** (staging, identities, stars), **segment** the customers, in shares side by side, **enrich**
(prioritise, recommend, draft), **build_marts** as candidates, **audit** them, **publish** in one transaction,
**export**, **report**.

*Parameters*: `as_of_date`, the last business day included (empty: the day before the run's logical date); `landing`,
the folder or `s3://` prefix; `classifier`, rules or bedrock; `budget`, dollars for the latter; `allow_deletes`, publish
even if it deletes a large share of a table.

*Idempotent*: a file loads once whatever its name, an unchanged customer is not redone, and publish applies only
differences. To resume after a failure, mend the cause and clear the failed task, or trigger the DAG again: both
end in the same published tables. A failed audit publishes nothing; yesterday's tables stay.

*When it waits*: one run at a time writes to the warehouse. A second one waits at its first task, trying again.

*Earlier days*: choose **Backfill** in the trigger form with the range of *logical dates*, and leave `as_of_date` empty:
the night of 2 June, at 02:00, counts up to 1 June. Or use the DAG `backfill_days`, which takes the days themselves.

*What it did*: the menu **Customer 360** has the last run's report, its quality results and what the tables mean.
"""

from airflow.sdk import chain, dag
from customer360.orchestration import parameters, tasks
from customer360.orchestration.defaults import DAG_DEFAULTS, EVERY_NIGHT, NIGHT_DUE


@dag(
    dag_display_name="Nightly",
    description="From the delivery of the night to published tables.",
    schedule=EVERY_NIGHT,
    deadline=NIGHT_DUE,
    doc_md=__doc__,
    tags=["customer360", "nightly"],
    params={
        "as_of_date": parameters.as_of_date(),
        "landing": parameters.landing(),
        "classifier": parameters.classifier(),
        "budget": parameters.budget(),
        "allow_deletes": parameters.allow_deletes(),
    },
    **DAG_DEFAULTS,
)
def nightly() -> None:
    run_number = tasks.end_load(tasks.load.expand_kwargs(tasks.begin_load()))
    shares = tasks.build_core(run_number)
    chain(
        tasks.segment.expand_kwargs(shares),
        tasks.enrich(run_number),
        tasks.build_marts(run_number),
        tasks.audit(run_number),
        tasks.publish(run_number),
        tasks.export(run_number),
        tasks.report(run_number),
    )


nightly()
