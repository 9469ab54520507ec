"""Splitting a CSV file into records without losing sight of their bytes.

A record is known by its offset in the unpacked content and by its bytes without the line end.
Most lines of most files hold no quote, backslash or other special byte: whole blocks are tested
for that at once, and their lines are ``plain``.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator
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

    def __init__(
        self,
        pieces: Iterable[bytes],
        delimiter: bytes,
        quote: bytes | None,
        encoding: str,
        *,
        double_quote: bool = True,
        escape: bytes | None = None,
        comment: bytes | None = None,
        skipped_lines: int = 0,
    ):
        self._pieces = pieces
        self._delimiter = delimiter
        self._quote = quote
        self._encoding = encoding
        self._escape = escape
        self._comment = comment
        self._skipped_lines = skipped_lines
        self._values = (
            _Values(delimiter, quote, escape, double_quote) if escape or (quote and not double_quote) else None
        )
        self.end: int | None = None

    def __iter__(self) -> Iterator[Record]:
        unfinished, offset, first, to_skip = b"", 0, True, self._skipped_lines
        for block, cut_line, last in self._blocks():
            if first:
                block, offset = self._without_mark(block)
                first = False
            while to_skip and block:
                line = block.find(b"\n") + 1 or len(block)
                block, offset, to_skip = block[line:], offset + line, to_skip - 1
            block = unfinished + block
            if last:
                self.end = offset + len(block.rstrip(b"\r\n "))
            taken = yield from self._split(block, offset, last)
            unfinished, offset = block[taken:], offset + taken
            if cut_line is not None:
                # Whatever is still open now stays open: the long line is no part of it.
                if unfinished:
                    yield from self._split(unfinished, offset, True)
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

    def _split(self, block: bytes, offset: int, last: bool) -> Generator[Record, None, int]:
        """The records of a block of whole lines; returns how many bytes of it they take.

        What is left begins with a record whose quoted value goes on in the next block.
        """
        if self._may_span_lines(block):
            return (yield from self._quoted(block, offset, last))
        yield from self._unquoted(block, offset)
        return len(block)

    def _may_span_lines(self, block: bytes) -> bool:
        return (self._quote is not None and self._quote in block) or (
            self._escape is not None and self._escape in block
        )

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
            if line.strip(b" ") and not (self._comment and line.startswith(self._comment)):
                yield Record(start, line, still_plain, None)

    def _quoted(self, block: bytes, offset: int, last: bool) -> Generator[Record, None, int]:
        plain, start = self._is_plain(block), 0
        while start < len(block):
            line_end = block.find(b"\n", start)
            line_end = len(block) if line_end < 0 else line_end
            if self._comment and block.startswith(self._comment, start):
                start = line_end + 1
                continue
            end, fault, quoted = line_end, None, self._may_span_lines(block[start:line_end])
            if quoted:
                found = self._quoted_end(block, start, line_end, last)
                if found is None:
                    return start
                end, fault = found
            data = block[start:end].removesuffix(b"\r")
            if data.strip(b" "):
                yield Record(offset + start, data, plain and not quoted and b"\r" not in data, fault)
            start = end + 1
        return len(block)

    def _quoted_end(self, block: bytes, start: int, line_end: int, last: bool) -> tuple[int, str | None] | None:
        """Where the record at ``start``, which may span lines, ends, and its fault; None where it may go on."""
        found = self._values.end_of_record(block, start, last) if self._values else self._end_of_record(block, start)
        if found is None and not last and len(block) - start <= MAX_RECORD_BYTES:
            return None
        return (line_end, NEVER_CLOSED) if found is None or found < 0 else (found, None)

    def _end_of_record(self, block: bytes, start: int) -> int | None:
        """Where the record at ``start`` ends; None when a quote is open at the end of the block.

        Below zero when a quoted value spans lines and other text follows its closing quote: that
        quote opens the value of a later record, and the one at ``start`` is never closed.
        """
        at, quote = start, self._quote or b""
        while True:
            if block.startswith(quote, at):
                close = block.find(quote, at + 1)
                while close >= 0 and block.startswith(quote, close + 1):
                    close = block.find(quote, close + 2)
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


class _Values:
    """Finds the ends of records where quotes are escaped rather than doubled, or other characters are escaped."""

    def __init__(self, delimiter: bytes, quote: bytes | None, escape: bytes | None, double_quote: bool):
        self._delimiter = delimiter
        self._quote = quote
        mark, sign = re.escape(escape or b""), re.escape(quote or b"")
        escaped = b"|" + mark + b"." if escape else b""
        doubled = b"|" + sign + sign if quote and double_quote else b""
        self._quoted = re.compile(b"(?:[^" + sign + mark + b"]++" + escaped + doubled + b")*+" + sign, re.DOTALL)
        self._unquoted = re.compile(
            b"(?:[^" + re.escape(delimiter) + rb"\n" + mark + b"]++" + escaped + b")*+", re.DOTALL
        )

    def end_of_record(self, block: bytes, start: int, last: bool) -> int | None:
        """As ``RecordReader._end_of_record``; ``last``: whether the file ends with the block."""
        at = start
        while True:
            if self._quote and block.startswith(self._quote, at):
                closed = self._quoted.match(block, at + 1)
                if closed is None:
                    return None
                behind = block[closed.end() : closed.end() + 1]
                if behind not in (self._delimiter, b"\r", b"\n", b"") and b"\n" in closed[0]:
                    return -1
                at = closed.end()
            unquoted = self._unquoted.match(block, at)
            at = unquoted.end() if unquoted else at
            if at >= len(block):
                # Blocks end with a line, so an escaped line end is the last thing in this one.
                return len(block) if last else None
            if not block.startswith(self._delimiter, at):
                # The line ends here, or an escape character is the last byte of the file.
                end = block.find(b"\n", at)
                return len(block) if end < 0 else end
            at += 1
