"""Where the charts of a dashboard stand, and its filters."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from customer360.dashboards.datasets import SeenDataset
from customer360.dashboards.definitions import Dashboard, Filter

COLUMNS = 12
NUMBER_HEIGHT, CHART_HEIGHT = 22, 42
FRESH_DAYS = 7

LABEL_COLOURS = {
    "High": "#cf5247", "Medium": "#e9b44c", "Low": "#9fc3e0",
    "Value Seekers": "#e08a45", "Traditionalists": "#4b4f84", "Digital Natives": "#1fa8c9", "Eco Savers": "#5ac189",
    "No segment": "#c3c9d1",
    "Resolved": "#5ac189", "Escalated": "#cf5247", "Pending": "#e9b44c", "Cancelled": "#c3c9d1",
    "drafted": "#1fa8c9", "approved": "#5ac189", "deferred": "#e9b44c", "suppressed": "#c3c9d1", "rejected": "#cf5247",
}  # fmt: skip
"""Words that have the same colour on every dashboard."""


def positions(dashboard: Dashboard, chart_ids: dict[str, str]) -> dict[str, Any]:
    """Superset's grid of the charts. ``chart_ids``: uuid of each chart by its title."""
    rows: list[str] = []
    grid: dict[str, Any] = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
        "GRID_ID": {"type": "GRID", "id": "GRID_ID", "children": rows, "parents": ["ROOT_ID"]},
        "HEADER_ID": {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": dashboard.title}},
    }
    for number, row in enumerate(dashboard.rows):
        row_id = f"ROW-{number}"
        rows.append(row_id)
        children = []
        usual = NUMBER_HEIGHT if all(chart.kind == "number" for chart in row) else CHART_HEIGHT
        height = max((chart.height for chart in row if chart.height), default=usual)
        for place, chart in enumerate(row):
            child = f"CHART-{number}-{place}"
            children.append(child)
            grid[child] = {
                "type": "CHART", "id": child, "children": [], "parents": ["ROOT_ID", "GRID_ID", row_id],
                "meta": {
                    "chartId": chart_number(dashboard, chart.title), "uuid": chart_ids[chart.title],
                    "sliceName": chart.title, "width": chart.width or COLUMNS // len(row), "height": height,
                },
            }  # fmt: skip
        grid[row_id] = {
            "type": "ROW", "id": row_id, "children": children, "parents": ["ROOT_ID", "GRID_ID"],
            "meta": {"background": "BACKGROUND_TRANSPARENT"},
        }  # fmt: skip
    return grid


def chart_number(dashboard: Dashboard, title: str) -> int:
    """A number that stands for a chart inside one bundle; the import gives it another."""
    return [chart.title for chart in dashboard.charts].index(title) + 1


def native_filters(
    dashboard: Dashboard, datasets: dict[str, SeenDataset], as_of_date: date, today: date
) -> list[dict[str, Any]]:
    """The dashboard's filters, each acting on the charts that have its column."""
    filters = []
    for number, each in enumerate(dashboard.filters):
        acts_on = {
            name: bool(dataset.definition.time) if each.days else each.column in dict(dataset.columns)
            for name, dataset in datasets.items()
        }
        untouched = [chart_number(dashboard, chart.title) for chart in dashboard.charts if not acts_on[chart.dataset]]
        drawn: dict[str, Any] = {
            "id": f"NATIVE_FILTER-{dashboard.slug}-{number}", "name": each.title, "type": "NATIVE_FILTER",
            "description": "", "cascadeParentIds": [], "scope": {"rootPath": ["ROOT_ID"], "excluded": untouched},
        }  # fmt: skip
        # A page of one customer waits for its first customer rather than show all of them.
        drawn |= {"requiredFirst": True} if each.single else {}
        filters.append(drawn | (_date(each, as_of_date, today) if each.days else _choice(each, datasets)))
    return filters


def time_range(days: int, as_of_date: date, today: date) -> str:
    """The last ``days`` as Superset writes them: moving with today where the data are fresh.

    Data that end longer ago, as the sample's do, keep the days before their end.
    """
    if today - as_of_date <= timedelta(days=FRESH_DAYS):
        return f'DATEADD(DATETIME("today"), -{days}, day) : DATETIME("today")'
    return f"{as_of_date - timedelta(days=days - 1)} : {as_of_date + timedelta(days=1)}"


def _date(each: Filter, as_of_date: date, today: date) -> dict[str, Any]:
    assert each.days is not None
    chosen = time_range(each.days, as_of_date, today)
    return {
        "filterType": "filter_time", "targets": [{}], "controlValues": {"enableEmptyFilter": False},
        "defaultDataMask": {"extraFormData": {"time_range": chosen}, "filterState": {"value": chosen}},
    }  # fmt: skip


def _choice(each: Filter, datasets: dict[str, SeenDataset]) -> dict[str, Any]:
    assert each.dataset is not None
    controls = {
        "multiSelect": not each.single, "enableEmptyFilter": each.single, "defaultToFirstItem": each.single,
        "searchAllOptions": each.single, "inverseSelection": False, "sortAscending": not each.metric,
    }  # fmt: skip
    return {
        "filterType": "filter_select",
        "targets": [{"datasetUuid": datasets[each.dataset].identifier, "column": {"name": each.column}}],
        "controlValues": controls | ({"sortMetric": each.metric} if each.metric else {}),
        "defaultDataMask": {"extraFormData": {}, "filterState": {}},
    } | ({"sortMetric": each.metric} if each.metric else {})
