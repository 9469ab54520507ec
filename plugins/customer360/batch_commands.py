"""``customer360 batch``: segments from Bedrock at half the price, within a day."""

from __future__ import annotations

import time
from datetime import date
from decimal import Decimal

import click

from customer360.settings import read_settings

SECONDS_BETWEEN_LOOKS = 60


@click.group()
def batch() -> None:
    """Segments from a batch job at Bedrock: half the price, an answer within a day."""


@batch.command()
@click.option(
    "--as-of-date",
    type=click.DateTime(["%Y-%m-%d"]),
    callback=lambda _context, _option, value: value.date() if value else None,
    help="Last business day included; default yesterday in the business time zone.",
)
@click.option("--budget", type=click.FloatRange(0), help="Dollars it may cost; default CUSTOMER360_BEDROCK_BUDGET.")
def start(as_of_date: date | None, budget: float | None) -> None:
    """Ask about all customers that are new or changed, in one job of at least 100 requests."""
    from customer360 import pipeline

    run = pipeline.start_run(read_settings(), "batch", as_of_date=as_of_date, classifier="bedrock")
    pipeline.check_classifier(run)
    job = pipeline.start_batch(run, budget=None if budget is None else Decimal(str(budget)))
    click.echo(f"Job {job.job_id} asks about {job.customers:,} customers in {job.records:,} requests: {job.job_arn}")
    click.echo("`customer360 batch collect` keeps its answers once it has ended; `--wait` waits for that.")


@batch.command()
@click.option("--wait", is_flag=True, help="Until no job is under way, a look a minute.")
def collect(wait: bool) -> None:
    """Keep the answers of every job that has ended, and say how the others stand."""
    from customer360 import pipeline

    while True:
        jobs = pipeline.collect_batches(read_settings())
        for job in jobs:
            statuses = ", ".join(f"{count:,} {status}" for status, count in sorted(job.statuses.items()))
            kept = f": {statuses}; {job.dollars:.4f} dollars" if statuses else ", not ended yet"
            click.echo(f"Job {job.job_id} is {job.state}{kept}.")
        if not jobs:
            click.echo("No job is under way.")
        if not wait or all(job.statuses for job in jobs):
            return
        time.sleep(SECONDS_BETWEEN_LOOKS)
