"""Volumes and sums of the candidates beside those of the last nights: what is unusual warns.

Usual is the median of the last nights, and the spread their median absolute deviation: neither moves when
one of those nights was unusual itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median

import psycopg
import yaml
from psycopg import sql
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from customer360.quality.catalogue import QualityError
from customer360.quality.results import CheckResult

NIGHTS = 28
FEWEST_NIGHTS = 7
"""With fewer nights before it nothing is unusual."""

_SPREADS = 4.0
_LEAST_SPREAD = 0.05
"""As a share of the usual value: what hardly ever moves may still move a little."""

_MAD_TO_DEVIATION = 1.4826
"""Of a normal distribution, the standard deviation by its median absolute deviation."""


class MeasuredTable(BaseModel):
    """An entry of ``expectations/measures.yml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    table: str
    why: str
    day: str | None = None
    sums: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measure:
    """A number of one night and those of the nights before, newest first."""

    table: str
    name: str
    why: str
    value: float
    before: tuple[float, ...]

    @property
    def usual(self) -> float | None:
        """The median of the nights before; None where they are too few."""
        return median(self.before) if len(self.before) >= FEWEST_NIGHTS else None

    @property
    def spread(self) -> float | None:
        """How far a usual night is from the usual value."""
        if self.usual is None:
            return None
        deviation = _MAD_TO_DEVIATION * median(abs(value - self.usual) for value in self.before)
        return max(deviation, _LEAST_SPREAD * abs(self.usual), 1.0)

    @property
    def is_unusual(self) -> bool:
        return self.usual is not None and abs(self.value - self.usual) > _SPREADS * (self.spread or 0)

    def as_check(self) -> CheckResult:
        """The measure as a check of the gate, which warns where it is unusual."""
        observed = f"{self.value:,.10g}"
        if self.usual is not None:
            observed += f", usually {self.usual:,.10g} within {_SPREADS * (self.spread or 0):,.4g}"
        return CheckResult(
            "measures", self.table, f"{self.name}_as_usual", "warn", not self.is_unusual, self.why, observed
        )


def measure(
    connection: psycopg.Connection, expectations_dir: Path, *, run_id: int, as_of_date: date
) -> tuple[Measure, ...]:
    """Measure what ``measures.yml`` names, and keep the numbers in ``ops.measures`` for the nights to come.

    Tables that are not there are left out: whether they must be is another check's question. Raises QualityError
    when the file cannot be read.
    """
    measures = tuple(
        found for table in read_measures(expectations_dir) for found in _measures(connection, table, as_of_date)
    )
    connection.execute("delete from ops.measures where run_id = %s", [run_id])
    with connection.cursor() as cursor:
        cursor.executemany(
            'insert into ops.measures (run_id, "table", measure, value, usual, spread, nights, is_unusual)'
            " values (%s, %s, %s, %s, %s, %s, %s, %s)",
            [(run_id, m.table, m.name, m.value, m.usual, m.spread, len(m.before), m.is_unusual) for m in measures],
        )
    return measures


def read_measures(expectations_dir: Path) -> list[MeasuredTable]:
    """The entries of ``measures.yml``; none where there is no such file. Raises QualityError when it is wrong."""
    path = expectations_dir / "measures.yml"
    if not path.exists():
        return []
    try:
        return TypeAdapter(list[MeasuredTable]).validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, ValidationError) as error:
        raise QualityError(f"{path.name} is no list of tables to measure: {error}") from error


def _measures(connection: psycopg.Connection, table: MeasuredTable, as_of_date: date) -> Iterator[Measure]:
    name = sql.Identifier(*table.table.split(".", 1))
    if connection.execute("select to_regclass(%s)", [name.as_string(connection)]).fetchone() == (None,):
        return
    row = connection.execute(
        sql.SQL("select count(*), {sums} from {table} where {day}").format(
            sums=sql.SQL(", ").join(
                [sql.SQL("coalesce(sum({}), 0)").format(sql.Identifier(column)) for column in table.sums]
                or [sql.SQL("{}").format(0)]
            ),
            table=name,
            day=sql.SQL("{} = {}").format(sql.Identifier(table.day), sql.Literal(as_of_date))
            if table.day
            else sql.SQL("true"),
        )
    ).fetchone()
    assert row is not None
    for measured, value in zip(("rows", *(f"sum_of_{column}" for column in table.sums)), row, strict=False):
        yield Measure(
            table.table, measured, table.why, float(value), _before(connection, table.table, measured, as_of_date)
        )


def _before(connection: psycopg.Connection, table: str, measured: str, as_of_date: date) -> tuple[float, ...]:
    # A day that ran twice counts once, as it was published last.
    rows = connection.execute(
        "select value::float from ("
        " select distinct on (as_of_date) as_of_date, value from ops.measures join ops.runs using (run_id)"
        " where \"table\" = %s and measure = %s and as_of_date < %s and status in ('published', 'unchanged')"
        " order by as_of_date desc, run_id desc limit %s) as nights",
        [table, measured, as_of_date, NIGHTS],
    )
    return tuple(value for (value,) in rows)
