"""# Export the marts

Writes the published tables as files into the exports folder of the home, whenever the marts were published: CSV and
Parquet with personal columns masked, the two SQLite files that dashboards of the source systems open, and a schema
file per mart.

*Parameters*: `formats`, which of them. The folder is named by the last day the published tables include.

*Idempotent*: each format's folder is replaced whole.
"""

from airflow.sdk import dag
from customer360.orchestration import assets, parameters, tasks
from customer360.orchestration.defaults import DAG_DEFAULTS


@dag(
    dag_display_name="Export the marts",
    description="The published tables as files.",
    schedule=[assets.MARTS],
    doc_md=__doc__,
    tags=["customer360", "export"],
    params={"formats": parameters.formats()},
    **DAG_DEFAULTS,
)
def export_marts() -> None:
    tasks.export_formats()


export_marts()
