"""The database behind SmartShopieDB: an SQLite file, or the dashboard of the warehouse."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Self, TypeVar

from sqlalchemy import URL, Column, Date, Engine, Select, create_engine, event, func, insert, inspect, make_url, select
from sqlalchemy.exc import SQLAlchemyError

from smartshopie_db.row import METADATA, Row, UtcTimestamp

AnyRow = TypeVar("AnyRow", bound=Row)

LOCK_TIMEOUT_SECONDS = 30

# A role without the right to a table sees its masked view, which has the table's name.
_SEE_THE_DASHBOARD = """
    select set_config('timezone', 'UTC', false), set_config('search_path', case
        when exists (
            select from pg_class
            where relnamespace = 'dashboard'::regnamespace and relkind = 'r' and not has_table_privilege(oid, 'select')
        ) then 'dashboard_masked, dashboard' else 'dashboard' end, false)
"""


class SmartShopieError(Exception):
    """The database cannot do what was asked; the message says why and what to do."""


class Connection:
    """Opens, reads and writes the database; safe to share between threads once connected."""

    def __init__(self, path_or_url: str | Path) -> None:
        """``path_or_url``: the SQLite file, or a URL such as ``customer360 warehouse url --role bi_reader`` prints."""
        self._url = _url(path_or_url)
        self._engine: Engine | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._name!r})"

    def __enter__(self) -> Self:
        return self.connect()

    def __exit__(self, *_: object) -> None:
        self.close()

    def connect(self) -> Self:
        """Open the database; nothing when it is open.

        Raises SmartShopieError when the file is missing or no database, or the warehouse lets nobody in.
        """
        if self._engine is None:
            if self._is_file and not Path(self._url.database or "").is_file():
                raise SmartShopieError(
                    f"There is no file {self._name}; write it with `customer360 export --format sqlite`, "
                    "or make an empty one with create_schema()."
                )
            engine = _engine(self._url)
            with self._refusals("cannot be opened"):
                inspect(engine).get_table_names()
            self._engine = engine
        return self

    def close(self) -> None:
        """Close the database; nothing when it is closed. It can be opened again."""
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    @staticmethod
    def table_names() -> list[str]:
        """The names of the dashboard's tables, whether the database has them or not."""
        return sorted(METADATA.tables)

    def create_schema(self, tables: Iterable[str] | None = None) -> None:
        """Create the tables (by name; default all 30) that are missing in the file, and the file if need be.

        Raises SmartShopieError on the warehouse, and KeyError for a table that the dashboard does not have.
        """
        self._refuse_on_the_warehouse()
        wanted = METADATA.sorted_tables if tables is None else [METADATA.tables[name] for name in tables]
        engine = _engine(self._url)
        with self._refusals("cannot be given tables"):
            METADATA.create_all(engine, tables=wanted)
        engine.dispose()

    def read(
        self,
        row_class: type[AnyRow],
        *,
        record_date: date | None = None,
        start_date: date | None = None,
        end_date: date | None = None,
        limit: int | None = None,
        latest_day: bool = False,
    ) -> list[AnyRow]:
        """Rows of a table, newest first, between two days inclusive. ``latest_day``: of no other day, without dates.

        Raises SmartShopieError when the table is missing, ValueError when the dates or the limit make no sense.
        """
        if record_date is not None and (start_date is not None or end_date is not None):
            raise ValueError("Give record_date for one day, or start_date and end_date for several; not both.")
        if limit is not None and limit < 0:
            raise ValueError(f"limit is {limit}; give 0 or more, or leave it out for all rows.")
        start_date, end_date = (record_date, record_date) if record_date is not None else (start_date, end_date)
        query = _newest_first(row_class)
        day = _day_column(row_class)
        if start_date is not None:
            query = query.where(day >= _beginning_of(start_date, day))
        if end_date is not None:
            query = query.where(day < _beginning_of(end_date + timedelta(days=1), day))
        if latest_day and start_date is None and end_date is None:
            query = query.where(day == select(func.max(day)).scalar_subquery())
        with self._refusals("cannot be read", row_class), self._open().connect() as connection:
            return [row_class(**row) for row in connection.execute(query.limit(limit)).mappings()]

    def insert(self, row: Row) -> int:
        """Add a row to the file, with the table's defaults where it holds None; its ``id``.

        Raises SmartShopieError on the warehouse, and when the table is missing or refuses the row.
        """
        self._refuse_on_the_warehouse()
        values = {name: value for name, value in asdict(row).items() if value is not None}  # type: ignore[call-overload]
        with self._refusals("refuses the row", type(row)), self._open().begin() as connection:
            return connection.execute(insert(row.__table__).values(values)).lastrowid

    @property
    def _is_file(self) -> bool:
        return self._url.get_backend_name() == "sqlite"

    @property
    def _name(self) -> str:
        return str(self._url.database) if self._is_file else self._url.render_as_string(hide_password=True)

    def _open(self) -> Engine:
        if self._engine is None:
            raise SmartShopieError(f"{self._name} is not open; call connect() first.")
        return self._engine

    def _refuse_on_the_warehouse(self) -> None:
        if not self._is_file:
            raise SmartShopieError(
                "The warehouse's published tables have one writer, the nightly publish, so nothing can be added here; "
                "add to an SQLite file, or deliver the data as a source file."
            )

    @contextmanager
    def _refusals(self, what: str, row_class: type[Row] | None = None) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            where = self._name if row_class is None else f"{row_class.__table__.name} in {self._name}"
            if row_class is not None and not inspect(self._open()).has_table(row_class.__table__.name):
                raise SmartShopieError(f"There is no table {where}; {self._way_to_a_table()}.") from error
            reason = str(getattr(error, "orig", None) or error).strip()
            raise SmartShopieError(f"{where} {what}: {reason}.") from error

    def _way_to_a_table(self) -> str:
        return "make the tables with create_schema()" if self._is_file else "publish it with `customer360 nightly`"


def _url(path_or_url: str | Path) -> URL:
    if "://" not in str(path_or_url):
        return URL.create("sqlite", database=str(path_or_url))
    url = make_url(str(path_or_url))
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise ValueError(f"{url.get_backend_name()} is no SQLite file and no PostgreSQL warehouse.")
    return url.set(drivername="postgresql+psycopg") if url.get_backend_name() == "postgresql" else url


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        return create_engine(url, connect_args={"timeout": LOCK_TIMEOUT_SECONDS})
    engine = create_engine(url)
    event.listen(engine, "connect", _see_the_dashboard)
    return engine


def _see_the_dashboard(connection: Any, _: object) -> None:
    connection.execute(_SEE_THE_DASHBOARD)
    connection.commit()


def _newest_first(row_class: type[Row]) -> Select[Any]:
    table = row_class.__table__
    then = table.info["then"]
    # Without a key only all columns together tell rows apart, and the order must not change between two reads.
    ties = table.primary_key.columns or table.columns
    return select(table).order_by(
        _day_column(row_class).desc().nulls_last(), *([table.columns[then]] if then else []), *ties
    )


def _day_column(row_class: type[Row]) -> Column[Any]:
    return row_class.__table__.columns[row_class.__table__.info["day"]]


def _beginning_of(day: date, column: Column[Any]) -> date | datetime | str:
    if isinstance(column.type, Date):
        return day
    if isinstance(column.type, UtcTimestamp):
        return datetime.combine(day, time.min, UTC)
    # Some tables hold their days as text, ISO 8601, which sorts as the days do.
    return f"{day:%Y-%m-%d}"
