"""The commands about what enrichment says: drafted messages, and how good segments are."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from customer360.settings import read_settings

AS_OF_DATE = click.option(
    "--as-of-date",
    type=click.DateTime(["%Y-%m-%d"]),
    callback=lambda _context, _option, value: value.date() if value else None,
    help="Last business day included; default yesterday in the business time zone.",
)


@click.command()
@AS_OF_DATE
def draft(as_of_date: date | None) -> None:
    """Draft the messages of the actions that stand and say what may become of each; nothing is sent."""
    from customer360 import pipeline

    run = pipeline.start_run(read_settings(), "draft", as_of_date=as_of_date)
    changes = pipeline.draft(run)
    pipeline.finish_run(run, "done")
    for state, count in sorted(changes.items()):
        click.echo(f"{count:>6,} {state}")
    click.echo(f"{sum(changes.values()):,} messages changed their state.")


@click.group()
def evaluate() -> None:
    """How good the segments are: against labels, against themselves, and over time."""


@evaluate.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@AS_OF_DATE
def golden(file: Path, as_of_date: date | None) -> None:
    """Compare the segments that stand with the labels people gave in FILE."""
    from customer360 import pipeline
    from customer360.enrich import evaluation

    labels = evaluation.read_golden_set(file)
    _evaluate(as_of_date, lambda run: pipeline.evaluate_labels(run, "golden", labels))


@evaluate.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@AS_OF_DATE
def recovery(folder: Path, as_of_date: date | None) -> None:
    """Compare them with what the generator meant, by the truth files in FOLDER; this is no accuracy."""
    from customer360 import pipeline
    from customer360.enrich import evaluation

    labels = evaluation.read_truth(folder)
    _evaluate(as_of_date, lambda run: pipeline.evaluate_labels(run, "recovery", labels))


@evaluate.command()
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="The day to compare with; default 30 days before.")
@AS_OF_DATE
def drift(since: datetime | None, as_of_date: date | None) -> None:
    """Say how far the mix of segments has moved."""
    from customer360 import pipeline

    _evaluate(
        as_of_date,
        lambda run: pipeline.evaluate_drift(run, since.date() if since else run.as_of_date - timedelta(days=30)),
    )


@evaluate.command()
@click.option("--customers", type=click.IntRange(1), default=100, show_default=True, help="How many are asked about.")
@click.option("--classifier", type=click.Choice(["rules", "bedrock"]), help="Who is asked.")
@click.option("--budget", type=click.FloatRange(0), help="Dollars it may spend; default CUSTOMER360_BEDROCK_BUDGET.")
@AS_OF_DATE
def stability(customers: int, classifier: str | None, budget: float | None, as_of_date: date | None) -> None:
    """Ask the classifier again about the same customers, and a model also about each alone."""
    from customer360 import pipeline

    dollars = None if budget is None else Decimal(str(budget))
    _evaluate(as_of_date, lambda run: pipeline.evaluate_stability(run, customers, budget=dollars), classifier)


@evaluate.command()
@click.option("--customers", type=click.IntRange(1), default=100, show_default=True, help="How many are drawn.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="File to write.")
def sheet(customers: int, out: Path) -> None:
    """Write a sheet for people to label: customers with their facts, and no answer of ours."""
    from customer360.enrich import evaluation
    from customer360.warehouse import open_warehouse

    written = evaluation.write_sheet(open_warehouse(read_settings()), out, customers)
    click.echo(
        f"{written:,} customers are in {out}; fill in segment and labelled_by, then `customer360 evaluate golden`."
    )


def _evaluate(as_of_date: date | None, compare: Any, classifier: str | None = None) -> None:
    from customer360 import pipeline

    run = pipeline.start_run(read_settings(), "evaluate", as_of_date=as_of_date, classifier=classifier)
    found = compare(run)
    pipeline.finish_run(run, "done")
    for each in found:
        click.echo(
            f"{each.kind}: {each.source} {each.model} {each.prompt_version} against {each.against}, "
            f"{each.customers:,} customers, {each.left_out:,} left out"
        )
        for metric in each.metrics:
            bounds = "" if metric.lower is None else f"  ({metric.lower:.3f} to {metric.upper:.3f})"
            click.echo(
                f"  {metric.name + (f' of {metric.label}' if metric.label else ''):<32} {metric.value:>7.3f}{bounds}"
            )
