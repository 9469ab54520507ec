"""Numbered migrations: once, in order, within the publish, and never over a view of somebody else's."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from customer360.publish import MigrationNeeded, PublishError
from customer360.warehouse import OWNER

LONGER = "drop view care_masked.customers;\nalter table care.customers alter column status type varchar(40);\n"
STATUS_TYPE = (
    "select format_type(atttypid, atttypmod) from pg_attribute"
    " where attrelid = 'care.customers'::regclass and attname = 'status'"
)
APPLIED = "select number, name from ops.migrations order by number"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "migrations").mkdir()
    return tmp_path / "migrations"


@pytest.fixture
def longer(published_mart, folder):
    """A model whose status is longer than the published one, and the migration for it."""
    published_mart.node("care.customers")["columns"]["status"]["data_type"] = "varchar(40)"
    (folder / "0001_longer_status.sql").write_text(LONGER)
    return published_mart


def test_a_migration_runs_once_and_the_masked_view_comes_back_with_the_rights_of_others(longer, folder):
    with longer.warehouse.connect("c360_publisher") as connection:
        connection.execute("grant select on care_masked.customers to c360_enricher")
    report = longer.publish(migrations=folder)
    assert report.structure == ("migration 0001_longer_status.sql", "masked view care_masked.customers")
    assert longer.rows(STATUS_TYPE) == [("character varying(40)",)]
    assert longer.rows("select status from care_masked.customers where customer_id = 1", "bi_reader") == [("Active",)]
    assert longer.rows(
        "select has_table_privilege('c360_enricher', 'care_masked.customers', 'select'),"
        " has_table_privilege('c360_enricher', 'care.customers', 'select')"
    ) == [(True, False)]
    assert longer.rows(APPLIED) == [(1, "0001_longer_status.sql")]
    assert longer.publish(migrations=folder).structure == ()


def test_somebody_elses_view_is_named_and_nothing_is_published(longer, folder):
    with longer.warehouse.connect(OWNER) as connection:
        connection.execute("create schema analysts")
        connection.execute("create view analysts.states as select status from care.customers")
        connection.execute("create view analysts.active as select * from analysts.states")
    longer.change("update candidate_care.channels set channel_name = 'Web' where channel_id = 2")
    with pytest.raises(
        MigrationNeeded, match=r"0001_longer_status\.sql cannot run: .*analysts\.active, analysts\.states, care_masked"
    ):
        longer.publish(migrations=folder)
    assert longer.rows(APPLIED) == []
    assert longer.rows(STATUS_TYPE) == [("character varying(20)",)]
    assert longer.rows("select channel_name from care.channels where channel_id = 2") == [("Chat",)]
    assert longer.rows("select customer_id from care_masked.customers where customer_id = 1", "bi_reader") == [(1,)]
    with longer.warehouse.connect(OWNER) as connection:
        connection.execute("drop view analysts.active, analysts.states")
    assert longer.publish(migrations=folder).changed


def test_a_publish_that_fails_afterwards_takes_its_migration_back(longer, folder):
    longer.change("insert into candidate_care.interactions (interaction_id, customer_id) values (99, 4711)")
    with pytest.raises(PublishError, match="interactions_customer_id_fkey"):
        longer.publish(migrations=folder)
    assert longer.rows(APPLIED) == []
    assert longer.rows(STATUS_TYPE) == [("character varying(20)",)]


def test_a_preview_tries_a_migration_and_leaves_nothing(longer, folder):
    report = longer.publish(migrations=folder, dry_run=True)
    assert "migration 0001_longer_status.sql" in report.structure
    assert longer.rows(APPLIED) == []
    assert longer.rows(STATUS_TYPE) == [("character varying(20)",)]


def test_an_edited_check_and_an_edited_default_follow_by_a_migration(published_mart, folder):
    published_mart.published("care.customers")["checks"] = ["status in ('Active', 'Inactive', 'Suspended')"]
    meta = published_mart.node("care.customers")["columns"]["status"]["config"]["meta"]
    meta["default"] = "'Inactive'"
    with pytest.raises(MigrationNeeded, match=r"default of status .* numbered migration in dbt_project/migrations"):
        published_mart.publish(migrations=folder)
    (folder / "0001_states.sql").write_text(
        "-- BEGIN with care.customers\n"
        "alter table care.customers drop constraint customers_status_check;\n"
        "alter table care.customers alter column status set default 'Inactive';\n"
    )
    assert published_mart.publish(migrations=folder).structure == (
        "migration 0001_states.sql",
        "check care.customers_status_check",
    )
    assert published_mart.publish(migrations=folder).structure == ()


def test_where_nothing_is_published_a_migration_only_counts_as_applied(mart, folder):
    (folder / "0007_of_long_ago.sql").write_text("alter table care.gone add column x int;")
    assert "migration 0007_of_long_ago.sql" not in mart.publish(migrations=folder).structure
    assert mart.rows(APPLIED) == [(7, "0007_of_long_ago.sql")]
    assert not mart.publish(migrations=folder).changed


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"0007_a.sql": "select 2"}, r"0007_a\.sql was edited after it was applied"),
        ({"0003_late.sql": "select 1"}, r"0003_late\.sql comes before 0007, which is applied; give it the next"),
        ({"0008_a.sql": "", "0008_b.sql": ""}, r"0008_a\.sql and 0008_b\.sql have the same number"),
        ({"longer.sql": ""}, r"longer\.sql is no name of a migration"),
        ({"0008_a.sql": "drop view care_masked.customers\ncascade"}, "drops with CASCADE what nobody named"),
        ({"0008_a.sql": "select 1;\ncommit"}, "says COMMIT; name what goes"),
        ({"0008_a.sql": "select 1/0"}, r"0008_a\.sql cannot run: division by zero"),
    ],
    ids=["edited", "out of order", "same number", "no number", "cascade", "commit", "wrong"],
)
def test_a_migration_that_cannot_be_trusted_is_refused_in_a_sentence(mart, folder, files, sentence):
    (folder / "0007_a.sql").write_text("select 1")
    mart.publish(migrations=folder)
    for name, text in files.items():
        (folder / name).write_text(text)
    with pytest.raises(PublishError, match=sentence):
        mart.publish(migrations=folder)
    assert mart.rows(APPLIED) == [(7, "0007_a.sql")]


def test_a_migration_waits_for_a_reader_and_ends_in_a_sentence(longer, folder):
    with longer.warehouse.connect("pii_reader") as reader:
        reader.execute("select count(*) from care.customers")
        with pytest.raises(PublishError, match=r"care\.customers is locked by another session \(pii_reader in process"):
            longer.publish(migrations=folder, lock_timeout_seconds=0.2)
        assert reader.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS
    assert longer.publish(migrations=folder).changed
