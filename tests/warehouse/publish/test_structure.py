"""The published tables' structure: made once as declared, evolving only where that is safe."""

from __future__ import annotations

import copy

import psycopg
import pytest
from customer360.publish import PublishError
from customer360.warehouse import OWNER

CONSTRAINTS = """
    select conrelid::regclass::text || '.' || conname, pg_get_constraintdef(oid)
    from pg_constraint
    where connamespace = any(array['care', 'dashboard', 'notifications', 'decisions']::regnamespace[])
    and contype <> 'n'
"""
COLUMNS = """
    select attname::text, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid)
    from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
    where attrelid = 'care.customers'::regclass and attnum > 0 order by attnum
"""


def test_the_first_publish_makes_every_constraint_as_declared(published_mart):
    assert dict(published_mart.rows(CONSTRAINTS)) == {
        "care.channels.channels_pkey": "PRIMARY KEY (channel_id)",
        "care.channels.channels_channel_name_key": "UNIQUE (channel_name) DEFERRABLE",
        "care.customers.customers_pkey": "PRIMARY KEY (customer_id)",
        "care.customers.customers_email_key": "UNIQUE (email) DEFERRABLE",
        "care.customers.customers_status_check": (
            "CHECK (((status)::text = ANY ((ARRAY['Active'::character varying,"
            " 'Inactive'::character varying])::text[])))"
        ),
        "care.interactions.interactions_pkey": "PRIMARY KEY (interaction_id)",
        "care.interactions.interactions_seconds_check": "CHECK ((seconds >= (0)::double precision))",
        "care.interactions.interactions_seconds_check1": "CHECK ((seconds < (86400)::double precision))",
        "care.interactions.interactions_check": "CHECK (((channel_id > 0) OR (summary IS NOT NULL)))",
        "care.interactions.interactions_customer_id_fkey": (
            "FOREIGN KEY (customer_id) REFERENCES care.customers(customer_id)"
            " ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED"
        ),
        "care.interactions.interactions_channel_id_fkey": (
            "FOREIGN KEY (channel_id) REFERENCES care.channels(channel_id) DEFERRABLE INITIALLY DEFERRED"
        ),
        "dashboard.daily_interactions.daily_interactions_pkey": "PRIMARY KEY (record_date, channel)",
        "decisions.auth_tokens.auth_tokens_pkey": "PRIMARY KEY (id)",
    }


def test_the_first_publish_makes_columns_indexes_and_comments_as_declared(published_mart):
    assert published_mart.rows(COLUMNS) == [
        ("customer_id", "bigint", True, None),
        ("customer_name", "character varying(100)", True, None),
        ("email", "character varying(150)", False, None),
        ("phone", "character varying(20)", False, None),
        ("born_on", "date", False, None),
        ("city", "character varying(50)", False, None),
        ("status", "character varying(20)", False, "'Active'::character varying"),
        ("score", "numeric(3,2)", False, None),
        ("created_at", "timestamp with time zone", False, "CURRENT_TIMESTAMP"),
        ("updated_at", "timestamp with time zone", False, None),
    ]
    assert published_mart.rows("select indexdef from pg_indexes where indexname like 'idx_%' order by 1") == [
        (
            "CREATE INDEX idx_customers_active ON care.customers USING btree (status, customer_id)"
            " WHERE ((status)::text = 'Active'::text)",
        ),
        ("CREATE INDEX idx_interactions_customer ON care.interactions USING btree (customer_id)",),
    ]
    for relation in ("care.customers", "care_masked.customers"):
        assert published_mart.rows(
            f"select obj_description('{relation}'::regclass), col_description('{relation}'::regclass, 1)"
        ) == [("One row per customer.", "Number of the customer.")]


def test_a_changed_description_is_published_without_a_batch(published_mart):
    published_mart.node("care.channels")["description"] = "One row per way to reach us."
    assert published_mart.publish().batch_id is None
    assert published_mart.rows("select obj_description('care.channels'::regclass)") == [
        ("One row per way to reach us.",)
    ]


def test_a_new_nullable_column_is_added_and_filled(published_mart, make_column):
    published_mart.node("care.customers")["columns"]["nickname"] = make_column(
        "nickname", "text", "What friends say.", pii="text"
    )
    published_mart.rebuild("care.customers")
    published_mart.change(
        "insert into candidate_care.customers (customer_id, customer_name, nickname)"
        " values (1, 'Sofía', 'Sofi'), (2, 'Ravi', null), (3, 'Li', null)"
    )
    report = published_mart.publish()
    assert "column care.customers.nickname" in report.structure
    assert published_mart.rows("select nickname from care.customers order by customer_id") == [
        ("Sofi",),
        (None,),
        (None,),
    ]
    assert published_mart.rows("select nickname from care_masked.customers", "bi_reader") == [(None,)] * 3


def test_new_constraints_and_indexes_are_added_after_the_rows_that_need_them(published_mart):
    # Today's rows break the new check; tonight's candidate keeps it.
    published = published_mart.published("care.channels")
    published["checks"] = ["channel_name <> 'Chat'"]
    published["unique"].append(["channel_name", "channel_id"])
    published["indexes"] = ["idx_channels_name (channel_name)"]
    published_mart.published("notifications.activity")["foreign_keys"] = [
        {"columns": ["customer_id"], "to": "care.customers", "to_columns": ["customer_id"]}
    ]
    published_mart.change("update candidate_care.channels set channel_name = 'Web' where channel_id = 2")
    # Foreign keys of the inserted row are still to be checked when the table is altered.
    published_mart.published("care.interactions")["checks"].append("interaction_id > 0")
    published_mart.change(
        "insert into candidate_care.interactions (interaction_id, customer_id, channel_id) values (13, 1, 1)"
    )
    report = published_mart.publish()
    assert report.structure == (
        "unique care.channels_channel_name_channel_id_key",
        "check care.channels_channel_name_check",
        "check care.interactions_interaction_id_check",
        "index care.idx_channels_name",
        "foreign key notifications.activity_customer_id_fkey",
    )
    assert report.batch_id == 2
    assert published_mart.publish().changed is False


def test_a_new_constraint_that_the_rows_break_publishes_nothing(published_mart):
    published_mart.published("care.customers")["checks"].append("length(customer_name) > 3")
    published_mart.change("update candidate_care.channels set channel_name = 'Web' where channel_id = 2")
    with pytest.raises(PublishError, match=r"care\.customers: check customers_customer_name_check .* by 1 row "):
        published_mart.publish()
    assert published_mart.rows("select channel_name from care.channels where channel_id = 2") == [("Chat",)]


def test_a_type_change_is_refused_naming_the_views_in_the_way(published_mart):
    with published_mart.warehouse.connect(OWNER) as connection:
        connection.execute("create schema analysts")
        connection.execute("create view analysts.mails as select email from care.customers")
        connection.execute("create view analysts.domains as select split_part(email, '@', 2) from analysts.mails")
        connection.execute("create view analysts.states as select status from care.customers")
    published_mart.node("care.customers")["columns"]["email"]["data_type"] = "text"
    with pytest.raises(PublishError) as refused:
        published_mart.publish()
    message = str(refused.value)
    assert "column care.customers.email is character varying(150) and the model says text" in message
    assert "views in the way: analysts.domains, analysts.mails, care_masked.customers)" in message
    assert "numbered migration" in message


def test_every_other_change_is_refused_and_needs_a_migration(published_mart, make_column):
    customers = published_mart.published("care.customers")
    interactions = published_mart.published("care.interactions")
    columns = published_mart.node("care.customers")["columns"]

    customers["checks"] = ["status in ('Active', 'Inactive', 'Suspended')"]
    customers["unique"] = []
    interactions["indexes"] = ["idx_interactions_customer (channel_id)"]
    interactions["foreign_keys"][0]["on_delete"] = "no action"
    del columns["phone"]
    columns["status"]["config"]["meta"]["default"] = "'Inactive'"
    columns["score"]["config"]["meta"]["default"] = "0"
    columns["email"]["config"]["meta"]["not_null"] = True
    columns["customer_name"]["config"]["meta"]["not_null"] = False
    columns["tier"] = make_column("tier", "text", not_null=True)
    del published_mart.manifest["nodes"]["model.customer360.notifications__activity"]
    published_mart.change("delete from candidate_care.channels")

    with pytest.raises(PublishError) as refused:
        published_mart.publish()
    for difference in (
        "customers_status_check of care.customers has another definition than the published one",
        "customers_email_key of care.customers is published and the model has it no more",
        "idx_interactions_customer of care.interactions has another definition",
        "interactions_customer_id_fkey of care.interactions has another definition",
        "column care.customers.phone is published and the model has it no more",
        "the default of status of care.customers has another definition",
        "the default of score of care.customers is new",
        "column care.customers.email allows NULL and the model refuses it",
        "column care.customers.customer_name refuses NULL and the model allows it",
        "column care.customers.tier is new, refuses NULL and has no default",
        "table notifications.activity is published and no model publishes it",
    ):
        assert difference in str(refused.value)
    assert "numbered migration in dbt_project/migrations; nothing was published" in str(refused.value)
    assert published_mart.rows("select count(*) from care.channels") == [(2,)]


def test_a_constraint_that_a_migration_dropped_is_made_anew(published_mart):
    with published_mart.warehouse.connect(OWNER) as connection:
        connection.execute("alter table care.customers drop constraint customers_status_check")
    published_mart.published("care.customers")["checks"] = ["status in ('Active', 'Inactive', 'Suspended')"]
    assert published_mart.publish().structure == ("check care.customers_status_check",)
    with published_mart.warehouse.connect(OWNER) as connection:
        connection.execute("update care.customers set status = 'Suspended'")
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.execute("update care.customers set status = 'Gone'")


def test_views_and_grants_of_others_survive(published_mart):
    with published_mart.warehouse.connect(OWNER) as connection:
        connection.execute("create schema analysts authorization pii_reader")
        connection.execute("grant select on care.customers to c360_enricher")
        connection.execute("grant usage on schema care to c360_enricher")
    with published_mart.warehouse.connect("pii_reader") as connection:
        connection.execute("create view analysts.names as select customer_name from care.customers")
    published_mart.change("update candidate_care.customers set customer_name = 'Lia' where customer_id = 3")
    assert published_mart.publish().changed
    assert ("Lia",) in published_mart.rows("select * from analysts.names", "pii_reader")
    assert published_mart.rows("select count(*) from care.customers", "c360_enricher") == [(3,)]


def test_a_dry_run_reports_and_leaves_nothing(mart):
    report = mart.publish(dry_run=True)
    assert report.changed
    assert report.batch_id is None
    assert mart.rows("select to_regclass('care.customers')") == [(None,)]
    assert mart.rows("select count(*) from ops.publishes") == [(0,)]


def test_a_key_that_another_table_points_to_is_checked_at_once(empty_mart, make_model, make_column):
    parent = make_model("crm.parents", [make_column("code", "text")], unique=[["code"]])
    child = make_model(
        "crm.children",
        [make_column("code", "text")],
        foreign_keys=[{"columns": ["code"], "to": "parents", "to_columns": ["code"]}],
    )
    empty_mart.declare(copy.deepcopy(parent), child)
    empty_mart.publish()
    assert empty_mart.rows("select condeferrable from pg_constraint where conname = 'parents_code_key'") == [(False,)]
