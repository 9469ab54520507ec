"""Loading a whole landing."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Collection, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, date, datetime

import psycopg
from tqdm import tqdm

from customer360.contracts import Contract, target_of
from customer360.load.discover import LandingFile, discover
from customer360.load.file import FileLoader
from customer360.load.parents import release_waiting, waiting
from customer360.load.raw_tables import make_raw_tables
from customer360.load.report import FileResult, LoadReport
from customer360.load.side_by_side import AT_A_TIME, load_side_by_side
from customer360.warehouse import Warehouse

LOADER = "c360_loader"
QUIET_SECONDS = 2.0

logger = logging.getLogger(__name__)


def load_landing(
    warehouse: Warehouse,
    landing: str,
    contracts: Sequence[Contract],
    *,
    run_id: int,
    business_date: date,
    progress: bool | None = None,
    quiet_seconds: float = QUIET_SECONDS,
    needs_success: bool = False,
    systems: Collection[str | None] | None = None,
) -> LoadReport:
    """Load every new file of ``landing``, a folder or ``s3://bucket/prefix``, into ``raw``.

    ``contracts``: parents first, as ``read_contracts`` gives them. ``business_date``: the day that stands for
    dates a file lacks. ``progress``: whether a bar is shown on stderr, by default on a terminal; elsewhere
    each file is a log line. Two files are loaded at a time; the files of a table follow each other and come after
    those of the tables they point to. Each file is one transaction, so an interrupted load goes on where it was.

    ``quiet_seconds``: a file written to more recently is looked at again when that has passed, and left for the
    next load if it was written to meanwhile. ``needs_success``: whether every file waits until a file
    ``_SUCCESS``, no older than it, stands in its folder; a contract can say so for its own files.
    ``systems``: only the files of these, None for those that are under no contract; by default all. Loads of
    different systems may run at the same time, since the records of one never point to another's.

    Raises LoadError when there is no such landing; a file that cannot be loaded is refused in the report instead.
    """
    found = discover(landing, contracts, needs_success=needs_success)
    if systems is not None:
        found = [(file, contract) for file, contract in found if _system_of(contract, contracts) in systems]
    _let_rest([file for file, _ in found], quiet_seconds)
    if progress is None:
        progress = sys.stderr.isatty()
    results: dict[int, FileResult] = {}
    with warehouse.connect(LOADER, autocommit=True) as connection:
        tables = [c for c in contracts if c.feed is None and (systems is None or c.system in systems)]
        unfit = make_raw_tables(connection, tables)
        newest = _newest_days(connection)
        found = [(_fitting(file, contract, contracts, unfit), contract) for file, contract in found]
        with ExitStack() as others, tqdm(total=len(found), desc="load", unit="file", disable=not progress) as bar:
            connections = [others.enter_context(warehouse.connect(LOADER, autocommit=True)) for _ in range(AT_A_TIME)]
            loaders = [FileLoader(each, contracts, run_id, business_date) for each in connections]
            for place, result in load_side_by_side(found, contracts, loaders):
                delivered_on = found[place][0].delivered_on
                if result.status == "loaded" and delivered_on:
                    earlier = newest.get((result.system, result.table), delivered_on)
                    result = replace(result, late_after=str(earlier) if earlier > delivered_on else None)
                    newest[result.system, result.table] = max(earlier, delivered_on)
                results[place] = result
                bar.update()
                bar.set_postfix_str(result.file)
                if result.status in ("refused", "unfinished"):
                    logger.warning("%s", result)
                elif not progress:
                    logger.info("%s", result)
        with connection.transaction():
            released = {
                f"{contract.system}.{contract.table}": count
                for contract in tables
                if (count := release_waiting(connection, contract, contracts, run_id))
            }
        waits = waiting(connection, {contract.system for contract in tables})
        return LoadReport([results[place] for place in range(len(found))], waits, released)


def _system_of(contract: Contract | None, contracts: Sequence[Contract]) -> str | None:
    return target_of(contract, contracts).system if contract else None


def _fitting(
    file: LandingFile, contract: Contract | None, contracts: Sequence[Contract], unfit: dict[str, str]
) -> LandingFile:
    """The file, or one that is refused because its table's columns are not those of the contract."""
    refusal = unfit.get(target_of(contract, contracts).name) if contract else None
    return replace(file, source=None, refusal=refusal) if refusal else file


def _newest_days(connection: psycopg.Connection) -> dict[tuple[str | None, str | None], date]:
    """The newest delivery day that was loaded into each system and table."""
    rows = connection.execute(
        'select system, "table", max(delivered_on) from ops.loaded_files'
        " where status = 'loaded' and delivered_on is not null group by 1, 2"
    )
    return {(system, table): newest for system, table, newest in rows}


def _let_rest(found: Sequence[LandingFile], quiet_seconds: float) -> None:
    """Wait until the youngest file is so old that a sender at work would have written to it again."""
    youngest = max((file.source.modified_at for file in found if file.source), default=None)
    if youngest is None:
        return
    # A file from the future, of a clock that is wrong, is waited for no longer than any other.
    left = quiet_seconds - max(0.0, (datetime.now(UTC) - youngest).total_seconds())
    if left > 0:
        time.sleep(left)
