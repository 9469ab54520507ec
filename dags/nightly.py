"""# The night

Takes the delivery in the landing folder to published marts: **load** the CSV files, **build_core** (staging,
identities, stars), **enrich** (segment, prioritise, recommend), **build_marts** as candidates, **audit** them,
**publish** in one transaction, **export**, **report**.

*Parameters*: `as_of_date`, the last business day included (empty: yesterday); `landing`, the folder or `s3://`
prefix; `classifier`, rules or bedrock; `allow_deletes`, publish even if it deletes a large share of a table.

*Idempotent*: a file loads once whatever its name, an unchanged customer is not redone, and publish applies only
differences. To resume after a failure, mend the cause and clear the failed task, or trigger the DAG again: both
end in the same published tables. A failed audit publishes nothing; yesterday's tables stay.
"""

from airflow.sdk import chain, dag, task
from customer360.orchestration import assets, parameters, steps
from customer360.orchestration.defaults import DAG_DEFAULTS


@dag(
    dag_display_name="Nightly",
    schedule="0 2 * * *",
    doc_md=__doc__,
    tags=["customer360", "nightly"],
    params={
        "as_of_date": parameters.as_of_date(),
        "landing": parameters.landing(),
        "classifier": parameters.classifier(),
        "allow_deletes": parameters.allow_deletes(),
    },
    **DAG_DEFAULTS,
)
def nightly() -> None:
    run_number = task(steps.load)()
    chain(
        run_number,
        task(steps.build_core)(run_number),
        task(steps.enrich)(run_number),
        task(steps.build_marts)(run_number),
        task(steps.audit)(run_number),
        task(outlets=[assets.MARTS])(steps.publish)(run_number),
        task(steps.export)(run_number),
        task(steps.report)(run_number),
    )


nightly()
