"""A file split a block at a time has the records that it has one by one."""

from __future__ import annotations

import numpy as np
import pytest
from customer360.contracts import Contract
from customer360.load.blocks import BlockReader
from customer360.load.dialect import reader_of
from customer360.load.incoming import parse
from hypothesis import given, settings
from hypothesis import strategies as st

PIECES = st.sampled_from(
    [
        "a,b",
        '"a",b',
        '"a,""b""",c',
        'a"b,c',
        '"a\nb",c',
        '"a',
        'b"',
        " ",
        "",
        "#no",
        "é,b",
        "a,b,c",
        "a\rb,c",
        "a,\0",
        '"",""',
        '""",b',
        'a,"b"c',
        "a,\\b",
        "$2b$12$x,b",
        "a,\x1fb",
        '"a"",b',
        '"a""\n,b"',
        " a,b ",
    ]
)
CONTENT = st.lists(st.tuples(PIECES, st.sampled_from(["\n", "\r\n", "\n\n", "\r"])), max_size=14).map(
    lambda lines: "".join(text + end for text, end in lines).encode()
)


def contract(**dialect) -> Contract:
    fields = [{"name": name, "type": "string", "description": name} for name in ("one", "two")]
    return Contract.model_validate(
        {
            "name": "desk-notes",
            "description": "Notes.",
            "path": "desk/notes*.csv",
            "dialect": {"header": False, **dialect},
            "schema": {"fields": fields},
            "customer360": {"system": "desk", "table": "notes", "delivery": "append"},
        }
    )


def in_blocks(content: bytes, size: int, kind: Contract) -> tuple[list, list]:
    """Number, offset, bytes and fault of all records, and the numbers of the simple ones."""
    pieces = (content[start : start + size] for start in range(0, len(content), size))
    found, simple = [], []
    for block in BlockReader(pieces, kind, 2, 0, "utf-8").blocks():
        lines = [(int(number), block.record(row)) for row, number in enumerate(block.numbers)]
        rows = np.arange(len(lines))
        assert block.lines(rows).array.to_pylist() == [record.data for _, record in lines]
        if lines:
            columns = [block.column(position).array.to_pylist() for position in range(2)]
            values = [tuple(parse(record.data, kind, "latin-1")) for _, record in lines]
            assert [tuple(value.decode("latin-1") for value in row) for row in zip(*columns, strict=True)] == values
        simple += [number for number, _ in lines]
        found += lines + block.others
    return sorted((number, record.offset, record.data, record.fault) for number, record in found), simple


@settings(max_examples=600, deadline=None)
@given(
    content=CONTENT | st.binary(max_size=60) | st.text(alphabet='a,"\n\r #', max_size=60).map(str.encode),
    size=st.integers(1, 60),
    mark=st.sampled_from([b"", b"\xef\xbb\xbf"]),
    dialect=st.sampled_from([{}, {"quoteChar": None}, {"commentChar": "#"}, {"headerRows": [3], "header": False}]),
)
def test_blocks_hold_the_records_of_the_file(content, size, mark, dialect):
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return
    kind = contract(**dialect)
    one_by_one = [
        (number, record.offset, record.data, record.fault)
        for number, record in enumerate(reader_of([mark + content], kind), 1)
    ]
    assert in_blocks(mark + content, size, kind)[0] == one_by_one


@pytest.mark.parametrize(
    ("line", "simple"),
    [
        (b"a,b", True),
        (b'"a","b, ""c"""', True),
        ("é,b".encode(), True),
        (b"a,\\b", True),
        (b"a", False),
        (b"a,b,c", False),
        (b'"a,b"', False),
        (b'a"b,c', False),
        (b'"a"b,c', False),
        (b'"a,b', False),
        (b"a\rb,c", False),
        (b"a,\0", False),
        (b"a,\x1f", False),
        (b"\xe9,b", False),
        (b"$2b$12$abc,b", False),
    ],
)
def test_a_line_is_simple_when_nothing_about_it_is_special(line, simple):
    numbers = in_blocks(b"x,y\r\n" + line + b"\r\nx,y\r\n", 1 << 20, contract())[1]
    assert (2 in numbers) == simple
    assert 1 in numbers
