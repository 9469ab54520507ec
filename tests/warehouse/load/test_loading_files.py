"""Good files, odd but good files, and files that are refused whole."""

from __future__ import annotations

import gzip
import json
import logging
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import zstandard

CUSTOMERS = (
    "customer_id,customer_name,email,phone,registration_date,customer_segment,status,created_at\n"
    "1,Juan Pérez,juan@example.com,+52-555-0001,2024-01-15,Standard,Active,2024-01-15 10:00:00\n"
    "2,María García,maria@example.com,,2024-02-01,Premium,Active,2024-02-01T10:00:00+02:00\n"
)


def only(report):
    assert len(report.files) == 1, report.files
    return report.files[0]


def test_a_file_loads_typed_with_its_origin(deliver, load, query, run_id):
    deliver("care/customers_2026-06-29.csv", CUSTOMERS)
    result = only(load())
    assert (result.status, result.records, result.loaded, result.quarantined) == ("loaded", 2, 2, 0)
    assert (result.system, result.table, result.drift) == ("care", "customers", {})
    rows = query("select * from raw.care__customers order by customer_id")
    assert [row["customer_name"] for row in rows] == ["Juan Pérez", "María García"]
    assert [row["phone"] for row in rows] == ["+52-555-0001", None]
    assert rows[0]["registration_date"] == date(2024, 1, 15)
    assert rows[0]["created_at"] == datetime(2024, 1, 15, 10, tzinfo=UTC)
    assert rows[1]["created_at"] == datetime(2024, 2, 1, 8, tzinfo=UTC)
    assert [row["_record_number"] for row in rows] == [1, 2]
    assert rows[0]["_source_file"] == "care/customers_2026-06-29.csv"
    assert (rows[0]["_run_id"], rows[0]["_business_date"]) == (run_id, date(2026, 6, 30))
    assert rows[0]["_extra"] is None
    (file,) = query("select * from ops.loaded_files")
    assert (file["load_id"], file["delivered_on"]) == (rows[0]["_load_id"], date(2026, 6, 29))
    assert (file["records"], file["loaded"], file["quarantined"], file["key_kind"]) == (2, 2, 0, "column")


def test_the_tables_of_absent_systems_are_there_and_empty(load, query):
    assert load().files == []
    tables = {row["tablename"] for row in query("select tablename from pg_tables where schemaname = 'raw'")}
    assert {"care__customers", "shop__orders", "decisions__auth_tokens", "identity__crosswalk"} <= tables
    assert query("select * from raw.shop__orders") == []


def test_raw_tables_say_what_they_hold(load, query):
    load()
    (row,) = query(
        "select obj_description('raw.care__customers'::regclass) as of_table,"
        " col_description('raw.care__customers'::regclass, 3) as of_column"
    )
    assert row == {
        "of_table": "One record per customer of the care desk.",
        "of_column": "Mail address; no two customers share one.",
    }


def test_the_transformer_may_read_what_was_loaded(deliver, load, warehouse):
    deliver("care/customers.csv", CUSTOMERS)
    load()
    with warehouse.connect("c360_transformer") as connection:
        assert connection.execute("select count(*) from raw.care__customers").fetchone() == (2,)


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("care/customers.csv.gz", gzip.compress),
        ("care/customers.csv.zst", zstandard.ZstdCompressor().compress),
    ],
)
def test_a_packed_file_loads(deliver, load, name, pack):
    deliver(name, pack(CUSTOMERS.encode()))
    assert only(load()).loaded == 2


def test_a_byte_order_mark_is_no_part_of_the_header(deliver, load):
    deliver("care/customers.csv", b"\xef\xbb\xbf" + CUSTOMERS.encode())
    assert only(load()).loaded == 2


def test_windows_line_ends_load_even_mixed_with_others(deliver, load, query):
    first, second, third = CUSTOMERS.splitlines()
    deliver("care/customers.csv", f"{first}\r\n{second}\n{third}\r\n")
    assert only(load()).loaded == 2
    assert query("select created_at from raw.care__customers where created_at is null") == []


def test_blank_lines_are_no_records(deliver, load, query):
    first, second, third = CUSTOMERS.splitlines()
    deliver("care/customers.csv", f"\n{first}\n\n{second}\r\n\r\n   \n{third}\n\n")
    assert only(load()).records == 2
    assert [r["_record_number"] for r in query("select _record_number from raw.care__customers order by 1")] == [1, 2]


def test_a_last_line_without_its_end_loads(deliver, load):
    deliver("care/customers.csv", CUSTOMERS.rstrip("\n"))
    assert only(load()).loaded == 2


def test_quoted_values_keep_their_commas_quotes_backslashes_and_lines(deliver, load, query):
    deliver(
        "notifications/interaction_history.csv",
        "customer_id,channel,Date & Time,interaction_type,sentiment,summary,"
        "response_time_minutes,resolution_status,agent_id\n"
        '1,Phone,2026-06-01 09:00,Complaint,Negative,"said ""no"", then\r\nhung up\\n",5,Pending,a\\b\n'
        '1,Email,2026-06-01 10:00,Inquiry,Neutral,5" tall\ttab,5,Pending,A2\n',
    )
    deliver(
        "notifications/customer_profiles.csv",
        "customer_id,name,age,location,preferred_channel,opted_in,income_bracket,customer_since,satisfaction_score\n"
        "1,Ann,40,Here,Email,Yes,Low,2020-01-01,5\n",
    )
    assert all(file.status == "loaded" and not file.quarantined for file in load().files)
    rows = query(
        "select summary, agent_id, date_time from raw.notifications__interaction_history order by _record_number"
    )
    assert rows[0]["summary"] == 'said "no", then\r\nhung up\\n'
    assert rows[0]["agent_id"] == "a\\b"
    assert rows[0]["date_time"] == datetime(2026, 6, 1, 9, tzinfo=UTC)
    assert rows[1]["summary"] == '5" tall\ttab'


def test_columns_in_another_order_case_and_spacing_load(deliver, load, query):
    deliver("care/channels.csv", " Channel_Type ,CHANNEL_NAME,channel_id\nVoice,Phone,7\n")
    assert only(load()).loaded == 1
    (row,) = query("select channel_id, channel_name, channel_type, is_active from raw.care__channels")
    assert row == {"channel_id": 7, "channel_name": "Phone", "channel_type": "Voice", "is_active": True}


def test_an_extra_column_is_kept_and_reported_as_drift(deliver, load, query):
    deliver("care/channels.csv", 'channel_id,channel_name,channel_type,Colour\n7,Phone,Voice,"sky, blue"\n')
    result = only(load())
    assert (result.loaded, result.drift["unknown_columns"]) == (1, ["Colour"])
    assert query("select _extra from raw.care__channels") == [{"_extra": {"Colour": "sky, blue"}}]
    assert query("select drift -> 'unknown_columns' as new from ops.loaded_files") == [{"new": ["Colour"]}]


def test_a_missing_optional_column_gets_its_default_or_nothing(deliver, load, query):
    deliver("care/agents.csv", "agent_id,agent_name,employee_id\n1,Ana,E1\n")
    assert only(load()).loaded == 1
    (row,) = query("select skill_level, is_active, department, hire_date from raw.care__agents")
    assert row == {"skill_level": "Junior", "is_active": True, "department": None, "hire_date": None}


def test_an_empty_value_in_a_column_that_is_there_stays_empty(deliver, load, query):
    deliver("care/agents.csv", "agent_id,agent_name,employee_id,skill_level\n1,Ana,E1,\n")
    load()
    assert query("select skill_level from raw.care__agents") == [{"skill_level": None}]


def test_arrays_objects_and_narrow_types_are_stored_as_such(deliver, load, query):
    team = "11111111-1111-1111-1111-111111111111"
    deliver("decisions/teams.csv", f"id,name,company_name\n{team},T,C\n")
    deliver(
        "decisions/team_members.csv",
        "id,team_id,email,name,role,expertise_areas,notification_preferences\n"
        f"00000000-0000-0000-0000-000000000001,{team},a@x.example,A,sales_manager,"
        '"[""a,b"", ""c""]","{""mail"": true}"\n'
        f'00000000-0000-0000-0000-000000000002,{team},b@x.example,B,sales_manager,"{{d,""e f""}}",\n',
    )
    assert [file.loaded for file in load().files] == [1, 2]
    rows = query(
        "select expertise_areas, notification_preferences, pg_typeof(escalation_authority)::text as kind"
        " from raw.decisions__team_members order by email"
    )
    assert rows == [
        {"expertise_areas": ["a,b", "c"], "notification_preferences": {"mail": True}, "kind": "integer"},
        {"expertise_areas": ["d", "e f"], "notification_preferences": None, "kind": "integer"},
    ]


def test_a_landings_own_contract_describes_a_different_export(deliver, load, query):
    deliver(
        "contracts/notes.yml",
        "name: desk-notes\ndescription: Notes.\npath: desk/notes*.csv*\nencoding: cp1252\n"
        'dialect: {delimiter: ";", quoteChar: "\'"}\n'
        "schema:\n  missingValues: ['', 'n/a']\n  fields:\n"
        "    - {name: note_id, type: integer, description: Number.}\n"
        "    - {name: written_at, type: datetime, description: When.}\n"
        "    - {name: note, type: string, description: Text., constraints: {pattern: '[A-Za-zé; ]+'}}\n"
        "  primaryKey: [note_id]\n"
        "customer360: {system: desk, table: notes, delivery: append, time_zone: Asia/Kolkata}\n",
    )
    deliver("desk/notes.csv", "note_id;written_at;note\n1;2026-01-01 12:00;caf\xe9\n2;n/a;'a;b'\n".encode("cp1252"))
    assert only(load()).loaded == 2
    assert query("select note, written_at from raw.desk__notes order by note_id") == [
        {"note": "café", "written_at": datetime(2026, 1, 1, 6, 30, tzinfo=UTC)},
        {"note": "a;b", "written_at": None},
    ]


def test_a_contracts_new_field_becomes_a_column(deliver, load, query):
    deliver("care/channels.csv", "channel_id,channel_name,channel_type\n1,Phone,Voice\n")
    load()
    from customer360.contracts.catalogue import SOURCES

    text = (SOURCES / "care" / "channels.yml").read_text()
    field = '    - {name: colour, type: string, description: "Colour of the icon."}\n  missingValues'
    text = text.replace("  missingValues", field, 1).replace("optional: [", "optional: [colour, ")
    deliver("contracts/channels.yml", text)
    deliver("care/channels_2.csv", "channel_id,channel_name,channel_type,colour\n2,Chat,Digital,blue\n")
    load()
    assert query("select channel_id, colour from raw.care__channels order by 1") == [
        {"channel_id": 1, "colour": None},
        {"channel_id": 2, "colour": "blue"},
    ]


REFUSED = {
    "empty": (b"", "It is empty; a file without records still needs its header."),
    "only blank lines": (b"\n\r\n", "It is empty; a file without records still needs its header."),
    "no header": (
        b"1,Phone,Voice\n2,Chat,Digital\n",
        "It has no header: its first line names no column of care-channels; "
        "the first line must name the columns, such as channel_id, channel_name, channel_type.",
    ),
    "missing required column": (
        b"channel_id,channel_type\n1,Voice\n",
        "Its header lacks the required column channel_name; export the file with all columns of care-channels.",
    ),
    "a column twice": (
        b"channel_id,channel_name,channel_type,Channel_Name\n1,a,Voice,b\n",
        "Its header names channel_name more than once; each column may stand once.",
    ),
    "header in another encoding": (
        b"channel_id,channel_name,channel_type,caf\xe9\n1,a,Voice,b\n",
        "Its header is not valid utf-8; export it as utf-8 or say its encoding in the contract.",
    ),
    "carriage returns alone": (
        b"channel_id,channel_name,channel_type\r1,Phone,Voice\r",
        "Its lines end with a carriage return alone; export it with line feeds or Windows line ends.",
    ),
    "utf-16": (
        "channel_id,channel_name,channel_type\n1,a,Voice\n".encode("utf-16"),
        "It is written in UTF-16, its contract says utf-8; export it as utf-8.",
    ),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_a_faulty_file_is_refused_with_a_sentence_and_the_others_go_on(fault, deliver, load, query, caplog):
    content, sentence = REFUSED[fault]
    deliver("care/channels.csv", content)
    deliver("care/customers.csv", CUSTOMERS)
    with caplog.at_level(logging.INFO):
        report = load()
    results = {file.file: file for file in report.files}
    assert (results["care/channels.csv"].status, results["care/channels.csv"].reason) == ("refused", sentence)
    assert results["care/customers.csv"].loaded == 2
    assert report.refused == [results["care/channels.csv"]]
    assert query("select * from raw.care__channels") == []
    assert query("select file, reason from ops.loaded_files where status = 'refused'") == [
        {"file": "care/channels.csv", "reason": sentence}
    ]
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert warnings == [f"care/channels.csv is refused. {sentence}"]


MANY = "channel_id,channel_name,channel_type\n" + "".join(f"{n},name {n * 7919},Voice\n" for n in range(1, 20_001))
DAMAGED = {
    "gzip cut off": ("care/channels.csv.gz", gzip.compress(MANY.encode())[:-2000]),
    "gzip without its trailer": ("care/channels.csv.gz", gzip.compress(MANY.encode())[:-8]),
    "no gzip": ("care/channels.csv.gz", MANY.encode()),
    "zstd cut off": ("care/channels.csv.zst", zstandard.ZstdCompressor().compress(MANY.encode())[:-2000]),
    "no zstd": ("care/channels.csv.zst", MANY.encode()),
}


@pytest.mark.parametrize("fault", DAMAGED)
def test_damaged_packed_data_refuses_the_file_and_leaves_nothing(fault, deliver, load, query):
    deliver(*DAMAGED[fault])
    result = only(load())
    assert result.status == "refused"
    assert "deliver the file again" in result.reason
    assert query("select * from raw.care__channels limit 1") == []
    deliver(
        DAMAGED[fault][0],
        gzip.compress(MANY.encode()) if "gz" in DAMAGED[fault][0] else zstandard.compress(MANY.encode()),
    )
    assert only(load()).loaded == 20_000


def test_a_decompression_bomb_is_refused(deliver, load, query):
    line = b"1,a,Voice," + b"x" * 500_000 + b"\n"
    deliver("care/channels.csv.gz", gzip.compress(b"channel_id,channel_name,channel_type,more\n" + line * 250, 9))
    result = only(load())
    assert (result.status, "decompression bomb" in result.reason) == ("refused", True)
    assert query("select * from raw.care__channels limit 1") == []


def test_a_file_without_contract_is_refused_with_the_layout(deliver, load, query):
    deliver("exports/strange.csv", "a\n1\n")
    result = only(load())
    assert (result.status, result.system) == ("refused", None)
    assert "landing/<system>/<table>*.csv" in result.reason
    assert query("select status from ops.loaded_files") == [{"status": "refused"}]


def test_a_header_alone_is_a_file_of_no_records(deliver, load):
    deliver("care/channels.csv", "channel_id,channel_name,channel_type\n")
    result = only(load())
    assert (result.status, result.records) == ("loaded", 0)


def test_content_postgresql_cannot_take_refuses_the_file(deliver, load):
    deliver("decisions/teams.csv", "id,name,company_name\n11111111-1111-1111-1111-111111111111,T,C\n")
    deep = "[" * 100_000
    deliver(
        "decisions/team_members.csv",
        "id,team_id,email,name,role,notification_preferences\n"
        f"00000000-0000-0000-0000-000000000001,11111111-1111-1111-1111-111111111111,a@x.example,A,sales_manager,{deep}\n",
    )
    assert [file.status for file in load().files] == ["loaded", "refused"]


def test_a_result_is_one_line_of_json(deliver, load):
    deliver("care/channels.csv", "channel_id,channel_name,channel_type\n1,Phone,Voice\n2,Chat,Smoke\n")
    assert json.loads(only(load()).as_json()) == {
        "file": "care/channels.csv",
        "status": "loaded",
        "records": 2,
        "loaded": 1,
        "quarantined": 1,
        "reason": None,
        "drift": {"absent_columns": ["is_active", "created_at"]},
    }


def test_money_is_stored_to_the_cent(deliver, load, query):
    deliver("care/service_plans.csv", "service_plan_id,plan_name,monthly_fee\n1,Basic,15.10\n2,More,2.5e1\n")
    assert only(load()).loaded == 2
    assert [row["monthly_fee"] for row in query("select monthly_fee from raw.care__service_plans order by 1")] == [
        Decimal("15.10"),
        Decimal("25.00"),
    ]


def test_records_carry_the_load_file_and_day_they_came_with(deliver, load, query, warehouse):
    # One connection loads several files, and a table made by an earlier version has no defaults yet.
    for day in ("2026-06-01", "2026-06-02", "2026-06-03"):
        deliver(f"care/agents_{day}.csv", f"agent_id,agent_name,employee_id\n1,Ann {day},E1\nx,Bob,E2\n")
    load()
    with warehouse.connect("c360_loader") as connection:
        for column in ("_load_id", "_run_id", "_source_file", "_business_date", "_loaded_at"):
            connection.execute(f"alter table raw.care__agents alter column {column} drop default")
    deliver("care/agents_2026-06-04.csv", "agent_id,agent_name,employee_id\n1,Ann,E1\n")
    load()
    rows = query(
        "select a._source_file, l.file, a._run_id = l.run_id as of_run, a._record_number, a._business_date,"
        " a._loaded_at is not null as has_instant from raw.care__agents a"
        " join ops.loaded_files l on l.load_id = a._load_id order by 1"
    )
    assert [row["file"][-8:] for row in rows] == ["6-01.csv", "6-02.csv", "6-03.csv", "6-04.csv"]
    assert all(row["_source_file"] == row["file"] and row["of_run"] and row["has_instant"] for row in rows)
    assert {(row["_record_number"], row["_business_date"]) for row in rows} == {(1, date(2026, 6, 30))}


def test_the_first_load_of_a_table_makes_the_indexes_on_its_keys(deliver, load, query):
    indexes = "select indexname from pg_indexes where tablename = 'care__agents' order by 1"
    deliver("care/channels.csv", "channel_id,channel_name,channel_type\n1,Phone,Voice\n")
    load()
    assert [row["indexname"] for row in query(indexes)] == ["care__agents__load"]
    deliver("care/agents.csv", "agent_id,agent_name,employee_id\n1,Ann,E1\n")
    load()
    assert "care__agents__key" in [row["indexname"] for row in query(indexes)]
