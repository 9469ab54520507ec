"""# Export the marts

Writes the published tables as files into the exports folder of the home, whenever the marts were published: CSV and
Parquet with personal columns masked, the two SQLite files that dashboards of the source systems open, and a schema
file per mart.

*Parameters*: `formats`, which of them. The folder is named by the last day the published tables include.

*Idempotent*: each format's folder is replaced whole.
"""

from airflow.sdk import chain, dag, task
from customer360.orchestration import assets, parameters, steps
from customer360.orchestration.defaults import DAG_DEFAULTS


@dag(
    dag_display_name="Export the marts",
    schedule=[assets.MARTS],
    doc_md=__doc__,
    tags=["customer360", "export"],
    params={"formats": parameters.formats()},
    **DAG_DEFAULTS,
)
def export_marts() -> None:
    run_number = task(steps.enter_run)()
    chain(
        run_number,
        task(task_id="export")(steps.export_formats)(run_number),
        task(steps.finish)(run_number),
    )


export_marts()
