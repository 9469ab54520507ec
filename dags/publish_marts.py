"""# Publish the marts

Builds the marts, audits them and publishes them in one transaction.

*Parameters*: `as_of_date`, the last business day included; `allow_deletes`, publish even if it deletes a large
share of a table.

*Idempotent*: only differences are applied. A failed audit publishes nothing; what is published stays.
"""

from airflow.sdk import chain, dag, task
from customer360.orchestration import assets, parameters, steps
from customer360.orchestration.defaults import DAG_DEFAULTS


@dag(
    dag_display_name="Publish the marts",
    schedule=None,
    doc_md=__doc__,
    tags=["customer360", "publish"],
    params={"as_of_date": parameters.as_of_date(), "allow_deletes": parameters.allow_deletes()},
    **DAG_DEFAULTS,
)
def publish_marts() -> None:
    run_number = task(steps.enter_run)()
    chain(
        run_number,
        task(steps.build_core)(run_number),
        task(steps.build_marts)(run_number),
        task(steps.audit)(run_number),
        task(outlets=[assets.MARTS])(steps.publish)(run_number),
    )


publish_marts()
