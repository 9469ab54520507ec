"""# Backfill days

Runs the night of every day of a range again, the oldest first and one after the other, as if each had run then: for a
source that delivered late, or a model that was mended. Days between other days change only their own rows.

*Parameters*: `from_date` and `to_date`, the first and the last business day; `dry_run`, on unless switched off: it
names the days and runs none; `landing`, `classifier`, `budget` (of each day) and `allow_deletes` as in `nightly`.

*Idempotent*: a day that runs again ends in the same tables. A day that fails does not keep the later ones from running;
mend the cause and clear its task. While it runs the scheduled night waits for its turn.
"""

from airflow.sdk import dag
from customer360.orchestration import parameters, tasks
from customer360.orchestration.defaults import DAG_DEFAULTS


@dag(
    dag_display_name="Backfill days",
    description="The nights of a range of days, again.",
    schedule=None,
    doc_md=__doc__,
    tags=["customer360", "nightly"],
    params={
        "from_date": parameters.day("From", "The first business day to run the night of."),
        "to_date": parameters.day("To", "The last business day to run the night of."),
        "dry_run": parameters.dry_run("Only name the days that would run."),
        "landing": parameters.landing(),
        "classifier": parameters.classifier(),
        "budget": parameters.budget(),
        "allow_deletes": parameters.allow_deletes(),
    },
    **DAG_DEFAULTS,
)
def backfill_days() -> None:
    tasks.run_day.expand(day=tasks.list_days())


backfill_days()
