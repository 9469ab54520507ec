"""A row of a dashboard table, and through it the table: declared once, as annotated columns."""

import types
from collections.abc import Callable, Iterable, Sequence
from dataclasses import Field, dataclass, fields
from datetime import UTC, date, datetime
from typing import Any, ClassVar, dataclass_transform, get_args

from sqlalchemy import REAL, Column, Date, Dialect, Index, Integer, MetaData, Table, Text, text
from sqlalchemy.types import UserDefinedType

METADATA = MetaData()
"""All dashboard tables, filled by the subclasses of Row."""


class UtcTimestamp(UserDefinedType[datetime]):
    """An instant. In SQLite it is the text ``YYYY-MM-DD HH:MM:SS`` in UTC; in Python it knows its zone."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "TIMESTAMP"

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any] | None:
        if dialect.name != "sqlite":
            return None
        return lambda instant: in_utc(instant).strftime("%Y-%m-%d %H:%M:%S") if instant else None

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        if dialect.name == "sqlite":
            return lambda stored: in_utc(datetime.fromisoformat(stored)) if stored else None
        return lambda stored: in_utc(stored) if stored else None


def in_utc(instant: datetime) -> datetime:
    """The same instant in UTC; one without a zone is taken to be in UTC already."""
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


_TYPES = {int: Integer, float: REAL, str: Text, date: Date, datetime: UtcTimestamp}


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Row:
    """Base of the row classes: a subclass is a frozen dataclass, and ``__table__`` the table of its rows.

    A column without ``| None`` refuses NULL. ``day`` is the column that date filters apply to, ``then`` orders the
    rows of a day, ``indexes`` are written ``name (columns)``, ``key`` is None where a table has no primary key.
    """

    __table__: ClassVar[Table]

    def __init_subclass__(
        cls,
        *,
        table: str,
        indexes: Sequence[str] = (),
        key: str | None = "id",
        day: str = "record_date",
        then: str | None = None,
    ) -> None:
        dataclass(frozen=True, kw_only=True)(cls)
        cls.__table__ = Table(
            table,
            METADATA,
            *(_column(field, key) for field in fields(cls)),  # type: ignore[arg-type]
            *_indexes(indexes),
            info={"day": day, "then": then},
            sqlite_autoincrement=key == "id",
        )


def _column(field: Field[Any], key: str | None) -> Column[Any]:
    kinds = get_args(field.type) if isinstance(field.type, types.UnionType) else (field.type,)
    return Column(
        field.name,
        _TYPES[kinds[0]],
        primary_key=field.name == key,
        nullable=type(None) in kinds,
        server_default=_server_default(field, kinds[0]),
    )


def _server_default(field: Field[Any], kind: type) -> Any:
    if field.name in ("created_at", "updated_at") and kind is datetime:
        return text("CURRENT_TIMESTAMP")
    return field.default if isinstance(field.default, str) else None


def _indexes(declarations: Iterable[str]) -> Iterable[Index]:
    for declaration in declarations:
        name, _, columns = declaration.partition(" ")
        yield Index(name, *columns.strip("()").split(", "))
