"""The transaction that publishes."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from customer360.publish.catalogue import Catalogue, read_catalogue
from customer360.publish.differences import TableChanges, apply_differences
from customer360.publish.masking import FULL_READER, MASKED_READER, grant_and_mask
from customer360.publish.specification import PublishedTable, PublishError, read_specification
from customer360.publish.tables import (
    add_constraints,
    make_tables_and_columns,
    refuse_other_changes,
    write_comments,
)
from customer360.publish.violations import Violation, about, sentence
from customer360.warehouse import Warehouse

PUBLISHER = "c360_publisher"
LOCK_TIMEOUT_SECONDS = 60.0

_PUBLISH_LOCK = 360_000_002
_SECONDS_BETWEEN_TRIES = 0.1


@dataclass(frozen=True)
class PublishReport:
    """What a publish did: ``structure`` lists what was created, in words.

    ``batch_id`` is None when nothing differed, or when it was a dry run.
    """

    batch_id: int | None
    as_of_date: date
    tables: tuple[TableChanges, ...]
    structure: tuple[str, ...]
    dry_run: bool = False

    @property
    def changed(self) -> bool:
        """Whether a row or the structure differed from what was published before."""
        return bool(self.structure) or any(table.changed for table in self.tables)


def publish(
    warehouse: Warehouse,
    manifest: Path | Mapping[str, Any],
    *,
    run_id: int,
    as_of_date: date,
    lock_timeout_seconds: float = LOCK_TIMEOUT_SECONDS,
    dry_run: bool = False,
) -> PublishReport:
    """Make the published tables equal to their candidates, in one transaction or not at all.

    ``manifest``: dbt's ``target/manifest.json`` or its content. ``as_of_date``: the last business
    day in the candidates; before the published one, only that day's rows of tables with a
    ``day_column`` are touched. ``lock_timeout_seconds``: how long to wait for another publish or
    for a reader in the way of a new column. ``dry_run``: report the differences and undo them.

    Raises PublishError, with one sentence and without any person's data, when nothing could be
    published: another publish runs, a constraint fails, or a table cannot change by itself.
    """
    tables = read_specification(manifest)
    violation = None
    with warehouse.connect(PUBLISHER) as connection:
        _wait_for_the_lock(connection, lock_timeout_seconds)
        try:
            with about(None):
                report = _publish(connection, tables, run_id, as_of_date, dry_run)
                if dry_run:
                    connection.rollback()
                else:
                    connection.commit()
        except Violation as found:
            connection.rollback()
            violation = sentence(connection, found, tables, lock_timeout_seconds)
    if violation is not None:
        raise PublishError(violation)
    if not dry_run:
        _vacuum(warehouse, [table for table in report.tables if table.changed])
    return report


def _publish(
    connection: psycopg.Connection,
    tables: Sequence[PublishedTable],
    run_id: int,
    as_of_date: date,
    dry_run: bool,
) -> PublishReport:
    _hold_the_candidates(connection, tables)
    catalogue = read_catalogue(connection, tables)
    refuse_other_changes(connection, tables, catalogue)
    structure = make_tables_and_columns(connection, tables, catalogue)
    changes = _apply(connection, tables, catalogue, _day_to_repair(connection, as_of_date))
    # Foreign keys are checked here: a table with checks pending cannot be altered, and a
    # violation found by the commit would be too late to explain.
    connection.execute("set constraints all immediate")
    structure += add_constraints(connection, tables, catalogue)
    structure += _describe_and_grant(connection, tables)
    _show_the_batch_to_readers(connection)
    report = PublishReport(None, as_of_date, tuple(changes), tuple(structure), dry_run)
    if not report.changed or dry_run:
        return report
    return PublishReport(
        _record_batch(connection, run_id, as_of_date, changes), as_of_date, report.tables, report.structure
    )


def _wait_for_the_lock(connection: psycopg.Connection, timeout_seconds: float) -> None:
    deadline = time.monotonic() + timeout_seconds
    while True:
        row = connection.execute("select pg_try_advisory_xact_lock(%s)", [_PUBLISH_LOCK]).fetchone()
        if row and row[0]:
            break
        # A new transaction for every try, so that its time is not older than the last batch.
        connection.rollback()
        if time.monotonic() > deadline:
            raise PublishError(
                f"Another publish is running and did not end within {timeout_seconds:g} s; "
                "wait until it has ended, then publish again."
            )
        time.sleep(_SECONDS_BETWEEN_TRIES)
    connection.execute(
        sql.SQL("set local lock_timeout = {}").format(sql.Literal(f"{max(1, int(timeout_seconds * 1000))}ms"))
    )


def _hold_the_candidates(connection: psycopg.Connection, tables: Iterable[PublishedTable]) -> None:
    """Keep a build from replacing candidates while they are read one after the other."""
    for table in tables:
        candidate = sql.Identifier(table.candidate_schema, table.name)
        row = connection.execute("select to_regclass(%s) is null", [candidate.as_string()]).fetchone()
        if row and row[0]:
            raise PublishError(
                f"The candidate {table.candidate_schema}.{table.name} does not exist; build the marts first."
            )
        with about(table):
            connection.execute(sql.SQL("lock table {} in access share mode").format(candidate))


def _day_to_repair(connection: psycopg.Connection, as_of_date: date) -> date | None:
    row = connection.execute("select as_of_date from ops.published_batch").fetchone()
    return as_of_date if row and as_of_date < row[0] else None


def _apply(
    connection: psycopg.Connection,
    tables: Sequence[PublishedTable],
    catalogue: Catalogue,
    day: date | None,
) -> list[TableChanges]:
    changes = []
    for table in _children_first(tables):
        # A table made a moment ago holds nothing that a repair of one day could spoil.
        is_restricted = day is not None and catalogue.exists(table)
        if is_restricted and table.day_column is None:
            continue
        with about(table):
            changes.append(apply_differences(connection, table, day if is_restricted else None))
    return sorted(changes, key=lambda change: (change.schema, change.table))


def _children_first(tables: Sequence[PublishedTable]) -> list[PublishedTable]:
    """Tables before those they point to.

    ON DELETE CASCADE is never deferred: a child that moves to another parent must have moved, and
    one that goes must be counted, before its parent goes.
    """
    by_name = {table.full_name: table for table in tables}
    children: dict[str, set[str]] = {name: set() for name in by_name}
    for table in tables:
        for key in table.foreign_keys:
            if key.to != table.full_name:
                children[key.to].add(table.full_name)
    try:
        return [by_name[name] for name in TopologicalSorter(children).static_order()]
    except CycleError as error:
        raise PublishError(
            f"The foreign keys of {', '.join(dict.fromkeys(error.args[1]))} form a circle; take one away."
        ) from error


def _describe_and_grant(connection: psycopg.Connection, tables: Sequence[PublishedTable]) -> list[str]:
    made = []
    columns = read_catalogue(connection, tables).columns
    for table in tables:
        with about(table):
            made.append(grant_and_mask(connection, table, columns[table.full_name]))
            write_comments(connection, (table.schema_name, table.name), "table", table)
            if table.has_pii and table.masked:
                write_comments(connection, (table.masked_schema, table.name), "view", table)
    return [words for words in made if words is not None]


def _show_the_batch_to_readers(connection: psycopg.Connection) -> None:
    """Readers may not look into ops: core.published_batch tells them which batch they see."""
    row = connection.execute("select to_regclass('core.published_batch') is null").fetchone()
    if row and row[0]:
        connection.execute(
            "create view core.published_batch as select batch_id, as_of_date, published_at from ops.published_batch"
        )
        connection.execute(
            "comment on view core.published_batch is 'One row: the batch that the published tables show.'"
        )
        connection.execute(
            sql.SQL("grant select on core.published_batch to {}, {}").format(
                sql.Identifier(MASKED_READER), sql.Identifier(FULL_READER)
            )
        )


def _record_batch(
    connection: psycopg.Connection, run_id: int, as_of_date: date, changes: Iterable[TableChanges]
) -> int:
    row = connection.execute(
        "select max(batch_id) from"
        " (select batch_id from ops.published_batch union all select batch_id from ops.publishes) as batches"
    ).fetchone()
    batch_id = (row[0] if row and row[0] else 0) + 1
    with connection.cursor() as cursor:
        cursor.executemany(
            'insert into ops.publishes (run_id, batch_id, "schema", "table", inserted, updated, deleted,'
            " row_count, published_at) values (%s, %s, %s, %s, %s, %s, %s, %s, now())",
            [(run_id, batch_id, c.schema, c.table, c.inserted, c.updated, c.deleted, c.row_count) for c in changes],
        )
    connection.execute(
        "insert into ops.published_batch as b (batch_id, run_id, as_of_date, published_at)"
        " values (%s, %s, %s, now()) on conflict (only_row) do update set batch_id = excluded.batch_id,"
        " run_id = excluded.run_id, as_of_date = greatest(b.as_of_date, excluded.as_of_date),"
        " published_at = excluded.published_at",
        [batch_id, run_id, as_of_date],
    )
    return batch_id


def _vacuum(warehouse: Warehouse, changed: Sequence[TableChanges]) -> None:
    # Autovacuum waits until a fifth of a table is dead.
    if not changed:
        return
    connection = warehouse.connect(PUBLISHER, autocommit=True)
    with connection:
        connection.execute(
            sql.SQL("vacuum (analyze, skip_locked) {}").format(
                sql.SQL(", ").join(sql.Identifier(change.schema, change.table) for change in changed)
            )
        )
