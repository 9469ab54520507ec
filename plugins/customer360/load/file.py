"""Loading one file: one transaction, after which it is in raw or nothing of it is."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import psycopg
import pyarrow as pa
from psycopg.sql import SQL, Identifier, Literal
from psycopg.types.json import Jsonb

from customer360.contracts import Contract, target_of
from customer360.load import check
from customer360.load.blockwise import Blockwise, Counts
from customer360.load.content import Excerpts, pieces
from customer360.load.dialect import FooterReader, as_records_encoding, encoding_of, read_header, reader_of
from customer360.load.discover import LandingFile, sha256_of
from customer360.load.duplicates import BeyondDoubt, reject_duplicates, settle_equal_records
from customer360.load.errors import FileRefused, FileUnfinished, LoadError
from customer360.load.feeds import plan_of
from customer360.load.header import Header
from customer360.load.incoming import copy_records, create_incoming
from customer360.load.parents import set_orphans_aside
from customer360.load.raw_tables import (
    lacking_indexes,
    make_indexes,
    make_raw_tables,
    raw_table,
    refresh_statistics,
    stamp_records,
)
from customer360.load.redelivered import known_content, said_of_known
from customer360.load.rejected import OverLimit, retyped_columns, sample_of_rejected, store_all_rejected, store_rejected
from customer360.load.report import FileResult
from customer360.load.source import LocalSource, Source


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
            if file.source is None:
                raise FileRefused(file.refusal)
            if contract is None:
                raise FileRefused(
                    "No contract covers it: name it landing/<system>/<table>*.csv, such as care/customers.csv, "
                    "or add a contract to the landing's contracts folder."
                )
            table = target_of(contract, self.contracts)
            if file.unfinished:
                raise FileUnfinished(file.unfinished)
            file.source.check_unmoved()
            size = file.source.size
            sha256 = known_content(self.connection, file, table) or sha256_of(file.source)
            known = said_of_known(self.connection, file, sha256, table, self.business_date)
            if known is None:
                with self.connection.transaction():
                    result = _Load(self, file, contract, table, file.source).run(sha256, size)
                    file.source.check_unmoved()
                if result is not None:
                    return _timed(result, started)
                known = said_of_known(self.connection, file, sha256, table, self.business_date)
            return _timed(
                FileResult(
                    file.name,
                    table.system,
                    table.table,
                    "skipped",
                    feeds=contract.feed is not None,
                    reason=known,
                    holds_erased=self._erased_from(sha256),
                ),
                started,
            )
        except (FileRefused, FileUnfinished, OSError, *_UNEXPECTED_CONTENT) as error:
            if unfinished := _unfinished(file, error):
                return _timed(self._left(file, contract, unfinished), started)
            return _timed(self._refuse(file, contract, sha256, size, _as_refusal(error)), started)

    def load_again(self, path: Path, contract: Contract, name: str) -> tuple[int, int]:
        """Load the records at ``path`` within the caller's transaction, under ``name``, as a load of their own.

        Returns its id and how many records were dropped. Raises FileRefused when they cannot be loaded.
        """
        table, source = target_of(contract, self.contracts), LocalSource(path)
        if unfit := make_raw_tables(self.connection, [table]):
            raise FileRefused(unfit[table.name])
        try:
            result = _Load(self, LandingFile(name, source), contract, table, source).run(name, source.size)
        except _UNEXPECTED_CONTENT as error:
            raise _as_refusal(error) from error
        row = self.connection.execute(
            'select load_id from ops.loaded_files where sha256 = %s and system = %s and "table" = %s',
            [name, table.system, table.table],
        ).fetchone()
        if result is None or row is None:
            raise LoadError(f"{name} is under way already; wait for it.")
        return row[0], result.dropped

    def _erased_from(self, sha256: str) -> bool:
        row = self.connection.execute(
            "select exists (select from ops.loaded_files where sha256 = %s and rewritten_sha256 <> '{}')", [sha256]
        ).fetchone()
        return bool(row and row[0])

    def _left(self, file: LandingFile, contract: Contract | None, reason: FileUnfinished) -> FileResult:
        table = target_of(contract, self.contracts) if contract else None
        return FileResult(
            file.name,
            table.system if table else None,
            table.table if table else None,
            "unfinished",
            reason=str(reason),
            feeds=contract is not None and contract.feed is not None,
        )

    def _refuse(
        self,
        file: LandingFile,
        contract: Contract | None,
        sha256: str,
        size: int | None,
        error: FileRefused,
    ) -> FileResult:
        over = error if isinstance(error, OverLimit) else None
        table = target_of(contract, self.contracts) if contract else None
        result = FileResult(
            file.name,
            table.system if table else None,
            table.table if table else None,
            "refused",
            records=over.records if over else 0,
            quarantined=over.quarantined if over else 0,
            reason=str(error),
            drift=over.drift if over else {},
            feeds=contract is not None and contract.feed is not None,
        )
        with self.connection.transaction():
            row = self.connection.execute(
                'insert into ops.loaded_files (run_id, sha256, system, "table", file, status, records, loaded,'
                " quarantined, reason, delivered_on, drift, bytes, contract)"
                " values (%s, %s, %s, %s, %s, 'refused', %s, 0, %s, %s, %s, %s, %s, %s) returning load_id",
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
                    contract.name if contract else None,
                ],
            ).fetchone()
            if over and table and row:
                store_rejected(self.connection, row[0], table, file.name, over.sample)
        return result


# Content that PostgreSQL itself cannot take, such as JSON nested a thousand levels deep.
_UNEXPECTED_CONTENT = (
    psycopg.DataError,
    psycopg.errors.StatementTooComplex,
    psycopg.errors.ProgramLimitExceeded,
)


def _unfinished(file: LandingFile, error: Exception) -> FileUnfinished | None:
    """Why the file is left for the next load: what is wrong with one that is still being written may yet be right."""
    if isinstance(error, FileUnfinished):
        return error
    try:
        if file.source is not None:
            file.source.check_unmoved()
    except FileUnfinished as unfinished:
        return unfinished
    return None


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
    table: Contract
    source: Source

    def run(self, sha256: str, size: int) -> FileResult | None:
        """Load the file; None when another load has just loaded the same content."""
        connection, contract, table = self.loader.connection, self.contract, self.table
        self._set_time_zone()
        # A small sample tells the planner enough, and a tenth of the time is spent on it.
        connection.execute("set local default_statistics_target = 10")
        header = self._header()
        load_id = self._begin(header, sha256, size)
        if load_id is None:
            return None
        stamp_records(connection, load_id, self.loader.run_id, self.file.name, self.loader.business_date)
        lacking = lacking_indexes(connection, table)
        create_incoming(connection, header)
        way = Blockwise(contract, header)
        counts = (self._copy_blocks(way) if way.possible else None) or self._copy_one_by_one(header)
        count = counts.records
        plan = plan_of(contract, table, header)
        self._reject_invalid(plan.rules)
        loaded = counts.stored + self._insert(plan.header, plan.stored, load_id)
        make_indexes(connection, table, lacking)
        refresh_statistics(connection, table)
        policy = contract.customer360.duplicates
        duplicates = settle_equal_records(connection, table, policy, load_id)
        dropped = duplicates if policy == "drop" else 0
        loaded -= dropped
        loaded -= reject_duplicates(
            connection,
            table,
            plan.header,
            plan.stored,
            load_id,
            any_rejected=loaded + dropped < count,
            blockwise=self._beyond_doubt(way, counts) if counts.stored else None,
        )
        self._refuse_over_limit(count, count - dropped - loaded, header)
        quarantined = store_all_rejected(connection, load_id, table, self.file.name, Excerpts(self._content()), header)
        if loaded + dropped + quarantined != count:
            raise LoadError(
                f"{self.file.name} has {count} records, of which {loaded} were loaded, {dropped} dropped and "
                f"{quarantined} quarantined. This is a fault of the loader; nothing of the file is loaded."
            )
        set_orphans_aside(connection, table, self.loader.contracts, load_id)
        connection.execute(
            "update ops.loaded_files set records = %s, loaded = %s, quarantined = %s, duplicates = %s, dropped = %s,"
            " finished_at = clock_timestamp() where load_id = %s",
            [count, loaded, quarantined, duplicates, dropped, load_id],
        )
        return FileResult(
            self.file.name,
            table.system,
            table.table,
            "loaded",
            records=count,
            loaded=loaded,
            quarantined=quarantined,
            drift=header.drift,
            dropped=dropped,
            duplicates=duplicates,
            feeds=contract.feed is not None,
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

    def _begin(self, header: Header, sha256: str, size: int) -> int | None:
        """Record the file as loaded; None when another load did so meanwhile."""
        contract, connection = self.table, self.loader.connection
        key_kind = None
        if contract.primary_key:
            by_number = header.key_is_record_number and self.contract.feed is None
            key_kind = "record_number" if by_number else "column"
        row = connection.execute(
            'insert into ops.loaded_files (run_id, sha256, system, "table", file, status, delivered_on, key_kind,'
            " drift, bytes, contract, header, delivery, version)"
            " values (%s, %s, %s, %s, %s, 'loaded', %s, %s, %s, %s, %s, %s, %s, %s)"
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
                self.contract.name,
                # Records of a file with a column that is never stored are not kept, and neither is its header.
                None if header.dropped else list(header.names),
                contract.customer360.delivery,
                self.source.version,
            ],
        ).fetchone()
        if row and contract.customer360.key_when_absent:
            self._refuse_other_key(key_kind)
        return row[0] if row else None

    def _refuse_other_key(self, key_kind: str | None) -> None:
        contract = self.table
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

    def _header(self) -> Header:
        content = self._content()
        try:
            return read_header(iter(reader_of(content, self.contract)), self.contract)
        finally:
            content.close()

    def _copy_one_by_one(self, header: Header) -> Counts:
        contract, encoding = self.contract, encoding_of(self.contract)
        reader = reader_of(self._content(), contract)
        records = iter(reader)
        read_header(records, contract)
        if contract.customer360.footer:
            records = iter(FooterReader(records, contract.customer360.footer, encoding))
        return Counts(copy_records(self.loader.connection, records, reader, header, contract, encoding), 0, set())

    def _copy_blocks(self, way: Blockwise) -> Counts | None:
        """Copy the records a block at a time; None when one that was taken for good turns out not to be."""
        connection = self.loader.connection
        try:
            with connection.transaction():
                return way.copy(connection, self._content())
        except (psycopg.DataError, pa.ArrowInvalid):
            return None

    def _beyond_doubt(self, way: Blockwise, counts: Counts) -> BeyondDoubt:
        return BeyondDoubt(
            lambda numbers: way.fetch(self.loader.connection, self._content(), numbers), counts.told_apart
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
        self.loader.connection.execute("analyze incoming (record_number, fault), rejected")

    def _insert(self, header: Header, fields: list[check.FieldSql], load_id: int) -> int:
        columns = [Identifier(field.field.name) for field in fields]
        extra = SQL("i.extra" if header.unknown else "null")
        return self.loader.connection.execute(
            SQL(
                "insert into {} ({}, _load_id, _run_id, _source_file, _record_number, _business_date, _extra)"
                " select {}, {}, {}, {}, i.record_number, {}, {} from incoming i"
                " where not exists (select from rejected where rejected.record_number = i.record_number)"
            ).format(
                raw_table(self.table),
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
        if not self.contract.customer360.quarantine_limit.allows(quarantined, records):
            sample = sample_of_rejected(self.loader.connection, Excerpts(self._content()), header)
            retyped = retyped_columns(self.loader.connection, records)
            raise OverLimit(
                records, quarantined, sample, header.drift | ({"retyped_columns": retyped} if retyped else {})
            )

    def _content(self) -> Generator[bytes, None, None]:
        return as_records_encoding(pieces(self.source, self.file.name), self.contract)
