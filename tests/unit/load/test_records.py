"""Splitting files into records: the same records as the csv module sees, wherever the pieces are cut."""

from __future__ import annotations

import csv
import io
import itertools

import pytest
from customer360.load.records import MAX_RECORD_BYTES, NEVER_CLOSED, TOO_LONG, RecordReader
from hypothesis import given, settings
from hypothesis import strategies as st

VALUES = st.text(alphabet='ab,"\n\r\\é;$', max_size=6)
TABLES = st.lists(st.lists(VALUES, min_size=2, max_size=3), min_size=1, max_size=8)


def reader(content: bytes, size: int = 1 << 18, encoding: str = "utf-8") -> RecordReader:
    pieces = [content[start : start + size] for start in range(0, len(content), size)]
    return RecordReader(pieces, b",", b'"', encoding)


def parsed(data: bytes) -> list[str]:
    (record,) = csv.reader(io.StringIO(data.decode(), newline=""), strict=True)
    return record


@settings(max_examples=300, deadline=None)
@given(table=TABLES, line_end=st.sampled_from(["\n", "\r\n"]), size=st.integers(1, 40), mark=st.booleans())
def test_written_records_come_back_with_their_place(table, line_end, size, mark):
    text = io.StringIO(newline="")
    # Left to itself the writer quotes no carriage return where lines end without one.
    returns = any("\r" in value for record in table for value in record)
    quoting = csv.QUOTE_ALL if returns else csv.QUOTE_MINIMAL
    csv.writer(text, quoting=quoting, lineterminator=line_end).writerows(table)
    content = b"\xef\xbb\xbf" * mark + text.getvalue().encode()
    records = list(reader(content, size))
    assert [parsed(record.data) for record in records] == table
    assert [record.fault for record in records] == [None] * len(table)
    for record in records:
        assert content[record.offset : record.offset + len(record.data)] == record.data


@settings(max_examples=300, deadline=None)
@given(
    content=st.binary(max_size=80) | st.text(alphabet='a,"\n\r', max_size=80).map(str.encode), size=st.integers(1, 30)
)
def test_any_bytes_are_split_the_same_however_they_arrive(content, size):
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return
    records = list(reader(content, size))
    assert records == list(reader(content))
    for record, following in itertools.pairwise(records):
        assert content[record.offset : record.offset + len(record.data)] == record.data
        assert record.offset + len(record.data) < following.offset
    between, at = b"", 0
    for record in records:
        between += content[at : record.offset]
        at = record.offset + len(record.data)
    assert not (between + content[at:]).removeprefix(b"\xef\xbb\xbf").strip(b"\r\n ")


def test_plain_lines_are_told_from_those_that_need_a_closer_look():
    lines = {
        b"a,b": True,
        "é,b".encode(): True,
        b"a,\\b": False,
        b"a,\0": False,
        b"\xe9,b": False,
        b"a\rb,c": False,
        b'"a",b': False,
        b"$2b$12$x,b": False,
    }
    for line, plain in lines.items():
        assert [record.plain for record in reader(line + b"\r\n")] == [plain], line


def test_bytes_over_127_are_plain_in_utf_8_alone():
    assert [record.plain for record in reader("é,b".encode("cp1252"), encoding="cp1252")] == [False]


@pytest.mark.parametrize("size", [1, 7, 1 << 18])
def test_a_quote_never_closed_breaks_its_line_alone(size):
    records = list(reader(b'1,"a\n2,b\n3,"c"\n4,d\n', size))
    assert [(record.data, record.fault) for record in records] == [
        (b'1,"a', NEVER_CLOSED),
        (b"2,b", None),
        (b'3,"c"', None),
        (b"4,d", None),
    ]


def test_a_value_longer_than_any_real_one_does_not_fill_the_memory():
    lines = 2 * MAX_RECORD_BYTES // 1000
    open_quote = b'1,"' + (b"x" * 999 + b"\n") * lines
    records = reader(b"0,a\n" + open_quote + b"2,b\n")
    first, second, *rest = records
    assert (first.data, second.fault, second.data) == (b"0,a", NEVER_CLOSED, b'1,"' + b"x" * 999)
    assert (rest[-1].data, len(rest)) == (b"2,b", lines)


@pytest.mark.parametrize("line_end", [b"\n", b""])
def test_a_line_longer_than_any_real_one_is_one_broken_record(line_end):
    content = b"0,a\n" + b"x" * (3 * MAX_RECORD_BYTES) + line_end + (b"2,b\n" if line_end else b"")
    first, second, *rest = reader(content)
    assert (first.data, second.offset, second.fault) == (b"0,a", 4, TOO_LONG)
    assert len(second.data) == MAX_RECORD_BYTES
    assert [(record.data, content[record.offset :]) for record in rest] == ([(b"2,b", b"2,b\n")] if line_end else [])
