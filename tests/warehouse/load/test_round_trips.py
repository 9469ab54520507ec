"""What was meant is what is stored, in any dialect, and damage costs the damaged records and no other."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import zstandard
from customer360.contracts import Contract
from customer360.load import LOADER
from customer360.load.discover import LandingFile
from customer360.load.file import FileLoader
from customer360.load.raw_tables import make_raw_tables
from customer360.load.report import FileResult
from customer360.load.source import LocalSource
from customer360.warehouse import OWNER, Warehouse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from warehouses import copy_of, drop

NAUGHTY = json.loads((Path(__file__).parents[2] / "data" / "naughty_strings.json").read_text())

Row = tuple[int, str, Decimal | None]
Loaded = tuple[FileResult, list[Row], dict[int, list[str]]]


def contract(encoding: str = "utf-8", decimal: str = ".", preamble: int = 0, **dialect: object) -> Contract:
    """A contract of records of an id, a text that is never missing and an amount."""
    return Contract.model_validate(
        {
            "name": "desk-notes",
            "description": "Notes.",
            "path": "desk/notes*",
            "encoding": encoding,
            "dialect": {"headerRows": [preamble + 1], **dialect},
            "schema": {
                "fields": [
                    {"name": "id", "type": "integer", "description": "Id.", "constraints": {"required": True}},
                    {"name": "text", "type": "string", "description": "Text.", "missingValues": []},
                    {"name": "amount", "type": "number", "description": "Amount.", "decimalChar": decimal},
                ]
            },
            "customer360": {
                "system": "desk",
                "table": "notes",
                "delivery": "append",
                "quarantine_limit": {"share": 1.0},
            },
        }
    )


@pytest.fixture(scope="module")
def load_notes(empty_warehouse: Warehouse, tmp_path_factory) -> Iterator[Callable[[bytes, Contract, str], Loaded]]:
    """Loads a file of notes; gives its result, what raw holds of it and the reasons of what it does not."""
    warehouse, folder = copy_of(empty_warehouse), tmp_path_factory.mktemp("notes")
    with warehouse.connect(OWNER) as connection:
        connection.execute("insert into ops.runs (kind, as_of_date) values ('test', '2026-06-30')")

    def run(content: bytes, kind: Contract, suffix: str = ".csv") -> Loaded:
        path = folder / "notes"
        path.write_bytes(content)
        with warehouse.connect(LOADER, autocommit=True) as connection:
            make_raw_tables(connection, [kind])
            # The same content may be generated twice, and each time it is to be loaded. The loader may not forget it.
            with warehouse.connect(OWNER) as owner:
                owner.execute("delete from quarantine.rejected_records")
                owner.execute("delete from ops.loaded_files")
                owner.execute("truncate raw.desk__notes")
            file = LandingFile(f"desk/notes{suffix}", LocalSource(path))
            result = FileLoader(connection, [kind], 1, date(2026, 6, 30)).load(file, kind)
            rows = connection.execute("select id, text, amount from raw.desk__notes order by _record_number").fetchall()
            rejected = connection.execute("select record_number, reasons from quarantine.rejected_records").fetchall()
        return result, rows, dict(rejected)

    yield run
    drop(warehouse)


def written(values: list[str], kind: Contract, end: str = "\n") -> str:
    """A record as a careful program writes it."""
    text, dialect = io.StringIO(newline=""), kind.dialect
    csv.writer(
        text,
        delimiter=dialect.delimiter,
        quotechar=dialect.quote_char,
        doublequote=dialect.double_quote,
        escapechar=dialect.escape_char,
        quoting=csv.QUOTE_ALL,
        lineterminator=end,
    ).writerow(values)
    return text.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_naughty_strings_come_back_byte_for_byte(encoding, load_notes):
    kind = contract(encoding)
    records = [[str(number), text, ""] for number, text in enumerate(NAUGHTY)]
    content = "id,text,amount\n" + "".join(written(record, kind, "\r\n") for record in records)
    result, rows, rejected = load_notes(content.encode(encoding), kind)
    assert rejected == {}, result
    stored = {number: text for number, text, _ in rows}
    assert [text for number, text in enumerate(NAUGHTY) if stored[number].encode() != text.encode()] == []


def test_unquoted_strings_come_back_too(load_notes):
    plain = [text for text in NAUGHTY if not set(text) & set('\r\n,"')]
    content = "id,text,amount\n" + "".join(f"{number},{text},\n" for number, text in enumerate(plain))
    result, rows, _ = load_notes(content.encode(), contract())
    assert (result.quarantined, [text for _, text, _ in rows]) == (0, plain)


def test_a_nul_byte_quarantines_its_record_and_cuts_nothing(load_notes):
    content = b'id,text,amount\n1,before,\n2,a\0b,\n3,"c\0",\n4,behind,\n5,\0,\n'
    result, rows, rejected = load_notes(content, contract())
    assert [number for number, _, _ in rows] == [1, 4]
    assert rejected == {key: ["text has a NUL byte"] for key in [2, 3, 5]}
    assert result.loaded + result.quarantined == result.records == 5


def test_a_file_cut_within_a_quote_loads_its_good_records_and_has_one_broken_tail(load_notes):
    whole = "id,text,amount\n" + "".join(f'{n},"line\nof, {n}",{n}.5\n' for n in range(1, 51))
    cut = whole.encode()[: whole.index("of, 50")]
    result, rows, rejected = load_notes(cut, contract())
    assert [number for number, _, _ in rows] == list(range(1, 50))
    assert list(rejected.values()) == [["a quoted value is never closed; the file may be cut off"]]
    assert result.loaded + result.quarantined == result.records == 50


def test_unquoted_delimiters_quarantine_those_records_and_no_other(load_notes):
    lines = [f"{n},one, two,{n}" if n % 10 == 0 else f'{n},"one, two",{n}' for n in range(1, 101)]
    _result, rows, rejected = load_notes("\n".join(["id,text,amount", *lines]).encode(), contract())
    assert sorted(rejected) == list(range(10, 101, 10))
    assert [number for number, _, _ in rows] == [n for n in range(1, 101) if n % 10]
    assert set(map(tuple, rejected.values())) == {("the record has 4 fields, the header has 3",)}


@dataclass(frozen=True)
class Export:
    """A generated file, what was meant by its good records and which of its records are damaged."""

    content: bytes
    suffix: str
    contract: Contract
    intended: list[Row]
    damaged: set[int]
    records: int


def _within_the_text(line: str, kind: Contract, mark: str) -> str:
    opening = kind.dialect.delimiter + kind.dialect.quote_char
    return line.replace(opening, opening + mark, 1)


DAMAGE: dict[str, Callable[[str, Contract], str]] = {
    "a delimiter too many": lambda line, kind: line.rstrip("\r\n") + kind.dialect.delimiter + "1\n",
    "two fields too few": lambda line, kind: line[: line.index(kind.dialect.delimiter)] + "\n",
    "no number": lambda line, kind: line.replace(kind.dialect.quote_char, kind.dialect.quote_char + "x", 1),
    "a NUL byte": lambda line, kind: _within_the_text(line, kind, "\0"),
    "text behind a quote": lambda line, kind: line.rstrip("\r\n") + "x\n",
}


PACKED = {".csv": bytes, ".csv.gz": gzip.compress, ".csv.zst": zstandard.compress}


@st.composite
def exports(draw: st.DrawFn) -> Export:
    """A file in some dialect with some records damaged, perhaps cut within its last one."""
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"]))
    delimiter, decimal = draw(st.sampled_from([(",", "."), (";", ","), ("\t", "."), ("|", ",")]))
    quote = draw(st.sampled_from(['"', "'"]))
    escape = draw(st.sampled_from([None, "\\"]))
    comment = draw(st.sampled_from([None, "#"]))
    preamble = draw(st.sampled_from(["", "Report\n", "Made today\n\n"]))
    kind = contract(
        encoding,
        decimal,
        preamble.count("\n"),
        delimiter=delimiter,
        quoteChar=quote,
        doubleQuote=escape is None,
        escapeChar=escape,
        commentChar=comment,
    )
    letters = "ab1 ,;|\t\"'\\\n\r#é" + ("€" if encoding == "cp1252" else "")
    letters += "ł😀\u2028\ufeff" if encoding.startswith("utf") else ""
    values = st.tuples(
        st.text(alphabet=letters, max_size=8),
        st.none() | st.decimals(-9999, 9999, places=2, allow_nan=False, allow_infinity=False),
    )
    lines, intended, damaged = [], [], set()
    drawn = draw(st.lists(st.tuples(values, st.sampled_from([None] * 6 + list(DAMAGE))), min_size=1, max_size=12))
    for number, ((text, amount), damage) in enumerate(drawn, 1):
        shown = "" if amount is None else str(amount).replace(".", decimal)
        line = written([str(number), text, shown], kind, draw(st.sampled_from(["\n", "\r\n"])))
        if damage is None:
            intended.append((number, text, amount))
        else:
            line = DAMAGE[damage](line, kind)
            damaged.add(number)
        between = draw(st.sampled_from(["", "", "", "\n", "# a comment\n" if comment else "\r\n"]))
        lines.append(between + line)
    records = len(drawn)
    header = delimiter.join(["id", "text", "amount"]) + "\n"
    content = preamble + header + "".join(lines)
    if draw(st.booleans()):
        records += 1
        damaged.add(records)
        content += f"{records}{delimiter}{quote}cut off within a te"
    packed, suffix = draw(
        st.sampled_from([(bytes, ".csv"), (gzip.compress, ".csv.gz"), (zstandard.compress, ".csv.zst")])
    )
    return Export(packed(content.encode(encoding)), suffix, kind, intended, damaged, records)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(export=exports())
def test_whatever_is_not_damaged_is_stored_as_meant_and_everything_is_accounted_for(export, load_notes):
    result, rows, rejected = load_notes(export.content, export.contract, export.suffix)
    assert result.status == "loaded", result.reason
    assert result.loaded + result.quarantined == result.records == export.records
    assert rows == export.intended
    assert set(rejected) == export.damaged
    assert all(rejected.values())
