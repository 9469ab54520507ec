"""Loading most records of a file a block at a time, straight into raw.

Only records that are beyond doubt take this way. Every other one is copied into ``incoming``, judged there in
SQL and stored or quarantined like the records of a file that takes the way of ``incoming`` whole.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import IO

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.compute as pc
from psycopg.sql import SQL, Composed, Identifier, Literal
from pyarrow import csv

from customer360.contracts import Contract, Field
from customer360.load.blocks import SEPARATOR, Block, BlockReader
from customer360.load.check import unique_sets
from customer360.load.columnwise import Values, column_of
from customer360.load.dialect import encoding_of
from customer360.load.header import Header
from customer360.load.incoming import Rows, copy_rows
from customer360.load.keys import MAX_RECORDS, KeyHashes, is_told_by_text
from customer360.load.raw_tables import raw_table

_ENCODINGS = ("utf-8", "ascii", "cp1252", "iso8859-1", "iso8859-15")
"""A byte below 128 is that ASCII character in these, whatever stands before it."""

_SPOOLED_BYTES = 8 << 20
_JSON_ESCAPED = np.zeros(256, bool)
_JSON_ESCAPED[[*range(32), *b'"\\']] = True


@dataclass(frozen=True)
class Stored:
    """What all records of a load have in common."""

    load_id: int
    run_id: int
    file: str
    business_date: str


@dataclass(frozen=True)
class Counts:
    """``records``: of the file. ``stored``: those of them that are in raw; the others are in ``incoming``.

    ``repeated``: for a key the numbers of the stored ones that may share it; without an entry any may.
    """

    records: int
    stored: int
    repeated: dict[tuple[str, ...], np.ndarray]


@dataclass(frozen=True)
class _Prepared:
    """A block's COPY rows: ``text``, of ``stored`` records, for raw and ``others`` for ``incoming``."""

    stored: int
    text: memoryview
    others: bytes


class Blockwise:
    """The way of one file; ``possible`` says whether its contract allows it."""

    def __init__(self, contract: Contract, header: Header):
        self.contract = contract
        self.header = header
        self.encoding = encoding_of(contract)
        fields = [field for field in contract.fields if field.name in header.positions]
        self._columns = [(header.positions[field.name], column_of(contract, field)) for field in fields]
        told = {field.name: is_told_by_text(contract, field) for field in fields}
        # A column the file lacks tells none of its records apart.
        keys = [[name for name in key if name in told] for key in (contract.primary_key, *unique_sets(contract))]
        self._told = told
        self._keys = {
            tuple(key): KeyHashes(MAX_RECORDS // len(keys))
            for key in keys
            if key and all(told[name] is not None for name in key)
        }

    @property
    def possible(self) -> bool:
        """Whether the contract's dialect and fields can be judged a block at a time."""
        contract, dialect = self.contract, self.contract.dialect
        has_plain_dialect = dialect.escape_char is None and (dialect.double_quote or dialect.quote_char is None)
        return (
            contract.feed is None
            and contract.customer360.footer is None
            and has_plain_dialect
            and self.encoding in _ENCODINGS
            and all(column for _, column in self._columns)
            and not any(field.type == "array" for field in contract.fields)
        )

    def copy(self, connection: psycopg.Connection, content: Iterable[bytes], stored: Stored) -> Counts:
        """Copy the records beyond doubt into raw and the others into ``incoming``.

        Raises psycopg.DataError or pyarrow.ArrowInvalid when a value is not what it was taken for.
        """
        contract, header = self.contract, self.header
        reader = self._reader(content)
        rows = Rows(reader, header, contract, self.encoding)
        tail = self._tail(stored)
        count = 0
        with tempfile.SpooledTemporaryFile(_SPOOLED_BYTES) as others:
            with connection.cursor() as cursor, cursor.copy(self._statement()) as copy:
                for prepared in _one_ahead(self._prepared(block, rows, tail) for block in reader.blocks()):
                    count += prepared.stored
                    copy.write(prepared.text)
                    others.write(prepared.others)
            others.seek(0)
            copy_rows(connection, rows, _pieces(others))
        repeated = {key: numbers for key, found in self._keys.items() if (numbers := found.repeated()) is not None}
        return Counts(reader.count, count, repeated)

    def fetch(self, connection: psycopg.Connection, content: Iterable[bytes], numbers: np.ndarray) -> None:
        """Copy the records of these numbers, which were beyond doubt, into ``incoming``."""
        reader = self._reader(content)
        rows = Rows(reader, self.header, self.contract, self.encoding)
        copy_rows(
            connection,
            rows,
            (
                rows.row(int(block.numbers[row]), block.record(int(row)))
                for block in reader.blocks()
                for row in np.flatnonzero(np.isin(block.numbers, numbers))
            ),
        )

    def _reader(self, content: Iterable[bytes]) -> BlockReader:
        dialect = self.contract.dialect
        header_records = len(dialect.header_rows) if dialect.header else 0
        return BlockReader(content, self.contract, len(self.header.names), header_records, self.encoding)

    def _prepared(self, block: Block, rows: Rows, tail: bytes) -> _Prepared:
        left, stored, text = block.others, 0, memoryview(b"")
        if len(block.numbers):
            doubtful, copied = self._judged(block, tail)
            left = left + [(int(block.numbers[row]), block.record(int(row))) for row in np.flatnonzero(doubtful)]
            stored, text = len(doubtful) - int(doubtful.sum()), memoryview(copied)
        left.sort(key=lambda numbered: numbered[0])
        return _Prepared(stored, text, b"".join(rows.row(number, record) for number, record in left))

    def _judged(self, block: Block, tail: bytes) -> tuple[np.ndarray, pa.Buffer]:
        """Which of the block's simple lines are doubtful, and the COPY rows of those that are not."""
        values = self._values(block)
        numbers = pa.array(block.numbers).cast(pa.string()).cast(pa.binary())
        doubtful, parts = np.zeros(len(block.numbers), bool), [numbers] * (1 + self.header.key_is_record_number)
        missing = {}
        for position, column in self._columns:
            assert column is not None
            missing[position] = column.missing(values[position])
            doubtful |= column.doubtful(values[position], missing[position])
            parts.append(column.copied(values[position], missing[position]))
        if self.header.unknown:
            unlike_json, extra = self._extra(values)
            doubtful |= unlike_json
            parts.append(extra)
        for key, hashes in self._keys.items():
            places = [self.header.positions[name] for name in key]
            present = ~(doubtful | np.logical_or.reduce([missing[place] for place in places]))
            hashes.add(
                block.numbers,
                [(not self._told[name], values[place]) for name, place in zip(key, places, strict=True)],
                present,
            )
        text = pc.binary_join_element_wise(
            *parts,
            pa.scalar(tail, pa.binary()),
            pa.scalar(SEPARATOR, pa.binary()),
            null_handling="replace",
            null_replacement=self._null,
        )
        if doubtful.any():
            text = text.filter(pa.array(~doubtful))
        return doubtful, _content(text)

    def _values(self, block: Block) -> dict[int, Values]:
        """The block's simple lines column by column, without those that are never stored."""
        names = [str(position) for position in range(len(self.header.names))]
        dialect, lines = self.contract.dialect, block.lines()
        table = csv.read_csv(
            pa.BufferReader(lines),
            read_options=csv.ReadOptions(use_threads=False, column_names=names, block_size=len(lines) + 1),
            parse_options=csv.ParseOptions(delimiter=dialect.delimiter, quote_char=dialect.quote_char or False),
            convert_options=csv.ConvertOptions(
                check_utf8=False,
                column_types=dict.fromkeys(names, pa.binary()),
                include_columns=[str(position) for position in self.header.kept],
            ),
        )
        if len(table) != len(block.numbers):
            raise pa.ArrowInvalid("the block has other lines than records")
        return {position: Values(table.column(str(position)).chunk(0)) for position in self.header.kept}

    def _extra(self, values: dict[int, Values]) -> tuple[np.ndarray, pa.Array]:
        """Which records have an unknown column that JSON would escape, and the unknown columns as JSON."""
        unlike: np.ndarray | None = None
        parts: list[pa.Array | pa.Scalar] = []
        for position, name in self.header.unknown.items():
            column = values[position]
            escaped = np.zeros(len(column.array), bool)
            escaped[column.rows_of(np.flatnonzero(_JSON_ESCAPED[column.content]))] = True
            unlike = escaped if unlike is None else unlike | escaped
            quoted = pc.binary_join_element_wise(_binary('"'), column.array, _binary('"'), _binary(""))
            if self.contract.empty_is_missing:
                quoted = pc.if_else(pa.array(column.lengths == 0), _binary("null"), quoted)
            parts += [_binary(f"{', ' if parts else '{'}{json.dumps(name, ensure_ascii=False)}: "), quoted]
        assert unlike is not None
        return unlike, pc.binary_join_element_wise(*parts, _binary("}"), _binary(""))

    @cached_property
    def _null(self) -> bytes:
        return b"" if self.contract.empty_is_missing else b"\\N"

    @cached_property
    def _constants(self) -> dict[str, str]:
        """The fields that the file lacks and that have a default."""
        defaults = self.contract.customer360.defaults
        return {
            field.name: _word(field, defaults[field.name])
            for field in self.contract.fields
            if field.name in defaults and field.name not in self.header.positions
            if not (self.header.key_is_record_number and field.name in self.contract.primary_key)
        }

    def _tail(self, stored: Stored) -> bytes:
        values = [*self._constants.values(), *map(str, vars(stored).values())]
        return SEPARATOR.join(map(_escaped, values)) + b"\n"

    def _statement(self) -> Composed:
        contract, header = self.contract, self.header
        given = [column.field.name for _, column in self._columns if column]
        names = [
            "_record_number",
            *(contract.primary_key if header.key_is_record_number else []),
            *given,
            *(["_extra"] if header.unknown else []),
            *self._constants,
            "_load_id",
            "_run_id",
            "_source_file",
            "_business_date",
        ]
        return SQL("copy {} ({}) from stdin (format text, delimiter {}, null {}, encoding 'UTF8')").format(
            raw_table(contract),
            SQL(", ").join(map(Identifier, names)),
            Literal(SEPARATOR.decode("ascii")),
            Literal(self._null.decode("ascii")),
        )


def _one_ahead(prepared: Iterator[_Prepared]) -> Iterator[_Prepared]:
    """The same items, each made by another thread while the one before it is written."""
    with ThreadPoolExecutor(1, "blocks") as pool:
        future = pool.submit(next, prepared, None)
        while (item := future.result()) is not None:
            future = pool.submit(next, prepared, None)
            yield item


def _word(field: Field, default: str) -> str:
    return str(default in field.true_values).lower() if field.type == "boolean" else default


def _binary(text: str) -> pa.Scalar:
    return pa.scalar(text.encode(), pa.binary())


def _content(rows: pa.BinaryArray) -> pa.Buffer:
    offsets = np.frombuffer(rows.buffers()[1], np.int32)
    data = rows.buffers()[2]
    return data.slice(0, int(offsets[len(rows)])) if data else pa.py_buffer(b"")


def _escaped(value: str) -> bytes:
    for mark, escape in (("\\", "\\\\"), ("\n", "\\n"), ("\r", "\\r"), (SEPARATOR.decode(), "\\" + SEPARATOR.decode())):
        value = value.replace(mark, escape)
    return value.encode("utf-8")


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(1 << 18):
        yield piece
