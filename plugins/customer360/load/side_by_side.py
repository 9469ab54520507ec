"""Loading two files at a time, in an order that no file notices.

The files of a table follow each other, and a table's files wait for those of the tables its records point to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from graphlib import TopologicalSorter
from queue import SimpleQueue

from customer360.contracts import Contract, target_of
from customer360.load.discover import LandingFile
from customer360.load.file import FileLoader
from customer360.load.report import FileResult

AT_A_TIME = 2
"""A load takes a core here and one of PostgreSQL's, so more would only wait for each other."""

Found = Sequence[tuple[LandingFile, Contract | None]]


@dataclass(frozen=True)
class _Loaded:
    place: int
    result: FileResult


@dataclass(frozen=True)
class _Finished:
    table: str
    future: Future[None]


def _finish(done: SimpleQueue[_Loaded | _Finished], table: str, future: Future[None]) -> None:
    done.put(_Finished(table, future))


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
    done: SimpleQueue[_Loaded | _Finished] = SimpleQueue()

    def load_table(table: str) -> None:
        loader = free.get()
        try:
            for place in places[table]:
                done.put(_Loaded(place, loader.load(*found[place])))
        finally:
            free.put(loader)

    with ThreadPoolExecutor(len(loaders), "load") as pool:
        try:
            while order.is_active():
                for table in order.get_ready():
                    pool.submit(load_table, table).add_done_callback(partial(_finish, done, table))
                item = done.get()
                if isinstance(item, _Loaded):
                    yield item.place, item.result
                else:
                    item.future.result()
                    order.done(item.table)
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
