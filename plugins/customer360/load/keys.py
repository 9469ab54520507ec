"""Telling which records of a file may share a key with an earlier one, without keeping the keys."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from customer360.contracts import Contract, Field
from customer360.load.check import INTEGERS, VARCHAR
from customer360.load.columnwise import Values

_BITS = 26
"""So many places, as a power of two, has a filter: 8 MB."""

MAX_KEYS = 1 << (_BITS - 4)
"""Fuller than with so many keys a filter mistakes too many; in larger files PostgreSQL compares all keys."""

_LONGEST = 600
_WEIGHTS = np.random.default_rng(360).integers(1, 2**63, _LONGEST, np.uint64) * np.uint64(2) + np.uint64(1)
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_MIXES = (_FACTOR, np.uint64(0xC2B2AE3D27D4EB4F))


class SeenKeys:
    """A Bloom filter of one key of a file: what it has not seen is new, what it has seen very likely is not."""

    def __init__(self) -> None:
        self._bits = np.zeros(1 << (_BITS - 3), np.uint8)
        self._count = 0

    @property
    def is_overfull(self) -> bool:
        """Whether records went by unseen, for there were too many."""
        return self._count > MAX_KEYS

    def seen(self, columns: list[tuple[bool, Values]], present: np.ndarray) -> np.ndarray:
        """Which records whose key is ``present`` may share it with an earlier one.

        ``columns``: whether integers, and values.
        """
        rows = np.flatnonzero(present)
        seen = np.zeros(len(present), bool)
        self._count += len(rows)
        if self.is_overfull:
            return seen
        hashes = np.zeros(len(rows), np.uint64)
        for is_integer, values in columns:
            hashes = hashes * _FACTOR + (
                values.numbers(rows, pa.int64()).view(np.uint64) if is_integer else _hashed(values)[rows]
            )
        found = np.ones(len(rows), bool)
        for mix in _MIXES:
            places = hashes * mix >> np.uint64(64 - _BITS)
            indexes = (places >> np.uint64(3)).astype(np.int64)
            marks = np.left_shift(np.uint8(1), (places & np.uint64(7)).astype(np.uint8))
            found &= self._bits[indexes] & marks != 0
            np.bitwise_or.at(self._bits, indexes, marks)
        ordered = np.sort(hashes)
        if (ordered[1:] == ordered[:-1]).any():
            again = np.ones(len(rows), bool)
            again[np.unique(hashes, return_index=True)[1]] = False
            found |= again
        seen[rows] = found
        return seen


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
