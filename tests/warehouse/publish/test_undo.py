"""Undoing the last publish: every row is again what it was, in one new batch."""

from __future__ import annotations

from datetime import date

import pytest
from customer360.publish import PublishError, PublishReport, undo

NEXT_DAY = date(2026, 7, 1)
TABLES = (
    "care.customers", "care.interactions", "care.channels", "dashboard.daily_interactions", "notifications.activity",
    "decisions.auth_tokens",
)  # fmt: skip

CHANGES = (
    "update candidate_care.customers set customer_name = 'Sofía \"S\" (Marín), \\x', born_on = null,"
    " email = case customer_id when 1 then 'ravi@example.com' when 2 then 'sofia.marin@example.org' end;"
    "delete from candidate_care.interactions where interaction_id = 10;"
    "update candidate_care.interactions set labels = array['a,b', null, ''], details = 'null', seconds = 0.1"
    " where interaction_id = 11;"
    "insert into candidate_care.channels values (3, 'Web');"
    "insert into candidate_care.customers (customer_id, customer_name) values (4, 'Ana');"
    "update candidate_care.interactions set customer_id = 4, channel_id = 3 where interaction_id = 12;"
    "delete from candidate_care.customers where customer_id = 2;"
    "delete from candidate_dashboard.daily_interactions where channel = 'Phone';"
    "insert into candidate_notifications.activity values (1, 'login', 5), (9, null, null), (9, null, null);"
    "delete from candidate_notifications.activity where customer_id = 2"
)


def content(mart) -> dict[str, list[str]]:
    """Every published row as text, volatile columns too, by table."""
    return {table: sorted(row for (row,) in mart.rows(f"select (t.*)::text from {table} as t")) for table in TABLES}


def undo_last(mart) -> PublishReport:
    return undo(mart.warehouse, mart.manifest, run_id=mart.run_id)


def test_an_undone_publish_leaves_every_row_as_it_was(published_mart):
    before = content(published_mart)
    published_mart.change(CHANGES)
    assert published_mart.publish(NEXT_DAY).batch_id == 2
    assert content(published_mart) != before

    report = undo_last(published_mart)

    assert content(published_mart) == before
    assert report.batch_id == 3
    assert published_mart.rows("select batch_id, as_of_date from ops.published_batch") == [(3, date(2026, 6, 30))]
    assert published_mart.rows("select batch_id from core.published_batch", "bi_reader") == [(3,)]
    assert published_mart.rows(
        'select "table", inserted, updated, deleted from ops.publishes where batch_id = 3 order by 1'
    ) == [
        ("activity", 1, 0, 3),
        ("channels", 0, 0, 1),
        ("customers", 1, 2, 1),
        ("daily_interactions", 2, 0, 0),
        ("interactions", 1, 2, 0),
    ]


def test_an_undone_undo_brings_the_batch_back(published_mart):
    published_mart.change(CHANGES)
    published_mart.publish(NEXT_DAY)
    after = content(published_mart)
    undo_last(published_mart)
    assert undo_last(published_mart).batch_id == 4
    assert content(published_mart) == after
    assert published_mart.rows("select as_of_date from ops.published_batch") == [(NEXT_DAY,)]


def test_the_next_publish_after_an_undo_publishes_the_candidates_again(published_mart):
    published_mart.change(CHANGES)
    published_mart.publish(NEXT_DAY)
    counted = published_mart.rows("select count(*) from care.channels")
    undo_last(published_mart)
    assert published_mart.publish(NEXT_DAY).batch_id == 4
    assert published_mart.rows("select count(*) from care.channels") == counted


def test_only_the_last_batch_keeps_its_images(published_mart):
    published_mart.change("update candidate_care.customers set status = 'Inactive'")
    published_mart.publish()
    published_mart.change("insert into candidate_care.channels values (3, 'Web')")
    published_mart.publish()
    assert published_mart.rows('select batch_id, "schema", "table", action, image from undo.before_images') == [
        (3, "care", "channels", "INSERT", "(3,Web)")
    ]
    undo_last(published_mart)
    assert published_mart.rows("select distinct status from care.customers") == [("Inactive",)]


def test_a_publish_that_fails_leaves_the_last_batch_to_undo(published_mart):
    before = content(published_mart)
    published_mart.change("update candidate_care.channels set channel_name = upper(channel_name)")
    published_mart.publish()
    published_mart.change("update candidate_care.customers set status = 'Wild'")
    with pytest.raises(PublishError):
        published_mart.publish()
    undo_last(published_mart)
    assert content(published_mart) == before


def test_a_table_that_the_last_batch_brought_is_emptied_and_stays(published_mart, make_model, make_column):
    published_mart.declare(make_model("care.extra", [make_column("id", "bigint")], primary_key=["id"]))
    published_mart.change("insert into candidate_care.extra values (1)")
    published_mart.publish()
    undo_last(published_mart)
    assert published_mart.rows("select count(*) from care.extra") == [(0,)]


def test_an_undo_goes_even_when_the_model_has_a_column_no_publish_has_brought(published_mart, make_column):
    before = content(published_mart)
    published_mart.change("insert into candidate_care.channels values (3, 'Web')")
    published_mart.publish()
    published_mart.node("care.channels")["columns"]["note"] = make_column("note", "text")
    undo_last(published_mart)
    assert content(published_mart) == before


def test_there_is_nothing_to_undo_before_the_second_batch(mart, make_column):
    with pytest.raises(PublishError, match="Nothing is published yet"):
        undo_last(mart)
    mart.publish()
    with pytest.raises(PublishError, match="Batch 1 is the first one"):
        undo_last(mart)
    mart.node("care.channels")["columns"]["note"] = make_column("note", "text")
    mart.rebuild("care.channels")
    mart.reset()
    mart.publish()
    with pytest.raises(PublishError, match="Batch 2 changed no row"):
        undo_last(mart)


@pytest.mark.parametrize("role", ["c360_loader", "c360_transformer", "c360_enricher", "bi_reader", "pii_reader"])
def test_only_the_publisher_sees_what_rows_were(published_mart, role):
    assert published_mart.rows("select has_schema_privilege('undo', 'usage')", role) == [(False,)]
