"""Superset's import bundle, made from the definitions, the dbt artifacts and the columns the database has."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import yaml

from customer360.dashboards.artifacts import Artifacts
from customer360.dashboards.charts import chart_parameters, chart_query, chart_type
from customer360.dashboards.datasets import VERSION, SeenDataset, identifier, see_dataset
from customer360.dashboards.definitions import Chart, Dashboard, DashboardError, Dataset
from customer360.dashboards.layout import LABEL_COLOURS, native_filters, positions
from customer360.warehouse import Warehouse

CONNECTIONS = {"bi_reader": "customer360", "pii_reader": "customer360 personal data"}
"""The database connection of each role, by the name people see."""


@dataclass(frozen=True)
class Bundle:
    """The zip file and what it holds. ``passwords``: of each connection, by its file in the bundle."""

    content: bytes
    passwords: dict[str, str]
    databases: int
    datasets: int
    charts: int
    dashboards: int


def make_bundle(
    dashboards: list[Dashboard],
    datasets: dict[str, Dataset],
    artifacts: Artifacts,
    warehouse: Warehouse,
    *,
    as_of_date: date,
    today: date,
) -> Bundle:
    """The bundle of ``dashboards``; equal input gives equal identifiers, so that importing again replaces.

    Raises DashboardError when a dataset cannot be read or a chart names a metric or column that is not there.
    """
    metadata = {"version": VERSION, "type": "assets", "timestamp": f"{as_of_date}T00:00:00"}
    files: dict[str, Any] = {"metadata.yaml": metadata}
    roles = sorted({dashboard.role for dashboard in dashboards})
    for role in roles:
        files[_database_file(role)] = _database(role, warehouse)
    seen = {
        (role, name): see_dataset(name, datasets[name], artifacts, warehouse, role)
        for role, name in sorted({(each.role, name) for each in dashboards for name in each.datasets})
    }
    files |= {f"datasets/{role}/{name}.yaml": dataset.as_file() for (role, name), dataset in seen.items()}
    for dashboard in dashboards:
        mine = {name: seen[dashboard.role, name] for name in dashboard.datasets}
        for number, chart in enumerate(dashboard.charts, start=1):
            files[f"charts/{dashboard.slug}/{number}.yaml"] = _chart(dashboard, chart, mine[chart.dataset])
        filters = native_filters(dashboard, mine, as_of_date, today)
        files[f"dashboards/{dashboard.slug}.yaml"] = _dashboard(dashboard, filters)
    passwords = {_database_file(role): warehouse.passwords[role] for role in roles}
    charts = sum(len(dashboard.charts) for dashboard in dashboards)
    return Bundle(_zipped(files), passwords, len(roles), len(seen), charts, len(dashboards))


def _chart(dashboard: Dashboard, chart: Chart, dataset: SeenDataset) -> dict[str, Any]:
    _check_names(dashboard, chart, dataset)
    parameters = chart_parameters(chart, dataset.definition, dataset.metrics)
    described = dataset.metrics[chart.metrics[0]].description if chart.metrics else None
    return {
        "slice_name": chart.title, "description": chart.description or described, "viz_type": chart_type(chart),
        "params": parameters, "query_context": chart_query(chart, dataset.definition, parameters),
        "cache_timeout": None, "uuid": identifier("chart", dashboard.slug, chart.title), "version": VERSION,
        "dataset_uuid": dataset.identifier,
    }  # fmt: skip


def _check_names(dashboard: Dashboard, chart: Chart, dataset: SeenDataset) -> None:
    columns = {column for column, _ in dataset.columns}
    named = [*chart.columns, *chart.by, *([chart.x] if chart.x else [])]
    missing = [f"column {name}" for name in named if name not in columns]
    missing += [f"metric {name}" for name in chart.metrics if name not in dataset.metrics]
    if missing:
        raise DashboardError(
            f"The chart {chart.title!r} of {dashboard.slug} names the {missing[0]}, which the dataset {chart.dataset}"
            " does not have."
        )


def _dashboard(dashboard: Dashboard, filters: list[dict[str, Any]]) -> dict[str, Any]:
    chart_ids = {chart.title: identifier("chart", dashboard.slug, chart.title) for chart in dashboard.charts}
    return {
        "dashboard_title": dashboard.title, "description": dashboard.description, "slug": dashboard.slug, "css": "",
        "uuid": identifier("dashboard", dashboard.slug), "version": VERSION, "published": True,
        "position": positions(dashboard, chart_ids),
        "metadata": {
            "native_filter_configuration": filters, "filter_bar_orientation": "HORIZONTAL",
            "color_scheme": "supersetColors", "cross_filters_enabled": True, "refresh_frequency": 0,
            "expanded_slices": {}, "timed_refresh_immune_slices": [], "label_colors": LABEL_COLOURS,
        },
    }  # fmt: skip


def _database(role: str, warehouse: Warehouse) -> dict[str, Any]:
    url = urlsplit(warehouse.url(role))
    return {
        "database_name": CONNECTIONS[role],
        "sqlalchemy_uri": f"postgresql+psycopg2://{role}:XXXXXXXXXX@{url.hostname}:{url.port or 5432}{url.path}",
        "cache_timeout": None, "expose_in_sqllab": True, "allow_run_async": False, "allow_ctas": False,
        "allow_cvas": False, "allow_dml": False, "allow_csv_upload": False,
        "extra": {"allows_virtual_table_explore": True},
        "uuid": identifier("database", role), "version": VERSION,
    }  # fmt: skip


def _database_file(role: str) -> str:
    return f"databases/{role}.yaml"


def _zipped(files: dict[str, Any]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, fields in files.items():
            bundle.writestr(f"customer360/{name}", yaml.safe_dump(fields, sort_keys=False, allow_unicode=True))
    return content.getvalue()
