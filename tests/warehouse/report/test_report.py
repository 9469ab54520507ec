"""The page a night leaves."""

from __future__ import annotations

import html
import os
import re
import time
from dataclasses import replace
from pathlib import Path

import pytest
from customer360 import pipeline
from customer360.load.errors import LoadError
from customer360.report import newest_report, read_facts, write_report
from customer360.settings import Settings
from customer360.warehouse import OWNER, Warehouse
from warehouses import start_night


def words_of(page: Path) -> str:
    return " ".join(html.unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", page.read_text(), flags=re.S)).split())


@pytest.fixture(scope="module")
def page(sample_night: pipeline.Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the sample's night."""
    return write_report(sample_night.warehouse, sample_night.run_id, tmp_path_factory.mktemp("reports"))


def test_the_page_of_a_night_says_what_came_in_and_what_went_out(page: Path, sample_night: pipeline.Run):
    words = words_of(page)
    assert words.startswith("Run 1 as of 2026-06-30 Night of 2026-06-30 published")
    with sample_night.warehouse.connect(OWNER) as connection:
        sources = connection.execute(
            "select system, count(*), sum(records), sum(loaded), sum(quarantined) from ops.loaded_files group by 1"
        ).fetchall()
        reader_rows = connection.execute(
            'select "schema", count(*), sum(row_count), sum(inserted) from ops.publishes group by 1'
        ).fetchall()
    for system, *numbers in sources:
        assert " ".join([system, *(f"{number:,}" for number in numbers)]) in words
    for schema, *numbers in reader_rows:
        assert " ".join([schema, *(f"{number:,}" for number in numbers)]) in words
    assert "Traditionalists" in words
    assert "No model was paid for" in words


def test_the_page_needs_no_network(page: Path):
    assert re.findall(r"(?:src|href|url)\s*[=(]\s*[\"']?(?:https?:)?//", page.read_text()) == []
    assert page.read_text().count("<svg") > 20


def test_reasons_are_counted_without_what_records_said(page: Path, sample_night: pipeline.Run):
    with sample_night.warehouse.connect(OWNER) as connection:
        said = {
            value
            for (reason,) in connection.execute("select unnest(reasons) from quarantine.rejected_records")
            for value in re.findall(r'"([^"]+)"', reason)
        }
    assert said
    shown = words_of(page)
    assert [value for value in said if f"is {value}" in shown or f'"{value}"' in shown] == []
    facts = read_facts(sample_night.warehouse, sample_night.run_id)
    assert sum(count for _, count in facts.reasons) == sum(source["quarantined"] for source in facts.sources)


def test_a_failed_night_leaves_a_page_that_begins_with_what_failed(
    settings: Settings, warehouse: Warehouse, tmp_path: Path, landing: Path
):
    run = start_night(replace(settings, home=tmp_path), warehouse, landing / "nowhere")
    with pytest.raises(LoadError):
        pipeline.load(run)
    newest = newest_report(tmp_path / "reports")
    assert newest == run.folder / "report.html"
    words = words_of(newest)
    assert words.index("What needs a look failed load") < words.index("Records in")
    assert "Nothing was published" in words


def test_a_check_that_did_not_pass_comes_before_the_numbers(warehouse: Warehouse, run_id: int, tmp_path: Path):
    with warehouse.connect(OWNER) as connection:
        connection.execute(
            "insert into ops.checks (run_id, gate, suite, check_name, severity, passed, reason, observed)"
            " values (%s, 'after_load', 'raw_care', 'agents <b>', 'warn', false, 'agents come every night', '0 rows')",
            [run_id],
        )
    page = write_report(warehouse, run_id, tmp_path)
    words = words_of(page)
    assert words.index("agents <b> agents come every night 0 rows") < words.index("Records in")
    assert "agents <b>" not in page.read_text()


def test_segments_are_compared_with_the_run_before(warehouse: Warehouse, run_id: int):
    with warehouse.connect(OWNER) as connection:
        row = connection.execute(
            "insert into ops.runs (kind, as_of_date) values ('test', '2026-07-01') returning run_id"
        ).fetchone()
        assert row is not None
        for run, customer, segment in (
            (run_id, 1, "Eco Savers"), (run_id, 2, "Eco Savers"), (run_id, 3, "Value Seekers"),
            (row[0], 1, "Traditionalists"), (row[0], 2, None), (row[0], 4, "Eco Savers"),
        ):  # fmt: skip
            connection.execute(
                "insert into enrichment.customer_segments (run_id, customer_key, as_of_date, input_hash, source, model,"
                " prompt_version, status, segment) select %s, %s, as_of_date, 'x', 'rules', 'm', 'v', %s, %s"
                " from ops.runs where run_id = %s",
                [run, customer, "ok" if segment else "abstained", segment, run],
            )
    moves = read_facts(warehouse, row[0]).moves
    assert [(move["left_segment"], move["entered_segment"], move["people"]) for move in moves] == [
        ("Eco Savers", "No segment", 1),
        ("Eco Savers", "Traditionalists", 1),
    ]


def test_pages_are_kept_for_a_year(warehouse: Warehouse, run_id: int, tmp_path: Path):
    for name, days in (("7", 400), ("8", 300), ("notes", 400)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "report.html").write_text("A night.")
        os.utime(tmp_path / name, (time.time() - days * 86_400,) * 2)
    write_report(warehouse, run_id, tmp_path)
    assert {folder.name for folder in tmp_path.iterdir()} == {"8", "notes", str(run_id)}


def test_the_newest_page_is_that_of_the_highest_run(tmp_path: Path):
    assert newest_report(tmp_path) is None
    for name in ("9", "10"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "report.html").write_text("A night.")
    assert newest_report(tmp_path) == tmp_path / "10" / "report.html"
