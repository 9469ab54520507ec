"""The dashboards as an analyst opens them: a Superset on the sample delivery, in Chromium."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from browser.conftest import browser  # noqa: F401  # a fixture
from customer360 import pipeline
from customer360.dashboards.__main__ import put_dashboards
from customer360.dashboards.api import ROLES, charts_without_data, log_in
from customer360.dashboards.definitions import Dashboard, read_dashboards
from customer360.dashboards.server import LocalSuperset, local_superset
from playwright.sync_api import Browser, Page, Response, expect

pytestmark = pytest.mark.browser

DASHBOARDS = {dashboard.slug: dashboard for dashboard in read_dashboards()}
WIDTH, TALL = 1500, 2200
LOADING_TIMEOUT_MS = 180_000
WORDS_OF_FAILURE = re.compile(r"data error|unexpected error|an error occurred|no results were returned|no data", re.I)


@pytest.fixture(scope="module")
def superset(sample_night: pipeline.Run) -> Iterator[LocalSuperset]:
    """Superset with the dashboards, as `make dashboards` serves it."""
    served = local_superset(sample_night.settings)
    served.prepare()
    with served.serving():
        report = put_dashboards(sample_night.settings, served)
        assert report.dashboards == len(DASHBOARDS) == 7
        assert report.charts == sum(len(dashboard.charts) for dashboard in DASHBOARDS.values())
        yield served


@pytest.fixture(scope="module")
def page(superset: LocalSuperset, browser: Browser) -> Page:  # noqa: F811
    """A page logged in as admin."""
    return logged_in(superset, browser, "admin", superset.admin_password)


@pytest.fixture(scope="module")
def admin(superset: LocalSuperset) -> httpx.Client:
    """The REST API as admin."""
    return log_in(superset, "admin", superset.admin_password)


@pytest.mark.parametrize("slug", DASHBOARDS)
def test_a_dashboard_shows_every_chart_with_data(slug: str, superset: LocalSuperset, page: Page, tmp_path: Path):
    assert opened(page, superset, DASHBOARDS[slug]) == []
    assert WORDS_OF_FAILURE.findall(page.locator("#app").inner_text()) == []
    folder = Path(os.environ.get("CUSTOMER360_PICTURES", tmp_path))
    page.screenshot(
        path=folder / f"dashboard-{slug}.png", clip={"x": 0, "y": 0, "width": WIDTH, "height": bottom(page)}
    )


def test_filters_change_what_is_counted(sample_night: pipeline.Run, superset: LocalSuperset, page: Page):
    opened(page, superset, DASHBOARDS["care-operations"])
    for number, value in ((1, "Traditionalists"), (2, "Phone")):
        choice = page.locator(f"#NATIVE_FILTER-care-operations-{number}")
        choice.click()
        choice.fill(value)
        page.locator(f".ant-select-item-option[title='{value}']").click()
        page.keyboard.press("Escape")
    page.get_by_role("button", name="Apply").click()
    with sample_night.warehouse.connect("pii_reader") as connection:
        row = connection.execute(
            "select count(*) from core.fct_customer_interactions join core.fct_customer_segments using (customer_key)"
            " where channel_name = 'Phone' and segment = 'Traditionalists'"
            " and interaction_date between date '2026-06-30' - 179 and '2026-06-30'"
        ).fetchone()
    assert row and row[0]
    contacts = page.locator("[data-test='slice-container']").first
    expect(contacts.locator(".header-line")).to_have_text(f"{row[0]:,}", timeout=LOADING_TIMEOUT_MS)


def test_the_customer_page_shows_one_customer(superset: LocalSuperset, page: Page):
    opened(page, superset, DASHBOARDS["customer-360"])
    assert page.locator("#app").inner_text().count("Mail address") == 1


def test_the_customer_page_is_behind_a_role_of_its_own(superset: LocalSuperset, admin: httpx.Client):
    analyst = log_in(superset, *user(admin, "Gamma", ROLES["bi_reader"]))
    steward = log_in(superset, *user(admin, "Gamma", ROLES["pii_reader"]))
    assert [problem for slug in DASHBOARDS if (problem := refusal(analyst, slug))] == ["customer-360"]
    assert refusal(steward, "customer-360") is None
    personal = admin.get("/api/v1/dashboard/customer-360/charts").json()["result"][0]["id"]
    assert analyst.get(f"/api/v1/chart/{personal}/data/").status_code in (403, 404)
    assert steward.get(f"/api/v1/chart/{personal}/data/").status_code == 200


def test_a_chart_with_a_wrong_metric_is_noticed(admin: httpx.Client):
    chart = admin.get("/api/v1/dashboard/overview/charts").json()["result"][0]
    query = json.loads(admin.get(f"/api/v1/chart/{chart['id']}").json()["result"]["query_context"])
    kept = json.dumps(query)
    query["queries"][0]["metrics"] = ["no_such_metric"]
    change = {"query_context": json.dumps(query), "query_context_generation": True}
    admin.put(f"/api/v1/chart/{chart['id']}", json=change).raise_for_status()
    problems = charts_without_data(admin, [DASHBOARDS["overview"]])
    admin.put(f"/api/v1/chart/{chart['id']}", json=change | {"query_context": kept}).raise_for_status()
    assert len(problems) == 1
    assert chart["slice_name"] in problems[0]


def logged_in(superset: LocalSuperset, browser: Browser, user: str, password: str) -> Page:  # noqa: F811
    """A page of a browser session of its own, logged in."""
    page = browser.new_context(viewport={"width": WIDTH, "height": TALL}).new_page()
    page.set_default_timeout(LOADING_TIMEOUT_MS)
    page.goto(f"{superset.url}/login/")
    page.fill("#username", user)
    page.fill("#password", password)
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "/login" not in url, timeout=LOADING_TIMEOUT_MS)
    return page


def opened(page: Page, superset: LocalSuperset, dashboard: Dashboard) -> list[str]:
    """Open ``dashboard`` and wait for its charts: what is wrong with the data they were given."""
    answers: list[Response] = []

    def keep(answer: Response) -> None:
        answers.append(answer)

    page.goto("about:blank")  # what an earlier page still waits for is none of ours
    page.on("response", keep)
    page.goto(f"{superset.url}/superset/dashboard/{dashboard.slug}/")
    page.wait_for_function(
        "count => document.querySelectorAll(\"[data-test='slice-container']\").length === count"
        " && !document.querySelector(\"[data-test='loading-indicator'], .loading\")",
        arg=len(dashboard.charts), timeout=LOADING_TIMEOUT_MS,
    )  # fmt: skip
    page.wait_for_timeout(2000)  # the charts move while they are drawn
    page.remove_listener("response", keep)
    return [problem for answer in answers if "/api/v1/chart/data" in answer.url for problem in judged(answer)]


def judged(answer: Response) -> list[str]:
    """What is wrong with the answer to a chart's data request."""
    asked = [query.get("metrics") or query.get("columns") for query in answer.request.post_data_json["queries"]]
    if answer.status >= 400:
        return [f"{asked} answers {answer.status}: {answer.text()[:300]}"]
    return [f"{asked} has no row"] if not all(result["rowcount"] for result in answer.json()["result"]) else []


def bottom(page: Page) -> float:
    """Where the last chart of the page ends."""
    boxes = [box.bounding_box() for box in page.locator("[data-test='slice-container']").all()]
    return max(box["y"] + box["height"] for box in boxes if box) + 40


def user(admin: httpx.Client, *roles: str) -> tuple[str, str]:
    """Enter a user with these roles: the name and the password."""
    known = admin.get("/api/v1/security/roles/", params={"q": "(page_size:100)"}).json()["result"]
    name, password = f"user-{secrets.token_hex(4)}", secrets.token_urlsafe(12)
    admin.post(
        "/api/v1/security/users/",
        json={
            "username": name, "password": password, "first_name": "A", "last_name": "User", "active": True,
            "email": f"{name}@localhost.example", "roles": [role["id"] for role in known if role["name"] in roles],
        },
    ).raise_for_status()  # fmt: skip
    return name, password


def refusal(client: httpx.Client, slug: str) -> str | None:
    """The dashboard's name, where it is not shown to this user."""
    return None if client.get(f"/api/v1/dashboard/{slug}").status_code == 200 else slug
