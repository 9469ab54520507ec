"""Copying the records of a file, as text, into the temporary table ``incoming``.

``incoming`` has ``record_number`` (1 is the first data record), ``byte_offset`` and ``byte_length`` in
the unpacked content, ``fault`` (why the record could not be parsed), the columns of the contract's fields as
``c1`` to ``cN`` by their place in the header, NULL where the contract takes the empty value for that, and
``extra``, the columns it does not know in one, for a row holds only some hundreds. Dropped columns never reach
PostgreSQL.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable

import psycopg
from psycopg import sql

from customer360.contracts import Contract
from customer360.load.credentials import holds_credential
from customer360.load.escapes import EscapedRecords
from customer360.load.header import Header
from customer360.load.records import MAX_RECORD_BYTES, NEVER_CLOSED, Record, RecordReader

# csv refuses values over 128 KiB by default; a record is bounded already.
csv.field_size_limit(max(csv.field_size_limit(), MAX_RECORD_BYTES))

CUT_OFF = "; the file may be cut off"
_BATCH_BYTES = 1 << 18


def column(position: int) -> sql.Identifier:
    """The column of ``incoming`` for a position in the header, counted from 0."""
    return sql.Identifier(f"c{position + 1}")


def create_incoming(connection: psycopg.Connection, header: Header) -> None:
    """Create the temporary table ``incoming``, which ends with the transaction."""
    connection.execute(
        sql.SQL(
            "create temporary table incoming (record_number bigint, byte_offset bigint, byte_length bigint,"
            " fault text, extra jsonb{}) on commit drop"
        ).format(
            sql.SQL("").join(sql.SQL(", {} text").format(column(place)) for place in sorted(header.positions.values()))
        )
    )


def copy_records(
    connection: psycopg.Connection,
    records: Iterable[Record],
    reader: RecordReader,
    header: Header,
    contract: Contract,
    encoding: str,
) -> int:
    """Copy the data records into ``incoming``; returns how many there are."""
    rows = Rows(reader, header, contract, encoding)
    expected, delimiter = len(header.names) - 1, rows.delimiter
    are_all_stored = len(header.positions) == len(header.names)
    prefix = delimiter.join([b"%d", b"%d", b"%d", rows.null, rows.null, b"%b\n"])
    number, batch, size = 0, [], 0
    with connection.cursor() as cursor, cursor.copy(rows.statement) as copy:
        for number, record in enumerate(records, 1):
            offset, data, plain, _ = record
            if plain and are_all_stored and data.count(delimiter) == expected:
                row = prefix % (number, offset, len(data), data)
            else:
                row = rows.row(number, record)
            batch.append(row)
            size += len(row)
            if size > _BATCH_BYTES:
                copy.write(b"".join(batch))
                batch, size = [], 0
        copy.write(b"".join(batch))
    return number


def copy_rows(connection: psycopg.Connection, rows: Rows, pieces: Iterable[bytes]) -> None:
    """Copy rows that ``rows`` has made into ``incoming``."""
    with connection.cursor() as cursor, cursor.copy(rows.statement) as copy:
        for piece in pieces:
            copy.write(piece)


def parse(data: bytes, contract: Contract, encoding: str) -> list[str]:
    """The values of one record.

    Raises UnicodeDecodeError or csv.Error when it is not what the dialect says.
    """
    dialect = contract.dialect
    text = data.decode(encoding)
    if dialect.escape_char:
        return EscapedRecords(contract).values(text)
    reader = csv.reader(
        [text],
        delimiter=dialect.delimiter,
        quotechar=dialect.quote_char,
        quoting=csv.QUOTE_MINIMAL if dialect.quote_char else csv.QUOTE_NONE,
        doublequote=dialect.double_quote,
        strict=True,
    )
    return next(reader, [])


class Rows:
    """Makes the COPY rows of records that need a closer look."""

    def __init__(self, reader: RecordReader, header: Header, contract: Contract, encoding: str):
        self._reader = reader
        self._header = header
        self._contract = contract
        self._encoding = encoding
        self._kept = header.kept
        self._stored = sorted(header.positions.values())
        self._delimiter = contract.dialect.delimiter
        self.delimiter = contract.dialect.delimiter.encode("ascii")
        self.null = b"" if contract.empty_is_missing else b"\\N"
        self._escapes = str.maketrans(
            {
                "\\": "\\\\",
                "\n": "\\n",
                "\r": "\\r",
                self._delimiter: "\\" + self._delimiter,
            }
        )

    @property
    def statement(self) -> sql.Composed:
        """The COPY that takes the rows."""
        return sql.SQL("copy incoming from stdin (format text, delimiter {}, null {}, encoding 'UTF8')").format(
            sql.Literal(self._delimiter), sql.Literal(self.null.decode("ascii"))
        )

    def row(self, number: int, record: Record) -> bytes:
        """The COPY row of a record, with its values or with its fault."""
        values, fault = self._values(record)
        places = [number, record.offset, len(record.data)]
        fields = [str(place).encode("ascii") for place in places]
        if fault:
            fields += [self._escaped(fault), *[self.null] * (1 + len(self._stored))]
        else:
            fields += [self.null, self._extra(values), *(self._escaped(values[position]) for position in self._stored)]
        return self.delimiter.join(fields) + b"\n"

    def _extra(self, values: list[str]) -> bytes:
        if not self._header.unknown:
            return self.null
        missing = "" if self._contract.empty_is_missing else None
        extra = {
            name: None if values[position] == missing else values[position]
            for position, name in self._header.unknown.items()
        }
        return self._escaped(json.dumps(extra, ensure_ascii=False))

    def _escaped(self, value: str) -> bytes:
        # Few values need it, and looking is faster than translating.
        if "\\" in value or "\n" in value or "\r" in value or self._delimiter in value:
            value = value.translate(self._escapes)
        return value.encode("utf-8")

    def _values(self, record: Record) -> tuple[list[str], str | None]:
        if record.fault:
            cut_off = CUT_OFF if record.fault == NEVER_CLOSED and self._is_last(record) else ""
            return [], record.fault + cut_off
        try:
            values = parse(record.data, self._contract, self._encoding)
        except UnicodeDecodeError as error:
            return [], f"byte {error.start + 1} of the record is not valid {self._encoding}"
        except csv.Error as error:
            return [], _csv_fault(error)
        return values, (
            self._count_fault(values, record) or self._nul_fault(values) or self._credential_fault(values, record)
        )

    def _is_last(self, record: Record) -> bool:
        return self._reader.end is not None and record.offset + len(record.data) >= self._reader.end

    def _count_fault(self, values: list[str], record: Record) -> str | None:
        expected = len(self._header.names)
        if len(values) == expected:
            return None
        cut_off = CUT_OFF if len(values) < expected and self._is_last(record) else ""
        fields = "1 field" if len(values) == 1 else f"{len(values)} fields"
        return f"the record has {fields}, the header has {expected}{cut_off}"

    def _nul_fault(self, values: list[str]) -> str | None:
        names = [self._header.names[position] for position in self._kept if "\0" in values[position]]
        return f"{' and '.join(names)} has a NUL byte" if names else None

    def _credential_fault(self, values: list[str], record: Record) -> str | None:
        if not holds_credential(record.data):
            return None
        names = [
            self._header.names[position]
            for position in self._kept
            if holds_credential(values[position].encode("utf-8"))
        ]
        return f"{' and '.join(names)} looks like a password hash or a token, which is not stored" if names else None


def _csv_fault(error: csv.Error) -> str:
    if "expected after" in str(error):
        return "text follows the closing quote of a value"
    if "new-line character" in str(error):
        return "a carriage return stands outside quotes"
    return f"the record cannot be parsed ({error})"
