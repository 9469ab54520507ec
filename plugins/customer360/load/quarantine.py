"""Looking at quarantined records, exporting them, and loading just those once they or their contract are fixed."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Identifier, Literal

from customer360.contracts import Contract, QuarantineLimit, target_of
from customer360.load.check import unique_sets
from customer360.load.dialect import encoding_of, reader_of
from customer360.load.errors import LoadError
from customer360.load.file import FileLoader
from customer360.load.raw_tables import raw_table
from customer360.load.rewrite import as_record


@dataclass(frozen=True)
class QuarantinedFile:
    """A file with records in quarantine. ``status``: loaded or refused (then a sample is kept)."""

    load_id: int
    file: str
    table: str
    status: str
    records: int
    first_reason: str


@dataclass(frozen=True)
class QuarantinedRecord:
    """A record in quarantine; ``data`` is None where it held a secret."""

    record_number: int
    byte_offset: int
    data: bytes | None
    reasons: list[str]


@dataclass(frozen=True)
class Retry:
    """``tried``: records that were judged again. ``loaded``: in raw now, or waiting for their parent.

    ``dropped``: equal to another, as their contract has it. ``left``: still in quarantine.
    """

    tried: int
    loaded: int
    dropped: int
    left: int


def quarantined_files(connection: psycopg.Connection) -> list[QuarantinedFile]:
    """The files with records in quarantine, in the order they were loaded."""
    rows = connection.execute(
        "select load_id, r.file, r.system || '.' || r.\"table\", l.status, count(*),"
        " (array_agg(r.reasons[1] order by record_number))[1]"
        " from quarantine.rejected_records r join ops.loaded_files l using (load_id)"
        " group by 1, 2, 3, 4 order by 1"
    )
    return [QuarantinedFile(*row) for row in rows]


def quarantined_records(connection: psycopg.Connection, load_id: int) -> list[QuarantinedRecord]:
    """The records of a load that are in quarantine. Raises LoadError when there are none."""
    rows = connection.execute(
        "select record_number, byte_offset, record, reasons from quarantine.rejected_records"
        " where load_id = %s order by record_number",
        [load_id],
    ).fetchall()
    if not rows:
        raise LoadError(f"Load {load_id} has no records in quarantine; see `customer360 quarantine list`.")
    return [QuarantinedRecord(*row) for row in rows]


def export_quarantined(connection: psycopg.Connection, load_id: int, contracts: Sequence[Contract]) -> bytes:
    """The quarantined records of a load as a CSV file in their own dialect, to be corrected and given to ``retry``.

    Records that held a secret are not stored and so not in it; UTF-16 becomes UTF-8.
    Raises LoadError when there are none or their contract is gone.
    """
    contract, header = _contract_of(connection, load_id, contracts)
    records = [record.data for record in quarantined_records(connection, load_id) if record.data is not None]
    return _as_file(contract, header, records)


def retry_quarantined(
    connection: psycopg.Connection,
    load_id: int,
    contracts: Sequence[Contract],
    *,
    run_id: int,
    corrected: bytes | None = None,
) -> Retry:
    """Judge the quarantined records of a load again and load those that are good now, as part of their file.

    ``connection``: as c360_loader, autocommit. ``corrected``: the exported file with its records corrected in
    their places; without it the records are judged as they are, under the contract as it is now.
    Raises LoadError when there are none, the file was refused or ``corrected`` has another number of records.
    """
    with connection.transaction():
        contract, header = _contract_of(connection, load_id, contracts)
        all_of_it = quarantined_records(connection, load_id)
        kept = [record for record in all_of_it if record.data is not None]
        retried = _as_retried(contract)
        if corrected is None:
            kept = [record for record in kept if _stands_alone(record.data or b"", retried)]
            corrected = _as_file(contract, header, [record.data or b"" for record in kept])
        found = _count(corrected, retried)
        if found != len(kept):
            raise LoadError(
                f"The corrected file has {found} records and {len(kept)} were exported; "
                "correct them in their places and neither add nor remove any."
            )
        if not kept:
            return Retry(0, 0, 0, len(all_of_it))
        business_date, delivered_on = _days(connection, load_id)
        loader = FileLoader(connection, contracts, run_id, business_date)
        with tempfile.TemporaryDirectory(prefix="customer360-") as folder:
            path = Path(folder, "records.csv")
            path.write_bytes(corrected)
            # The day in the name makes its records as new as the others of their file.
            name = f"retry of {delivered_on or 'a file'}, load {load_id}"
            new_load, dropped = loader.load_again(path, retried, name)
        numbers = [record.record_number for record in kept]
        done = _merge(connection, target_of(contract, contracts), load_id, new_load, numbers, dropped)
        return replace(done, left=len(all_of_it) - done.loaded - done.dropped)


def _contract_of(
    connection: psycopg.Connection, load_id: int, contracts: Sequence[Contract]
) -> tuple[Contract, list[str]]:
    row = connection.execute(
        "select contract, header, status, file from ops.loaded_files where load_id = %s for update", [load_id]
    ).fetchone()
    if row is None:
        raise LoadError(f"There is no load {load_id}; see `customer360 quarantine list`.")
    name, header, status, file = row
    if status == "loaded" and header is None:
        raise LoadError(f"The records of {file} are not kept, for they held secrets; deliver them again in a new file.")
    if status == "refused":
        raise LoadError(
            f"{file} was refused whole and only a sample of its records is kept; "
            "correct the file or its contract and load it."
        )
    contract = next((contract for contract in contracts if contract.name == name), None)
    if contract is None:
        raise LoadError(f"{file} was loaded under the contract {name}, which is not among the contracts any more.")
    return contract, header


def _as_retried(contract: Contract) -> Contract:
    """The contract of an exported file: its header, if any, in the first line and nothing else around the records."""
    dialect = contract.dialect.model_copy(update={"header_rows": [1], "comment_char": None})
    additions = contract.customer360.model_copy(update={"footer": None, "quarantine_limit": QuarantineLimit(share=1.0)})
    return contract.model_copy(update={"dialect": dialect, "customer360": additions, "encoding": encoding_of(contract)})


def _as_file(contract: Contract, header: list[str], records: list[bytes]) -> bytes:
    content = as_record(header, contract) + b"\n" if contract.dialect.header else b""
    return content + b"".join(record + b"\n" for record in records)


def _stands_alone(data: bytes, contract: Contract) -> bool:
    # A quote that is never closed would swallow the records behind it.
    return [record.fault for record in reader_of([data + b"\n"], contract)] == [None]


def _count(content: bytes, contract: Contract) -> int:
    return sum(1 for _ in reader_of([content], contract)) - contract.dialect.header


def _days(connection: psycopg.Connection, load_id: int) -> tuple[date, date | None]:
    """The business day of a load's run, and the delivery day in the file's name."""
    row = connection.execute(
        "select as_of_date, delivered_on from ops.runs join ops.loaded_files using (run_id) where load_id = %s",
        [load_id],
    ).fetchone()
    if row is None:
        raise LoadError(f"Load {load_id} belongs to no run.")
    return row


def _merge(
    connection: psycopg.Connection, table: Contract, load_id: int, new_load: int, numbers: list[int], dropped: int
) -> Retry:
    """Make what the new load stored a part of the old one, under the numbers the records have in their file."""
    for key in [table.primary_key, *unique_sets(table)]:
        if key:
            _return_taken(connection, table, key, load_id, new_load)
    places = SQL("(select * from unnest({}::bigint[]) with ordinality as p (number, place))").format(Literal(numbers))
    old, new = Literal(load_id), Literal(new_load)
    connection.execute(
        SQL(
            "delete from quarantine.rejected_records q using {} p where q.load_id = {} and q.record_number = p.number"
            " and not exists (select from quarantine.rejected_records n"
            " where n.load_id = {} and n.record_number = p.place)"
        ).format(places, old, new)
    )
    left = connection.execute(
        SQL(
            "update quarantine.rejected_records q set reasons = n.reasons, record = coalesce(n.record, q.record)"
            " from {} p"
            " join quarantine.rejected_records n on n.load_id = {} and n.record_number = p.place"
            " where q.load_id = {} and q.record_number = p.number"
        ).format(places, new, old)
    ).rowcount
    connection.execute("delete from quarantine.rejected_records where load_id = %s", [new_load])
    for stored, load, number in (
        (raw_table(table), "_load_id", "_record_number"),
        (SQL("quarantine.waiting_records"), "load_id", "record_number"),
    ):
        connection.execute(
            SQL("update {} s set {} = {}, {} = p.number from {} p where s.{} = {} and s.{} = p.place").format(
                stored, Identifier(load), old, Identifier(number), places, Identifier(load), new, Identifier(number)
            )
        )
    loaded = len(numbers) - left - dropped
    connection.execute(
        "update ops.loaded_files set loaded = loaded + %(loaded)s, dropped = coalesce(dropped, 0) + %(dropped)s,"
        " quarantined = quarantined - %(loaded)s - %(dropped)s where load_id = %(load)s",
        {"loaded": loaded, "dropped": dropped, "load": load_id},
    )
    connection.execute("delete from ops.loaded_files where load_id = %s", [new_load])
    return Retry(len(numbers), loaded, dropped, left)


def _return_taken(connection: psycopg.Connection, table: Contract, key: list[str], load_id: int, new_load: int) -> None:
    """Back to quarantine with the records whose key another record of their file holds."""
    equal = SQL(" and ").join(SQL("s.{0} = x.{0}").format(Identifier(name)) for name in key)
    connection.execute(
        SQL(
            "with gone as (delete from {raw} x using {raw} s where x._load_id = {new} and s._load_id = {old}"
            " and {equal} returning x._record_number, s._record_number as holder)"
            ' insert into quarantine.rejected_records (load_id, system, "table", file, record_number, byte_offset,'
            " record, reasons) select {new}, {system}, {table}, '', g._record_number, 0, null,"
            " array[{text} || min(g.holder)] from gone g group by g._record_number"
        ).format(
            raw=raw_table(table),
            new=Literal(new_load),
            old=Literal(load_id),
            equal=equal,
            system=Literal(table.system),
            table=Literal(table.table),
            text=Literal(f"same {' and '.join(key)} as record "),
        )
    )
