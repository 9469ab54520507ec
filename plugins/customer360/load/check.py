"""The contract's rules as SQL over ``incoming``: what is valid, what is said where it is not, and the typed value.

PostgreSQL judges all records at once. Its own idea of a value is narrowed where it is too
generous for a contract: ``now`` is no date, ``1_000`` no number, ``0.725`` does not fit two decimals.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from psycopg.sql import SQL, Composable, Literal

from customer360.contracts import Contract, Field
from customer360.load.errors import LoadError
from customer360.load.formats import written
from customer360.load.header import Header
from customer360.load.incoming import column

SHOWN_CHARACTERS = 60
KEY_CHARACTERS = 500
"""Longest text in a key or unique column: an index entry holds 2,700 bytes."""

INTEGERS = ("smallint", "integer", "bigint")
_TYPE = re.compile(r"[a-z][a-z0-9_ ]*(\(\d+(, ?\d+)?\))?(\[\])?")
NUMERIC = re.compile(r"numeric\((\d+)(?:, ?(\d+))?\)")
VARCHAR = re.compile(r"(?:varchar|character varying)\((\d+)\)")
_DATE_TIME = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}([.]\d{1,9})?)?( ?(Z|[+-]\d{2}(:?\d{2})?))?)?$"

TRUE = SQL("true")
_NULL = SQL("null::text")


@dataclass(frozen=True)
class Rule:
    """``holds``: condition on the value where it is present. ``broken``: the rest of the sentence.

    ``explains``: the next rule implies this one, which only makes for a better sentence.
    """

    holds: Composable
    broken: str
    explains: bool = False


@dataclass(frozen=True)
class FieldSql:
    """A field of a file as SQL over ``incoming``.

    ``value``: the text, NULL where missing. ``valid``: whether all rules hold, None when there are none.
    ``reasons``: expressions that are each a sentence or NULL. ``typed``: the value as stored, to be
    evaluated where it is valid only. ``plain``: the value as text in a form that PostgreSQL reads.
    """

    field: Field
    value: Composable
    valid: Composable | None
    reasons: list[Composable]
    typed: Composable
    plain: Composable


def postgres_type(contract: Contract, field: Field) -> SQL:
    """The field's PostgreSQL type as SQL.

    Raises LoadError when the contract names something that is no type.
    """
    name = contract.postgres_type(field)
    if not _TYPE.fullmatch(name):
        raise LoadError(f"{contract.name} gives {field.name} the type {name!r}; use one such as numeric(12,2).")
    return SQL(name)


def unique_sets(contract: Contract) -> list[list[str]]:
    """The column sets, other than the primary key, that no two records share."""
    single = [[f.name] for f in contract.fields if f.constraints.unique]
    return [key for key in [*single, *contract.customer360.unique] if key != contract.primary_key]


def field_sql(contract: Contract, field: Field, header: Header) -> FieldSql:
    """The SQL of a field, from its column or, where the file lacks it, from the contract's default."""
    type_name = postgres_type(contract, field)
    if field.name in header.positions:
        value = _present(contract, field, column(header.positions[field.name]))
        return delivered(contract, field, value, type_name, field.name in contract.customer360.pii)
    if header.key_is_record_number and [field.name] == contract.primary_key:
        number = SQL("i.record_number::{}").format(type_name)
        return FieldSql(field, _NULL, None, [], number, SQL("i.record_number::text"))
    default = contract.customer360.defaults.get(field.name)
    typed = (
        SQL("null::{}").format(type_name)
        if default is None
        else _typed(field, SQL("{}::text").format(Literal(default)), type_name)
    )
    return FieldSql(field, _NULL, None, [], typed, SQL("{}::text").format(Literal(default)))


def _present(contract: Contract, field: Field, name: Composable) -> Composable:
    # Where the empty value means NULL in every field, COPY has made it that.
    missing = contract.missing_values(field)
    if contract.empty_is_missing:
        missing = [spelling for spelling in missing if spelling]
    if not missing:
        return SQL("i.{}").format(name)
    return SQL("case when i.{0} <> all({1}::text[]) then i.{0} end").format(name, Literal(missing))


def delivered(
    contract: Contract, field: Field, value: Composable, type_name: SQL, secret_or_personal: bool
) -> FieldSql:
    """The SQL of a field whose values are ``value``; no sentence quotes one that is ``secret_or_personal``."""
    form = written(field, value)
    plain = form.plain if form else value
    types, limits = _type_rules(contract, field, plain), _limit_rules(contract, field, plain)
    if form and field.type in ("date", "datetime"):
        real = SQL("pg_input_is_valid({}, {})").format(plain, Literal(contract.postgres_type(field)))
        types = [Rule(form.has_shape, form.broken), Rule(real, "which is in no calendar")]
    elif form:
        types.insert(0, Rule(form.has_shape, form.broken))
    is_typed = _all([rule.holds for rule in types if not rule.explains])
    valid = _all([rule.holds for rule in limits])
    if types:
        # A limit may cast the value, so it is looked at only where the type fits.
        valid = SQL("case when {} then {} else false end").format(is_typed, valid)
    required = field.constraints.required
    if types or limits:
        absent = SQL("{} is not null and {}") if required else SQL("({} is null or {})")
        valid = absent.format(value, valid)
    elif required:
        valid = SQL("{} is not null").format(value)
    reasons = [
        *(
            [SQL("case when {} is null then {} end").format(value, Literal(f"{field.name} is missing"))]
            if required
            else []
        ),
        *_first_sentence(field, types, value, secret_or_personal),
        *(_sentence(field, rule, value, is_typed, secret_or_personal) for rule in limits),
    ]
    return FieldSql(
        field,
        value,
        valid if types or limits or required else None,
        reasons,
        _typed(field, plain, type_name),
        _plain_text(field, plain, is_typed, type_name, form is not None),
    )


def _plain_text(field: Field, value: Composable, is_typed: Composable, type_name: SQL, has_format: bool) -> Composable:
    if field.type == "boolean":
        return _boolean_word(field, value)
    if has_format and field.type in ("date", "datetime"):
        return SQL("case when {} then {}::{}::text end").format(is_typed, value, type_name)
    return value


def _boolean_word(field: Field, value: Composable) -> Composable:
    return SQL("case when {} then 'true' when {} then 'false' end").format(
        _one_of(value, field.true_values), _one_of(value, field.false_values)
    )


def _all(conditions: list[Composable]) -> Composable:
    # Each stands behind the one before: a later one may rely on an earlier one.
    if not conditions:
        return TRUE
    first, *others = conditions
    if not others:
        return first
    return SQL("case when {} then {} else false end").format(first, _all(others))


def _first_sentence(field: Field, rules: list[Rule], value: Composable, personal: bool) -> list[Composable]:
    if not rules:
        return []
    branches = SQL(" ").join(
        SQL("when ({}) is not true then {}").format(rule.holds, _text(field, rule, value, personal)) for rule in rules
    )
    return [SQL("case when {} is null then null {} end").format(value, branches)]


def _sentence(field: Field, rule: Rule, value: Composable, is_typed: Composable, personal: bool) -> Composable:
    return SQL(
        "case when {value} is null or ({typed}) is not true then null when ({holds}) is not true then {text} end"
    ).format(value=value, typed=is_typed, holds=rule.holds, text=_text(field, rule, value, personal))


def _text(field: Field, rule: Rule, value: Composable, personal: bool) -> Composable:
    if personal:
        return Literal(f"{field.name} is {rule.broken}")
    return SQL(
        "{} || case when length({value}) > {shown} then left({value}, {shown}) || '…' else {value} end || {}"
    ).format(Literal(f'{field.name} is "'), Literal(f'", {rule.broken}'), value=value, shown=Literal(SHOWN_CHARACTERS))


def _type_rules(contract: Contract, field: Field, value: Composable) -> list[Rule]:
    name = contract.postgres_type(field)
    fits = SQL("pg_input_is_valid({}, {})").format(value, Literal(name))
    if field.type == "boolean":
        spellings = [*field.true_values, *field.false_values]
        return [Rule(_one_of(value, spellings), f"not one of {', '.join(spellings)}")]
    if field.type == "array":
        holds = SQL(
            "case when {0} like '[%' then pg_input_is_valid({0}, 'jsonb') else pg_input_is_valid({0}, 'text[]') end"
        ).format(value)
        return [Rule(holds, "neither a JSON array nor a PostgreSQL array")]
    if name == "jsonb":
        is_json = SQL("pg_input_is_valid({}, 'jsonb')").format(value)
        is_structure = SQL("jsonb_typeof({}::jsonb) in ('object', 'array')").format(value)
        return [Rule(is_json, "not JSON"), Rule(is_structure, "neither a JSON object nor a JSON array")]
    if name in INTEGERS:
        digits = SQL("translate({}, '0123456789', '') in ('', '-', '+')").format(value)
        number = SQL("pg_input_is_valid({}, 'numeric')").format(value)
        return [
            Rule(digits, "not a whole number"),
            Rule(number, "not a whole number", explains=True),
            Rule(fits, f"outside the range of {name}"),
        ]
    if field.type in ("number", "integer"):
        return _number_rules(name, value, fits)
    if name == "date":
        digits = SQL("{0} like '____-__-__' and translate({0}, '0123456789', '') = '--'").format(value)
        return [Rule(SQL("{} and {}").format(digits, fits), "not a date such as 2026-06-30")]
    if name.startswith("timestamp"):
        # Most values have one of two shapes, which is cheaper to see than to match.
        iso = SQL(
            "(({0} like '____-__-__ __:__:__%' and strpos({0}, '.') in (0, 20)"
            " and translate({0}, '0123456789', '') in ('-- ::', '-- ::.')) or {0} ~ {1})"
        ).format(value, Literal(_DATE_TIME))
        return [Rule(SQL("{} and {}").format(iso, fits), "not a date and time such as 2026-06-30 17:45:00")]
    if name == "text" or VARCHAR.fullmatch(name):
        return []
    known = {"uuid": "not a UUID", "inet": "not an IP address"}
    return [Rule(fits, known.get(name, f"not a value of type {name}"))]


def _number_rules(name: str, value: Composable, fits: Composable) -> list[Rule]:
    signs = SQL("translate({}, '0123456789.+-eE', '') = ''").format(value)
    plain = SQL("{} and pg_input_is_valid({}, 'numeric')").format(signs, value)
    rules = [Rule(plain, "not a number")]
    if sizes := NUMERIC.fullmatch(name):
        precision, scale = int(sizes[1]), int(sizes[2] or 0)
        decimals = SQL("min_scale({}::numeric) <= {}").format(value, Literal(scale))
        rules.append(Rule(decimals, f"with more than {scale} decimals"))
        rules.append(Rule(fits, f"with more than {precision - scale} digits before the decimal point"))
    elif name != "numeric":
        rules.append(Rule(fits, f"outside the range of {name}"))
    return rules


def _limit_rules(contract: Contract, field: Field, value: Composable) -> list[Rule]:
    limits, rules = field.constraints, []
    if limits.enum is not None:
        rules.append(Rule(_one_of(value, limits.enum), f"not one of {', '.join(limits.enum)}"))
    for bound, sign, words in (
        (limits.minimum, ">=", "below the minimum"),
        (limits.maximum, "<=", "above the maximum"),
    ):
        if bound is not None:
            kind = SQL("bigint" if contract.postgres_type(field) in INTEGERS and bound.is_integer() else "numeric")
            condition = SQL("{0}::{3} {1} {2}::{3}").format(value, SQL(sign), Literal(_number(bound)), kind)
            rules.append(Rule(condition, f"{words} {_number(bound)}"))
    if (length := max_length(contract, field)) is not None:
        condition = SQL("length({}) <= {}").format(value, Literal(length))
        rules.append(Rule(condition, f"longer than {length} characters"))
    if limits.pattern is not None:
        condition = SQL("{} ~ {}").format(value, Literal(f"^(?:{limits.pattern})$"))
        rules.append(Rule(condition, f"not of the form {limits.pattern}"))
    return rules


def max_length(contract: Contract, field: Field) -> int | None:
    """How many characters a value of the field may have at most, None where any number."""
    lengths = [field.constraints.max_length]
    name = contract.postgres_type(field)
    if varchar := VARCHAR.fullmatch(name):
        lengths.append(int(varchar[1]))
    keys = [contract.primary_key, *unique_sets(contract)]
    if name == "text" and any(field.name in key for key in keys):
        lengths.append(KEY_CHARACTERS)
    return min((length for length in lengths if length is not None), default=None)


def _number(bound: float) -> str:
    return str(int(bound)) if bound.is_integer() else str(bound)


def _one_of(value: Composable, words: list[str]) -> Composable:
    return SQL("{} = any({}::text[])").format(value, Literal(words))


def _typed(field: Field, value: Composable, type_name: SQL) -> Composable:
    if field.type == "boolean":
        return SQL("({} = any({}::text[]))").format(value, Literal(field.true_values))
    if field.type == "array":
        return SQL(
            "case when {0} like '[%' then array(select jsonb_array_elements_text({0}::jsonb)) else {0}::text[] end"
        ).format(value)
    return SQL("{}::{}").format(value, type_name)


def file_sql(contract: Contract, header: Header) -> list[FieldSql]:
    """The SQL of every stored field of the contract."""
    return [field_sql(contract, field, header) for field in contract.fields]


def is_valid(fields: list[FieldSql]) -> Composable:
    """Whether a record of ``incoming`` keeps every rule."""
    conditions = [field.valid for field in fields if field.valid is not None]
    if not conditions:
        return TRUE
    return SQL(" and ").join(SQL("({})").format(condition) for condition in conditions)


def reasons(fields: list[FieldSql]) -> Composable:
    """Every sentence about a record of ``incoming``, as text[]."""
    sentences = [sentence for field in fields for sentence in field.reasons]
    return SQL("array_remove(array[{}]::text[], null)").format(SQL(", ").join(sentences))
