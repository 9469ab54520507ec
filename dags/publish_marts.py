"""# Publish the marts

Builds the marts, audits them and publishes them in one transaction.

*Parameters*: `dry_run`, on unless switched off: it says what would be inserted, changed and deleted, and publishes
nothing; `as_of_date`, the last business day included; `allow_deletes`, publish even if it deletes a large share of a
table.

*Idempotent*: only differences are applied. A failed audit publishes nothing; what is published stays.
"""

from airflow.sdk import chain, dag
from customer360.orchestration import parameters, tasks
from customer360.orchestration.defaults import DAG_DEFAULTS


@dag(
    dag_display_name="Publish the marts",
    description="What is loaded and enriched, checked and made what readers see.",
    schedule=None,
    doc_md=__doc__,
    tags=["customer360", "publish"],
    params={
        "dry_run": parameters.dry_run("Only say what would be inserted, changed and deleted."),
        "as_of_date": parameters.as_of_date(),
        "allow_deletes": parameters.allow_deletes(),
    },
    **DAG_DEFAULTS,
)
def publish_marts() -> None:
    run_number = tasks.enter_run()
    chain(
        run_number,
        tasks.build_core(run_number),
        tasks.build_marts(run_number),
        tasks.audit(run_number),
        tasks.publish(run_number),
    )


publish_marts()
