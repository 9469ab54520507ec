"""Which models are built on Spark, what they read, and what is compared in the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

COMPARED_MARTS = ("care",)
COMPARED_MODELS = ("dashboard__overview_kpis", "dashboard__conversion_funnel", "dashboard__customer_interactions")

TAKEN_OVER = {
    "int_customers__identified": "the closure of the links between records needs a recursion that drops what it has"
    " reached before (union); Spark's recursion only adds (union all), and never ends on a circle",
}
"""Models that only PostgreSQL builds, and why; the models after them read PostgreSQL's result."""


@dataclass(frozen=True)
class Table:
    """A table in both engines. ``key``: the columns that tell its rows apart, empty where nothing does."""

    schema: str
    name: str
    key: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class Plan:
    """``read``: what Spark is given; ``models``: what it builds, by dbt's names; ``compared``: the outcome."""

    read: tuple[Table, ...]
    models: tuple[str, ...]
    compared: tuple[Table, ...]


def make_plan(manifest: Mapping[str, Any]) -> Plan:
    """The smallest part of the project that ends in the compared tables, as dbt's manifest has it."""
    nodes = manifest["nodes"]
    goals = [
        unique_id
        for unique_id, node in nodes.items()
        if node["resource_type"] == "model"
        and (node["fqn"][1:3] in [["marts", mart] for mart in COMPARED_MARTS] or node["name"] in COMPARED_MODELS)
    ]
    read, models, ahead = {}, set(), list(goals)
    while ahead:
        unique_id = ahead.pop()
        if unique_id in manifest["sources"]:
            source = manifest["sources"][unique_id]
            read[unique_id] = Table(source["schema"], source["identifier"])
        elif nodes[unique_id]["name"] in TAKEN_OVER:
            read[unique_id] = _table(nodes[unique_id])
        elif nodes[unique_id]["name"] not in models:
            models.add(nodes[unique_id]["name"])
            ahead += nodes[unique_id]["depends_on"]["nodes"]
    return Plan(
        read=tuple(sorted(read.values(), key=str)),
        models=tuple(sorted(models)),
        compared=tuple(sorted((_table(nodes[goal]) for goal in goals), key=str)),
    )


def _table(node: Mapping[str, Any]) -> Table:
    published = node["config"]["meta"].get("published", {})
    return Table(node["schema"], node["alias"], tuple(published.get("primary_key", ())))
