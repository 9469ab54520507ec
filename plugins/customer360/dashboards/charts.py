"""Charts as Superset keeps them: what is drawn, and the query behind it."""

from __future__ import annotations

import json
from typing import Any

from customer360.dashboards.definitions import Chart, Dataset, Metric

GRAINS = {"day": "P1D", "week": "P1W", "month": "P1M"}
_TYPES = {
    "line": "echarts_timeseries_line",
    "area": "echarts_area",
    "bar": "echarts_timeseries_bar",
    "pie": "pie",
    "heatmap": "heatmap_v2",
    "table": "table",
}
_EVER = "No filter"


def chart_type(chart: Chart) -> str:
    """Superset's name of the kind; a number with a ``grain`` has its course below it."""
    if chart.kind == "number":
        return "big_number" if chart.grain else "big_number_total"
    return _TYPES[chart.kind]


def chart_parameters(chart: Chart, dataset: Dataset, metrics: dict[str, Metric]) -> dict[str, Any]:
    """The parameters Superset draws ``chart`` with."""
    common: dict[str, Any] = {
        "viz_type": chart_type(chart),
        "adhoc_filters": _filters(chart, dataset),
        "row_limit": chart.limit,
        "color_scheme": "supersetColors",
        "extra_form_data": {},
        "annotation_layers": [],
    }
    formats = [metrics[name].format for name in chart.metrics]
    return common | _KINDS[chart.kind](chart, dataset, formats) | chart.options


def chart_query(chart: Chart, dataset: Dataset, parameters: dict[str, Any]) -> str:
    """The JSON of the data request of ``chart``, as its page sends it."""
    columns: list[Any] = [*chart.columns, *chart.by]
    if x := _axis(chart, dataset):
        axis = {"columnType": "BASE_AXIS", "sqlExpression": x, "label": x, "expressionType": "SQL"}
        columns.insert(0, axis | ({"timeGrain": GRAINS[chart.grain]} if chart.grain else {}))
    query = {
        "filters": [
            {"col": each["subject"], "op": each["operator"], "val": each["comparator"]}
            for each in parameters["adhoc_filters"]
            if each["expressionType"] == "SIMPLE"
        ],
        "extras": {"where": f"({chart.where})"} if chart.where else {},
        "columns": columns,
        "metrics": chart.metrics or None,  # an empty list would group the rows
        "orderby": [_order(chart)] if chart.order else [],
        "row_limit": chart.limit,
    }
    return json.dumps(
        {
            "datasource": {"id": 0, "type": "table"},
            "force": False,
            "queries": [query],
            "form_data": parameters,
            "result_format": "json",
            "result_type": "full",
        }
    )


def _order(chart: Chart) -> list[Any]:
    assert chart.order is not None
    return [chart.order.removeprefix("-"), not chart.order.startswith("-")]


def _axis(chart: Chart, dataset: Dataset) -> str | None:
    return chart.x or (dataset.time if chart.grain else None)


def _filters(chart: Chart, dataset: Dataset) -> list[dict[str, Any]]:
    filters: list[dict[str, Any]] = []
    if dataset.time:
        filters.append(
            {"clause": "WHERE", "expressionType": "SIMPLE", "subject": dataset.time, "operator": "TEMPORAL_RANGE",
             "comparator": _EVER}
        )  # fmt: skip
    if chart.where:
        filters.append({"clause": "WHERE", "expressionType": "SQL", "sqlExpression": chart.where})
    return filters


def _number(chart: Chart, dataset: Dataset, formats: list[str]) -> dict[str, Any]:
    drawn = {"metric": chart.metrics[0], "y_axis_format": formats[0], "header_font_size": 0.4, "subtitle": ""}
    if chart.grain is None:
        return drawn | {"subtitle_font_size": 0.15}
    return drawn | {
        "x_axis": dataset.time, "time_grain_sqla": GRAINS[chart.grain], "show_trend_line": True,
        "start_y_axis_at_zero": True, "aggregation": "raw", "rolling_type": "None", "time_format": "smart_date",
        "color_picker": {"r": 31, "g": 119, "b": 180, "a": 1}, "subtitle_font_size": 0.125,
    }  # fmt: skip


def _series(chart: Chart, dataset: Dataset, formats: list[str]) -> dict[str, Any]:
    many = bool(chart.by) or len(chart.metrics) > 1
    drawn = {
        "x_axis": _axis(chart, dataset), "metrics": chart.metrics, "groupby": chart.by, "y_axis_format": formats[0],
        "show_legend": many, "legendType": "scroll", "legendOrientation": "top", "rich_tooltip": True,
        "tooltipTimeFormat": "smart_date", "x_axis_time_format": "smart_date", "truncateYAxis": False,
        "order_desc": True, "seriesType": "line", "markerEnabled": False, "opacity": 0.5, "y_axis_bounds": [0, None],
    }  # fmt: skip
    if chart.grain:
        return drawn | {"time_grain_sqla": GRAINS[chart.grain]}
    return drawn | {
        "orientation": "horizontal", "x_axis_sort": chart.metrics[0], "x_axis_sort_asc": True, "show_value": not many,
        "x_axis_sort_series": "sum", "x_axis_sort_series_ascending": True,
        "xAxisForceCategorical": True, "y_axis_bounds": [None, None],
    }  # fmt: skip


def _pie(chart: Chart, _dataset: Dataset, formats: list[str]) -> dict[str, Any]:
    return {
        "groupby": chart.by, "metric": chart.metrics[0], "donut": True, "innerRadius": 40, "outerRadius": 65,
        "label_type": "percent", "labels_outside": True, "label_line": True, "number_format": formats[0],
        "show_legend": True, "legendType": "plain", "legendOrientation": "bottom", "show_labels": True,
        "show_labels_threshold": 2, "sort_by_metric": True,
    }  # fmt: skip


def _heatmap(chart: Chart, _dataset: Dataset, formats: list[str]) -> dict[str, Any]:
    return {
        "x_axis": chart.x, "groupby": chart.by[0], "metric": chart.metrics[0], "normalize_across": "heatmap",
        "sort_x_axis": "alpha_asc", "sort_y_axis": "alpha_desc", "legend_type": "continuous", "show_legend": False,
        "show_values": True, "linear_color_scheme": "schemeBlues", "y_axis_format": formats[0],
        "value_bounds": [None, None], "xscale_interval": -1, "yscale_interval": -1, "left_margin": "auto",
        "bottom_margin": 50,
    }  # fmt: skip


def _table(chart: Chart, _dataset: Dataset, formats: list[str]) -> dict[str, Any]:
    drawn: dict[str, Any] = {
        "server_page_length": 0, "table_timestamp_format": "%Y-%m-%d", "show_cell_bars": True, "order_desc": True,
        "allow_render_html": False, "column_config": {
            name: {"d3NumberFormat": form, "d3SmallNumberFormat": form}
            for name, form in zip(chart.metrics, formats, strict=True)
        },
    }  # fmt: skip
    if chart.columns:
        drawn["show_cell_bars"] = False
        drawn["column_config"] = {
            name: {"d3TimeFormat": "%Y-%m-%d %H:%M"} for name in chart.columns if name.endswith("_at")
        }
        order = [json.dumps(_order(chart))] if chart.order else []
        return drawn | {"query_mode": "raw", "all_columns": chart.columns, "order_by_cols": order}
    return drawn | {
        "query_mode": "aggregate", "groupby": chart.by, "metrics": chart.metrics,
        "timeseries_limit_metric": chart.metrics[0],
    }  # fmt: skip


_KINDS = {
    "number": _number,
    "line": _series,
    "area": _series,
    "bar": _series,
    "pie": _pie,
    "heatmap": _heatmap,
    "table": _table,
}
