"""What needs several nights in Airflow: days run again by its own form, in Chromium, and a person erased."""

from __future__ import annotations

import pytest
from browser.conftest import ServedAirflow, airflow, browser, page, picture  # noqa: F401  # fixtures
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(2400)]


def test_a_range_of_days_is_backfilled_by_the_form(airflow: ServedAirflow, page: Page, picture):  # noqa: F811
    page.goto(f"{airflow.url}/dags/nightly")
    page.get_by_role("button", name="Trigger Dag").click()
    page.get_by_text("Run this Dag for a range of dates").click()
    for day, hour in (("2026/06/27", "00:00"), ("2026/06/29", "23:59")):
        # The first field that has no date yet.
        page.get_by_text("Select date and time").first.click()
        page.get_by_placeholder("YYYY/MM/DD").last.fill(day)
        page.get_by_placeholder("HH:mm").last.fill(hour)
        page.get_by_text("Date Range").click()
    expect(page.get_by_text("3 runs will be triggered.")).to_be_visible()
    picture(page, "backfill-form")
    page.get_by_role("button", name="Run Backfill").click()
    expect(page.get_by_text("Backfill generated")).to_be_visible()
    page.goto("about:blank")  # an open page keeps a core busy

    def all_three(runs: list[dict]) -> list[dict]:
        backfilled = [run for run in runs if run["run_type"] == "backfill"]
        return backfilled if len(backfilled) == 3 else []

    # Where no night has run by its schedule yet, Airflow also starts the one that was due last; it waits for its turn.
    runs = airflow.when_ended("nightly", all_three)
    assert [run["state"] for run in runs] == ["success"] * 3, [airflow.states(run) for run in runs]
    assert airflow.in_warehouse(
        "select as_of_date::text, status, coalesce(started_at > lag(finished_at) over (order by run_id), true)"
        " from ops.runs where kind = 'nightly' and as_of_date < '2026-06-30' order by run_id",
    ) == [(f"2026-06-{day}", "published", True) for day in (26, 27, 28)]
    page.goto(f"{airflow.url}/dags/nightly/backfills")
    expect(page.get_by_text("2026-06-27").first).to_be_visible()
    picture(page, "backfill-grid")


def test_a_person_is_erased_from_the_warehouse_the_delivery_and_the_disk(airflow: ServedAirflow):  # noqa: F811
    ((mail, of_all),) = airflow.in_warehouse("select min(email), count(*) from care.customers where email is not null")
    landing = airflow.home.parent / "landing"
    assert airflow.files_with(mail, landing)
    assert airflow.files_with(mail, airflow.data)
    run = airflow.triggered("erase_customer", {"dry_run": False, "email": mail})
    assert set(airflow.states(run).values()) == {"success"}, airflow.states(run)
    assert airflow.in_warehouse("select count(*) from care.customers where email is not null") == [(of_all - 1,)]
    assert airflow.files_with(mail, landing, airflow.home, airflow.data) == []
