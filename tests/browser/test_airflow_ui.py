"""The Airflow UI as a data engineer uses it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from browser.conftest import RUN_TIMEOUT_SECONDS, ServedAirflow
from customer360.settings import PROJECT
from playwright.sync_api import Browser, FrameLocator, Page, expect

# The tests stand in the order of a person's evening: a night, its pages, a broken file.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(2400)]

NIGHT = [
    "begin_load", "load", "end_load", "build_core", "segment", "enrich",
    "build_marts", "audit", "publish", "export", "report",
]  # fmt: skip
PAGES = {
    "report": ("Last run", "What it did"),
    "pictures": ("Last run in pictures", "Records in and out, by source"),
    "quality": ("Quality results", "Before publish"),
    "models": ("Models (dbt docs)", "The models of customer360"),
    "dictionary": ("Data dictionary", re.compile(r"^\d+ published tables")),
}


def test_nothing_is_shown_without_a_login(airflow: ServedAirflow, browser: Browser):
    page = browser.new_page()
    for path in ("dags/nightly", *(f"customer360/{name}" for name in PAGES)):
        page.goto(f"{airflow.url}/{path}")
        expect(page.locator("input[name=password]")).to_be_visible()
    page.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_program_without_a_login_is_told_401(name: str, airflow: ServedAirflow):
    for headers in ({}, {"Authorization": "Bearer made-up"}):
        answer = httpx.get(f"{airflow.url}/customer360/{name}", headers=headers, timeout=60)
        assert answer.status_code in (401, 403)
        assert set(answer.json()) == {"detail"}


@pytest.mark.parametrize("name", [name for name in PAGES if name != "report"])
def test_before_the_first_night_a_page_says_what_to_do(name: str, airflow: ServedAirflow):
    answer = airflow.api.get(f"/customer360/{name}")
    assert (answer.status_code, "Trigger the DAG nightly" in answer.text) == (200, True)


def test_the_documentation_of_the_night_is_read_in_the_ui(airflow: ServedAirflow, page: Page, picture):
    page.goto(f"{airflow.url}/dags/nightly")
    page.get_by_role("button", name="Dag Docs").click()
    expect(page.get_by_role("dialog")).to_contain_text("To resume after a failure, mend the cause")
    picture(page, "nightly-docs")


def test_nightly_is_triggered_by_hand_with_a_date_and_its_grid_turns_green(airflow: ServedAirflow, page: Page, picture):
    airflow.api.patch("/api/v2/dags/export_marts", json={"is_paused": False}).raise_for_status()
    page.goto(f"{airflow.url}/dags/nightly")
    page.get_by_role("button", name="Trigger").first.click()
    form = page.get_by_role("dialog")
    form.locator("input[type=date]").fill("2026-06-30")
    picture(page, "trigger-form", height=560)
    form.get_by_role("button", name="Trigger").click()
    expect(form).not_to_be_visible()
    page.goto("about:blank")  # an open page keeps a core busy

    (run,) = _ended_runs(airflow, "nightly", 1)
    assert run["conf"]["as_of_date"] == "2026-06-30"
    assert run["state"] == "success", airflow.states(run)
    assert airflow.states(run) == dict.fromkeys(NIGHT, "success")
    page.goto(f"{airflow.url}/dags/nightly")
    expect(page.get_by_text("Publish all at once").first).to_be_visible()
    picture(page, "nightly-grid")
    page.goto(f"{airflow.url}/dags/nightly/runs/{run['dag_run_id']}/tasks/report")
    expect(page.get_by_text("published.").first).to_be_visible()
    picture(page, "nightly-report")


def test_a_night_that_is_late_is_told(airflow: ServedAirflow):
    (run,) = _ended_runs(airflow, "nightly", 1)
    (late,) = [message for message in airflow.told if message["event"] == "night_is_late"]
    assert late["run"] == run["dag_run_id"]
    assert "Readers still see the tables of the night before." in late["text"]


def test_the_log_of_a_task_ends_with_the_sentence_that_matters(airflow: ServedAirflow):
    (run,) = _ended_runs(airflow, "nightly", 1)
    sentences = {
        "begin_load": " files lie in the landing folder.",
        "end_load": " records are loaded from ",
        "build_core": "models are built",
        "enrich": "customers were new or changed",
        "audit": "checks found nothing that keeps the marts from readers",
        "publish": "rows are published",
        "report": "as of 2026-06-30: published.",
    }
    assert {task: words for task, words in sentences.items() if words not in _lines(airflow, run, task)[-1]} == {}


def test_every_layer_is_an_asset_whose_event_counts_its_rows(airflow: ServedAirflow, page: Page, picture):
    events = airflow.api.get("/api/v2/assets/events?limit=100").raise_for_status().json()["asset_events"]
    extra = {event["name"]: event["extra"] for event in events if event["source_dag_id"] == "nightly"}
    assert set(extra) == {"raw", "core", "enrichment", "marts"}
    assert {told["as_of_date"] for told in extra.values()} == {"2026-06-30"}
    assert extra["raw"]["rows"] > 30_000
    assert extra["core"]["rows"]["dim_customer"] == extra["marts"]["rows"]["core.dim_customer"] > 100
    assert extra["enrichment"]["customers"] > 100
    (marts,) = [event["asset_id"] for event in events if event["name"] == "marts"][:1]
    page.goto(f"{airflow.url}/assets/{marts}")
    expect(page.get_by_text("nightly").first).to_be_visible()
    picture(page, "asset-marts")


def test_published_marts_are_exported_without_being_asked(airflow: ServedAirflow):
    (run,) = _ended_runs(airflow, "export_marts", 1)
    assert (run["run_type"], run["state"]) == ("asset_triggered", "success")
    exported = airflow.home / "exports" / "2026-06-30"
    assert {path.name for path in exported.iterdir()} == {"csv", "parquet", "sqlite", "ddl"}
    assert (exported / "sqlite" / "smartshopie_dashboard.db").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", PAGES)
def test_the_pages_of_the_menu_open_and_ask_nothing_of_a_network(
    name: str, airflow: ServedAirflow, page: Page, picture
):
    asked: set[str | None] = set()
    page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
    title, words = PAGES[name]
    page.get_by_text("Plugins", exact=True).click()
    page.get_by_text("Customer 360", exact=True).hover()
    expect(page.get_by_text(title, exact=True)).to_be_visible()
    if name == "report":
        picture(page, "menu")
    page.get_by_text(title, exact=True).click()
    expect(_shown(page).get_by_text(words).first).to_be_visible()
    picture(page, f"page-{name}")
    assert asked <= {urlsplit(airflow.url).netloc, ""}


def test_the_dictionary_finds_a_column_by_a_word(airflow: ServedAirflow, page: Page, picture):
    page.goto(f"{airflow.url}/plugin/customer360-dictionary")
    dictionary = _shown(page)
    dictionary.get_by_label("Search").fill("care.customers")
    expect(dictionary.get_by_text("Mail address; of two customers").first).to_be_visible()
    expect(dictionary.get_by_text("care.agents", exact=True)).to_be_hidden()
    picture(page, "page-dictionary-search")


def test_a_person_approves_drafted_messages_but_one_and_the_ledger_knows_who_and_when(
    airflow: ServedAirflow, page: Page, picture
):
    airflow.api.patch("/api/v2/dags/draft_notifications", json={"is_paused": False}).raise_for_status()
    conf = {"as_of_date": "2026-06-30", "approval": True}
    started = airflow.api.post("/api/v2/dags/draft_notifications/dagRuns", json={"logical_date": None, "conf": conf})
    run = started.raise_for_status().json()
    _until(lambda: airflow.states(run)["approve"] == "awaiting_input")
    # Nobody waits for the answer: the run that drafted is closed.
    assert airflow.in_warehouse("select status from ops.runs where kind = 'draft_notifications'") == [("done",)]
    open_now = airflow.in_warehouse(
        "select draft_id from enrichment.notification_states group by 1"
        " having (array_agg(state order by state_id desc))[1] in ('drafted', 'deferred') order by 1",
    )
    assert len(open_now) > 10

    page.goto(f"{airflow.url}/dags/draft_notifications/runs/{run['dag_run_id']}/tasks/approve/required_actions")
    expect(page.get_by_text(f"Approve {len(open_now)} drafted messages?").first).to_be_visible()
    expect(page.get_by_text("{{first_name}}").first).to_be_visible()
    picture(page, "approval-form")
    # Answered before the scheduler has seen that the task waits, it is taken for one that was lost, and asked again.
    page.wait_for_timeout(10_000)
    answer = {"chosen_options": ["Approve"], "params_input": {"except_drafts": str(open_now[0][0])}}
    asked = f"/api/v2/dags/draft_notifications/dagRuns/{run['dag_run_id']}/taskInstances/approve/-1/hitlDetails"
    airflow.api.patch(asked, json=answer).raise_for_status()

    (ended,) = _ended_runs(airflow, "draft_notifications", 1)
    assert ended["state"] == "success", airflow.states(run)
    decided = airflow.in_warehouse(
        "select state, decided_by, count(*), min(draft_id), bool_and(decided_at > now() - interval '10 minutes')"
        " from enrichment.notification_states where decided_by <> 'rules' group by 1, 2 order by 1",
    )
    assert decided == [
        ("approved", "admin", len(open_now) - 1, open_now[1][0], True),
        ("rejected", "admin", 1, open_now[0][0], True),
    ]


def test_a_broken_file_is_told_by_the_log_and_the_report(airflow: ServedAirflow, page: Page, picture):
    care = airflow.home.parent / "broken" / "care"
    care.mkdir(parents=True)
    shutil.copy(PROJECT / "seeds" / "care" / "channels.csv", care)
    (care / "agents.csv").write_text("agent,name\n1,Ann\n")
    run = airflow.triggered("load_landing", {"landing": str(care.parent), "as_of_date": "2026-06-30"})
    assert run["state"] == "success", airflow.states(run)
    assert "1 are refused (care/agents.csv)" in _lines(airflow, run, "end_load")[-1]
    page.goto(f"{airflow.url}/plugin/customer360-report")
    expect(_shown(page).get_by_text("care/agents.csv").last).to_be_visible()
    expect(_shown(page).get_by_text("Refused files, of which nothing was loaded")).to_be_visible()
    picture(page, "broken-file")


def test_a_delivery_that_is_not_there_turns_red_and_its_log_says_so(airflow: ServedAirflow, page: Page, picture):
    nowhere = str(airflow.home.parent / "nowhere")
    run = airflow.triggered("load_landing", {"landing": nowhere, "as_of_date": "2026-06-30"})
    skipped = dict.fromkeys(("load", "end_load", "finish"), "upstream_failed")
    assert airflow.states(run) == {"begin_load": "failed"} | skipped
    sentence, *advice = last_words = _lines(airflow, run, "begin_load")[-3:]
    assert sentence.startswith("begin_load of load_landing failed. ")
    assert nowhere in sentence
    assert [line.partition(":")[0] for line in advice] == ["Runbook", "Resume"]
    assert [message["text"] for message in airflow.told if message["event"] == "task_failed"] == ["\n".join(last_words)]
    page.goto(f"{airflow.url}/dags/load_landing/runs/{run['dag_run_id']}/tasks/begin_load")
    expect(page.get_by_text("begin_load of load_landing failed.").first).to_be_visible()
    picture(page, "failed-log")


def test_an_erasure_is_dry_first_and_its_form_is_forgotten(airflow: ServedAirflow):
    ((mail,),) = airflow.in_warehouse("select min(email) from care.customers where email is not null")
    run = airflow.triggered("erase_customer", {"dry_run": True, "email": mail})
    assert airflow.states(run)["erase"] == "skipped", airflow.states(run)
    lines = _lines(airflow, run, "erase")
    assert any(line.split() == ["1", "raw.care__customers"] for line in lines), lines
    assert mail not in "\n".join(lines)
    path = f"/api/v2/dags/erase_customer/dagRuns/{run['dag_run_id']}"
    assert set(airflow.api.get(path).raise_for_status().json()["conf"]) == {"dry_run"}
    ((airflows_own,),) = airflow.in_warehouse("select oid from pg_database where datname = 'airflow'")
    assert airflow.files_with("erase_customer", airflow.data / "base" / str(airflows_own))
    assert airflow.files_with(mail, airflow.data / "base" / str(airflows_own)) == []
    assert airflow.in_warehouse(f"select count(*) from care.customers where email = '{mail}'") == [(1,)]


def test_doctor_says_which_connection_and_pool_are_missing(airflow: ServedAirflow):
    environment = os.environ | {
        "CUSTOMER360_HOME": str(airflow.home),
        "CUSTOMER360_LANDING": str(PROJECT / "seeds"),
        "CUSTOMER360_ALERT_EMAIL": "night@example.com",
        "CUSTOMER360_ALERT_WEBHOOK": "night_watch",
        "AIRFLOW_CONN_NIGHT_WATCH": "http://127.0.0.1/hook",
    }
    command = [str(Path(sys.executable).with_name("customer360")), "doctor"]
    examined = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert examined.returncode == 1
    assert "ok   Pool: customer360 has 8 slots." in examined.stdout
    assert "ok   Connection: night_watch is known, of type http." in examined.stdout
    assert "FAIL Connection: CUSTOMER360_ALERT_EMAIL is set, and there is no Airflow connection smtp_default" in (
        examined.stdout
    )


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + RUN_TIMEOUT_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "It did not come to it."
        time.sleep(1)


def _shown(page: Page) -> FrameLocator:
    """What the menu's page shows within Airflow's."""
    return page.frame_locator("iframe")


def _ended_runs(airflow: ServedAirflow, dag: str, count: int) -> list[dict]:
    """All runs of a DAG, the oldest first, once so many are there and have ended."""

    def all_of_them(runs: list[dict]) -> list[dict]:
        assert len(runs) <= count, "Unpausing must not start a night of its own."
        return runs if len(runs) == count else []

    return airflow.when_ended(dag, all_of_them)


def _lines(airflow: ServedAirflow, run: dict, task: str) -> list[str]:
    """The lines of a task's log, but for those that Airflow itself folds around them."""
    (tries,) = (found["try_number"] for found in airflow.instances(run) if found["task_id"] == task)
    path = f"/api/v2/dags/{run['dag_id']}/dagRuns/{run['dag_run_id']}/taskInstances/{task}/logs/{tries}"
    content = airflow.api.get(path, headers={"Accept": "application/json"}).raise_for_status().json()["content"]
    lines = [line["event"] for line in content if not line["event"].startswith("::")]
    return [line for line in lines if line != "Pushing xcom"]
