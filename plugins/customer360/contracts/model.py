"""The pydantic model of a source contract."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import Field as Setting
from pydantic import model_validator

from customer360.contracts.date_formats import read_format
from customer360.contracts.feed import Feed
from customer360.contracts.strict import Strict

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


class Constraints(Strict):
    """Table Schema constraints of one field."""

    required: bool = False
    unique: bool = False
    minimum: float | None = None
    maximum: float | None = None
    max_length: int | None = Setting(None, alias="maxLength")
    pattern: str | None = None
    enum: list[str] | None = None


class Field(Strict):
    """One column of the source file.

    ``format``: how dates and instants are written, in strptime's directives; ``default`` is ISO 8601.
    ``decimal_char`` and ``group_char``: how numbers are written. ``bare_number: false``: a currency or
    percent sign may stand before or behind the number and is cut off. ``missing_values``: spellings of
    NULL of this field alone, in place of the schema's.
    """

    name: str
    type: FieldType
    description: str
    format: str = "default"
    decimal_char: str = Setting(".", alias="decimalChar")
    group_char: str | None = Setting(None, alias="groupChar")
    bare_number: bool = Setting(True, alias="bareNumber")
    missing_values: list[str] | None = Setting(None, alias="missingValues")
    true_values: list[str] = Setting(["true"], alias="trueValues")
    false_values: list[str] = Setting(["false"], alias="falseValues")
    constraints: Constraints = Constraints()

    @model_validator(mode="after")
    def _is_readable(self) -> Field:
        if self.format != "default":
            if self.type not in ("date", "datetime"):
                raise ValueError(f"{self.name} has a format, and only dates and datetimes have one")
            read_format(self.format, self.type)
        numbers = (self.decimal_char, self.group_char, self.bare_number)
        if numbers != (".", None, True) and self.type not in ("number", "integer"):
            raise ValueError(f"{self.name} says how numbers are written, and is none")
        if len(self.decimal_char) != 1 or (self.group_char is not None and len(self.group_char) != 1):
            raise ValueError(f"decimalChar and groupChar of {self.name} are one character each")
        if self.decimal_char == self.group_char:
            raise ValueError(f"{self.name} has the same decimalChar and groupChar")
        if {self.decimal_char, self.group_char} & set("0123456789+-"):
            raise ValueError(f"decimalChar and groupChar of {self.name} are neither digits nor signs")
        return self


class Reference(Strict):
    """The resource (contract name) and fields a foreign key points to."""

    resource: str
    fields: list[str]


class ForeignKey(Strict):
    """Fields whose values, where all are present, must exist in another resource."""

    fields: list[str]
    reference: Reference


class Schema(Strict):
    """Table Schema: the fields, the spellings of NULL and the keys."""

    fields: list[Field]
    missing_values: list[str] = Setting([""], alias="missingValues")
    primary_key: list[str] = Setting([], alias="primaryKey")
    foreign_keys: list[ForeignKey] = Setting([], alias="foreignKeys")


class Dialect(Strict):
    """CSV dialect of the file, in the names of the Table Dialect standard.

    ``quote_char: null``: nothing is quoted. ``double_quote``: a quote within a quoted value is written twice.
    ``escape_char`` takes the next character's meaning away. ``header: false``: the file has no header, its
    columns are the contract's fields in their order. ``header_rows``: lines that make up the header, counted
    from 1; lines before it are a preamble. ``comment_char``: a line that begins with it is no record.
    """

    delimiter: str = ","
    quote_char: str | None = Setting('"', alias="quoteChar")
    double_quote: bool = Setting(True, alias="doubleQuote")
    escape_char: str | None = Setting(None, alias="escapeChar")
    header: bool = True
    header_rows: list[int] = Setting([1], alias="headerRows", min_length=1)
    header_join: str = Setting(" ", alias="headerJoin")
    comment_char: str | None = Setting(None, alias="commentChar")

    @property
    def preamble_lines(self) -> int:
        """How many lines stand before the header, or before the first record where there is none."""
        return self.header_rows[0] - 1

    @model_validator(mode="after")
    def _is_readable(self) -> Dialect:
        given = {
            "delimiter": self.delimiter,
            "quoteChar": self.quote_char,
            "escapeChar": self.escape_char,
            "commentChar": self.comment_char,
        }
        marks = {name: mark for name, mark in given.items() if mark is not None}
        for name, mark in marks.items():
            if len(mark) != 1 or not mark.isascii() or mark in "\r\n\0":
                raise ValueError(f"{name} is {mark!r}; it is one ASCII character and no line end")
        if len(set(marks.values())) != len(marks):
            raise ValueError("delimiter, quoteChar, escapeChar and commentChar are not all different")
        if self.delimiter.isalnum() or self.delimiter in "\\. ":
            raise ValueError(f"delimiter is {self.delimiter!r}; it is no letter, digit, dot, space or backslash")
        first, rows = self.header_rows[0], self.header_rows
        if first < 1 or rows != list(range(first, first + len(rows))):
            raise ValueError(f"headerRows is {rows}; they are lines that follow each other, counted from 1")
        return self


class Footer(Strict):
    """What ends a file and is no record: a number of ``records``, or all last ones that match ``pattern``.

    A pattern is matched against the whole text of a record. Where it has a group named ``records``, a file
    must have a footer and as many data records as it says.
    """

    records: int | None = Setting(None, ge=1)
    pattern: str | None = None

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Footer:
        if (self.records is None) == (self.pattern is None):
            raise ValueError("footer has either records or pattern")
        try:
            re.compile(self.pattern or "")
        except re.error as error:
            raise ValueError(f"footer pattern {self.pattern!r} is no regular expression: {error}") from error
        return self


class QuarantineLimit(Strict):
    """A file with more quarantined records than both of these is refused whole."""

    share: float = 0.01
    records: int = 10

    def allows(self, quarantined: int, records: int) -> bool:
        """Whether ``quarantined`` bad records out of ``records`` still let the file load."""
        return quarantined <= max(self.records, self.share * records)


class Additions(Strict):
    """What the pipeline knows beyond the Frictionless standard.

    ``delivery``: ``snapshot`` (a file holds the whole table; keys that the newest lacks are closed; never a table
    that others refer to), ``upsert`` (a file holds new and changed records; the newest version of a key wins) or
    ``append`` (no key; every record of every file counts, but a file replaces one of its name with a day in it).
    ``needs_success``: a file is not taken before a file ``_SUCCESS``, no older than it, stands in its folder.

    ``drift``: what becomes of a file whose columns are not those of the schema. ``evolve``: columns the schema does
    not know are kept in ``_extra``. ``freeze``: they are not stored. ``refuse``: a file with one, or without a column
    it may lack, is refused. Whatever the policy, differences are reported; a file that lacks a required column is
    refused; other orders and the ``aliases`` of a field load as ever; and values of another type are quarantined, so
    that a column that was retyped refuses its file over the limit, by name.

    ``optional``: columns a file may lack. ``defaults``: the value a record gets where its file lacks the column.
    ``key_when_absent: record_number``: where a file lacks its key column, the number of the record stands for it.
    ``postgres_types``: narrower types than the field's own, whose length and precision are checked. ``unique``: sets
    of columns no two records share. ``secret`` columns are never stored; ``pii`` columns are personal. ``time_zone``:
    the zone of instants written without one. ``footer``: what ends a file and is no record. ``duplicates``: what
    becomes of a record that equals an earlier one of its file in every stored value, where no key forbids it:
    ``keep`` both, ``drop`` the later one or ``refuse`` the file. ``feed``: the known table that the file's records
    go to, in place of system, table and delivery.
    """

    system: str = ""
    table: str = ""
    delivery: Literal["snapshot", "append", "upsert"] | None = None
    feed: Feed | None = None
    duplicates: Literal["keep", "drop", "refuse"] = "keep"
    drift: Literal["evolve", "freeze", "refuse"] = "evolve"
    time_zone: str = "UTC"
    key_when_absent: Literal["record_number"] | None = None
    optional: list[str] = Setting([])
    defaults: dict[str, str] = Setting({})
    postgres_types: dict[str, str] = Setting({})
    aliases: dict[str, list[str]] = Setting({})
    unique: list[list[str]] = Setting([])
    pii: list[str] = Setting([])
    secret: list[str] = Setting([])
    quarantine_limit: QuarantineLimit = QuarantineLimit()
    footer: Footer | None = None
    needs_success: bool = False

    @model_validator(mode="after")
    def _has_one_destination(self) -> Additions:
        given = [name for name in ("system", "table", "delivery") if getattr(self, name)]
        if self.feed is None and len(given) < 3:
            raise ValueError("customer360 needs system, table and delivery, or a feed of a known table")
        if self.feed is not None and given:
            raise ValueError(f"a feed has the {', '.join(given)} of the table it feeds, and names none")
        return self


class Contract(Strict):
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
    def feed(self) -> Feed | None:
        return self.customer360.feed

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

    def missing_values(self, field: Field) -> list[str]:
        """The spellings of NULL in this field."""
        return self.table_schema.missing_values if field.missing_values is None else field.missing_values

    @property
    def empty_is_missing(self) -> bool:
        """Whether the empty value is NULL in every field."""
        return all("" in self.missing_values(field) for field in self.table_schema.fields)

    def may_lack(self, field: Field) -> bool:
        """Whether a file may come without this column."""
        return (
            field.name in self.customer360.optional
            or field.name in self.customer360.secret
            or (self.customer360.key_when_absent is not None and [field.name] == self.primary_key)
        )
