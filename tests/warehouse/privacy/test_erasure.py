"""What is left of a person who was erased: nothing, in any place, however they come again."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path
from typing import Any

import canary
import psycopg
import pytest
from customer360 import erasing, privacy
from customer360.contracts import read_contracts
from customer360.erasing import Request
from customer360.load import load_landing
from customer360.load.discover import discover
from customer360.privacy import ErasureError
from customer360.settings import Settings
from customer360.warehouse import OWNER, Warehouse
from warehouses import copy_of, drop

BY_MAIL = Request(email=canary.EMAIL)


def ask(warehouse: Warehouse, statement: str, *parameters: object) -> list[tuple]:
    with warehouse.connect(OWNER) as connection:
        return connection.execute(statement, parameters or None).fetchall()


def test_an_erased_person_is_in_no_row_no_file_and_no_log(
    settings: Settings, here: Settings, warehouse: Warehouse, landing: Path, run_id: int
):
    log = here.home / "logs" / "nightly.log"
    log.parent.mkdir()
    log.write_bytes(f"file of {canary.EMAIL}\nfor Zuleika Quintrell, 0049 171 5550 9921.\n".encode())
    size = log.stat().st_size
    assert set(canary.found_in(canary.dump(settings, warehouse))) == set(canary.CANARIES)

    with warehouse.connect(OWNER, autocommit=True) as connection:
        # The statistics of a table that is emptied stay, and they hold values.
        connection.execute(
            'insert into undo.before_images (batch_id, "schema", "table", action, image)'
            " select 1, 'care', 'customers', 'UPDATE', %s from generate_series(1, 5)",
            [canary.EMAIL],
        )
        connection.execute("analyze undo.before_images")

    would = erasing.preview(warehouse, here, here.landing, BY_MAIL)
    assert set(canary.found_in(canary.dump(settings, warehouse))) == set(canary.CANARIES)
    assert canary.found_in_folder(landing)
    erasure_id = erasing.erase(warehouse, here, here.landing, BY_MAIL, run_id)
    assert erasing.finish(warehouse, here) == [erasure_id]

    assert canary.found_in(canary.dump(settings, warehouse)) == []
    assert canary.found_in_folder(landing) == {}
    assert canary.found_in_folder(here.home) == {}
    assert log.stat().st_size == size
    receipt = erasing.receipt(warehouse, erasure_id)
    assert receipt == would
    assert receipt["quarantine.rejected_records"] == 2
    assert receipt["mentions in other records"] == 1


def test_facts_stay_under_one_tombstone(here: Settings, warehouse: Warehouse, run_id: int):
    erasing.erase(warehouse, here, here.landing, BY_MAIL, run_id)
    for table in ("care__customers", "care__customer_interactions", "notifications__interaction_history",
                  "crm__customer_preferences"):  # fmt: skip
        counted = ask(warehouse, f"select count(*) from raw.{table} where customer_id = 999999999999")
        assert counted == [(1,)], table
    assert ask(warehouse, "select customer_id, ordered_at::date::text from raw.shop__orders") == [
        ("erased", "2026-06-27")
    ]
    assert ask(warehouse, "select customer_name, customer_email, title from raw.decisions__customer_decisions") == [
        ("Erased customer", None, "erased")
    ]
    # The browser is still one browser, and nobody knows whose.
    ((devices, name),) = ask(
        warehouse, "select count(distinct visitor_id), min(visitor_id) from raw.shop__web_sessions"
    )
    assert devices == 1
    assert name.startswith("erased-")
    # Whoever else was mentioned in the same files is as before.
    assert ask(warehouse, "select customer_name, email from raw.care__customers where customer_id = 880009") == [
        ("Other Person", "other.person@example.net")
    ]
    assert ask(
        warehouse, "select interaction_summary from raw.care__customer_interactions where customer_id = 880009"
    ) == [("Asks for [erased], [erased], [erased] or [erased]",)]


def test_a_rewritten_file_does_not_load_again(
    here: Settings, warehouse: Warehouse, landing: Path, run_id: int, load_night
):
    untouched = (landing / "care" / "channels.csv").read_bytes()
    erasing.erase(warehouse, here, here.landing, BY_MAIL, run_id)
    assert {file.status for file in load_night().files if "cut" not in file.file} == {"skipped"}
    assert (landing / "care" / "channels.csv").read_bytes() == untouched
    kept = canary.unpacked(landing / "care" / "customers_2026-06-29.csv.gz").decode().splitlines()
    assert kept[1].startswith("999999999999,Erased customer,,,2024-01-05")
    assert kept[2] == "880009,Other Person,other.person@example.net,,2024-01-05,Standard,Active,2024-01-05 10:00:00,"


def test_a_rewritten_landing_loads_into_a_new_warehouse(
    here: Settings, warehouse: Warehouse, empty_warehouse: Warehouse, landing: Path, run_id: int
):
    erasing.erase(warehouse, here, here.landing, BY_MAIL, run_id)
    new = copy_of(empty_warehouse)
    with new.connect(OWNER) as connection:
        connection.execute("insert into ops.runs (kind, as_of_date) values ('test', '2026-06-30')")
    report = load_landing(
        new, here.landing, read_contracts(), run_id=1, business_date=date(2026, 6, 30), progress=False
    )
    assert (len(report.refused), report.quarantined, report.waiting) == (1, 1, {})
    assert ask(new, "select count(*) from raw.care__customer_interactions") == [(2,)]
    drop(new)


def test_objects_of_a_bucket_are_rewritten_in_their_places_and_stay_complete(
    here: Settings, warehouse: Warehouse, landing: Path, run_id: int, bucket: Any, tmp_path: Path
):
    (landing / "notes.txt").unlink()
    files = sorted(path for path in landing.rglob("*") if path.is_file())
    for path in files:
        key = f"night/{path.relative_to(landing)}"
        bucket.upload_file(str(path), "deliveries", key, ExtraArgs={"Metadata": {"sender": "care-desk"}})
    for folder in {path.parent.name for path in files}:
        bucket.put_object(Bucket="deliveries", Key=f"night/{folder}/_SUCCESS")
    time.sleep(1.1)  # The times of objects are whole seconds.
    there = "s3://deliveries/night"
    contracts = erasing.contracts_of(there)
    erasing.erase(warehouse, here, there, BY_MAIL, run_id)

    for path in files:
        bucket.download_file("deliveries", f"night/{path.relative_to(landing)}", str(path))
    assert canary.found_in_folder(landing) == {}
    found = discover(there, contracts, needs_success=True)
    assert {file.name: file.unfinished for file, _ in found if file.unfinished} == {}
    rewritten = bucket.head_object(Bucket="deliveries", Key="night/crm/customer_info_2026-06-29.csv")["Metadata"]
    assert rewritten["sender"] == "care-desk"
    report = load_landing(warehouse, there, contracts, run_id=run_id, business_date=date(2026, 6, 30), progress=False)
    assert {file.status for file in report.files if "cut" not in file.file} == {"skipped"}


def test_the_same_file_delivered_again_is_rewritten_again(
    settings: Settings, here: Settings, warehouse: Warehouse, landing: Path, run_id: int, load_night
):
    erasing.erase(warehouse, here, here.landing, BY_MAIL, run_id)
    history = ask(warehouse, "select count(*) from raw.notifications__interaction_history")
    canary.deliver(landing, *(name for name in canary.FILES if name != "notes.txt"))
    report = load_night()
    assert {file.status for file in report.files if "cut" not in file.file} == {"skipped"}
    assert canary.found_in_folder(landing) == {}
    assert canary.found_in(canary.dump(settings, warehouse)) == []
    assert ask(warehouse, "select count(*) from raw.notifications__interaction_history") == history


def test_a_new_delivery_of_an_erased_person_is_erased_as_it_is_loaded(
    settings: Settings, here: Settings, warehouse: Warehouse, landing: Path, run_id: int, load_night
):
    erasing.erase(warehouse, here, here.landing, BY_MAIL, run_id)
    newer = canary.FILES["care/customers_2026-06-29.csv.gz"].replace("Premium", "Standard")
    (landing / "care" / "customers_2026-06-30.csv").write_text(newer)
    # Under an id not seen before, by a mail address and a day that are theirs.
    (landing / "crm" / "customer_info_2026-06-30.csv").write_text(
        canary.FILES["crm/customer_info_2026-06-29.csv"].replace("880002", "880044").replace(",12,", ",13,")
    )
    load_night()
    assert canary.found_in(canary.dump(settings, warehouse)) == []
    assert canary.found_in_folder(landing) == {}


def test_somebody_who_registers_after_the_erasure_is_left_alone(
    here: Settings, warehouse: Warehouse, landing: Path, run_id: int, load_night
):
    erasing.erase(warehouse, here, here.landing, BY_MAIL, run_id)
    new = (
        canary.FILES["crm/customer_info_2026-06-29.csv"].replace("880002", "880044").replace("2024-01-03", "2099-01-03")
    )
    (landing / "crm" / "customer_info_2026-06-30.csv").write_text(new)
    load_night()
    assert ask(warehouse, "select customer_name from raw.crm__customer_info where customer_id = 880044") == [
        ("Zuleika Quintrell",)
    ]


@pytest.mark.parametrize("cut_off_in", ["_erase_files", "_blank_home", "erase_stored"])
def test_an_erasure_that_was_cut_off_is_ended_by_the_next_night(
    settings: Settings, here: Settings, warehouse: Warehouse, landing: Path, run_id: int, load_night,
    monkeypatch: pytest.MonkeyPatch, cut_off_in: str,
):  # fmt: skip
    place = privacy if cut_off_in == "erase_stored" else erasing
    with monkeypatch.context() as patched:

        def power_fails(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        patched.setattr(place, cut_off_in, power_fails)
        with pytest.raises(KeyboardInterrupt):
            erasing.erase(warehouse, here, here.landing, BY_MAIL, run_id)
    load_night()
    erasing.finish(warehouse, here)
    assert canary.found_in(canary.dump(settings, warehouse)) == []
    assert canary.found_in_folder(landing) == {}
    assert ask(warehouse, "select count(*) from privacy.erasures where finished_at is null") == [(0,)]


def test_two_erased_people_share_one_tombstone(here: Settings, warehouse: Warehouse, landing: Path, run_id: int):
    erasing.erase(warehouse, here, here.landing, BY_MAIL, run_id)
    erasing.erase(warehouse, here, here.landing, Request(system="care", customer_id="880009"), run_id)
    assert ask(warehouse, "select customer_id from raw.care__customers where customer_id >= 880000") == [
        (999999999999,)
    ]
    assert ask(warehouse, "select distinct customer_id from raw.care__customer_interactions") == [(999999999999,)]
    kept = canary.unpacked(landing / "care" / "customers_2026-06-29.csv.gz").decode().splitlines()
    assert len(kept) == 2


def test_a_mail_address_of_several_persons_erases_nobody(here: Settings, warehouse: Warehouse, run_id: int):
    with warehouse.connect(OWNER) as connection:
        connection.execute(
            "create table intermediate.int_customers__identified as select * from (values ('care', '880001', 1),"
            " ('crm', '880002', 2)) as t (system, source_customer_id, customer_key)"
        )
    with pytest.raises(ErasureError, match="2 persons carry this mail address") as refused:
        erasing.erase(warehouse, here, here.landing, BY_MAIL, run_id)
    assert canary.found_in(str(refused.value).encode()) == []
    assert ask(warehouse, "select count(*) from privacy.erasures") == [(0,)]


def test_a_namesakes_name_stays_where_others_mention_it(
    here: Settings, warehouse: Warehouse, landing: Path, run_id: int, load_night
):
    (landing / "care" / "customers_2026-06-30.csv").write_text(
        "customer_id,customer_name,email,phone,registration_date\n880010,zuleika  QUINTRELL,,,2024-01-05\n"
    )
    load_night()
    erasing.erase(warehouse, here, here.landing, BY_MAIL, run_id)
    ((summary,),) = ask(
        warehouse, "select interaction_summary from raw.care__customer_interactions where customer_id = 880009"
    )
    assert summary == "Asks for Zuleika  Quintrell, Quintrell, Zuleika, [erased] or [erased]"
    assert ask(warehouse, "select customer_name from raw.care__customers where customer_id = 880010") == [
        ("zuleika  QUINTRELL",)
    ]


def test_the_ledger_says_nothing_without_its_key(here: Settings, warehouse: Warehouse, run_id: int):
    erasing.erase(warehouse, here, here.landing, BY_MAIL, run_id)
    key = here.home / privacy.ledger.KEY_FILE
    assert key.stat().st_mode & 0o777 == 0o600
    hashes = {bytes(h) for (h,) in ask(warehouse, "select keyed_hash from privacy.erased_identifiers")}
    ledger = privacy.Ledger(bytes.fromhex(key.read_text()))
    assert ledger.hash_of("email", canary.EMAIL) in hashes
    assert privacy.Ledger(b"another").hash_of("email", canary.EMAIL) not in hashes
    key.unlink()
    with pytest.raises(ErasureError, match="erasure-key is missing"):
        erasing.erase(warehouse, here, here.landing, Request(system="care", customer_id="880009"), run_id)


@pytest.mark.parametrize(
    "request_of",
    [
        {},
        {"email": "nobody"},
        {"system": "care"},
        {"system": "x", "customer_id": "1"},
        {"email": "a@b", "system": "care", "customer_id": "1"},
    ],
)
def test_a_request_that_names_nobody_is_refused(request_of: dict[str, str]):
    with pytest.raises(ErasureError):
        Request(**request_of)


def test_the_pipelines_roles_may_not_see_the_ledger(warehouse: Warehouse):
    for role in ("c360_loader", "c360_publisher", "bi_reader", "pii_reader"):
        with warehouse.connect(role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select * from privacy.erased_identifiers")


def test_models_know_the_same_tombstones():
    import yaml
    from customer360.settings import PROJECT

    project = yaml.safe_load((PROJECT / "dbt_project" / "dbt_project.yml").read_text())
    assert set(project["vars"]["erased_customers"].items()) == privacy.tombstones(read_contracts())


def test_no_table_about_customers_is_forgotten(warehouse: Warehouse):
    found = ask(
        warehouse,
        "select table_schema || '.' || table_name from information_schema.columns"
        " where column_name = 'customer_key' and table_schema in ('enrichment', 'ops', 'quarantine', 'privacy')",
    )
    assert {name for (name,) in found} == set(privacy.stored.OF_A_CUSTOMER)
