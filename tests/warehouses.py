"""Databases for single tests, and whole nights in them."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import psycopg
from customer360 import pipeline
from customer360.settings import Settings
from customer360.warehouse import OWNER, Warehouse, set_up
from customer360.warehouse.schema import MARTS
from psycopg import sql

AS_OF_DATE = date(2026, 6, 30)
"""The last business day of the sample delivery in seeds/."""

CARE_EXPORT = Path(__file__).parent / "data" / "care_export"
"""A real export of a care desk: no ids in its catalogues, agents and ends missing here and there."""

NIGHT = (
    pipeline.load, pipeline.build_core, pipeline.enrich, pipeline.build_marts, pipeline.audit, pipeline.publish,
)  # fmt: skip
"""The steps that decide what is published."""

OF_THE_RUN = ("created_at", "updated_at", "last_updated", "run_id", "load_id", "result_id", "fit_id")
"""Columns that say when or by which run a row was written."""

_numbers = itertools.count()


@contextmanager
def reachable_folder() -> Iterator[Path]:
    """A new folder that other accounts can pass through, as the one PostgreSQL runs as must.

    pytest's own temporary folders are private, and become so again whenever another session starts.
    """
    with tempfile.TemporaryDirectory(prefix="customer360-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


def copy_of(warehouse: Warehouse) -> Warehouse:
    """A new database with all that is in ``warehouse``, whose connections must be closed."""
    copy = warehouse.in_database(f"test_{next(_numbers)}")
    source, name = (w.owner_url.rpartition("/")[2] for w in (warehouse, copy))
    with psycopg.connect(warehouse.in_database("postgres").owner_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("create database {} template {} strategy file_copy").format(
                sql.Identifier(name), sql.Identifier(source)
            )
        )
        connection.execute(sql.SQL("revoke all on database {} from public").format(sql.Identifier(name)))
    set_up(copy)
    return copy


def drop(warehouse: Warehouse) -> None:
    """Drop a database that ``copy_of`` made."""
    name = warehouse.owner_url.rpartition("/")[2]
    assert name.startswith("test_"), name
    with psycopg.connect(warehouse.in_database("postgres").owner_url, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def run_night(settings: Settings, warehouse: Warehouse, landing: Path, as_of_date: date = AS_OF_DATE) -> pipeline.Run:
    """All steps of a night in this process, on ``warehouse``."""
    run = start_night(settings, warehouse, landing, as_of_date)
    for step in NIGHT:
        step(run)
    return run


def start_night(settings: Settings, warehouse: Warehouse, landing: Path, as_of_date: date = AS_OF_DATE) -> pipeline.Run:
    """A run entered in ``warehouse`` that has done nothing yet."""
    there = replace(settings, warehouse_url=warehouse.owner_url)
    return pipeline.start_run(there, "nightly", as_of_date=as_of_date, landing=str(landing))


def give_up(run: pipeline.Run) -> None:
    """Let so much time pass since the last step of ``run`` that another run may write."""
    with run.warehouse.connect(OWNER) as connection:
        connection.execute(
            "update ops.run_steps set finished_at = finished_at - interval '1 day' where run_id = %s", [run.run_id]
        )


def checksums(warehouse: Warehouse, schemas: Sequence[str] = MARTS) -> dict[str, str]:
    """One checksum per table of ``schemas``, over its rows in order, without columns that differ from run to run."""
    sums = {}
    with warehouse.connect(OWNER) as connection:
        tables = connection.execute(
            "select n.nspname, c.relname, array_agg(a.attname::text order by a.attnum) filter ("
            "   where a.attname <> all(%s) and a.attname not like '\\_%%')"
            " from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
            " where c.relkind = 'r' and n.nspname = any(%s) group by 1, 2 order by 1, 2",
            [list(OF_THE_RUN), list(schemas)],
        ).fetchall()
        for schema, table, columns in tables:
            query = sql.SQL(
                "select coalesce(md5(string_agg(line, '|' order by line)), 'empty')"
                " from (select md5(row({})::text) as line from {}) as lines"
            ).format(sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(schema, table))
            row = connection.execute(query).fetchone()
            assert row is not None
            sums[f"{schema}.{table}"] = row[0]
    return sums
