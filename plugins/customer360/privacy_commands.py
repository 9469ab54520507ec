"""The commands about erasure and retention."""

from __future__ import annotations

import click

from customer360.settings import read_settings
from customer360.warehouse import open_warehouse

YES = click.option("--yes", is_flag=True, help="Do it; without this nothing is changed.")


@click.command()
@click.option("--email", help="The person's mail address.")
@click.option("--system", help="A system that knows the person, such as care; with the id there.")
@click.argument("customer_id", required=False)
@click.option("--landing", help="Folder or s3:// prefix of the delivery; default CUSTOMER360_LANDING.")
@YES
def erase(email: str | None, system: str | None, customer_id: str | None, landing: str | None, yes: bool) -> None:
    """Erase a person everywhere: --email ADDRESS, or --system SYSTEM ID.

    Without --yes it only says how much would be erased where. Facts stay, under one customer who stands for all
    that were erased.
    """
    from customer360 import erasing, pipeline

    settings = read_settings()
    request = erasing.Request(email, system, customer_id)
    if not yes:
        counts = erasing.preview(open_warehouse(settings), settings, landing or settings.landing, request)
        _say(counts)
        if not counts:
            click.echo("Nothing of this person is here.")
        click.echo("Nothing was changed. With --yes this is erased, then everything is built and published anew.")
        return
    run = pipeline.start_run(settings, "erase", as_of_date=pipeline.published_day(settings), landing=landing)
    erasure_id = pipeline.erase(run, request)
    for step in (pipeline.build_core, pipeline.enrich, pipeline.build_marts, pipeline.audit):
        step(run)
    pipeline.publish(run)
    _say(erasing.receipt(run.warehouse, erasure_id))
    click.echo(f"Erasure {erasure_id} is done.")


def _say(counts: dict[str, int]) -> None:
    for place, count in sorted(counts.items()):
        click.echo(f"{count:>9,}  {place}")


@click.command()
@YES
def maintain(yes: bool) -> None:
    """Delete what has outlived its period, and vacuum. Without --yes it only says how much that is."""
    from customer360 import maintenance, pipeline

    settings = read_settings()
    if not yes:
        _say(maintenance.preview(open_warehouse(settings), settings))
        click.echo("Nothing was changed; with --yes this is deleted.")
        return
    run = pipeline.start_run(settings, "maintain")
    _say(pipeline.maintain(run))
    pipeline.finish_run(run, "done")
    click.echo("The warehouse is maintained.")
