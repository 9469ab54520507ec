"""Build models on Spark and compare them: ``python -m customer360.distributed``, which ``make spark`` runs."""

from __future__ import annotations

import sys

import click

from customer360.distributed.comparison import Compared
from customer360.distributed.engine import SparkError
from customer360.distributed.step import SparkReport, build_and_compare
from customer360.settings import SettingsError, read_settings
from customer360.warehouse import WarehouseError, open_warehouse


@click.command()
@click.option("--master", default="local[2]", show_default=True, help="Where Spark runs, as Spark names it.")
def main(master: str) -> None:
    """Build models on Spark from what the last night loaded, and compare them with PostgreSQL's."""
    settings = read_settings()
    report = build_and_compare(open_warehouse(settings), settings, master=master)
    sys.exit(not tell(report, master))


def tell(report: SparkReport, master: str) -> bool:
    """Print what was built and compared; True where every table is equal."""
    click.echo(f"Delivery:  {report.rows_read:,} rows of {report.tables_read} tables in {report.seconds_written:.1f} s")
    click.echo(f"Spark:     {report.models} models on {master} in {report.seconds_built:.1f} s\n")
    click.echo(_table_of(report.compared))
    different = [compared for compared in report.compared if compared.difference]
    for compared in different:
        click.echo(f"{compared.published_name}: {compared.difference}", err=True)
    return not different


def _table_of(compared: list[Compared]) -> str:
    lines = [("model", "rows PostgreSQL", "rows Spark", "compared")]
    lines += [
        (c.published_name, f"{c.rows_postgresql:,}", f"{c.rows_spark:,}", "different" if c.difference else "equal")
        for c in compared
    ]
    return "\n".join(f"{model:<40}{ours:>16}{theirs:>12}  {verdict}" for model, ours, theirs, verdict in lines)


if __name__ == "__main__":
    try:
        main()
    except (SparkError, SettingsError, WarehouseError) as problem:
        sys.exit(f"Error: {problem}")
