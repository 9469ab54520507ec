"""# Build the models

Builds staging, identities, stars and marts as candidates from what is loaded. Nothing is published.

*Parameters*: `as_of_date`, the last business day included.

*Idempotent*: a rerun builds the same candidates.
"""

from airflow.sdk import chain, dag
from customer360.orchestration import parameters, tasks
from customer360.orchestration.defaults import DAG_DEFAULTS


@dag(
    dag_display_name="Build the models",
    description="Stars and marts as candidates, from what is loaded.",
    schedule=None,
    doc_md=__doc__,
    tags=["customer360", "build"],
    params={"as_of_date": parameters.as_of_date()},
    **DAG_DEFAULTS,
)
def build_models() -> None:
    run_number = tasks.enter_run()
    chain(
        run_number,
        tasks.build_core(run_number),
        tasks.build_marts(run_number),
        tasks.finish(run_number),
    )


build_models()
