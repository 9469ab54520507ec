"""Numbered SQL files for changes of the published tables that a publish does not make by itself."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import psycopg
from psycopg import sql

from customer360.publish.catalogue import Catalogue, default_name, record, views_on
from customer360.publish.constraints import fingerprint
from customer360.publish.specification import MigrationNeeded, PublishedTable, PublishError
from customer360.publish.violations import Violation, about

_NAME = re.compile(r"(\d{4})_\w+\.sql")
_COMMENT = re.compile(r"--[^\n]*")
_FORBIDDEN = re.compile(r"(?i)(\bdrop\b[^;]*\bcascade\b)|(?:^|;)\s*(begin|commit|rollback|abort)\b")


@dataclass(frozen=True)
class Migration:
    """A file of the migrations' folder."""

    number: int
    name: str
    statements: str

    @property
    def hash(self) -> str:
        return hashlib.sha256(self.statements.encode()).hexdigest()


def read_migrations(folder: Path | None) -> list[Migration]:
    """The migrations of ``folder`` in their order; none where there is no folder.

    Raises PublishError when a name has no number or two have the same, or a file would drop what is not named in it
    or end the transaction.
    """
    migrations = [_read(path) for path in sorted(folder.glob("*.sql"))] if folder else []
    for one, other in pairwise(migrations):
        if one.number == other.number:
            raise PublishError(f"The migrations {one.name} and {other.name} have the same number; give one the next.")
    return migrations


def apply_migrations(
    connection: psycopg.Connection,
    migrations: Sequence[Migration],
    tables: Sequence[PublishedTable],
    catalogue: Catalogue,
    *,
    run_id: int,
    anything_published: bool,
) -> list[str]:
    """Run the migrations that this warehouse has not had; what was run, in words.

    Where nothing is published they only count as applied. Raises MigrationNeeded when one cannot run, naming the views
    in the way, and PublishError when an applied one was edited or one comes before those applied.
    """
    applied: dict[int, str] = dict(connection.execute("select number, hash from ops.migrations").fetchall())
    made = []
    for migration in migrations:
        if migration.number in applied:
            if applied[migration.number] != migration.hash:
                raise PublishError(
                    f"The migration {migration.name} was edited after it was applied; "
                    "bring it back and write a new one."
                )
            continue
        if applied and migration.number < max(applied):
            raise PublishError(
                f"The migration {migration.name} comes before {max(applied):04d}, which is applied; "
                "give it the next number."
            )
        if anything_published:
            _run(connection, migration, tables, catalogue)
            made.append(f"migration {migration.name}")
        connection.execute(
            "insert into ops.migrations (number, name, hash, run_id) values (%s, %s, %s, %s)",
            [migration.number, migration.name, migration.hash, run_id],
        )
    return made


def rights_on_views(connection: psycopg.Connection, tables: Sequence[PublishedTable]) -> list[tuple[str, str, str]]:
    """Schema, view and role of everyone who may read a masked view: a migration may drop it."""
    return connection.execute(
        "select n.nspname, c.relname, a.grantee::regrole::text from pg_class as c"
        " join pg_namespace as n on n.oid = c.relnamespace, aclexplode(c.relacl) as a"
        " where n.nspname = any(%s) and c.relkind = 'v' and a.privilege_type = 'SELECT'"
        " and a.grantee not in (0, c.relowner)",
        [sorted({table.masked_schema for table in tables})],
    ).fetchall()


def give_back(connection: psycopg.Connection, rights: Sequence[tuple[str, str, str]]) -> None:
    """Grant again what ``rights_on_views`` found, on views that were made anew."""
    for schema, view, role in rights:
        name = sql.Identifier(schema, view)
        lost = connection.execute(
            "select not has_table_privilege(%s::regrole, to_regclass(%s), 'select')", [role, name.as_string()]
        ).fetchone()
        if lost and lost[0]:
            # regrole has quoted the name where that is needed.
            connection.execute(sql.SQL("grant select on {} to {}").format(name, sql.SQL(role)))


def _read(path: Path) -> Migration:
    named = _NAME.fullmatch(path.name)
    if named is None:
        raise PublishError(f"{path.name} is no name of a migration; use one such as 0001_longer_status.sql.")
    statements = path.read_text(encoding="utf-8")
    if found := _FORBIDDEN.search(_COMMENT.sub("", statements)):
        what = "drops with CASCADE what nobody named" if found[1] else f"says {found[2].upper()}"
        raise PublishError(
            f"The migration {path.name} {what}; name what goes, and leave the transaction to the publish."
        )
    return Migration(int(named[1]), path.name, statements)


def _run(
    connection: psycopg.Connection, migration: Migration, tables: Sequence[PublishedTable], catalogue: Catalogue
) -> None:
    concerned = [t for t in tables if re.search(rf"\b{re.escape(t.full_name)}\b", migration.statements)]
    # Asked before: after a failed statement the transaction answers nothing more.
    views = sorted({view for table in concerned if catalogue.exists(table) for view in views_on(connection, table)})
    try:
        with about(concerned[0] if concerned else None):
            connection.execute(migration.statements.encode())
    except Violation as found:
        if issubclass(found.kind, psycopg.errors.LockNotAvailable):
            raise
        in_the_way = f" Views in the way may be {', '.join(views)}." if views else ""
        raise MigrationNeeded(
            f"The migration {migration.name} cannot run: {found.message}.{in_the_way} Nothing was published."
        ) from None
    for table in concerned:
        for column in table.columns:
            if column.default:
                record(
                    connection, (table.schema_name, table.name), default_name(column.name), fingerprint(column.default)
                )
