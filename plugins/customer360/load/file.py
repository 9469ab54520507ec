"""Loading one file: one transaction, after which it is in raw or nothing of it is."""

from __future__ import annotations

import codecs
import csv
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import psycopg
from psycopg.sql import SQL, Identifier, Literal
from psycopg.types.json import Jsonb

from customer360.contracts import Contract
from customer360.load import check
from customer360.load.content import Excerpts, pieces
from customer360.load.credentials import holds_credential
from customer360.load.discover import LandingFile, sha256_of
from customer360.load.duplicates import reject_duplicates
from customer360.load.errors import FileRefused, LoadError
from customer360.load.header import Header, match_header
from customer360.load.incoming import column, copy_records, create_incoming, parse
from customer360.load.parents import set_orphans_aside
from customer360.load.raw_tables import raw_table
from customer360.load.records import RecordReader
from customer360.load.report import FileResult

REFUSED_SAMPLE = 100
"""Of a file over its quarantine limit so many bad records are kept, to show what is wrong."""

_REJECTED_BATCH = 1000


@dataclass(frozen=True)
class Rejected:
    """A record for quarantine; ``data`` is None where it holds a secret."""

    record_number: int
    byte_offset: int
    data: bytes | None
    reasons: list[str]


class OverLimit(FileRefused):
    """Too many records of the file break the contract."""

    def __init__(self, records: int, quarantined: int, sample: list[Rejected], drift: dict[str, list[str]]):
        first = sample[0]
        super().__init__(
            f"{quarantined} of its {records} records break the contract, more than its quarantine limit allows; "
            f"nothing of it is loaded. The first is record {first.record_number}: {'; '.join(first.reasons)}."
        )
        self.records, self.quarantined, self.sample, self.drift = records, quarantined, sample, drift


@dataclass(frozen=True)
class FileLoader:
    """Loads files over one connection (as c360_loader, autocommit) for one run and business day."""

    connection: psycopg.Connection
    contracts: Sequence[Contract]
    run_id: int
    business_date: date

    def load(self, file: LandingFile, contract: Contract | None) -> FileResult:
        """Load one file; what is wrong with it is in the result, not raised."""
        started, sha256, size = time.monotonic(), "", None
        try:
            if file.refusal:
                raise FileRefused(file.refusal)
            if contract is None:
                raise FileRefused(
                    "No contract covers it: name it landing/<system>/<table>*.csv, such as care/customers.csv, "
                    "or add a contract to the landing's contracts folder."
                )
            with file.fetched() as path:
                sha256, size = sha256_of(path), path.stat().st_size
                loaded = self._loaded_before(sha256, contract)
                if loaded is None:
                    with self.connection.transaction():
                        load = _Load(self, file, contract, path)
                        result = load.run(sha256, size)
                    if result is not None:
                        return _timed(result, started)
                    loaded = self._loaded_before(sha256, contract)
            return _timed(
                FileResult(
                    file.name,
                    contract.system,
                    contract.table,
                    "skipped",
                    reason=f"Its content was loaded before, as {loaded}.",
                ),
                started,
            )
        except (FileRefused, OSError, *_UNEXPECTED_CONTENT) as error:
            return _timed(self._refuse(file, contract, sha256, size, _as_refusal(error)), started)

    def _loaded_before(self, sha256: str, contract: Contract) -> str | None:
        row = self.connection.execute(
            'select file from ops.loaded_files where sha256 = %s and system = %s and "table" = %s'
            " and status = 'loaded'",
            [sha256, contract.system, contract.table],
        ).fetchone()
        return row[0] if row else None

    def _refuse(
        self,
        file: LandingFile,
        contract: Contract | None,
        sha256: str,
        size: int | None,
        error: FileRefused,
    ) -> FileResult:
        over = error if isinstance(error, OverLimit) else None
        result = FileResult(
            file.name,
            contract.system if contract else None,
            contract.table if contract else None,
            "refused",
            records=over.records if over else 0,
            quarantined=over.quarantined if over else 0,
            reason=str(error),
            drift=over.drift if over else {},
        )
        with self.connection.transaction():
            row = self.connection.execute(
                'insert into ops.loaded_files (run_id, sha256, system, "table", file, status, records, loaded,'
                " quarantined, reason, delivered_on, drift, bytes)"
                " values (%s, %s, %s, %s, %s, 'refused', %s, 0, %s, %s, %s, %s, %s) returning load_id",
                [
                    self.run_id,
                    sha256,
                    result.system,
                    result.table,
                    file.name,
                    over.records if over else None,
                    over.quarantined if over else None,
                    result.reason,
                    file.delivered_on,
                    Jsonb(result.drift) if result.drift else None,
                    size,
                ],
            ).fetchone()
            if over and contract and row:
                store_rejected(self.connection, row[0], contract, file.name, over.sample)
        return result


# Content that PostgreSQL itself cannot take, such as JSON nested a thousand levels deep.
_UNEXPECTED_CONTENT = (
    psycopg.DataError,
    psycopg.errors.StatementTooComplex,
    psycopg.errors.ProgramLimitExceeded,
)


def _as_refusal(error: Exception) -> FileRefused:
    if isinstance(error, FileRefused):
        return error
    if isinstance(error, psycopg.Error):
        # The message may quote a value, which may be personal; the kind of error may not.
        return FileRefused(
            f"PostgreSQL cannot take its content ({type(error).__name__}); look at the values and at the contract."
        )
    return FileRefused(f"It cannot be read: {getattr(error, 'strerror', None) or error}.")


def _timed(result: FileResult, started: float) -> FileResult:
    return FileResult(**{**vars(result), "seconds": time.monotonic() - started})


@dataclass(frozen=True)
class _Load:
    """The load of one file, inside its transaction."""

    loader: FileLoader
    file: LandingFile
    contract: Contract
    path: Path

    def run(self, sha256: str, size: int) -> FileResult | None:
        """Load the file; None when another load has just loaded the same content."""
        connection, contract = self.loader.connection, self.contract
        encoding = _encoding(contract)
        self._set_time_zone()
        reader = RecordReader(
            pieces(self.path, self.file.name),
            contract.dialect.delimiter.encode("ascii"),
            contract.dialect.quote_char.encode("ascii"),
            encoding,
        )
        records = iter(reader)
        header = self._header(records, encoding)
        load_id = self._begin(header, sha256, size)
        if load_id is None:
            return None
        create_incoming(connection, header)
        count = copy_records(connection, records, reader, header, contract, encoding)
        fields = check.file_sql(contract, header)
        self._reject_invalid(fields)
        loaded = self._insert(header, fields, load_id)
        loaded -= reject_duplicates(connection, contract, header, fields, load_id, loaded < count)
        self._refuse_over_limit(count, count - loaded, header)
        quarantined = self._store_all_rejected(load_id, header)
        if loaded + quarantined != count:
            raise LoadError(
                f"{self.file.name} has {count} records, of which {loaded} were loaded and {quarantined} "
                "quarantined. This is a fault of the loader; nothing of the file is loaded."
            )
        set_orphans_aside(connection, contract, self.loader.contracts, load_id)
        connection.execute(
            "update ops.loaded_files set records = %s, loaded = %s, quarantined = %s, finished_at = clock_timestamp()"
            " where load_id = %s",
            [count, loaded, quarantined, load_id],
        )
        return FileResult(
            self.file.name,
            contract.system,
            contract.table,
            "loaded",
            records=count,
            loaded=loaded,
            quarantined=quarantined,
            drift=header.drift,
        )

    def _set_time_zone(self) -> None:
        # Instants written without a zone are read in the session's, which ends with the transaction.
        zone = self.contract.customer360.time_zone
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise FileRefused(
                f"Its contract names the time zone {zone!r}, which is no IANA zone; use one such as Asia/Kolkata."
            ) from error
        self.loader.connection.execute("select set_config('timezone', %s, true)", [zone])

    def _header(self, records: Iterator, encoding: str) -> Header:
        first = next(records, None)
        if first is None:
            raise FileRefused("It is empty; a file without records still needs its header.")
        try:
            names = parse(first.data, self.contract, encoding)
        except UnicodeDecodeError as error:
            raise FileRefused(
                f"Its header is not valid {encoding}; export it as {encoding} or say its encoding in the contract."
            ) from error
        except csv.Error as error:
            raise FileRefused("Its header cannot be parsed; check its quotes.") from error
        return match_header(names, self.contract)

    def _begin(self, header: Header, sha256: str, size: int) -> int | None:
        """Record the file as loaded; None when another load did so meanwhile."""
        contract, connection = self.contract, self.loader.connection
        key_kind = None
        if contract.primary_key:
            key_kind = "record_number" if header.key_is_record_number else "column"
        row = connection.execute(
            'insert into ops.loaded_files (run_id, sha256, system, "table", file, status, delivered_on, key_kind,'
            " drift, bytes) values (%s, %s, %s, %s, %s, 'loaded', %s, %s, %s, %s)"
            " on conflict (sha256, system, \"table\") where status = 'loaded' do nothing returning load_id",
            [
                self.loader.run_id,
                sha256,
                contract.system,
                contract.table,
                self.file.name,
                self.file.delivered_on,
                key_kind,
                Jsonb(header.drift) if header.drift else None,
                size,
            ],
        ).fetchone()
        if row and contract.customer360.key_when_absent:
            self._refuse_other_key(key_kind)
        return row[0] if row else None

    def _refuse_other_key(self, key_kind: str | None) -> None:
        contract = self.contract
        other = self.loader.connection.execute(
            "select file from ops.loaded_files where system = %s and \"table\" = %s and status = 'loaded'"
            " and key_kind <> %s order by load_id desc limit 1",
            [contract.system, contract.table, key_kind],
        ).fetchone()
        if other is None:
            return
        key = ", ".join(contract.primary_key)
        if key_kind == "record_number":
            raise FileRefused(
                f"It has no column {key}, and {other[0]} has one: record numbers and keys cannot be told apart. "
                f"Export it with {key}."
            )
        raise FileRefused(
            f"It has a column {key}, and {other[0]} has none, so its record numbers stand for the key: "
            f"the two cannot be told apart. Export it without {key}, or empty the warehouse first."
        )

    def _reject_invalid(self, fields: list[check.FieldSql]) -> None:
        self.loader.connection.execute(
            "create temporary table rejected (record_number bigint, byte_offset bigint, byte_length bigint,"
            " reasons text[]) on commit drop"
        )
        self.loader.connection.execute(
            SQL(
                "insert into rejected select i.record_number, i.byte_offset, i.byte_length,"
                " case when i.fault is not null then array[i.fault] else {} end"
                " from incoming i where i.fault is not null or ({}) is not true"
            ).format(check.reasons(fields), check.is_valid(fields))
        )
        self.loader.connection.execute("analyze rejected")

    def _insert(self, header: Header, fields: list[check.FieldSql], load_id: int) -> int:
        columns = [Identifier(field.field.name) for field in fields]
        extra = SQL("null::jsonb")
        if header.unknown:
            extra = SQL("jsonb_object(array[{}]::text[], array[{}]::text[])").format(
                SQL(", ").join(map(Literal, header.unknown.values())),
                SQL(", ").join(SQL("i.{}").format(column(position)) for position in header.unknown),
            )
        return self.loader.connection.execute(
            SQL(
                "insert into {} ({}, _load_id, _run_id, _source_file, _record_number, _business_date, _extra)"
                " select {}, {}, {}, {}, i.record_number, {}, {} from incoming i"
                " where not exists (select from rejected where rejected.record_number = i.record_number)"
            ).format(
                raw_table(self.contract),
                SQL(", ").join(columns),
                SQL(", ").join(field.typed for field in fields),
                Literal(load_id),
                Literal(self.loader.run_id),
                Literal(self.file.name),
                Literal(self.loader.business_date),
                extra,
            )
        ).rowcount

    def _refuse_over_limit(self, records: int, quarantined: int, header: Header) -> None:
        if self.contract.customer360.quarantine_limit.allows(quarantined, records):
            return
        excerpts = Excerpts(self.path, self.file.name)
        rows = self.loader.connection.execute(f"select * from rejected order by record_number limit {REFUSED_SAMPLE}")
        sample = [_rejected(row, excerpts, header) for row in rows]
        raise OverLimit(records, quarantined, sample, header.drift)

    def _store_all_rejected(self, load_id: int, header: Header) -> int:
        excerpts, stored = Excerpts(self.path, self.file.name), 0
        with self.loader.connection.cursor(name="rejected_records") as cursor:
            cursor.execute("select * from rejected order by record_number")
            while rows := cursor.fetchmany(_REJECTED_BATCH):
                batch = (_rejected(row, excerpts, header) for row in rows)
                stored += store_rejected(self.loader.connection, load_id, self.contract, self.file.name, batch)
        return stored


def _encoding(contract: Contract) -> str:
    try:
        name = codecs.lookup(contract.encoding).name
        is_ascii_based = "a,\n".encode(name) == b"a,\n"
    except LookupError:
        name, is_ascii_based = contract.encoding, False
    if name == "utf-8-sig":
        return "utf-8"
    if not is_ascii_based:
        raise FileRefused(
            f"Its contract names the encoding {contract.encoding!r}, which cannot be read; use utf-8 or cp1252."
        )
    return name


def _rejected(row: tuple[int, int, int, list[str]], excerpts: Excerpts, header: Header) -> Rejected:
    number, offset, length, reasons = row
    data = excerpts.at(offset, length)
    if header.dropped or holds_credential(data):
        return Rejected(number, offset, None, reasons)
    return Rejected(number, offset, data, reasons)


def store_rejected(
    connection: psycopg.Connection,
    load_id: int,
    contract: Contract,
    file: str,
    batch: Sequence[Rejected] | Iterator[Rejected],
) -> int:
    """Write rejected records to quarantine; returns how many."""
    with connection.cursor() as cursor:
        with cursor.copy(
            'copy quarantine.rejected_records (load_id, system, "table", file, record_number, byte_offset,'
            " record, reasons) from stdin"
        ) as copy:
            for record in batch:
                copy.write_row(
                    (
                        load_id,
                        contract.system,
                        contract.table,
                        file,
                        record.record_number,
                        record.byte_offset,
                        record.data,
                        record.reasons,
                    )
                )
        return cursor.rowcount
