"""What the published schemas hold now, as PostgreSQL's catalogue and our own record say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

import psycopg

from customer360.publish.specification import PublishedTable, PublishError


@dataclass(frozen=True)
class ExistingColumn:
    """A column as it is; ``data_type`` is spelt as PostgreSQL spells it."""

    name: str
    data_type: str
    not_null: bool
    has_default: bool


@dataclass(frozen=True)
class Catalogue:
    """The structure of the published tables at the start of a publish."""

    columns: dict[str, tuple[ExistingColumn, ...]]
    """By ``schema.table``, in their order."""
    fingerprints: dict[str, dict[str, str]]
    """By ``schema.table``, then constraint; only of those that still exist."""
    spelling: dict[str, str]
    """PostgreSQL's spelling of each declared type: ``character varying(20)`` for ``varchar(20)``."""

    def exists(self, table: PublishedTable) -> bool:
        return table.full_name in self.columns


def default_name(column: str) -> str:
    """The name under which a column's default is recorded among the constraints."""
    return f"default of {column}"


def read_catalogue(connection: psycopg.Connection, tables: Sequence[PublishedTable]) -> Catalogue:
    """What is published now. Raises PublishError when a declared type is unknown."""
    schemas = sorted({table.schema_name for table in tables})
    columns: dict[str, list[ExistingColumn]] = defaultdict(list)
    for full_name, *column in connection.execute(_query("columns"), [schemas]):
        columns[full_name].append(ExistingColumn(*column))
    existing = set(connection.execute(_query("constraints"), [schemas]).fetchall())
    existing |= {
        (full_name, default_name(column.name))
        for full_name, found in columns.items()
        for column in found
        if column.has_default
    }
    fingerprints: dict[str, dict[str, str]] = defaultdict(dict)
    for full_name, name, fingerprint in connection.execute(
        'select "schema" || \'.\' || "table", name, definition_hash from ops.published_constraints'
    ):
        if (full_name, name) in existing:
            fingerprints[full_name][name] = fingerprint
    return Catalogue(
        {name: tuple(found) for name, found in columns.items()},
        dict(fingerprints),
        _spelling(connection, tables),
    )


def views_on(connection: psycopg.Connection, table: PublishedTable, column: str | None = None) -> list[str]:
    """The views, as ``schema.view``, that read ``table`` or its ``column``, directly or through others."""
    query = _query("views_on")
    return [name for (name,) in connection.execute(query, {"table": table.full_name, "column": column})]


def record(connection: psycopg.Connection, relation: tuple[str, str], name: str, fingerprint: str) -> None:
    """Remember what definition the constraint, default or view ``name`` was made from."""
    connection.execute(
        'insert into ops.published_constraints ("schema", "table", name, definition_hash)'
        ' values (%s, %s, %s, %s) on conflict ("schema", "table", name)'
        " do update set definition_hash = excluded.definition_hash",
        [*relation, name, fingerprint],
    )


def _spelling(connection: psycopg.Connection, tables: Sequence[PublishedTable]) -> dict[str, str]:
    declared = sorted({column.data_type for table in tables for column in table.columns})
    spelling: dict[str, str] = dict(
        connection.execute(
            "select t, format_type(to_regtype(t), to_regtypemod(t)) from unnest(%s::text[]) as t"
            " where to_regtype(t) is not null",
            [declared],
        ).fetchall()
    )
    for table in tables:
        for column in table.columns:
            if column.data_type not in spelling:
                raise PublishError(
                    f"{table.full_name}.{column.name} is declared as {column.data_type!r}, "
                    "which PostgreSQL does not know; mend the model's data_type."
                )
    return spelling


def _query(name: str) -> str:
    return (files("customer360.publish") / "sql" / f"{name}.sql").read_text(encoding="utf-8")
