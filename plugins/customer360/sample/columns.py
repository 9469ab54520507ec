"""Columns of generated records: numpy values and how a CSV spells them.

A chunk of records is a mapping of column name to Column. Values stay arrays until they are written,
a slice at a time, so that a day of millions of events costs megabytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

SECONDS_A_DAY = 86_400


@dataclass(frozen=True)
class Column:
    """One column of a chunk: ``values``, how they are spelled, and which are ``present`` (None: all)."""

    values: Any
    spell: Callable[[Any], Sequence[Any]]
    present: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.values)

    def cells(self, start: int, stop: int) -> Sequence[Any]:
        """The cells of records ``start`` to ``stop``; an absent value is the empty text."""
        cells = self.spell(self.values[start:stop])
        if self.present is None:
            return cells
        return [cell if here else "" for cell, here in zip(cells, self.present[start:stop].tolist(), strict=True)]


Chunk = Mapping[str, Column]


def numbers(values: np.ndarray, present: np.ndarray | None = None) -> Column:
    """Whole numbers."""
    return Column(values, lambda part: part.tolist(), present)


def decimals(hundredths: np.ndarray, present: np.ndarray | None = None) -> Column:
    """Numbers with two decimals, given in hundredths."""
    return Column(hundredths, lambda part: [f"{value / 100:.2f}" for value in part.tolist()], present)


def codes(prefix: str, values: np.ndarray, digits: int, present: np.ndarray | None = None) -> Column:
    """Identifiers such as ``S0000042``."""
    return Column(values, lambda part: [f"{prefix}{value:0{digits}d}" for value in part.tolist()], present)


def words(values: np.ndarray, choices: Sequence[str], present: np.ndarray | None = None) -> Column:
    """Words picked from ``choices`` by position."""
    return Column(values, lambda part: [choices[value] for value in part.tolist()], present)


def instants(seconds: np.ndarray, present: np.ndarray | None = None) -> Column:
    """Instants in UTC, given in seconds since 1970, spelled ``YYYY-MM-DD HH:MM:SS``."""
    return Column(seconds, spell_instants, present)


def days(values: np.ndarray, present: np.ndarray | None = None) -> Column:
    """Days, given as days since 1970, spelled ``YYYY-MM-DD``."""
    return Column(values, spell_days, present)


def texts(values: Sequence[Any]) -> Column:
    """Cells that are spelled already."""
    return Column(values, lambda part: part)


def flags(values: np.ndarray) -> Column:
    """Booleans, spelled ``true`` and ``false``."""
    return words(values.astype(np.int64), ("false", "true"))


def yes_no(values: np.ndarray) -> Column:
    """Booleans, spelled ``Yes`` and ``No``."""
    return words(values.astype(np.int64), ("No", "Yes"))


def computed(count: int, spell: Callable[[np.ndarray], Sequence[Any]]) -> Column:
    """Cells that ``spell`` makes from the positions of the records in the chunk."""
    return Column(np.arange(count), spell)


def spell_instants(seconds: np.ndarray) -> list[str]:
    """``YYYY-MM-DD HH:MM:SS`` of seconds since 1970."""
    spelled = np.datetime_as_string(np.asarray(seconds).astype("datetime64[s]"))
    return [text.replace("T", " ") for text in spelled.tolist()]


def spell_days(values: np.ndarray) -> list[str]:
    """``YYYY-MM-DD`` of days since 1970."""
    return np.datetime_as_string(np.asarray(values).astype("datetime64[D]")).tolist()
