"""Which values of a column are beyond doubt, all at once.

``doubtful`` is one-sided: a value it clears keeps every rule of its field, and one that it does not clear may
or may not. What is doubtful is judged in SQL (``check``), which alone says what a contract means.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from customer360.contracts import Contract, Field
from customer360.load.check import INTEGERS, NUMERIC, VARCHAR, max_length

_EXACT_DIGITS = 15
"""Decimal numbers of so many digits have different doubles, in the same order."""

_EXACT_BOUND = 2**52

_INTEGER_BOUNDS = {"smallint": 2**15, "integer": 2**31, "bigint": 2**63}
_HEXADECIMAL = np.zeros(256, bool)
_HEXADECIMAL[list(b"0123456789abcdefABCDEF")] = True

_JSON_ESCAPED = np.zeros(256, bool)
_JSON_ESCAPED[[*range(32), *b'"\\']] = True

# What RE2 and PostgreSQL take for the same: no back references, no lookaround, no \b \w \s \D and the like.
_SHARED_SYNTAX = re.compile(
    r"(?:[A-Za-z0-9 _@%:/,;=#!~&'\"<>-]|\\[.+*?()\[\]{}|^$/-]|\\d"
    r"|\[\^?(?:[A-Za-z0-9 _@%:/,;=#!~&'\"<>.+*?()|$-]|\\d)+\]"
    r"|\(\?:|\((?!\?)|[)|.]|[*+?]|\{\d{1,2}(?:,\d{0,2})?\})*"
)


@dataclass(frozen=True)
class Values:
    """A column of a block: the bytes of ``source`` from ``begins`` to ``ends``, copied together only where needed."""

    source: pa.Buffer
    begins: np.ndarray
    ends: np.ndarray

    @classmethod
    def of(cls, array: pa.BinaryArray) -> Values:
        """The values of an array without nulls or offset."""
        offsets = np.frombuffer(array.buffers()[1], np.int32)[: len(array) + 1]
        return cls(array.buffers()[2] or pa.py_buffer(b""), offsets[:-1], offsets[1:])

    @cached_property
    def lengths(self) -> np.ndarray:
        return self.ends - self.begins

    @cached_property
    def array(self) -> pa.BinaryArray:
        # Every second value of this array is one of ours, those between are what is left out.
        spans = np.column_stack((self.begins, self.ends)).astype(np.int32).ravel()
        pieces = pa.BinaryArray.from_buffers(
            pa.binary(), max(len(spans) - 1, 0), [None, pa.py_buffer(spans), self.source]
        )
        return pieces.take(pa.array(np.arange(0, len(pieces), 2)))

    @cached_property
    def offsets(self) -> np.ndarray:
        return np.frombuffer(self.array.buffers()[1], np.int32)[: len(self.array) + 1]

    @cached_property
    def content(self) -> np.ndarray:
        data = self.array.buffers()[2]
        return np.frombuffer(data, np.uint8)[: self.offsets[-1]] if data else np.empty(0, np.uint8)

    @cached_property
    def starts(self) -> np.ndarray:
        return self.offsets[:-1]

    @cached_property
    def _rows(self) -> np.ndarray:
        return np.repeat(np.arange(len(self.lengths)), self.lengths)

    def rows_of(self, places: np.ndarray) -> np.ndarray:
        """The rows that the bytes at ``places`` of ``content`` are of."""
        # A table of all bytes is worth its making where there are many to look up.
        if len(places) * 4 > len(self.lengths):
            return self._rows[places]
        return np.searchsorted(self.offsets, places, side="right") - 1

    def of_length(self, length: int) -> tuple[np.ndarray, np.ndarray]:
        """The rows whose values have ``length`` bytes, and these, a row each."""
        rows = np.flatnonzero(self.lengths == length)
        source = np.frombuffer(self.source, np.uint8)
        if not len(rows):
            return rows, np.empty((0, length), np.uint8)
        # Whoever looks at them looks at a place of all values after the other.
        return rows, np.asfortranarray(np.lib.stride_tricks.sliding_window_view(source, length)[self.begins[rows]])

    def numbers(self, rows: np.ndarray, kind: pa.DataType) -> np.ndarray:
        """The values of ``rows``, which are numbers of that kind, as such."""
        chosen = self.array if len(rows) == len(self.lengths) else self.array.take(pa.array(rows))
        # A number is ASCII, so that it is valid text needs no check.
        return chosen.view(pa.string()).cast(kind).to_numpy(zero_copy_only=False)


Check = Callable[[Values], np.ndarray]


@dataclass(frozen=True)
class Column:
    """How the values of a field are told missing and beyond doubt, and what stands for them in a COPY."""

    field: Field
    missing_spellings: pa.Array
    check: Check

    def missing(self, values: Values) -> np.ndarray:
        """Which values are NULL."""
        if self.missing_spellings.to_pylist() == [b""]:
            return values.lengths == 0
        return pc.is_in(values.array, value_set=self.missing_spellings).to_numpy(zero_copy_only=False)

    def doubtful(self, values: Values, missing: np.ndarray) -> np.ndarray:
        """Which values do not certainly keep the field's rules."""
        if self.field.constraints.required:
            return np.where(missing, True, self.check(values))
        return self.check(values) & ~missing

    def copied(self, values: Values, missing: np.ndarray) -> pa.Array:
        """The values as COPY reads them; NULL where missing."""
        array: pa.Array = values.array
        if self.field.type == "boolean":
            true = pc.is_in(array, value_set=_words(self.field.true_values))
            array = pc.if_else(true, pa.scalar(b"t"), pa.scalar(b"f"))
        elif (values.content == ord("\\")).any():
            array = pc.replace_substring(array, "\\", "\\\\")
        return pc.if_else(pa.array(missing), pa.scalar(None, pa.binary()), array) if missing.any() else array


def column_of(contract: Contract, field: Field) -> Column | None:
    """The check of a field; None where its values can only be judged in SQL."""
    plain = (field.format, field.decimal_char, field.group_char, field.bare_number) == ("default", ".", None, True)
    checks = [_type_check(contract, field), *_limit_checks(contract, field)]
    if not plain or None in checks:
        return None
    missing = _words(contract.missing_values(field))
    return Column(field, missing, partial(_any, [check for check in checks if check]))


def is_escaped_in_json(values: Values) -> np.ndarray:
    """Which values JSON has to write with an escape."""
    return _rows_with(values, _JSON_ESCAPED[values.content])


def _any(checks: list[Check], values: Values) -> np.ndarray:
    doubtful = np.zeros(len(values.lengths), bool)
    for check in checks:
        doubtful |= check(values)
    return doubtful


def _words(words: list[str]) -> pa.Array:
    return pa.array([word.encode() for word in words], pa.binary())


def _type_check(contract: Contract, field: Field) -> Check | None:
    """As the rules of ``check``: by the field's type where that says it, else by PostgreSQL's."""
    name, limits = contract.postgres_type(field), field.constraints
    if any(bound is not None and abs(bound) > _EXACT_BOUND for bound in (limits.minimum, limits.maximum)):
        return None
    if field.type == "boolean":
        return partial(_not_one_of, _words([*field.true_values, *field.false_values]))
    if field.type == "array":
        return None
    if name == "jsonb":
        return _json
    if name in INTEGERS:
        return partial(_integer, _INTEGER_BOUNDS[name], limits.minimum, limits.maximum)
    if field.type in ("number", "integer"):
        sizes = NUMERIC.fullmatch(name)
        if not sizes and name not in ("numeric", "double precision"):
            return None
        precision, scale = (int(sizes[1]), int(sizes[2] or 0)) if sizes else (_EXACT_DIGITS, _EXACT_DIGITS)
        return partial(_number, precision - scale if sizes else precision, scale, limits.minimum, limits.maximum)
    has_bounds = limits.minimum is not None or limits.maximum is not None
    if has_bounds:
        return None
    if name == "date":
        return _date
    if name in ("timestamptz", "timestamp", "timestamp with time zone", "timestamp without time zone"):
        return _instant
    if name == "uuid":
        return _uuid
    return _nothing if name == "text" or VARCHAR.fullmatch(name) else None


def _limit_checks(contract: Contract, field: Field) -> list[Check | None]:
    checks: list[Check | None] = []
    if field.constraints.enum is not None:
        checks.append(partial(_not_one_of, _words(field.constraints.enum)))
    if (length := max_length(contract, field)) is not None:
        checks.append(partial(_longer, length))
    if (pattern := field.constraints.pattern) is not None:
        checks.append(partial(_unlike, f"^(?:{pattern})$") if _is_shared(pattern) else None)
    return checks


def _is_shared(pattern: str) -> bool:
    if not _SHARED_SYNTAX.fullmatch(pattern):
        return False
    try:
        pc.match_substring_regex(pa.array([], pa.binary()), f"^(?:{pattern})$")
    except pa.ArrowInvalid:
        return False
    return True


def _nothing(values: Values) -> np.ndarray:
    return np.zeros(len(values.lengths), bool)


def _not_one_of(words: pa.Array, values: Values) -> np.ndarray:
    return ~pc.is_in(values.array, value_set=words).to_numpy(zero_copy_only=False)


def _longer(characters: int, values: Values) -> np.ndarray:
    longer = values.lengths > characters
    if longer.any():
        rows = np.flatnonzero(longer)
        counted = pc.utf8_length(values.array.take(pa.array(rows)).cast(pa.string()))
        longer[rows] = counted.to_numpy(zero_copy_only=False) > characters
    return longer


def _unlike(pattern: str, values: Values) -> np.ndarray:
    like = pc.match_substring_regex(values.array, pattern).to_numpy(zero_copy_only=False)
    # A line end before the end of the text is where the two languages' dollar signs part.
    return ~like | _rows_with(values, values.content >= 128) | _rows_with(values, values.content < 32)


def _rows_with(values: Values, marked: np.ndarray) -> np.ndarray:
    rows = np.zeros(len(values.lengths), bool)
    rows[values.rows_of(np.flatnonzero(marked))] = True
    return rows


def _integer(bound: int, minimum: float | None, maximum: float | None, values: Values) -> np.ndarray:
    doubtful = (values.lengths == 0) | (values.lengths > 18)
    places = np.flatnonzero(values.content - np.uint8(ord("0")) > 9)
    if len(places):
        rows = values.rows_of(places)
        sign = (values.content[places] == ord("-")) & (places == values.starts[rows]) & (values.lengths[rows] > 1)
        doubtful[rows[~sign]] = True
    rows = np.flatnonzero(~doubtful)
    numbers = values.numbers(rows, pa.int64())
    doubtful[rows] = _beyond(numbers, minimum, maximum) | (numbers < -bound) | (numbers > bound - 1)
    return doubtful


def _number(whole_digits: int, scale: int, minimum: float | None, maximum: float | None, values: Values) -> np.ndarray:
    content, lengths = values.content, values.lengths
    doubtful = (lengths == 0) | (lengths > _EXACT_DIGITS)
    places = np.flatnonzero(content - np.uint8(ord("0")) > 9)
    rows = values.rows_of(places)
    is_sign = (content[places] == ord("-")) & (places == values.starts[rows])
    is_point = content[places] == ord(".")
    doubtful[rows[~is_sign & ~is_point]] = True
    whole = lengths.copy()
    whole[rows[is_sign]] -= 1
    pointed, points = rows[is_point], places[is_point]
    doubtful[pointed[1:][pointed[1:] == pointed[:-1]]] = True
    decimals = values.offsets[pointed + 1] - points - 1
    whole[pointed] -= decimals + 1
    doubtful[pointed[(decimals > scale) | (decimals < 1)]] = True
    doubtful |= (whole < 1) | (whole > whole_digits)
    if minimum is not None or maximum is not None:
        rows = np.flatnonzero(~doubtful)
        doubtful[rows] = _beyond(values.numbers(rows, pa.float64()), minimum, maximum)
    return doubtful


def _beyond(numbers: np.ndarray, minimum: float | None, maximum: float | None) -> np.ndarray:
    beyond = np.zeros(len(numbers), bool)
    if minimum is not None:
        beyond |= numbers < minimum
    if maximum is not None:
        beyond |= numbers > maximum
    return beyond


def _date(values: Values) -> np.ndarray:
    doubtful = np.ones(len(values.lengths), bool)
    rows, text = values.of_length(10)
    doubtful[rows] = ~_is_day(text)
    return doubtful


def _is_day(text: np.ndarray) -> np.ndarray:
    """Whether each row begins with a day of the calendar, as 2026-06-30."""
    well = _is_shaped(text[:, :10], b"0000-00-00")
    year = _decimal(text, 0, 4)
    month, day = _decimal(text, 5, 7), _decimal(text, 8, 10)
    well &= (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1)
    is_leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    last = _LAST_DAYS[np.where(well, month, 0)] + (is_leap & (month == 2))
    return well & (day <= last)


_LAST_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


def _decimal(text: np.ndarray, start: int, end: int) -> np.ndarray:
    number = np.zeros(len(text), np.int32)
    for place in range(start, end):
        number = number * 10 + (text[:, place].astype(np.int32) - 48)
    return number


def _is_shaped(text: np.ndarray, shape: bytes) -> np.ndarray:
    """Whether each row has digits where ``shape`` has 0, a sign where it has +, a T or space where it has T."""
    well = np.ones(len(text), bool)
    for place, mark in enumerate(shape):
        column = text[:, place]
        if mark == ord("0"):
            # What is below 0 wraps round and is far above 9.
            well &= column - np.uint8(mark) <= 9
        elif mark == ord("+"):
            well &= (column == mark) | (column == ord("-"))
        elif mark == ord("T"):
            well &= (column == mark) | (column == ord(" "))
        else:
            well &= column == mark
    return well


_FRACTIONS = [b"", *(b"." + b"0" * digits for digits in range(1, 7))]
_INSTANT_SHAPES: dict[int, list[bytes]] = {}
"""By their length."""
for _shape in [
    b"0000-00-00T00:00",
    *(
        b"0000-00-00T00:00:00" + fraction + zone
        for fraction in _FRACTIONS
        for zone in (b"", b"Z", b"+00", b"+00:00", b"+0000")
    ),
]:
    _INSTANT_SHAPES.setdefault(len(_shape), []).append(_shape)


def _instant(values: Values) -> np.ndarray:
    doubtful = np.ones(len(values.lengths), bool)
    for length, shapes in _INSTANT_SHAPES.items():
        rows, text = values.of_length(length)
        if not len(rows):
            continue
        well = _is_day(text) & (_decimal(text, 11, 13) <= 23) & (_decimal(text, 14, 16) <= 59)
        if length > len(b"0000-00-00T00:00"):
            well &= _decimal(text, 17, 19) <= 59
        shaped = np.zeros(len(text), bool)
        for shape in shapes:
            zone = shape.find(b"+")
            fits = _is_shaped(text, shape)
            if zone >= 0:
                fits &= _decimal(text, zone + 1, zone + 3) <= 14
            if shape.endswith(b":00") and zone >= 0:
                fits &= _decimal(text, zone + 4, zone + 6) <= 59
            elif zone >= 0 and len(shape) == zone + 5:
                fits &= _decimal(text, zone + 3, zone + 5) <= 59
            shaped |= fits
        doubtful[rows] = ~(well & shaped)
    return doubtful


def _uuid(values: Values) -> np.ndarray:
    doubtful = np.ones(len(values.lengths), bool)
    rows, text = values.of_length(36)
    well = np.ones(len(text), bool)
    for place in range(36):
        well &= text[:, place] == ord("-") if place in (8, 13, 18, 23) else _HEXADECIMAL[text[:, place]]
    doubtful[rows] = ~well
    return doubtful


def _json(values: Values) -> np.ndarray:
    return np.array([not _is_plain_structure(value) for value in values.array.to_pylist()], bool)


def _is_plain_structure(value: bytes) -> bool:
    # Escapes and long digits are where jsonb is narrower than JSON.
    if not value.startswith((b"{", b"[")) or b"\\" in value or _LONG_NUMBER.search(value) or value.count(b"[") > 50:
        return False
    try:
        json.loads(value, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return False
    return value.count(b"{") <= 500


_LONG_NUMBER = re.compile(rb"[0-9]{400}|[0-9][eE]")


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no JSON")
