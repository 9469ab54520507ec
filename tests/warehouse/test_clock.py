"""Days of 23 and 25 hours, hours that are missing or come twice, and clocks that are set back."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from customer360 import pipeline
from customer360.settings import PROJECT, Settings, read_settings
from customer360.warehouse import OWNER, Warehouse
from customer360.warehouse.turns import turn
from jinja2 import Environment
from warehouses import AS_OF_DATE, CARE_EXPORT, start_night

CHANGES = {
    "Europe/Berlin": (date(2026, 3, 29), date(2026, 10, 25)),
    "America/New_York": (date(2026, 3, 8), date(2026, 11, 1)),
}
"""The days on which clocks go forward and back: at 02:00 both."""

ZONES = [(zone, day) for zone, days in CHANGES.items() for day in days]


def in_zone(zone: str) -> Settings:
    return read_settings({"CUSTOMER360_BUSINESS_TIME_ZONE": zone})


def macro(call: str, zone: str, as_of_date: date) -> str:
    """The SQL of a macro of the dbt project, as PostgreSQL gets it."""
    macros = PROJECT / "dbt_project" / "macros"
    source = (macros / "dialect.sql").read_text() + (macros / "business_days.sql").read_text()
    source = re.sub(r"adapter\.dispatch\('(\w+)'\)", r"default__\1", source)
    variables = {"business_time_zone": zone, "as_of_date": as_of_date}
    return Environment().from_string(f"{source}{{{{ {call} }}}}").render(var=variables.get).strip().rpartition("\n")[2]


@pytest.mark.parametrize(("zone", "day"), ZONES)
def test_every_moment_of_a_day_of_23_or_25_hours_is_before_the_next_night(zone: str, day: date):
    here = ZoneInfo(zone)
    moment = datetime.combine(day, datetime.min.time(), here).astimezone(UTC)
    end = datetime.combine(day + timedelta(days=1), datetime.min.time(), here).astimezone(UTC)
    assert end - moment in (timedelta(hours=23), timedelta(hours=25))
    while moment < end:
        assert in_zone(zone).last_business_day(moment) == day - timedelta(days=1), moment
        moment += timedelta(minutes=30)
    assert in_zone(zone).last_business_day(end) == day


@pytest.mark.parametrize(("zone", "day"), ZONES)
def test_the_models_count_a_moment_into_the_business_day_that_the_settings_do(
    empty_warehouse: Warehouse, zone: str, day: date
):
    start = datetime.combine(day - timedelta(days=1), datetime.min.time(), UTC)
    moments = [start + timedelta(minutes=30) * number for number in range(120)]
    counted, known = macro("business_day('moment')", zone, day), macro("is_known_by('moment')", zone, day)
    with empty_warehouse.connect(OWNER) as connection:
        rows = connection.execute(
            f"select moment, {counted}, {known} from unnest(%s::timestamptz[]) as moment",
            [moments],
        ).fetchall()
    assert len(rows) == 120
    for moment, found, is_known in rows:
        assert found == in_zone(zone).last_business_day(moment) + timedelta(days=1), moment
        assert is_known == (found <= day), moment


def test_a_clock_that_was_set_back_between_two_steps_stops_no_night(settings: Settings, warehouse: Warehouse):
    there = replace(settings, warehouse_url=warehouse.owner_url)
    earlier, run = (start_night(there, warehouse, CARE_EXPORT, AS_OF_DATE) for _ in range(2))
    pipeline.load(earlier)
    pipeline.finish_run(earlier, "done")
    with warehouse.connect(OWNER) as connection:
        # As if it had been an hour later then than it is now.
        connection.execute(
            "update ops.run_steps set started_at = started_at + interval '1 hour',"
            " finished_at = finished_at + interval '1 hour'"
        )
    pipeline.load(run)
    with turn(warehouse, run.run_id, "build_core"):
        pass


def test_a_run_given_up_before_the_clock_was_set_back_keeps_nobody_out(settings: Settings, warehouse: Warehouse):
    there = replace(settings, warehouse_url=warehouse.owner_url)
    given_up, run = (start_night(there, warehouse, CARE_EXPORT, AS_OF_DATE) for _ in range(2))
    pipeline.load(given_up)
    with warehouse.connect(OWNER) as connection:
        connection.execute("update ops.run_steps set finished_at = finished_at + interval '1 hour'")
    with turn(warehouse, run.run_id, "load"):
        pass
