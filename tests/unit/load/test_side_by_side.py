"""Two files load at a time, and none before what it relies on."""

from __future__ import annotations

import threading

import pytest
from customer360.contracts import read_contracts
from customer360.load.discover import LandingFile
from customer360.load.report import FileResult
from customer360.load.side_by_side import load_side_by_side

CONTRACTS = read_contracts()


class Loader:
    """Notes when files begin and end; ``pairs`` of files meet while both are under way."""

    def __init__(self, events: list[str], pair: set[str] = frozenset(), meeting: threading.Barrier | None = None):
        self.events, self.pair, self.meeting = events, pair, meeting

    def load(self, file, contract):
        self.events.append(f"{file.name} begins")
        if file.name in self.pair:
            self.meeting.wait(60)
        if file.name == "bad":
            raise RuntimeError("the server is gone")
        self.events.append(f"{file.name} ends")
        return FileResult(file.name, contract and contract.system, contract and contract.table, "loaded")


def found(*pairs):
    by_name = {contract.name: contract for contract in CONTRACTS} | {None: None}
    return [(LandingFile(name, None), by_name[contract]) for name, contract in pairs]


def test_files_of_two_tables_are_under_way_at_once():
    files = found(("agents", "care-agents"), ("channels", "care-channels"))
    meeting = threading.Barrier(2)
    loaders = [Loader([], {"agents", "channels"}, meeting) for _ in range(2)]
    results = dict(load_side_by_side(files, CONTRACTS, loaders))
    assert {place: result.file for place, result in results.items()} == {0: "agents", 1: "channels"}


def test_files_of_a_table_follow_each_other_and_come_after_those_they_point_to():
    files = found(
        ("calls 1", "care-customer_interactions"),
        ("calls 2", "care-customer_interactions"),
        ("customers 1", "care-customers"),
        ("customers 2", "care-customers"),
        ("strange", None),
    )
    events: list[str] = []
    results = dict(load_side_by_side(files, CONTRACTS, [Loader(events), Loader(events)]))
    assert sorted(results) == [0, 1, 2, 3, 4]
    wanted = [
        f"{name} {what}" for name in ("customers 1", "customers 2", "calls 1", "calls 2") for what in ("begins", "ends")
    ]
    assert [event for event in events if not event.startswith("strange")] == wanted


def test_what_a_loader_raises_ends_the_load():
    files = found(("bad", "care-customers"), ("calls 1", "care-customer_interactions"))
    events: list[str] = []
    with pytest.raises(RuntimeError, match="the server is gone"):
        list(load_side_by_side(files, CONTRACTS, [Loader(events), Loader(events)]))
    assert events == ["bad begins"]
