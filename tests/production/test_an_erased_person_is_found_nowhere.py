"""The whole of an erasure: nights before, the erasure, nights after, and a search through everything there is."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import canary
import pytest
from customer360 import erasing, pipeline
from customer360.erasing import Request
from customer360.settings import PROJECT, Settings
from customer360.warehouse import OWNER, LocalServer, Warehouse
from warehouses import NIGHT, copy_of, run_night


def test_nothing_is_left_of_an_erased_person_and_nights_after_do_not_bring_them_back(
    settings: Settings, empty_warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    home, landing = tmp_path / "home", tmp_path / "landing"
    home.mkdir()
    shutil.copy(settings.home / "role-passwords.json", home)
    shutil.copytree(PROJECT / "seeds", landing)
    canary.deliver(landing)
    warehouse = copy_of(empty_warehouse)
    here = replace(settings, home=home, warehouse_url=warehouse.owner_url, landing=str(landing))

    first = run_night(here, warehouse, landing)
    pipeline.export(first, ("csv", "sqlite", "parquet"))
    (home / "logs").mkdir(exist_ok=True)
    (home / "logs" / "nightly.log").write_text(f"loaded {canary.EMAIL}, Zuleika Quintrell\n")
    found = canary.found_in(canary.dump(settings, warehouse))
    assert set(found) == set(canary.CANARIES)
    assert canary.found_in_folder(home)
    with warehouse.connect(OWNER) as connection:
        counts = "select (select count(*) from core.fct_customer_interactions), (select count(*) from core.fct_orders)"
        facts = connection.execute(counts).fetchone()

    # What dbt and Airflow keep of a command line, they keep of this one.
    monkeypatch.setattr(sys, "argv", ["customer360", "erase", "--email", canary.EMAIL])
    would = erasing.preview(warehouse, here, here.landing, Request(email=canary.EMAIL))
    assert set(canary.found_in(canary.dump(settings, warehouse))) == set(canary.CANARIES)
    run = pipeline.start_run(here, "erase", as_of_date=date(2026, 6, 30), landing=str(landing))
    erasure_id = pipeline.erase(run, Request(email=canary.EMAIL))
    for step in NIGHT[1:]:
        step(run)
    assert erasing.receipt(warehouse, erasure_id) == would

    def nothing_is_left() -> None:
        assert canary.found_in(canary.dump(settings, warehouse)) == []
        assert canary.found_in_folder(home) == {}
        assert canary.found_in_folder(LocalServer(settings.home).data) == {}
        assert canary.found_in_folder(landing) == {}

    nothing_is_left()
    with warehouse.connect(OWNER) as connection:
        assert connection.execute(counts).fetchone() == facts
        assert connection.execute("select count(*), min(customer_name) from core.dim_customer where systems = "
                                  "'care, crm, decisions, notifications, shop' and customer_name = 'Erased customer'"
        ).fetchone() == (1, "Erased customer")  # fmt: skip

    # The sources still know the person, one under another name of the file and one in a new delivery.
    canary.deliver(landing, "crm/customer_info_2026-06-29.csv", "notifications/interaction_history_2026-06-29.csv")
    again = landing / "care" / "customers_2026-06-30.csv"
    again.write_text(canary.FILES["care/customers_2026-06-29.csv.gz"].replace("Premium", "Standard"))
    run_night(here, warehouse, landing, date(2026, 7, 1))
    nothing_is_left()
    run_night(here, warehouse, landing, date(2026, 6, 15))
    nothing_is_left()
    with warehouse.connect(OWNER) as connection:
        assert connection.execute("select count(*) from core.fct_customer_interactions").fetchone() == facts[:1]
