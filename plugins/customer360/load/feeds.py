"""A file of another shape as the columns of the table it feeds, in SQL over ``incoming``.

The source contract's rules judge the file's own values, the table's contract judges what is made of
them: a record that breaks either is quarantined.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from psycopg.sql import SQL, Composable, Literal

from customer360.contracts import Contract, Feed, Field, Mapped
from customer360.load.check import FieldSql, delivered, field_sql, file_sql, is_valid, postgres_type
from customer360.load.header import Header


@dataclass(frozen=True)
class Plan:
    """``rules``: what every record is judged by. ``stored``: the table's columns. ``header``: what of them is given."""

    rules: list[FieldSql]
    stored: list[FieldSql]
    header: Header


def plan_of(contract: Contract, table: Contract, header: Header) -> Plan:
    """How the records of a file under ``contract`` become those of ``table``, which a feed may tell apart."""
    if contract.feed is None:
        fields = file_sql(contract, header)
        return Plan(fields, fields, header)
    source = {field.field.name: field for field in file_sql(contract, header)}
    mapped = contract.feed.mapped
    tables_header = replace(header, positions=dict.fromkeys(mapped, -1), unknown={}, key_is_record_number=False)
    columns = _Columns(contract.feed, source)
    stored = [
        columns.stored(contract, table, field, mapped[field.name])
        if field.name in mapped
        else field_sql(table, field, tables_header)
        for field in table.fields
    ]
    own_rules = [*source.values(), *(rule for name, column in mapped.items() for rule in columns.maps(name, column))]
    return Plan([*own_rules, *_said_after(own_rules, stored)], stored, tables_header)


def _said_after(own_rules: list[FieldSql], stored: list[FieldSql]) -> list[FieldSql]:
    # What is wrong in the file says more than what that made of the table's columns.
    well = is_valid(own_rules)
    return [
        replace(column, reasons=[SQL("case when {} then {} end").format(well, reason) for reason in column.reasons])
        for column in stored
    ]


@dataclass(frozen=True)
class _Columns:
    feed: Feed
    source: dict[str, FieldSql]

    def stored(self, contract: Contract, table: Contract, field: Field, column: Mapped) -> FieldSql:
        """A column of the table, judged by the table's contract."""
        personal = field.name in table.customer360.pii or any(
            name in contract.customer360.pii for name in column.sources()
        )
        # The value is in plain form by now, however the table's own files write it.
        plain_field = field.model_copy(
            update={
                "format": "default",
                "decimal_char": ".",
                "group_char": None,
                "bare_number": True,
                "true_values": [*field.true_values, "true"],
                "false_values": [*field.false_values, "false"],
            }
        )
        return delivered(table, plain_field, self.value(column), postgres_type(table, field), personal)

    def value(self, column: Mapped) -> Composable:
        """The value as text."""
        if column.constant is not None:
            return SQL("{}::text").format(Literal(column.constant))
        if column.concatenate:
            parts = SQL(", ").join(map(self.part, column.concatenate))
            return SQL("nullif(concat_ws({}, {}), '')").format(Literal(column.join), parts)
        if column.key:
            return self.key(column, self.feed.contract, column.key)
        if column.reference is not None:
            return self.key(column, column.reference, column.by)
        source = self.source[column.source or ""]
        return source.plain if column.map is None else self.looked_up(column, source.value)

    def part(self, part: str | Mapped) -> Composable:
        """One of several parts, a field's name or a value of its own."""
        return self.source[part].plain if isinstance(part, str) else self.value(part)

    def key(self, column: Mapped, contract: str, parts: list[str | Mapped]) -> Composable:
        """A positive 60-bit key of the parts, the same on every load; NULL where one of them is missing."""
        values = list(map(self.part, parts))
        absent = SQL(" or ").join(SQL("{} is null").format(value) for value in values)
        return SQL(
            "case when {} then null else ('x0' || substr(md5(jsonb_build_array({}, {}, {})::text), 1, 15))::bit(64)"
            "::bigint::text end"
        ).format(
            absent,
            SQL("{}::text").format(Literal(column.within or self.feed.source)),
            SQL("{}::text").format(Literal(contract)),
            SQL(", ").join(values),
        )

    def looked_up(self, column: Mapped, value: Composable) -> Composable:
        """The value that the map gives; NULL where it gives none."""
        known = column.map or {}
        branches = SQL(" ").join(
            SQL("when {} = {} then {}::text").format(value, Literal(word), Literal(meaning))
            for word, meaning in known.items()
            if word
        )
        return SQL("case when {} is null then {}::text {} else {}::text end").format(
            value, Literal(known.get("")), branches, Literal(column.otherwise)
        )

    def maps(self, name: str, column: Mapped) -> list[FieldSql]:
        """The rules that the maps of a column make: a value they do not know breaks them."""
        found = [rule for part in column.parts if isinstance(part, Mapped) for rule in self.maps(name, part)]
        if column.map is None or column.otherwise is not None or column.source is None:
            return found
        source = self.source[column.source]
        holds = SQL("({0} is null or {0} = any({1}::text[]))").format(
            source.value, Literal([word for word in column.map if word])
        )
        sentence = Literal(f"{column.source} has a value that the map of {name} does not know")
        reason = SQL("case when not {} then {} end").format(holds, sentence)
        return [*found, replace(source, valid=holds, reasons=[reason])]
