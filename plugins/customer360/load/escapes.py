"""The values of a record in a dialect with an escape character.

The csv module takes neither an escaped line end for a part of a value nor ``\\N`` for NULL.
"""

from __future__ import annotations

import csv
import re

from customer360.contracts import Contract


class EscapedRecords:
    """Parses the records of one contract."""

    def __init__(self, contract: Contract):
        dialect = contract.dialect
        self._quote = dialect.quote_char or ""
        mark, sign = re.escape(dialect.escape_char or ""), re.escape(self._quote)
        delimiter = re.escape(dialect.delimiter)
        doubled = f"|{sign}{sign}" if sign and dialect.double_quote else ""
        quoted = f"{sign}(?:[^{sign}{mark}]|{mark}.{doubled})*{sign}" if sign else "(?!)"
        nulls = {
            re.escape(word)
            for field in contract.table_schema.fields
            for word in contract.missing_values(field)
            if word.startswith(dialect.escape_char or "")
        }
        null = "|".join(sorted(nulls)) or "(?!)"
        # Every match is a whole value with the delimiter before it, so none begins within another.
        self._value = re.compile(
            f"(?:\\A|{delimiter})(?:({null})(?={delimiter}|\\Z)|({quoted})?((?:{mark}.|[^{delimiter}{mark}])*))",
            re.DOTALL,
        )
        self._escaped = re.compile(f"{mark}(.){doubled}", re.DOTALL)

    def values(self, text: str) -> list[str]:
        """The values of a record; a declared NULL that begins with the escape character stays as it is.

        Raises csv.Error when the record is not what the dialect says.
        """
        values, end = [], 0
        for match in self._value.finditer(text):
            null, quoted, rest = match.groups()
            if match.start() != end:
                break
            if quoted and rest:
                raise csv.Error("delimiter expected after quote")
            values.append(null if null is not None else self._unescaped(quoted[1:-1] if quoted else rest))
            end = match.end()
        if end != len(text):
            raise csv.Error("an escape character or a quote stands where none may")
        return values

    def _unescaped(self, value: str) -> str:
        return self._escaped.sub(lambda match: self._quote if match[1] is None else match[1], value)
