"""Loading most records of a file a block at a time, straight into raw.

Only records that are beyond doubt take this way. Every other one is copied into ``incoming``, judged there in
SQL and stored or quarantined like the records of a file that takes the way of ``incoming`` whole.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO

import numpy as np
import psycopg
import pyarrow as pa

from customer360.contracts import Contract
from customer360.load.blocks import Block, BlockReader
from customer360.load.check import unique_sets
from customer360.load.columnwise import column_of, is_escaped_in_json
from customer360.load.dialect import encoding_of
from customer360.load.header import Header
from customer360.load.incoming import Rows, copy_rows
from customer360.load.keys import SeenKeys, is_told_by_text
from customer360.load.raw_rows import DeliveredRows, RewrittenRows

_ENCODINGS = ("utf-8", "ascii", "cp1252", "iso8859-1", "iso8859-15")
"""A byte below 128 is that ASCII character in these, whatever stands before it."""

_MAX_FIELDS = 400
"""So many values fit into a row of PostgreSQL whatever they are. More may fit into raw and, as text, not into
``incoming``, and a record must not be judged by the way that it comes."""

_SPOOLED_BYTES = 8 << 20


@dataclass(frozen=True)
class Counts:
    """``records``: of the file. ``stored``: those of them that are in raw; the others are in ``incoming``.

    ``told_apart``: the keys that no two of the stored ones share.
    """

    records: int
    stored: int
    told_apart: set[tuple[str, ...]]


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
        columns = {header.positions[field.name]: column_of(contract, field) for field in fields}
        self._columns = {position: column for position, column in columns.items() if column}
        self._has_all_columns = len(self._columns) == len(columns)
        self._rows = (
            DeliveredRows(contract, header)
            if DeliveredRows.possible(contract, header, list(self._columns.values()))
            else RewrittenRows(contract, header, self._columns)
        )
        told = {field.name: is_told_by_text(contract, field) for field in fields}
        # A column the file lacks tells none of its records apart.
        keys = [[name for name in key if name in told] for key in (contract.primary_key, *unique_sets(contract))]
        self._told = told
        self._keys = {tuple(key): SeenKeys() for key in keys if key and all(told[name] is not None for name in key)}

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
            and self._has_all_columns
            and len(contract.fields) <= _MAX_FIELDS
            and not any(field.type == "array" for field in contract.fields)
        )

    def copy(self, connection: psycopg.Connection, content: Iterable[bytes]) -> Counts:
        """Copy the records beyond doubt into raw and the others into ``incoming``.

        Raises psycopg.DataError or pyarrow.ArrowInvalid when a value is not what it was taken for.
        """
        contract, header = self.contract, self.header
        reader = self._reader(content)
        rows = Rows(reader, header, contract, self.encoding)
        count = 0
        with tempfile.SpooledTemporaryFile(_SPOOLED_BYTES) as others:
            with connection.cursor() as cursor, cursor.copy(self._rows.statement) as copy:
                for prepared in _one_ahead(self._prepared(block, rows) for block in reader.blocks()):
                    count += prepared.stored
                    copy.write(prepared.text)
                    others.write(prepared.others)
            others.seek(0)
            copy_rows(connection, rows, _pieces(others))
        return Counts(reader.count, count, {key for key, keys in self._keys.items() if not keys.is_overfull})

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

    def _prepared(self, block: Block, rows: Rows) -> _Prepared:
        left, stored, text = block.others, 0, memoryview(b"")
        if len(block.numbers):
            doubtful, copied = self._judged(block)
            left = left + [(int(block.numbers[row]), block.record(int(row))) for row in np.flatnonzero(doubtful)]
            stored, text = len(doubtful) - int(doubtful.sum()), memoryview(copied)
        left.sort(key=lambda numbered: numbered[0])
        return _Prepared(stored, text, b"".join(rows.row(number, record) for number, record in left))

    def _judged(self, block: Block) -> tuple[np.ndarray, pa.Buffer]:
        """Which of the block's simple lines are doubtful, and the COPY rows of those that are not."""
        values = {position: block.column(position) for position in self.header.kept}
        missing = {position: column.missing(values[position]) for position, column in self._columns.items()}
        doubtful = np.zeros(len(block.numbers), bool)
        for position, column in self._columns.items():
            doubtful |= column.doubtful(values[position], missing[position])
        for position in self.header.unknown:
            doubtful |= is_escaped_in_json(values[position])
        for key, keys in self._keys.items():
            places = [self.header.positions[name] for name in key]
            present = ~(doubtful | np.logical_or.reduce([missing[place] for place in places]))
            doubtful |= keys.seen(
                [(not self._told[name], values[place]) for name, place in zip(key, places, strict=True)], present
            )
        return doubtful, self._rows.of(block, np.flatnonzero(~doubtful), values, missing)


def _one_ahead(prepared: Iterator[_Prepared]) -> Iterator[_Prepared]:
    """The same items, each made by another thread while the one before it is written."""
    with ThreadPoolExecutor(1, "blocks") as pool:
        future = pool.submit(next, prepared, None)
        while (item := future.result()) is not None:
            future = pool.submit(next, prepared, None)
            yield item


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(1 << 18):
        yield piece
