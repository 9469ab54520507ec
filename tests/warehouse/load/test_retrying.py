"""Checking a file without loading it; correcting quarantined records and loading just those."""

from __future__ import annotations

from datetime import date

import pytest
from click.testing import CliRunner
from customer360.contracts import contracts_for, read_contracts
from customer360.load import (
    LOADER,
    LoadError,
    check_file,
    export_quarantined,
    quarantined_files,
    quarantined_records,
    retry_quarantined,
)

CHANNELS = (
    "channel_id,channel_name,channel_type\n"
    '1,Phone,Voice\n2,Chat,Smoke\n3,"Web,\nsite",Smoke\n4,Fax,Voice,more\n5,Mail,Digital\n'
)

BUSINESS_DATE = date(2026, 6, 30)


@pytest.fixture
def check(warehouse, landing):
    """Checks a file of the landing."""

    def run(name):
        contracts = read_contracts(landing / "contracts")
        (contract,) = contracts_for(name, contracts)
        return check_file(warehouse, landing / name, contract, contracts, business_date=BUSINESS_DATE)

    return run


@pytest.fixture
def loader(warehouse):
    """A connection as the loader."""
    with warehouse.connect(LOADER, autocommit=True) as connection:
        yield connection


@pytest.fixture
def retry(loader, landing, run_id):
    """Retries the quarantined records of load 1."""

    def run(corrected=None, load_id=1):
        contracts = read_contracts(landing / "contracts")
        return retry_quarantined(loader, load_id, contracts, run_id=run_id, corrected=corrected)

    return run


@pytest.fixture
def export(loader, landing):
    """Exports the quarantined records of load 1."""
    return lambda load_id=1: export_quarantined(loader, load_id, read_contracts(landing / "contracts"))


def test_a_check_names_every_bad_record_and_leaves_nothing_behind(deliver, check, query):
    deliver("care/channels.csv", CHANNELS)
    done = check("care/channels.csv")
    assert [(finding.record_number, finding.reasons) for finding in done.findings] == [
        (2, ['channel_type is "Smoke", not one of Digital, Voice, In-Person']),
        (3, ['channel_type is "Smoke", not one of Digital, Voice, In-Person']),
        (4, ["the record has 4 fields, the header has 3"]),
    ]
    assert (done.result.loaded, done.within_limit) == (2, True)
    assert query("select * from ops.loaded_files") == []
    assert query("select to_regclass('raw.care__channels') as made") == [{"made": None}]
    assert query("select count(*) from ops.runs") == [{"count": 0}]


def test_a_check_goes_on_beyond_the_limit_and_says_so(deliver, check):
    bad = "".join(f"{n},name {n},Smoke\n" for n in range(1, 151))
    deliver("care/channels.csv", f"channel_id,channel_name,channel_type\n{bad}")
    done = check("care/channels.csv")
    assert (len(done.findings), done.within_limit) == (150, False)


def test_a_loaded_file_can_be_checked_again(deliver, load, check, query):
    deliver("care/channels.csv", CHANNELS)
    load()
    before = query("select * from ops.loaded_files")
    assert len(check("care/channels.csv").findings) == 3
    assert query("select * from ops.loaded_files") == before


def test_a_check_names_records_that_would_wait_for_their_parent(deliver, check):
    deliver("care/customer_service_plans.csv", "customer_service_plan_id,customer_id,service_plan_id\n1,1,1\n")
    (finding,) = check("care/customer_service_plans.csv").findings
    assert (finding.byte_offset, finding.reasons) == (
        None,
        ["customer_id 1 is in no customers file", "service_plan_id 1 is in no service_plans file"],
    )


def test_quarantine_is_listed_and_shown(deliver, load, loader):
    deliver("care/channels.csv", CHANNELS)
    load()
    (file,) = quarantined_files(loader)
    assert (file.load_id, file.file, file.table, file.status, file.records) == (
        1,
        "care/channels.csv",
        "care.channels",
        "loaded",
        3,
    )
    assert [(record.record_number, record.data) for record in quarantined_records(loader, 1)] == [
        (2, b"2,Chat,Smoke"),
        (3, b'3,"Web,\nsite",Smoke'),
        (4, b"4,Fax,Voice,more"),
    ]
    with pytest.raises(LoadError, match="Load 2 has no records in quarantine"):
        quarantined_records(loader, 2)


def test_corrected_records_become_a_part_of_their_file(deliver, load, retry, export, query):
    deliver("care/channels.csv", CHANNELS)
    load()
    exported = export()
    assert exported.startswith(b"channel_id,channel_name,channel_type\n2,Chat,Smoke\n")
    done = retry(exported.replace(b"Chat,Smoke", b"Chat,Digital").replace(b",more", b""))
    assert (done.tried, done.loaded, done.left) == (3, 2, 1)
    rows = query("select _load_id, _record_number, channel_name from raw.care__channels order by 2")
    assert [tuple(row.values()) for row in rows] == [
        (1, 1, "Phone"),
        (1, 2, "Chat"),
        (1, 4, "Fax"),
        (1, 5, "Mail"),
    ]
    assert query("select load_id, records, loaded, quarantined from ops.loaded_files") == [
        {"load_id": 1, "records": 5, "loaded": 4, "quarantined": 1}
    ]
    assert query("select load_id, record_number from quarantine.rejected_records") == [
        {"load_id": 1, "record_number": 3}
    ]


def test_records_load_as_they_are_once_the_contract_is_fixed(deliver, load, retry, query):
    from customer360.contracts.catalogue import SOURCES

    deliver("care/channels.csv", CHANNELS + '6,"Pigeon,Voice\n')
    load()
    text = (SOURCES / "care" / "channels.yml").read_text()
    deliver("contracts/channels.yml", text.replace("[Digital, Voice,", "[Digital, Voice, Smoke,"))
    done = retry()
    assert (done.tried, done.loaded, done.left) == (3, 2, 2)
    assert query("select channel_name from raw.care__channels where channel_id = 3") == [{"channel_name": "Web,\nsite"}]
    left = query("select record_number from quarantine.rejected_records order by 1")
    assert [row["record_number"] for row in left] == [4, 6]
    assert query("select loaded + quarantined - records as lost from ops.loaded_files") == [{"lost": 0}]


def test_a_corrected_record_does_not_take_the_key_of_another(deliver, load, retry, export, query):
    deliver("care/channels.csv", CHANNELS)
    load()
    corrected = export().replace(b"2,Chat,Smoke", b"5,Chat,Digital")
    done = retry(corrected)
    assert (done.loaded, done.left) == (0, 3)
    assert query("select channel_name from raw.care__channels where channel_id = 5") == [{"channel_name": "Mail"}]
    (row,) = query(
        "select reasons, convert_from(record, 'UTF8') as record from quarantine.rejected_records"
        " where record_number = 2"
    )
    assert row["reasons"] == ["same channel_id as record 5"]


def test_a_retried_record_is_as_new_as_its_file_and_takes_no_value_of_another(deliver, load, retry, export, query):
    head = "agent_id,agent_name,employee_id\n"
    deliver("care/agents_2026-06-01.csv", head + "1,Ann,E1\n2,Bob,E2\n")
    deliver("care/agents_2026-06-02.csv", head + "x,Bob,E9\n")
    load()
    done = retry(export(2).replace(b"x,Bob,E9", b"2,Bob,E1"), load_id=2)
    assert (done.loaded, done.left) == (0, 1)
    assert query("select reasons from quarantine.rejected_records") == [
        {"reasons": ["same employee_id as agent_id 1, which is stored already"]}
    ]


def test_a_corrected_file_with_another_number_of_records_changes_nothing(deliver, load, retry, export, query):
    deliver("care/channels.csv", CHANNELS)
    load()
    with pytest.raises(LoadError, match="has 2 records and 3 were exported"):
        retry(export().replace(b"2,Chat,Smoke\n", b""))
    assert query("select count(*) from quarantine.rejected_records") == [{"count": 3}]


def test_a_refused_file_is_corrected_as_a_whole(deliver, load, retry, query):
    deliver("care/channels.csv", "channel_id,channel_name,channel_type\n" + "1,a,Smoke\n" * 20)
    load()
    (refused,) = query("select load_id from ops.loaded_files")
    with pytest.raises(LoadError, match="was refused whole"):
        retry(load_id=refused["load_id"])


def test_the_retried_records_of_a_feed_and_of_a_report_with_preamble_load(deliver, load, retry, query):
    deliver(
        "contracts/notes.yml",
        "name: desk-notes\ndescription: Notes.\npath: desk/notes*.csv*\nencoding: utf-16\n"
        "dialect: {delimiter: ';', headerRows: [2], commentChar: '#'}\n"
        "schema:\n  fields:\n    - {name: Name, type: string, description: Name.}\n"
        "    - {name: Since, type: date, format: '%d.%m.%Y', description: When.}\n"
        "customer360:\n  footer: {pattern: 'Total.*'}\n  feed:\n    contract: care-customers\n    source: desk\n"
        "    columns: {customer_id: {key: [Name]}, customer_name: Name, registration_date: Since}\n",
    )
    deliver("desk/notes.csv", "Report\nName;Since\nZoë;1.2.2020\nBob;2020/02/03\nTotal 2\n".encode("utf-16"))
    (result,) = load().files
    assert (result.records, result.loaded, result.quarantined) == (2, 1, 1)
    assert (retry().left, retry("Name;Since\nBób;3.2.2020\n".encode()).loaded) == (1, 1)
    rows = query("select customer_name, registration_date::text from raw.care__customers order by _record_number")
    assert [tuple(row.values()) for row in rows] == [("Zoë", "2020-02-01"), ("Bób", "2020-02-03")]


def test_the_commands_check_list_show_export_and_retry(warehouse, landing, deliver, load, tmp_path, monkeypatch, query):
    from customer360 import pipeline, records_commands
    from customer360 import warehouse as warehouses

    deliver("care/channels.csv", CHANNELS)
    monkeypatch.setenv("CUSTOMER360_LANDING", str(landing))
    monkeypatch.setattr(warehouses, "open_warehouse", lambda _settings: warehouse)
    monkeypatch.setattr(pipeline.runs, "open_warehouse", lambda _settings: warehouse)

    def run(command, *arguments):
        return CliRunner().invoke(command, [str(argument) for argument in arguments])

    checked = run(records_commands.contract, "check", landing / "care/channels.csv")
    assert checked.exit_code == 1
    assert 'record 2 (byte 51): channel_type is "Smoke"' in checked.output
    load()
    (loaded,) = query("select load_id from ops.loaded_files")
    load_id = loaded["load_id"]
    listed = run(records_commands.quarantine, "list")
    assert "care.channels" in listed.output and "care/channels.csv" in listed.output
    assert "4,Fax,Voice,more" in run(records_commands.quarantine, "show", load_id).output
    out = tmp_path / "bad.csv"
    assert run(records_commands.quarantine, "export", load_id, "--out", out).exit_code == 0
    assert out.stat().st_mode & 0o777 == 0o600
    out.write_text(out.read_text().replace("Smoke", "Voice").replace(",more", ""))
    retried = run(records_commands.quarantine, "retry", load_id, "--file", out)
    assert retried.output == "3 of 3 records loaded, 0 left in quarantine.\n"
    assert run(records_commands.quarantine, "list").output == "No record is in quarantine.\n"
