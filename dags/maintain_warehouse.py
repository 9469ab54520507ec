"""# Maintain the warehouse

Deletes what has outlived its period, as docs/retention.md lists: old rows of `undo`, quarantine, `raw` and `ops`, logs,
reports and exports; then vacuums.

*Parameters*: `dry_run`, on by default: only say in the log how much it would be.

*Idempotent*: a second run finds nothing.
"""

from airflow.sdk import dag, task
from customer360.orchestration import parameters, steps
from customer360.orchestration.defaults import DAG_DEFAULTS


@dag(
    dag_display_name="Maintain the warehouse",
    schedule=None,
    doc_md=__doc__,
    tags=["customer360", "maintenance"],
    params={"dry_run": parameters.dry_run("Only say in the log how much would go, by place.")},
    **DAG_DEFAULTS,
)
def maintain_warehouse() -> None:
    task(steps.maintain)()


maintain_warehouse()
