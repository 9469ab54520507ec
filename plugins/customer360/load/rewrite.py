"""Rewriting the records of a landing file in their places, everything around them left byte for byte."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import zstandard

from customer360.contracts import Contract
from customer360.load.content import Excerpts, pieces
from customer360.load.dialect import as_records_encoding, encoding_of, read_header, reader_of
from customer360.load.discover import LandingFile, sha256_of
from customer360.load.errors import FileRefused, FileUnfinished
from customer360.load.header import Header, match_header
from customer360.load.incoming import parse
from customer360.load.source import LocalSource, Source

REMOVED: dict[str, str | None] = {}
"""What ``change`` returns for a record that shall go."""


@dataclass(frozen=True)
class FileRecord:
    """A record of a file: ``values`` by field, or by column where the contract does not know it.

    ``text``: all of it. ``is_whole``: whether it has the header's columns; of another the values may be misplaced.
    ``extra``: names of the columns that the contract does not know.
    """

    number: int
    text: str
    values: dict[str, str]
    extra: tuple[str, ...]
    is_whole: bool


Change = Callable[[FileRecord], dict[str, str | None] | None]
"""The new values of a record's columns (None for a missing one), REMOVED, or None where it stays as it is."""


@dataclass(frozen=True)
class _Edit:
    offset: int
    length: int
    replacement: bytes | None


BeforeReplacing = Callable[[str, str], None]
"""Called with the old and the new sha256 before a file is replaced: whenever the new one is seen it is known."""


def rewrite_file(
    file: LandingFile, contract: Contract, change: Change, before_replacing: BeforeReplacing | None
) -> int:
    """Rewrite the records that ``change`` changes; returns how many. Without ``before_replacing`` only count them.

    Raises FileRefused when the file cannot be read, FileUnfinished when it was written to meanwhile.
    """
    contract = _without_demands(contract)
    source = _source(file)
    with _left_alone_where_moved(file):
        edits = _edits(source, file.name, contract, change)
        if edits and before_replacing:
            content = _edited(as_records_encoding(pieces(source, file.name), contract), edits)
            _replace(source, file.name, _in_encoding(content, contract), before_replacing)
    return len(edits)


def rewrite_text(
    file: LandingFile, substitute: Callable[[str], tuple[str, int]], before_replacing: BeforeReplacing | None
) -> int:
    """The same for a file that no contract covers, as one text.

    ``substitute`` gives the new text and how much it changed.
    """
    source = _source(file)
    with _left_alone_where_moved(file):
        new, count = substitute(b"".join(pieces(source, file.name)).decode("utf-8", "surrogateescape"))
        if count and before_replacing:
            _replace(source, file.name, [new.encode("utf-8", "surrogateescape")], before_replacing)
    return count


def values_of(data: bytes, contract: Contract, header: Sequence[str] | None) -> FileRecord:
    """A single record of a file with this header, such as one in quarantine. Raises FileRefused for no header."""
    matched = match_header(header or [field.name for field in contract.table_schema.fields], contract)
    return _record(0, data, contract, matched)


def as_record(values: Sequence[str], contract: Contract) -> bytes:
    """A record without its line end, in the contract's dialect."""
    dialect = contract.dialect

    def written(*cells: str) -> str:
        text = io.StringIO(newline="")
        csv.writer(
            text,
            delimiter=dialect.delimiter,
            quotechar=dialect.quote_char,
            quoting=csv.QUOTE_MINIMAL if dialect.quote_char else csv.QUOTE_NONE,
            doublequote=dialect.double_quote,
            escapechar=dialect.escape_char,
            lineterminator="",
        ).writerow(cells)
        return text.getvalue()

    if dialect.escape_char is None:
        row = written(*values)
    else:
        # A spelling of NULL that begins with the escape character, such as \\N, must not be escaped itself.
        nulls = {word for field in contract.table_schema.fields for word in contract.missing_values(field)}
        row = dialect.delimiter.join(value if value in nulls else written(value) for value in values)
    return row.encode(encoding_of(contract), "replace")


def _without_demands(contract: Contract) -> Contract:
    """The contract of a file that may lack any column: one that was refused for that can be rewritten all the same."""
    every = [field.name for field in contract.table_schema.fields]
    return contract.model_copy(update={"customer360": contract.customer360.model_copy(update={"optional": every})})


@contextmanager
def _left_alone_where_moved(file: LandingFile) -> Iterator[None]:
    try:
        yield
    except FileUnfinished as error:
        raise FileUnfinished(
            f"{file.name} was written to while it was rewritten, and is left as it is; run the same again."
        ) from error


def _source(file: LandingFile) -> Source:
    if file.source is None:
        raise FileRefused(file.refusal)
    return file.source


def _edits(source: Source, name: str, contract: Contract, change: Change) -> list[_Edit]:
    records = iter(reader_of(as_records_encoding(pieces(source, name), contract), contract))
    header, edits = read_header(records, contract), []
    for number, record in enumerate(records, 1):
        found = _record(number, record.data, contract, header)
        changed = change(found)
        if changed is not None:
            replacement = None if changed is REMOVED else _rewritten(found, changed, contract, header)
            edits.append(_Edit(record.offset, len(record.data), replacement))
    return edits


def _record(number: int, data: bytes, contract: Contract, header: Header) -> FileRecord:
    encoding = encoding_of(contract)
    text = data.decode(encoding, "replace")
    try:
        values = parse(text.encode(encoding, "replace"), contract, encoding)
    except (csv.Error, UnicodeError):
        values = text.split(contract.dialect.delimiter)
    fields = {position: name for name, position in header.positions.items()}
    named = {fields.get(position, header.names[position]): value for position, value in _placed(values, header)}
    extra = tuple(name for position, name in enumerate(header.names) if position not in fields)
    return FileRecord(number, text, named, extra, len(values) == len(header.names))


def _placed(values: Sequence[str], header: Header) -> Iterator[tuple[int, str]]:
    return zip(range(len(header.names)), values, strict=False)


def _rewritten(record: FileRecord, changed: dict[str, str | None], contract: Contract, header: Header) -> bytes:
    fields = {position: name for name, position in header.positions.items()}
    missing = {field.name: contract.missing_values(field) for field in contract.fields}
    row = []
    for position, delivered in enumerate(header.names):
        name = fields.get(position, delivered)
        value = changed.get(name, record.values[name])
        row.append(next(iter(missing.get(name, [])), "") if value is None else value)
    return as_record(row, contract)


def _edited(content: Iterator[bytes], edits: Sequence[_Edit]) -> Iterator[bytes]:
    excerpts, position = Excerpts(content), 0
    for edit in edits:
        yield from _span(excerpts, position, edit.offset)
        position = edit.offset + edit.length
        if edit.replacement is not None:
            yield edit.replacement
        elif excerpts.at(position, 2) == b"\r\n":
            position += 2
        elif excerpts.at(position, 1) == b"\n":
            position += 1
    yield from _span(excerpts, position, None)


def _span(excerpts: Excerpts, start: int, end: int | None) -> Iterator[bytes]:
    while end is None or start < end:
        piece = excerpts.at(start, 1 << 18 if end is None else min(1 << 18, end - start))
        if not piece:
            return
        start += len(piece)
        yield piece


def _in_encoding(content: Iterator[bytes], contract: Contract) -> Iterator[bytes]:
    name = codecs.lookup(contract.encoding).name
    if not name.startswith("utf-16"):
        yield from content
        return
    decoder, encoder = codecs.getincrementaldecoder("utf-8")("replace"), codecs.getincrementalencoder(name)()
    for piece in content:
        yield encoder.encode(decoder.decode(piece))


def _replace(
    source: Source, name: str, content: Iterator[bytes] | list[bytes], before_replacing: BeforeReplacing
) -> None:
    with tempfile.TemporaryDirectory(prefix="customer360-") as folder:
        new = Path(folder, "rewritten")
        with new.open("wb") as stream:
            _pack(content, stream, name)
        before_replacing(sha256_of(source), sha256_of(LocalSource(new)))
        source.replace(new)


def _pack(content: Iterator[bytes] | list[bytes], stream: BinaryIO, name: str) -> None:
    # Without a time in it, rewriting twice gives the same bytes.
    if name.lower().endswith(".gz"):
        with gzip.GzipFile(filename="", fileobj=stream, mode="wb", mtime=0) as packed:
            for piece in content:
                packed.write(piece)
    elif name.lower().endswith(".zst"):
        with zstandard.ZstdCompressor().stream_writer(stream, closefd=False) as packed:
            for piece in content:
                packed.write(piece)
    else:
        for piece in content:
            stream.write(piece)
