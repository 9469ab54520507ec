"""The ``customer360`` command."""

from __future__ import annotations

import logging
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from customer360.batch_commands import batch
from customer360.enrichment_commands import draft, evaluate
from customer360.failures import sentence_of
from customer360.privacy_commands import erase, maintain
from customer360.records_commands import contract, quarantine
from customer360.settings import read_settings
from customer360.warehouse import OWNER, LocalServer, open_warehouse

AS_OF_DATE = click.option(
    "--as-of-date",
    type=click.DateTime(["%Y-%m-%d"]),
    callback=lambda _context, _option, value: value.date() if value else None,
    help="Last business day included; default yesterday in the business time zone.",
)
LANDING = click.option("--landing", help="Folder or s3:// prefix of the delivery; default CUSTOMER360_LANDING.")
ALLOW_DELETES = click.option(
    "--allow-deletes", is_flag=True, help="Publish even if it deletes more than CUSTOMER360_DELETE_LIMIT of a table."
)
CLASSIFIER = click.option("--classifier", type=click.Choice(["rules", "bedrock"]), help="Who segments customers.")
DRY_RUN = click.option("--dry-run", is_flag=True, help="Say what it would ask and cost, and ask nothing.")
BUDGET = click.option(
    "--budget", type=click.FloatRange(0), help="Dollars the run may spend; default CUSTOMER360_BEDROCK_BUDGET."
)


class _Commands(click.Group):
    """Turns the pipeline's errors into one sentence and exit code 1."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except Exception as error:
            notes = getattr(error, "__notes__", [])
            if not notes and not type(error).__module__.startswith("customer360."):
                raise
            if not type(error).__module__.startswith("customer360."):
                logging.getLogger(__name__).exception("The step stopped with an error of a library.")
            raise click.ClickException("\n".join([sentence_of(error), *notes])) from error


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """A nightly customer 360 warehouse."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stderr)
    for talkative in ("botocore", "great_expectations", "httpx"):
        logging.getLogger(talkative).setLevel(logging.WARNING)


@main.command()
@LANDING
@AS_OF_DATE
@CLASSIFIER
@ALLOW_DELETES
def nightly(landing: str | None, as_of_date: date | None, classifier: str | None, allow_deletes: bool) -> None:
    """Run the nightly DAG on a delivery; exit code 0 only when its tables are published."""
    from customer360.orchestration.nightly_run import run_nightly

    well = run_nightly(read_settings(), _absolute(landing), as_of_date, classifier, allow_deletes=allow_deletes)
    sys.exit(0 if well else 1)


@main.command()
@click.argument("run_id", type=int)
@ALLOW_DELETES
def resume(run_id: int, allow_deletes: bool) -> None:
    """Go on with the night RUN_ID at its first step that is not done, without Airflow."""
    from customer360 import pipeline
    from customer360.summary import night_summary

    run = pipeline.resume_run(read_settings(), run_id)
    pipeline.resume(run, allow_deletes=allow_deletes)
    click.echo(night_summary(run.warehouse, run_id))


@main.command()
@LANDING
@AS_OF_DATE
@click.option("--json", "as_json", is_flag=True, help="One JSON object per file on standard output.")
def load(landing: str | None, as_of_date: date | None, as_json: bool) -> None:
    """Load the files of a delivery into raw, records that break their contract into quarantine."""
    from customer360 import pipeline

    run = _start("load", landing=_absolute(landing), as_of_date=as_of_date)
    report = pipeline.load(run)
    pipeline.finish_run(run, "done")
    for file in report.files:
        if as_json:
            click.echo(file.as_json())
        else:
            name = f"{file.file} into {file.system}.{file.table}" if file.feeds else file.file
            said = [f"{file.loaded:,} of {file.records:,} records"]
            said += [f"{file.quarantined:,} quarantined"] if file.quarantined else []
            said += [f"{file.dropped:,} equal others and are dropped"] if file.dropped else []
            said += [f"late: {file.late_after} was loaded before"] if file.late_after else []
            said += [file.said_of_drift] if file.said_of_drift else []
            click.echo(f"{file.status:<10} {name}  {file.reason or ', '.join(said)}")


@main.command()
@AS_OF_DATE
def build(as_of_date: date | None) -> None:
    """Build all dbt models as candidates, without publishing them."""
    from customer360 import pipeline

    run = _start("build", as_of_date=as_of_date)
    nodes = [*pipeline.build_core(run).nodes, *pipeline.build_marts(run).nodes]
    pipeline.finish_run(run, "done")
    click.echo(f"{len(nodes)} models and tests built as of {run.as_of_date}.")


@main.command()
@AS_OF_DATE
@CLASSIFIER
@BUDGET
@DRY_RUN
def segment(as_of_date: date | None, classifier: str | None, budget: float | None, dry_run: bool) -> None:
    """Give every new or changed customer a segment."""
    if dry_run:
        _price(as_of_date, classifier, "customers")
    else:
        _enrich_part("segment", as_of_date, classifier, budget)


@main.command()
@AS_OF_DATE
@CLASSIFIER
@BUDGET
@DRY_RUN
def recommend(as_of_date: date | None, classifier: str | None, budget: float | None, dry_run: bool) -> None:
    """Segment, prioritise and recommend an action for every new or changed customer.

    Open decisions are analysed too, and the messages of the actions drafted.
    """
    if dry_run:
        _price(as_of_date, classifier, "customers", "open decisions", "messages")
    else:
        _enrich_part("enrich", as_of_date, classifier, budget)


@main.command()
@AS_OF_DATE
@click.option("--preview", is_flag=True, help="Only say what would be inserted, changed and deleted.")
@click.option("--undo", is_flag=True, help="Bring the published rows back to the batch before.")
@ALLOW_DELETES
def publish(as_of_date: date | None, preview: bool, undo: bool, allow_deletes: bool) -> None:
    """Audit the candidates and make them what readers see."""
    from customer360 import pipeline

    if sum((preview, undo, allow_deletes)) > 1:
        raise click.UsageError("--preview, --undo and --allow-deletes exclude each other.")
    if preview:
        _show_preview(pipeline.preview(read_settings(), as_of_date))
        return
    run = _start("undo" if undo else "publish", as_of_date=as_of_date)
    if undo:
        report = pipeline.undo(run)
        click.echo(f"The last batch is undone: batch {report.batch_id} shows the rows as of {report.as_of_date} again.")
        return
    pipeline.audit(run)
    report = pipeline.publish(run, allow_deletes=allow_deletes)
    click.echo(f"Batch {report.batch_id} is published." if report.changed else "Nothing changed.")


@main.command()
@click.option(
    "--format",
    "file_format",
    type=click.Choice(["csv", "sqlite", "parquet", "ddl"]),
    default="csv",
    show_default=True,
    help="sqlite: the dashboard's and the notification engine's own databases, always plain, readable by you alone;"
    " ddl: the statements that create the tables.",
)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder to write.")
@click.option("--pii", is_flag=True, help="Plain personal columns in CSV and Parquet instead of masked ones.")
def export(file_format: str, out: Path, pii: bool) -> None:
    """Write the published tables as files, all from one batch.

    CSV, Parquet and ddl replace the folder; sqlite replaces its two files in it.
    """
    from customer360 import publish

    masked = {"pii": pii} if file_format in ("csv", "parquet") else {}
    report = publish.EXPORTS[file_format](open_warehouse(read_settings()), out, **masked)
    click.echo(f"{len(report.files)} files with {report.rows:,} rows in {report.folder}.")


@main.command()
@click.option(
    "--size",
    type=click.Choice(["small", "medium", "large", "xlarge"]),
    default="small",
    show_default=True,
    help="1,000, 5,000, 20,000 or 50,000 care interactions, and the other systems in proportion.",
)
@click.option("--interactions", type=click.IntRange(1), help="Care interactions, instead of a size.")
@click.option("--customers", type=click.IntRange(1), help="Persons; default follows the interactions.")
@click.option("--days", type=click.IntRange(1), default=548, show_default=True, help="Days of history.")
@click.option("--seed", type=int, default=360, show_default=True, help="The same seed gives the same bytes.")
@click.option(
    "--defects",
    type=click.FloatRange(0, 0.01),
    default=0.002,
    show_default=True,
    help="Share of damaged records.",
)
@AS_OF_DATE
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder to write.")
def generate(
    size: str, interactions: int | None, customers: int | None, days: int, seed: int, defects: float,
    as_of_date: date | None, out: Path,
) -> None:  # fmt: skip
    """Write a made-up delivery of all five systems, and the truth about it."""
    from customer360 import sample

    try:
        delivery = sample.generate(
            out,
            interactions=interactions or sample.SIZES[size],
            customers=customers,
            days=days,
            seed=seed,
            as_of_date=as_of_date or read_settings().last_business_day(),
            defects=defects,
        )
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{delivery.records:,} records in {len(delivery.files)} files in {out}.")


@main.group()
def warehouse() -> None:
    """The PostgreSQL server behind it all."""


@warehouse.command()
def start() -> None:
    """Start the local server and set it up; nothing when it runs."""
    open_warehouse(read_settings())
    click.echo("The warehouse runs.")


@warehouse.command()
def stop() -> None:
    """Stop the local server."""
    stopped = LocalServer(read_settings().home).stop()
    click.echo("The warehouse is stopped." if stopped else "The warehouse was not running.")


@warehouse.command()
@click.option("--role", default=OWNER, help="Role to log in as; default the owner.")
def url(role: str) -> None:
    """Print the URL a client connects with; it holds the password."""
    click.echo(open_warehouse(read_settings()).url(role))


@warehouse.command(context_settings={"ignore_unknown_options": True})
@click.option("--role", default=OWNER, help="Role to log in as; default the owner.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def psql(role: str, arguments: tuple[str, ...]) -> None:
    """Open psql in the warehouse, with further arguments passed on to it."""
    settings = read_settings()
    program = LocalServer(settings.home).psql() if settings.warehouse_url is None else "psql"
    sys.exit(subprocess.run([program, open_warehouse(settings).url(role), *arguments], check=False).returncode)


main.add_command(batch)
main.add_command(contract)
main.add_command(draft)
main.add_command(evaluate)
main.add_command(quarantine)
main.add_command(erase)
main.add_command(maintain)


@main.command()
def airflow() -> None:
    """Serve the Airflow UI on 127.0.0.1 until interrupted."""
    from customer360.orchestration.local import prepare_airflow

    settings = read_settings()
    local = prepare_airflow(settings, open_warehouse(settings))
    click.echo(f"Airflow UI: {local.url}  (ready in about 20 seconds; Ctrl-C ends it)")
    click.echo(f"User admin, password in {local.password_file}")
    sys.exit(local.serve())


@main.command()
def status() -> None:
    """Say what is published and how the last run went."""
    from customer360.summary import night_summary

    opened = open_warehouse(read_settings())
    with opened.connect() as connection:
        batch = connection.execute("select batch_id, as_of_date, published_at from ops.published_batch").fetchone()
        last = connection.execute("select max(run_id) from ops.runs").fetchone()
    if batch:
        click.echo(f"Batch {batch[0]} is published, as of {batch[1]}, since {batch[2]:%Y-%m-%d %H:%M} UTC.")
    else:
        click.echo("Nothing is published yet; run `customer360 nightly`.")
    if last and last[0]:
        click.echo(night_summary(opened, last[0]))


@main.command()
def doctor() -> None:
    """Check everything a night needs and say what to do about what is missing."""
    from customer360.doctor import examine
    from customer360.orchestration.checks import examine_airflow

    settings = read_settings()
    findings = [*examine(settings), *examine_airflow(settings)]
    for finding in findings:
        click.echo(f"{'ok  ' if finding.well else 'FAIL'} {finding.subject}: {finding.sentence}")
    sys.exit(0 if all(finding.well for finding in findings) else 1)


def _absolute(landing: str | None) -> str | None:
    return landing if landing is None or landing.startswith("s3://") else str(Path(landing).resolve())


def _start(kind: str, **choices: Any) -> Any:
    from customer360 import pipeline

    return pipeline.start_run(read_settings(), kind, **choices)


def _show_preview(report: Any) -> None:
    changed = [table for table in report.tables if table.changed]
    for words in report.structure:
        click.echo(f"new {words}")
    for table in changed:
        warning = "  more than may be deleted: needs --allow-deletes" if table in report.over_limit else ""
        click.echo(
            f"{table.schema}.{table.table:<32} {table.inserted:>9,} inserted {table.updated:>9,} changed"
            f" {table.deleted:>9,} deleted of {table.rows_before:,}{warning}"
        )
    rows = sum(table.inserted + table.updated + table.deleted for table in changed)
    click.echo(f"{rows:,} rows of {len(changed)} tables would change; nothing was published.")


def _enrich_part(part: str, as_of_date: date | None, classifier: str | None, budget: float | None) -> None:
    from customer360 import pipeline

    run = _start(part, as_of_date=as_of_date, classifier=classifier)
    report = getattr(pipeline, part)(run, budget=None if budget is None else Decimal(str(budget)))
    pipeline.finish_run(run, "done")
    click.echo(f"{report.changed:,} of {report.customers:,} customers were new or changed.")
    if run.classifier == "bedrock":
        statuses = ", ".join(f"{count:,} {status}" for status, count in sorted(report.statuses.items()))
        click.echo(f"{statuses or 'Nobody was asked about'}; {report.dollars:.4f} dollars.")


def _price(as_of_date: date | None, classifier: str | None, *asked_about: str) -> None:
    from customer360 import pipeline
    from customer360.enrich.bedrock import prices_as_of

    settings = read_settings()
    if (classifier or settings.classifier) != "bedrock":
        click.echo("The rules cost nothing; a dry run prices --classifier bedrock.")
        return
    for subjects in asked_about:
        estimate = pipeline.price(settings, subjects, as_of_date)
        click.echo(
            f"{estimate.subjects:,} {subjects} are new or changed: {estimate.calls:,} requests with about "
            f"{estimate.input_tokens:,} tokens, at most {estimate.output_tokens:,} tokens of answers, "
            f"at most {estimate.dollars:.4f} dollars by the prices of {prices_as_of()}."
        )


if __name__ == "__main__":
    main()
