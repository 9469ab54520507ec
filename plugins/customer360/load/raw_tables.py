"""The tables of schema ``raw``, one per contract, made from it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import psycopg
from psycopg.sql import SQL, Identifier, Literal

from customer360.contracts import Contract
from customer360.load.check import postgres_type, unique_sets

LOAD_COLUMNS = {
    "_load_id": ("bigint", "The load (ops.loaded_files) the record came with."),
    "_run_id": ("bigint", "The run that made the record visible."),
    "_source_file": ("text", "The file, below the landing."),
    "_record_number": ("bigint", "Number of the record in its file, from 1."),
    "_loaded_at": ("timestamptz", "When the record was loaded."),
    "_business_date": ("date", "The business day of the load; stands for dates the file lacks."),
    "_extra": ("jsonb", "Columns the contract does not know, as delivered."),
}

# What all records of a load have in common costs a COPY less from here than in its rows.
_DEFAULTS = {
    "_load_id": "raw.of_this_load('load_id')::bigint",
    "_run_id": "raw.of_this_load('run_id')::bigint",
    "_source_file": "raw.of_this_load('source_file')",
    "_loaded_at": "now()",
    "_business_date": "raw.day_of_this_load()",
}

_LOCK = 360_000_003


def raw_table(contract: Contract) -> Identifier:
    """``raw.<system>__<table>``, quoted."""
    return Identifier("raw", contract.raw_table)


def _load_index(contract: Contract) -> Identifier:
    return Identifier(f"{contract.raw_table}__load"[:63])


def stamp_records(
    connection: psycopg.Connection, load_id: int, run_id: int, source_file: str, business_date: date
) -> None:
    """Say what the records that are copied into raw until the end of the transaction have in common."""
    settings = {"load_id": load_id, "run_id": run_id, "source_file": source_file, "business_date": business_date}
    for name, value in settings.items():
        connection.execute("select set_config(%s, %s, true)", [f"customer360.{name}", str(value)])


def refresh_statistics(connection: psycopg.Connection, contract: Contract) -> None:
    """Let the planner know the rows of a load that is not committed yet.

    Without it a load is taken for a few rows, and comparing its keys becomes quadratic.
    """
    connection.execute(SQL("analyze {}").format(raw_table(contract)))


def make_raw_tables(connection: psycopg.Connection, contracts: Sequence[Contract]) -> dict[str, str]:
    """Make the tables, columns, indexes and comments that are missing, in one transaction.

    Returns why nothing can be loaded under a contract, by its name: a column has another type than it says.
    """
    unfit = {}
    with connection.transaction():
        # Two loads that make the same table at once would both fail.
        connection.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
        existing = _existing(connection)
        for contract in contracts:
            if other := _other_type(connection, contract, existing.get(contract.raw_table) or {}):
                unfit[contract.name] = other
            else:
                _make(connection, contract, existing.get(contract.raw_table))
    return unfit


class _Column(NamedTuple):
    type: str
    comment: str | None
    has_default: bool


def _existing(connection: psycopg.Connection) -> dict[str, dict[str, _Column]]:
    """Every column of schema raw by table and name; the table's own comment under ''."""
    tables: dict[str, dict[str, _Column]] = {}
    for table, name, type_name, comment, has_default in connection.execute(
        "select c.relname, coalesce(a.attname, ''), coalesce(format_type(a.atttypid, a.atttypmod), ''),"
        " d.description, a.atthasdef"
        " from pg_class c"
        " join lateral (select 0::int2 as attnum, null::name as attname, null::oid as atttypid, null::int as atttypmod,"
        "   false as atthasdef"
        "   union all select a.attnum, a.attname, a.atttypid, a.atttypmod, a.atthasdef from pg_attribute a"
        "   where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) a on true"
        " left join pg_description d"
        "   on d.objoid = c.oid and d.classoid = 'pg_class'::regclass and d.objsubid = a.attnum"
        " where c.relnamespace = 'raw'::regnamespace and c.relkind = 'r'"
    ):
        tables.setdefault(table, {})[name] = _Column(type_name, comment, has_default)
    return tables


def _make(connection: psycopg.Connection, contract: Contract, existing: dict[str, _Column] | None) -> None:
    types = {field.name: postgres_type(contract, field) for field in contract.fields}
    comments = {field.name: field.description for field in contract.fields}
    types |= {name: SQL(definition) for name, (definition, _) in LOAD_COLUMNS.items()}
    comments |= {name: comment for name, (_, comment) in LOAD_COLUMNS.items()}
    if existing is None:
        columns = SQL(", ").join(SQL("{} {}").format(Identifier(name), kind) for name, kind in types.items())
        connection.execute(SQL("create table {} ({})").format(raw_table(contract), columns))
        existing = {}
    else:
        for name in types.keys() - existing.keys():
            connection.execute(
                SQL("alter table {} add column {} {}").format(raw_table(contract), Identifier(name), types[name])
            )
    for name, default in _DEFAULTS.items():
        if name not in existing or not existing[name].has_default:
            connection.execute(
                SQL("alter table {} alter column {} set default {}").format(
                    raw_table(contract), Identifier(name), SQL(default)
                )
            )
    _make_load_index(connection, contract)
    _comment(connection, contract, comments | {"": contract.description}, existing)


def _other_type(connection: psycopg.Connection, contract: Contract, existing: dict[str, _Column]) -> str | None:
    for field in contract.fields:
        if field.name not in existing:
            continue
        wanted = contract.postgres_type(field)
        row = connection.execute(
            "select format_type(to_regtype(%(type)s), to_regtypemod(%(type)s))", {"type": wanted}
        ).fetchone()
        found = existing[field.name].type
        if row is not None and row[0] != found:
            return (
                f"raw.{contract.raw_table}.{field.name} is {found}, and {contract.name} says {wanted}; "
                "change the column's type by hand, or the contract."
            )
    return None


def _make_load_index(connection: psycopg.Connection, contract: Contract) -> None:
    # The rows of a load lie together, and this index costs a load next to nothing.
    connection.execute(
        SQL("create index if not exists {} on {} using brin (_load_id) with (autosummarize = on)").format(
            _load_index(contract), raw_table(contract)
        )
    )


def lacking_indexes(connection: psycopg.Connection, contract: Contract) -> dict[str, list[str]]:
    """The columns of the indexes on keys that the table lacks, by their names; until they are made, nobody else writes.

    The first load makes them behind its records: sorting those costs half of finding a place for each.
    """
    keys = {"key": contract.primary_key} if contract.primary_key else {}
    keys |= {"_".join(columns): columns for columns in unique_sets(contract)}
    names = {f"{contract.raw_table}__{suffix}"[:63]: columns for suffix, columns in keys.items()}
    rows = connection.execute("select indexname from pg_indexes where schemaname = 'raw'").fetchall()
    lacking = {name: columns for name, columns in names.items() if (name,) not in rows}
    if lacking:
        connection.execute(SQL("lock table {} in share row exclusive mode").format(raw_table(contract)))
    return lacking


def make_indexes(connection: psycopg.Connection, contract: Contract, lacking: dict[str, list[str]]) -> None:
    """Make the indexes of ``lacking_indexes``."""
    # Two files are loaded at a time, and one process sorts a file's keys in less of the processors' time than several.
    connection.execute("set local max_parallel_maintenance_workers = 0")
    for name, columns in lacking.items():
        connection.execute(
            SQL("create index if not exists {} on {} ({})").format(
                Identifier(name), raw_table(contract), SQL(", ").join(map(Identifier, columns))
            )
        )


def _comment(
    connection: psycopg.Connection,
    contract: Contract,
    comments: dict[str, str],
    existing: dict[str, _Column],
) -> None:
    for name, comment in comments.items():
        if name in existing and existing[name].comment == comment:
            continue
        what = (
            SQL("column {}").format(Identifier("raw", contract.raw_table, name))
            if name
            else SQL("table {}").format(raw_table(contract))
        )
        connection.execute(SQL("comment on {} is {}").format(what, Literal(comment)))
