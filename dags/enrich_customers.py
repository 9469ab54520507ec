"""# Enrich customers

Builds the stars, then segments, prioritises and recommends for every customer that changed.

*Parameters*: `as_of_date`; `classifier`, rules or bedrock.

*Idempotent*: an unchanged customer is not redone.
"""

from airflow.sdk import chain, dag, task
from customer360.orchestration import parameters, steps
from customer360.orchestration.defaults import DAG_DEFAULTS


@dag(
    dag_display_name="Enrich customers",
    schedule=None,
    doc_md=__doc__,
    tags=["customer360", "enrich"],
    params={"as_of_date": parameters.as_of_date(), "classifier": parameters.classifier()},
    **DAG_DEFAULTS,
)
def enrich_customers() -> None:
    run_number = task(steps.enter_run)()
    later_steps = (steps.build_core, steps.enrich, steps.finish)
    chain(run_number, *[task(step)(run_number) for step in later_steps])


enrich_customers()
