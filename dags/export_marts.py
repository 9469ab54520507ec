"""# Export the marts

Writes the published tables as CSV files, personal columns masked, into the exports folder of the home.

*Parameters*: `as_of_date`, which names the folder.

*Idempotent*: the folder is replaced whole.
"""

from airflow.sdk import chain, dag, task
from customer360.orchestration import parameters, steps
from customer360.orchestration.defaults import DAG_DEFAULTS


@dag(
    dag_display_name="Export the marts",
    schedule=None,
    doc_md=__doc__,
    tags=["customer360", "export"],
    params={"as_of_date": parameters.as_of_date()},
    **DAG_DEFAULTS,
)
def export_marts() -> None:
    run_number = task(steps.enter_run)()
    chain(run_number, task(steps.export)(run_number), task(steps.finish)(run_number))


export_marts()
