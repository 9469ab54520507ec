"""What dashboards see of the pipeline: how it is, and no word of anybody's record."""

from __future__ import annotations

import psycopg
import pytest
from customer360.warehouse import OWNER, Warehouse

QUOTED = "invalid value 'sofia@example.org'"


@pytest.fixture
def after_two_nights(warehouse: Warehouse) -> Warehouse:
    """A night that published, and one that failed at its audit with a message that quotes a record."""
    with warehouse.connect(OWNER) as connection:
        connection.execute(
            "insert into ops.runs (kind, as_of_date, status, message, started_at, finished_at) values"
            " ('nightly', '2026-06-29', 'published', null, '2026-06-30 02:00+00', '2026-06-30 02:10+00'),"
            f" ('nightly', '2026-06-30', 'failed', $${QUOTED}$$, '2026-07-01 02:00+00', '2026-07-01 02:01+00')"
        )
        connection.execute(
            "insert into ops.run_steps (run_id, step, status, message, started_at, finished_at) values"
            " (1, 'load', 'done', null, '2026-06-30 02:00+00', '2026-06-30 02:00:30.5+00'),"
            " (2, 'load', 'done', null, '2026-07-01 02:00+00', '2026-07-01 02:00:10+00'),"
            f" (2, 'audit', 'failed', $${QUOTED}$$, '2026-07-01 02:00:10+00', '2026-07-01 02:01+00')"
        )
        connection.execute(
            'insert into ops.loaded_files (run_id, sha256, system, "table", file, status, records, loaded, quarantined,'
            " reason, delivered_on, finished_at) values"
            " (1, 'a', 'care', 'customers', 'care/customers.csv', 'loaded', 10, 9, 1, null, '2026-06-29',"
            "  '2026-06-30 02:00+00'),"
            " (2, 'b', 'care', 'customers', 'care/customers_2.csv', 'loaded', 5, 5, 0, null, '2026-06-30',"
            "  now() - interval '90 seconds'),"
            f" (2, 'c', 'care', 'customers', 'care/customers_3.csv', 'refused', 5, 0, 5, $${QUOTED}$$, null, now())"
        )
        connection.execute(
            "insert into ops.checks (run_id, gate, suite, check_name, severity, passed, observed) values"
            f" (2, 'before_publish', 'readers_care', 'care.customers unique_email', 'fail', false, $${QUOTED}$$)"
        )
        connection.execute(
            "insert into ops.dbt_results (run_id, invocation_id, unique_id, resource_type, status, seconds, message)"
            f" values (1, 'i', 'model.customer360.dim_customer', 'model', 'success', 1.25, $${QUOTED}$$)"
        )
        connection.execute(
            'insert into ops.measures (run_id, "table", measure, value, usual, spread, nights, is_unusual) values'
            " (2, 'candidate_core.fct_orders', 'rows', 40, 80, 4, 28, true)"
        )
        connection.execute(
            'insert into ops.publishes (run_id, batch_id, "schema", "table", inserted, updated, deleted, row_count,'
            " published_at) values (1, 1, 'care', 'customers', 9, 0, 0, 9, now())"
        )
    return warehouse


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        (
            "select run_id, status, failed_step, duration_seconds::int from health.runs order by 1",
            [(1, "published", None, 600), (2, "failed", "audit", 60)],
        ),
        (
            "select step, status, duration_seconds::text from health.steps where run_id = 1",
            [("load", "done", "30.5")],
        ),
        (
            "select status, quarantined_count from health.files order by 2",
            [("loaded", 0), ("loaded", 1), ("refused", 5)],
        ),
        (
            'select system, "table", last_record_count, file_count, loaded_count, seconds_since_loaded >= 90,'
            " last_delivered_on::text from health.sources",
            [("care", "customers", 5, 2, 14, True, "2026-06-30")],
        ),
        ("select severity, is_passed from health.checks", [("fail", False)]),
        ("select value::int, usual_value::int, is_unusual from health.measures", [(40, 80, True)]),
        ("select name, duration_seconds::text from health.models", [("dim_customer", "1.250")]),
        ("select batch_id, inserted_count, row_count from health.publishes", [(1, 9, 9)]),
    ],
    ids=["runs", "steps", "files", "sources", "checks", "measures", "models", "publishes"],
)
def test_a_reader_sees_how_the_nights_went(after_two_nights: Warehouse, query: str, rows: list[tuple]):
    for role in ("bi_reader", "pii_reader"):
        with after_two_nights.connect(role) as connection:
            assert connection.execute(query).fetchall() == rows


def test_no_view_of_the_pipelines_health_shows_a_message_that_can_quote_a_record(after_two_nights: Warehouse):
    with after_two_nights.connect("bi_reader") as connection:
        views = [name for (name,) in connection.execute("select viewname from pg_views where schemaname = 'health'")]
        assert len(views) >= 7
        for view in views:
            rows = connection.execute(f"select * from health.{view}").fetchall()
            assert rows, view
            assert "sofia" not in str(rows), view


def test_a_reader_sees_nothing_else_of_ops(after_two_nights: Warehouse):
    with after_two_nights.connect("bi_reader") as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select * from ops.runs")
        connection.rollback()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("delete from health.files")
