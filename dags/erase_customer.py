"""# Erase a customer

Erases a person everywhere: **erase** from landing files, `raw`, quarantine, enrichment, texts and logs, then
**build_core**, **segment**, **enrich**, **build_marts**, **audit** and **publish**, so that the published tables
follow. Facts stay, under one customer who stands for all that were erased.

*Parameters*: `email`, the person's mail address, or `system` and `customer_id`, an id there; `landing`, the folder or
`s3://` prefix of the delivery; `dry_run`, on by default: only say in the log of `erase` how much it would be.

*Idempotent*: a second erasure finds nothing. The form's personal fields are taken out of the run, so after a failure of
`erase` trigger the DAG again; after a later failure clear the failed task. The next night ends what was begun, too.
"""

from airflow.sdk import chain, dag
from customer360.orchestration import parameters, tasks
from customer360.orchestration.defaults import DAG_DEFAULTS


@dag(
    dag_display_name="Erase a customer",
    schedule=None,
    doc_md=__doc__,
    tags=["customer360", "privacy"],
    params={
        "dry_run": parameters.dry_run("Only say in the log how much would go, by place."),
        "email": parameters.email(),
        "system": parameters.system(),
        "customer_id": parameters.customer_id(),
        "landing": parameters.landing(),
    },
    **DAG_DEFAULTS,
)
def erase_customer() -> None:
    run_number = tasks.erase()
    shares = tasks.build_core(run_number)
    chain(
        tasks.segment.expand_kwargs(shares),
        tasks.enrich(run_number),
        tasks.build_marts(run_number),
        tasks.audit(run_number),
        tasks.publish(run_number),
    )


erase_customer()
