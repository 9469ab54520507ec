"""An object store as the landing: objects are read as streams, and what happens when a stream ends early."""

from __future__ import annotations

import gzip
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
import zstandard
from customer360.contracts import read_contracts
from customer360.load import LoadError, load_landing
from customer360.load.errors import FileUnfinished
from customer360.load.source import S3Source

CHANNELS = "channel_id,channel_name,channel_type\n1,Phone,Voice\n2,Chat,Digital\n"
MANY = "channel_id,channel_name,channel_type\n" + "".join(f"{n},name {n * 7919},Voice\n" for n in range(1, 20_001))


def load_from(warehouse, landing, run_id):
    return load_landing(
        warehouse,
        landing,
        read_contracts(),
        run_id=run_id,
        business_date=date(2026, 6, 30),
        progress=False,
        quiet_seconds=0,
    )


def test_an_object_store_is_a_landing_that_is_read_without_a_copy(bucket, warehouse, run_id, query, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    for key, content in {
        "night/care/channels.csv": CHANNELS.encode(),
        "night/care/agents_2026-06-01.csv.gz": gzip.compress(b"agent_id,agent_name,employee_id\n1,Ann,E1\nx,Bob,E2\n"),
        "night/care/customers.csv.zst": zstandard.compress(b"customer_id,customer_name,email,phone\n1,Ann,,\n"),
        "night/truth/people.csv": b"a\n1\n",
        "nightly/care/channels.csv": b"not this one",
    }.items():
        bucket.put_object(Bucket="deliveries", Key=key, Body=content)
    report = load_from(warehouse, "s3://deliveries/night", run_id)
    assert [(file.file, file.status, file.loaded, file.quarantined) for file in report.files] == [
        ("care/agents_2026-06-01.csv.gz", "loaded", 1, 1),
        ("care/channels.csv", "loaded", 2, 0),
        ("care/customers.csv.zst", "loaded", 1, 0),
    ]
    assert query("select record from quarantine.rejected_records") == [{"record": b"x,Bob,E2"}]
    again = load_from(warehouse, "s3://deliveries/night/", run_id)
    assert [file.status for file in again.files] == ["skipped", "skipped", "skipped"]


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


@pytest.mark.parametrize(
    ("name", "content"),
    [("channels.csv.gz", gzip.compress(MANY.encode())), ("channels.csv.zst", zstandard.compress(MANY.encode()))],
)
def test_a_packed_object_cut_off_is_refused_in_a_sentence(name, content, bucket, warehouse, run_id, query):
    bucket.put_object(Bucket="deliveries", Key=f"care/{name}", Body=content[:-2000])
    bucket.put_object(Bucket="deliveries", Key="care/agents.csv", Body=b"agent_id,agent_name,employee_id\n1,Ann,E1\n")
    report = load_from(warehouse, "s3://deliveries", run_id)
    assert [file.status for file in report.files] == ["loaded", "refused"]
    assert "cut off; deliver the file again." in report.files[1].reason
    assert query("select * from raw.care__channels limit 1") == []


@contextmanager
def cut_transfers(store: str, cuts: int, keep: float) -> Iterator[str]:
    """The object store at ``store``; of the first ``cuts`` long bodies only the share ``keep`` comes."""
    left = [cuts]

    class Proxy(BaseHTTPRequestHandler):
        def do_GET(self):
            headers = {name: value for name, value in self.headers.items() if name != "Host"}
            try:
                answer = urlopen(Request(store + self.path, headers=headers))
            except HTTPError as error:
                answer = error
            body = answer.read()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                if name.lower() not in ("connection", "transfer-encoding"):
                    self.send_header(name, value)
            self.end_headers()
            if len(body) > 100_000 and left[0]:
                left[0] -= 1
                body = body[: int(len(body) * keep)]
            self.wfile.write(body)

        def log_message(self, *_):
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_transfer_that_breaks_off_goes_on_where_it_stopped(bucket, warehouse, run_id, query, monkeypatch):
    bucket.put_object(Bucket="deliveries", Key="care/channels.csv", Body=MANY.encode())
    with cut_transfers(bucket.meta.endpoint_url, cuts=3, keep=0.5) as cutting, monkeypatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL_S3", cutting)
        (result,) = load_from(warehouse, "s3://deliveries", run_id).files
    assert (result.status, result.loaded, result.quarantined) == ("loaded", 20_000, 0)
    assert query("select count(distinct channel_id) as ids from raw.care__channels") == [{"ids": 20_000}]


def test_a_transfer_that_never_comes_to_its_end_refuses_the_file(bucket, warehouse, run_id, query, monkeypatch):
    bucket.put_object(Bucket="deliveries", Key="care/channels.csv", Body=MANY.encode())
    with cut_transfers(bucket.meta.endpoint_url, cuts=1000, keep=0) as cutting, monkeypatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL_S3", cutting)
        (result,) = load_from(warehouse, "s3://deliveries", run_id).files
    assert result.status == "refused"
    assert result.reason.startswith("It cannot be fetched: ")
    assert result.reason.endswith("It is tried again next time.")
    assert query("select * from raw.care__channels limit 1") == []


def test_an_object_replaced_while_it_is_read_is_left_for_the_next_load(bucket):
    first = bucket.put_object(Bucket="deliveries", Key="care/channels.csv", Body=MANY.encode())
    source = S3Source(bucket, "deliveries", "care/channels.csv", first["ETag"], len(MANY), datetime.now(UTC))
    with source.open() as stream:
        assert stream.read() == MANY.encode()
    bucket.put_object(Bucket="deliveries", Key="care/channels.csv", Body=MANY.upper().encode())
    with source.open() as stream, pytest.raises(FileUnfinished, match="replaced while it was read"):
        stream.read()


def test_an_object_is_rewritten_as_often_as_it_takes(bucket, tmp_path):
    first = bucket.put_object(Bucket="deliveries", Key="care/channels.csv", Body=MANY.encode())
    delivered = datetime(2026, 6, 30, 2, tzinfo=UTC)
    source = S3Source(bucket, "deliveries", "care/channels.csv", first["ETag"], len(MANY), delivered)
    for content in (CHANNELS, CHANNELS.upper()):
        (tmp_path / "rewritten").write_text(content)
        source.replace(tmp_path / "rewritten")
        with source.open() as stream:
            assert stream.read() == content.encode()
    assert source.delivered_at == delivered


def test_an_object_replaced_while_it_is_rewritten_is_left_as_it_is(bucket, tmp_path):
    first = bucket.put_object(Bucket="deliveries", Key="care/channels.csv", Body=MANY.encode())
    source = S3Source(bucket, "deliveries", "care/channels.csv", first["ETag"], len(MANY), datetime.now(UTC))
    (tmp_path / "rewritten").write_text(CHANNELS)
    bucket.put_object(Bucket="deliveries", Key="care/channels.csv", Body=MANY.upper().encode())
    with pytest.raises(FileUnfinished, match="replaced while it was rewritten"):
        source.replace(tmp_path / "rewritten")
    assert bucket.get_object(Bucket="deliveries", Key="care/channels.csv")["Body"].read() == MANY.upper().encode()


@pytest.mark.parametrize("key", ["night/../../x.csv", "night/care/channels/../../../../etc/x.csv"])
def test_a_name_that_leads_out_of_the_landing_is_refused(key, bucket, warehouse, run_id, query):
    bucket.put_object(Bucket="deliveries", Key=key, Body=CHANNELS.encode())
    bucket.put_object(Bucket="deliveries", Key="night/care/channels.csv", Body=CHANNELS.encode())
    report = load_from(warehouse, "s3://deliveries/night", run_id)
    assert {file.file: file.status for file in report.files} == {
        key.removeprefix("night/"): "refused",
        "care/channels.csv": "loaded",
    }
    assert report.refused[0].reason == "Its name leads out of the landing; deliver it under a plain name."
    assert query("select count(*) from raw.care__channels") == [{"count": 2}]
