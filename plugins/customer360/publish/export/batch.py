"""What every export needs: one batch to read from, its tables, and files that appear whole or not at all."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from customer360.publish.masking import FULL_READER, MASKED_READER
from customer360.warehouse import Warehouse
from customer360.warehouse.schema import MARTS

ROWS_AT_A_TIME = 20_000

_PREFIX = ".customer360-export-"


class ExportError(Exception):
    """Nothing was exported; the message is a sentence that says why and what to do."""


@dataclass(frozen=True)
class ExportReport:
    """The files written, and how many rows they hold together."""

    folder: Path
    files: list[Path]
    rows: int


@dataclass(frozen=True)
class ExportColumn:
    """A column of an exported table; ``data_type`` is spelt as PostgreSQL spells it: ``numeric(12,2)``."""

    name: str
    data_type: str


@dataclass(frozen=True)
class ExportTable:
    """A table of a mart and the schema to read it from: the mart's own, or that of the masked views."""

    mart: str
    name: str
    schema: str
    columns: tuple[ExportColumn, ...]

    @property
    def source(self) -> sql.Identifier:
        return sql.Identifier(self.schema, self.name)


@contextmanager
def one_batch(warehouse: Warehouse, *, pii: bool) -> Iterator[psycopg.Connection]:
    """A connection that sees one published batch, however long it reads; as the full reader where ``pii``."""
    with warehouse.connect(FULL_READER if pii else MASKED_READER) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        yield connection


def readable_tables(connection: psycopg.Connection, *, pii: bool) -> list[ExportTable]:
    """Every published table that the connection's role may read, masked unless ``pii``, by mart and name.

    Raises ExportError when there is none.
    """
    found: dict[tuple[str, str], ExportTable] = {}
    for mart in MARTS:
        for schema in (mart,) if pii else (mart, f"{mart}_masked"):
            rows = connection.execute(
                "select c.relname, array_agg(a.attname::text order by a.attnum),"
                " array_agg(format_type(a.atttypid, a.atttypmod) order by a.attnum)"
                " from pg_class c join pg_namespace n on n.oid = c.relnamespace"
                " join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
                " where n.nspname = %s and c.relkind in ('r', 'v') and has_table_privilege(c.oid, 'select')"
                " group by 1",
                [schema],
            )
            for name, columns, types in rows:
                column_types = zip(columns, types, strict=True)
                found[mart, name] = ExportTable(mart, name, schema, tuple(ExportColumn(*c) for c in column_types))
    if not found:
        raise ExportError("Nothing is published yet; run `customer360 nightly`, then export.")
    return [found[key] for key in sorted(found)]


@contextmanager
def whole_folder(folder: Path, *, private: bool) -> Iterator[Path]:
    """A folder to write into, which takes the place of ``folder`` in the end, or leaves no trace on failure.

    ``private``: nobody but the owner may enter it.

    Raises ExportError when ``folder`` holds what no export wrote: it would be lost.
    """
    folder = folder.resolve()
    _refuse_to_lose(folder)
    with _private_folder(folder.parent) as beside:
        written = beside / "new"
        written.mkdir(mode=0o700 if private else 0o777)
        yield written
        if folder.exists():
            folder.rename(beside / "old")
        written.rename(folder)


@contextmanager
def whole_files(folder: Path) -> Iterator[Path]:
    """A private folder to write into, whose files all move into ``folder`` in the end, over those of their names."""
    folder = folder.resolve()
    with _private_folder(folder) as beside:
        yield beside
        for path in sorted(beside.iterdir()):
            path.replace(folder / path.name)


@contextmanager
def _private_folder(parent: Path) -> Iterator[Path]:
    # Beside its goal, since only within a file system a rename is one step.
    try:
        parent.mkdir(parents=True, exist_ok=True)
        _remove_what_killed_exports_left(parent)
        temporary = tempfile.TemporaryDirectory(prefix=_PREFIX, dir=parent)
    except OSError as error:
        raise ExportError(f"{parent} cannot be written to ({error.strerror}); name another folder.") from error
    with temporary as beside, _held(Path(beside)):
        yield Path(beside)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold ``folder`` until its export ends, however that ends. Raises BlockingIOError when another one holds it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def _remove_what_killed_exports_left(parent: Path) -> None:
    for left in parent.glob(f"{_PREFIX}*"):
        with suppress(BlockingIOError), _held(left):
            shutil.rmtree(left)


def _refuse_to_lose(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise ExportError(f"{folder} is a file; name a folder.")
    others = sorted(path.name for path in folder.iterdir() if not _is_exported(path)) if folder.exists() else []
    if others:
        raise ExportError(
            f"{folder} would be replaced, and {', '.join(others[:3])} in it is from no export; name another folder."
        )


def _is_exported(path: Path) -> bool:
    if path.is_dir():
        return path.name in MARTS and all(file.suffix in (".csv", ".parquet") for file in path.iterdir())
    return path.suffix == ".sql" and path.stem in MARTS
