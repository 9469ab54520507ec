"""# Draft notifications

Words the messages that recommended actions send and enters into the ledger what may become of each: consent, channel,
frequency, holdout and quiet hours as of now. Nothing is sent. With `approval`, the run then waits for a person:
*Required Actions* shows every message that nothing stands against, and the answer goes into the ledger with who gave
it and when.

*Parameters*: `as_of_date`, the last business day included; `approval`, wait for a person.

*Idempotent*: an unchanged customer gets no second draft, and a state is entered only when it changes. A run that waits
keeps no other from writing. What rules have closed in the meantime stays closed, whatever the answer says.
"""

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param, chain, dag
from customer360.orchestration import approval, parameters, tasks
from customer360.orchestration.defaults import DAG_DEFAULTS


@dag(
    dag_display_name="Draft notifications",
    description="Messages for recommended actions, with what may become of each; a person approves them on demand.",
    schedule=None,
    doc_md=__doc__,
    tags=["customer360", "enrich"],
    params={"as_of_date": parameters.as_of_date(), "approval": parameters.approval()},
    **DAG_DEFAULTS,
)
def draft_notifications() -> None:
    run_number = tasks.enter_run()
    shown = tasks.show_drafts(run_number)
    answer = HITLOperator(
        task_id="approve",
        task_display_name="Ask a person",
        # It may wait for days, and keeps nobody from writing.
        pool="default_pool",
        pool_slots=1,
        subject="Approve {{ ti.xcom_pull('show_drafts')['draft_ids'] | length }} drafted messages?",
        body="{{ ti.xcom_pull('show_drafts')['text'] }}",
        options=approval.OPTIONS,
        params={
            "except_drafts": Param(
                "",
                type="string",
                pattern=r"^\s*(\d+(\s*,\s*\d+)*)?\s*$",
                title="Except",
                description="Numbers of drafts to decide the other way, separated by commas.",
            )
        },
    )
    chain(
        run_number,
        tasks.build_core(run_number),
        tasks.draft(run_number),
        tasks.finish(run_number),
        shown,
        answer,
        tasks.record_answer(shown, answer.output),
    )


draft_notifications()
