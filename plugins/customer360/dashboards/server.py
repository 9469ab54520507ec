"""A local Superset: an environment of its own in the checkout, everything it keeps in a folder of the home."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from customer360.settings import PROJECT, Settings
from customer360.warehouse.local import write_secret

ENVIRONMENT = PROJECT / ".venv-superset"
START_TIMEOUT_SECONDS = 180
GRACE_SECONDS = 10


class SupersetError(Exception):
    """Superset cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class LocalSuperset:
    """Superset as this machine runs it.

    ``home``: its folder. ``host``, ``port``: where it listens.
    """

    home: Path
    host: str
    port: int

    @property
    def url(self) -> str:
        """Where this machine reaches it, also if it listens on every address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def password_file(self) -> Path:
        """JSON file with its key and the password of its user admin."""
        return self.home / "secrets.json"

    @property
    def admin_password(self) -> str:
        return json.loads(self.password_file.read_text())["admin_password"]

    @contextmanager
    def serving(self) -> Iterator[subprocess.Popen[bytes]]:
        """Serve while the block runs. Raises SupersetError when it runs already or does not come up."""
        if self._answers():
            raise SupersetError(f"Superset runs already at {self.url}; end that one first.")
        log = self.home / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [
                    _program("gunicorn"), "--workers", "1", "--threads", "4", "--timeout", "120",
                    "--bind", f"{self.host}:{self.port}", "superset.app:create_app()",
                ],
                env=self._environment(), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip
        try:
            self._wait_until_it_answers(process, log)
            yield process
        finally:
            process.terminate()
            try:
                process.wait(GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def prepare(self) -> None:
        """Bring its database up to date and enter its user admin. Raises SupersetError."""
        done = self.home / f"database-of-{self._version()}"
        if done.exists():
            return
        self._run("db", "upgrade")
        password = self.admin_password
        # Asked for rather than given as an option: the arguments of a process are open to everybody.
        self._run(
            "fab", "create-admin", "--username", "admin", "--firstname", "Local", "--lastname", "Admin",
            "--email", "admin@localhost", answers=f"{password}\n{password}\n",
        )  # fmt: skip
        self._run("init")
        done.touch()

    def _version(self) -> str:
        return next(ENVIRONMENT.glob("lib/python*/site-packages/apache_superset-*.dist-info")).name.split("-")[1][:-5]

    def _run(self, *arguments: str, answers: str = "") -> None:
        # Without a terminal of its own the command reads a password from its input.
        result = subprocess.run(
            [_program("superset"), *arguments], env=self._environment(), input=answers, capture_output=True,
            text=True, start_new_session=True, check=False,
        )  # fmt: skip
        if result.returncode != 0:
            words = f"superset {' '.join(arguments[:2])}"
            raise SupersetError(f"Superset cannot be set up: `{words}` says {result.stderr.strip()[-2000:]}")

    def _environment(self) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
        return inherited | {
            "HOME": str(self.home),
            "CUSTOMER360_SUPERSET_HOME": str(self.home),
            "SUPERSET_HOME": str(self.home),
            "SUPERSET_CONFIG_PATH": str(PROJECT / "dashboards" / "superset_config.py"),
            "FLASK_APP": "superset.app:create_app()",
        }

    def _wait_until_it_answers(self, process: subprocess.Popen[bytes], log: Path) -> None:
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            if self._answers():
                return
            time.sleep(0.5)
        raise SupersetError(f"Superset does not come up. Its log ends:\n{log.read_text(errors='replace')[-2000:]}")

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health", timeout=2).text == "OK"
        except httpx.HTTPError:
            return False


def local_superset(settings: Settings) -> LocalSuperset:
    """The Superset of this home, its secrets and port made once.

    Raises SupersetError when its environment is not installed.
    """
    if not Path(_program("superset")).exists():
        raise SupersetError("Superset is not installed; run `make dashboards`.")
    home = settings.home / "superset"
    home.mkdir(parents=True, exist_ok=True)
    path = home / "secrets.json"
    if not path.exists():
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        kept = {
            "secret_key": secrets.token_urlsafe(42),
            "admin_password": secrets.token_urlsafe(12),
            "port": port,
        }
        write_secret(path, json.dumps(kept))
    host, port = settings.dashboards_address or ("127.0.0.1", json.loads(path.read_text())["port"])
    return LocalSuperset(home, host, port)


def _program(name: str) -> str:
    return str(ENVIRONMENT / "bin" / name)
