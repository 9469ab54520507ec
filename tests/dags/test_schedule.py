"""The night's schedule around the days on which clocks are changed."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from customer360.settings import read_settings


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Europe/Berlin", date(2026, 3, 29)),
        ("Europe/Berlin", date(2026, 10, 25)),
        ("America/New_York", date(2026, 3, 8)),
        ("America/New_York", date(2026, 11, 1)),
    ],
)
@pytest.mark.parametrize("at", ["0 2 * * *", "30 2 * * *"], ids=["at 02:00", "at 02:30"])
def test_a_night_due_in_the_missing_or_the_doubled_hour_leaves_no_business_day_out(zone: str, day: date, at: str):
    import pendulum
    from airflow.timetables.base import DataInterval, TimeRestriction
    from airflow.timetables.trigger import CronTriggerTimetable

    settings = read_settings({"CUSTOMER360_BUSINESS_TIME_ZONE": zone})
    schedule = CronTriggerTimetable(at, timezone=zone)
    start = pendulum.instance(datetime.combine(day - timedelta(days=3), datetime.min.time(), ZoneInfo(zone)))
    last, days = None, []
    for _ in range(7):
        info = schedule.next_dagrun_info(
            last_automated_data_interval=last, restriction=TimeRestriction(start, None, catchup=True)
        )
        assert info is not None
        last = DataInterval.exact(info.run_after)
        days.append(settings.last_business_day(info.run_after))
    # Twice the same day would publish nothing new; a day left out would be missing for ever.
    first = day - timedelta(days=4)
    assert sorted(set(days)) == [first + timedelta(days=number) for number in range(len(set(days)))]
    assert day in days and days == sorted(days)
