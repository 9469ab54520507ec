"""The pydantic model of a source contract."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic import Field as Setting

FieldType = Literal["string", "integer", "number", "boolean", "date", "datetime", "array", "object"]

POSTGRES_TYPES: dict[str, str] = {
    "string": "text",
    "integer": "bigint",
    "number": "numeric",
    "boolean": "boolean",
    "date": "date",
    "datetime": "timestamptz",
    "array": "text[]",
    "object": "jsonb",
}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Constraints(_Strict):
    """Table Schema constraints of one field."""

    required: bool = False
    unique: bool = False
    minimum: float | None = None
    maximum: float | None = None
    max_length: int | None = Setting(None, alias="maxLength")
    pattern: str | None = None
    enum: list[str] | None = None


class Field(_Strict):
    """One column of the source file."""

    name: str
    type: FieldType
    description: str
    true_values: list[str] = Setting(["true"], alias="trueValues")
    false_values: list[str] = Setting(["false"], alias="falseValues")
    constraints: Constraints = Constraints()


class Reference(_Strict):
    """The resource (contract name) and fields a foreign key points to."""

    resource: str
    fields: list[str]


class ForeignKey(_Strict):
    """Fields whose values, where all are present, must exist in another resource."""

    fields: list[str]
    reference: Reference


class Schema(_Strict):
    """Table Schema: the fields, the spellings of NULL and the keys."""

    fields: list[Field]
    missing_values: list[str] = Setting([""], alias="missingValues")
    primary_key: list[str] = Setting([], alias="primaryKey")
    foreign_keys: list[ForeignKey] = Setting([], alias="foreignKeys")


class Dialect(_Strict):
    """CSV dialect of the file."""

    delimiter: str = ","
    quote_char: str = Setting('"', alias="quoteChar")


class QuarantineLimit(_Strict):
    """A file with more quarantined records than both of these is refused whole."""

    share: float = 0.01
    records: int = 10

    def allows(self, quarantined: int, records: int) -> bool:
        """Whether ``quarantined`` bad records out of ``records`` still let the file load."""
        return quarantined <= max(self.records, self.share * records)


class Additions(_Strict):
    """What the pipeline knows beyond the Frictionless standard.

    ``delivery``: ``snapshot`` (a file holds the whole table; the newest wins), ``upsert`` (a file
    holds new and changed records; the newest version of a key wins) or ``append`` (every record
    of every file counts). ``optional``: columns a file may lack. ``defaults``: the value a record
    gets where its file lacks the column. ``key_when_absent: record_number``: where a file lacks
    its key column, the number of the record stands for it. ``postgres_types``: narrower types
    than the field's own, whose length and precision are checked. ``unique``: sets of columns no
    two records share. ``secret`` columns are never stored; ``pii`` columns are personal.
    ``time_zone``: the zone of instants written without one.
    """

    system: str
    table: str
    delivery: Literal["snapshot", "append", "upsert"]
    time_zone: str = "UTC"
    key_when_absent: Literal["record_number"] | None = None
    optional: list[str] = []
    defaults: dict[str, str] = {}
    postgres_types: dict[str, str] = {}
    aliases: dict[str, list[str]] = {}
    unique: list[list[str]] = []
    pii: list[str] = []
    secret: list[str] = []
    quarantine_limit: QuarantineLimit = QuarantineLimit()


class Contract(_Strict):
    """What a CSV file of one kind must look like, and where its records go."""

    name: str
    description: str
    path: str
    encoding: str = "utf-8"
    dialect: Dialect = Dialect()
    table_schema: Schema = Setting(alias="schema")
    customer360: Additions

    @model_validator(mode="after")
    def _names_are_fields(self) -> Contract:
        additions, known = self.customer360, {field.name for field in self.table_schema.fields}
        mentioned: dict[str, Any] = {
            "primaryKey": self.table_schema.primary_key,
            "foreignKeys": [name for key in self.table_schema.foreign_keys for name in key.fields],
            "unique": [name for key in additions.unique for name in key],
        }
        for part in ("optional", "defaults", "postgres_types", "aliases", "pii", "secret"):
            mentioned[part] = list(getattr(additions, part))
        for part, names in mentioned.items():
            if unknown := sorted(set(names) - known):
                raise ValueError(f"{part} names {', '.join(unknown)}, which is no field of the schema")
        return self

    @property
    def system(self) -> str:
        return self.customer360.system

    @property
    def table(self) -> str:
        return self.customer360.table

    @property
    def raw_table(self) -> str:
        """Name of the table in schema ``raw``, as ``care__customers``."""
        return f"{self.system}__{self.table}"

    @property
    def fields(self) -> list[Field]:
        """The fields that are stored: all but the secret ones."""
        return [f for f in self.table_schema.fields if f.name not in self.customer360.secret]

    @property
    def primary_key(self) -> list[str]:
        return self.table_schema.primary_key

    def postgres_type(self, field: Field) -> str:
        """The PostgreSQL type the field's values must fit, as ``numeric(12,2)``."""
        return self.customer360.postgres_types.get(field.name, POSTGRES_TYPES[field.type])

    def may_lack(self, field: Field) -> bool:
        """Whether a file may come without this column."""
        return (
            field.name in self.customer360.optional
            or field.name in self.customer360.secret
            or (self.customer360.key_when_absent is not None and [field.name] == self.primary_key)
        )
