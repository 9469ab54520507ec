"""Writing chunks of records into the CSV files of a delivery."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from customer360.contracts import Contract
from customer360.sample.columns import Chunk
from customer360.sample.defects import Damage, Defect

RECORDS_AT_ONCE = 20_000
CAPITALISED_SYSTEMS = ("crm", "notifications")
OURS_TO_WRITE = {"notifications-customer_profiles": ("customer_segment",)}
"""Columns a contract knows from published tables, which a source does not deliver."""


def delivered_columns(contract: Contract) -> list[str]:
    """The columns of the file, by their names in the contract."""
    return [
        field.name for field in contract.table_schema.fields if field.name not in OURS_TO_WRITE.get(contract.name, ())
    ]


def header(contract: Contract) -> list[str]:
    """The columns as the system's own documents spell them, such as ``Customer_ID`` or ``Date & Time``."""
    names = delivered_columns(contract)
    if contract.system not in CAPITALISED_SYSTEMS:
        return names
    aliases = contract.customer360.aliases
    return [aliases[name][0] if name in aliases else _capitalised(name) for name in names]


def _capitalised(name: str) -> str:
    small = {"id": "ID", "of": "of"}
    return "_".join(small.get(part, part.capitalize()) for part in name.split("_"))


class TableFile:
    """One CSV file being written: UTF-8, line feeds, quotes only where a cell needs them."""

    def __init__(self, path: Path, contract: Contract, damage: Damage | None) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.contract, self.path, self.records = contract, path, 0
        self._columns = delivered_columns(contract)
        self._damage = damage
        self._stream: TextIO = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._stream, quoting=csv.QUOTE_MINIMAL, lineterminator="\n")
        self._writer.writerow(header(contract))

    def write(self, chunk: Chunk) -> None:
        """Write the records of ``chunk``, which has exactly the file's columns."""
        if set(chunk) != set(self._columns):
            raise ValueError(f"{self.contract.name}: columns {sorted(set(chunk) ^ set(self._columns))} differ")
        columns = [chunk[name] for name in self._columns]
        for start in range(0, len(columns[0]), RECORDS_AT_ONCE):
            cells = [column.cells(start, start + RECORDS_AT_ONCE) for column in columns]
            self._write_records(list(zip(*cells, strict=True)))

    def close(self) -> list[Defect]:
        """Finish the file; returns what was damaged in it."""
        if self._damage is not None:
            self._write_all(self._damage.rest(self.records + 1))
        self._stream.close()
        return [] if self._damage is None else self._damage.defects

    def _write_records(self, records: Sequence[Sequence[Any]]) -> None:
        if self._damage is None:
            self._write_all(records)
            return
        position = 0
        while position < len(records):
            untouched = max(self._damage.next_due() - self.records - 1, 0)
            self._write_all(records[position : position + untouched])
            position += untouched
            if position < len(records):
                self._write_all(self._damage.write(self.records + 1, records[position]))
                position += 1

    def _write_all(self, records: Sequence[Sequence[Any]]) -> None:
        self._writer.writerows(records)
        self.records += len(records)


class DeliveryFiles:
    """The files of a delivery by contract name, open while it is generated."""

    def __init__(self, folder: Path, contracts: Iterable[Contract], damages: dict[str, Damage]) -> None:
        self._files = {
            contract.name: TableFile(
                folder / contract.system / f"{contract.table}.csv", contract, damages.get(contract.name)
            )
            for contract in contracts
        }
        self.defects: list[Defect] = []

    def __enter__(self) -> DeliveryFiles:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for file in self._files.values():
            relative = f"{file.contract.system}/{file.path.name}"
            self.defects += [
                Defect(relative, defect.record_number, defect.kind, defect.column) for defect in file.close()
            ]

    def write(self, name: str, chunk: Chunk) -> None:
        """Write ``chunk`` into the file of the contract ``name``."""
        self._files[name].write(chunk)

    @property
    def records(self) -> dict[Path, int]:
        """Data records written, by path of the file."""
        return {file.path: file.records for file in self._files.values()}
