"""Records that are loaded a block at a time end up as those that are judged one by one: same rows, same rejects."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psycopg
import pyarrow as pa
import pytest
from customer360.contracts import Contract
from customer360.load.blockwise import Blockwise
from customer360.load.columnwise import Values, column_of
from customer360.load.discover import LandingFile
from customer360.load.file import FileLoader
from customer360.load.header import match_header
from customer360.load.raw_rows import DeliveredRows
from customer360.load.raw_tables import make_raw_tables
from customer360.load.source import LocalSource
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from warehouses import copy_of, drop

TYPES = {
    "number": ("integer", {"constraints": {"minimum": -5, "maximum": 70000}}, None),
    "small": ("integer", {"constraints": {"required": True}}, "smallint"),
    "price": ("number", {"constraints": {"minimum": 0, "maximum": 99.5}}, "numeric(5,2)"),
    "ratio": ("number", {}, "double precision"),
    "amount": ("number", {}, None),
    "day": ("date", {}, None),
    "instant": ("datetime", {}, None),
    "local": ("datetime", {}, "timestamp"),
    "word": ("string", {"constraints": {"enum": ["yes", "no", "N/A", "é"]}}, None),
    "code": ("string", {"constraints": {"pattern": "[A-Z]{2}(-\\d+)?|x.*"}}, None),
    "short": ("string", {"constraints": {"maxLength": 3, "required": True}}, None),
    "name": ("string", {}, "varchar(5)"),
    "flag": ("boolean", {"trueValues": ["true", "Si"], "falseValues": ["false", "No"]}, None),
    "uid": ("string", {}, "uuid"),
    "object": ("object", {}, None),
}
GOOD = {
    "number": st.integers(-5, 70000).map(str),
    "small": st.integers(-32768, 32767).map(str),
    "price": st.decimals(0, 99, places=2).map(str),
    "ratio": st.floats(-1000, 1000).map(lambda x: f"{x:.3f}"),
    "amount": st.integers(0, 10**9).map(str),
    "day": st.dates().map(str),
    "instant": st.datetimes().map(str) | st.datetimes().map(lambda t: t.replace(microsecond=0).isoformat() + "Z"),
    "local": st.datetimes().map(lambda t: str(t.replace(microsecond=0))),
    "word": st.sampled_from(["yes", "no", "é"]),
    "code": st.sampled_from(["ES", "DE-12", "xyz", "x"]),
    "short": st.sampled_from(["a", "éèê", '"q"', "a\\b", "1,2"]),
    "name": st.sampled_from(["Ann", "Zoë", "a,b", 'a"b', "\\N", "a\tb", "a\nb", "\\."]),
    "flag": st.sampled_from(["true", "false", "Si", "No", "YES"]),
    "uid": st.uuids().map(str),
    "object": st.sampled_from(["{}", "[1, 2]", '{"a": "b"}', '{"a": null}']),
}
ODD = st.sampled_from(
    [
        "",
        "N/A",
        "NULL",
        " ",
        " 1",
        "1 ",
        "+1",
        "-1",
        "-0",
        "00",
        "0x1",
        "1_000",
        "1e3",
        ".5",
        "5.",
        "1.2.3",
        "-",
        "--1",
        "0.725",
        "1000",
        "99.51",
        "NaN",
        "Infinity",
        "9" * 19,
        "32768",
        "-32769",
        "70001",
        "12345678901234567",
        "2026-02-29",
        "2024-02-29",
        "0000-01-01",
        "2026-13-01",
        "now",
        "today",
        "infinity",
        "epoch",
        "20260101",
        "2026-01-01 24:00:00",
        "2026-01-01 23:59:60",
        "2026-01-01 10:00",
        "2026-01-01T10:00:00+05:30",
        "2026-01-01 10:00:00+15",
        "2026-01-01 10:00:00-1460",
        "2026-01-01 10:00:00.1234567",
        "2026-01-01 10:00:00 Z",
        "1/2/2026",
        "TRUE",
        "t",
        "yes",
        "XX",
        "ES-",
        "xé",
        "x\n",
        "éèêë",
        "toolong",
        "{",
        '"a"',
        "5",
        '{"a": NaN}',
        '{"a": "\\u0000"}',
        "[1e400000]",
        "\0",
        "\x1f",
        "\r",
        "$2b$12$abc",
        "\udce9",
        '"',
        'a"b',
        "\\",
        "\\N",
    ]
)


PLAIN = {"trueValues": ["true", "Yes"], "falseValues": ["false", "No"]}
"""Words that PostgreSQL takes for the same, so that lines can be passed on as they are."""


def contract(key: list[str], missing: list[str], plain: bool = False) -> Contract:
    types = TYPES | ({"flag": ("boolean", PLAIN, None)} if plain else {})
    fields = [{"name": name, "type": kind, "description": name, **more} for name, (kind, more, _) in types.items()]
    return Contract.model_validate(
        {
            "name": "desk-notes",
            "description": "Notes.",
            "path": "desk/notes*.csv",
            "schema": {"fields": fields, "primaryKey": key, "missingValues": missing},
            "customer360": {
                "system": "desk",
                "table": f"notes_{len(key)}_{len(missing)}_{plain:d}",
                "delivery": "append",
                "time_zone": "Asia/Kolkata",
                "postgres_types": {name: narrow for name, (_, _, narrow) in TYPES.items() if narrow},
                "optional": ["word", "flag"],
                "defaults": {"word": "no", "flag": "No"},
                "unique": [["short", "number"]],
                "quarantine_limit": {"share": 1.0},
            },
        }
    )


@st.composite
def deliveries(draw) -> bytes:
    """A file of records of which many have an odd value, a part that is missing or one that is too much."""
    names = [*draw(st.permutations(list(TYPES))), "extra"]
    names = [name for name in names if name not in draw(st.sampled_from([(), ("word", "flag"), ("extra",)]))]
    text = io.StringIO(newline="")
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    writer = csv.writer(text, quoting=quoting, lineterminator=draw(st.sampled_from(["\n", "\r\n"])))
    writer.writerow(names)
    good = st.fixed_dictionaries({name: GOOD.get(name, GOOD["name"]) for name in names})
    for record in draw(st.lists(good, min_size=1, max_size=25)):
        for name in draw(st.lists(st.sampled_from(names), max_size=2)):
            record[name] = draw(ODD)
        writer.writerow(list(record.values())[: draw(st.sampled_from([99] * 8 + [3]))])
        if draw(st.integers(0, 9)) == 0:
            text.write(draw(st.sampled_from(['1,"a\n', "\n", '"a"b,c\n', "  \n"])))
    return text.getvalue().encode("utf-8", "surrogateescape")


@pytest.fixture(scope="module")
def connection(empty_warehouse) -> Iterator[psycopg.Connection]:
    """As the loader; whatever happens over it is undone."""
    warehouse = copy_of(empty_warehouse)
    with (
        warehouse.connect("c360_loader", autocommit=True) as connection,
        connection.transaction(force_rollback=True),
    ):
        yield connection
    drop(warehouse)


def outcome(connection: psycopg.Connection, path: Path, kind: Contract, by_blocks: bool):
    """The result of loading the file, its rows and its rejected records, afterwards undone."""
    possible = Blockwise.possible
    Blockwise.possible = property(lambda way: by_blocks and possible.fget(way))
    try:
        with connection.transaction(force_rollback=True):
            make_raw_tables(connection, [kind])
            (run,) = connection.execute(
                "insert into ops.runs (kind, as_of_date) values ('test', '2026-06-30') returning run_id"
            ).fetchone()
            result = FileLoader(connection, [kind], run, date(2026, 6, 30)).load(file_at(path), kind)
            rows = connection.execute(
                f"select to_jsonb(r) - '_load_id' - '_run_id' from raw.{kind.raw_table} r order by _record_number"
            ).fetchall()
            rejected = connection.execute(
                "select record_number, byte_offset, record, reasons from quarantine.rejected_records order by 1"
            ).fetchall()
    finally:
        Blockwise.possible = possible
    return (result.status, result.records, result.loaded, result.quarantined, result.reason), rows, rejected


def file_at(path: Path) -> LandingFile:
    return LandingFile("desk/notes.csv", LocalSource(path))


@settings(max_examples=35, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    delivery=deliveries(),
    key=st.sampled_from([["small"], ["day", "short"], ["price"], []]),
    missing=st.sampled_from([[""], [""], ["", "N/A"], ["NULL"]]),
    plain=st.booleans(),
)
def test_both_ways_load_and_quarantine_the_same(connection, tmp_path_factory, delivery, key, missing, plain):
    path = tmp_path_factory.getbasetemp() / "notes.csv"
    path.write_bytes(delivery)
    kind = contract(key, missing, plain)
    by_blocks, one_by_one = (outcome(connection, path, kind, way) for way in (True, False))
    assert by_blocks == one_by_one
    (status, records, loaded, quarantined, _), _, _ = by_blocks
    assert (status, records) == ("loaded", loaded + quarantined)


def test_most_good_values_are_beyond_doubt():
    kind = contract([], [""])
    good = {
        "number": "70000", "small": "-5", "price": "99.50", "ratio": "1.5", "amount": "12", "day": "2024-02-29",
        "instant": "2026-06-30 17:45:00", "local": "2026-06-30T17:45:00", "word": "é", "code": "DE-12",
        "short": "éèê", "name": "a\\b", "flag": "Si", "uid": "00000000-0000-0000-0000-00000000000A",
        "object": '{"a": [1]}',
    }  # fmt: skip
    for field in kind.fields:
        column, values = column_of(kind, field), Values.of(pa.array([good[field.name].encode()], pa.binary()))
        assert column is not None
        assert not column.doubtful(values, column.missing(values)).any(), field.name


def test_lines_are_passed_on_where_postgresql_reads_them_as_the_contract_does(connection, tmp_path):
    good = {
        "number": "7", "small": '"-5"', "price": "", "ratio": '""', "amount": "12", "day": "2024-02-29",
        "instant": "2026-06-30 17:45:00Z", "local": "", "word": "é", "code": '"DE-12"', "short": "\\N",
        "name": '"a""\\"', "flag": "Yes", "uid": "", "object": '"{""a"": ""b""}"',
    }  # fmt: skip
    kind, path = contract(["small"], [""], plain=True), tmp_path / "notes.csv"
    header = match_header(list(good), kind)
    assert DeliveredRows.possible(kind, header, list(Blockwise(kind, header)._columns.values()))
    path.write_text(f"{','.join(good)}\r\n{','.join(good.values())}\r\n{','.join(good.values())}", newline="")
    by_blocks = outcome(connection, path, kind, True)
    assert by_blocks == outcome(connection, path, kind, False)
    (_, records, loaded, quarantined, _), ((row,),), _ = by_blocks
    assert (records, loaded, quarantined) == (2, 1, 1)
    assert (row["short"], row["name"], row["flag"], row["ratio"]) == ("\\N", 'a"\\', True, None)


@pytest.mark.parametrize("most", [1, 1000])
def test_keys_are_told_apart_within_a_block_across_blocks_and_beyond_the_filters_size(
    connection, tmp_path, monkeypatch, most
):
    monkeypatch.setattr("customer360.load.keys.MAX_KEYS", most)
    monkeypatch.setattr("customer360.load.content.PIECE_BYTES", 200)
    kind, path = contract(["small"], [""], plain=True), tmp_path / "notes.csv"
    numbers = [*range(1, 40), 7, 7, 40, 1]
    records = [f"{place},{number},1,1,1,2026-01-01,,,yes,ES,a,b,,,\n" for place, number in enumerate(numbers)]
    path.write_text(",".join(TYPES) + "\n" + "".join(records))
    by_blocks = outcome(connection, path, kind, True)
    assert by_blocks == outcome(connection, path, kind, False)
    assert [(number, reasons) for number, _, _, reasons in by_blocks[2]] == [
        (40, ["same small as record 7"]),
        (41, ["same small as record 7"]),
        (43, ["same small as record 1"]),
    ]


def test_a_value_that_postgresql_refuses_after_all_sends_the_file_the_other_way(connection, tmp_path, monkeypatch):
    # Whatever the check of a column overlooks, nothing is lost and nothing is stored wrongly.
    monkeypatch.setattr("customer360.load.columnwise.Column.doubtful", lambda column, values, missing: missing & False)
    path = tmp_path / "notes.csv"
    kind = contract(["small"], [""])
    path.write_text(",".join(TYPES) + "\n1,1,1,1,1,2026-01-01,,,yes,ES,a,b,Si,,\n1,x,1,1,1,2026-01-01,,,,,a,b,Si,,\n")
    assert outcome(connection, path, kind, True) == outcome(connection, path, kind, False)
    assert outcome(connection, path, kind, True)[0][:4] == ("loaded", 2, 1, 1)
