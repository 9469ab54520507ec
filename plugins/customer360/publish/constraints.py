"""The named constraints and indexes of a published table, and their fingerprints."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum

from psycopg import sql

from customer360.publish.specification import ForeignKey, PublishedTable

_LONGEST_NAME = 63
_STRING_LITERAL = re.compile(r"'(?:[^']|'')*'")
_WORD = re.compile(r"\w+")


class Kind(IntEnum):
    """In the order in which they are made: a foreign key needs the key it points to."""

    PRIMARY_KEY = 1
    UNIQUE = 2
    CHECK = 3
    INDEX = 4
    FOREIGN_KEY = 5

    def __str__(self) -> str:
        return self.name.lower().replace("_", " ")


@dataclass(frozen=True)
class Constraint:
    """A constraint or an index; ``definition`` is its SQL without its own name and the table's.

    ``columns`` are those of a key, ``expression`` a check's, ``key`` a foreign key's declaration.
    """

    kind: Kind
    name: str
    definition: str
    columns: tuple[str, ...] = ()
    expression: str | None = None
    key: ForeignKey | None = None

    @property
    def fingerprint(self) -> str:
        """A hash of the definition in which line breaks and indents do not count."""
        return fingerprint(f"{self.kind} {self.definition}")

    def statement(self, table: PublishedTable) -> sql.Composed:
        """The SQL that makes it."""
        template = (
            "create index {name} on {table} {definition}"
            if self.kind is Kind.INDEX
            else "alter table {table} add constraint {name} {definition}"
        )
        return sql.SQL(template).format(
            name=sql.Identifier(self.name),
            table=sql.Identifier(table.schema_name, table.name),
            definition=sql.SQL(self.definition),
        )


def fingerprint(definition: str) -> str:
    """The hash by which a definition's edits are noticed."""
    return hashlib.sha256(" ".join(definition.split()).encode()).hexdigest()


def constraints_of(table: PublishedTable, tables: Iterable[PublishedTable]) -> tuple[Constraint, ...]:
    """All constraints and indexes of ``table``, in the order of Kind."""
    pointed_to = {key.to_columns for other in tables for key in other.foreign_keys if key.to == table.full_name}
    return (
        *_primary_key(table),
        *(_unique(table, columns, columns in pointed_to) for columns in table.unique),
        *_checks(table),
        *(Constraint(Kind.INDEX, index.name, index.definition) for index in table.indexes),
        *(_foreign_key(table, key) for key in table.foreign_keys),
    )


def _primary_key(table: PublishedTable) -> Iterator[Constraint]:
    if table.primary_key:
        definition = f"primary key ({_list(table.primary_key)})"
        yield Constraint(Kind.PRIMARY_KEY, _shortened(f"{table.name}_pkey"), definition, table.primary_key)


def _unique(table: PublishedTable, columns: tuple[str, ...], is_pointed_to: bool) -> Constraint:
    # Rows may swap values within a publish, so it is checked when a statement ends. PostgreSQL
    # does not allow that where a foreign key points to the columns.
    when = "" if is_pointed_to else " deferrable initially immediate"
    name = _shortened("_".join((table.name, *columns, "key")))
    return Constraint(Kind.UNIQUE, name, f"unique ({_list(columns)}){when}", columns)


def _checks(table: PublishedTable) -> Iterator[Constraint]:
    """Named as PostgreSQL names them: after the column when the expression has only one."""
    names = {column.name for column in table.columns}
    taken: dict[str, int] = {}
    for expression in table.checks:
        used = {word for word in _WORD.findall(_STRING_LITERAL.sub("", expression)) if word in names}
        stem = "_".join((table.name, *used, "check")) if len(used) == 1 else f"{table.name}_check"
        number = taken.get(stem, 0)
        taken[stem] = number + 1
        name = _shortened(f"{stem}{number}" if number else stem)
        yield Constraint(Kind.CHECK, name, f"check ({expression})", expression=expression)


def _foreign_key(table: PublishedTable, key: ForeignKey) -> Constraint:
    schema, _, name = key.to.partition(".")
    definition = (
        f"foreign key ({_list(key.columns)}) references {sql.Identifier(schema, name).as_string()} "
        f"({_list(key.to_columns)}) on delete {key.on_delete} deferrable initially deferred"
    )
    own_name = _shortened("_".join((table.name, *key.columns, "fkey")))
    return Constraint(Kind.FOREIGN_KEY, own_name, definition, key.columns, key=key)


def _list(columns: Iterable[str]) -> str:
    return ", ".join(sql.Identifier(column).as_string() for column in columns)


def _shortened(name: str) -> str:
    # PostgreSQL cuts a longer name in silence, and two could become one.
    if len(name.encode()) <= _LONGEST_NAME:
        return name
    return f"{name[: _LONGEST_NAME - 9]}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"
