"""Serve the dashboards: ``python -m customer360.dashboards``, which ``make dashboards`` runs."""

from __future__ import annotations

import json
import signal
import sys
from contextlib import suppress
from datetime import UTC, datetime

import click

from customer360.build import manifest_path
from customer360.dashboards.api import ImportReport, charts_without_data, import_bundle, log_in
from customer360.dashboards.artifacts import Artifacts
from customer360.dashboards.bundle import make_bundle
from customer360.dashboards.definitions import DashboardError, read_dashboards, read_datasets
from customer360.dashboards.server import LocalSuperset, SupersetError, local_superset
from customer360.settings import Settings, SettingsError, read_settings
from customer360.warehouse import WarehouseError, open_warehouse


def put_dashboards(settings: Settings, superset: LocalSuperset) -> ImportReport:
    """Import the dashboards into ``superset``, which serves, and see that every chart has data.

    Raises DashboardError, SupersetError or WarehouseError.
    """
    warehouse = open_warehouse(settings)
    with warehouse.connect() as connection:
        published = connection.execute("select as_of_date from ops.published_batch").fetchone()
    manifest = manifest_path(settings)
    if published is None or not manifest.exists():
        raise DashboardError("Nothing is published yet, so there is nothing to show; run `make nightly` first.")
    dashboards = read_dashboards()
    bundle = make_bundle(
        dashboards, read_datasets(), Artifacts(json.loads(manifest.read_text())), warehouse,
        as_of_date=published[0], today=datetime.now(UTC).date(),
    )  # fmt: skip
    client = log_in(superset, "admin", superset.admin_password)
    report = import_bundle(client, bundle, dashboards)
    if problems := charts_without_data(client, dashboards):
        raise SupersetError(f"{len(problems)} of {report.charts} charts have no data:\n" + "\n".join(problems))
    return report


def main() -> None:
    settings = read_settings()
    superset = local_superset(settings)
    click.echo(f"Superset:  preparing its database in {superset.home}")
    superset.prepare()
    # Superset ends with this process, however it is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with superset.serving() as process:
        report = put_dashboards(settings, superset)
        click.echo(
            f"Imported:  {report.dashboards} dashboards, {report.charts} charts, {report.datasets} datasets,"
            f" {report.databases} database connections; every chart has data"
        )
        click.echo(f"Superset:  {superset.url}/dashboard/list/  (Ctrl-C ends it)")
        click.echo(f"User admin, password in {superset.password_file}")
        with suppress(KeyboardInterrupt):
            process.wait()


if __name__ == "__main__":
    try:
        main()
    except (DashboardError, SupersetError, SettingsError, WarehouseError) as problem:
        sys.exit(f"Error: {problem}")
