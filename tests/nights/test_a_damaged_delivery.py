"""A delivery in which everything is wrong that goes wrong in exports: the good records are published."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
from customer360.settings import Settings
from customer360.warehouse import OWNER, Warehouse
from warehouses import CARE_EXPORT, copy_of, run_night

pytestmark = pytest.mark.nightly

HASH = "$2b$12$" + "R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW"
HEADER = (
    "interaction_id,customer_id,channel_id,interaction_type_id,agent_id,session_id,start_timestamp,end_timestamp,"
    "duration_seconds,queue_time_seconds,resolution_status,satisfaction_score,language"
)
RECORD = "{},5,1,2,11,S,2025-07-24 09:25:31,2025-07-24 09:46:56,1285,91,Resolved,0.72,es"
SHORT_HEADER = "interaction_id,customer_id,channel_id,interaction_type_id,agent_id,start_timestamp"
SHORT_RECORD = "{},5,1,2,11,2025-07-24 09:25:31"


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    landing = tmp_path_factory.mktemp("damaged") / "landing"
    shutil.copytree(CARE_EXPORT, landing)
    care = landing / "care"
    with (care / "customers.csv").open("a") as customers:
        customers.write(f"{HASH},hash@example.com,+52-555-0099,Basic,Active\n")
    with (care / "customer_interactions.csv").open("a") as interactions:
        interactions.write(RECORD.format(2001).replace("1285", "twenty minutes") + "\n")  # wrong type
        interactions.write(RECORD.format(2002).replace(",5,1,", ",4711,1,") + "\n")  # unknown customer
        interactions.write(RECORD.format(1) + "\n")  # duplicate key
        interactions.write(RECORD.format(2003)[:40])  # truncated last line

    def write(name: str, text: str) -> None:
        (care / f"customer_interactions_{name}.csv").write_bytes(text.encode())

    write("empty", "")
    write("without_header", RECORD.format(3001) + "\n")
    write("without_customer", f"{HEADER.replace('customer_id,', '')}\n{RECORD.format(3002).replace(',5,1,', ',1,')}\n")
    write("with_bom", f"\ufeff{HEADER}\n{RECORD.format(3003)}\n")
    write("with_crlf", f"{HEADER}\r\n{RECORD.format(3004)}\r\n")
    write("with_more", f"{HEADER},mood\n{RECORD.format(3005)},sunny\n")
    write("with_less", f"{SHORT_HEADER}\n{SHORT_RECORD.format(3006)}\n")
    return landing


@pytest.fixture(scope="module")
def published(settings: Settings, empty_warehouse: Warehouse, damaged: Path) -> Warehouse:
    return run_night(settings, copy_of(empty_warehouse), damaged, date(2025, 8, 31)).warehouse


def test_every_good_record_is_published_and_no_other(published: Warehouse):
    with published.connect("pii_reader") as connection:
        more = connection.execute(
            "select interaction_id from care.customer_interactions where interaction_id > 1000 order by 1"
        ).fetchall()
        assert [number for (number,) in more] == [3003, 3004, 3005, 3006]
        assert connection.execute("select count(*) from care.customer_interactions").fetchone() == (1004,)
        assert connection.execute("select count(*) from care.customers").fetchone() == (10,)
        assert connection.execute(
            "select start_timestamp::text, duration_seconds from care.customer_interactions where interaction_id = 1"
        ).fetchone() == ("2025-07-24 09:25:31.006909+00", 1285)


def test_every_bad_record_is_in_quarantine_with_a_reason_a_person_can_act_on(published: Warehouse):
    with published.connect(OWNER) as connection:
        rejected = connection.execute(
            "select file, record_number, array_to_string(reasons, '; '), record from quarantine.rejected_records"
            " order by file, record_number"
        ).fetchall()
        waiting = connection.execute("select record_number, reasons[1] from quarantine.waiting_records").fetchall()
    numbers = [(file, number) for file, number, _, _ in rejected]
    assert numbers == [
        ("care/customer_interactions.csv", 1001),
        ("care/customer_interactions.csv", 1003),
        ("care/customer_interactions.csv", 1004),
        ("care/customers.csv", 11),
    ]
    wrong_type, duplicate, truncated, secret = (reason for _, _, reason, _ in rejected)
    assert "duration_seconds" in wrong_type and "twenty minutes" in wrong_type
    assert "interaction_id" in duplicate and "record 1" in duplicate
    assert "fields" in truncated
    assert "customer_name" in secret
    assert rejected[0][3] == RECORD.format(2001).replace("1285", "twenty minutes").encode()
    assert rejected[3][3] is None
    assert [number for number, _ in waiting] == [1002]
    assert "4711" in waiting[0][1]


def test_loaded_and_quarantined_records_add_up(published: Warehouse):
    with published.connect(OWNER) as connection:
        files = connection.execute(
            "select file, records, loaded, quarantined from ops.loaded_files where status = 'loaded'"
        ).fetchall()
    assert len(files) == 11
    for file, records, loaded, quarantined in files:
        assert loaded + quarantined == records, file


def test_unusable_files_are_refused_in_one_sentence_each(published: Warehouse):
    with published.connect(OWNER) as connection:
        refused = dict(
            connection.execute("select file, reason from ops.loaded_files where status = 'refused'").fetchall()
        )
    assert set(refused) == {
        "care/customer_interactions_empty.csv",
        "care/customer_interactions_without_header.csv",
        "care/customer_interactions_without_customer.csv",
    }
    assert "customer_id" in refused["care/customer_interactions_without_customer.csv"]
    assert all(reason.endswith(".") for reason in refused.values())


def test_the_hash_is_stored_nowhere(published: Warehouse):
    with published.connect(OWNER) as connection:
        tables = connection.execute(
            "select format('%I.%I', schemaname, tablename) from pg_tables"
            " where schemaname not in ('pg_catalog', 'information_schema')"
        ).fetchall()
        for (table,) in tables:
            found = connection.execute(f"select count(*) from {table} as t where t::text like %s", [f"%{HASH[:20]}%"])
            assert found.fetchone() == (0,), table


def test_an_unknown_column_is_kept_and_reported(published: Warehouse):
    with published.connect(OWNER) as connection:
        assert connection.execute(
            "select _extra from raw.care__customer_interactions where interaction_id = 3005"
        ).fetchone() == ({"mood": "sunny"},)
        drift = connection.execute(
            "select drift::text from ops.loaded_files where file like '%with_more.csv'"
        ).fetchone()
    assert drift is not None
    assert "mood" in drift[0]


def test_an_absent_optional_column_gets_its_default(published: Warehouse):
    with published.connect("pii_reader") as connection:
        assert connection.execute(
            "select resolution_status, queue_time_seconds, language, satisfaction_score"
            " from care.customer_interactions where interaction_id = 3006"
        ).fetchone() == ("Pending", 0, "es", None)
