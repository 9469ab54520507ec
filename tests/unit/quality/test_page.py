"""quality.json and quality.html."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

from customer360.quality.page import write_results
from customer360.quality.results import CheckResult, GateResult

GOOD = CheckResult(
    "raw_care", "raw.care__customers", "is_fresh", "warn", True, "Days matter here.", "no row breaks the rule"
)
BAD = CheckResult(
    "structure_care", "candidate_care.customers", "primary_key", "fail", False,
    "Two rows that share a key stop the publish <now>.", "1 row", ({"customer_id": 7, "copies": 2},),
)  # fmt: skip


def gate(name, *checks, run_id=4) -> GateResult:
    return GateResult(name, run_id, date(2026, 6, 30), checks)


def test_the_page_names_gate_suite_check_severity_reason_observation_and_rows(tmp_path: Path):
    write_results(gate("before_publish", GOOD, BAD), tmp_path)
    page = (tmp_path / "quality.html").read_text()
    for text in (
        "Before publish", "structure_care", "candidate_care.customers", "primary key", "failed",
        "Two rows that share a key stop the publish &lt;now&gt;.", "1 row", "customer_id 7, copies 2", "passed",
    ):  # fmt: skip
        assert text in page


def test_the_page_needs_no_network(tmp_path: Path):
    write_results(gate("before_publish", GOOD, BAD), tmp_path)
    page = (tmp_path / "quality.html").read_text()
    assert not re.search(r"https?:|//[a-z]|<script|<link|@import|url\(|src=", page)


def test_the_page_has_colours_for_light_and_dark(tmp_path: Path):
    write_results(gate("after_load", GOOD), tmp_path)
    assert "prefers-color-scheme: dark" in (tmp_path / "quality.html").read_text()


def test_both_gates_of_a_run_stand_in_one_file_and_a_repeated_gate_replaces_itself(tmp_path: Path):
    write_results(gate("before_publish", BAD), tmp_path)
    write_results(gate("after_load", GOOD), tmp_path)
    write_results(gate("before_publish", GOOD), tmp_path)
    run = json.loads((tmp_path / "quality.json").read_text())
    assert [(g["gate"], g["passed"]) for g in run["gates"]] == [("after_load", True), ("before_publish", True)]


def test_another_run_starts_a_file_of_its_own(tmp_path: Path):
    write_results(gate("before_publish", BAD, run_id=3), tmp_path)
    write_results(gate("after_load", GOOD, run_id=4), tmp_path)
    run = json.loads((tmp_path / "quality.json").read_text())
    assert run["run_id"] == 4 and [g["gate"] for g in run["gates"]] == ["after_load"]


def test_a_warning_does_not_fail_a_gate_and_a_failure_does():
    warned = CheckResult("s", "raw.t", "n", "warn", False, "Because.", "1 row")
    assert gate("after_load", GOOD, warned).passed
    assert not gate("after_load", GOOD, BAD).passed


def test_the_message_of_a_failed_gate_names_the_check_and_its_rows():
    message = gate("before_publish", GOOD, BAD).message
    assert "candidate_care.customers primary_key: 1 row (customer_id 7, copies 2)" in message


def test_the_message_names_a_few_rows_of_many():
    many = CheckResult(
        "s", "raw.t", "n", "fail", False, "Because.", "9 rows", tuple({"id": number} for number in range(9))
    )
    assert gate("after_load", many).message.endswith("raw.t n: 9 rows (id 0; id 1; id 2)")
