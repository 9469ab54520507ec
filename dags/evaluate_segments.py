"""# Evaluate segments

Compares the segments that stand with the labels people gave, asks the classifier again about some customers, and says
how far the mix of segments has moved. What came out stands in `core.fct_segment_evaluations` from the next publish on.

*Parameters*: `as_of_date`, the last business day included; `golden_set`, a CSV file of labels (empty: none are
compared); `since`, the day to compare the mix with (empty: not compared); `classifier` and `customers`, who is asked
again and about how many (0: nobody). A model costs: each customer is asked about three times, within
`CUSTOMER360_BEDROCK_BUDGET`.

*Idempotent*: nobody's segment changes; a rerun adds its own comparisons.
"""

from airflow.sdk import chain, dag
from customer360.orchestration import parameters, tasks
from customer360.orchestration.defaults import DAG_DEFAULTS


@dag(
    dag_display_name="Evaluate segments",
    description="Segments against labels, against the classifier itself, and over time.",
    schedule=None,
    doc_md=__doc__,
    tags=["customer360", "enrich"],
    params={
        "as_of_date": parameters.as_of_date(),
        "golden_set": parameters.golden_set(),
        "since": parameters.since(),
        "classifier": parameters.classifier(),
        "customers": parameters.customers(),
    },
    **DAG_DEFAULTS,
)
def evaluate_segments() -> None:
    run_number = tasks.enter_run()
    chain(
        run_number,
        tasks.compare_with_labels(run_number),
        tasks.compare_with_earlier(run_number),
        tasks.ask_again(run_number),
        tasks.finish(run_number),
    )


evaluate_segments()
