"""What the published tables must look like, as the dbt models' ``meta`` says it.

A model is published when its ``config.meta.published`` stands in dbt's ``target/manifest.json``.
Its columns, their types and descriptions come from the model's contract; keys, checks, defaults,
indexes and masks, which a dbt contract cannot say, from ``meta``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

CANDIDATE_PREFIX = "candidate_"

PiiKind = Literal["name", "email", "phone", "birth_date", "location", "text", "identifier", "address"]
_DATE_TYPES = ("date", "timestamp")
_INCOMPARABLE_TYPES = ("json", "xml")


class PublishError(Exception):
    """Nothing was published; the message is a sentence that says where, what and what to do."""

    runbook = "a-publish-was-wrong"


class MigrationNeeded(PublishError):
    """The published tables cannot follow the models, or a migration that should make them follow cannot run."""

    runbook = "the-published-tables-cannot-follow"


class PublishBlocked(PublishError):
    """Another publish or a reader holds what the publish needs."""

    runbook = "a-publish-is-blocked"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Column(_Frozen):
    """A column of a published table; ``default`` is an SQL expression."""

    # A column's meta also serves others, such as the exports.
    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    data_type: str
    description: str = ""
    not_null: bool = False
    default: str | None = None
    pii: PiiKind | None = None
    volatile: bool = False

    @field_validator("default", mode="before")
    @classmethod
    def _as_sql(cls, value: object) -> object:
        # YAML reads `default: true` and `default: 0` as a boolean and a number.
        if isinstance(value, bool):
            return str(value).lower()
        return str(value) if isinstance(value, int | float) else value

    @model_validator(mode="after")
    def _can_be_compared_and_masked(self) -> Column:
        if self.data_type.lower() in _INCOMPARABLE_TYPES:
            raise ValueError(f"column {self.name} is {self.data_type}, which has no equality; use jsonb or text")
        if self.pii == "birth_date" and not self.data_type.lower().startswith(_DATE_TYPES):
            raise ValueError(f"column {self.name} is a birth_date of type {self.data_type}; use date")
        return self


class ForeignKey(_Frozen):
    """``to`` is a table of the same schema, or ``schema.table``; without ``to_columns`` its key."""

    columns: tuple[str, ...] = Field(min_length=1)
    to: str
    to_columns: tuple[str, ...] = ()
    on_delete: Literal["cascade", "set null", "set default", "restrict", "no action"] = "no action"

    @field_validator("on_delete", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value


class Index(_Frozen):
    """``definition`` is all that follows the table's name: columns, and perhaps a predicate."""

    name: str
    definition: str

    @classmethod
    def read(cls, text: str) -> Index:
        """An index from ``name (columns) [where ...]``; ValueError when it has no such shape."""
        name, _, definition = text.strip().partition(" ")
        if not definition.strip().lower().startswith(("(", "using ")) or not definition.count("("):
            raise ValueError(f"index {text!r} is not of the form `name (columns) [where ...]`")
        return cls(name=name, definition=definition.strip())


class PublishedTable(_Frozen):
    """A table that readers use, and the candidate it is published from.

    ``rolling``: its rows are those of a window that moves on, so rows that go are made up for by rows that come.
    """

    schema_name: str
    name: str
    description: str = ""
    columns: tuple[Column, ...] = Field(min_length=1)
    primary_key: tuple[str, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    checks: tuple[str, ...] = ()
    indexes: tuple[Index, ...] = ()
    day_column: str | None = None
    masked: bool = True
    rolling: bool = False

    @field_validator("indexes", mode="before")
    @classmethod
    def _read_indexes(cls, value: object) -> object:
        if isinstance(value, list):
            return tuple(Index.read(item) if isinstance(item, str) else item for item in value)
        return value

    @model_validator(mode="after")
    def _columns_exist(self) -> PublishedTable:
        named = [self.primary_key, *self.unique, *(key.columns for key in self.foreign_keys)]
        if self.day_column is not None:
            named.append((self.day_column,))
        known = {column.name: column for column in self.columns}
        for name in (name for names in named for name in names):
            if name not in known:
                raise ValueError(f"column {name} is named in a key, unique or day_column but not declared")
        if self.day_column is not None and known[self.day_column].data_type.lower() != "date":
            raise ValueError(f"day_column {self.day_column} is not a date")
        if any(known[name].volatile for name in self.primary_key):
            raise ValueError("a column of the primary key is volatile")
        return self

    @property
    def candidate_schema(self) -> str:
        """The schema dbt builds the candidate in, under the table's own name."""
        return CANDIDATE_PREFIX + self.schema_name

    @property
    def masked_schema(self) -> str:
        """The schema of the masked view, which has the table's own name."""
        return f"{self.schema_name}_masked"

    @property
    def full_name(self) -> str:
        return f"{self.schema_name}.{self.name}"

    @property
    def compared(self) -> tuple[Column, ...]:
        """The columns whose differences are published: all but the volatile ones."""
        return tuple(column for column in self.columns if not column.volatile)

    @property
    def has_pii(self) -> bool:
        return any(column.pii for column in self.columns)

    def is_not_null(self, column: Column) -> bool:
        """Whether the published column refuses NULL, as declared or as part of the primary key."""
        return column.not_null or column.name in self.primary_key


def read_specification(manifest: Path | Mapping[str, Any]) -> tuple[PublishedTable, ...]:
    """The published tables of dbt's ``manifest.json``, given as its path or its content.

    Raises PublishError when the manifest is missing, publishes nothing or contradicts itself.
    """
    nodes = _content(manifest).get("nodes", {}).values()
    tables = [
        _table(node, declared)
        for node in nodes
        if node.get("resource_type") == "model" and (declared := _declared(node)) is not None
    ]
    if not tables:
        raise PublishError("The manifest has no model with `meta.published`; there is nothing to publish.")
    tables.sort(key=lambda table: (table.schema_name, table.name))
    _refuse_duplicates((table.full_name for table in tables), "table")
    _refuse_duplicates((f"{table.schema_name}.{index.name}" for table in tables for index in table.indexes), "index")
    return _with_foreign_keys_resolved(tables)


def _content(manifest: Path | Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(manifest, Mapping):
        return manifest
    try:
        return json.loads(manifest.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PublishError(f"There is no {manifest.name} to publish from; build the marts first.") from None
    except ValueError as error:
        raise PublishError(f"{manifest.name} is no JSON ({error}); build the marts again.") from error


def _meta(node: Mapping[str, Any]) -> dict[str, Any]:
    return {**(node.get("meta") or {}), **((node.get("config") or {}).get("meta") or {})}


def _declared(node: Mapping[str, Any]) -> Any:
    return _meta(node).get("published")


def _table(node: Mapping[str, Any], declared: Any) -> PublishedTable:
    model = node.get("name") or node.get("alias")
    schema = node["schema"]
    if not schema.startswith(CANDIDATE_PREFIX):
        raise PublishError(
            f"Model {model} is published but built in schema {schema}; build it in {CANDIDATE_PREFIX}<mart>."
        )
    if not isinstance(declared, Mapping):
        raise PublishError(f"Model {model}: meta.published is {declared!r}; it must be a mapping.")
    try:
        return PublishedTable(
            schema_name=schema.removeprefix(CANDIDATE_PREFIX),
            name=node.get("alias") or node["name"],
            description=(node.get("description") or "").strip(),
            columns=tuple(_column(column) for column in node.get("columns", {}).values()),
            **declared,
        )
    except (ValidationError, TypeError) as error:
        raise PublishError(f"Model {model} cannot be published: {_reasons(error)}.") from error


def _column(column: Mapping[str, Any]) -> Column:
    given = {
        "name": column["name"],
        "data_type": column.get("data_type"),
        "description": (column.get("description") or "").strip(),
    }
    return Column(**{**_meta(column), **given})


def _reasons(error: ValidationError | TypeError) -> str:
    if isinstance(error, TypeError):
        return str(error)
    return "; ".join(
        ".".join(map(str, found["loc"])) + (": " if found["loc"] else "") + found["msg"].removeprefix("Value error, ")
        for found in error.errors()
    )


def _refuse_duplicates(names: Iterable[str], what: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise PublishError(f"The {what} {name} is declared twice in the dbt models; keep one of the two.")
        seen.add(name)


def _with_foreign_keys_resolved(tables: Iterable[PublishedTable]) -> tuple[PublishedTable, ...]:
    by_name = {table.full_name: table for table in tables}
    return tuple(
        table.model_copy(update={"foreign_keys": tuple(_resolved(table, key, by_name) for key in table.foreign_keys)})
        for table in by_name.values()
    )


def _resolved(table: PublishedTable, key: ForeignKey, tables: Mapping[str, PublishedTable]) -> ForeignKey:
    to = key.to if "." in key.to else f"{table.schema_name}.{key.to}"
    if to not in tables:
        raise PublishError(f"{table.full_name} has a foreign key to {to}, which no model publishes.")
    to_columns = key.to_columns or tables[to].primary_key
    if to_columns != tables[to].primary_key and to_columns not in tables[to].unique:
        raise PublishError(
            f"{table.full_name} has a foreign key to {to} ({', '.join(to_columns)}), "
            "which is neither its primary key nor unique."
        )
    return key.model_copy(update={"to": to, "to_columns": to_columns})
