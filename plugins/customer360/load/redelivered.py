"""Content that was loaded before and is delivered anew: it loads once, and its records may be the newest again."""

from __future__ import annotations

from datetime import date

import psycopg
from psycopg import Rollback

from customer360.contracts import Contract
from customer360.load.discover import LandingFile
from customer360.load.duplicates import takes_values


def known_content(connection: psycopg.Connection, file: LandingFile, table: Contract) -> str | None:
    """The sha256 of a file whose version has been loaded, so that it need not be read; None where it must be."""
    if file.source is None or file.source.version is None:
        return None
    row = connection.execute(
        'select sha256 from ops.loaded_files where file = %s and version = %s and system = %s and "table" = %s'
        " and status = 'loaded'",
        [file.name, file.source.version, table.system, table.table],
    ).fetchone()
    return row[0] if row else None


def said_of_known(
    connection: psycopg.Connection, file: LandingFile, sha256: str, table: Contract, business_date: date
) -> str | None:
    """Why a file is skipped whose content was loaded before, None where it was not.

    Its records are made the newest again where its name gives it a later day than it had, or where other content
    came under that name since; but not where that would give a value to two keys that no two may share.
    """
    row = connection.execute(
        "select load_id, file from ops.loaded_files where (sha256 = %(sha256)s or %(sha256)s = any(rewritten_sha256))"
        " and system = %(system)s and \"table\" = %(table)s and status = 'loaded' order by load_id limit 1",
        {"sha256": sha256, "system": table.system, "table": table.table},
    ).fetchone()
    if row is None:
        return None
    load_id, name = row
    before = f"Its content was loaded before, as {name}"
    if not _came_back(connection, file, load_id):
        return f"{before}."
    with connection.transaction():
        _make_newest(connection, file, load_id, business_date)
        if takes_values(connection, table, load_id):
            raise Rollback
        return f"{before}, and counts as the newest again."
    return (
        f"{before}. It does not count as the newest again, for a value of it that no two records may share belongs "
        "to another record now; deliver that one anew too."
    )


def _came_back(connection: psycopg.Connection, file: LandingFile, load_id: int) -> bool:
    row = connection.execute(
        "select coalesce(%(day)s::date > coalesce(known.redelivered_on[cardinality(known.redelivered_on)],"
        " known.delivered_on), false)"
        " or exists (select from ops.loaded_files other where other.file = %(file)s and other.status = 'loaded'"
        ' and (other.system, other."table") = (known.system, known."table") and other.sha256 <> known.sha256'
        " and coalesce(other.redelivered_at, other.finished_at) > coalesce(known.redelivered_at, known.finished_at))"
        " from ops.loaded_files known where load_id = %(load)s",
        {"day": file.delivered_on, "file": file.name, "load": load_id},
    ).fetchone()
    return row is not None and row[0]


def _make_newest(connection: psycopg.Connection, file: LandingFile, load_id: int, business_date: date) -> None:
    connection.execute(
        "update ops.loaded_files set redelivered_at = clock_timestamp(), redelivered_on = redelivered_on ||"
        " case when %(day)s::date > coalesce(redelivered_on[cardinality(redelivered_on)], delivered_on, '-infinity')"
        " then array[%(day)s::date] else '{}' end where load_id = %(load)s",
        {"day": file.delivered_on or business_date, "load": load_id},
    )
