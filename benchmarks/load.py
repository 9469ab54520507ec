"""How fast a file loads: ours, bare `psql \\copy`, pandas to_sql and dlt, as ratios within one run.

Usage: python benchmarks/load.py [--rows N] [--slow-rows N] [--rounds N]. Run by `make bench-load`.

All of them load 14 columns; ours checks every record of a file of which 1 % are bad, the others get the same
file without those, for a bad record ends them. Each contender is a process of its own, in turns, so that a busy
machine is busy for all; what is compared is the median of the rounds. pandas and dlt are given fewer rows. Two
files at a time are the same file twice, into two tables. CPU is the processor's time for a million rows.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

HERE = Path(__file__).resolve()
CONTRACT = HERE.parent / "contracts" / "orders.yml"
TABLES = ("orders", "parcels")
OTHER_PYTHON = HERE.parents[1] / ".venv-bench" / "bin" / "python"
COLUMNS = {
    "order_id": "bigint", "customer_id": "bigint", "reference": "text", "placed_at": "timestamptz",
    "ship_by": "date", "status": "text", "channel": "text", "quantity": "integer", "unit_price": "numeric(12,2)",
    "discount": "numeric(12,2)", "country": "text", "email": "text", "is_gift": "boolean", "note": "text",
}  # fmt: skip
DAMAGE = [
    ("customer_id", "abc"), ("placed_at", "2026-02-30 10:00:00"), ("ship_by", "31/12/2026"), ("status", "Lost"),
    ("quantity", "0"), ("unit_price", "12.345"), ("discount", "-"), ("country", "Spain"), ("is_gift", "maybe"),
    ("order_id", "1"),
]  # fmt: skip


def write_orders(path: Path, rows: int, bad: bool) -> None:
    """Write orders; every hundredth is broken in one of ten ways where ``bad``, and left out otherwise."""
    chance = random.Random(360)
    with path.open("w", encoding="utf-8") as file:
        file.write(",".join(COLUMNS) + "\n")
        for number in range(1, rows + 1):
            order = _order(number, chance)
            if number % 100 == 0:
                if not bad:
                    continue
                name, value = DAMAGE[number // 100 % len(DAMAGE)]
                order[name] = value
            file.write(",".join(order.values()) + "\n")


def _order(number: int, chance: random.Random) -> dict[str, str]:
    placed = datetime(2026, 1, 1) + timedelta(seconds=13 * number)
    values = [
        str(number),
        str(chance.randint(1, 100_000)),
        f"{chance.getrandbits(64):016x}",
        f"{placed:%Y-%m-%d %H:%M:%S}",
        f"{placed + timedelta(days=chance.randint(1, 9)):%Y-%m-%d}",
        chance.choice(["Placed", "Shipped", "Delivered", "Returned"]),
        chance.choice(["web", "phone", "store"]),
        str(chance.randint(1, 20)),
        f"{chance.randint(100, 99_999) / 100:.2f}",
        f"{chance.randint(0, 999) / 100:.2f}",
        chance.choice(["ES", "DE", "FR", "IN"]),
        f"c{chance.randint(1, 100_000)}@mail.example",
        chance.choice(["true", "false"]),
        chance.choice(["", "leave at the door", "ring twice", "gift wrap"]),
    ]
    return dict(zip(COLUMNS, values, strict=True))


def load_ours(url: str, folder: Path, tables: Sequence[str] = TABLES[:1]) -> None:
    """Load the landing as a night does."""
    from customer360.contracts import read_contracts
    from customer360.load import load_landing
    from customer360.settings import read_settings
    from customer360.warehouse import open_warehouse

    warehouse = open_warehouse(read_settings({"CUSTOMER360_HOME": os.environ["CUSTOMER360_HOME"]}))
    with warehouse.connect(autocommit=True) as connection:
        for table in tables:
            connection.execute(f"drop table if exists raw.bench__{table}")
        connection.execute("truncate quarantine.rejected_records, quarantine.waiting_records, ops.loaded_files cascade")
        row = connection.execute(
            "insert into ops.runs (kind, as_of_date) values ('bench', '2026-06-30') returning run_id"
        ).fetchone()
    contracts = read_contracts(folder / "contracts")
    started = _now()
    report = load_landing(
        warehouse,
        str(folder / f"landing-{len(tables)}"),
        contracts,
        run_id=row[0],
        business_date=date(2026, 6, 30),
        progress=False,
        quiet_seconds=0,
    )
    if report.refused:
        sys.exit(str(report.refused[0]))
    _say(sum(file.records for file in report.files), started)


def load_psql(url: str, folder: Path, tables: Sequence[str] = TABLES[:1]) -> None:
    """Copy the file into a logged table of the same columns, without keys; several at once."""
    columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    for table in tables:
        _psql(url, f"drop table if exists psql_{table}; create table psql_{table} ({columns})")
    started = _now()
    with ThreadPoolExecutor(len(tables)) as pool:
        copies = [rf"\copy psql_{table} from '{folder / 'good.csv'}' (format csv, header)" for table in tables]
        list(pool.map(partial(_psql, url), copies))
    _say(len(tables) * _rows(folder / "good.csv"), started)


def _psql(url: str, command: str) -> None:
    subprocess.run(
        [
            os.environ["BENCH_PSQL"],
            url,
            "-q",
            "-v",
            "ON_ERROR_STOP=1",
            "-c",
            "set client_min_messages = warning",
            "-c",
            command,
        ],
        check=True,
    )


def load_pandas(url: str, folder: Path) -> None:
    """Read with the right types, write with to_sql in chunks."""
    import pandas as pd
    from sqlalchemy import create_engine

    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    started, rows = _now(), 0
    chunks = pd.read_csv(folder / "slow.csv", parse_dates=["placed_at", "ship_by"], chunksize=50_000)
    for number, chunk in enumerate(chunks):
        chunk.to_sql("pandas_orders", engine, index=False, if_exists="append" if number else "replace")
        rows += len(chunk)
    _say(rows, started)


def load_dlt(url: str, folder: Path) -> None:
    """A pipeline over the file's records."""
    import csv

    import dlt

    pipeline = dlt.pipeline(
        "bench", pipelines_dir=str(folder / "dlt"), destination=dlt.destinations.postgres(url), dataset_name="dlt_bench"
    )
    with (folder / "slow.csv").open(encoding="utf-8", newline="") as file:
        started = _now()
        pipeline.run(csv.DictReader(file), table_name="orders", write_disposition="replace")
        _say(_rows(folder / "slow.csv"), started)


def _rows(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for _ in file) - 1


def _now() -> tuple[float, float]:
    """The clock, and the seconds of processor that this process and those it started have taken."""
    usages = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter(), sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _say(rows: int, started: tuple[float, float]) -> None:
    seconds, processor = (now - then for now, then in zip(_now(), started, strict=True))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    said = {"rows": rows, "rows_per_second": rows / seconds, "seconds": seconds, "client": processor, "peak_mb": peak}
    print(json.dumps(said))


CONTENDERS = {
    "psql copy": load_psql,
    "ours": load_ours,
    "psql copy, two files": partial(load_psql, tables=TABLES),
    "ours, two files": partial(load_ours, tables=TABLES),
    "pandas to_sql": load_pandas,
    "dlt": load_dlt,
}


def compare(rows: int, slow_rows: int, rounds: int) -> None:
    """Run all contenders in turns on a server of their own and print a Markdown table."""
    from customer360.settings import read_settings
    from customer360.warehouse import LocalServer, open_warehouse

    folder = Path(tempfile.mkdtemp(prefix="customer360-bench-"))
    # PostgreSQL's account has to pass.
    folder.chmod(0o711)
    os.environ["CUSTOMER360_HOME"] = str(folder / "home")
    results: dict[str, list[dict]] = {name: [] for name in CONTENDERS}
    try:
        for number in range(1, len(TABLES) + 1):
            (folder / f"landing-{number}" / "bench").mkdir(parents=True)
        (folder / "contracts").mkdir()
        orders = folder / "landing-1" / "bench" / "orders.csv"
        write_orders(orders, rows, bad=True)
        for table in TABLES:
            shutil.copyfile(orders, folder / "landing-2" / "bench" / f"{table}.csv")
            (folder / "contracts" / f"{table}.yml").write_text(CONTRACT.read_text().replace("orders", table))
        write_orders(folder / "good.csv", rows, bad=False)
        write_orders(folder / "slow.csv", slow_rows, bad=False)
        url = open_warehouse(read_settings({"CUSTOMER360_HOME": str(folder / "home")})).url()
        os.environ["BENCH_PSQL"] = str(LocalServer(folder / "home").psql())
        for turn in range(rounds):
            for name in CONTENDERS:
                # Nobody writes what another one has left in memory.
                _psql(url, "checkpoint")
                before = _server_seconds(folder)
                results[name].append(_run(name, url, folder))
                results[name][-1]["server"] = _server_seconds(folder) - before
                print(f"round {turn + 1}, {name}: {results[name][-1]}", file=sys.stderr, flush=True)
    finally:
        LocalServer(folder / "home").stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)
    _print(results)


def _run(name: str, url: str, folder: Path) -> dict:
    python = sys.executable if name.startswith(("ours", "psql copy")) else str(OTHER_PYTHON)
    done = subprocess.run(
        [python, str(HERE), "--contender", name, url, str(folder)], check=True, stdout=subprocess.PIPE, text=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def _server_seconds(folder: Path) -> float:
    """The seconds of processor that the server has taken; Linux only."""
    postmaster = (folder / "home" / "postgres" / "data" / "postmaster.pid").read_text().split()[0]
    total = 0
    for process in [postmaster, *Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()]:
        with suppress(FileNotFoundError, ProcessLookupError):
            # Own time and, of the postmaster, that of the backends that have ended.
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:15]
            total += sum(map(int, fields if process == postmaster else fields[:2]))
    return total / os.sysconf("SC_CLK_TCK")


def _print(results: dict[str, list[dict]]) -> None:
    speeds = {name: statistics.median(run["rows_per_second"] for run in runs) for name, runs in results.items()}
    print("| | rows/s | of psql copy | ours is faster by | client's CPU | server's CPU | peak memory |")
    print("|---|---|---|---|---|---|---|")
    for name, runs in results.items():
        suffix = ", two files" if name.endswith(", two files") else ""
        peak = "" if name.startswith("psql copy") else f"{max(run['peak_mb'] for run in runs)} MB"
        client, server = (
            f"{statistics.median(run[side] / run['rows'] * 1e6 for run in runs):.1f} s" for side in ("client", "server")
        )
        print(
            f"| {name} | {speeds[name]:,.0f} | {speeds[name] / speeds['psql copy' + suffix]:.2f}"
            f" | {speeds['ours' + suffix] / speeds[name]:.1f} | {client} | {server} | {peak} |"
        )
    print(f"\nLoad of the machine: {' '.join(f'{load:.1f}' for load in os.getloadavg())} on {os.cpu_count()} cores.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--slow-rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--contender", nargs=3, metavar=("NAME", "URL", "FOLDER"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.contender:
        contender, address, place = arguments.contender
        CONTENDERS[contender](address, Path(place))
    else:
        compare(arguments.rows, arguments.slow_rows, arguments.rounds)
