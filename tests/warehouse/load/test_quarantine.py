"""Records that break their contract: every reason, their place and their bytes."""

from __future__ import annotations

import gzip

import pytest
import zstandard

HEADER = (
    "interaction_id,customer_id,channel_id,interaction_type_id,agent_id,start_timestamp,duration_seconds,"
    "satisfaction_score,resolution_status,language"
)
GOOD = "{},1,1,1,,2026-06-01 10:00:00,60,0.50,Resolved,es"

PARENTS = {
    "care/customers.csv": "customer_id,customer_name,email,phone\n1,Ann,ann@example.com,\n",
    "care/channels.csv": "channel_id,channel_name,channel_type\n1,Phone,Voice\n",
    "care/interaction_types.csv": "interaction_type_id,interaction_code,interaction_name\n1,BILLING,Billing\n",
}


@pytest.fixture
def interactions(deliver, load):
    """Delivers interactions with their parents and loads them; returns that file's result."""

    def run(records, name="care/customer_interactions.csv", pack=bytes, header=HEADER):
        for parent, content in PARENTS.items():
            deliver(parent, content)
        text = "\n".join([header, *records])
        deliver(name, pack(text.encode() if isinstance(text, str) else text))
        (result,) = [file for file in load().files if file.file == name]
        return result

    return run


@pytest.fixture
def reasons(query):
    def ask():
        rows = query("select record_number, reasons from quarantine.rejected_records order by record_number")
        return {row["record_number"]: row["reasons"] for row in rows}

    return ask


def changed(number, **values):
    record = dict(zip(HEADER.split(","), GOOD.format(number).split(","), strict=True)) | values
    return ",".join(record.values())


REASONS = [
    ({"customer_id": "abc"}, ['customer_id is "abc", not a whole number']),
    ({"customer_id": "1_000"}, ['customer_id is "1_000", not a whole number']),
    ({"customer_id": "0x1"}, ['customer_id is "0x1", not a whole number']),
    ({"customer_id": " 1"}, ['customer_id is " 1", not a whole number']),
    ({"customer_id": "1.5"}, ['customer_id is "1.5", not a whole number']),
    ({"customer_id": "-"}, ['customer_id is "-", not a whole number']),
    ({"customer_id": "0"}, ['customer_id is "0", below the minimum 1']),
    ({"customer_id": "9" * 19}, [f'customer_id is "{"9" * 19}", outside the range of bigint']),
    ({"duration_seconds": "99999999999"}, ['duration_seconds is "99999999999", outside the range of integer']),
    ({"customer_id": ""}, ["customer_id is missing"]),
    ({"satisfaction_score": "1.7"}, ['satisfaction_score is "1.7", above the maximum 1']),
    ({"satisfaction_score": "0.725"}, ['satisfaction_score is "0.725", with more than 2 decimals']),
    (
        {"satisfaction_score": "123"},
        ['satisfaction_score is "123", with more than 1 digits before the decimal point'],
    ),
    ({"satisfaction_score": "NaN"}, ['satisfaction_score is "NaN", not a number']),
    ({"satisfaction_score": "Infinity"}, ['satisfaction_score is "Infinity", not a number']),
    ({"satisfaction_score": "good"}, ['satisfaction_score is "good", not a number']),
    (
        {"resolution_status": "Maybe"},
        ['resolution_status is "Maybe", not one of Resolved, Pending, Escalated, Cancelled'],
    ),
    ({"language": "spanish"}, ['language is "spanish", longer than 5 characters']),
    *(
        ({"start_timestamp": word}, [f'start_timestamp is "{word}", not a date and time such as 2026-06-30 17:45:00'])
        for word in (
            "now",
            "yesterday",
            "infinity",
            "epoch",
            "2026-02-30 10:00:00",
            "01/02/2026 10:00",
            "20260601",
            "10:00",
        )
    ),
    (
        {"customer_id": "x", "satisfaction_score": "1.7", "language": "spanish"},
        [
            'customer_id is "x", not a whole number',
            'satisfaction_score is "1.7", above the maximum 1',
            'language is "spanish", longer than 5 characters',
        ],
    ),
]


def test_every_reason_of_a_bad_record_is_kept(interactions, reasons, deliver):
    deliver("contracts/keep.yml", _limit(100))
    records = [changed(number, **values) for number, (values, _) in enumerate(REASONS, 1)]
    result = interactions([*records, GOOD.format(1000)])
    assert (result.records, result.loaded, result.quarantined) == (len(REASONS) + 1, 1, len(REASONS))
    assert reasons() == {number: expected for number, (_, expected) in enumerate(REASONS, 1)}


def _limit(records):
    from customer360.contracts.catalogue import SOURCES

    text = (SOURCES / "care" / "customer_interactions.yml").read_text()
    return f"{text}  quarantine_limit: {{records: {records}}}\n"


def test_only_an_iso_day_is_a_date(deliver, load, reasons):
    words = ["now", "today", "infinity", "2026-02-30", "2026-6-1", "01/02/2026", "2026-06-01 10:00"]
    records = [f"{number},Ann,E{number},{word}" for number, word in enumerate(words, 1)]
    deliver("care/agents.csv", "\n".join(["agent_id,agent_name,employee_id,hire_date", *records]))
    load()
    assert reasons() == {
        number: [f'hire_date is "{word}", not a date such as 2026-06-30'] for number, word in enumerate(words, 1)
    }


def test_spellings_of_true_are_those_of_the_contract(deliver, load, reasons, query):
    deliver(
        "care/agents.csv", "agent_id,agent_name,employee_id,is_active\n1,A,E1,TRUE\n2,B,E2,0\n3,C,E3,yes\n4,D,E4,\n"
    )
    load()
    assert [row["is_active"] for row in query("select is_active from raw.care__agents order by agent_id")] == [
        True,
        False,
        None,
    ]
    assert reasons() == {3: ['is_active is "yes", not one of true, True, TRUE, t, 1, false, False, FALSE, f, 0']}


def test_uuids_addresses_objects_and_arrays_are_checked(deliver, load, reasons):
    ids = [f"00000000-0000-0000-0000-00000000000{n}" for n in range(6)]
    deliver("decisions/teams.csv", f"id,name,company_name\n{ids[0]},T,C\n")
    deliver(
        "decisions/team_members.csv",
        "id,team_id,email,name,role,expertise_areas,notification_preferences\n"
        f"not-a-uuid,{ids[0]},a@x.example,A,sales_manager,,\n"
        f"{ids[1]},{ids[0]},b@x.example,B,sales_manager,plain,\n"
        f"{ids[2]},{ids[0]},c@x.example,C,sales_manager,,not json\n"
        f"{ids[3]},{ids[0]},d@x.example,D,sales_manager,,5\n"
        f'{ids[4]},{ids[0]},e@x.example,E,sales_manager,"[broken",\n',
    )
    load()
    assert reasons() == {
        1: ['id is "not-a-uuid", not a UUID'],
        2: ['expertise_areas is "plain", neither a JSON array nor a PostgreSQL array'],
        3: ['notification_preferences is "not json", not JSON'],
        4: ['notification_preferences is "5", neither a JSON object nor a JSON array'],
        5: ['expertise_areas is "[broken", neither a JSON array nor a PostgreSQL array'],
    }


def test_reasons_leave_personal_values_out(deliver, load, reasons):
    deliver("care/customers.csv", f"customer_id,customer_name,email,phone\n1,{'Ann' * 50},a@example.com,{'5' * 30}\n")
    load()
    assert reasons() == {1: ["customer_name is longer than 100 characters", "phone is longer than 20 characters"]}


def test_a_long_value_is_shortened_in_its_reason(interactions, reasons):
    interactions([changed(1, resolution_status="x" * 500)])
    assert reasons() == {1: [f'resolution_status is "{"x" * 60}…", not one of Resolved, Pending, Escalated, Cancelled']}


def test_a_wrong_number_of_fields_quarantines_the_record(interactions, reasons):
    result = interactions([GOOD.format(1), "2,1,1", GOOD.format(3) + ",more", GOOD.format(4)])
    assert (result.loaded, result.quarantined) == (2, 2)
    assert reasons() == {
        2: ["the record has 3 fields, the header has 10"],
        3: ["the record has 11 fields, the header has 10"],
    }


def test_a_truncated_last_line_is_one_bad_record(interactions, reasons):
    result = interactions([GOOD.format(1), GOOD.format(2), "3,1,1,1,"])
    assert (result.loaded, result.quarantined) == (2, 1)
    assert reasons() == {3: ["the record has 5 fields, the header has 10; the file may be cut off"]}


@pytest.mark.parametrize("tail", ['3,1,"1,1', '3,1,"1,1\n'])
def test_a_quote_still_open_at_the_end_is_one_bad_record(tail, interactions, reasons):
    result = interactions([GOOD.format(1), GOOD.format(2), tail])
    assert (result.records, result.loaded, result.quarantined) == (3, 2, 1)
    assert reasons() == {3: ["a quoted value is never closed; the file may be cut off"]}


@pytest.mark.parametrize("close", ["", '4,1,"1",1\n'])
def test_a_quote_never_closed_does_not_swallow_the_records_behind_it(close, interactions, reasons):
    records = [GOOD.format(1), '2,1,"1,1', GOOD.format(3), *([close.strip()] if close else []), GOOD.format(5)]
    result = interactions(records)
    assert result.loaded == 3
    assert reasons()[2] == ["a quoted value is never closed"]
    assert result.loaded + result.quarantined == result.records == len(records)


def test_text_behind_a_closing_quote_quarantines_the_record(interactions, reasons):
    interactions([GOOD.format(1).replace("Resolved", '"Resol"ved')])
    assert reasons() == {1: ["text follows the closing quote of a value"]}


def test_bytes_that_are_no_text_quarantine_their_record_alone(deliver, load, reasons, query):
    deliver(
        "care/channels.csv",
        b"channel_id,channel_name,channel_type\n1,Phone,Voice\n2,caf\xe9,Voice\n3,a\0b,Voice\n4,Chat,Digital\n5,a\rb,Voice\n",
    )
    load()
    assert reasons() == {
        2: ["byte 6 of the record is not valid utf-8"],
        3: ["channel_name has a NUL byte"],
        5: ["a carriage return stands outside quotes"],
    }
    assert [
        row["record"] for row in query("select record from quarantine.rejected_records order by record_number")
    ] == [
        b"2,caf\xe9,Voice",
        b"3,a\0b,Voice",
        b"5,a\rb,Voice",
    ]
    assert query("select channel_id from raw.care__channels order by 1") == [{"channel_id": 1}, {"channel_id": 4}]


@pytest.mark.parametrize(
    ("suffix", "pack"), [("", bytes), (".gz", gzip.compress), (".zst", zstandard.ZstdCompressor().compress)]
)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_bad_records_keep_their_exact_bytes_and_place(suffix, pack, mark, deliver, load, query):
    records = [
        b"1,Phone,Voice\r\n",
        b'2,"a ""quoted""\r\nname, of\nthree lines",Smoke\r\n',
        b"\n",
        b"3,Chat,Digital\n",
        b"x,\xc3\x89cole,Voice\n",
        b'4,"Fax",Voice\n',
        b"5,cut",
    ]
    content = mark + b"channel_id,channel_name,channel_type\n" + b"".join(records)
    deliver(f"care/channels.csv{suffix}", pack(content))
    load()
    rows = query("select record_number, byte_offset, record, reasons from quarantine.rejected_records order by 1")
    assert [(row["record_number"], row["record"]) for row in rows] == [
        (2, b'2,"a ""quoted""\r\nname, of\nthree lines",Smoke'),
        (4, b"x,\xc3\x89cole,Voice"),
        (6, b"5,cut"),
    ]
    for row in rows:
        assert content[row["byte_offset"] :].startswith(row["record"])
    assert query("select channel_name from raw.care__channels order by channel_id") == [
        {"channel_name": "Phone"},
        {"channel_name": "Chat"},
        {"channel_name": "Fax"},
    ]


def test_bytes_are_found_far_into_a_large_file(deliver, load, query):
    lines = [f'{n},"name {n}, ""x""",Voice' if n % 3 else f"{n},name {n},Voice" for n in range(1, 60_001)]
    bad = [777, 31_234, 59_999]
    for number in bad:
        lines[number - 1] = f"{number},name {number},Smoke\u2028"
    content = "\n".join(["channel_id,channel_name,channel_type", *lines]).encode()
    deliver("care/channels.csv.gz", gzip.compress(content))
    (result,) = load().files
    assert (result.records, result.quarantined) == (60_000, 3)
    for row in query("select * from quarantine.rejected_records"):
        assert row["record"] == lines[row["record_number"] - 1].encode()
        assert content[row["byte_offset"] :].startswith(row["record"] + b"\n")
        assert row["record_number"] in bad


def test_a_record_longer_than_any_real_one_is_quarantined_alone(deliver, load, reasons, query):
    long = b"2," + b"x" * 6_000_000 + b",Voice\n"
    deliver(
        "care/channels.csv", b"channel_id,channel_name,channel_type\n1,a,Voice\n" + long + b"3,b,Voice\n4,c,Smoke\n"
    )
    (result,) = load().files
    assert (result.records, result.loaded, result.quarantined) == (4, 2, 2)
    assert reasons()[2] == ["the record is longer than 4 MiB, of which the beginning is kept"]
    assert query("select record from quarantine.rejected_records where record_number = 4") == [{"record": b"4,c,Smoke"}]


def test_a_repeated_key_quarantines_the_later_record(interactions, reasons, query):
    result = interactions([GOOD.format(12), GOOD.format(7), GOOD.format("012"), GOOD.format(12)])
    assert (result.loaded, result.quarantined) == (2, 2)
    assert reasons() == {3: ["same interaction_id as record 1"], 4: ["same interaction_id as record 1"]}
    assert query("select _record_number from raw.care__customer_interactions order by 1") == [
        {"_record_number": 1},
        {"_record_number": 2},
    ]


def test_a_record_is_no_duplicate_of_one_that_was_quarantined(interactions, reasons):
    interactions([changed(1, language="spanish"), GOOD.format(1), changed(1, language="english")])
    assert reasons() == {
        1: ['language is "spanish", longer than 5 characters'],
        3: ['language is "english", longer than 5 characters', "same interaction_id as record 2"],
    }


def test_unique_columns_are_unique_within_a_file(deliver, load, reasons):
    deliver("care/channels.csv", "channel_id,channel_name,channel_type\n1,Phone,Voice\n2,Phone,Voice\n3,phone,Voice\n")
    load()
    assert reasons() == {2: ["same channel_name as record 1"]}


def test_sets_of_columns_are_unique_within_a_file(deliver, load, reasons):
    deliver("care/customers.csv", PARENTS["care/customers.csv"])
    deliver("care/service_plans.csv", "service_plan_id,plan_name\n1,Basic\n2,More\n")
    deliver(
        "care/customer_service_plans.csv",
        "customer_id,service_plan_id,start_date\n1,1,2026-01-01\n1,2,2026-01-01\n1,1,2026-01-01\n1,1,2026-02-01\n",
    )
    load()
    assert reasons() == {3: ["same customer_id, service_plan_id and start_date as record 1"]}


def test_a_value_taken_by_another_key_of_an_earlier_file_is_quarantined(deliver, load, reasons, query):
    header = "customer_id,customer_name,email,phone\n"
    deliver("care/customers_2026-01-01.csv", header + "1,Ann,ann@example.com,\n2,Bob,bob@example.com,\n")
    deliver("care/customers_2026-01-02.csv", header + "3,Cid,ann@example.com,\n1,Anna,ann@example.com,\n")
    load()
    assert reasons() == {1: ["same email as customer_id 1, which is stored already"]}
    assert len(query("select * from raw.care__customers where customer_id = 1")) == 2


def test_a_value_given_up_by_its_owner_is_free_again(deliver, load, reasons):
    header = "customer_id,customer_name,email,phone\n"
    deliver("care/customers_2026-01-01.csv", header + "1,Ann,ann@example.com,\n2,Bob,bob@example.com,\n")
    deliver("care/customers_2026-01-02.csv", header + "1,Ann,bob@example.com,\n2,Bob,ann@example.com,\n")
    deliver("care/customers_2026-01-03.csv", header + "1,Ann,,\n")
    deliver("care/customers_2026-01-04.csv", header + "3,Cid,bob@example.com,\n")
    load()
    assert reasons() == {}


def test_a_file_over_its_quarantine_limit_is_refused_whole(interactions, reasons, query):
    records = [GOOD.format(n) for n in range(1, 500)] + [changed(n, language="spanish") for n in range(500, 511)]
    result = interactions(records)
    assert (result.status, result.records, result.loaded, result.quarantined) == ("refused", 510, 0, 11)
    assert result.reason == (
        "11 of its 510 records break the contract, more than its quarantine limit allows; nothing of it is loaded. "
        'The first is record 500: language is "spanish", longer than 5 characters.'
    )
    assert query("select * from raw.care__customer_interactions") == []
    assert reasons() == {n: ['language is "spanish", longer than 5 characters'] for n in range(500, 511)}
    (file,) = query("select * from ops.loaded_files where status = 'refused'")
    assert (file["records"], file["loaded"], file["quarantined"]) == (510, 0, 11)


def test_a_file_at_its_quarantine_limit_loads(interactions):
    records = [GOOD.format(n) for n in range(1, 100)] + [changed(n, language="spanish") for n in range(500, 510)]
    result = interactions(records)
    assert (result.status, result.loaded, result.quarantined) == ("loaded", 99, 10)


def test_of_a_file_far_over_the_limit_a_hundred_records_are_kept(interactions, query):
    result = interactions([changed(n, language="spanish") for n in range(1, 301)])
    assert (result.status, result.quarantined) == ("refused", 300)
    assert query("select count(*) from quarantine.rejected_records") == [{"count": 100}]


def test_of_two_crm_customers_with_one_mail_address_the_later_record_is_quarantined(deliver, load, query):
    """Both as current would break the unique key of crm.customer_info and stop the publish of every table."""
    head = "customer_id,customer_name,email,phone,gender,age,date_of_birth,city,state\n"

    def customer(number: int, mail: str) -> str:
        return f"{number},Name {number},{mail},,Female,40,1986-01-01,Pune,Maharashtra\n"

    deliver("crm/customer_info_2026-06-01.csv", head + customer(1, "a@x.example") + customer(2, "a@x.example"))
    deliver("crm/customer_info_2026-06-02.csv", head + customer(3, "a@x.example") + customer(4, "b@x.example"))
    load()
    assert query("select array_agg(customer_id order by customer_id) as ids from raw.crm__customer_info") == [
        {"ids": [1, 4]}
    ]
    assert [
        reason
        for row in query("select reasons from quarantine.rejected_records order by load_id")
        for reason in row["reasons"]
    ] == [
        "same email as record 1",
        "same email as customer_id 1, which is stored already",
    ]
