"""Reading a file as its contract's dialect says: encoding, preamble, header, comments and footer."""

from __future__ import annotations

import codecs
import csv
import re
from collections import deque
from collections.abc import Generator, Iterable, Iterator

from customer360.contracts import Contract, Footer
from customer360.load.errors import FileRefused
from customer360.load.header import Header, match_header
from customer360.load.incoming import parse
from customer360.load.records import Record, RecordReader

_NEVER_UTF_8 = b"\xff"


def encoding_of(contract: Contract) -> str:
    """The encoding of the file's records once ``as_records_encoding`` has passed over them.

    Raises FileRefused when the contract names one that cannot be read.
    """
    try:
        name = codecs.lookup(contract.encoding).name
        is_ascii_based = "a,\n".encode(name) == b"a,\n"
    except LookupError:
        name, is_ascii_based = contract.encoding, False
    if name in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"):
        return "utf-8"
    if not is_ascii_based:
        raise FileRefused(
            f"Its contract names the encoding {contract.encoding!r}, which cannot be read; "
            "use utf-8, utf-16, cp1252 or latin-1."
        )
    return name


def as_records_encoding(pieces: Iterable[bytes], contract: Contract) -> Generator[bytes, None, None]:
    """The content with UTF-16 turned into UTF-8, so that a byte offset of such a file counts in UTF-8.

    A broken character stays broken: it is never valid UTF-8 and quarantines its record.
    """
    name = codecs.lookup(contract.encoding).name
    if not name.startswith("utf-16"):
        yield from pieces
        return
    decoder = codecs.getincrementaldecoder(name)("surrogatepass")
    for piece in pieces:
        yield decoder.decode(piece).encode("utf-8", "surrogatepass")
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        yield _NEVER_UTF_8


def reader_of(content: Iterable[bytes], contract: Contract) -> RecordReader:
    """The reader of the file's records, the header among them and the preamble not."""
    dialect = contract.dialect
    return RecordReader(
        content,
        dialect.delimiter.encode("ascii"),
        _byte(dialect.quote_char),
        encoding_of(contract),
        double_quote=dialect.double_quote,
        escape=_byte(dialect.escape_char),
        comment=_byte(dialect.comment_char),
        skipped_lines=dialect.preamble_lines,
    )


def _byte(mark: str | None) -> bytes | None:
    return None if mark is None else mark.encode("ascii")


def read_header(records: Iterator[Record], contract: Contract) -> Header:
    """Take the header from ``records`` and match it; a file without one has the contract's fields.

    Raises FileRefused when there is none where there should be one, or it cannot be read or matched.
    """
    dialect, encoding = contract.dialect, encoding_of(contract)
    if not dialect.header:
        return match_header([field.name for field in contract.table_schema.fields], contract)
    rows = []
    for _ in dialect.header_rows:
        record = next(records, None)
        if record is None:
            raise FileRefused("It is empty; a file without records still needs its header.")
        try:
            rows.append(parse(record.data, contract, encoding))
        except UnicodeDecodeError as error:
            raise FileRefused(
                f"Its header is not valid {encoding}; export it as {encoding} or say its encoding in the contract."
            ) from error
        except csv.Error as error:
            if b"\r" in record.data:
                raise FileRefused(
                    "Its lines end with a carriage return alone; export it with line feeds or Windows line ends."
                ) from error
            raise FileRefused("Its header cannot be parsed; check its quotes.") from error
    if len({len(row) for row in rows}) > 1:
        raise FileRefused("The lines of its header have different numbers of columns; export them alike.")
    return match_header([_joined(parts, dialect.header_join) for parts in zip(*rows, strict=True)], contract)


def _joined(parts: Iterable[str], join: str) -> str:
    return join.join(part.strip() for part in parts if part.strip())


class FooterReader:
    """The data records of ``records``, without the footer that the contract declares."""

    def __init__(self, records: Iterator[Record], footer: Footer, encoding: str):
        self._records = records
        self._footer = footer
        self._encoding = encoding

    def __iter__(self) -> Iterator[Record]:
        if self._footer.records is not None:
            yield from self._all_but_last(self._footer.records)
        else:
            yield from self._all_but_matching(re.compile(self._footer.pattern or "", re.DOTALL))

    def _all_but_last(self, count: int) -> Iterator[Record]:
        held: deque[Record] = deque()
        for record in self._records:
            held.append(record)
            if len(held) > count:
                yield held.popleft()
        if len(held) < count:
            raise FileRefused(f"Its footer should have {count} records and it has {len(held)}; it may be cut off.")

    def _all_but_matching(self, pattern: re.Pattern[str]) -> Iterator[Record]:
        # A record that looks like a footer and has others behind it is data, to be judged as such.
        held: list[tuple[Record, re.Match[str]]] = []
        number = 0
        for record in self._records:
            match = pattern.fullmatch(record.data.decode(self._encoding, "replace"))
            if match:
                held.append((record, match))
                continue
            for earlier, _ in held:
                number += 1
                yield earlier
            held, number = [], number + 1
            yield record
        if "records" in pattern.groupindex:
            self._check_count(held[0][1]["records"] if held else None, number)

    def _check_count(self, said: str | None, number: int) -> None:
        if said is None:
            raise FileRefused("It lacks the footer that its contract declares; it may be cut off.")
        if not said.isdecimal() or int(said) != number:
            raise FileRefused(f"Its footer says {said} records and it has {number}; it may be cut off.")
