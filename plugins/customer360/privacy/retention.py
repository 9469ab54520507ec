"""Keeping nothing for longer than ``retention.yml`` says."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path

import psycopg
import yaml
from psycopg.sql import SQL, Composed, Identifier
from pydantic import BaseModel, ConfigDict, Field

from customer360.contracts import Contract

SECONDS_A_DAY = 86_400


class Period(BaseModel):
    """How long one kind of thing is kept, and why."""

    model_config = ConfigDict(extra="forbid")
    days: int = Field(ge=1)
    why: str


def periods() -> dict[str, Period]:
    """The period of every place."""
    read = yaml.safe_load((files("customer360.privacy") / "retention.yml").read_text(encoding="utf-8"))
    return {place: Period.model_validate(entry) for place, entry in read.items()}


def delete_outlived(connection: psycopg.Connection, contracts: Sequence[Contract]) -> Counter[str]:
    """Delete rows that outlived their period, within the caller's transaction; how many, by place."""
    counts: Counter[str] = Counter()
    for place, statement in _statements(connection, contracts):
        counts[place] += connection.execute(statement, {"days": periods()[place].days}).rowcount
    return +counts


def outlived_paths(home: Path) -> dict[str, list[Path]]:
    """Files and folders in the home that outlived their period, by place."""
    candidates = {
        "logs": [path for folder in ("logs", "airflow/logs", "dbt/logs") for path in _files(home / folder)],
        "reports": sorted((home / "reports").glob("*")),
        "exports": sorted((home / "exports").glob("*")),
    }
    now, known = time.time(), periods()
    return {
        place: [path for path in paths if now - path.stat().st_mtime > known[place].days * SECONDS_A_DAY]
        for place, paths in candidates.items()
    }


def delete_paths(paths: Sequence[Path]) -> None:
    """Delete files and whole folders."""
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _statements(connection: psycopg.Connection, contracts: Sequence[Contract]) -> Iterator[tuple[str, SQL | Composed]]:
    yield (
        "undo.before_images",
        SQL(
            "delete from undo.before_images where batch_id in (select batch_id from ops.publishes"
            " where published_at < now() - make_interval(days => %(days)s))"
        ),
    )
    for place, column in (
        ("quarantine.rejected_records", "rejected_at"),
        ("ops.dbt_results", "finished_at"),
        ("ops.checks", "finished_at"),
    ):
        yield (
            place,
            SQL("delete from {} where {} < now() - make_interval(days => %(days)s)").format(
                Identifier(*place.split(".")), Identifier(column)
            ),
        )
    existing = {name for (name,) in connection.execute("select tablename from pg_tables where schemaname = 'raw'")}
    for contract in contracts:
        if contract.raw_table in existing and contract.customer360.delivery == "upsert" and contract.primary_key:
            yield (
                "raw superseded versions",
                SQL(_SUPERSEDED_VERSIONS).format(
                    table=Identifier("raw", contract.raw_table),
                    key=SQL(", ").join(Identifier("r", name) for name in contract.primary_key),
                ),
            )


# The order of the versions is that of the macro current_records; the first one says since when a key is known.
_SUPERSEDED_VERSIONS = """
delete from {table} where ctid in (
    select version from (
        select
            r.ctid as version,
            r._loaded_at,
            row_number() over (
                partition by {key} order by f.delivered_on desc nulls last, r._load_id desc, r._record_number desc
            ) as from_newest,
            row_number() over (partition by {key} order by r._business_date, r._load_id, r._record_number) as from_first
        from {table} as r inner join ops.loaded_files as f on r._load_id = f.load_id
    ) as versions
    where from_newest > 1 and from_first > 1 and _loaded_at < now() - make_interval(days => %(days)s)
)"""
