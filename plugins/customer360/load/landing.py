"""Loading a whole landing."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from datetime import date

from tqdm import tqdm

from customer360.contracts import Contract
from customer360.load.discover import discover
from customer360.load.file import FileLoader
from customer360.load.parents import release_waiting, waiting
from customer360.load.raw_tables import make_raw_tables
from customer360.load.report import FileResult, LoadReport
from customer360.warehouse import Warehouse

LOADER = "c360_loader"

logger = logging.getLogger(__name__)


def load_landing(
    warehouse: Warehouse,
    landing: str,
    contracts: Sequence[Contract],
    *,
    run_id: int,
    business_date: date,
    progress: bool | None = None,
) -> LoadReport:
    """Load every new file of ``landing``, a folder or ``s3://bucket/prefix``, into ``raw``.

    ``contracts``: parents first, as ``read_contracts`` gives them. ``business_date``: the day that stands for
    dates a file lacks. ``progress``: whether a bar is shown on stderr, by default on a terminal; elsewhere
    each file is a log line. Each file is one transaction, so an interrupted load goes on where it was.

    Raises LoadError when there is no such landing or a raw table does not fit its contract;
    a file that cannot be loaded is refused in the report instead.
    """
    found = discover(landing, contracts)
    if progress is None:
        progress = sys.stderr.isatty()
    results: list[FileResult] = []
    with warehouse.connect(LOADER, autocommit=True) as connection:
        tables = [contract for contract in contracts if contract.feed is None]
        make_raw_tables(connection, tables)
        loader = FileLoader(connection, contracts, run_id, business_date)
        with tqdm(found, desc="load", unit="file", disable=not progress) as bar:
            for file, contract in bar:
                bar.set_postfix_str(file.name)
                result = loader.load(file, contract)
                results.append(result)
                if result.status == "refused":
                    logger.warning("%s", result)
                elif not progress:
                    logger.info("%s", result)
        with connection.transaction():
            released = {
                f"{contract.system}.{contract.table}": count
                for contract in tables
                if (count := release_waiting(connection, contract, contracts, run_id))
            }
        return LoadReport(results, waiting(connection), released)
