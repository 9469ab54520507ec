"""Files whose columns are not those of their contract: stored, ignored or refused as declared, and always reported."""

from __future__ import annotations

import json

import pytest
from customer360.contracts.catalogue import SOURCES

DRIFTED = "channel_type,mood,Name of channel,channel_id\nVoice,sunny,Phone,1\n"
UNKNOWN, ABSENT = ["mood"], ["is_active", "created_at"]


@pytest.fixture
def declare(deliver):
    """Puts a contract of channels with a drift policy into the landing."""

    def write(policy: str, *changes: tuple[str, str]) -> None:
        text = (SOURCES / "care" / "channels.yml").read_text()
        additions = f"customer360:\n  drift: {policy}\n  aliases: {{channel_name: [Name of channel]}}\n"
        for old, new in (("customer360:\n", additions), *changes):
            assert old in text
            text = text.replace(old, new, 1)
        deliver("contracts/channels.yml", text)

    return write


def test_columns_added_dropped_renamed_and_reordered_load_where_files_evolve(declare, deliver, load, query):
    declare("evolve")
    deliver("care/channels.csv", DRIFTED)
    (result,) = load().files
    assert result.drift == {
        "unknown_columns": UNKNOWN,
        "absent_columns": ABSENT,
        "renamed_columns": ["Name of channel for channel_name"],
        "reordered_columns": ["channel_type", "channel_name", "channel_id"],
    }
    assert query("select channel_id, channel_name, _extra from raw.care__channels") == [
        {"channel_id": 1, "channel_name": "Phone", "_extra": {"mood": "sunny"}}
    ]
    assert query("select drift from ops.loaded_files") == [{"drift": result.drift}]
    assert json.loads(result.as_json())["drift"] == result.drift
    assert ", columns new mood; absent is_active, created_at, " in str(result)


def test_a_new_column_is_not_stored_where_the_contract_is_frozen(declare, deliver, load, query):
    declare("freeze")
    deliver("care/channels.csv", DRIFTED)
    (result,) = load().files
    assert (result.status, result.drift["ignored_columns"]) == ("loaded", UNKNOWN)
    assert "unknown_columns" not in result.drift
    assert query("select channel_name, _extra from raw.care__channels") == [{"channel_name": "Phone", "_extra": None}]
    assert "sunny" not in str(query("select * from ops.loaded_files"))


def test_a_file_that_drifts_is_refused_where_declared(declare, deliver, load, query):
    declare("refuse")
    deliver("care/channels.csv", DRIFTED)
    (result,) = load().files
    assert (result.status, result.reason) == (
        "refused",
        "Its header has mood and lacks is_active, created_at, unlike care-channels, which refuses files that drift; "
        "export it as before, or declare the columns or another drift policy in the contract.",
    )
    assert query("select * from raw.care__channels") == []


def test_another_order_and_declared_other_names_are_no_drift_that_is_refused(declare, deliver, load):
    declare("refuse")
    deliver(
        "care/channels.csv",
        "created_at,channel_type,is_active,Name of channel,channel_id\n,Voice,true,Phone,1\n",
    )
    assert [file.status for file in load().files] == ["loaded"]


def test_a_retyped_column_is_named_where_it_refuses_its_file(deliver, load):
    rows = "".join(f"{n},Ann,ann{n}@example.com,,{n}.6.2026\n" for n in range(1, 29))
    deliver("care/customers.csv", f"customer_id,customer_name,email,phone,registration_date\n{rows}x,,,,\n")
    (result,) = load().files
    assert (result.status, result.drift["retyped_columns"]) == ("refused", ["registration_date"])
    assert result.reason.endswith(
        "Most values of registration_date do not fit: the column has another type or format now."
    )


def test_a_contract_that_gives_a_stored_column_another_type_refuses_the_files_of_its_table_alone(
    declare, deliver, load, query
):
    deliver("care/channels.csv", "channel_id,channel_name,channel_type\n1,Phone,Voice\n")
    load()
    declare("evolve", ("{name: created_at, type: datetime", "{name: created_at, type: string"))
    deliver("care/channels_2.csv", "channel_id,channel_name,channel_type\n2,Chat,Digital\n")
    deliver("care/agents.csv", "agent_id,agent_name,employee_id\n1,Ann,E1\n")
    report = load()
    assert {file.file: file.status for file in report.files} == {
        "care/agents.csv": "loaded",
        "care/channels.csv": "refused",
        "care/channels_2.csv": "refused",
    }
    assert report.refused[0].reason == (
        "raw.care__channels.created_at is timestamp with time zone, and care-channels says text; "
        "change the column's type by hand, or the contract."
    )
    assert query("select count(*) from raw.care__channels") == [{"count": 1}]
