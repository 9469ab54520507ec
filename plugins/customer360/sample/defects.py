"""Damage done on purpose to records of a delivery, and the list of it.

Only tables that no other table points to are damaged, and accounts that have no history, so that a
rejected record takes nothing else with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from customer360.contracts import Contract, Field

WRONG_TYPE = "wrong_type"
OUT_OF_RANGE = "out_of_range"
DUPLICATE_KEY = "duplicate_key"
TOO_FEW_FIELDS = "too_few_fields"
MISSING_VALUE = "missing_value"
ORPHAN = "orphan"
HASH_IN_TEXT = "hash_in_text"
KINDS = (WRONG_TYPE, OUT_OF_RANGE, DUPLICATE_KEY, TOO_FEW_FIELDS, MISSING_VALUE, ORPHAN, HASH_IN_TEXT)

SPARED = ("identity-crosswalk", "shop-price_list", "shop-api_configurations")
"""Links between customers, prices and settings stay whole: a wrong one would change who is who or every bill."""
HASH_COLUMNS = {"care-customers": "customer_name", "care-customer_interactions": "interaction_summary"}
MOST_RECORDS = 8
MOST_SHARE = 0.008
"""Damage stays below the limit over which the pipeline refuses a file (10 records and 1 %)."""
DUPLICATE_AFTER = 5
"""Records between a record and its repetition."""

HASH_LETTERS = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
NEVER = 2**62
_WRONG_TEXTS = {"integer": "twelve", "number": "n/a", "date": "2026-02-31", "datetime": "31.02.2026 25:61"}


@dataclass(frozen=True)
class Defect:
    """One damaged record: ``record_number`` counts the file's data records from 1."""

    file: str
    record_number: int
    kind: str
    column: str


def leaf_contracts(contracts: Iterable[Contract]) -> list[Contract]:
    """The contracts no other contract's foreign keys point to."""
    contracts = list(contracts)
    parents = {key.reference.resource for contract in contracts for key in contract.table_schema.foreign_keys}
    return [contract for contract in contracts if contract.name not in parents | set(SPARED)]


def fake_hash(rng: np.random.Generator) -> str:
    """A text that looks like a bcrypt hash and is the hash of nothing."""
    return "$2b$12$" + "".join(HASH_LETTERS[index] for index in rng.integers(0, 64, 53))


def applicable_kinds(contract: Contract) -> list[str]:
    """The kinds of damage that records of ``contract`` can suffer."""
    possible = {
        WRONG_TYPE: _typed(contract),
        OUT_OF_RANGE: _bounded(contract),
        DUPLICATE_KEY: contract.primary_key,
        TOO_FEW_FIELDS: ["all"],
        MISSING_VALUE: _required(contract),
        ORPHAN: _references(contract),
        HASH_IN_TEXT: [HASH_COLUMNS[contract.name]] if contract.name in HASH_COLUMNS else [],
    }
    return [kind for kind in KINDS if possible[kind]]


def scattered(rng: np.random.Generator, kinds: Sequence[str], records: int) -> dict[int, str]:
    """A record number among the first ``records`` for each of ``kinds``."""
    numbers = rng.choice(np.arange(1, records + 1), len(kinds), replace=False)
    return dict(zip(numbers.tolist(), kinds, strict=True))


class Damage:
    """Damages records of one file as they are written.

    A ``share`` of the records is hit at random. ``certain_at`` (record number to kind) is done besides, so
    that a small delivery has every kind.
    """

    def __init__(
        self,
        contract: Contract,
        columns: Sequence[str],
        rng: np.random.Generator,
        share: float = 0.0,
        certain_at: Mapping[int, str] | None = None,
    ) -> None:
        self._contract, self._columns, self._rng, self._share = contract, list(columns), rng, share
        self._kinds = applicable_kinds(contract)
        self._certain = dict(sorted((certain_at or {}).items()))
        self._next = self._gap()
        self._rejectable = 0
        self._repeats: list[tuple[int, list[Any]]] = []
        self.defects: list[Defect] = []

    def next_due(self) -> int:
        """Number of the record before which nothing happens."""
        return min([self._next, *self._certain, *(number for number, _ in self._repeats)])

    def write(self, number: int, record: Sequence[Any]) -> list[list[Any]]:
        """The records to write in place of ``record``, the first of which gets ``number``."""
        written: list[list[Any]] = []
        while self._repeats and self._repeats[0][0] <= number + len(written):
            written.append(self._repeat(number + len(written)))
        number += len(written)
        written.append(self._damaged(number, list(record)))
        return written

    def rest(self, number: int) -> list[list[Any]]:
        """Repetitions still owed at the end of the file, the first of which gets ``number``."""
        written: list[list[Any]] = []
        while self._repeats:
            written.append(self._repeat(number + len(written)))
        return written

    def _damaged(self, number: int, record: list[Any]) -> list[Any]:
        kind = self._due(number)
        if kind is None:
            return record
        if kind != ORPHAN:
            self._rejectable += 1
        if kind == DUPLICATE_KEY:
            self._repeats.append((number + DUPLICATE_AFTER, list(record)))
            return record
        return self._hit(number, kind, record)

    def _due(self, number: int) -> str | None:
        certain = [due for due in self._certain if due <= number]
        if certain:
            return self._certain.pop(certain[0])
        if number < self._next:
            return None
        self._next = number + self._gap()
        if self._rejectable >= max(MOST_RECORDS - len(self._certain), MOST_SHARE * number):
            return ORPHAN if ORPHAN in self._kinds else None
        return self._kinds[self._rng.integers(0, len(self._kinds))]

    def _gap(self) -> int:
        return int(self._rng.geometric(self._share)) if self._share else NEVER

    def _repeat(self, number: int) -> list[Any]:
        _, record = self._repeats.pop(0)
        self.defects.append(Defect(self._contract.name, number, DUPLICATE_KEY, ",".join(self._contract.primary_key)))
        return record

    def _hit(self, number: int, kind: str, record: list[Any]) -> list[Any]:
        if kind == TOO_FEW_FIELDS:
            self.defects.append(Defect(self._contract.name, number, kind, ""))
            return record[:-2]
        column, cell = self._broken_cell(number, kind)
        record[self._columns.index(column)] = cell
        self.defects.append(Defect(self._contract.name, number, kind, column))
        return record

    def _broken_cell(self, number: int, kind: str) -> tuple[str, str]:
        contract, rng = self._contract, self._rng
        if kind == WRONG_TYPE:
            field = _picked(rng, _typed(contract))
            return field.name, _WRONG_TEXTS[field.type]
        if kind == OUT_OF_RANGE:
            field = _picked(rng, _bounded(contract))
            return field.name, _outside(field)
        if kind == MISSING_VALUE:
            return _picked(rng, _required(contract)).name, ""
        if kind == ORPHAN:
            field = _references(contract)[0]
            return field.name, _unknown_id(contract, field, number)
        return HASH_COLUMNS[contract.name], fake_hash(rng)


def _picked(rng: np.random.Generator, fields: Sequence[Field]) -> Field:
    return fields[int(rng.integers(0, len(fields)))]


def _plain(contract: Contract) -> list[Field]:
    """The fields that are no part of a key."""
    keys = {name for key in contract.table_schema.foreign_keys for name in key.fields}
    return [f for f in contract.fields if f.name not in keys | set(contract.primary_key)]


def _typed(contract: Contract) -> list[Field]:
    return [field for field in _plain(contract) if field.type in _WRONG_TEXTS]


def _bounded(contract: Contract) -> list[Field]:
    return [
        field
        for field in _plain(contract)
        if field.constraints.enum or field.constraints.minimum is not None or field.constraints.maximum is not None
    ]


def _required(contract: Contract) -> list[Field]:
    return [f for f in contract.fields if f.constraints.required and f.name not in contract.primary_key]


def _references(contract: Contract) -> list[Field]:
    keys = contract.table_schema.foreign_keys
    return [field for key in keys[:1] for field in contract.fields if field.name == key.fields[0]]


def _outside(field: Field) -> str:
    limits = field.constraints
    if limits.enum:
        return "Unheard of"
    if limits.maximum is not None:
        return f"{limits.maximum + 1:g}"
    assert limits.minimum is not None
    return f"{limits.minimum - 1:g}"


def _unknown_id(contract: Contract, field: Field, number: int) -> str:
    if contract.postgres_type(field) == "uuid":
        return f"00000000-0000-4000-8000-{number:012d}"
    return str(900_000_000 + number) if field.type == "integer" else f"UNKNOWN-{number}"
