"""The COPY rows of records that go straight into raw: their lines as delivered, or made anew of their values.

What all records of a load have in common is in neither: the defaults of raw's tables take it from the session.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from psycopg.sql import SQL, Composed, Identifier, Literal

from customer360.contracts import Contract, Field
from customer360.load.blocks import SEPARATOR, Block
from customer360.load.columnwise import Column, Values
from customer360.load.header import Header
from customer360.load.raw_tables import raw_table

_TRUE = frozenset({"t", "tr", "tru", "true", "y", "ye", "yes", "on", "1"})
_FALSE = frozenset({"f", "fa", "fal", "fals", "false", "n", "no", "of", "off", "0"})


class DeliveredRows:
    """The number of a record and its line, which PostgreSQL reads as CSV."""

    def __init__(self, contract: Contract, header: Header):
        self._contract = contract
        self._header = header
        self._numbered = _numbered(contract, header)

    @staticmethod
    def possible(contract: Contract, header: Header, columns: Sequence[Column]) -> bool:
        """Whether PostgreSQL reads every column of the file, and leaves those it lacks, as the contract does."""
        return (
            len(header.positions) == len(header.names)
            and not _constants(contract, header)
            and all(
                column.missing_spellings.to_pylist() == [b""] and _is_read_alike(column.field) for column in columns
            )
        )

    @property
    def statement(self) -> Composed:
        """The COPY that takes the rows."""
        dialect = self._contract.dialect
        names = sorted(self._header.positions, key=lambda name: self._header.positions[name])
        # A quoted empty value is as missing as a bare one; no simple line holds a separator, so it quotes nothing.
        force_null = SQL(", force_null ({})").format(_listed(names)) if dialect.quote_char else SQL("")
        return SQL("copy {} ({}) from stdin (format csv, delimiter {}, quote {}, null ''{}, encoding 'UTF8')").format(
            raw_table(self._contract),
            _listed([*self._numbered, *names]),
            Literal(dialect.delimiter),
            Literal(dialect.quote_char or SEPARATOR.decode("ascii")),
            force_null,
        )

    def of(
        self, block: Block, rows: np.ndarray, values: Mapping[int, Values], missing: Mapping[int, np.ndarray]
    ) -> pa.Buffer:
        """The COPY rows of these simple lines."""
        number = [_numbers(block, rows), _binary(self._contract.dialect.delimiter)]
        parts = [*number * len(self._numbered), block.lines(rows).array, _binary("\n")]
        return _content(pc.binary_join_element_wise(*parts, _binary("")))


class RewrittenRows:
    """The values of a record, its unknown columns as JSON, the defaults of those the file lacks, and its number."""

    def __init__(self, contract: Contract, header: Header, columns: Mapping[int, Column]):
        self._contract = contract
        self._header = header
        self._columns = columns
        self._numbered = _numbered(contract, header)
        self._constants = _constants(contract, header)
        self._null = b"" if contract.empty_is_missing else b"\\N"

    @property
    def statement(self) -> Composed:
        """The COPY that takes the rows."""
        names = [
            *(column.field.name for column in self._columns.values()),
            *(["_extra"] if self._header.unknown else []),
            *self._constants,
            *self._numbered,
        ]
        return SQL("copy {} ({}) from stdin (format text, delimiter {}, null {}, encoding 'UTF8')").format(
            raw_table(self._contract),
            _listed(names),
            Literal(SEPARATOR.decode("ascii")),
            Literal(self._null.decode("ascii")),
        )

    def of(
        self, block: Block, rows: np.ndarray, values: Mapping[int, Values], missing: Mapping[int, np.ndarray]
    ) -> pa.Buffer:
        """The COPY rows of these simple lines, of whose unknown columns none needs an escape in JSON."""
        parts = [column.copied(values[position], missing[position]) for position, column in self._columns.items()]
        if self._header.unknown:
            parts.append(self._extra(values))
        numbers = _numbers(block, rows)
        row = [
            *(part.take(pa.array(rows)) for part in parts),
            *map(_binary, map(_escaped, self._constants.values())),
            *[numbers] * (len(self._numbered) - 1),
            pc.binary_join_element_wise(numbers, _binary("\n"), _binary("")),
        ]
        separator = pa.scalar(SEPARATOR, pa.binary())
        return _content(
            pc.binary_join_element_wise(*row, separator, null_handling="replace", null_replacement=self._null)
        )

    def _extra(self, values: Mapping[int, Values]) -> pa.Array:
        """The unknown columns as JSON."""
        parts: list[pa.Array | pa.Scalar] = []
        for position, name in self._header.unknown.items():
            column = values[position]
            quoted = pc.binary_join_element_wise(_binary('"'), column.array, _binary('"'), _binary(""))
            if self._contract.empty_is_missing:
                quoted = pc.if_else(pa.array(column.lengths == 0), _binary("null"), quoted)
            parts += [_binary(f"{', ' if parts else '{'}{json.dumps(name, ensure_ascii=False)}: "), quoted]
        return pc.binary_join_element_wise(*parts, _binary("}"), _binary(""))


def _is_read_alike(field: Field) -> bool:
    """Whether PostgreSQL reads the field's words as the contract does."""
    if field.type != "boolean":
        return True
    return _TRUE.issuperset(map(str.lower, field.true_values)) and _FALSE.issuperset(map(str.lower, field.false_values))


def _numbered(contract: Contract, header: Header) -> list[str]:
    """The columns that hold a record's number."""
    return [*(contract.primary_key if header.key_is_record_number else []), "_record_number"]


def _constants(contract: Contract, header: Header) -> dict[str, str]:
    """The fields that the file lacks and that have a default."""
    defaults = contract.customer360.defaults
    return {
        field.name: _word(field, defaults[field.name])
        for field in contract.fields
        if field.name in defaults and field.name not in header.positions
        if not (header.key_is_record_number and field.name in contract.primary_key)
    }


def _word(field: Field, default: str) -> str:
    return str(default in field.true_values).lower() if field.type == "boolean" else default


def _numbers(block: Block, rows: np.ndarray) -> pa.Array:
    return pa.array(block.numbers[rows]).cast(pa.string()).cast(pa.binary())


def _listed(names: Sequence[str]) -> Composed:
    return SQL(", ").join(map(Identifier, names))


def _binary(text: str) -> pa.Scalar:
    return pa.scalar(text.encode(), pa.binary())


def _content(rows: pa.BinaryArray) -> pa.Buffer:
    offsets = np.frombuffer(rows.buffers()[1], np.int32)
    data = rows.buffers()[2]
    return data.slice(0, int(offsets[len(rows)])) if data else pa.py_buffer(b"")


def _escaped(value: str) -> str:
    for mark, escape in (("\\", "\\\\"), ("\n", "\\n"), ("\r", "\\r"), (SEPARATOR.decode(), "\\" + SEPARATOR.decode())):
        value = value.replace(mark, escape)
    return value
