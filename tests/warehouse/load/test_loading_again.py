"""Files delivered again, renamed or interrupted, and keys that a source does not give."""

from __future__ import annotations

import gzip
import itertools
import threading

import pytest
from customer360.contracts import read_contracts
from customer360.load import file as loading
from customer360.load import load_landing

CHANNELS = "channel_id,channel_name,channel_type\n1,Phone,Voice\n2,Chat,Digital\n"
NAMES_ONLY = "channel_name,channel_type\nPhone,Voice\nChat,Digital\n"


def statuses(report):
    return {file.file: file.status for file in report.files}


def test_a_file_delivered_twice_loads_once(deliver, load, query):
    deliver("care/channels.csv", CHANNELS)
    assert statuses(load()) == {"care/channels.csv": "loaded"}
    (again,) = load().files
    assert (again.status, again.records, again.loaded) == ("skipped", 0, 0)
    assert again.reason == "Its content was loaded before, as care/channels.csv."
    assert query("select count(*) from raw.care__channels") == [{"count": 2}]
    assert query("select count(*) from ops.loaded_files") == [{"count": 1}]


def test_a_renamed_file_loads_once(deliver, load, query):
    deliver("care/channels_2026-01-01.csv", CHANNELS)
    deliver("care/channels_2026-01-02.csv", CHANNELS)
    report = load()
    assert statuses(report) == {"care/channels_2026-01-01.csv": "loaded", "care/channels_2026-01-02.csv": "skipped"}
    assert query("select count(*) from raw.care__channels") == [{"count": 2}]


def test_the_same_bytes_load_into_each_table_they_belong_to(deliver, load):
    profile = "customer_id,scenario,recommended_action,urgency_level,follow_up_required,assigned_team\n"
    deliver("notifications/recommended_actions.csv", profile)
    deliver("notifications/recommended_actions_2.csv", profile)
    deliver("care/channels.csv", CHANNELS)
    deliver("other/channels.csv", CHANNELS)
    from customer360.contracts.catalogue import SOURCES

    text = (SOURCES / "care" / "channels.yml").read_text()
    deliver(
        "contracts/other.yml",
        text.replace("care-channels", "other-channels")
        .replace("care/", "other/")
        .replace("system: care", "system: other"),
    )
    assert statuses(load()) == {
        "notifications/recommended_actions.csv": "loaded",
        "notifications/recommended_actions_2.csv": "skipped",
        "care/channels.csv": "loaded",
        "other/channels.csv": "loaded",
    }


def test_a_refused_file_is_tried_again(deliver, load, query):
    deliver("care/channels.csv", "")
    load()
    load()
    assert query("select status from ops.loaded_files") == [{"status": "refused"}, {"status": "refused"}]
    deliver("care/channels.csv", CHANNELS)
    assert statuses(load()) == {"care/channels.csv": "loaded"}


def test_a_load_killed_within_a_file_leaves_nothing_of_it_and_a_rerun_loads(
    deliver, load, query, monkeypatch, warehouse, landing, run_id
):
    deliver("care/agents.csv", "agent_id,agent_name,employee_id\n1,Ann,E1\n")
    rows = "".join(f"{n},name {n},{'Smoke' if n == 9 else 'Voice'}\n" for n in range(1, 50_001))
    deliver("care/channels.csv", f"channel_id,channel_name,channel_type\n{rows}")

    class Killed(BaseException):
        pass

    def one_piece_and_then_the_end(path, name):
        yield from itertools.islice(loading_pieces(path, name), 1)
        if "channels" in name:
            raise Killed

    loading_pieces = loading.pieces
    with monkeypatch.context() as patch:
        patch.setattr(loading, "pieces", one_piece_and_then_the_end)
        with pytest.raises(Killed):
            load()
    assert query("select file from ops.loaded_files") == [{"file": "care/agents.csv"}]
    assert query("select * from raw.care__channels limit 1") == []
    assert query("select * from quarantine.rejected_records") == []
    assert statuses(load()) == {"care/agents.csv": "skipped", "care/channels.csv": "loaded"}
    assert query("select count(*) from raw.care__channels") == [{"count": 49_999}]
    assert query("select count(*) from quarantine.rejected_records") == [{"count": 1}]


def test_two_loads_at_once_load_a_file_once(deliver, warehouse, landing, run_id, query):
    rows = "".join(f"{n},name {n},Voice\n" for n in range(1, 20_001))
    deliver("care/channels.csv.gz", gzip.compress(f"channel_id,channel_name,channel_type\n{rows}".encode()))
    reports = []

    def run():
        from datetime import date

        reports.append(
            load_landing(
                warehouse,
                str(landing),
                read_contracts(),
                run_id=run_id,
                business_date=date(2026, 6, 30),
                progress=False,
                quiet_seconds=0,
            )
        )

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(report.files[0].status for report in reports) == ["loaded", "skipped"]
    assert query("select count(*) from raw.care__channels") == [{"count": 20_000}]


def test_files_load_in_the_order_of_their_dates(deliver, load, query):
    for name in ("care/channels_20260301.csv", "care/channels_2026-02-01.csv", "care/channels.csv"):
        deliver(name, f"channel_id,channel_name,channel_type\n1,{name[5:]},Voice\n")
    load()
    assert [row["file"] for row in query("select file from ops.loaded_files order by load_id")] == [
        "care/channels.csv",
        "care/channels_2026-02-01.csv",
        "care/channels_20260301.csv",
    ]


def test_where_the_key_is_absent_the_record_number_stands_for_it(deliver, load, query):
    deliver("care/channels.csv", "channel_name,channel_type\nPhone,Voice\nMail,Smoke\nChat,Digital\n")
    load()
    assert query("select channel_id, channel_name from raw.care__channels order by 1") == [
        {"channel_id": 1, "channel_name": "Phone"},
        {"channel_id": 3, "channel_name": "Chat"},
    ]
    assert query("select key_kind from ops.loaded_files") == [{"key_kind": "record_number"}]


def test_catalogues_without_ids_are_parents_by_record_number(deliver, load, query):
    deliver("care/customers.csv", "customer_name,email,phone\nAnn,ann@example.com,1\nBob,bob@example.com,2\n")
    deliver("care/service_plans.csv", "plan_name,monthly_fee\nBasic,15.00\n")
    deliver(
        "care/customer_service_plans.csv",
        "customer_id,service_plan_id,start_date,is_active\n1,1,2023-01-01,TRUE\n2,1,2023-01-15,FALSE\n",
    )
    report = load()
    assert all(file.status == "loaded" and file.quarantined == 0 for file in report.files)
    assert report.waiting == {}
    rows = query(
        "select customer_service_plan_id, customer_id, is_active from raw.care__customer_service_plans order by 1"
    )
    assert [tuple(row.values()) for row in rows] == [(1, 1, True), (2, 2, False)]


def test_a_newer_catalogue_without_ids_may_repeat_its_unique_values(deliver, load):
    deliver("care/channels_2026-01-01.csv", NAMES_ONLY)
    deliver("care/channels_2026-01-02.csv", NAMES_ONLY.replace("Phone", "Mail") + "Phone,Voice\n")
    assert [(file.status, file.quarantined) for file in load().files] == [("loaded", 0), ("loaded", 0)]


def test_files_with_and_without_the_key_do_not_mix(deliver, load, query):
    deliver("care/channels_2026-01-01.csv", CHANNELS)
    deliver("care/channels_2026-01-02.csv", NAMES_ONLY)
    deliver("care/agents_2026-01-01.csv", "agent_name,employee_id\nAnn,E1\n")
    deliver("care/agents_2026-01-02.csv", "agent_id,agent_name,employee_id\n1,Ann,E1\n")
    refused = {file.file: file.reason for file in load().refused}
    assert refused == {
        "care/channels_2026-01-02.csv": (
            "It has no column channel_id, and care/channels_2026-01-01.csv has one: "
            "record numbers and keys cannot be told apart. Export it with channel_id."
        ),
        "care/agents_2026-01-02.csv": (
            "It has a column agent_id, and care/agents_2026-01-01.csv has none, so its record numbers stand for the "
            "key: the two cannot be told apart. Export it without agent_id, or empty the warehouse first."
        ),
    }
    assert query("select count(*) from raw.care__channels") == [{"count": 2}]
