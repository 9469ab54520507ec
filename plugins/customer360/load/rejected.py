"""Bad records on their way to quarantine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import psycopg

from customer360.contracts import Contract
from customer360.load.content import Excerpts
from customer360.load.credentials import holds_credential
from customer360.load.errors import FileRefused
from customer360.load.header import Header

REFUSED_SAMPLE = 100
"""Of a file over its quarantine limit so many bad records are kept, to show what is wrong."""

_BATCH = 1000


@dataclass(frozen=True)
class Rejected:
    """A record for quarantine; ``data`` is None where it holds a secret.

    ``reasons``: the sentences, or the array of them as PostgreSQL writes it, which is faster to pass on.
    """

    record_number: int
    byte_offset: int
    data: bytes | None
    reasons: list[str] | str


class OverLimit(FileRefused):
    """Too many records of the file break the contract."""

    def __init__(self, records: int, quarantined: int, sample: list[Rejected], drift: dict[str, list[str]]):
        first, retyped = sample[0], ", ".join(drift.get("retyped_columns", []))
        super().__init__(
            f"{quarantined} of its {records} records break the contract, more than its quarantine limit allows; "
            f"nothing of it is loaded. The first is record {first.record_number}: {'; '.join(first.reasons)}."
            + (f" Most values of {retyped} do not fit: the column has another type or format now." if retyped else "")
        )
        self.records, self.quarantined, self.sample, self.drift = records, quarantined, sample, drift


def retyped_columns(connection: psycopg.Connection, records: int) -> list[str]:
    """The columns for which most of the ``records`` of a file stand in the temporary table ``rejected``."""
    rows = connection.execute(
        "select split_part(reason, ' is ', 1) from rejected cross join unnest(reasons) as reason"
        " where reason like '%% is %%' and reason not like '%% is missing'"
        " group by 1 having count(distinct record_number) > %s / 2.0 order by 1",
        [records],
    )
    return [name for (name,) in rows]


def sample_of_rejected(connection: psycopg.Connection, excerpts: Excerpts, header: Header) -> list[Rejected]:
    """The first records of the temporary table ``rejected``."""
    rows = connection.execute(f"select * from rejected order by record_number limit {REFUSED_SAMPLE}")
    return [_rejected(row, excerpts, header) for row in rows]


def store_all_rejected(
    connection: psycopg.Connection, load_id: int, contract: Contract, file: str, excerpts: Excerpts, header: Header
) -> int:
    """Write all records of the temporary table ``rejected`` to quarantine; returns how many."""
    stored = 0
    with connection.cursor(name="rejected_records") as cursor:
        cursor.execute(
            "select record_number, byte_offset, byte_length, reasons::text from rejected order by record_number"
        )
        while rows := cursor.fetchmany(_BATCH):
            batch = [_rejected(row, excerpts, header) for row in rows]
            stored += store_rejected(connection, load_id, contract, file, batch)
    return stored


def _rejected(row: tuple[int, int, int, list[str] | str], excerpts: Excerpts, header: Header) -> Rejected:
    number, offset, length, reasons = row
    data = excerpts.at(offset, length)
    if header.dropped or holds_credential(data):
        return Rejected(number, offset, None, reasons)
    return Rejected(number, offset, data, reasons)


def store_rejected(
    connection: psycopg.Connection, load_id: int, contract: Contract, file: str, batch: Iterable[Rejected]
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
