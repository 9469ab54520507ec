"""# Load a landing folder

Loads the CSV files of a landing folder into `raw`, the systems side by side, and records that break their contract
into quarantine. Nothing is built or published.

*Parameters*: `landing`, the folder or `s3://` prefix; `as_of_date`, the business day the load counts for.

*Idempotent*: a file loads once, whatever its name.
"""

from airflow.sdk import dag
from customer360.orchestration import parameters, tasks
from customer360.orchestration.defaults import DAG_DEFAULTS


@dag(
    dag_display_name="Load a landing folder",
    description="CSV files into raw, what breaks its contract into quarantine.",
    schedule=None,
    doc_md=__doc__,
    tags=["customer360", "load"],
    params={"as_of_date": parameters.as_of_date(), "landing": parameters.landing()},
    **DAG_DEFAULTS,
)
def load_landing() -> None:
    tasks.finish(tasks.end_load(tasks.load.expand_kwargs(tasks.begin_load())))


load_landing()
