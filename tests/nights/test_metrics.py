"""One number wherever it is asked for: MetricFlow, the published mart, and the dashboards."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from customer360 import pipeline
from customer360.build import manifest_path
from customer360.build.dbt import ROLE
from customer360.dashboards.artifacts import Artifacts
from customer360.settings import PROJECT
from customer360.warehouse import Warehouse

DAY = date(2026, 6, 30)


@dataclass(frozen=True)
class MetricFlow:
    """``mf`` on the models of the sample's night."""

    folder: Path
    warehouse: Warehouse

    def query(self, metrics: list[str], *options: str) -> list[dict[str, str]]:
        url, answer = urlsplit(self.warehouse.url(ROLE)), self.folder / "answer.csv"
        environment = os.environ | {
            "DBT_HOST": url.hostname or "", "DBT_PORT": str(url.port), "DBT_DATABASE": url.path.strip("/"),
            "DBT_USER": ROLE, "DBT_ENV_SECRET_PASSWORD": unquote(url.password or ""),
            "DBT_PROFILES_DIR": str(self.folder), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        }  # fmt: skip
        command = [str(Path(sys.executable).with_name("mf")), "query", "--metrics", ",".join(metrics), *options]
        done = subprocess.run(
            [*command, "--csv", str(answer)], cwd=self.folder, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        with answer.open() as lines:
            return list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def metricflow(sample_night: pipeline.Run, tmp_path_factory: pytest.TempPathFactory) -> MetricFlow:
    """MetricFlow needs of the project only its name, its profile and what dbt made of it."""
    folder = tmp_path_factory.mktemp("metricflow")
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(PROJECT / "dbt_project" / name, folder)
    (folder / "target").mkdir()
    manifest = manifest_path(sample_night.settings).with_name("semantic_manifest.json").read_text()
    # It names the database of the last night that used this home, which may be another test's.
    last = json.loads(manifest)["semantic_models"][0]["node_relation"]["database"]
    own = sample_night.warehouse.owner_url.rpartition("/")[2]
    manifest = manifest.replace(f'"{last}"', f'"{own}"').replace(f'\\"{last}\\"', f'\\"{own}\\"')
    (folder / "target" / "semantic_manifest.json").write_text(manifest)
    return MetricFlow(folder, sample_night.warehouse)


@pytest.fixture(scope="module")
def artifacts(sample_night: pipeline.Run) -> Artifacts:
    """The dbt artifacts of the sample's night."""
    return Artifacts(json.loads(manifest_path(sample_night.settings).read_text()))


def test_every_metric_is_the_same_in_metricflow_and_in_a_chart(
    metricflow: MetricFlow, artifacts: Artifacts, sample_warehouse: Warehouse
):
    charted: dict[str, float | None] = {}
    with sample_warehouse.connect("bi_reader") as connection:
        for semantic in artifacts.manifest["semantic_models"].values():
            model = semantic["depends_on"]["nodes"][0].rpartition(".")[2]
            schema, table = artifacts.relation(model, "bi_reader")
            for name, metric in artifacts.metrics(model).items():
                row = connection.execute(f"select {metric.sql} from {schema}.{table}").fetchone()  # type: ignore[arg-type]
                assert row is not None
                charted[name] = None if row[0] is None else float(row[0])
    assert set(charted) == {metric["name"] for metric in artifacts.manifest["metrics"].values()}
    (asked,) = metricflow.query(sorted(charted))
    assert {name: asked[name] and float(asked[name]) for name in charted} == {
        name: "" if number is None else pytest.approx(number, rel=1e-9) for name, number in charted.items()
    }


def test_a_day_is_the_same_in_metricflow_and_in_the_marts(metricflow: MetricFlow, sample_warehouse: Warehouse):
    columns = {
        "total_customers": "total_customers",
        "conversion_rate": "conversion_rate",
        "ai_interactions": "ai_interactions",
        "revenue_impact": "revenue_impact",
        "attributed_revenue": "revenue_impact",
    }
    with sample_warehouse.connect("bi_reader") as connection:
        days = connection.execute(
            f"select record_date::text, {', '.join(columns.values())} from dashboard.overview_kpis order by 1"
        ).fetchall()  # type: ignore[arg-type]
    asked = {
        row["metric_time__day"][:10]: row for row in metricflow.query([*columns], "--group-by", "metric_time__day")
    }
    busy = [day for day in days if day[0] in asked]
    assert len(busy) > 500 and str(DAY) in asked
    for day, *published in busy:
        # A day without an interaction has no row in the fact, and 0 in the mart.
        counted = [float(asked[day][metric] or 0) for metric in columns]
        assert counted == [pytest.approx(float(number or 0)) for number in published], day


def test_every_published_table_and_column_is_commented(sample_warehouse: Warehouse):
    with sample_warehouse.connect("bi_reader") as connection:
        bare = connection.execute(
            "select n.nspname || '.' || c.relname || coalesce('.' || a.attname, '')"
            " from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " join lateral (select 0 as attnum, null as attname union all select attnum, attname from pg_attribute"
            "   where attrelid = c.oid and attnum > 0 and not attisdropped) a on true"
            " where n.nspname ~ '^(core|care|dashboard|notifications|crm|decisions)(_masked)?$'"
            " and c.relkind in ('r', 'v')"
            " and coalesce(case a.attnum when 0 then obj_description(c.oid, 'pg_class')"
            "   else col_description(c.oid, a.attnum) end, '') = '' order by 1"
        ).fetchall()
    assert bare == []
