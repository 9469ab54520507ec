"""# Build the models

Builds staging, identities, stars and marts as candidates from what is loaded. Nothing is published.

*Parameters*: `as_of_date`, the last business day included.

*Idempotent*: a rerun builds the same candidates.
"""

from airflow.sdk import chain, dag, task
from customer360.orchestration import parameters, steps
from customer360.orchestration.defaults import DAG_DEFAULTS


@dag(
    dag_display_name="Build the models",
    schedule=None,
    doc_md=__doc__,
    tags=["customer360", "build"],
    params={"as_of_date": parameters.as_of_date()},
    **DAG_DEFAULTS,
)
def build_models() -> None:
    run_number = task(steps.enter_run)()
    later_steps = (steps.build_core, steps.build_marts, steps.finish)
    chain(run_number, *[task(step)(run_number) for step in later_steps])


build_models()
