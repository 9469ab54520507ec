"""The transaction that publishes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from customer360.publish.before_images import BeforeImages, content_before, forget_older, tables_with_images
from customer360.publish.catalogue import Catalogue, read_catalogue
from customer360.publish.differences import TableChanges, apply_differences
from customer360.publish.masking import FULL_READER, MASKED_READER, grant_and_mask
from customer360.publish.migrations import Migration, apply_migrations, give_back, read_migrations, rights_on_views
from customer360.publish.specification import PublishBlocked, PublishedTable, PublishError, read_specification
from customer360.publish.tables import (
    add_constraints,
    make_tables_and_columns,
    refuse_other_changes,
    write_comments,
)
from customer360.publish.violations import Violation, about, blocked, sentence
from customer360.warehouse import Warehouse

PUBLISHER = "c360_publisher"
LOCK_TIMEOUT_SECONDS = 60.0
DELETE_LIMIT = 0.3
GUARDED_FROM_ROWS = 100
"""A table of fewer rows may lose any share of them."""

_PUBLISH_LOCK = 360_000_002
_SECONDS_BETWEEN_TRIES = 0.1
_LOCK_WAIT = "500ms"
"""For one table. Readers queue behind whoever waits to alter it; and below the second after which PostgreSQL
looks for deadlocks, so that it is never a reader who is sacrificed."""


@dataclass(frozen=True)
class PublishReport:
    """What a publish did: ``structure`` lists what was created, in words.

    ``batch_id`` is None when nothing differed, or when it was a dry run. ``as_of_date``: the last
    business day that is published now. ``over_limit``: of a dry run, the tables that would lose
    more rows than a publish may delete.
    """

    batch_id: int | None
    as_of_date: date
    tables: tuple[TableChanges, ...]
    structure: tuple[str, ...]
    dry_run: bool = False
    over_limit: tuple[TableChanges, ...] = ()

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
    delete_limit: float = DELETE_LIMIT,
    allow_deletes: bool = False,
    dry_run: bool = False,
    migrations: Path | None = None,
) -> PublishReport:
    """Make the published tables equal to their candidates, in one transaction or not at all.

    ``manifest``: dbt's ``target/manifest.json`` or its content. ``as_of_date``: the last business
    day in the candidates; before the published one, only that day's rows of tables with a
    ``day_column`` are touched. ``lock_timeout_seconds``: how long to wait for another publish or
    for a reader in the way of a new column; the publish tries again until then. ``delete_limit``: the
    share of a table's rows that may go, unless ``allow_deletes``. ``dry_run``: report the differences
    and undo them. ``migrations``: the folder of numbered SQL files.

    Raises PublishError, with one sentence and without any person's data, when nothing could be
    published: PublishBlocked when another publish or a reader is in the way, MigrationNeeded when a
    table cannot change by itself; or a constraint fails, or too many rows would go.
    """
    tables, numbered = read_specification(manifest), read_migrations(migrations)

    def change(connection: psycopg.Connection) -> PublishReport:
        limit = 1.0 if allow_deletes else delete_limit
        return _publish(connection, tables, numbered, run_id, as_of_date, limit, dry_run)

    report = _in_one_transaction(warehouse, tables, lock_timeout_seconds, change)
    if not dry_run:
        _vacuum(warehouse, [table for table in report.tables if table.changed])
    return report


def undo(
    warehouse: Warehouse,
    manifest: Path | Mapping[str, Any],
    *,
    run_id: int,
    lock_timeout_seconds: float = LOCK_TIMEOUT_SECONDS,
) -> PublishReport:
    """Bring every published row back to what it was before the last batch, as a batch of its own.

    Structure stays: a table or column that the last batch brought is emptied, not dropped. Undoing
    an undo brings the undone batch back. Raises PublishError when there is nothing to go back to.
    """
    tables = read_specification(manifest)
    report = _in_one_transaction(
        warehouse, tables, lock_timeout_seconds, lambda connection: _undo(connection, tables, run_id)
    )
    _vacuum(warehouse, [table for table in report.tables if table.changed])
    return report


def _in_one_transaction(
    warehouse: Warehouse,
    tables: Sequence[PublishedTable],
    lock_timeout_seconds: float,
    change: Callable[[psycopg.Connection], PublishReport],
) -> PublishReport:
    deadline = time.monotonic() + lock_timeout_seconds
    with warehouse.connect(PUBLISHER) as connection:
        while True:
            _wait_for_the_lock(connection, deadline, lock_timeout_seconds)
            try:
                with about(None):
                    report = change(connection)
                    if report.dry_run:
                        connection.rollback()
                    else:
                        connection.commit()
                return report
            except Violation as found:
                connection.rollback()
                violation = found
            if issubclass(violation.kind, psycopg.errors.LockNotAvailable):
                if time.monotonic() < deadline:
                    time.sleep(_SECONDS_BETWEEN_TRIES)
                    continue
                raise PublishBlocked(blocked(connection, violation, lock_timeout_seconds))
            raise PublishError(sentence(connection, violation, tables))


def _publish(
    connection: psycopg.Connection,
    tables: Sequence[PublishedTable],
    migrations: Sequence[Migration],
    run_id: int,
    as_of_date: date,
    delete_limit: float,
    dry_run: bool,
) -> PublishReport:
    _hold_the_candidates(connection, tables)
    batch_id, before = _next_batch(connection), _published_day(connection)
    catalogue = read_catalogue(connection, tables)
    rights = rights_on_views(connection, tables)
    structure = apply_migrations(
        connection, migrations, tables, catalogue, run_id=run_id, anything_published=before is not None
    )
    if structure:
        catalogue = read_catalogue(connection, tables)
    refuse_other_changes(connection, tables, catalogue)
    structure += make_tables_and_columns(connection, tables, catalogue)
    # Before the first batch there is nothing that one could go back to.
    images = BeforeImages(batch_id) if before is not None else None
    day = as_of_date if before is not None and as_of_date < before else None
    changes = _apply(connection, tables, catalogue, day, images)
    over_limit = _over_limit(tables, changes, delete_limit)
    if over_limit and not dry_run:
        raise PublishError(_too_many_deletes(over_limit, delete_limit))
    # Foreign keys are checked here: a table with checks pending cannot be altered, and a
    # violation found by the commit would be too late to explain.
    connection.execute("set constraints all immediate")
    structure += add_constraints(connection, tables, catalogue)
    structure += _describe_and_grant(connection, tables)
    give_back(connection, rights)
    _show_the_batch_to_readers(connection)
    shown = max(as_of_date, before or as_of_date)
    report = PublishReport(None, shown, tuple(changes), tuple(structure), dry_run, tuple(over_limit))
    if not report.changed or dry_run:
        return report
    if before is not None:
        forget_older(connection, batch_id, before)
    _record_batch(connection, batch_id, run_id, report)
    return replace(report, batch_id=batch_id)


def _undo(connection: psycopg.Connection, tables: Sequence[PublishedTable], run_id: int) -> PublishReport:
    published = connection.execute("select batch_id, as_of_date from ops.published_batch").fetchone()
    kept = connection.execute("select batch_id, as_of_date from undo.batch_before").fetchone()
    if published is None:
        raise PublishError("Nothing is published yet, so there is nothing to undo.")
    if kept is None or kept[0] != published[0]:
        raise PublishError(
            f"Batch {published[0]} is the first one, or was published after an erasure; there is none to go back to."
        )
    catalogue = read_catalogue(connection, tables)
    refuse_other_changes(connection, tables, catalogue)
    touched = tables_with_images(connection, published[0])
    if not touched:
        raise PublishError(f"Batch {published[0]} changed no row, only structure; there is nothing to undo.")
    batch_id = _next_batch(connection)
    changes = []
    for table in _children_first(tables):
        if catalogue.exists(table) and table.full_name in touched:
            with about(table):
                standing = _as_it_stands(table, catalogue)
                source = content_before(standing, published[0])
                changes.append(apply_differences(connection, standing, source=source, images=BeforeImages(batch_id)))
    connection.execute("set constraints all immediate")
    forget_older(connection, batch_id, published[1])
    report = PublishReport(batch_id, kept[1], tuple(changes), ())
    _record_batch(connection, batch_id, run_id, report)
    return report


def _as_it_stands(table: PublishedTable, catalogue: Catalogue) -> PublishedTable:
    """``table`` with the columns that a publish has brought, all of them to be restored."""
    existing = {column.name for column in catalogue.columns[table.full_name]}
    columns = (column.model_copy(update={"volatile": False}) for column in table.columns if column.name in existing)
    return table.model_copy(update={"columns": tuple(columns)})


def _over_limit(
    tables: Iterable[PublishedTable], changes: Iterable[TableChanges], delete_limit: float
) -> list[TableChanges]:
    # Without a key a changed row is one that goes and one that comes.
    renewed = {table.full_name for table in tables if table.rolling or not table.primary_key}
    over = []
    for change in changes:
        is_renewed = f"{change.schema}.{change.table}" in renewed
        gone = change.deleted - change.inserted if is_renewed else change.deleted
        if change.rows_before > GUARDED_FROM_ROWS and gone > delete_limit * change.rows_before:
            over.append(change)
    return over


def _too_many_deletes(over_limit: Iterable[TableChanges], delete_limit: float) -> str:
    named = ", ".join(f"{c.schema}.{c.table} ({c.deleted:,} of {c.rows_before:,})" for c in over_limit)
    return (
        f"More than {delete_limit:.0%} of the rows would be deleted from {named}; nothing was published. "
        "Look at `customer360 publish --preview`; if the rows shall go, publish with --allow-deletes."
    )


def _wait_for_the_lock(connection: psycopg.Connection, deadline: float, timeout_seconds: float) -> None:
    while True:
        row = connection.execute("select pg_try_advisory_xact_lock(%s)", [_PUBLISH_LOCK]).fetchone()
        if row and row[0]:
            break
        # A new transaction for every try, so that its time is not older than the last batch.
        connection.rollback()
        if time.monotonic() > deadline:
            raise PublishBlocked(
                f"Another publish is running and did not end within {timeout_seconds:g} s; "
                "wait until it has ended, then publish again."
            )
        time.sleep(_SECONDS_BETWEEN_TRIES)
    connection.execute(sql.SQL("set local lock_timeout = {}").format(sql.Literal(_LOCK_WAIT)))


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


def _published_day(connection: psycopg.Connection) -> date | None:
    """The last business day that is published; None before the first batch."""
    row = connection.execute("select as_of_date from ops.published_batch").fetchone()
    return row[0] if row else None


def _apply(
    connection: psycopg.Connection,
    tables: Sequence[PublishedTable],
    catalogue: Catalogue,
    day: date | None,
    images: BeforeImages | None,
) -> list[TableChanges]:
    changes = []
    for table in _children_first(tables):
        # A table made a moment ago holds nothing that a repair of one day could spoil.
        is_restricted = day is not None and catalogue.exists(table)
        if is_restricted and table.day_column is None:
            continue
        with about(table):
            changes.append(apply_differences(connection, table, day if is_restricted else None, images=images))
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
            "comment on view core.published_batch is 'One row: the batch that the published tables show.';"
            "comment on column core.published_batch.batch_id is 'Number of the batch.';"
            "comment on column core.published_batch.as_of_date is 'Last business day it includes.';"
            "comment on column core.published_batch.published_at is 'When it was published.'"
        )
        connection.execute(
            sql.SQL("grant select on core.published_batch to {}, {}").format(
                sql.Identifier(MASKED_READER), sql.Identifier(FULL_READER)
            )
        )


def _next_batch(connection: psycopg.Connection) -> int:
    row = connection.execute(
        "select max(batch_id) from"
        " (select batch_id from ops.published_batch union all select batch_id from ops.publishes) as batches"
    ).fetchone()
    return (row[0] if row and row[0] else 0) + 1


def _record_batch(connection: psycopg.Connection, batch_id: int, run_id: int, report: PublishReport) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            'insert into ops.publishes (run_id, batch_id, "schema", "table", inserted, updated, deleted,'
            " row_count, published_at) values (%s, %s, %s, %s, %s, %s, %s, %s, now())",
            [
                (run_id, batch_id, c.schema, c.table, c.inserted, c.updated, c.deleted, c.row_count)
                for c in report.tables
            ],
        )
    connection.execute(
        "insert into ops.published_batch (batch_id, run_id, as_of_date, published_at)"
        " values (%s, %s, %s, now()) on conflict (only_row) do update set batch_id = excluded.batch_id,"
        " run_id = excluded.run_id, as_of_date = excluded.as_of_date, published_at = excluded.published_at",
        [batch_id, run_id, report.as_of_date],
    )


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
