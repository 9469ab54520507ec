"""Where files come from: a folder and what must not be read there, or an object store."""

from __future__ import annotations

import gzip
import logging
import tempfile
from datetime import date
from pathlib import Path

import boto3
import pytest
from customer360.contracts import read_contracts
from customer360.load import LoadError, load_landing
from moto.server import ThreadedMotoServer

CHANNELS = "channel_id,channel_name,channel_type\n1,Phone,Voice\n2,Chat,Digital\n"


def load_from(warehouse, landing, run_id, progress=False):
    return load_landing(
        warehouse, landing, read_contracts(), run_id=run_id, business_date=date(2026, 6, 30), progress=progress
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


def test_a_link_within_the_landing_is_a_file_like_any(deliver, load, landing):
    target = deliver("care/real.txt", CHANNELS)
    (landing / "care" / "channels.csv").symlink_to(target)
    assert [file.status for file in load().files] == ["loaded"]


def test_without_a_terminal_each_file_is_a_log_line(deliver, load, caplog):
    deliver("care/channels.csv", CHANNELS)
    with caplog.at_level(logging.INFO, logger="customer360.load"):
        load()
    assert [record.getMessage().rpartition(",")[0] for record in caplog.records] == [
        "care/channels.csv: 2 of 2 records loaded, 0 quarantined"
    ]


def test_on_a_terminal_a_bar_shows_the_files(deliver, warehouse, landing, run_id, capsys):
    deliver("care/channels.csv", CHANNELS)
    load_from(warehouse, str(landing), run_id, progress=True)
    assert "1/1" in capsys.readouterr().err


@pytest.fixture
def bucket(monkeypatch):
    server = ThreadedMotoServer(port=0, ip_address="127.0.0.1", verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    client = boto3.client("s3")
    client.create_bucket(Bucket="deliveries")
    yield client
    # The server's memory is that of the process: the next server would still hold the objects.
    boto3.resource("s3").Bucket("deliveries").objects.delete()
    client.delete_bucket(Bucket="deliveries")
    server.stop()


def test_an_object_store_is_a_landing_too(bucket, warehouse, run_id, query, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for key, content in {
        "night/care/channels.csv": CHANNELS.encode(),
        "night/care/agents_2026-06-01.csv.gz": gzip.compress(b"agent_id,agent_name,employee_id\n1,Ann,E1\nx,Bob,E2\n"),
        "night/truth/people.csv": b"a\n1\n",
        "nightly/care/channels.csv": b"not this one",
    }.items():
        bucket.put_object(Bucket="deliveries", Key=key, Body=content)
    report = load_from(warehouse, "s3://deliveries/night", run_id)
    assert [(file.file, file.status, file.loaded, file.quarantined) for file in report.files] == [
        ("care/agents_2026-06-01.csv.gz", "loaded", 1, 1),
        ("care/channels.csv", "loaded", 2, 0),
    ]
    assert query("select record from quarantine.rejected_records") == [{"record": b"x,Bob,E2"}]
    again = load_from(warehouse, "s3://deliveries/night/", run_id)
    assert [file.status for file in again.files] == ["skipped", "skipped"]
    assert list(Path(tmp_path).glob("customer360-*")) == []


def test_more_objects_than_one_page_are_all_found(bucket, warehouse, run_id, monkeypatch):
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "3")
    for number in range(1, 8):
        bucket.put_object(Bucket="deliveries", Key=f"truth/{number}.csv", Body=b"")
    bucket.put_object(Bucket="deliveries", Key="z/channels.csv", Body=CHANNELS.encode())
    assert [file.file for file in load_from(warehouse, "s3://deliveries", run_id).files] == ["z/channels.csv"]


@pytest.mark.parametrize("landing", ["s3://deliveries/empty", "s3://no-such-bucket/night"])
def test_an_object_store_without_the_landing_is_named(bucket, warehouse, run_id, landing):
    with pytest.raises(LoadError, match=landing):
        load_from(warehouse, landing, run_id)
