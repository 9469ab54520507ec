"""Files in dialects and formats of their own: read as declared, or quarantined, never guessed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import yaml


@pytest.fixture
def notes(deliver, load, query):
    """Loads one file of a contract that the test completes; gives its result and what raw holds."""

    def run(content, fields, dialect=None, *, encoding="utf-8", missing=None, **additions):
        described = [{"description": "A column.", **field} for field in fields]
        deliver(
            "contracts/notes.yml",
            yaml.safe_dump(
                {
                    "name": "desk-notes",
                    "description": "Notes.",
                    "path": "desk/notes*.csv",
                    "encoding": encoding,
                    "dialect": dialect or {},
                    "schema": {"fields": described, "missingValues": [""] if missing is None else missing},
                    "customer360": {"system": "desk", "table": "notes", "delivery": "append", **additions},
                }
            ),
        )
        deliver("desk/notes.csv", content)
        (result,) = load().files
        stored = query("select * from raw.desk__notes order by _record_number")
        names = [field["name"] for field in fields]
        assert result.status == "loaded" or not stored, result.reason
        return result, [tuple(row[name] for name in names) for row in stored]

    return run


ID = {"name": "id", "type": "integer"}


def test_dates_and_instants_are_read_as_their_format_says(notes, query):
    fields = [
        ID,
        {"name": "day", "type": "date", "format": "%d-%m-%Y"},
        {"name": "at", "type": "datetime", "format": "%d.%m.%y %H:%M"},
        {"name": "moment", "type": "datetime", "format": "%b %d, %Y %I:%M:%S %p %z"},
    ]
    content = (
        "id,day,at,moment\n"
        '1,03-02-2021,01.06.69 12:15,"JUN 1, 2023 12:05:00 AM +0530"\n'
        "2,30-02-2021,,\n3,2021-02-03,,\n4,,31.06.23 10:00,\n5,,01.06.23 24:00,\n"
        '6,,1.6.23 9:05,"Jan 31, 2024 01:00:00 pm Z"\n'
    )
    result, stored = notes(content, fields, time_zone="Asia/Kolkata")
    assert stored == [
        (
            1,
            date(2021, 2, 3),
            datetime(1969, 6, 1, 6, 45, tzinfo=UTC),
            datetime(2023, 5, 31, 18, 35, tzinfo=UTC),
        ),
        (6, None, datetime(2023, 6, 1, 3, 35, tzinfo=UTC), datetime(2024, 1, 31, 13, tzinfo=UTC)),
    ]
    reasons = query("select record_number, reasons from quarantine.rejected_records order by 1")
    assert result.quarantined == 4
    assert reasons[0]["reasons"] == ['day is "30-02-2021", which is in no calendar']
    assert reasons[1]["reasons"] == ['day is "2021-02-03", not a date of the form %d-%m-%Y']
    assert reasons[3]["reasons"] == ['at is "01.06.23 24:00", not a date and time of the form %d.%m.%y %H:%M']


def test_numbers_are_read_with_their_declared_marks_only(notes):
    fields = [
        ID,
        {"name": "price", "type": "number", "decimalChar": ",", "groupChar": ".", "constraints": {"maximum": 2e6}},
        {"name": "fee", "type": "number", "groupChar": ",", "bareNumber": False},
        {"name": "count", "type": "integer", "groupChar": " "},
    ]
    good = ["1;1.234,50;$1,234.5;1 000", "2;-7,5;-€ 5;12", "3;1234,5;€-5 EUR;1 00 000", "4;;12,34,567.80 %;"]
    bad = ["5;1.23,4;;", "6;1,234.5;;", "7;;(5.00);", "8;;5.00-;", "9;;;1 0000", "10;2.000.001;;", "11;;1.234,5;"]
    result, stored = notes("\n".join(["id;price;fee;count", *good, *bad]), fields, {"delimiter": ";"})
    assert stored == [
        (1, Decimal("1234.50"), Decimal("1234.5"), 1000),
        (2, Decimal("-7.5"), Decimal("-5"), 12),
        (3, Decimal("1234.5"), Decimal("-5"), 100_000),
        (4, None, Decimal("1234567.80"), None),
    ]
    assert (result.records, result.loaded, result.quarantined) == (11, 4, 7)


def test_a_sentinel_is_null_in_the_field_that_declares_it_alone(notes):
    fields = [
        ID,
        {"name": "age", "type": "integer", "missingValues": ["", "-1", "999"]},
        {"name": "score", "type": "integer"},
    ]
    _, stored = notes("id,age,score\n1,-1,-1\n2,999,999\n3,,\n", fields)
    assert stored == [(1, None, -1), (2, None, 999), (3, None, None)]


def test_a_field_for_which_nothing_is_missing_keeps_the_empty_value(notes):
    fields = [ID, {"name": "note", "type": "string", "missingValues": []}, {"name": "other", "type": "string"}]
    _, stored = notes('id,note,other\n1,,\n2,\\N,"\\N"\n', fields)
    assert stored == [(1, "", None), (2, "\\N", "\\N")]


def test_a_report_with_preamble_comments_and_a_counted_footer_loads(notes):
    content = 'Desk "A\nprinted today\nid;na\n;me\n# 1;x\n1;Ann\n2;Bob\nTotal: 2\n'
    dialect = {"delimiter": ";", "headerRows": [3, 4], "headerJoin": "", "commentChar": "#"}
    footer = {"pattern": r"Total: (?P<records>\d+)"}
    result, stored = notes(content, [ID, {"name": "name", "type": "string"}], dialect, footer=footer)
    assert (result.records, stored) == (2, [(1, "Ann"), (2, "Bob")])


@pytest.mark.parametrize(
    ("tail", "sentence"),
    [
        ("Total: 3\n", "Its footer says 3 records and it has 2; it may be cut off."),
        ("", "It lacks the footer that its contract declares; it may be cut off."),
    ],
)
def test_a_footer_that_counts_otherwise_refuses_the_file(notes, tail, sentence):
    footer = {"pattern": r"Total: (?P<records>\d+)"}
    result, stored = notes(f"id\n1\n2\n{tail}", [ID], footer=footer)
    assert (result.status, result.reason, stored) == ("refused", sentence, [])


def test_a_footer_in_the_middle_is_a_bad_record(notes):
    result, stored = notes("id\n1\nTotal\n2\nTotal\n", [ID], footer={"pattern": "Total"})
    assert (result.quarantined, stored) == (1, [(1,), (2,)])


def test_the_declared_number_of_footer_records_is_no_data(notes):
    result, stored = notes("id\n1\n2\nsum\n3\n", [ID], footer={"records": 2})
    assert (result.quarantined, stored) == (0, [(1,), (2,)])


def test_a_file_without_header_has_the_contracts_fields(notes):
    result, stored = notes("1,Ann\n2\n3,Cid\n", [ID, {"name": "name", "type": "string"}], {"header": False})
    assert (result.quarantined, stored) == (1, [(1, "Ann"), (3, "Cid")])


def test_a_utf_16_file_loads_and_its_bad_records_can_be_read(notes, query):
    result, stored = notes(
        "id,name\n1,Zoë 🎈\nx,Bób\n".encode("utf-16"), [ID, {"name": "name", "type": "string"}], encoding="utf-16"
    )
    assert (result.quarantined, stored) == (1, [(1, "Zoë 🎈")])
    (row,) = query("select record from quarantine.rejected_records")
    assert bytes(row["record"]).decode() == "x,Bób"


def test_an_escaped_export_loads(notes):
    content = "1\ta\\\tb\\\nc\n2\t\\N\n"
    fields = [ID, {"name": "name", "type": "string"}]
    dialect = {"delimiter": "\t", "quoteChar": None, "escapeChar": "\\", "header": False}
    _, stored = notes(content, fields, dialect, missing=["\\N"])
    assert stored == [(1, "a\tb\nc"), (2, None)]
