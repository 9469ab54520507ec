"""What a dashboard is: the model of the YAML files in ``dashboards/``."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from customer360.settings import PROJECT

FOLDER = PROJECT / "dashboards"


class DashboardError(Exception):
    """A dashboard's definition cannot be used; the message says which, and what to change."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Join(_Strict):
    """Columns of another model beside a dataset's own. ``columns``: model's name → name in the dataset."""

    model: str
    using: str
    columns: dict[str, str]


class Metric(_Strict):
    """A metric of a dataset that no dbt model stands behind. ``format``: d3's."""

    label: str
    description: str
    sql: str
    format: str = ",d"


class Dataset(_Strict):
    """What charts are drawn from: a dbt model, with its metrics; a view; or a query.

    ``time``: the column a date filter acts on. ``models``: dbt models a ``sql`` reads. ``empty``: the word that
    stands for no value in a column of the dataset.
    """

    description: str | None = None
    model: str | None = None
    view: str | None = None
    sql: str | None = None
    models: list[str] = Field(default_factory=list)
    time: str | None = None
    rename: dict[str, str] = Field(default_factory=dict)
    join: list[Join] = Field(default_factory=list)
    empty: dict[str, str] = Field(default_factory=dict)
    metrics: dict[str, Metric] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_origin(self) -> Dataset:
        if sum(origin is not None for origin in (self.model, self.view, self.sql)) != 1:
            raise ValueError("give exactly one of model, view and sql")
        return self

    @property
    def dbt_models(self) -> list[str]:
        """Names of the dbt models it shows."""
        own = [self.model] if self.model else self.models
        return [*own, *(join.model for join in self.join)]


class Filter(_Strict):
    """A filter of a dashboard: ``days`` up to the last business day, or values of a ``column`` of ``dataset``.

    ``single``: exactly one value, first the one with the highest ``metric``.
    """

    title: str
    days: int | None = None
    dataset: str | None = None
    column: str | None = None
    single: bool = False
    metric: str | None = None


class Chart(_Strict):
    """A chart. ``by``: what it is split by; ``x``: its horizontal axis, a ``grain`` of time or a column.

    ``columns``: of a table of single rows; ``order``: the column they are sorted by, with - from its end.
    ``where``: SQL that chooses rows. ``options``: Superset's own, over ours. ``width``: of twelve. ``height``: in
    Superset's units of 8 pixels, of the whole row.
    """

    title: str
    kind: Literal["number", "line", "area", "bar", "pie", "heatmap", "table"]
    dataset: str
    metrics: list[str] = Field(default_factory=list)
    by: list[str] = Field(default_factory=list)
    x: str | None = None
    grain: Literal["day", "week", "month"] | None = None
    columns: list[str] = Field(default_factory=list)
    order: str | None = None
    where: str | None = None
    description: str | None = None
    width: int | None = None
    height: int | None = None
    limit: int = 1000
    options: dict[str, Any] = Field(default_factory=dict)


class Dashboard(_Strict):
    """One dashboard. ``rows``: its charts, row by row. ``role``: the database role it reads as."""

    slug: str
    title: str
    description: str
    role: Literal["bi_reader", "pii_reader"] = "bi_reader"
    filters: list[Filter]
    rows: list[list[Chart]]

    @property
    def charts(self) -> list[Chart]:
        return [chart for row in self.rows for chart in row]

    @property
    def datasets(self) -> set[str]:
        return {chart.dataset for chart in self.charts} | {each.dataset for each in self.filters if each.dataset}


_Model = TypeVar("_Model", bound=_Strict)


def read_datasets(folder: Path = FOLDER) -> dict[str, Dataset]:
    """The datasets of ``datasets.yml`` by name. Raises DashboardError."""
    path = folder / "datasets.yml"
    return {name: _validated(Dataset, path, fields, name) for name, fields in _yaml(path).items()}


def read_dashboards(folder: Path = FOLDER) -> list[Dashboard]:
    """The dashboards of ``folder``, in the order of their files' names. Raises DashboardError."""
    datasets = read_datasets(folder)
    dashboards = []
    for path in sorted(folder.glob("[0-9]*.yml")):
        slug = path.stem.partition("_")[2].replace("_", "-")
        dashboard = _validated(Dashboard, path, {"slug": slug} | _yaml(path))
        if unknown := sorted(dashboard.datasets - set(datasets)):
            raise DashboardError(f"{path.name} names the dataset {unknown[0]}, which datasets.yml does not have.")
        dashboards.append(dashboard)
    if not dashboards:
        raise DashboardError(f"There is no dashboard in {folder}.")
    return dashboards


def _yaml(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _validated(model: type[_Model], path: Path, fields: Any, place: str = "") -> _Model:
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in (*([place] if place else []), *first["loc"]))
        raise DashboardError(f"{path.name}, {where}: {first['msg']}.") from error
