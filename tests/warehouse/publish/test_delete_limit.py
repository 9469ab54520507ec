"""A publish that would delete a large share of a table stops until it is told to go on."""

from __future__ import annotations

import pytest
from customer360.publish import PublishError


def activity(rows: int) -> str:
    return f"insert into candidate_notifications.activity select n, 'login', 1 from generate_series(1, {rows}) as n"


def interactions(first: int, last: int) -> str:
    return (
        "insert into candidate_care.interactions (interaction_id, customer_id, channel_id)"
        f" select n, 1, 1 from generate_series({first}, {last}) as n"
    )


@pytest.fixture
def large_mart(mart):
    """200 interactions and 200 activities, published."""
    mart.change("delete from candidate_care.interactions; delete from candidate_notifications.activity")
    mart.change(interactions(1, 200))
    mart.change(activity(200))
    mart.publish()
    return mart


def test_a_publish_that_would_delete_too_much_publishes_nothing_and_names_the_tables(large_mart):
    large_mart.change("delete from candidate_care.interactions where interaction_id > 100")
    large_mart.change("insert into candidate_care.channels values (3, 'Web')")
    with pytest.raises(PublishError, match=r"More than 30% .* care\.interactions \(100 of 200\).* --allow-deletes"):
        large_mart.publish()
    assert large_mart.rows("select count(*) from care.interactions") == [(200,)]
    assert large_mart.rows("select count(*) from care.channels") == [(2,)]
    assert large_mart.rows("select count(*) from undo.before_images") == [(0,)]


def test_a_publish_that_may_delete_deletes(large_mart):
    large_mart.change("delete from candidate_care.interactions where interaction_id > 100")
    assert large_mart.publish(allow_deletes=True).batch_id == 2
    assert large_mart.rows("select count(*) from care.interactions") == [(100,)]


def test_the_limit_is_a_share_of_the_rows_before(large_mart):
    large_mart.change("delete from candidate_care.interactions where interaction_id > 140")
    assert large_mart.publish().changed
    large_mart.change("delete from candidate_care.interactions where interaction_id > 139")
    with pytest.raises(PublishError, match=r"care\.interactions \(1 of 140\)"):
        large_mart.publish(delete_limit=0.0)


def test_rows_that_come_do_not_make_up_for_rows_that_go(large_mart):
    large_mart.change("delete from candidate_care.interactions where interaction_id > 100")
    large_mart.change(interactions(1001, 1100))
    with pytest.raises(PublishError, match=r"care\.interactions \(100 of 200\)"):
        large_mart.publish()


def test_in_a_table_without_a_key_changed_rows_are_no_deletes(large_mart):
    large_mart.change("update candidate_notifications.activity set engagement = 2")
    assert large_mart.publish().changed
    large_mart.change("delete from candidate_notifications.activity where customer_id > 100")
    with pytest.raises(PublishError, match=r"notifications\.activity \(100 of 200\)"):
        large_mart.publish()


def test_in_a_table_whose_window_moves_on_rows_that_come_make_up_for_rows_that_go(large_mart):
    large_mart.published("care.interactions")["rolling"] = True
    large_mart.change("delete from candidate_care.interactions")
    large_mart.change(interactions(1001, 1150))
    assert large_mart.publish().changed
    large_mart.change("delete from candidate_care.interactions where interaction_id > 1050")
    with pytest.raises(PublishError, match=r"care\.interactions \(100 of 150\)"):
        large_mart.publish()


def test_a_small_table_may_lose_all_its_rows(published_mart):
    published_mart.change("delete from candidate_care.interactions")
    assert published_mart.publish().changed


def test_a_dry_run_counts_everything_names_what_is_over_the_limit_and_changes_nothing(large_mart):
    large_mart.change("delete from candidate_care.interactions where interaction_id > 50")
    large_mart.change("insert into candidate_care.channels values (3, 'Web')")
    report = large_mart.publish(dry_run=True)
    assert {(t.table, t.inserted, t.updated, t.deleted, t.rows_before) for t in report.tables if t.changed} == {
        ("interactions", 0, 0, 150, 200),
        ("channels", 1, 0, 0, 2),
    }
    assert [table.table for table in report.over_limit] == ["interactions"]
    assert (report.dry_run, report.batch_id) == (True, None)
    assert large_mart.rows("select count(*) from care.interactions") == [(200,)]
    assert large_mart.rows("select batch_id from ops.published_batch") == [(1,)]
    assert large_mart.rows("select count(*) from undo.before_images") == [(0,)]
