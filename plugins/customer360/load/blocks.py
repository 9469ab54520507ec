"""Splitting a CSV file a block at a time: its simple lines at once, the others one by one.

A simple line is one record whose fields are as many as the header's and that needs no closer look: quotes
stand where quotes may, and no byte of it is special. Whatever is not simple is left to ``RecordReader``.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from customer360.contracts import Contract
from customer360.load.columnwise import Values
from customer360.load.credentials import credential_places
from customer360.load.records import Record, RecordReader

SEPARATOR = b"\x1f"
"""Stands between the values of a COPY row, so a line that holds it is not simple."""

_NEW_LINE, _RETURN, _SPACE = 10, 13, 32


@dataclass(frozen=True)
class Block:
    """``starts`` and ``ends``: the simple lines within ``content``, line ends left out. ``numbers``: the records'.

    ``delimiters``: those between the values of the simple lines, a row for each place. ``quote``: the one that
    stands in ``content``, if any. ``offset``: where ``content`` begins in the file. ``others``: the records to be
    looked at one by one.
    """

    content: bytes
    offset: int
    starts: np.ndarray
    ends: np.ndarray
    delimiters: np.ndarray
    quote: int | None
    numbers: np.ndarray
    others: list[tuple[int, Record]]

    def record(self, row: int) -> Record:
        """A simple line as a record that is to be looked at after all."""
        start = int(self.starts[row])
        return Record(self.offset + start, self.content[start : int(self.ends[row])], False, None)

    @cached_property
    def source(self) -> pa.Buffer:
        return pa.py_buffer(self.content)

    def lines(self, rows: np.ndarray) -> Values:
        """The simple lines of these rows as they are."""
        return Values(self.source, self.starts[rows], self.ends[rows])

    def column(self, position: int) -> Values:
        """The values of the simple lines at a position of the header, without their quotes."""
        begins = self.delimiters[position - 1] + 1 if position else self.starts
        ends = self.delimiters[position] if position < len(self.delimiters) else self.ends
        if self.quote is None:
            return Values(self.source, begins, ends)
        padded = np.frombuffer(self.content + b"\n", np.uint8)
        is_quoted = (ends > begins) & (padded[begins] == self.quote)
        values = Values(self.source, begins + is_quoted, ends - is_quoted)
        if not (values.content == self.quote).any():
            return values
        quote = chr(self.quote)
        return Values.of(pc.replace_substring(values.array, quote * 2, quote))


class BlockReader(RecordReader):
    """The data records of a file in blocks.

    ``columns``: of the header, which takes the first ``header_records`` records. ``count``: data records so far.
    """

    def __init__(self, content: Iterable[bytes], contract: Contract, columns: int, header_records: int, encoding: str):
        dialect = contract.dialect
        super().__init__(
            content,
            dialect.delimiter.encode("ascii"),
            dialect.quote_char.encode("ascii") if dialect.quote_char else None,
            encoding,
            comment=dialect.comment_char.encode("ascii") if dialect.comment_char else None,
            skipped_lines=dialect.preamble_lines,
        )
        self._delimiters = columns - 1
        self.count = -header_records

    def blocks(self) -> Iterator[Block]:
        """The blocks of the file, in its order."""
        for item in self:
            if isinstance(item, Record):
                # A line too long for a block.
                self.count += 1
                yield _block_of(item, self.count)
            else:
                yield item

    def _split(self, block: bytes, offset: int, last: bool) -> Generator[Block, None, int]:  # type: ignore[override]
        if not block:
            return 0
        content = np.frombuffer(block, np.uint8)
        line_ends = np.flatnonzero(content == _NEW_LINE)
        if block[-1] != _NEW_LINE:
            line_ends = np.append(line_ends, len(block))
        starts = np.concatenate(([0], line_ends[:-1] + 1))
        ends = line_ends.copy()
        simple = np.ones(len(starts), bool)
        if b"\r" in block:
            ends -= (line_ends > starts) & (content[line_ends - 1] == _RETURN)
            returns = np.flatnonzero(content == _RETURN)
            simple[_lines_of(returns[~np.isin(returns, ends)], line_ends)] = False
        simple[_lines_of(self._special_places(block, content), line_ends)] = False
        is_record = self._are_records(block, content, starts, ends)
        delimiters = np.flatnonzero(content == self._delimiter[0])
        quote = self._quote[0] if self._quote and self._quote in block else None
        if quote is not None:
            quotes = np.flatnonzero(content == quote)
            simple[self._lines_with_odd_quotes(content, quotes, starts, ends)] = False
            delimiters = _outside(delimiters, quotes, starts, line_ends)
        behind = np.searchsorted(delimiters, line_ends)
        firsts = np.concatenate(([0], behind[:-1]))
        simple &= behind - firsts == self._delimiters
        others, is_record, taken = self._others(block, offset, last, (starts, line_ends, simple, is_record))
        numbers = self.count + np.cumsum(is_record)
        self.count += int(is_record.sum())
        simple &= is_record & (numbers > 0)
        yield Block(
            block,
            offset,
            starts[simple],
            ends[simple],
            delimiters[firsts[simple] + np.arange(self._delimiters)[:, None]],
            quote,
            numbers[simple],
            [(number, record) for line, record in others if (number := int(numbers[line])) > 0],
        )
        return taken

    def _special_places(self, block: bytes, content: np.ndarray) -> np.ndarray:
        places = [np.flatnonzero(content == mark[0]) for mark in (b"\0", SEPARATOR) if mark in block]
        if not block.isascii() and not (self._encoding == "utf-8" and _is_utf_8(block)):
            places.append(np.flatnonzero(content >= 128))
        if found := credential_places(block):
            places.append(np.array(found))
        return np.concatenate(places) if places else np.empty(0, np.int64)

    def _are_records(self, block: bytes, content: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
        """Whether each line is one, rather than blank or a comment."""
        is_record = ends > starts
        first = content[starts]
        for line in np.flatnonzero(is_record & (first == _SPACE)):
            is_record[line] = bool(block[starts[line] : ends[line]].strip(b" "))
        if self._comment:
            is_record &= first != self._comment[0]
        return is_record

    def _lines_with_odd_quotes(
        self, content: np.ndarray, quotes: np.ndarray, starts: np.ndarray, ends: np.ndarray
    ) -> np.ndarray:
        """The lines with a quote that neither opens nor closes a value nor is one of a pair within it."""
        delimiter, quote = self._delimiter[0], self._quote[0] if self._quote else 0
        lines = np.searchsorted(starts, quotes, side="right") - 1
        closes = (np.arange(len(quotes)) - np.searchsorted(quotes, starts)[lines]) & 1 == 1
        before, behind = content[quotes - 1], np.append(content, _NEW_LINE)[quotes + 1]
        opens_well = (quotes == starts[lines]) | (before == delimiter) | (before == quote)
        closes_well = (quotes + 1 == ends[lines]) | (behind == delimiter) | (behind == quote)
        odd = np.where(closes, ~closes_well, ~opens_well)
        # A quote before an opening one is the closing one of a pair only if it belongs to the same line.
        is_last = np.append(lines[1:] != lines[:-1], True)
        return lines[odd | (is_last & ~closes)]

    def _others(
        self,
        block: bytes,
        offset: int,
        last: bool,
        lines: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    ) -> tuple[list[tuple[int, Record]], np.ndarray, int]:
        """The records that are not simple, by their first line, which lines begin a record, and the bytes taken."""
        starts, line_ends, simple, is_record = lines
        others: list[tuple[int, Record]] = []
        behind = 0
        for line in np.flatnonzero(~simple):
            start, line_end = int(starts[line]), int(line_ends[line])
            if start < behind or not is_record[line]:
                continue
            end, fault = line_end, None
            if self._may_span_lines(block[start:line_end]):
                found = self._quoted_end(block, start, line_end, last)
                if found is None:
                    is_record[line:] = False
                    return others, is_record, start
                end, fault = found
            others.append((int(line), Record(offset + start, block[start:end].removesuffix(b"\r"), False, fault)))
            behind = end + 1
            is_record[line + 1 : np.searchsorted(starts, end, side="right")] = False
        return others, is_record, len(block)


def _block_of(record: Record, number: int) -> Block:
    none = np.empty(0, np.int64)
    return Block(
        b"", record.offset, none, none, none.reshape(0, 0), None, none, [(number, record)] if number > 0 else []
    )


def _is_utf_8(block: bytes) -> bool:
    try:
        block.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _lines_of(places: np.ndarray, line_ends: np.ndarray) -> np.ndarray:
    return np.searchsorted(line_ends, places)


def _outside(delimiters: np.ndarray, quotes: np.ndarray, starts: np.ndarray, line_ends: np.ndarray) -> np.ndarray:
    """The delimiters that have an even number of quotes before them in their line."""
    before_line = np.searchsorted(quotes, starts)
    lines = np.searchsorted(line_ends, delimiters)
    return delimiters[(np.searchsorted(quotes, delimiters) - before_line[lines]) & 1 == 0]
