"""Telling which records of a file may share a key, without keeping the keys."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from customer360.contracts import Contract, Field
from customer360.load.check import INTEGERS, VARCHAR
from customer360.load.columnwise import Values

MAX_RECORDS = 2_000_000
"""Of so many records the hashes are kept, 12 bytes each; in larger files PostgreSQL compares all keys."""

_LONGEST = 600
_WEIGHTS = np.random.default_rng(360).integers(1, 2**63, _LONGEST, np.uint64) * np.uint64(2) + np.uint64(1)
_FACTOR = np.uint64(0x9E3779B97F4A7C15)


class KeyHashes:
    """The hashes of one key of at most ``capacity`` records: equal keys have equal hashes."""

    def __init__(self, capacity: int) -> None:
        # Memory is taken only as it is filled.
        self._hashes = np.empty(capacity, np.uint64)
        self._numbers = np.empty(capacity, np.uint32)
        self._count = 0

    def add(self, numbers: np.ndarray, columns: list[tuple[bool, Values]], present: np.ndarray) -> None:
        """Add the records of these numbers whose key is ``present``; ``columns``: whether integers, and values."""
        rows = np.flatnonzero(present)
        start, self._count = self._count, self._count + len(rows)
        if self._count > len(self._hashes):
            return
        hashes = np.zeros(len(rows), np.uint64)
        for is_integer, values in columns:
            hashes = hashes * _FACTOR + (
                values.numbers(rows, pa.int64()).view(np.uint64) if is_integer else _hashed(values)[rows]
            )
        self._hashes[start : self._count] = hashes
        self._numbers[start : self._count] = numbers[rows]

    def repeated(self) -> np.ndarray | None:
        """The numbers of the records whose hash another one has; None where there were too many records."""
        if self._count > len(self._hashes):
            return None
        hashes = self._hashes[: self._count]
        ordered = np.sort(hashes)
        repeated = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
        if not len(repeated):
            return self._numbers[:0]
        nearest = repeated[np.minimum(np.searchsorted(repeated, hashes), len(repeated) - 1)]
        return self._numbers[: self._count][nearest == hashes]


def is_told_by_text(contract: Contract, field: Field) -> bool | None:
    """Whether different texts of the field are different values; False for integers; None where neither holds."""
    name = contract.postgres_type(field)
    if field.type == "integer" and name in INTEGERS:
        return False
    is_text = field.type == "string" and (name == "text" or VARCHAR.fullmatch(name) is not None)
    return True if is_text or (field.type == "date" and name == "date") else None


def _hashed(values: Values) -> np.ndarray:
    """A hash of each value; of values longer than any key only the beginning counts."""
    if not len(values.content):
        return np.zeros(len(values.array), np.uint64)
    places = np.arange(len(values.content)) - np.repeat(values.starts, values.lengths)
    weighed = (values.content.astype(np.uint64) + np.uint64(1)) * _WEIGHTS[np.minimum(places, _LONGEST - 1)]
    sums = np.concatenate((np.zeros(1, np.uint64), np.cumsum(weighed)))
    return sums[values.offsets[1:]] - sums[values.offsets[:-1]]
