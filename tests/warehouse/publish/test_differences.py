"""What a publish changes in the published rows, and what it leaves alone."""

from __future__ import annotations

from datetime import date

import psycopg
import pytest
from customer360.publish import PublishError

NEXT_DAY = date(2026, 7, 1)
DAY_BEFORE = date(2026, 6, 29)
VERSIONS = "select {0}, xmin::text, ctid::text from {1} order by 1"


def counts(report):
    return {
        f"{table.schema}.{table.table}": (table.inserted, table.updated, table.deleted, table.row_count)
        for table in report.tables
        if table.changed
    }


def test_the_first_publish_inserts_every_candidate_row_as_one_batch(mart, run_id):
    report = mart.publish()
    assert report.batch_id == 1
    assert counts(report) == {
        "care.channels": (2, 0, 0, 2),
        "care.customers": (3, 0, 0, 3),
        "care.interactions": (3, 0, 0, 3),
        "dashboard.daily_interactions": (2, 0, 0, 2),
        "decisions.auth_tokens": (1, 0, 0, 1),
        "notifications.activity": (3, 0, 0, 3),
    }
    assert mart.rows("select batch_id, run_id, as_of_date from ops.published_batch") == [(1, run_id, date(2026, 6, 30))]
    assert mart.rows("select count(*), sum(inserted), min(batch_id) from ops.publishes") == [(6, 14, 1)]
    assert mart.rows("select batch_id, as_of_date from core.published_batch", "bi_reader") == [(1, date(2026, 6, 30))]


def test_publishing_the_same_again_changes_nothing_and_makes_no_batch(published_mart):
    before = published_mart.rows(VERSIONS.format("customer_id", "care.customers"))
    published_mart.rebuild("care.channels")
    published_mart.change("insert into candidate_care.channels values (2, 'Chat'), (1, 'Phone')")
    report = published_mart.publish(NEXT_DAY)
    assert (report.batch_id, report.changed, report.structure) == (None, False, ())
    assert published_mart.rows(VERSIONS.format("customer_id", "care.customers")) == before
    assert published_mart.rows("select batch_id from ops.published_batch") == [(1,)]
    assert published_mart.rows("select count(*) from ops.publishes") == [(6,)]


def test_only_the_rows_that_differ_are_touched(published_mart):
    before = {
        number: version
        for number, *version in published_mart.rows(VERSIONS.format("interaction_id", "care.interactions"))
    }
    published_mart.change(
        "delete from candidate_care.interactions where interaction_id = 10;"
        "update candidate_care.interactions set labels = array['new'] where interaction_id = 11;"
        "insert into candidate_care.interactions (interaction_id, customer_id, channel_id)"
        " values (13, 3, 1), (14, 3, 2)"
    )
    report = published_mart.publish(NEXT_DAY)
    assert report.batch_id == 2
    assert counts(report) == {"care.interactions": (2, 1, 1, 4)}
    after = {
        number: version
        for number, *version in published_mart.rows(VERSIONS.format("interaction_id", "care.interactions"))
    }
    assert set(after) == {11, 12, 13, 14}
    assert after[12] == before[12]
    assert after[11] != before[11]
    assert published_mart.rows(
        'select "table", inserted, updated, deleted, row_count from ops.publishes'
        " where batch_id = 2 and inserted + updated + deleted > 0"
    ) == [("interactions", 2, 1, 1, 4)]
    assert published_mart.rows("select as_of_date from ops.published_batch") == [(NEXT_DAY,)]


def test_a_difference_in_any_kind_of_column_is_published(published_mart):
    query = "select {0}::text from {1}.interactions where interaction_id = 10"
    for name, value in {
        "details": "'{\"a\": [3]}'",
        "labels": "null",
        "seconds": "0.1",
        "ip_address": "'10.0.0.8'",
        "summary": "null",
        "channel_id": "2",
    }.items():
        published_mart.change(f"update candidate_care.interactions set {name} = {value} where interaction_id = 10")
        assert counts(published_mart.publish()) == {"care.interactions": (0, 1, 0, 3)}
        assert published_mart.rows(query.format(name, "care")) == published_mart.rows(
            query.format(name, "candidate_care")
        )
    assert not published_mart.publish().changed


def test_a_value_that_storing_rounds_is_no_difference(mart):
    mart.change(
        "alter table candidate_care.customers alter score type numeric;"
        "update candidate_care.customers set score = 0.123456"
    )
    mart.publish()
    assert mart.rows("select distinct score::text from care.customers") == [("0.12",)]
    assert not mart.publish().changed


def test_a_text_longer_than_its_column_is_refused_and_not_cut(mart):
    mart.change(
        "alter table candidate_care.customers alter phone type text;"
        "update candidate_care.customers set phone = repeat('7', 21) where customer_id = 1"
    )
    with pytest.raises(
        PublishError, match=r"care\.customers was refused: value too long for type character varying\(20\)"
    ):
        mart.publish()


def test_two_rows_may_swap_their_unique_values(published_mart):
    published_mart.change(
        "update candidate_care.customers set email ="
        " case customer_id when 1 then 'ravi@example.com' when 2 then 'sofia.marin@example.org' end"
    )
    assert counts(published_mart.publish()) == {"care.customers": (0, 2, 0, 3)}
    assert published_mart.rows("select email from care.customers where customer_id = 1") == [("ravi@example.com",)]


def test_an_updated_parent_leaves_its_children_alone(published_mart):
    query = VERSIONS.format("interaction_id", "care.interactions")
    before = published_mart.rows(query)
    published_mart.change("update candidate_care.customers set status = 'Inactive'")
    assert counts(published_mart.publish()) == {"care.customers": (0, 3, 0, 3)}
    assert published_mart.rows(query) == before


def test_a_parent_that_goes_takes_only_the_children_that_go_too(published_mart):
    published_mart.change(
        "delete from candidate_care.customers where customer_id = 1;"
        "delete from candidate_care.interactions where interaction_id = 10;"
        "update candidate_care.interactions set customer_id = 2 where interaction_id = 11"
    )
    assert counts(published_mart.publish()) == {
        "care.customers": (0, 0, 1, 2),
        "care.interactions": (0, 1, 1, 2),
    }


def test_volatile_columns_are_filled_kept_and_never_a_difference(mart):
    mart.change(
        "update candidate_care.customers set created_at = '2020-01-01', updated_at = '2020-01-02' where customer_id = 1"
    )
    mart.publish()
    first = {n: rest for n, *rest in mart.rows("select customer_id, created_at, updated_at from care.customers")}
    assert [str(moment)[:10] for moment in first[1]] == ["2020-01-01", "2020-01-02"]
    assert mart.rows("select published_at from ops.published_batch") == [(first[2][0],)]
    assert first[2][0] == first[2][1]

    mart.change("update candidate_care.customers set created_at = '2021-01-01' where customer_id = 3")
    assert not mart.publish().changed

    mart.change("update candidate_care.customers set customer_name = 'R. Kumar' where customer_id = 2")
    mart.publish()
    then = {n: rest for n, *rest in mart.rows("select customer_id, created_at, updated_at from care.customers")}
    assert then[1] == first[1]
    assert then[3] == first[3]
    assert then[2][0] == first[2][0]
    assert then[2][1] > first[2][1]


def test_a_source_value_of_a_volatile_column_comes_with_an_update(published_mart):
    published_mart.change(
        "update candidate_care.customers set status = 'Inactive', created_at = '2020-01-01', updated_at = '2020-02-02'"
        " where customer_id = 2"
    )
    published_mart.publish()
    assert published_mart.rows(
        "select created_at::date::text, updated_at::date::text from care.customers where customer_id = 2"
    ) == [("2020-01-01", "2020-02-02")]


def test_a_table_without_a_key_keeps_as_many_copies_as_its_candidate(published_mart):
    query = "select customer_id, recent_activity, engagement from notifications.activity order by 1, 2, 3"
    untouched = published_mart.rows("select ctid::text from notifications.activity where customer_id = 2")
    activity = [(1, "login", 5), (2, None, None), (3, "order", None), (3, "order", None), (3, "order", None)]

    def fill(rows):
        names = ("customer_id", "recent_activity", "engagement")
        published_mart.fill({"notifications.activity": [dict(zip(names, row, strict=True)) for row in rows]})

    fill(activity)
    assert counts(published_mart.publish()) == {"notifications.activity": (3, 0, 1, 5)}
    assert published_mart.rows(query) == activity
    assert published_mart.rows("select ctid::text from notifications.activity where customer_id = 2") == untouched
    assert published_mart.rows("select count(*) from notifications.activity where published_at is null") == [(0,)]
    assert not published_mart.publish().changed

    fill(activity[1:4])
    assert counts(published_mart.publish()) == {"notifications.activity": (0, 0, 2, 3)}
    assert published_mart.rows(query) == activity[1:4]

    fill([*activity[1:4], activity[2]])
    assert counts(published_mart.publish()) == {"notifications.activity": (1, 0, 0, 4)}

    fill([])
    assert counts(published_mart.publish()) == {"notifications.activity": (0, 0, 4, 0)}


def test_an_earlier_day_repairs_only_its_own_rows(published_mart):
    published_mart.change(
        "update candidate_dashboard.daily_interactions set interactions = interactions + 100;"
        "insert into candidate_dashboard.daily_interactions values"
        " ('2026-06-29', 'Chat', 1), ('2026-06-28', 'Chat', 1), ('2026-06-30', 'Chat', 1);"
        "delete from candidate_notifications.activity;"
        "update candidate_care.customers set status = 'Inactive'"
    )
    report = published_mart.publish(DAY_BEFORE)
    assert [(table.schema, table.table) for table in report.tables] == [("dashboard", "daily_interactions")]
    assert counts(report) == {"dashboard.daily_interactions": (1, 1, 0, 3)}
    assert published_mart.rows(
        "select record_date::text, channel, interactions from dashboard.daily_interactions order by 1, 2"
    ) == [("2026-06-29", "Chat", 1), ("2026-06-29", "Phone", 105), ("2026-06-30", "Phone", 7)]
    assert published_mart.rows("select batch_id, as_of_date from ops.published_batch") == [(2, date(2026, 6, 30))]


def test_an_earlier_day_deletes_only_its_own_rows(published_mart):
    published_mart.change("delete from candidate_dashboard.daily_interactions")
    assert counts(published_mart.publish(DAY_BEFORE)) == {"dashboard.daily_interactions": (0, 0, 1, 1)}
    assert published_mart.rows("select record_date::text from dashboard.daily_interactions") == [("2026-06-30",)]


def test_an_earlier_day_of_a_table_without_a_key_stays_in_its_day(empty_mart, make_model, make_column):
    columns = [make_column("day", "date"), make_column("event", "text")]
    empty_mart.declare(make_model("dashboard.events", columns, day_column="day"))
    empty_mart.change("insert into candidate_dashboard.events values ('2026-06-29', 'a'), ('2026-06-30', 'b')")
    empty_mart.publish()
    empty_mart.change("update candidate_dashboard.events set event = event || '2'")
    assert counts(empty_mart.publish(DAY_BEFORE)) == {"dashboard.events": (1, 0, 1, 2)}
    assert empty_mart.rows("select event from dashboard.events order by day") == [("a2",), ("b",)]


BROKEN = {
    "update candidate_care.customers set status = 'Wild' where customer_id < 3": (
        "care.customers: check customers_status_check is violated by 2 rows of candidate_care.customers"
    ),
    "update candidate_care.customers set customer_name = null where customer_id = 3": (
        "care.customers: column customer_name must not be NULL but is in 1 row of candidate_care.customers"
    ),
    "update candidate_care.customers set email = 'sofia.marin@example.org' where customer_id = 2": (
        "care.customers: unique customers_email_key is violated by 2 rows"
    ),
    "update candidate_care.interactions set customer_id = 77 where interaction_id = 10": (
        "care.interactions: foreign key interactions_customer_id_fkey is violated by 1 row"
    ),
    "delete from candidate_care.channels where channel_id = 1": (
        "care.interactions: foreign key interactions_channel_id_fkey is violated by 1 row"
    ),
    # One of the two equals the published row: MERGE alone would take the other.
    "insert into candidate_care.customers (customer_id, customer_name) values (3, 'Lin')": (
        "care.customers: primary key customers_pkey is violated by 2 rows"
    ),
}


@pytest.mark.parametrize("is_first", [True, False], ids=["first publish", "later publish"])
def test_a_row_that_breaks_a_rule_publishes_nothing_of_any_table(mart, is_first):
    if not is_first:
        mart.publish()
    for change, message in BROKEN.items():
        mart.change("insert into candidate_notifications.activity (customer_id) values (9)")
        mart.change(change)
        with pytest.raises(PublishError) as refused:
            mart.publish()
        assert message in str(refused.value)
        for value in ("sofia", "Ravi", "Lin", "77", "Wild"):
            assert value not in str(refused.value)
        # A traceback must not bring the row along either.
        assert (refused.value.__context__, refused.value.__cause__) == (None, None)
        if is_first:
            assert mart.rows("select to_regclass('notifications.activity')") == [(None,)]
        else:
            assert mart.rows("select count(*) from notifications.activity") == [(3,)]
            assert mart.rows("select batch_id from ops.published_batch") == [(1,)]
        mart.reset()


def test_after_a_failed_publish_the_mended_candidates_are_published_whole(published_mart):
    published_mart.change(
        "update candidate_care.customers set status = 'Wild' where customer_id = 1;"
        "insert into candidate_care.channels values (3, 'Web')"
    )
    with pytest.raises(PublishError):
        published_mart.publish()
    published_mart.change("update candidate_care.customers set status = 'Inactive' where customer_id = 1")
    assert counts(published_mart.publish()) == {
        "care.channels": (1, 0, 0, 3),
        "care.customers": (0, 1, 0, 3),
    }


def test_a_missing_candidate_publishes_nothing(published_mart):
    published_mart.change("drop table candidate_care.channels")
    with pytest.raises(PublishError, match=r"candidate_care\.channels does not exist; build the marts first"):
        published_mart.publish()


def test_changed_tables_are_analysed_after_publishing(published_mart):
    # A table without an index: building one would count its rows as well.
    assert published_mart.rows("select reltuples from pg_class where oid = 'notifications.activity'::regclass") == [
        (3,)
    ]


def test_the_published_tables_take_inserts_with_their_defaults(published_mart):
    with published_mart.warehouse.connect("c360_publisher") as connection:
        assert connection.execute(
            "insert into care.customers (customer_id, customer_name) values (4, 'Ana')"
            " returning status, created_at is not null"
        ).fetchone() == ("Active", True)
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.execute("update care.customers set status = 'Wild'")
