"""The bundle that Superset imports, made on the sample delivery."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date

import pytest
import yaml
from customer360 import pipeline
from customer360.build import manifest_path
from customer360.dashboards.artifacts import Artifacts
from customer360.dashboards.bundle import Bundle, make_bundle
from customer360.dashboards.definitions import (
    Chart,
    Dashboard,
    DashboardError,
    Dataset,
    read_dashboards,
    read_datasets,
)
from customer360.dashboards.layout import time_range
from warehouses import AS_OF_DATE

TODAY = date(2026, 11, 21)


@pytest.fixture(scope="module")
def artifacts(sample_night: pipeline.Run) -> Artifacts:
    """The dbt artifacts of the sample's night."""
    return Artifacts(json.loads(manifest_path(sample_night.settings).read_text()))


@pytest.fixture(scope="module")
def bundle(sample_night: pipeline.Run, artifacts: Artifacts) -> Bundle:
    """The bundle of all dashboards."""
    return bundle_of(read_dashboards(), read_datasets(), artifacts, sample_night)


def bundle_of(
    dashboards: list[Dashboard], datasets: dict[str, Dataset], artifacts: Artifacts, night: pipeline.Run
) -> Bundle:
    return make_bundle(dashboards, datasets, artifacts, night.warehouse, as_of_date=AS_OF_DATE, today=TODAY)


def files_of(bundle: Bundle) -> dict[str, dict]:
    with zipfile.ZipFile(io.BytesIO(bundle.content)) as opened:
        return {name.partition("/")[2]: yaml.safe_load(opened.read(name)) for name in opened.namelist()}


def one_chart(dataset: str, **fields: object) -> list[Dashboard]:
    chart = Chart(title="Only", kind="number", dataset=dataset, **fields)  # type: ignore[arg-type]
    return [Dashboard(slug="only", title="Only", description="Only.", filters=[], rows=[[chart]])]


def test_all_seven_dashboards_are_in_the_bundle_without_a_password(bundle: Bundle, sample_night: pipeline.Run):
    files = files_of(bundle)
    assert sum(name.startswith("dashboards/") for name in files) == bundle.dashboards == 7
    assert sum(name.startswith("charts/") for name in files) == bundle.charts
    text = json.dumps(files, default=str)
    assert not [role for role, password in sample_night.warehouse.passwords.items() if password in text]


def test_a_second_bundle_has_the_same_identifiers(bundle: Bundle, artifacts: Artifacts, sample_night: pipeline.Run):
    again = files_of(bundle_of(read_dashboards(), read_datasets(), artifacts, sample_night))
    assert {name: fields.get("uuid") for name, fields in again.items()} == {
        name: fields.get("uuid") for name, fields in files_of(bundle).items()
    }


def test_only_the_customer_page_reads_personal_data(bundle: Bundle):
    files = files_of(bundle)
    personal = files["databases/pii_reader.yaml"]["uuid"]
    datasets = {fields["uuid"] for fields in files.values() if fields.get("database_uuid") == personal}
    shown_by = {
        name.split("/")[1]
        for name, fields in files.items()
        if name.startswith("charts/") and fields["dataset_uuid"] in datasets
    }
    assert shown_by == {"customer-360"}


def test_metrics_and_descriptions_are_those_of_dbt(bundle: Bundle):
    dataset = files_of(bundle)["datasets/bi_reader/contacts.yaml"]
    metrics = {metric["metric_name"]: metric for metric in dataset["metrics"]}
    assert metrics["resolution_rate"]["expression"] == (
        "1.0 * sum(case when resolution_status = 'Resolved' then 1 else 0 end) / nullif(count(interaction_key), 0)"
    )
    assert metrics["resolution_rate"]["d3format"] == ".1%"
    described = {column["column_name"]: column["description"] for column in dataset["columns"]}
    assert described["queue_seconds"] == "Wait before an answer, in seconds."
    assert described["channel"] == "Name of the channel."
    assert "core_masked" in dataset["sql"]


def test_a_metric_that_does_not_exist_is_named(artifacts: Artifacts, sample_night: pipeline.Run):
    with pytest.raises(DashboardError, match="metric resolutoin_rate, which the dataset contacts does not have"):
        bundle_of(one_chart("contacts", metrics=["resolutoin_rate"]), read_datasets(), artifacts, sample_night)


def test_a_column_that_does_not_exist_is_named(artifacts: Artifacts, sample_night: pipeline.Run):
    with pytest.raises(DashboardError, match="column chanel"):
        dashboards = one_chart("contacts", metrics=["contacts"], by=["chanel"])
        bundle_of(dashboards, read_datasets(), artifacts, sample_night)


def test_a_dataset_beyond_the_rights_of_its_reader_is_refused(artifacts: Artifacts, sample_night: pipeline.Run):
    datasets = {"people": Dataset(sql="select * from core.dim_customer", description="People.")}
    with pytest.raises(DashboardError, match="people cannot be read as bi_reader: permission denied"):
        bundle_of(one_chart("people"), datasets, artifacts, sample_night)


def test_a_column_that_a_metric_counts_cannot_be_replaced(artifacts: Artifacts, sample_night: pipeline.Run):
    datasets = {"contacts": Dataset(model="fct_customer_interactions", empty={"resolution_status": "open"})}
    with pytest.raises(DashboardError, match="replaces resolution_status, on which its metric"):
        bundle_of(one_chart("contacts", metrics=["contacts"]), datasets, artifacts, sample_night)


def test_dates_move_with_today_only_where_the_data_are_fresh():
    assert time_range(90, AS_OF_DATE, TODAY) == "2026-04-02 : 2026-07-01"
    assert time_range(90, date(2026, 11, 20), TODAY) == 'DATEADD(DATETIME("today"), -90, day) : DATETIME("today")'


def test_a_filter_acts_on_the_charts_that_have_its_column(bundle: Bundle):
    care = files_of(bundle)["dashboards/care-operations.yaml"]["metadata"]["native_filter_configuration"]
    assert [each["scope"]["excluded"] for each in care] == [[], [], []]
    overview = files_of(bundle)["dashboards/overview.yaml"]
    segment = overview["metadata"]["native_filter_configuration"][1]
    numbers = {
        cell["meta"]["sliceName"]: cell["meta"]["chartId"]
        for cell in overview["position"].values()
        if isinstance(cell, dict) and cell["type"] == "CHART"
    }
    assert numbers["Customers"] in segment["scope"]["excluded"]
    assert numbers["Orders"] not in segment["scope"]["excluded"]


def test_exposures_say_which_models_each_dashboard_shows(artifacts: Artifacts):
    datasets = read_datasets()
    declared = {
        exposure["name"]: {node.rpartition(".")[2] for node in exposure["depends_on"]["nodes"]}
        for exposure in artifacts.manifest["exposures"].values()
    }
    assert declared == {
        dashboard.slug.replace("-", "_"): {model for name in dashboard.datasets for model in datasets[name].dbt_models}
        for dashboard in read_dashboards()
    }
    assert {e["label"] for e in artifacts.manifest["exposures"].values()} == {d.title for d in read_dashboards()}
