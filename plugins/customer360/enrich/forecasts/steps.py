"""Fits the models at every month's end, once: what was fitted on the same facts stands.

Days between take the newest month's end before them, so what a day shows depends on its facts
alone, and not on which nights have run.
"""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from importlib.metadata import version
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from customer360.enrich.answers import EnrichError
from customer360.enrich.forecasts.fits import METHODS, Fit, Kind
from customer360.enrich.step import ROLE
from customer360.warehouse import Warehouse

if TYPE_CHECKING:
    from customer360.enrich.forecasts.lifetime_value import CustomerValues

_FORECAST_LOCK = 360_000_006
_LIBRARIES = ("numpy", "scipy", "statsmodels")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ForecastReport:
    """``month_ends``: of the history, each with two fits; ``fitted``: written now; ``unchanged``: the others.

    ``statuses``: the fits written now by status.
    """

    month_ends: int
    fitted: int
    unchanged: int
    statuses: dict[str, int]


def month_ends(first_day: date, last_day: date) -> list[date]:
    """The last days of months from ``first_day`` to ``last_day``, both included."""
    days = (first_day + timedelta(days=n) for n in range((last_day - first_day).days + 1))
    return [day for day in days if (day + timedelta(days=1)).day == 1]


def fit_models(warehouse: Warehouse, *, run_id: int, as_of_date: date) -> ForecastReport:
    """Fit lifetime value and revenue for every month's end up to ``as_of_date`` whose facts changed.

    Each fit is committed with all it predicts; a killed run goes on where it stopped. Raises
    EnrichError when the models it reads are not built.
    """
    with _connected(warehouse) as connection:
        # Two runs at once would both fit the same months. Let go when the connection ends.
        connection.execute("select pg_advisory_lock(%s)", [_FORECAST_LOCK])
        connection.commit()
        revenue = connection.execute(_query("revenue"), {"as_of_date": as_of_date}).fetchall()
        if not revenue:
            return ForecastReport(0, 0, 0, {})
        purchases = connection.execute(_query("purchases"), {"as_of_date": as_of_date}).fetchall()
        days = month_ends(revenue[0][0], as_of_date)
        known = {(kind, made_on): input_hash for kind, made_on, input_hash in connection.execute(_query("fits"))}
        statuses: Counter[str] = Counter()
        inputs: dict[Kind, list[tuple]] = {"lifetime_value": purchases, "revenue": revenue}
        for kind, records in inputs.items():
            hashes = _hashes(METHODS[kind], records, days)
            changed = [day for day in days if known.get((kind, day)) != hashes[day]]
            if changed:
                for made_on, fit, predicted in _fits(kind, records, changed):
                    _append(connection, run_id, kind, made_on, hashes[made_on], fit, predicted)
                    connection.commit()
                    statuses[fit.status] += 1
    fitted = statuses.total()
    log.info("Forecasts: %d fits for %d months, %d of them new", 2 * len(days), len(days), fitted)
    return ForecastReport(len(days), fitted, 2 * len(days) - fitted, dict(statuses))


@contextmanager
def _connected(warehouse: Warehouse) -> Iterator[psycopg.Connection]:
    try:
        with warehouse.connect(ROLE) as connection:
            yield connection
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as error:
        raise EnrichError(
            f"Revenue and purchases are not built as forecasts need them; run `customer360 build` first: {error}"
        ) from error


def _query(name: str) -> bytes:
    return (files("customer360.enrich") / "queries" / f"{name}.sql").read_bytes()


def _hashes(method: str, records: list[tuple], days: list[date]) -> dict[date, str]:
    """Per day, a hash of the method and all records up to it; ``records`` start with their day, in order."""
    running = hashlib.sha256(method.encode())
    hashes, position = {}, 0
    for day in days:
        while position < len(records) and records[position][0] <= day:
            running.update(repr(records[position]).encode())
            position += 1
        hashes[day] = running.hexdigest()
    return hashes


def _fits(kind: Kind, records: list[tuple], days: list[date]) -> Iterator[tuple[date, Fit, list[dict[str, Any]]]]:
    # Costs two seconds that a night without a new month should not pay.
    import numpy as np

    from customer360.enrich.forecasts import lifetime_value, revenue

    if kind == "revenue":
        history = revenue.RevenueHistory(records[0][0], np.array([float(amount) for _, amount in records]))
        for day in days:
            fit, months = history.fit(day)
            yield day, fit, [asdict(month) | {"confidence_level": revenue.CONFIDENCE_LEVEL} for month in months]
        return
    purchases = lifetime_value.PurchaseDays(
        customer=np.array([record[1] for record in records], dtype=str),
        day=np.array([record[0].toordinal() for record in records], dtype=int),
        is_purchase=np.array([record[2] for record in records], dtype=bool),
        spend=np.array([record[3] for record in records], dtype=float),
        refund=np.array([record[4] for record in records], dtype=float),
    )
    for day in days:
        fit, values = lifetime_value.fit_lifetime_value(purchases, day)
        yield day, fit, _rows(values) if values else []


def _rows(values: CustomerValues) -> list[dict[str, Any]]:
    return [
        {
            "shop_customer_id": str(customer),
            "predicted_purchases": round(float(purchases), 4),
            "predicted_clv": round(float(predicted), 4),
            "current_clv": round(float(current), 2),
        }
        for customer, purchases, predicted, current in zip(
            values.customer, values.predicted_purchases, values.predicted_clv, values.current_clv, strict=True
        )
    ]


def _append(
    connection: psycopg.Connection,
    run_id: int,
    kind: Kind,
    made_on: date,
    input_hash: str,
    fit: Fit,
    predicted: Iterable[dict[str, Any]],
) -> None:
    row = connection.execute(
        "insert into enrichment.model_fits (run_id, kind, made_on, input_hash, model, status, reason, parameters,"
        " metrics, error, baseline_error, libraries)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) returning fit_id",
        [
            run_id, kind, made_on, input_hash, fit.model, fit.status, fit.reason, Jsonb(fit.parameters),
            Jsonb(fit.metrics), fit.error, fit.baseline_error, Jsonb({name: version(name) for name in _LIBRARIES}),
        ],
    ).fetchone()  # fmt: skip
    assert row is not None
    table = "customer_values" if kind == "lifetime_value" else "revenue_forecasts"
    rows = [{"fit_id": row[0], **prediction} for prediction in predicted]
    if not rows:
        return
    copy_in = sql.SQL("copy {} ({}) from stdin").format(
        sql.Identifier("enrichment", table), sql.SQL(", ").join(map(sql.Identifier, rows[0]))
    )
    with connection.cursor().copy(copy_in) as copy:
        for prediction in rows:
            copy.write_row(tuple(prediction.values()))
