"""A night that is repeated, or cut off and started again."""

from __future__ import annotations

from datetime import date

import pytest
from customer360 import pipeline
from customer360.settings import PROJECT, Settings
from customer360.warehouse import Warehouse
from warehouses import CARE_EXPORT, NIGHT, checksums, copy_of, drop, give_up, run_night, start_night

pytestmark = pytest.mark.nightly


def test_a_second_night_on_the_same_delivery_changes_nothing_and_says_so(
    settings: Settings, sample_night: pipeline.Run
):
    warehouse = copy_of(sample_night.warehouse)
    before = checksums(warehouse)
    assert len(before) > 27

    run = run_night(settings, warehouse, PROJECT / "seeds")

    assert checksums(warehouse) == before
    with warehouse.connect() as connection:
        status = connection.execute("select status from ops.runs where run_id = %s", [run.run_id]).fetchone()
        batches = connection.execute("select batch_id, run_id from ops.published_batch").fetchone()
    assert status == ("unchanged",)
    assert batches == (1, sample_night.run_id)
    drop(warehouse)


def test_a_night_cut_off_before_its_publish_ends_the_same_when_a_new_one_is_started(
    settings: Settings, empty_warehouse: Warehouse, care_warehouse: Warehouse
):
    warehouse = copy_of(empty_warehouse)
    run = start_night(settings, warehouse, CARE_EXPORT, date(2025, 8, 31))
    # All that a night can leave behind is there: files, answers, candidates.
    for step in NIGHT[:-1]:
        step(run)
    give_up(run)

    run_night(settings, warehouse, CARE_EXPORT, date(2025, 8, 31))

    assert checksums(warehouse) == checksums(care_warehouse)
    drop(warehouse)
