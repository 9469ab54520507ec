"""Files that are not all there yet: still being written, or in a folder that is not marked complete."""

from __future__ import annotations

import gzip
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from customer360.contracts import read_contracts
from customer360.contracts.catalogue import SOURCES
from customer360.load import load_landing

CHANNELS = "channel_id,channel_name,channel_type\n1,Phone,Voice\n2,Chat,Digital\n"
AGENTS = "agent_id,agent_name,employee_id\n1,Ann,E1\n"


@pytest.fixture
def load_carefully(warehouse, landing, run_id):
    """Loads the landing with a quiet time or markers to wait for."""

    def run(**waiting):
        contracts = read_contracts(landing / "contracts")
        return load_landing(
            warehouse,
            str(landing),
            contracts,
            run_id=run_id,
            business_date=date(2026, 6, 30),
            progress=False,
            **{"quiet_seconds": 0, **waiting},
        )

    return run


@contextmanager
def being_written(path: Path, more: bytes) -> Iterator[None]:
    """Somebody writes to ``path`` all the while, a few times within any quiet time of these tests."""
    done = threading.Event()

    def write():
        while not done.wait(0.02):
            with path.open("ab") as stream:
                stream.write(more)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        done.set()
        writer.join()


def test_a_file_still_being_written_waits_for_the_next_load_and_the_others_go_on(deliver, load_carefully, query):
    path = deliver("care/channels.csv", CHANNELS)
    deliver("care/agents.csv", AGENTS)
    with being_written(path, b"\n"):
        report = load_carefully(quiet_seconds=0.5)
    assert {file.file: file.status for file in report.files} == {
        "care/agents.csv": "loaded",
        "care/channels.csv": "unfinished",
    }
    (waits,) = report.unfinished
    assert waits.reason.startswith("It is still being written (")
    assert str(waits).startswith("care/channels.csv is not taken yet. It is still being written")
    assert query("select file from ops.loaded_files") == [{"file": "care/agents.csv"}]
    assert [file.loaded for file in load_carefully(quiet_seconds=0.1).files] == [0, 2]


def test_half_a_packed_file_still_being_written_is_not_refused(deliver, load_carefully, query):
    whole = gzip.compress(CHANNELS.encode())
    path = deliver("care/channels.csv.gz", whole[:20])
    with being_written(path, whole[20:21]):
        (result,) = load_carefully(quiet_seconds=0.3).files
    assert result.status == "unfinished"
    assert query("select * from ops.loaded_files") == []
    path.write_bytes(whole)
    assert [file.loaded for file in load_carefully().files] == [2]


def test_where_markers_are_needed_a_file_waits_for_its_folders(deliver, load_carefully):
    deliver("care/channels.csv", CHANNELS)
    deliver("shop/_SUCCESS", "")
    (result,) = load_carefully(needs_success=True).files
    assert (result.status, result.reason) == (
        "unfinished",
        "Its folder has no _SUCCESS yet; the next load after that takes it.",
    )
    deliver("care/_SUCCESS", "")
    assert [file.status for file in load_carefully(needs_success=True).files] == ["loaded"]


def test_a_file_newer_than_its_marker_belongs_to_a_delivery_that_is_not_complete(deliver, load_carefully):
    marker = deliver("care/_SUCCESS", "")
    os.utime(marker, (1_700_000_000, 1_700_000_000))
    deliver("care/channels.csv", CHANNELS)
    (result,) = load_carefully(needs_success=True).files
    assert (result.status, result.reason) == (
        "unfinished",
        "It is newer than the _SUCCESS of its folder; the load after a new _SUCCESS takes it.",
    )
    os.utime(marker)
    assert [file.status for file in load_carefully(needs_success=True).files] == ["loaded"]


def test_a_contract_can_need_the_marker_for_its_own_files(deliver, load_carefully):
    text = (SOURCES / "care" / "channels.yml").read_text()
    deliver("contracts/channels.yml", text.replace("customer360:\n", "customer360:\n  needs_success: true\n"))
    deliver("care/channels.csv", CHANNELS)
    deliver("care/agents.csv", AGENTS)
    statuses = {file.file: file.status for file in load_carefully().files}
    assert statuses == {"care/agents.csv": "loaded", "care/channels.csv": "unfinished"}


def test_a_marker_is_no_delivery(deliver, load_carefully):
    deliver("care/_SUCCESS", "")
    assert load_carefully().files == []
