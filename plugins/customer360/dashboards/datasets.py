"""Datasets as a database role sees them, and as Superset keeps them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import psycopg
from psycopg import sql

from customer360.dashboards.artifacts import Artifacts
from customer360.dashboards.definitions import DashboardError, Dataset, Metric
from customer360.warehouse import Warehouse

VERSION = "1.0.0"
"""Of the files in Superset's bundle."""


@dataclass(frozen=True)
class SeenDataset:
    """A dataset as ``role`` sees it.

    ``place``: schema and table where it is one. ``columns``: name and type. ``described``: words on columns.
    """

    name: str
    role: str
    definition: Dataset
    description: str
    select: str
    place: tuple[str, str] | None
    columns: list[tuple[str, str]]
    described: dict[str, str]
    metrics: dict[str, Metric]

    @property
    def identifier(self) -> str:
        return identifier("dataset", self.role, self.name)

    def as_file(self) -> dict[str, Any]:
        """Its file in the bundle."""
        schema, table = self.place or (None, self.name)
        return {
            "table_name": table, "schema": schema, "catalog": None, "main_dttm_col": self.definition.time,
            "description": self.description, "sql": None if self.place else self.select,
            "uuid": self.identifier, "version": VERSION, "database_uuid": identifier("database", self.role),
            "columns": [
                {
                    "column_name": column, "verbose_name": column.replace("_", " ").capitalize(), "type": kind.upper(),
                    "is_dttm": kind == "date" or kind.startswith("timestamp"), "is_active": True, "groupby": True,
                    "filterable": True, "description": self.described.get(column),
                }
                for column, kind in self.columns
            ],
            "metrics": [
                {
                    "metric_name": metric, "verbose_name": fields.label, "expression": fields.sql,
                    "description": fields.description, "d3format": fields.format,
                }
                for metric, fields in self.metrics.items()
            ],
        }  # fmt: skip


def see_dataset(name: str, definition: Dataset, artifacts: Artifacts, warehouse: Warehouse, role: str) -> SeenDataset:
    """Look at a dataset as ``role``. Raises DashboardError when it may not, or when a metric would count wrongly."""
    select = _select(definition, artifacts, role)
    return SeenDataset(
        name,
        role,
        definition,
        definition.description or artifacts.model(definition.dbt_models[0])["description"],
        select.as_string(None),
        _place(definition, artifacts, role),
        _columns(name, select, warehouse, role),
        _described(definition, artifacts),
        _metrics(name, definition, artifacts),
    )


def identifier(*parts: str) -> str:
    """The uuid of a thing in the bundle, the same every time."""
    return str(uuid5(NAMESPACE_URL, "/".join(("customer360", *parts))))


def _place(definition: Dataset, artifacts: Artifacts, role: str) -> tuple[str, str] | None:
    if definition.model is None or definition.join or definition.rename or definition.empty:
        return None
    return artifacts.relation(definition.model, role)


def _columns(name: str, select: sql.Composable, warehouse: Warehouse, role: str) -> list[tuple[str, str]]:
    try:
        with warehouse.connect(role) as connection:
            cursor = connection.execute(sql.SQL("select * from ({}) as dataset limit 0").format(select))
            known = connection.adapters.types
            return [
                (column.name, found.regtype if (found := known.get(column.type_code)) else "text")
                for column in cursor.description or []
            ]
    except psycopg.Error as error:
        raise DashboardError(f"The dataset {name} cannot be read as {role}: {str(error).splitlines()[0]}") from error


def _metrics(name: str, definition: Dataset, artifacts: Artifacts) -> dict[str, Metric]:
    metrics = (artifacts.metrics(definition.model) if definition.model else {}) | definition.metrics
    for metric, fields in metrics.items():
        for column in (*definition.rename, *definition.empty):
            if re.search(rf"\b{column}\b", fields.sql):
                raise DashboardError(f"The dataset {name} replaces {column}, on which its metric {metric} counts.")
    return metrics


def _described(definition: Dataset, artifacts: Artifacts) -> dict[str, str]:
    described: dict[str, str] = {}
    for model in reversed(definition.dbt_models):
        described |= artifacts.descriptions(model)
    described |= {new: described[old] for old, new in definition.rename.items()}
    for join in definition.join:
        described |= {new: artifacts.descriptions(join.model)[old] for old, new in join.columns.items()}
    return described


def _select(dataset: Dataset, artifacts: Artifacts, role: str) -> sql.Composable:
    if dataset.sql:
        return sql.SQL(dataset.sql.strip())
    if dataset.view:
        return sql.SQL("select * from {}").format(sql.Identifier(*dataset.view.split(".")))
    assert dataset.model is not None
    columns = [
        ("facts", column, dataset.rename.get(column, column)) for column in artifacts.descriptions(dataset.model)
    ]
    query = sql.SQL("from {} as facts").format(sql.Identifier(*artifacts.relation(dataset.model, role)))
    for number, join in enumerate(dataset.join):
        alias = f"joined_{number}"
        columns += [(alias, column, named) for column, named in join.columns.items()]
        query += sql.SQL(" left join {} as {alias} on facts.{key} = {alias}.{key}").format(
            sql.Identifier(*artifacts.relation(join.model, role)),
            alias=sql.Identifier(alias),
            key=sql.Identifier(join.using),
        )
    selected = [
        sql.SQL("coalesce({0}, {1}) as {2}" if named in dataset.empty else "{0} as {2}").format(
            sql.Identifier(table, column), sql.Literal(dataset.empty.get(named)), sql.Identifier(named)
        )
        for table, column, named in columns
    ]
    return sql.SQL("select {} {}").format(sql.SQL(", ").join(selected), query)
