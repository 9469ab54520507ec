"""Column names out of a file are data: they are quoted wherever they meet SQL."""

from __future__ import annotations

import pytest

HOSTILE = [
    'x"); drop table ops.runs; --',
    "'; delete from ops.loaded_files; --",
    "%s %(run_id)s {}",
    "back\\slash\tand tab",
    "=1+1",
    "ü" * 80,
]


@pytest.mark.parametrize("name", HOSTILE)
def test_an_unknown_column_with_a_hostile_name_is_kept_as_data(name, deliver, load, query):
    quoted = name.replace('"', '""')
    deliver("care/channels.csv", f'channel_id,channel_name,channel_type,"{quoted}"\n1,Phone,Voice,kept\n')
    (file,) = load().files
    assert (file.status, file.loaded) == ("loaded", 1), file.reason
    assert query("select channel_name, _extra from raw.care__channels") == [
        {"channel_name": "Phone", "_extra": {name: "kept"}}
    ]
    assert query("select count(*) from ops.runs") == [{"count": 1}]


def test_hostile_values_are_kept_as_they_are(deliver, load, query):
    value = "'); drop table ops.runs; -- \\N \\."
    deliver("care/channels.csv", f'channel_id,channel_name,channel_type\n1,"{value}",Voice\n')
    (file,) = load().files
    assert file.status == "loaded", file.reason
    assert query("select channel_name from raw.care__channels") == [{"channel_name": value}]
