"""Loading two files at a time, in an order that no file notices.

The files of a table follow each other, and a table's files wait for those of the tables its records point to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from graphlib import TopologicalSorter
from queue import SimpleQueue

from customer360.contracts import Contract, target_of
from customer360.load.discover import LandingFile
from customer360.load.file import FileLoader
from customer360.load.report import FileResult

AT_A_TIME = 2
"""A load takes a core here and one of PostgreSQL's, so more would only wait for each other."""

Found = Sequence[tuple[LandingFile, Contract | None]]


def load_side_by_side(
    found: Found, contracts: Sequence[Contract], loaders: Sequence[FileLoader]
) -> Iterator[tuple[int, FileResult]]:
    """Load the files of ``found``, each with one of ``loaders``; the place and the result of each as it is done.

    What a loader raises ends the load once the files under way are done.
    """
    places = _places_of_tables(found, contracts)
    order = TopologicalSorter({table: _parents(table, contracts) & places.keys() for table in places})
    order.prepare()
    free: SimpleQueue[FileLoader] = SimpleQueue()
    for loader in loaders:
        free.put(loader)
    done: SimpleQueue[tuple[int, FileResult] | tuple[str, Future[None]]] = SimpleQueue()

    def load_table(table: str) -> None:
        loader = free.get()
        try:
            for place in places[table]:
                done.put((place, loader.load(*found[place])))
        finally:
            free.put(loader)

    with ThreadPoolExecutor(len(loaders), "load") as pool:
        try:
            while order.is_active():
                for table in order.get_ready():
                    future = pool.submit(load_table, table)
                    future.add_done_callback(lambda future, table=table: done.put((table, future)))  # type: ignore[misc]
                key, outcome = done.get()
                if isinstance(outcome, FileResult):
                    yield key, outcome  # type: ignore[misc]
                else:
                    outcome.result()
                    order.done(key)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _places_of_tables(found: Found, contracts: Sequence[Contract]) -> dict[str, list[int]]:
    """Where the files of each table stand in ``found``, by the name of the table's contract."""
    places: dict[str, list[int]] = {}
    for place, (_, contract) in enumerate(found):
        places.setdefault(target_of(contract, contracts).name if contract else "", []).append(place)
    return places


def _parents(table: str, contracts: Sequence[Contract]) -> set[str]:
    keys = next((contract.table_schema.foreign_keys for contract in contracts if contract.name == table), [])
    return {key.reference.resource for key in keys} - {table}
