"""# Backfill segments

Asks the configured Bedrock model about every customer that is new or changed in one **batch job**: half the price of
asking at once, within a day. For a new model, a new prompt or a first load; it needs at least 100 customers, and
`CUSTOMER360_BEDROCK_BATCH_FOLDER` and `CUSTOMER360_BEDROCK_BATCH_ROLE_ARN`.

**start_batch** writes the requests to S3 and starts the job, **wait_and_collect** looks every five minutes, without
holding a worker, and keeps the answers once the job has ended, also where only a part of it was done. The next night
publishes them.

*Parameters*: `dry_run`, on unless switched off: it says how many customers would be asked about and what that costs;
`as_of_date`, the last business day included (empty: yesterday); `budget`, dollars the job may cost at most.

*Idempotent*: customers in a job that has not ended are asked about by nobody else. To resume, clear the failed task:
a job is known by a token, so starting it twice starts one.
"""

from airflow.sdk import chain, dag
from customer360.orchestration import parameters, steps, tasks
from customer360.orchestration.defaults import DAG_DEFAULTS
from customer360.orchestration.waiting import LookAgain


@dag(
    dag_display_name="Backfill segments",
    description="Segments from Bedrock in one batch job, at half the price.",
    schedule=None,
    doc_md=__doc__,
    tags=["customer360", "enrich"],
    params={
        "dry_run": parameters.dry_run("Only say how many customers would be asked about, and the price."),
        "as_of_date": parameters.as_of_date(),
        "budget": parameters.budget(),
    },
    **DAG_DEFAULTS,
)
def backfill_segments() -> None:
    chain(
        tasks.start_batch(),
        LookAgain(
            task_id="wait_and_collect",
            task_display_name="Wait for the job and keep its answers",
            goes_on=steps.batches_go_on,
            minutes=5,
        ),
    )


backfill_segments()
