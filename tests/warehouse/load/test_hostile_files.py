"""Files made to break a loader: each ends in a sentence, the others load, and the warehouse stays whole."""

from __future__ import annotations

import gzip
import os

import pytest

CHANNELS = "channel_id,channel_name,channel_type\n1,Phone,Voice\n"
WITHOUT = "channel_id,channel_name,channel_type"


@pytest.fixture
def load_beside(deliver, load, query):
    """Loads a file of channels beside a good file of agents; gives the former's result and what raw holds of it."""

    def run(content: bytes, name: str = "care/channels.csv"):
        deliver("care/agents.csv", "agent_id,agent_name,employee_id\n1,Ann,E1\n")
        deliver(name, content)
        results = {file.file: file for file in load().files}
        assert results["care/agents.csv"].loaded == 1
        assert query("select count(*) from ops.runs") == [{"count": 1}]
        stored = query("select channel_id, channel_name, _extra from raw.care__channels order by 1")
        (again,) = [file for file in load().files if file.file == "care/agents.csv"]
        assert again.status == "skipped"
        return results[name], stored

    return run


def test_fifteen_hundred_columns_are_kept(load_beside):
    more = [f"c{number}" for number in range(1497)]
    content = f"{WITHOUT},{','.join(more)}\n1,Phone,Voice,{','.join(['x'] * 1497)}\n"
    result, stored = load_beside(content.encode())
    assert (result.status, result.loaded) == ("loaded", 1), result.reason
    assert stored[0]["_extra"] == dict.fromkeys(more, "x")


def test_a_column_more_than_a_table_can_hold_refuses_the_file(load_beside):
    more = ",".join(f"c{number}" for number in range(1498))
    result, stored = load_beside(f"{WITHOUT},{more}\n".encode())
    assert (result.reason, stored) == ("It has 1501 columns, more than the 1500 that can be stored.", [])


def test_columns_that_together_are_too_wide_for_a_row_are_kept_and_judged(load_beside):
    more = [f"c{number}" for number in range(1497)]
    values = ",".join(["a value of some length"] * 1497)
    content = f"{WITHOUT},{','.join(more)}\n1,Phone,Voice,{values}\n2,Pipe,Smoke,{values}\n"
    result, stored = load_beside(content.encode())
    assert (result.status, result.loaded, result.quarantined) == ("loaded", 1, 1), result.reason
    assert stored[0]["_extra"] == dict.fromkeys(more, "a value of some length")


def test_a_field_of_200_megabytes_is_one_broken_record(load_beside):
    field = b"x" * 200_000_000
    result, stored = load_beside(CHANNELS.encode() + b'2,"' + field + b'",Voice\n3,Chat,Digital\n')
    assert (result.records, result.loaded, result.quarantined) == (3, 2, 1)
    assert [row["channel_id"] for row in stored] == [1, 3]


def test_a_field_of_200_megabytes_on_many_lines_is_never_closed_and_the_last_records_load(load_beside, query):
    lines = b"some text on a line of its own\n" * 300_000
    result, stored = load_beside(CHANNELS.encode() + b'2,"' + lines)
    assert result.status == "refused"
    assert "more than its quarantine limit allows" in result.reason
    assert stored == []


def test_a_bomb_of_zeros_is_refused(load_beside):
    result, stored = load_beside(gzip.compress(b"\0" * 300_000_000, 1), "care/channels.csv.gz")
    assert (result.status, stored) == ("refused", [])
    assert result.reason == (
        "It unpacks to more than 200 times its size, as a decompression bomb does; "
        "deliver it unpacked if that is right."
    )


def test_a_name_that_is_no_text_is_shown_with_question_marks(load_beside, landing, load):
    result, _ = load_beside(CHANNELS.encode())
    assert result.status == "loaded"
    (landing / "care" / os.fsdecode(b"channels_\xff.csv")).write_text(CHANNELS.replace("Phone", "Fax"))
    assert [file.status for file in load().files if file.file == "care/channels_?.csv"] == ["loaded"]
