"""Values written in a format of their own, as SQL: the shape they must have, and the same value in plain form.

The plain form is what PostgreSQL reads without doubt: ISO 8601 for dates and instants, digits with a
decimal point for numbers. A value that does not have the declared shape is never read otherwise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from psycopg.sql import SQL, Composable, Literal

from customer360.contracts import Field
from customer360.contracts.date_formats import CENTURY_TURNS_AT, read_format


@dataclass(frozen=True)
class Written:
    """``has_shape``: condition on a value that is present; ``broken``: the sentence's end where it does not hold.

    ``plain``: the value in plain form where it has the shape.
    """

    has_shape: Composable
    broken: str
    plain: Composable


def written(field: Field, value: Composable) -> Written | None:
    """How the field's values are written; None where they are written plainly."""
    if field.format != "default":
        return _date(field, value)
    if (field.decimal_char, field.group_char, field.bare_number) != (".", None, True):
        return _number(field, value)
    return None


def _date(field: Field, value: Composable) -> Written:
    form = read_format(field.format, field.type)
    # Names of months stand in capitals or not, as strptime takes them.
    pattern = f"(?i){form.pattern}"
    plain = _replaced(value, pattern, form.iso)
    if "y" in form.groups:
        year = _replaced(value, pattern, form.reference("y"))
        plain = SQL("(case when {} >= {} then '19' else '20' end || {})").format(
            year, Literal(str(CENTURY_TURNS_AT)), plain
        )
    what = "a date" if field.type == "date" else "a date and time"
    return Written(_matches(value, pattern), f"not {what} of the form {field.format}", plain)


def _number(field: Field, value: Composable) -> Written:
    decimal, group = re.escape(field.decimal_char), re.escape(field.group_char or "")
    whole = f"[0-9]{{1,3}}(?:{group}[0-9]{{2,3}})*{group}[0-9]{{3}}|[0-9]+" if group else "[0-9]+"
    digits = f"(?:{whole})(?:{decimal}[0-9]*)?|{decimal}[0-9]+"
    if field.bare_number:
        pattern, kept = f"^([+-]?(?:{digits})(?:[eE][+-]?[0-9]+)?)$", r"\1"
    else:
        # Brackets and a minus sign behind may mean a negative number, so they are no ornament.
        marks = "".join(re.escape(mark) for mark in (field.decimal_char, field.group_char) if mark and mark.strip())
        ornament = f"[^0-9+().{marks}-]*"
        pattern, kept = f"^(?:([+-])?{ornament}|{ornament}([+-])?)({digits}){ornament}$", r"\1\2\3"
    plain = _replaced(value, pattern, kept)
    if field.group_char:
        plain = SQL("replace({}, {}, '')").format(plain, Literal(field.group_char))
    if field.decimal_char != ".":
        plain = SQL("replace({}, {}, '.')").format(plain, Literal(field.decimal_char))
    return Written(_matches(value, pattern), f"not a number such as {_example(field)}", plain)


def _example(field: Field) -> str:
    group = field.group_char or ""
    return f"1{group}234" + ("" if field.type == "integer" else f"{field.decimal_char}5")


def _matches(value: Composable, pattern: str) -> Composable:
    return SQL("{} ~ {}").format(value, Literal(pattern))


def _replaced(value: Composable, pattern: str, text: str) -> Composable:
    return SQL("regexp_replace({}, {}, {})").format(value, Literal(pattern), Literal(text))
