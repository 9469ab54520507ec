"""The gate after load: what a doubtful delivery says, and that it rarely stops a night."""

from __future__ import annotations

from pathlib import Path

import pytest
from customer360.quality import run_gate
from customer360.warehouse import Warehouse
from warehouse.quality.tables import AS_OF_DATE, EXPECTATIONS, check, execute, insert

TODAY = "2026-06-30 10:00+00"
D1, D2, O1, E1, E2, X1 = (f"00000000-0000-0000-0000-00000000000{number}" for number in range(1, 7))

DOUBTFUL = [
    (
        "raw.care__customer_interactions",
        "ends_after_it_starts",
        "interaction_id 7",
        [
            (
                "care__customer_interactions",
                {"interaction_id": 7, "start_timestamp": TODAY, "end_timestamp": "2026-06-30 09:00+00"},
            ),
        ],
    ),
    (
        "raw.care__customer_interactions",
        "not_from_the_future",
        "interaction_id 8",
        [
            ("care__customer_interactions", {"interaction_id": 8, "start_timestamp": "2026-12-06 10:00+00"}),
        ],
    ),
    (
        "raw.care__customer_interactions",
        "is_fresh",
        "newest 2026-06-01",
        [
            ("care__customer_interactions", {"interaction_id": 9, "start_timestamp": "2026-06-01 10:00+00"}),
        ],
    ),
    (
        "raw.shop__orders",
        "has_lines",
        "order_id o1",
        [
            ("shop__orders", {"order_id": "o1", "ordered_at": TODAY, "status": "paid"}),
            ("shop__orders", {"order_id": "o2", "ordered_at": TODAY, "status": "paid"}),
            ("shop__order_lines", {"order_line_id": "l2", "order_id": "o2", "quantity": 1, "unit_price": 5}),
        ],
    ),
    (
        "raw.shop__orders",
        "not_from_the_future",
        "order_id o1",
        [
            ("shop__orders", {"order_id": "o1", "ordered_at": "2026-12-06 10:00+00", "status": "paid"}),
        ],
    ),
    (
        "raw.shop__web_sessions",
        "is_fresh",
        "newest 2026-06-20",
        [
            ("shop__web_sessions", {"session_id": "s", "started_at": "2026-06-20 10:00+00"}),
        ],
    ),
    (
        "raw.shop__web_sessions",
        "ends_after_it_starts",
        "session_id s",
        [
            ("shop__web_sessions", {"session_id": "s", "started_at": TODAY, "ended_at": "2026-06-30 09:00+00"}),
        ],
    ),
    (
        "raw.shop__refunds",
        "not_above_the_line",
        "order_line_id l1, refunded 12.00, amount 10.00",
        [
            ("shop__order_lines", {"order_line_id": "l1", "order_id": "o", "quantity": 2, "unit_price": 5}),
            ("shop__refunds", {"refund_id": "r1", "order_line_id": "l1", "refund_amount": 6}),
            ("shop__refunds", {"refund_id": "r2", "order_line_id": "l1", "refund_amount": 6}),
        ],
    ),
    (
        "raw.shop__ai_touches",
        "not_before_its_interaction",
        "touch_id t1",
        [
            ("shop__ai_interactions", {"interaction_id": "i1", "started_at": TODAY}),
            ("shop__ai_touches", {"touch_id": "t1", "interaction_id": "i1", "touched_at": "2026-06-30 09:00+00"}),
        ],
    ),
    (
        "raw.notifications__notification_history",
        "clicked_means_opened",
        "notification_id n1",
        [
            ("notifications__notification_history", {"notification_id": "n1", "opened": "No", "clicked": "Yes"}),
        ],
    ),
    (
        "raw.notifications__notification_history",
        "undelivered_is_not_opened",
        "notification_id n1",
        [
            (
                "notifications__notification_history",
                {"notification_id": "n1", "opened": "Yes", "delivery_status": "Bounced"},
            ),
        ],
    ),
    (
        "raw.crm__customer_info",
        "age_agrees_with_birth",
        "customer_id 3, age 70",
        [
            ("crm__customer_info", {"customer_id": 3, "age": 70, "date_of_birth": "1996-01-01"}),
        ],
    ),
    (
        "raw.crm__customer_info",
        "born_before_joining",
        "customer_id 3",
        [
            ("crm__customer_info", {"customer_id": 3, "join_date": "1990-01-01", "date_of_birth": "1996-01-01"}),
        ],
    ),
    (
        "raw.decisions__evaluations",
        "option_of_the_same_decision",
        f"id {E1}",
        [
            ("decisions__response_options", {"id": O1, "decision_id": D1}),
            ("decisions__evaluations", {"id": E1, "decision_id": D2, "option_id": O1}),
            ("decisions__evaluations", {"id": E2, "decision_id": D1, "option_id": O1}),
        ],
    ),
    (
        "raw.decisions__decision_outcomes",
        "selected_option_of_the_same_decision",
        f"id {X1}",
        [
            ("decisions__response_options", {"id": O1, "decision_id": D1}),
            ("decisions__decision_outcomes", {"id": X1, "decision_id": D2, "selected_option_id": O1}),
        ],
    ),
    (
        "raw.decisions__customer_decisions",
        "resolved_after_it_began",
        f"id {D1}",
        [
            (
                "decisions__customer_decisions",
                {"id": D1, "created_at": TODAY, "actual_resolution_date": "2026-06-01 10:00+00"},
            ),
        ],
    ),
]


def test_a_night_on_which_nothing_was_delivered_passes_without_a_warning(after_load):
    result = after_load()
    assert result.passed and not result.warnings
    assert len(result.checks) >= 15


def test_raw_tables_that_do_not_exist_yet_pass(warehouse: Warehouse, run_id: int, tmp_path: Path):
    result = run_gate(
        warehouse,
        "after_load",
        run_id=run_id,
        as_of_date=AS_OF_DATE,
        results_dir=tmp_path,
        expectations_dir=EXPECTATIONS,
    )
    assert result.passed and not result.warnings
    assert "nothing was ever delivered" in result.checks[0].observed


def test_a_small_delivery_of_one_system_passes_without_a_warning(raw, run_id, after_load):
    customers = [{"customer_id": n, "_run_id": run_id, "customer_name": f"Name {n}"} for n in range(1, 11)]
    insert(raw, "c360_loader", "raw.care__customers", *customers)
    execute(
        raw,
        "c360_loader",
        "insert into raw.care__customer_interactions"
        " (_run_id, interaction_id, customer_id, channel_id, interaction_type_id, agent_id,"
        " start_timestamp, end_timestamp, satisfaction_score)"
        f" select {run_id}, n, 1 + n % 10, 1, 1, 1 + n % 3, at, at + interval '5 minutes', (n % 5 - 2) / 4.0"
        " from generate_series(1, 1000) as n,"
        " lateral (select timestamptz '2026-06-01' + n * interval '42 minutes' as at) as times",
    )
    result = after_load()
    assert result.passed and not result.warnings, result.warnings
    assert (
        check(result, "raw.care__customer_interactions", "handled_by_an_agent").observed == "1, expected at least 0.2"
    )


@pytest.mark.parametrize(("table", "name", "shown", "rows"), DOUBTFUL, ids=[f"{t} {n}" for t, n, *_ in DOUBTFUL])
def test_a_doubtful_delivery_warns_and_names_its_rows_but_does_not_stop_the_run(
    raw, run_id, after_load, table, name, shown, rows
):
    for raw_table, row in rows:
        insert(raw, "c360_loader", f"raw.{raw_table}", row | {"_run_id": run_id})
    result = after_load()
    found = check(result, table, name)
    assert not found.passed and found.severity == "warn"
    assert len(found.sample) == 1 and found.rows.startswith(shown), found.rows
    assert result.passed


def test_a_defect_of_an_earlier_night_is_not_repeated(raw, run_id, after_load):
    row = {"notification_id": "n1", "opened": "No", "clicked": "Yes", "_run_id": run_id - 1}
    insert(raw, "c360_loader", "raw.notifications__notification_history", row)
    assert not after_load().warnings


MISSING_FILES = {
    ("raw.care__customers", "interactions_delivered"): "customer_id",
    ("raw.crm__customer_info", "preferences_delivered"): "customer_id",
    ("raw.shop__web_sessions", "events_delivered"): "session_id",
}


@pytest.mark.parametrize(("missing", "key"), MISSING_FILES.items(), ids=[t for t, _ in MISSING_FILES])
def test_a_system_that_delivers_customers_and_nothing_else_warns(raw, run_id, after_load, missing, key):
    table, name = missing
    value = "n::text" if key == "session_id" else "n"
    execute(
        raw,
        "c360_loader",
        f"insert into {table} ({key}, _run_id) select {value}, {run_id} from generate_series(1, 100) as n",
    )
    result = after_load()
    assert not check(result, table, name).passed and result.passed


def test_a_share_that_is_too_low_warns_with_the_share_observed(raw, run_id, after_load):
    execute(
        raw,
        "c360_loader",
        "insert into raw.care__customer_interactions (_run_id, interaction_id, start_timestamp, agent_id)"
        f" select {run_id}, n, '{TODAY}', case when n <= 10 then 1 end from generate_series(1, 100) as n",
    )
    found = check(after_load(), "raw.care__customer_interactions", "handled_by_an_agent")
    assert not found.passed and found.observed == "0.1, expected at least 0.2"


def test_a_snapshot_of_less_than_half_its_size_stops_the_run(raw, run_id, after_load):
    with raw.connect("c360_loader") as connection:
        for sha, rows in (("a", 200), ("b", 90)):
            connection.execute(
                'insert into ops.loaded_files (run_id, sha256, system, "table", file, status, loaded)'
                " values (%s, %s, 'notifications', 'account_activity', %s, 'loaded', %s)",
                [run_id, sha, f"{sha}.csv", rows],
            )
    insert(raw, "c360_loader", "raw.notifications__account_activity", {"customer_id": 1, "_run_id": run_id})
    result = after_load()
    assert not result.passed
    assert (
        "raw.notifications__account_activity did_not_shrink: 1 row (file b.csv, loaded 90, earlier 200)"
        in result.message
    )
