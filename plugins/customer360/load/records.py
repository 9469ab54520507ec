"""Splitting a CSV file into records without losing sight of their bytes.

A record is known by its offset in the unpacked content and by its bytes without the line end.
Most lines of most files hold no quote, backslash or other special byte: whole blocks are tested
for that at once, and their lines are ``plain``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from customer360.load.credentials import may_hold_credential
from customer360.load.errors import FileRefused

BOM = b"\xef\xbb\xbf"
MAX_RECORD_BYTES = 4 << 20
"""A longer line is one broken record, and a quote not closed within it is never closed."""

NEVER_CLOSED = "a quoted value is never closed"
TOO_LONG = f"the record is longer than {MAX_RECORD_BYTES >> 20} MiB, of which the beginning is kept"


class Record(NamedTuple):
    """A record's place, its bytes, whether they are free of special bytes, and why it cannot be parsed."""

    offset: int
    data: bytes
    plain: bool
    fault: str | None


class RecordReader:
    """The records of a file, header included; blank lines are none.

    ``end``: where the last record ends, known once the end of the file has been seen.
    """

    def __init__(self, pieces: Iterable[bytes], delimiter: bytes, quote: bytes, encoding: str):
        self._pieces = pieces
        self._delimiter = delimiter
        self._quote = quote
        self._encoding = encoding
        self.end: int | None = None

    def __iter__(self) -> Iterator[Record]:
        unfinished, offset = b"", 0
        for block, cut_line, last in self._blocks():
            if offset == 0 and not unfinished:
                block, offset = self._without_mark(block)
            block = unfinished + block
            if last:
                self.end = offset + len(block.rstrip(b"\r\n "))
            if self._quote in block:
                taken = yield from self._quoted(block, offset, last)
            else:
                yield from self._unquoted(block, offset)
                taken = len(block)
            unfinished, offset = block[taken:], offset + taken
            if cut_line is not None:
                # Whatever is still open now stays open: the long line is no part of it.
                if unfinished:
                    yield from self._quoted(unfinished, offset, True)
                    offset += len(unfinished)
                    unfinished = b""
                beginning, length = cut_line
                yield Record(offset, beginning, False, TOO_LONG)
                offset += length

    def _blocks(self) -> Iterator[tuple[bytes, tuple[bytes, int] | None, bool]]:
        """Blocks of whole lines, each with the beginning and length of the too long line behind it, if any."""
        pending, held, skipped = b"", b"", 0
        for piece in self._pieces:
            if skipped:
                end = piece.find(b"\n")
                skipped += len(piece) if end < 0 else end + 1
                if end < 0:
                    continue
                yield held, (pending[:MAX_RECORD_BYTES], skipped), False
                held, pending, skipped, piece = b"", b"", 0, piece[end + 1 :]
            pending += piece
            end = pending.rfind(b"\n") + 1
            if end:
                if held:
                    yield held, None, False
                held, pending = pending[:end], pending[end:]
            if len(pending) > MAX_RECORD_BYTES:
                skipped = len(pending)
        if skipped:
            yield held, (pending[:MAX_RECORD_BYTES], skipped), True
        elif held or pending:
            yield held + pending, None, True

    def _without_mark(self, block: bytes) -> tuple[bytes, int]:
        if block.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise FileRefused(
                f"It is written in UTF-16, its contract says {self._encoding}; export it as {self._encoding}."
            )
        if block.startswith(BOM):
            return block[len(BOM) :], len(BOM)
        return block, 0

    def _is_plain(self, block: bytes) -> bool:
        if b"\\" in block or b"\0" in block or may_hold_credential(block):
            return False
        if block.isascii():
            return True
        if self._encoding != "utf-8":
            return False
        try:
            block.decode("utf-8")
        except UnicodeDecodeError:
            return False
        return True

    def _unquoted(self, block: bytes, offset: int) -> Iterator[Record]:
        plain, returns = self._is_plain(block), b"\r" in block
        for line in block.split(b"\n"):
            start, offset = offset, offset + len(line) + 1
            still_plain = plain
            if returns:
                line = line.removesuffix(b"\r")
                still_plain = plain and b"\r" not in line
            if line.strip(b" "):
                yield Record(start, line, still_plain, None)

    def _quoted(self, block: bytes, offset: int, last: bool) -> Iterator[Record]:
        """The records of a block with quotes; returns how many bytes of it they take.

        What is left begins with a record whose quoted value goes on in the next block.
        """
        plain, start = self._is_plain(block), 0
        while start < len(block):
            line_end = block.find(b"\n", start)
            line_end = len(block) if line_end < 0 else line_end
            end, fault, quoted = line_end, None, self._quote in block[start:line_end]
            if quoted:
                found = self._end_of_record(block, start)
                if found is None and not last and len(block) - start <= MAX_RECORD_BYTES:
                    return start
                end, fault = (line_end, NEVER_CLOSED) if found is None or found < 0 else (found, None)
            data = block[start:end].removesuffix(b"\r")
            if data.strip(b" "):
                yield Record(offset + start, data, plain and not quoted and b"\r" not in data, fault)
            start = end + 1
        return len(block)

    def _end_of_record(self, block: bytes, start: int) -> int | None:
        """Where the record at ``start`` ends; None when a quote is open at the end of the block.

        Below zero when a quoted value spans lines and other text follows its closing quote: that
        quote opens the value of a later record, and the one at ``start`` is never closed.
        """
        at = start
        while True:
            if block.startswith(self._quote, at):
                close = block.find(self._quote, at + 1)
                while close >= 0 and block.startswith(self._quote, close + 1):
                    close = block.find(self._quote, close + 2)
                if close < 0:
                    return None
                behind = block[close + 1 : close + 2]
                if behind not in (self._delimiter, b"\r", b"\n", b"") and block.find(b"\n", at, close) >= 0:
                    return -1
                at = close + 1
            line_end = block.find(b"\n", at)
            line_end = len(block) if line_end < 0 else line_end
            delimiter = block.find(self._delimiter, at, line_end)
            if delimiter < 0:
                return line_end
            at = delimiter + 1
