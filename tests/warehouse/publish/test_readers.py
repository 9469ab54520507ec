"""What readers see: one batch at a time, and of personal data only what their role may see."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from customer360.publish import PublishError
from psycopg import IsolationLevel

PUBLISHES = 20
READERS = 8


def test_readers_in_one_transaction_see_one_batch_while_batches_are_published(published_mart):
    def write(number: int) -> None:
        published_mart.change(
            f"update candidate_care.customers set score = {number} / 100.0, status = 'Active';"
            f"update candidate_care.interactions set seconds = {number};"
            f"update candidate_notifications.activity set engagement = {number};"
            f"update candidate_dashboard.daily_interactions set interactions = {number}"
        )

    write(0)
    published_mart.publish()
    stop = threading.Event()

    def read() -> list[set[int]]:
        seen = []
        with published_mart.warehouse.connect("pii_reader") as connection:
            connection.isolation_level = IsolationLevel.REPEATABLE_READ
            while not stop.is_set() or not seen:
                numbers = set()
                for query in (
                    "select distinct (score * 100)::int from care.customers",
                    "select distinct seconds::int from care.interactions",
                    "select distinct engagement from notifications.activity",
                    "select distinct interactions::int from dashboard.daily_interactions",
                    "select batch_id::int - 2 from core.published_batch",
                ):
                    numbers |= {number for (number,) in connection.execute(query)}
                connection.commit()
                seen.append(numbers)
        return seen

    with ThreadPoolExecutor(READERS) as pool:
        readers = [pool.submit(read) for _ in range(READERS)]
        try:
            for number in range(1, PUBLISHES + 1):
                write(number)
                assert published_mart.publish().batch_id == number + 2
        finally:
            stop.set()
        seen = [numbers for reader in readers for numbers in reader.result()]
    assert all(len(numbers) == 1 for numbers in seen)
    assert len(set.union(*seen)) > 1


def test_a_second_publish_waits_and_then_says_so(published_mart):
    with published_mart.warehouse.connect("c360_publisher") as connection:
        connection.execute("select pg_advisory_xact_lock(360000002)")
        with pytest.raises(PublishError, match=r"Another publish is running and did not end within 0\.2 s"):
            published_mart.publish(lock_timeout_seconds=0.2)
    assert not published_mart.publish(lock_timeout_seconds=0.2).changed


def test_publishes_started_together_come_one_after_the_other(published_mart):
    published_mart.change("update candidate_care.customers set status = 'Inactive'")
    with ThreadPoolExecutor(3) as pool:
        reports = [future.result() for future in [pool.submit(published_mart.publish) for _ in range(3)]]
    assert sorted(report.batch_id or 0 for report in reports) == [0, 0, 2]


def test_a_table_locked_by_someone_is_named(published_mart):
    published_mart.change("update candidate_care.customers set status = 'Inactive'")
    with published_mart.warehouse.connect("c360_publisher") as connection:
        connection.execute("lock table care.customers in access exclusive mode")
        with pytest.raises(PublishError, match=r"care\.customers is locked by another session"):
            published_mart.publish(lock_timeout_seconds=0.2)


def test_a_publish_that_adds_a_column_tries_again_until_the_reader_in_its_way_has_ended(published_mart, make_column):
    published_mart.node("care.channels")["columns"]["nickname"] = make_column("nickname", "text")
    published_mart.change("alter table candidate_care.channels add column nickname text")
    with (
        ThreadPoolExecutor(1) as pool,
        published_mart.warehouse.connect("bi_reader") as slow,
        published_mart.warehouse.connect("bi_reader", autocommit=True) as quick,
    ):
        slow.execute("select count(*) from care.channels")
        publish = pool.submit(published_mart.publish)
        # Nobody else waits for as long as the publish does: it steps back between its tries.
        quick.execute("set statement_timeout = '20s'")
        for _ in range(20):
            assert quick.execute("select count(*) from care.channels").fetchone() == (2,)
        assert not publish.done()
        slow.commit()
        assert publish.result().structure == ("column care.channels.nickname",)


def test_bi_reader_sees_personal_columns_masked(published_mart):
    assert published_mart.rows(
        "select customer_id, customer_name, email, phone, born_on::text, city, status"
        " from care_masked.customers order by 1",
        "bi_reader",
    ) == [
        (1, "S. M.", "***@example.org", "***77", "1990-01-01", None, "Active"),
        (2, "R. K.", "***@example.com", "***", None, None, None),
        (3, "L.", None, None, None, None, None),
    ]
    assert published_mart.rows(
        "select interaction_id, summary, details, ip_address, reference from care_masked.interactions"
        " where interaction_id = 10",
        "bi_reader",
    ) == [(10, None, {"b": 1, "a": [2]}, None, None)]


@pytest.mark.parametrize("table", ["customers", "interactions"])
def test_a_masked_view_has_the_columns_and_types_of_its_table_and_is_a_security_barrier(published_mart, table):
    columns = (
        "select attname::text, format_type(atttypid, atttypmod) from pg_attribute"
        " where attrelid = '{}.{}'::regclass and attnum > 0 order by attnum"
    )
    assert published_mart.rows(columns.format("care_masked", table)) == published_mart.rows(
        columns.format("care", table)
    )
    assert published_mart.rows(
        f"select 'security_barrier=true' = any(reloptions) from pg_class where oid = 'care_masked.{table}'::regclass"
    ) == [(True,)]


@pytest.mark.parametrize("table", ["care.customers", "care.interactions", "decisions.auth_tokens"])
def test_bi_reader_is_denied_the_tables_with_personal_columns(published_mart, table):
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied for table"):
        published_mart.rows(f"select * from {table}", "bi_reader")
    assert published_mart.rows(f"select count(*) > 0 from {table}", "pii_reader") == [(True,)]


@pytest.mark.parametrize("table", ["care.channels", "dashboard.daily_interactions", "notifications.activity"])
def test_tables_without_personal_columns_are_read_by_both_and_have_no_view(published_mart, table):
    for role in ("bi_reader", "pii_reader"):
        assert published_mart.rows(f"select count(*) > 0 from {table}", role) == [(True,)]
    schema, _, name = table.partition(".")
    assert published_mart.rows(f"select to_regclass('{schema}_masked.{name}')") == [(None,)]


def test_an_unmasked_table_has_no_view(published_mart):
    assert published_mart.rows("select to_regclass('decisions_masked.auth_tokens')") == [(None,)]


def test_the_same_query_runs_for_both_readers(published_mart):
    seen = {}
    for role, path in (("bi_reader", "care_masked, care"), ("pii_reader", "care")):
        with published_mart.warehouse.connect(role) as connection:
            connection.execute(f"set search_path = {path}")
            seen[role] = connection.execute(
                "select email, channel_name from customers join interactions using (customer_id)"
                " join channels using (channel_id) where interaction_id = 10"
            ).fetchall()
    assert seen == {
        "bi_reader": [("***@example.org", "Phone")],
        "pii_reader": [("sofia.marin@example.org", "Phone")],
    }


def test_readers_may_not_write(published_mart):
    for role in ("bi_reader", "pii_reader"):
        with (
            published_mart.warehouse.connect(role) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute("delete from care.channels")


def test_a_column_that_becomes_personal_is_masked_and_taken_from_bi_reader(published_mart):
    meta = published_mart.node("care.channels")["columns"]["channel_name"]["config"]["meta"]
    meta["pii"] = "name"
    assert published_mart.publish().structure == ("masked view care_masked.channels",)
    assert published_mart.rows("select channel_name from care_masked.channels order by 1", "bi_reader") == [
        ("C.",),
        ("P.",),
    ]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        published_mart.rows("select * from care.channels", "bi_reader")

    del meta["pii"]
    published_mart.publish()
    for schema in ("care", "care_masked"):
        assert ("Chat",) in published_mart.rows(f"select channel_name from {schema}.channels", "bi_reader")


def test_a_mask_that_is_withdrawn_takes_its_view_along(published_mart):
    published_mart.published("care.customers")["masked"] = False
    published_mart.publish()
    assert published_mart.rows("select to_regclass('care_masked.customers')") == [(None,)]
