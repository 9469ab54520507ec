"""Who is told of a failed task and of a late night, and what; which failures are tried again."""

from __future__ import annotations

import json
import os
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from customer360.settings import PROJECT

CALLBACKS = """
from types import SimpleNamespace
import logging
logging.basicConfig(level=logging.INFO)
import psycopg
from customer360.orchestration.alerts import night_is_late, task_failed
from customer360.pipeline import GateError

instance = SimpleNamespace(task_id="audit", dag_id="nightly", run_id="manual__1", log_url="http://127.0.0.1/log")
failed = GateError("Gate before_publish fails 1 of 367 checks.")
failed.add_note("Runbook: docs/runbooks/a-gate-failed.md")
failed.add_note("Resume:  customer360 resume 12")
task_failed({"task_instance": instance, "exception": failed})
task_failed({"task_instance": instance, "exception": psycopg.errors.UniqueViolation("Key (email)=(ann@x.example)")})
for run_type in ("scheduled", "backfill"):
    night_is_late({
        "dag_run": {"dag_id": "nightly", "dag_run_id": f"{run_type}__1", "run_type": run_type, "state": "running"},
        "deadline": {"deadline_time": "2026-07-01T05:00:00Z"},
    })
"""

SENTENCE = "audit of nightly failed. Gate before_publish fails 1 of 367 checks."

RETRIES = """
import json
import psycopg
from customer360.load import LoadError
from customer360.orchestration.retries import RetryWhereItCanHelp
from customer360.warehouse import RunInProgress, Warehouse, WarehouseError

def lost():
    try:
        Warehouse("postgresql://nobody:pass@127.0.0.1:1/nothing", {}).connect()
    except WarehouseError as error:
        return error

def decided(policy, error, *tries):
    decisions = [policy.evaluate(error, number, 60) for number in tries]
    return [decision.retry_delay.seconds if decision.retry_delay else decision.action.value for decision in decisions]

first, later = RetryWhereItCanHelp(waits_for_turn=True), RetryWhereItCanHelp()
print(json.dumps({
    "a lost warehouse": decided(later, lost(), 1, 2, 3, 4),
    "a broken connection": decided(later, psycopg.OperationalError("gone"), 1),
    "a refused delivery": decided(later, LoadError("no file"), 1),
    "a defect": decided(later, KeyError("x"), 1),
    "a turn, by the first task": decided(first, RunInProgress("Run 3 writes."), 1, 5, 59),
    "a turn, by a later task": decided(later, RunInProgress("Run 3 has written since."), 1),
}))
"""


@dataclass
class _Heard:
    posts: list[tuple[str | None, dict]] = field(default_factory=list)
    mails: list[str] = field(default_factory=list)


@contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[int]:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def _webhook(heard: _Heard) -> HTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.posts.append((self.headers.get("Authorization"), json.loads(body)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    return HTTPServer(("127.0.0.1", 0), Handler)


def _mail_server(heard: _Heard) -> socketserver.TCPServer:
    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 ready\r\n")
            letter: list[str] | None = None
            for line in (raw.decode().rstrip("\r\n") for raw in self.rfile):
                if letter is not None and line != ".":
                    letter.append(line)
                elif line == ".":
                    heard.mails.append("\n".join(letter or []))
                    letter = None
                    self.wfile.write(b"250 kept\r\n")
                elif line.upper().startswith("DATA"):
                    letter = []
                    self.wfile.write(b"354 go on\r\n")
                elif line.upper().startswith("QUIT"):
                    self.wfile.write(b"221 bye\r\n")
                    return
                else:
                    self.wfile.write(b"250 fine\r\n")

    return socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)


def _run(program: str, home: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "AIRFLOW_HOME": str(home), "CUSTOMER360_HOME": str(home), "PYTHONPATH": str(PROJECT / "plugins"),
        "PATH": os.environ["PATH"], **variables,
    }  # fmt: skip
    ran = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[_Heard, str]:
    """What the webhook and the mail server heard of the callbacks, and what the log says."""
    heard = _Heard()
    with _serving(_webhook(heard)) as web_port, _serving(_mail_server(heard)) as mail_port:
        webhook = {"conn_type": "http", "host": f"http://127.0.0.1:{web_port}/hook", "password": "token-of-the-hook"}
        mail = {
            "conn_type": "smtp", "host": "127.0.0.1", "port": mail_port,
            "extra": {"disable_ssl": True, "disable_tls": True, "from_email": "customer360@example.com"},
        }  # fmt: skip
        ran = _run(
            CALLBACKS, tmp_path_factory.mktemp("home"),
            CUSTOMER360_ALERT_EMAIL="night@example.com", CUSTOMER360_ALERT_WEBHOOK="night_watch",
            AIRFLOW_CONN_NIGHT_WATCH=json.dumps(webhook), AIRFLOW_CONN_SMTP_DEFAULT=json.dumps(mail),
        )  # fmt: skip
    return heard, ran.stderr + ran.stdout


def test_the_webhook_is_told_of_a_failed_task_with_its_token(told: tuple[_Heard, str]):
    token, message = told[0].posts[0]
    assert token == "Bearer token-of-the-hook"
    assert message == {
        "text": f"{SENTENCE}\nRunbook: docs/runbooks/a-gate-failed.md\nResume:  customer360 resume 12",
        "event": "task_failed", "dag": "nightly", "task": "audit", "run": "manual__1", "log": "http://127.0.0.1/log",
    }  # fmt: skip


def test_the_mail_addresses_are_told_too(told: tuple[_Heard, str]):
    assert "Gate before_publish fails 1 of 367 checks." in told[0].mails[0]
    assert "To: night@example.com" in told[0].mails[0]


def test_the_words_of_other_libraries_stay_in_the_log(told: tuple[_Heard, str]):
    heard, _ = told
    assert (
        heard.posts[1][1]["text"] == "audit of nightly failed. It ended with UniqueViolation; the log has the details."
    )
    assert "ann@x.example" not in json.dumps(heard.posts) + " ".join(heard.mails)


def test_a_late_night_is_told_and_a_backfilled_one_is_not(told: tuple[_Heard, str]):
    late = [message for _, message in told[0].posts if message["event"] == "night_is_late"]
    assert [message["run"] for message in late] == ["scheduled__1"]
    assert "due by 2026-07-01T05:00" in late[0]["text"]


def test_the_log_says_it_always_and_then_the_runbook_and_the_command_to_resume(told: tuple[_Heard, str]):
    lines = [line for line in told[1].splitlines() if "alerts" in line]
    (where,) = (number for number, line in enumerate(lines) if SENTENCE in line)
    assert "Runbook: docs/runbooks/a-gate-failed.md" in lines[where + 1]
    assert "Resume:  customer360 resume 12" in lines[where + 2]


def test_a_webhook_that_does_not_answer_keeps_the_log_from_nothing_and_its_address_out_of_it(tmp_path: Path):
    webhook = {"conn_type": "http", "host": "http://127.0.0.1:1/secret-path"}
    ran = _run(
        CALLBACKS, tmp_path, CUSTOMER360_ALERT_WEBHOOK="night_watch", AIRFLOW_CONN_NIGHT_WATCH=json.dumps(webhook)
    )
    said = ran.stdout + ran.stderr
    refused, sentence = "The webhook of connection night_watch was not told: ConnectError", "audit of nightly failed."
    assert 0 <= said.find(refused) < said.find(sentence), "The sentence that matters is the last one."
    assert "secret-path" not in said


def test_only_what_time_may_mend_is_tried_again(tmp_path: Path):
    decided = json.loads(_run(RETRIES, tmp_path).stdout.splitlines()[-1])
    assert decided == {
        "a lost warehouse": [30, 60, 120, "fail"],
        "a broken connection": [30],
        "a refused delivery": ["fail"],
        "a defect": ["fail"],
        "a turn, by the first task": [30, 300, 300],
        "a turn, by a later task": ["fail"],
    }
