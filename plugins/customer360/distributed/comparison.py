"""Holds tables that Spark made against PostgreSQL's, row by row."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from customer360.distributed.plan import Table

WHOLE_NUMBERS = dict.fromkeys(("tinyint", "smallint", "integer", "bigint"), "integer")


@dataclass(frozen=True)
class Compared:
    """A table in both engines. ``difference`` names a column and a key; None where every row is the same."""

    table: Table
    rows_postgresql: int
    rows_spark: int
    difference: str | None

    @property
    def published_name(self) -> str:
        return str(self.table).removeprefix("candidate_")


def compare(table: Table, postgresql: Path, spark: Path) -> Compared:
    """Compare the Parquet file of PostgreSQL's rows with the folder of Spark's, whatever their order.

    A type may be wider in one of them; its values are compared as they are, so one that only nearly equals differs.
    """
    with duckdb.connect() as database:
        database.execute("set timezone = 'UTC'")
        ours, theirs = database.read_parquet(str(postgresql)), database.read_parquet(str(spark / "*.parquet"))
        ours.to_view("PostgreSQL")
        theirs.to_view("Spark")
        difference = _difference_of_columns(ours, theirs) or _difference_of_rows(database, table.key, ours.columns)
        return Compared(table, ours.shape[0], theirs.shape[0], difference)


def _difference_of_columns(ours: duckdb.DuckDBPyRelation, theirs: duckdb.DuckDBPyRelation) -> str | None:
    columns = [
        [
            f"{name} {WHOLE_NUMBERS.get(type_.id, type_.id)}"
            for name, type_ in zip(made.columns, made.types, strict=True)
        ]
        for made in (ours, theirs)
    ]
    if columns[0] == columns[1]:
        return None
    return f"columns {', '.join(columns[0])} in PostgreSQL, {', '.join(columns[1])} in Spark"


def _difference_of_rows(database: duckdb.DuckDBPyConnection, key: tuple[str, ...], columns: list[str]) -> str | None:
    names = ", ".join(f'"{name}"' for name in key)
    for engine, other in (("PostgreSQL", "Spark"), ("Spark", "PostgreSQL")):
        only = database.sql(
            f"from (select {names} from {engine} except all select {names} from {other}) order by all limit 1"
        )
        for row in only.fetchall():
            return f"the row where {_said(key, row)} is only in {engine}"
    for column in columns:
        differing = database.sql(
            f"select {names} from PostgreSQL as p join Spark as s using ({names})"
            f' where p."{column}" is distinct from s."{column}" order by all limit 1'
        )
        # Its values may be personal; the key is enough to look them up.
        for row in differing.fetchall():
            return f"column {column} differs, for example where {_said(key, row)}"
    return None


def _said(key: tuple[str, ...], row: tuple[object, ...]) -> str:
    return " and ".join(f"{name} is {value}" for name, value in zip(key, row, strict=True))
