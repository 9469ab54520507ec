"""Expectations that follow from the published structure the dbt models declare.

A candidate enforces names and types only. Keys, NOT NULL, uniques, checks and foreign keys come
into force when it is published, in one transaction: the gate says beforehand which rows would
break them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy.dialects import postgresql

DERIVED = "structure_"
"""What the names of derived suites begin with."""

_QUOTE = postgresql.dialect().identifier_preparer.quote
_HERE = "with here as (select * from {batch}) "


@dataclass(frozen=True)
class PublishedTable:
    """A published table, as its model's ``meta.published`` and columns' ``meta`` declare it."""

    candidate_schema: str
    name: str
    published: dict[str, Any]
    columns: dict[str, dict[str, Any]]

    @property
    def candidate(self) -> str:
        return f"{self.candidate_schema}.{self.name}"

    @property
    def mart(self) -> str:
        return self.candidate_schema.removeprefix("candidate_")

    @property
    def primary_key(self) -> list[str]:
        return self.published.get("primary_key") or []

    @property
    def shown(self) -> list[str]:
        """Columns that say which row it is: the key, else the first foreign key; none personal."""
        foreign = [column for key in self.published.get("foreign_keys", []) for column in key["columns"]]
        return [column for column in self.primary_key or foreign[:1] if not self.is_personal(column)]

    def is_personal(self, column: str) -> bool:
        return bool(self.columns.get(column, {}).get("pii"))


def derive_suites(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """One suite per mart, ready to be stored as JSON, from dbt's ``manifest``."""
    by_mart: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for table in published_tables(manifest):
        by_mart[table.mart].extend(structural_expectations(table))
    return [
        {
            "name": f"{DERIVED}{mart}",
            "meta": {"gate": "before_publish", "derived": True},
            "notes": f"Constraints of the published schema {mart}. Written from the dbt models by "
            "`python -m customer360.quality.suites --write`; change the models, not this file.",
            "expectations": expectations,
        }
        for mart, expectations in sorted(by_mart.items())
    ]


def published_tables(manifest: dict[str, Any]) -> list[PublishedTable]:
    """The published tables of dbt's ``manifest``, by schema and name."""
    tables = [
        PublishedTable(
            node["schema"],
            node["alias"],
            node["config"]["meta"]["published"] or {},
            {name: _column_meta(column) for name, column in node["columns"].items()},
        )
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and "published" in node["config"].get("meta", {})
    ]
    return sorted(tables, key=lambda table: (table.candidate_schema, table.name))


def structural_expectations(table: PublishedTable) -> Iterator[dict[str, Any]]:
    """Expectations that ``table`` can be published with its constraints."""
    if table.primary_key:
        yield _primary_key(table)
    else:
        # Without a key there may be nothing else to check, and an absent table must not go unnoticed.
        yield _is_there(table)
    if required := _required_columns(table):
        yield _not_null(table, required)
    for columns in table.published.get("unique", []):
        yield _unique(table, columns)
    taken: set[str] = set()
    for expression in table.published.get("checks", []):
        yield _check(table, expression, taken)
    for key in table.published.get("foreign_keys", []):
        yield _foreign_key(table, key)


def _is_there(table: PublishedTable) -> dict[str, Any]:
    return {
        "type": "expect_table_row_count_to_be_between",
        "kwargs": {"min_value": 0},
        "meta": {
            "name": "is_there",
            "table": table.candidate,
            "severity": "fail",
            "why": "A published table without its candidate would keep yesterday's rows unnoticed.",
        },
    }


def _primary_key(table: PublishedTable) -> dict[str, Any]:
    key = _listed(table.primary_key)
    missing = " or ".join(f"{_QUOTE(column)} is null" for column in table.primary_key)
    return _rows(
        table,
        "primary_key",
        f"select {_listed(table.shown, also='count(*) as copies')} from here "
        f"group by {key} having count(*) > 1 or {missing}",
        f"The primary key of {table.mart}.{table.name}: a row without it or two rows that share it stop the publish.",
        columns=table.primary_key,
        sample=[*table.shown, "copies"],
    )


def _not_null(table: PublishedTable, required: list[str]) -> dict[str, Any]:
    named = ", ".join(f"case when {_QUOTE(column)} is null then '{column}' end" for column in required)
    which = f"concat_ws(', ', {named}) as missing"
    missing = " or ".join(f"{_QUOTE(column)} is null" for column in required)
    return _rows(
        table,
        "not_null",
        f"select {_listed(table.shown, also=which)} from here where {missing}",
        f"{table.mart}.{table.name} declares {', '.join(required)} NOT NULL: a row without a value stops the publish.",
        columns=required,
        sample=[*table.shown, "missing"],
    )


def _unique(table: PublishedTable, columns: list[str]) -> dict[str, Any]:
    counted = f"count(*) over (partition by {_listed(columns)}) as copies"
    present = " and ".join(f"{_QUOTE(column)} is not null" for column in columns)
    return _rows(
        table,
        f"unique_{'_'.join(columns)}",
        f"select {_listed(table.shown, also='copies')} from "
        f"(select {_listed(table.shown, also=counted)} from here where {present}) as counted where copies > 1",
        f"{', '.join(columns)} is UNIQUE in {table.mart}.{table.name}: rows that share a value stop the publish.",
        columns=columns,
        sample=[*table.shown, "copies"],
    )


def _check(table: PublishedTable, expression: str, taken: set[str]) -> dict[str, Any]:
    word = re.match(r"\W*(\w+)", expression)
    name = f"check_{word[1].lower() if word else 'expression'}"
    while name in taken:
        name += "_again"
    taken.add(name)
    # Braces are Great Expectations' placeholders, doubled they are braces.
    literal = expression.replace("{", "{{").replace("}", "}}")
    return _rows(
        table,
        name,
        f"select {_listed(table.shown) or 'true as found'} from here where not ({literal})",
        f"{table.mart}.{table.name} has the constraint CHECK ({expression}): a row that breaks it stops the publish.",
        columns=[column for column in table.columns if re.search(rf"\b{re.escape(column)}\b", expression)],
        sample=table.shown,
    )


def _foreign_key(table: PublishedTable, key: dict[str, Any]) -> dict[str, Any]:
    columns, parent = key["columns"], key["to"]
    mart, _, parent_table = parent.rpartition(".")
    candidate = f"candidate_{mart or table.mart}.{parent_table}"
    present = " and ".join(f"here.{_QUOTE(column)} is not null" for column in columns)
    same = " and ".join(
        f"parent.{_QUOTE(theirs)} = here.{_QUOTE(ours)}"
        for ours, theirs in zip(columns, key.get("to_columns") or columns, strict=True)
    )
    sample = list(dict.fromkeys([*table.shown, *(c for c in columns if not table.is_personal(c))]))
    return _rows(
        table,
        f"foreign_key_{'_'.join(columns)}",
        f"select {_listed(sample) or 'true as found'} from here where {present} "
        f"and not exists (select from {candidate} as parent where {same})",
        f"{', '.join(columns)} of {table.mart}.{table.name} refers to {mart or table.mart}.{parent_table}: "
        "a row whose parent is not there stops the publish.",
        columns=columns,
        sample=sample,
        reads=[candidate] if candidate != table.candidate else [],
    )


def _rows(
    table: PublishedTable,
    name: str,
    query: str,
    why: str,
    *,
    columns: list[str],
    sample: list[str],
    reads: list[str] | None = None,
) -> dict[str, Any]:
    return {
        "type": "unexpected_rows_expectation",
        "kwargs": {"unexpected_rows_query": _HERE + query},
        "meta": {
            "name": name,
            "table": table.candidate,
            "severity": "fail",
            "why": why,
            **({"reads": reads} if reads else {}),
            "columns": columns,
            "sample": sample,
        },
    }


def _required_columns(table: PublishedTable) -> list[str]:
    # A volatile column is NULL in the candidate by design: the publisher fills it.
    return [
        name
        for name, meta in table.columns.items()
        if meta.get("not_null") and not meta.get("volatile") and name not in table.primary_key
    ]


def _listed(columns: list[str], *, also: str | None = None) -> str:
    listed = ", ".join(_QUOTE(column) for column in columns)
    if also is None:
        return listed
    return f"{listed}, {also}" if listed else also


def _column_meta(column: dict[str, Any]) -> dict[str, Any]:
    return column.get("config", {}).get("meta") or column.get("meta") or {}
