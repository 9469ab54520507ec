"""The pages of the menu "Customer 360", on small warehouses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from customer360 import pages, pipeline
from customer360.settings import Settings
from customer360.warehouse import Warehouse
from warehouses import start_night


@pytest.fixture
def here(settings: Settings, warehouse: Warehouse) -> Settings:
    """Settings of ``warehouse``."""
    return replace(settings, warehouse_url=warehouse.owner_url)


def test_before_the_first_run_the_page_says_what_to_do(here: Settings):
    with pytest.raises(pages.NoPageYetError, match="Trigger the DAG nightly"):
        pages.run_report(here)


def test_a_delivery_that_cannot_be_found_is_told_by_the_report(here: Settings, warehouse: Warehouse, tmp_path: Path):
    run = start_night(here, warehouse, tmp_path / "nowhere")
    with pytest.raises(Exception, match="nowhere"):
        pipeline.load(run)
    page = pages.run_report(here)
    assert f"<h1>Run {run.run_id}</h1>" in page
    assert "Failed, and nothing was published. load: " in page
    assert "nowhere" in page


def test_a_refused_file_is_named_with_its_reason_and_its_name_is_no_markup(
    here: Settings, warehouse: Warehouse, landing: Path
):
    (landing / "care").mkdir()
    (landing / "care" / "agents-<b>.csv").write_text("nothing,known\n1,2\n")
    (landing / "care" / "channels.csv").write_text("channel_id,channel_name,channel_type\n1,Phone,Voice\n")
    run = start_night(here, warehouse, landing)
    pipeline.load(run)
    page = pages.run_report(here, run.run_id)
    assert "<code>care/agents-&lt;b&gt;.csv</code>" in page
    assert "agents-<b>" not in page
    assert 'href="quality?run=' in page
    assert f"Quality of run {run.run_id}" in pages.quality_results(here, run.run_id)


def test_an_older_run_is_shown_by_its_number_and_an_unknown_one_is_said_to_be_unknown(
    here: Settings, warehouse: Warehouse, tmp_path: Path
):
    first, last = (start_night(here, warehouse, tmp_path) for _ in range(2))
    assert f"<h1>Run {last.run_id}</h1>" in pages.run_report(here)
    assert f"<h1>Run {first.run_id}</h1>" in pages.run_report(here, first.run_id)
    export = pipeline.start_run(here, "export_marts", landing=str(tmp_path))
    assert f"<h1>Run {last.run_id}</h1>" in pages.run_report(here)
    assert f"<h1>Run {export.run_id}</h1>" in pages.run_report(here, export.run_id)
    with pytest.raises(LookupError, match="There is no run 999"):
        pages.run_report(here, 999)
    with pytest.raises(LookupError, match="Run 999 has come to no gate"):
        pages.quality_results(here, 999)


def test_a_page_needs_nothing_from_a_network(here: Settings, warehouse: Warehouse, tmp_path: Path):
    start_night(here, warehouse, tmp_path)
    page = pages.run_report(here)
    assert "http" not in page
    assert "<script" not in page
