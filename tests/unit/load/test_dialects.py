"""Records written in any declared dialect come back as they were, wherever the pieces are cut."""

from __future__ import annotations

import csv
import io
from datetime import datetime

import pytest
from customer360.contracts import Contract, Dialect
from customer360.contracts.date_formats import read_format
from customer360.load.dialect import as_records_encoding, encoding_of, reader_of
from customer360.load.incoming import parse
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

VALUES = st.text(alphabet="ab,;\"'\\N\n#é", max_size=5)
TABLES = st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=6)


def contract(dialect: dict, encoding: str = "utf-8", missing: tuple[str, ...] = ("",)) -> Contract:
    fields = [{"name": name, "type": "string", "description": name} for name in ("one", "two")]
    return Contract.model_validate(
        {
            "name": "desk-notes",
            "description": "Notes.",
            "path": "desk/notes*.csv",
            "encoding": encoding,
            "dialect": dialect,
            "schema": {"fields": fields, "missingValues": list(missing)},
            "customer360": {"system": "desk", "table": "notes", "delivery": "append"},
        }
    )


def records_of(content: bytes, kind: Contract, size: int = 1 << 18) -> list[list[str]]:
    pieces = (content[start : start + size] for start in range(0, len(content), size))
    records = list(reader_of(as_records_encoding(pieces, kind), kind))
    assert [record.fault for record in records] == [None] * len(records)
    return [parse(record.data, kind, encoding_of(kind)) for record in records]


@settings(max_examples=300, deadline=None)
@given(
    table=TABLES,
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    quote=st.sampled_from(['"', "'"]),
    double=st.booleans(),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "latin-1"]),
    preamble=st.sampled_from(["", "Report of 'today\n", 'one " quote\n\n']),
    size=st.integers(1, 40),
)
def test_records_of_any_dialect_come_back(table, delimiter, quote, double, encoding, preamble, size):
    escape = None if double else "\\"
    text = io.StringIO(newline="")
    csv.writer(
        text,
        delimiter=delimiter,
        quotechar=quote,
        doublequote=double,
        escapechar=escape,
        quoting=csv.QUOTE_ALL,
        lineterminator="\n",
    ).writerows(table)
    dialect = {"delimiter": delimiter, "quoteChar": quote, "doubleQuote": double, "escapeChar": escape}
    kind = contract(dialect | {"headerRows": [preamble.count("\n") + 1]}, encoding)
    content = (preamble + text.getvalue()).encode(encoding)
    assert records_of(content, kind, size) == [list(record) for record in table]


@settings(max_examples=200, deadline=None)
@given(table=st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=6), size=st.integers(1, 40))
def test_records_that_escape_instead_of_quoting_come_back(table, size):
    lines = [
        ",".join("".join(f"\\{c}" if c in ',\\"\n' else c for c in value) for value in record) + "\n"
        for record in table
    ]
    kind = contract({"escapeChar": "\\"})
    assert records_of("".join(lines).encode(), kind, size) == [list(record) for record in table]


def test_a_declared_null_with_the_escape_character_is_no_letter():
    kind = contract({"escapeChar": "\\"}, missing=("", "\\N"))
    content = b'\\N,N\n"a,\\N",\\N\nb\\,\\N,"\\"\n",c\n'.replace(b'"\\"\n",c', b'"\\""')
    assert records_of(content, kind) == [["\\N", "N"], ["a,N", "\\N"], ["b,N", '"']]


def test_comments_and_blank_lines_are_no_records():
    kind = contract({"commentChar": "#"})
    content = b'# it"s a comment\na,b\n\n#c,d\n"#e","f\n#g"\n'
    assert records_of(content, kind) == [["a", "b"], ["#e", "f\n#g"]]


def test_without_a_quote_character_quotes_are_text():
    assert records_of(b'5" tall,"a\n', contract({"quoteChar": None})) == [['5" tall', '"a']]


def test_a_broken_utf_16_character_stays_invalid():
    kind = contract({}, "utf-16-le")
    content = "a,b\n".encode("utf-16-le") + b"c\0,\0\x00\xd8\n\0" + "e,f".encode("utf-16-le") + b"x"
    first, second, third = reader_of(as_records_encoding([content], kind), kind)
    assert parse(first.data, kind, "utf-8") == ["a", "b"]
    for record in (second, third):
        with pytest.raises(UnicodeDecodeError):
            parse(record.data, kind, "utf-8")


@pytest.mark.parametrize(
    "dialect",
    [
        {"delimiter": "::"},
        {"delimiter": "x"},
        {"delimiter": '"'},
        {"quoteChar": "«"},
        {"commentChar": "\n"},
        {"headerRows": [3, 5]},
        {"headerRows": []},
        {"headerRows": [0]},
        {"colour": "blue"},
    ],
)
def test_a_dialect_that_cannot_be_read_is_no_dialect(dialect):
    with pytest.raises(ValidationError):
        Dialect.model_validate(dialect)


@pytest.mark.parametrize(
    "text", ["%d-%m", "%d-%m-%y %Y", "%d/%m/%Y %Z", "%Y-%m-%d %I:%M", "%Y-%j", "%Y-%m-%d %M", "any"]
)
def test_a_format_that_says_no_whole_date_is_refused(text):
    with pytest.raises(ValueError, match="format"):
        read_format(text, "datetime")


@given(instant=st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2068, 12, 31)))
def test_a_format_matches_what_strftime_writes(instant):
    import re

    for text in ("%d-%m-%Y %H:%M", "%m/%d/%y %I:%M:%S %p", "%d %B %Y %H:%M:%S.%f", "%b %d, %Y"):
        assert re.match(read_format(text, "datetime").pattern, instant.strftime(text))
