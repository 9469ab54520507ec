"""The commands about what enrichment says: drafted messages."""

from __future__ import annotations

from datetime import date

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
