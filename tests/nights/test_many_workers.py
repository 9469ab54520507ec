"""Parts of a step side by side come to what the step comes to alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

from customer360 import pipeline
from customer360.settings import PROJECT, Settings
from customer360.warehouse import Warehouse
from psycopg.rows import dict_row
from warehouses import checksums, start_night

SEEDS = PROJECT / "seeds"


def test_systems_loaded_side_by_side_are_what_one_load_makes_of_them(
    settings: Settings, warehouse: Warehouse, sample_warehouse: Warehouse
):
    run = start_night(settings, warehouse, SEEDS)
    systems = pipeline.begin_load(run)
    assert {"care", "crm", "decisions", "notifications", "shop"} < set(systems)
    with ThreadPoolExecutor(len(systems)) as workers:
        list(workers.map(partial(pipeline.load_system, run), systems))
    pipeline.end_load(run)
    assert checksums(warehouse, ["raw"]) == checksums(sample_warehouse, ["raw"])
    assert _rejected(warehouse) == _rejected(sample_warehouse) != []
    assert _noted_of_load(warehouse) == _noted_of_load(sample_warehouse)


def test_a_file_of_no_system_is_refused_by_the_end_of_the_load(
    settings: Settings, warehouse: Warehouse, tmp_path_factory
):
    landing = tmp_path_factory.mktemp("landing")
    (landing / "elsewhere").mkdir()
    (landing / "elsewhere" / "things.csv").write_text("a,b\n1,2\n")
    run = start_night(settings, warehouse, landing)
    for system in pipeline.begin_load(run):
        pipeline.load_system(run, system)
    assert pipeline.end_load(run)["refused"] == ["elsewhere/things.csv"]


def test_a_record_without_a_key_is_told_by_the_loads_of_its_own_table(sample_warehouse: Warehouse):
    with sample_warehouse.connect() as connection:
        for table in ("interaction_history", "recommended_actions"):
            loads = connection.execute(f"select distinct load_number from staging.stg_notifications__{table}")
            assert loads.fetchall() == [(1,)], "Other tables' files, loaded before or beside, must not count."


def _rejected(warehouse: Warehouse) -> list[tuple]:
    with warehouse.connect() as connection:
        return connection.execute(
            "select file, record_number, reasons from quarantine.rejected_records order by 1, 2"
        ).fetchall()


def _noted_of_load(warehouse: Warehouse) -> dict:
    with warehouse.connect() as connection:
        step = connection.cursor(row_factory=dict_row).execute(
            "select status, summary from ops.run_steps where step = 'load'"
        )
        return step.fetchone()
