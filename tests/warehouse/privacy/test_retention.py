"""What has outlived its period goes, and nothing else does."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

from customer360 import maintenance, privacy
from customer360.settings import PROJECT, Settings
from customer360.warehouse import OWNER, Warehouse

NEWEST = "2026-06-29"


def age(path: Path, days: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x")
    then = time.time() - days * 86_400
    os.utime(path, (then, then))
    return path


def test_only_what_has_outlived_its_period_is_deleted(here: Settings, warehouse: Warehouse):
    with warehouse.connect(OWNER) as connection:
        # Four versions of one customer, all old: the first says since when, the last is current, the others go.
        connection.execute(
            "insert into raw.care__customers select c.* from raw.care__customers c, generate_series(1, 3)"
            " where customer_id = 880009"
        )
        connection.execute(
            "update raw.care__customers set _loaded_at = now() - interval '91 days',"
            " _record_number = v.version, customer_name = v.version::text"
            " from (select ctid as place, row_number() over () as version from raw.care__customers"
            " where customer_id = 880009) v where raw.care__customers.ctid = v.place"
        )
        connection.execute(
            "update quarantine.rejected_records set rejected_at = now() - interval '181 days' where record_number = 2"
        )
        connection.execute(
            "insert into ops.checks (run_id, gate, suite, check_name, severity, passed, finished_at)"
            " select 1, 'after_load', 's', 'c', 'warn', true, now() - make_interval(days => d)"
            " from unnest(array[364, 366]) d"
        )
    logs = here.home / "logs"
    old, young = age(logs / "old.log", 91), age(logs / "young.log", 89)
    report, older_report = here.home / "reports" / "2", here.home / "reports" / "1"
    age(report / "quality.html", 364)
    age(older_report / "quality.html", 366)
    os.utime(older_report, (time.time() - 366 * 86_400,) * 2)

    expected = {
        "raw superseded versions": 2,
        "quarantine.rejected_records": 1,
        "ops.checks": 1,
        "logs": 1,
        "reports": 1,
    }
    assert maintenance.preview(warehouse, here) == expected
    assert old.exists()
    assert maintenance.maintain(warehouse, here) == expected
    assert (old.exists(), young.exists(), report.exists(), older_report.exists()) == (False, True, True, False)
    with warehouse.connect(OWNER) as connection:
        assert connection.execute(
            "select array_agg(customer_name order by 1) from raw.care__customers where customer_id = 880009"
        ).fetchone() == (["1", "4"],)
    assert maintenance.maintain(warehouse, here) == {}


def test_the_page_about_retention_says_the_periods():
    page = (PROJECT / "docs" / "retention.md").read_text()
    rows = {
        place: int(days)
        for places, days in re.findall(r"^\| (.+) \| (\d+) \|$", page, re.MULTILINE)
        for place in re.split(r", (?=`)", places)
    }
    said = {place.strip("`").split(":")[0].split(" of the home")[0].split(" in the home")[0].split(",")[0]: days
            for place, days in rows.items()}  # fmt: skip
    assert said == {place: period.days for place, period in privacy.periods().items()}
