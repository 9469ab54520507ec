"""Makes the methods of SmartShopieDB from the row classes, so that all thirty tables read and write alike.

The makers of readers have no return annotation on purpose: editors then infer the method's own parameters.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from datetime import date
from typing import Any, Concatenate, ParamSpec

from smartshopie_db.connection import AnyRow, Connection
from smartshopie_db.row import Row

Columns = ParamSpec("Columns")


def latest_row(row_class: type[AnyRow]):
    """A method that returns one row: the newest, or the newest of the days asked for."""

    def get(
        self: Connection,
        record_date: date | None = None,
        *,
        start_date: date | None = None,
        end_date: date | None = None,
    ) -> AnyRow | None:
        rows = self.read(row_class, record_date=record_date, start_date=start_date, end_date=end_date, limit=1)
        return rows[0] if rows else None

    return _reader(get, row_class, "The newest row, or None; ``record_date``, ``start_date``, ``end_date`` narrow it.")


def rows_of_latest_day(row_class: type[AnyRow]):
    """A method that returns the rows of the newest day, or of the days asked for."""

    def get(
        self: Connection,
        record_date: date | None = None,
        *,
        start_date: date | None = None,
        end_date: date | None = None,
        limit: int | None = None,
    ) -> list[AnyRow]:
        return self.read(
            row_class,
            record_date=record_date,
            start_date=start_date,
            end_date=end_date,
            limit=limit,
            latest_day=True,
        )

    return _reader(
        get,
        row_class,
        "The rows of the newest day; of ``record_date``, or of ``start_date`` to ``end_date`` inclusive, newest first.",
    )


def rows(row_class: type[AnyRow]):
    """A method that returns all rows, or those of the days asked for."""

    def get(
        self: Connection,
        record_date: date | None = None,
        *,
        start_date: date | None = None,
        end_date: date | None = None,
        limit: int | None = None,
    ) -> list[AnyRow]:
        return self.read(row_class, record_date=record_date, start_date=start_date, end_date=end_date, limit=limit)

    day = row_class.__table__.info["day"]
    return _reader(
        get,
        row_class,
        f"All rows, newest {day} first; of ``record_date``, or of ``start_date`` to ``end_date`` inclusive.",
    )


def adder(row_class: Callable[Columns, Row]) -> Callable[Concatenate[Connection, Columns], int]:
    """A method that adds a row, given as its columns, and returns its id."""

    def add(self: Connection, *args: Columns.args, **columns: Columns.kwargs) -> int:
        return self.insert(row_class(*args, **columns))

    assert isinstance(row_class, type) and issubclass(row_class, Row)
    self_parameter = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    columns = inspect.signature(row_class).parameters.values()
    add.__signature__ = inspect.Signature([self_parameter, *columns], return_annotation=int)  # type: ignore[attr-defined]
    return _named(
        add,
        f"add_{_snake(row_class.__name__)}",
        f"Add a row to {row_class.__table__.name}; its id. {row_class.__doc__}\n\n"
        "The table's defaults stand in for columns left out. Raises SmartShopieError on the warehouse, and when the\n"
        "table is missing or refuses the row.",
    )


def _reader(get: Any, row_class: type[Row], what: str) -> Any:
    document = f"{what}\n\nA row: {row_class.__doc__} Raises SmartShopieError when the table is missing."
    return _named(get, f"get_{row_class.__table__.name}", document)


def _named(method: Any, name: str, document: str) -> Any:
    method.__name__ = name
    method.__qualname__ = f"SmartShopieDB.{name}"
    method.__doc__ = document
    return method


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()
