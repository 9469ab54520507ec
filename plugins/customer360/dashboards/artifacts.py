"""What the dbt artifacts say about a published table: its place, descriptions and metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from customer360.dashboards.definitions import DashboardError, Metric

_AGGREGATES = {
    "sum": "sum({})",
    "average": "avg({})",
    "count": "count({})",
    "count_distinct": "count(distinct {})",
    "max": "max({})",
    "min": "min({})",
    "sum_boolean": "sum(case when {} then 1 else 0 end)",
}
"""MetricFlow's aggregations as SQL."""


@dataclass(frozen=True)
class Artifacts:
    """dbt's ``manifest.json``."""

    manifest: dict[str, Any]

    def model(self, name: str) -> dict[str, Any]:
        """The node of a model. Raises DashboardError when there is none."""
        try:
            return self.manifest["nodes"][f"model.customer360.{name}"]
        except KeyError:
            raise DashboardError(f"There is no dbt model {name}; mend dashboards/datasets.yml.") from None

    def relation(self, name: str, role: str) -> tuple[str, str]:
        """Schema and table in which ``role`` sees a model: masked where it may not see all.

        Raises DashboardError when the model is not published.
        """
        node = self.model(name)
        if "published" not in node["config"]["meta"]:
            raise DashboardError(f"The dbt model {name} is not published, so no dashboard can show it.")
        schema = node["schema"].removeprefix("candidate_")
        personal = any(column["config"]["meta"].get("pii") for column in node["columns"].values())
        return f"{schema}_masked" if personal and role == "bi_reader" else schema, node["alias"]

    def descriptions(self, name: str) -> dict[str, str]:
        """The description of each column of a model."""
        return {column: fields["description"] for column, fields in self.model(name)["columns"].items()}

    def metrics(self, name: str) -> dict[str, Metric]:
        """The metrics of the semantic models that stand on a model, as SQL over its columns."""
        unique_id = self.model(name)["unique_id"]
        measures = {
            measure["name"]: measure
            for semantic in self.manifest["semantic_models"].values()
            if unique_id in semantic["depends_on"]["nodes"]
            for measure in semantic["measures"]
        }
        return {
            metric["name"]: Metric(
                label=metric["label"],
                description=metric["description"],
                sql=self._sql(metric, measures),
                format=metric["config"]["meta"]["format"],
            )
            for metric in self.manifest["metrics"].values()
            if all(measure["name"] in measures for measure in metric["type_params"]["input_measures"])
        }

    def _sql(self, metric: dict[str, Any], measures: dict[str, dict[str, Any]]) -> str:
        parameters = metric["type_params"]
        if metric["type"] == "ratio":
            above, below = (
                self._sql(self.manifest["metrics"][f"metric.customer360.{parameters[part]['name']}"], measures)
                for part in ("numerator", "denominator")
            )
            return f"1.0 * {above} / nullif({below}, 0)"
        if metric["type"] != "simple":
            raise DashboardError(f"The metric {metric['name']} is {metric['type']}; charts know simple and ratio.")
        measure = measures[parameters["measure"]["name"]]
        sql = _AGGREGATES[measure["agg"]].format(measure["expr"] or measure["name"])
        instead = parameters["measure"]["fill_nulls_with"]
        return sql if instead is None else f"coalesce({sql}, {instead})"
