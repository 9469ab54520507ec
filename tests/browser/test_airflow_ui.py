"""The Airflow UI as a data engineer uses it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from browser.conftest import ServedAirflow
from customer360.settings import read_settings
from customer360.warehouse import open_warehouse
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser

RUN_TIMEOUT_SECONDS = 300
NIGHT = ["load", "build_core", "enrich", "build_marts", "audit", "publish", "export", "report"]


@pytest.fixture
def page(airflow: ServedAirflow, browser: Browser) -> Page:
    """A page logged in to the UI."""
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.goto(f"{airflow.url}/auth/login")
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", airflow.password)
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "/auth/" not in url)
    return page


def _picture(page: Page, tmp_path: Path, name: str) -> None:
    folder = Path(os.environ.get("CUSTOMER360_PICTURES", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{name}.png")


def test_nothing_is_shown_without_a_login(airflow: ServedAirflow, browser: Browser):
    page = browser.new_page()
    page.goto(f"{airflow.url}/dags/nightly")
    expect(page.locator("input[name=password]")).to_be_visible()


def test_nightly_is_triggered_by_hand_with_a_date_and_its_grid_turns_green(
    airflow: ServedAirflow, page: Page, tmp_path: Path
):
    airflow.api.patch("/api/v2/dags/export_marts", json={"is_paused": False}).raise_for_status()
    page.goto(f"{airflow.url}/dags/nightly")
    page.get_by_role("button", name="Trigger").first.click()
    form = page.get_by_role("dialog")
    form.locator("input[type=date]").fill("2026-06-30")
    _picture(page, tmp_path, "trigger-form")
    form.get_by_role("button", name="Trigger").click()

    run = _finished_run(airflow, "nightly")
    assert run["conf"]["as_of_date"] == "2026-06-30"
    assert run["state"] == "success", _states(airflow, run)
    assert _states(airflow, run) == dict.fromkeys(NIGHT, "success")
    page.goto(f"{airflow.url}/dags/nightly")
    expect(page.get_by_text("publish", exact=True).first).to_be_visible()
    page.wait_for_timeout(3000)  # the grid draws itself after its data came
    _picture(page, tmp_path, "nightly-grid")
    page.goto(f"{airflow.url}/dags/nightly/runs/{run['dag_run_id']}/tasks/report")
    expect(page.get_by_text("published.").first).to_be_visible(timeout=30_000)
    _picture(page, tmp_path, "nightly-report")


def test_published_marts_are_exported_without_being_asked(airflow: ServedAirflow):
    run = _finished_run(airflow, "export_marts")
    assert (run["run_type"], run["state"]) == ("asset_triggered", "success")
    exported = airflow.home / "exports" / "2026-06-30"
    assert {path.name for path in exported.iterdir()} == {"csv", "parquet", "sqlite", "ddl"}
    assert (exported / "sqlite" / "smartshopie_dashboard.db").stat().st_mode & 0o777 == 0o600


def test_a_person_approves_drafted_messages_but_one_and_the_ledger_knows_who_and_when(
    airflow: ServedAirflow, page: Page, tmp_path: Path
):
    airflow.api.patch("/api/v2/dags/draft_notifications", json={"is_paused": False}).raise_for_status()
    conf = {"as_of_date": "2026-06-30", "approval": True}
    started = airflow.api.post("/api/v2/dags/draft_notifications/dagRuns", json={"logical_date": None, "conf": conf})
    run = started.raise_for_status().json()
    _until(lambda: _states(airflow, run)["approve"] == "awaiting_input")
    # Nobody waits for the answer: the run that drafted is closed.
    assert _in_warehouse(airflow, "select status from ops.runs where kind = 'draft_notifications'") == [("done",)]
    open_now = _in_warehouse(
        airflow,
        "select draft_id from enrichment.notification_states group by 1"
        " having (array_agg(state order by state_id desc))[1] in ('drafted', 'deferred') order by 1",
    )
    assert len(open_now) > 10

    page.goto(f"{airflow.url}/dags/draft_notifications/runs/{run['dag_run_id']}/tasks/approve/required_actions")
    expect(page.get_by_text(f"Approve {len(open_now)} drafted messages?").first).to_be_visible(timeout=30_000)
    expect(page.get_by_text("{{first_name}}").first).to_be_visible()
    _picture(page, tmp_path, "approval-form")
    # Answered before the scheduler has seen that the task waits, it is taken for one that was lost, and asked again.
    page.wait_for_timeout(10_000)
    answer = {"chosen_options": ["Approve"], "params_input": {"except_drafts": str(open_now[0][0])}}
    asked = f"/api/v2/dags/draft_notifications/dagRuns/{run['dag_run_id']}/taskInstances/approve/-1/hitlDetails"
    airflow.api.patch(asked, json=answer).raise_for_status()

    assert _finished_run(airflow, "draft_notifications")["state"] == "success", _states(airflow, run)
    decided = _in_warehouse(
        airflow,
        "select state, decided_by, count(*), min(draft_id), bool_and(decided_at > now() - interval '10 minutes')"
        " from enrichment.notification_states where decided_by <> 'rules' group by 1, 2 order by 1",
    )
    assert decided == [
        ("approved", "admin", len(open_now) - 1, open_now[1][0], True),
        ("rejected", "admin", 1, open_now[0][0], True),
    ]


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + RUN_TIMEOUT_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "It did not come to it."
        time.sleep(1)


def _in_warehouse(airflow: ServedAirflow, query: str) -> list[tuple]:
    with open_warehouse(read_settings({"CUSTOMER360_HOME": str(airflow.home)})).connect() as connection:
        return connection.execute(query).fetchall()


def _finished_run(airflow: ServedAirflow, dag: str) -> dict:
    deadline = time.monotonic() + RUN_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        runs = airflow.api.get(f"/api/v2/dags/{dag}/dagRuns").raise_for_status().json()["dag_runs"]
        assert len(runs) <= 1, "Unpausing must not start a night of its own."
        if runs and runs[0]["state"] in ("success", "failed"):
            return runs[0]
        time.sleep(1)
    pytest.fail("The run did not end.")


def _states(airflow: ServedAirflow, run: dict) -> dict[str, str]:
    path = f"/api/v2/dags/{run['dag_id']}/dagRuns/{run['dag_run_id']}/taskInstances"
    instances = airflow.api.get(path).raise_for_status().json()["task_instances"]
    return {instance["task_id"]: instance["state"] for instance in instances}
