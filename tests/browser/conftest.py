"""An Airflow of the tests' own, opened in Chromium."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest
from customer360.settings import PROJECT, read_settings
from customer360.warehouse import LocalServer, open_warehouse
from playwright.sync_api import Browser, Page, expect, sync_playwright
from warehouses import reachable_folder

START_TIMEOUT_SECONDS = 400
RUN_TIMEOUT_SECONDS = 1200
SHOWN_WITHIN_MILLISECONDS = 60_000
expect.set_options(timeout=SHOWN_WITHIN_MILLISECONDS)


@dataclass(frozen=True, eq=False)
class ServedAirflow:
    """A running Airflow UI, the home it works in, and what its webhook was told."""

    url: str
    password: str
    home: Path
    told: list[dict] = field(default_factory=list)

    @cached_property
    def api(self) -> httpx.Client:
        """A client of the REST API, logged in."""
        client = httpx.Client(base_url=self.url, timeout=120)
        token = client.post("/auth/token", json={"username": "admin", "password": self.password}).raise_for_status()
        client.headers["Authorization"] = f"Bearer {token.json()['access_token']}"
        return client

    def in_warehouse(self, query: str) -> list[tuple]:
        """The rows of a query in the warehouse it works on."""
        with open_warehouse(read_settings({"CUSTOMER360_HOME": str(self.home)})).connect() as connection:
            return connection.execute(query).fetchall()

    @property
    def data(self) -> Path:
        """Where its server keeps the databases."""
        return LocalServer(self.home).data

    def files_with(self, text: str, *folders: Path) -> list[str]:
        """The files below folders that hold a text on the disk."""
        warehouse = open_warehouse(read_settings({"CUSTOMER360_HOME": str(self.home)}))
        with warehouse.connect(autocommit=True) as connection:
            connection.execute("checkpoint")
        found = []
        for path in (path for folder in folders for path in folder.rglob("*") if path.is_file()):
            with suppress(FileNotFoundError):  # the server removes some meanwhile
                if text.encode() in path.read_bytes():
                    found.append(str(path))
        return found

    def triggered(self, dag: str, conf: dict[str, object]) -> dict:
        """The run of a DAG that was triggered, once it has ended."""
        self.api.patch(f"/api/v2/dags/{dag}", json={"is_paused": False}).raise_for_status()
        asked = {"logical_date": None, "conf": conf}
        run = self.api.post(f"/api/v2/dags/{dag}/dagRuns", json=asked).raise_for_status().json()
        (ended,) = self.when_ended(
            dag, lambda runs: [found for found in runs if found["dag_run_id"] == run["dag_run_id"]]
        )
        return ended

    def when_ended(self, dag: str, chosen: Callable[[list[dict]], list[dict]]) -> list[dict]:
        """Those of a DAG's runs, the oldest first, that are chosen, once there are some and all have ended."""
        deadline = time.monotonic() + RUN_TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            runs = self.api.get(f"/api/v2/dags/{dag}/dagRuns?order_by=id").raise_for_status().json()["dag_runs"]
            found = chosen(runs)
            if found and all(run["state"] in ("success", "failed") for run in found):
                return found
            time.sleep(1)
        pytest.fail(f"The runs of {dag} did not end.")

    def instances(self, run: dict) -> list[dict]:
        """The task instances of a run."""
        path = f"/api/v2/dags/{run['dag_id']}/dagRuns/{run['dag_run_id']}/taskInstances"
        return self.api.get(path).raise_for_status().json()["task_instances"]

    def states(self, run: dict) -> dict[str, str]:
        """The state of each task of a run."""
        return {instance["task_id"]: instance["state"] for instance in self.instances(run)}


@pytest.fixture(scope="module")
def airflow() -> Iterator[ServedAirflow]:
    """`customer360 airflow` on the sample delivery, as `make airflow` starts it; every night in it is late at once."""
    told: list[dict] = []
    with reachable_folder() as folder, _webhook(told) as address:
        home, log, landing = folder / "home", folder / "airflow.log", folder / "landing"
        shutil.copytree(PROJECT / "seeds", landing)  # an erasure rewrites it
        environment = os.environ | {
            "CUSTOMER360_HOME": str(home),
            "CUSTOMER360_LANDING": str(landing),
            "CUSTOMER360_NIGHT_DUE_HOURS": "0.001",
            "CUSTOMER360_ALERT_WEBHOOK": "night_watch",
            "AIRFLOW_CONN_NIGHT_WATCH": json.dumps({"conn_type": "http", "host": address}),
        }
        command = [str(Path(sys.executable).with_name("customer360")), "airflow"]
        with log.open("w") as output:
            process = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
        try:
            yield _when_healthy(home, log, told)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)
            LocalServer(home).stop("immediate")


@contextmanager
def _webhook(told: list[dict]) -> Iterator[str]:
    """An address that keeps what it is told."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook"
    finally:
        server.shutdown()
        server.server_close()


def _when_healthy(home: Path, log: Path, told: list[dict]) -> ServedAirflow:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        time.sleep(1)
        try:
            kept = json.loads((home / "airflow" / "secrets.json").read_text())
            url = f"http://127.0.0.1:{kept['port']}"
            health = httpx.get(f"{url}/api/v2/monitor/health", timeout=2).json()
        except (OSError, ValueError, httpx.HTTPError):
            continue
        if all(health[part]["status"] == "healthy" for part in ("scheduler", "dag_processor")):
            return ServedAirflow(url, kept["admin_password"], home, told)
    pytest.fail(f"Airflow did not come up:\n{log.read_text()[-3000:]}")


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    """Debian's Chromium, headless; the tests are skipped where it is not installed."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed; `apt-get install chromium` brings it.")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=chromium,
            args=[
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
            ],
        )  # fmt: skip
        yield opened
        opened.close()


@pytest.fixture
def page(airflow: ServedAirflow, browser: Browser) -> Iterator[Page]:
    """A page logged in to the UI; open, it would go on asking for what is new."""
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.set_default_timeout(SHOWN_WITHIN_MILLISECONDS)
    page.goto(f"{airflow.url}/auth/login")
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", airflow.password)
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "/auth/" not in url)
    yield page
    page.close()


@pytest.fixture
def picture(tmp_path: Path):
    """Takes a picture for the documentation, where the environment names a folder for them."""
    folder = Path(os.environ.get("CUSTOMER360_PICTURES", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)

    def take(page: Page, name: str, height: int = 1000) -> None:
        page.wait_for_timeout(2000)  # grids and dialogues draw themselves after their data came
        page.screenshot(path=folder / f"{name}.png", clip={"x": 0, "y": 0, "width": 1400, "height": height})

    return take
