"""Where files come from: a folder, and what must not be read there."""

from __future__ import annotations

import logging
from datetime import date

import pytest
from customer360.contracts import read_contracts
from customer360.load import LoadError, load_landing

CHANNELS = "channel_id,channel_name,channel_type\n1,Phone,Voice\n2,Chat,Digital\n"


def load_from(warehouse, landing, run_id, progress=False):
    return load_landing(
        warehouse,
        landing,
        read_contracts(),
        run_id=run_id,
        business_date=date(2026, 6, 30),
        progress=progress,
        quiet_seconds=0,
    )


def test_a_landing_that_is_not_there_is_named(warehouse, run_id, tmp_path):
    with pytest.raises(LoadError, match=r"There is no landing folder .*nowhere; deliver the files there"):
        load_from(warehouse, str(tmp_path / "nowhere"), run_id)


def test_truth_contracts_and_hidden_files_are_no_deliveries(deliver, load):
    for name in (
        "truth/care/channels.csv",
        "contracts/care/channels.csv",
        "care/.channels.csv",
        ".git/care/channels.csv",
    ):
        deliver(name, CHANNELS)
    deliver("care/channels.txt", CHANNELS)
    deliver("care/channels.CSV", CHANNELS)
    assert [file.file for file in load().files] == ["care/channels.CSV"]


def test_a_link_out_of_the_landing_is_refused(deliver, load, landing, tmp_path, query):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "channels.csv").write_text(CHANNELS)
    (landing / "care").mkdir()
    (landing / "care" / "channels.csv").symlink_to(outside / "channels.csv")
    (landing / "elsewhere").symlink_to(outside)
    report = load()
    assert {file.file: file.status for file in report.files} == {
        "care/channels.csv": "refused",
        "elsewhere": "refused",
    }
    assert "leads out of the landing folder" in report.files[0].reason
    assert query("select * from raw.care__channels") == []


def test_a_link_to_itself_is_refused_and_the_others_go_on(deliver, load, landing):
    deliver("care/channels.csv", CHANNELS)
    (landing / "care" / "agents.csv").symlink_to("agents.csv")
    report = load()
    assert [file.status for file in report.files] == ["refused", "loaded"]
    assert report.refused[0].reason == "It is a link to itself; put the file itself into the landing."


def test_a_link_within_the_landing_is_a_file_like_any(deliver, load, landing):
    target = deliver("care/real.txt", CHANNELS)
    (landing / "care" / "channels.csv").symlink_to(target)
    assert [file.status for file in load().files] == ["loaded"]


def test_without_a_terminal_each_file_is_a_log_line(deliver, load, caplog):
    deliver("care/channels.csv", CHANNELS)
    with caplog.at_level(logging.INFO, logger="customer360.load"):
        load()
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.startswith("care/channels.csv: 2 of 2 records loaded, 0 quarantined, ")


def test_on_a_terminal_a_bar_shows_the_files(deliver, warehouse, landing, run_id, capsys):
    deliver("care/channels.csv", CHANNELS)
    load_from(warehouse, str(landing), run_id, progress=True)
    assert "1/1" in capsys.readouterr().err
