"""The published tables as CSV files."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from customer360.publish import export_csv
from customer360.warehouse import OWNER, Warehouse
from warehouses import copy_of, drop

pytestmark = pytest.mark.nightly


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_table_a_reader_may_see_is_a_file_with_all_its_rows(sample_warehouse: Warehouse, tmp_path: Path):
    report = export_csv(sample_warehouse, tmp_path / "out")
    assert report.folder == tmp_path / "out"
    assert all(path.exists() for path in report.files)
    assert report.rows == sum(len(_read(path)) for path in report.files)
    assert tmp_path / "out" / "dashboard" / "overview_kpis.csv" in report.files
    assert not (tmp_path / "out" / "decisions" / "auth_tokens.csv").exists()


def test_personal_columns_are_masked_unless_asked_for(sample_warehouse: Warehouse, tmp_path: Path):
    export_csv(sample_warehouse, tmp_path / "masked")
    export_csv(sample_warehouse, tmp_path / "plain", pii=True)
    masked = {row["customer_id"]: row for row in _read(tmp_path / "masked" / "care" / "customers.csv")}
    plain = {row["customer_id"]: row for row in _read(tmp_path / "plain" / "care" / "customers.csv")}
    assert masked.keys() == plain.keys()
    for key, row in plain.items():
        assert masked[key]["customer_name"] != row["customer_name"]
        assert row["customer_name"].split()[-1] not in masked[key].values()
        assert not row["email"] or masked[key]["email"].startswith("***@")


def test_a_cell_that_a_spreadsheet_would_run_is_neutralised_and_a_number_is_not(
    sample_warehouse: Warehouse, tmp_path: Path
):
    warehouse = copy_of(sample_warehouse)
    with warehouse.connect(OWNER) as connection:
        connection.execute("update care.channels set channel_name = '=cmd|calc!A1' where channel_id = 1")
    export_csv(warehouse, tmp_path / "out")
    names = {row["channel_id"]: row["channel_name"] for row in _read(tmp_path / "out" / "care" / "channels.csv")}
    assert names["1"] == "'=cmd|calc!A1"
    interactions = _read(tmp_path / "out" / "care" / "customer_interactions.csv")
    assert any(score.startswith("-") for score in (row["satisfaction_score"] for row in interactions))
    drop(warehouse)


def test_a_second_export_replaces_the_folder_whole(sample_warehouse: Warehouse, tmp_path: Path):
    export_csv(sample_warehouse, tmp_path / "out")
    (tmp_path / "out" / "care" / "left_over.csv").touch()
    export_csv(sample_warehouse, tmp_path / "out")
    assert not (tmp_path / "out" / "care" / "left_over.csv").exists()
