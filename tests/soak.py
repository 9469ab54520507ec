"""`make soak`: the night killed, its server stopped and its disk filled, over and over; and publishes under readers.

Every fault strikes one step at a random moment. Then the step is run again, and what it wrote must equal, by
ordered checksums, what it writes undisturbed; what readers see must be one batch or the other at any time. The
server lives on a small disk of its own in memory, which only root can mount: for others no disk fills up.
"""

from __future__ import annotations

import argparse
import importlib
import json
import logging
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from customer360 import pipeline
from customer360.settings import Settings, read_settings
from customer360.warehouse import OWNER, LocalServer, RunInProgress, Warehouse, open_warehouse
from customer360.warehouse.schema import MARTS
from soak_readers import publish_under_readers
from warehouses import CARE_EXPORT, NIGHT, checksums, copy_of, drop, reachable_folder, start_night

DISK_MEGABYTES = 3000
NOT_ITS_TURN = 75
FIRST_DAY, SECOND_DAY = date(2025, 7, 30), date(2025, 8, 5)
CANDIDATES = tuple(f"candidate_{mart}" for mart in MARTS)

WRITES: dict[str, tuple[str, ...]] = {
    "load": ("raw", "quarantine"),
    "build_core": ("candidate_core",),
    "enrich": ("enrichment",),
    "build_marts": CANDIDATES,
    "audit": MARTS,
    "publish": MARTS,
    "between publish and export": MARTS,
    "export": MARTS,
}
"""Where each step writes. An audit writes nothing that stays, and must leave what readers see alone."""

# A build costs most and is a transaction per model, so it is struck least often.
WEIGHTS = {
    "load": 11, "build_core": 3, "enrich": 9, "build_marts": 3, "audit": 6, "publish": 11,
    "between publish and export": 2, "export": 5,
}  # fmt: skip

_draw = random.Random(360)


@dataclass(frozen=True)
class Stage:
    """The warehouse as it is before a step, what the step writes undisturbed, and how long that takes."""

    before: Warehouse
    written: dict[str, str]
    seconds: float


@dataclass(frozen=True)
class Night:
    """A second night, which changes what the first one published, cut into its steps."""

    run: pipeline.Run
    stages: dict[str, Stage]
    batches: tuple[dict[str, str], dict[str, str]]
    """What readers see before and after it."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    for name, count in (("kills", 50), ("stops", 20), ("full", 20), ("publishes", 200)):
        parser.add_argument(f"--{name}", type=int, default=count)
    parser.add_argument("--report", type=Path, help="JSON file for the figures")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    figures: dict[str, object] = {"load average": os.getloadavg()[0]}
    began = time.monotonic()
    os.environ["PYTHONWARNINGS"] = "ignore:resource_tracker"  # what a killed dbt leaves is cleared by it
    # Here, so that no process needs seconds for it before it begins its step.
    for module in ("dbt.cli.main", "great_expectations"):
        importlib.import_module(module)
    with reachable_folder() as folder, small_disk(folder) as is_small:
        settings = read_settings({"CUSTOMER360_HOME": str(folder / "home")})
        try:
            empty = prepared(open_warehouse(settings))
            figures["publishes under readers"] = publish_under_readers(copy_of(empty), options.publishes)
            say("publishes under readers", figures["publishes under readers"])
            if options.kills or options.stops or options.full:
                night = cut_into_steps(settings, empty, folder)
                for name, count, fault in (
                    ("kills", options.kills, killed),
                    ("immediate stops", options.stops, stopped),
                    ("disk-full runs", options.full if is_small else 0, filled(folder)),
                ):
                    figures[name] = strike(night, count, fault)
                    say(name, figures[name])
        finally:
            LocalServer(settings.home).stop("immediate")
    figures["minutes"] = round((time.monotonic() - began) / 60, 1)
    say("minutes", figures["minutes"])
    if options.report:
        options.report.write_text(json.dumps(figures, indent=2) + "\n")
    return 0


def say(name: str, figure: object) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {name}: {figure}", flush=True)


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """A file system of its own for the home in ``folder``; False where it cannot be mounted."""
    home = folder / "home"
    home.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MEGABYTES}m,mode=0711", "tmpfs", str(home)]
    is_mounted = (
        os.geteuid() == 0
        and shutil.which("mount") is not None
        and subprocess.run(mount, capture_output=True, check=False).returncode == 0
    )
    if not is_mounted:
        say("disk", "no file system can be mounted here, so none will fill up")
    try:
        yield is_mounted
    finally:
        if is_mounted:
            subprocess.run(["umount", "-l", str(home)], check=True)


def prepared(warehouse: Warehouse) -> Warehouse:
    """The set-up warehouse, a template; the server fit for many copies on a small disk."""
    with warehouse.connect(OWNER, autocommit=True) as connection:
        connection.execute("alter system set max_wal_size = '128MB'")
        connection.execute("alter system set min_wal_size = '32MB'")
        connection.execute("select pg_reload_conf()")
    return warehouse


def cut_into_steps(settings: Settings, empty: Warehouse, folder: Path) -> Night:
    """Publish the export without its last days, then all of it, step by step, keeping a copy before each step."""
    landing = folder / "landing"
    shutil.copytree(CARE_EXPORT, landing)
    interactions = landing / "care" / "customer_interactions.csv"
    lines = interactions.read_text().splitlines(keepends=True)
    interactions.write_text(
        "".join(line for line in lines if line.split(",")[6][:10] <= str(FIRST_DAY) or line is lines[0])
    )
    first = copy_of(empty)
    night = start_night(settings, first, landing, FIRST_DAY)
    for step in NIGHT:
        in_its_turn(step, night)
    batch = checksums(first)
    standing = copy_of(first)
    run = start_night(settings, standing, CARE_EXPORT, SECOND_DAY)
    stages: dict[str, Stage] = {}
    for name in WRITES:
        before = copy_of(standing)
        began = time.monotonic()
        if (step := step_of(name)) is not None:
            in_its_turn(step, run)
        seconds = time.monotonic() - began
        stages[name] = Stage(before, checksums(standing, WRITES[name]), seconds)
        say("undisturbed", f"{name} {seconds:.1f} s")
    batches = (batch, checksums(standing))
    assert batches[0] != batches[1], "the second night must change something"
    return Night(run, stages, batches)


def step_of(name: str) -> Callable[[pipeline.Run], object] | None:
    return {step.__name__: step for step in (*NIGHT, pipeline.export)}.get(name)


Fault = Callable[[pipeline.Run, Callable[[], object], float], bool]
"""Runs a step and strikes so many seconds later; whether the step was cut short by it."""


def strike(night: Night, count: int, fault: Fault) -> dict[str, object]:
    """Strike ``count`` times; raises AssertionError with the step and moment when something is not as it must be."""
    named = _draw.choices(list(WEIGHTS), list(WEIGHTS.values()), k=count)
    # Every step is struck, however few the strikes.
    named[: len(WEIGHTS)] = list(WEIGHTS)[:count]
    cut_short: Counter[str] = Counter()
    for number, name in enumerate(named):
        stage = night.stages[name]
        copy = copy_of(stage.before)
        run = replace(night.run, warehouse=copy, settings=replace(night.run.settings, warehouse_url=copy.owner_url))
        after = _draw.uniform(0, stage.seconds)
        where = f"{number + 1} of {count}, {fault.__name__} in {name} after {after:.2f} s"
        step = step_of(name)
        # Between two steps there is nothing to run: the process ends, and the next one goes on.
        cut_short[name] += fault(run, (lambda run=run, step=step: step(run)) if step else (lambda: None), after)
        assert checksums(copy) in night.batches, f"{where}: readers see what is neither batch"
        for again in (step, pipeline.export if name in ("publish", "between publish and export") else None):
            if again is not None:
                in_its_turn(again, run)
        wrong = {table for table, found in checksums(copy, WRITES[name]).items() if found != stage.written.get(table)}
        assert not wrong, f"{where}: {', '.join(sorted(wrong))} differ from an undisturbed night"
        say("well", where)
        drop(copy)
    assert not count or any(cut_short.values()), f"no {fault.__name__} cut a step short, so nothing was tried"
    return {"struck": dict(Counter(named)), "cut short": dict(cut_short)}


def in_its_turn(step: Callable[[pipeline.Run], object], run: pipeline.Run) -> None:
    """Run ``step`` undisturbed, as soon as the server has noticed that a struck process is gone."""
    deadline = time.monotonic() + 120
    while (code := exit_code(in_a_process(lambda: step(run), quiet=False))) == NOT_ITS_TURN:
        assert time.monotonic() < deadline, f"{step} never gets its turn"
        time.sleep(0.5)
    assert code == 0, f"{step} failed although nothing struck it"


def in_a_process(work: Callable[[], object], *, quiet: bool = True) -> int:
    """The number of a process that does ``work``; its exit code is 0 when that went well.

    This process does no step itself: dbt's parser has threads, which a fork would leave behind.
    """
    sys.stdout.flush()
    process = os.fork()
    if process == 0:
        code = 1
        try:
            if quiet:
                os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
                os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            work()
            code = 0
        except RunInProgress:
            code = NOT_ITS_TURN
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    return process


def exit_code(process: int) -> int:
    """The exit code of ``process`` when it has ended; below 0 the signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def killed(run: pipeline.Run, work: Callable[[], object], after: float) -> bool:
    process = in_a_process(work)
    time.sleep(after)
    os.kill(process, signal.SIGKILL)
    return exit_code(process) < 0


def stopped(run: pipeline.Run, work: Callable[[], object], after: float) -> bool:
    server = LocalServer(run.settings.home)
    process = in_a_process(work)
    time.sleep(after)
    assert server.stop("immediate")
    failed = exit_code(process) != 0
    server.start()
    return failed


def filled(folder: Path) -> Fault:
    filler = folder / "home" / "filler"

    def disk_full(run: pipeline.Run, work: Callable[[], object], after: float) -> bool:
        # The moment is how much room is left: from nothing to what the longest of the steps needs.
        free = shutil.disk_usage(filler.parent).free
        room = int(_draw.choice((0, 0, 0.06, 0.25, 1, 4)) * 1024 * 1024)
        with filler.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(1, free - room))
        process = in_a_process(work)
        failed = exit_code(process) != 0
        filler.unlink()
        # Without room for its log the server stops itself.
        LocalServer(run.settings.home).start()
        return failed

    return disk_full


if __name__ == "__main__":
    sys.exit(main())
