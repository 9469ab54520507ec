"""A day that is backfilled, beside the same day as its own night made it."""

from __future__ import annotations

from datetime import date

import pytest
from customer360 import build, pipeline
from customer360.publish import read_specification
from customer360.settings import PROJECT, Settings
from customer360.warehouse import OWNER, Warehouse
from psycopg import sql
from warehouses import checksums, copy_of, drop, run_night

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(1800)]

DAYS = (date(2026, 3, 1), date(2026, 4, 15), date(2026, 6, 28))
SHUFFLED = (DAYS[1], DAYS[2], DAYS[0])


def _rows_of(warehouse: Warehouse, tables: list[tuple[str, str, list[str]]], day: date) -> dict[str, list[tuple]]:
    with warehouse.connect(OWNER) as connection:
        return {
            f"{schema}.{table}": connection.execute(
                sql.SQL("select {columns} from {table} where record_date = %s order by {columns}").format(
                    columns=sql.SQL(", ").join(map(sql.Identifier, columns)), table=sql.Identifier(schema, table)
                ),
                [day],
            ).fetchall()
            for schema, table, columns in tables
        }


def test_a_backfilled_day_equals_the_day_its_own_night_made_and_nothing_else_moves(
    settings: Settings, empty_warehouse: Warehouse, sample_night: pipeline.Run
):
    manifest = build.manifest_path(sample_night.settings)
    tables = [
        (table.schema_name, table.name, [c.name for c in table.columns if c.name not in ("created_at", "updated_at")])
        for table in read_specification(manifest)
        if table.day_column
    ]
    assert len(tables) > 10

    nights = copy_of(empty_warehouse)
    made_at_night = {}
    for day in DAYS:
        run_night(settings, nights, PROJECT / "seeds", day)
        made_at_night[day] = _rows_of(nights, tables, day)
    drop(nights)

    backfilled = copy_of(sample_night.warehouse)
    before = checksums(backfilled)
    for day in SHUFFLED:
        run_night(settings, backfilled, PROJECT / "seeds", day)
    for day in DAYS:
        assert _rows_of(backfilled, tables, day) == made_at_night[day], day

    after = checksums(backfilled)
    day_grained = {f"{schema}.{table}" for schema, table, _ in tables}
    assert {name for name in after if after[name] != before[name]} <= day_grained

    run_night(settings, backfilled, PROJECT / "seeds")
    again = checksums(backfilled)
    # Whoever belonged to a segment on the backfilled days is known now.
    assert {name for name in again if again[name] != before[name]} <= {"core.fct_segment_membership"}
    drop(backfilled)
