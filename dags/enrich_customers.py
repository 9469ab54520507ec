"""# Enrich customers

Builds the stars, then segments every customer that changed, in shares side by side, prioritises and recommends.

*Parameters*: `as_of_date`; `classifier`, rules or bedrock; `budget`, dollars for the latter; `dry_run`, on unless
switched off: it says how many customers would be asked about and what that costs, and asks nothing.

*Idempotent*: an unchanged customer is not redone.
"""

from airflow.sdk import chain, dag
from customer360.orchestration import parameters, tasks
from customer360.orchestration.defaults import DAG_DEFAULTS


@dag(
    dag_display_name="Enrich customers",
    description="A segment, a priority and a next best action for every customer that changed.",
    schedule=None,
    doc_md=__doc__,
    tags=["customer360", "enrich"],
    params={
        "dry_run": parameters.dry_run("Only say how many customers would be asked about, and the price."),
        "as_of_date": parameters.as_of_date(),
        "classifier": parameters.classifier(),
        "budget": parameters.budget(),
    },
    **DAG_DEFAULTS,
)
def enrich_customers() -> None:
    run_number = tasks.enter_run()
    shares = tasks.build_core(run_number)
    chain(
        tasks.segment.expand_kwargs(shares),
        tasks.enrich(run_number),
        tasks.finish(run_number),
    )


enrich_customers()
