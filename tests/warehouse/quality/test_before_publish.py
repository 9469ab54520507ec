"""The gate before publish: what would break a published constraint or mislead a reader."""

from __future__ import annotations

import pytest
from warehouse.quality.tables import check, execute

BROKEN_CARE = [
    (
        "customers",
        "primary_key",
        "customer_id 1, copies 2",
        "insert into candidate_care.customers values (1, 'X', 'x@example.com', '9', '2026-01-01', 'Basic', 'Active')",
    ),
    ("agents", "primary_key", "agent_id None, copies 1", "insert into candidate_care.agents (agent_name) values ('Z')"),
    (
        "customers",
        "not_null",
        "customer_id 2, missing customer_name, registration_date",
        "update candidate_care.customers set customer_name = null, registration_date = null where customer_id = 2",
    ),
    (
        "customers",
        "unique_email",
        "customer_id 1, copies 2; customer_id 2, copies 2",
        "update candidate_care.customers set email = 'same@example.com'",
    ),
    (
        "customers",
        "check_customer_segment",
        "customer_id 1",
        "update candidate_care.customers set customer_segment = 'Gold' where customer_id = 1",
    ),
    (
        "customer_interactions",
        "check_satisfaction_score",
        "interaction_id 1",
        "update candidate_care.customer_interactions set satisfaction_score = 4 where interaction_id = 1",
    ),
    (
        "customer_interactions",
        "foreign_key_customer_id",
        "interaction_id 2, customer_id 99",
        "update candidate_care.customer_interactions set customer_id = 99 where interaction_id = 2",
    ),
    (
        "customer_interactions",
        "foreign_key_agent_id",
        "interaction_id 1, agent_id 5",
        "update candidate_care.customer_interactions set agent_id = 5 where interaction_id = 1",
    ),
]

BROKEN_DASHBOARD = [
    (
        "overview_kpis",
        "not_after_the_day",
        "id 9",
        "insert into {}.overview_kpis values (9, '2026-07-01', 12, 1, 0, 0)",
    ),
    (
        "overview_kpis",
        "one_row_a_day",
        "record_date 2026-06-30, copies 2",
        "insert into {}.overview_kpis values (9, '2026-06-30', 11, 0, 0, 0)",
    ),
    (
        "overview_kpis",
        "customers_never_fall",
        "record_date 2026-06-30, total_customers 9, day_before 10",
        "update {}.overview_kpis set total_customers = 9 where id = 2",
    ),
    (
        "overview_kpis",
        "conversion_rate_is_a_percentage",
        "record_date 2026-06-30, conversion_rate 101.0",
        "update {}.overview_kpis set conversion_rate = 101 where id = 2",
    ),
    (
        "overview_kpis",
        "interactions_equal_the_star",
        "record_date 2026-06-29, ai_interactions 7, counted 6",
        "update {}.overview_kpis set ai_interactions = 7 where id = 1",
    ),
    (
        "overview_kpis",
        "interactions_equal_the_star",
        "record_date 2026-06-30, ai_interactions 2, counted 0",
        "update {}.overview_kpis set ai_interactions = 2 where id = 2",
    ),
    (
        "overview_kpis",
        "negative_revenue_has_a_refund",
        "record_date 2026-06-30, revenue_impact -5.0",
        "update {}.overview_kpis set revenue_impact = -5 where id = 2",
    ),
    (
        "conversion_funnel",
        "not_after_the_day",
        "id 9",
        "insert into {}.conversion_funnel values (9, '2026-07-01', 'x', 0, 1)",
    ),
    (
        "conversion_funnel",
        "never_rises",
        "record_date 2026-06-30, stage_name Stage 3, count 70, stage_before 60",
        "update {}.conversion_funnel set count = 70 where id = 3",
    ),
    (
        "conversion_funnel",
        "five_stages_a_day",
        "record_date 2026-06-30, stages 4",
        "delete from {}.conversion_funnel where id = 4",
    ),
    (
        "customer_interactions",
        "known_kinds",
        "id 1, interaction_type email",
        "update {}.customer_interactions set interaction_type = 'email' where id = 1",
    ),
    (
        "customer_interactions",
        "satisfaction_on_its_scale",
        "id 1, satisfaction_score 10",
        "update {}.customer_interactions set satisfaction_score = 10 where id = 1",
    ),
    (
        "customer_interactions",
        "names_are_shortened",
        "id 1",
        "update {}.customer_interactions set customer_name = 'Sarah Meyer' where id = 1",
    ),
]


def test_good_candidates_pass_every_structural_check(care, before_publish):
    result = before_publish("structure_care")
    assert result.passed and not result.warnings, result.message
    assert len(result.checks) > 20


@pytest.mark.parametrize(
    ("table", "name", "shown", "statement"), BROKEN_CARE, ids=[f"{t} {n}" for t, n, *_ in BROKEN_CARE]
)
def test_a_row_that_would_break_a_published_constraint_stops_the_run_and_is_named(
    care, before_publish, table, name, shown, statement
):
    execute(care, "c360_transformer", statement)
    result = before_publish("structure_care")
    assert not result.passed
    assert check(result, f"candidate_care.{table}", name).rows == shown
    assert [c.name for c in result.failures] == [name]


def test_no_personal_value_is_shown_or_written(care, before_publish, tmp_path):
    execute(
        care,
        "c360_transformer",
        "update candidate_care.customers set email = 'same@example.com', customer_segment = 'Gold'",
    )
    result = before_publish("structure_care")
    assert not result.passed
    with care.connect() as connection:
        stored = str(connection.execute("select * from ops.checks").fetchall())
    written = "".join(path.read_text() for path in (tmp_path / "results").iterdir())
    for value in ("same@example.com", "Ana Ruiz", "Bo Chen"):
        assert value not in stored + written + result.message


def test_a_candidate_that_is_absent_fails_with_a_sentence(care, before_publish):
    execute(care, "c360_transformer", "drop table candidate_care.agents")
    result = before_publish("structure_care")
    absent = check(result, "candidate_care.agents", "primary_key")
    assert not absent.passed
    assert absent.reason.startswith("candidate_care.agents is not there: the build did not make it.")
    assert not check(result, "candidate_care.customer_interactions", "foreign_key_agent_id").passed
    assert check(result, "candidate_care.customers", "primary_key").passed


def test_a_check_whose_query_fails_does_not_pass_and_the_others_are_judged(care, before_publish):
    execute(care, "c360_transformer", "alter table candidate_care.customers drop column email")
    result = before_publish("structure_care")
    (failed,) = result.failures
    assert failed.name == "unique_email"
    assert failed.reason.startswith("The check could not be run:") and "email" in failed.reason
    assert "Traceback" not in failed.reason


def test_a_table_that_would_lose_most_of_its_rows_stops_the_publish(care, run_id, before_publish):
    with care.connect("c360_publisher") as connection:
        connection.execute(
            'insert into ops.publishes (run_id, batch_id, "schema", "table",'
            " inserted, updated, deleted, row_count, published_at)"
            " values (%s, 1, 'care', 'customers', 0, 0, 0, 500, now())",
            [run_id],
        )
        connection.execute(
            "insert into ops.published_batch (batch_id, run_id, as_of_date, published_at)"
            " values (1, %s, '2026-06-29', now())",
            [run_id],
        )
    result = before_publish("readers_care")
    assert check(result, "candidate_care.customers", "did_not_collapse").rows == "candidate_rows 2, published_rows 500"
    # A backfilled day holds less than what is published, rightly.
    execute(care, "c360_publisher", "update ops.published_batch set as_of_date = '2026-07-15'")
    assert check(before_publish("readers_care"), "candidate_care.customers", "did_not_collapse").passed


def test_a_dashboard_whose_numbers_agree_passes(dashboard, before_publish):
    result = before_publish("readers_dashboard")
    assert result.passed and not result.warnings, result


@pytest.mark.parametrize(
    ("table", "name", "shown", "statement"), BROKEN_DASHBOARD, ids=[f"{t} {n}" for t, n, *_ in BROKEN_DASHBOARD]
)
def test_a_dashboard_whose_numbers_disagree_is_noticed_and_the_row_named(
    dashboard, before_publish, table, name, shown, statement
):
    execute(dashboard, "c360_transformer", statement.format("candidate_dashboard"))
    found = check(before_publish("readers_dashboard"), f"candidate_dashboard.{table}", name)
    assert not found.passed
    assert len(found.sample) == 1 and found.rows.startswith(shown), found.rows


def test_a_day_of_refunds_may_have_negative_revenue(dashboard, before_publish):
    execute(
        dashboard,
        "c360_transformer",
        "update candidate_dashboard.overview_kpis set revenue_impact = -5 where id = 2",
        "insert into candidate_core.fct_refunds values ('r', '2026-06-30')",
    )
    result = before_publish("readers_dashboard")
    assert check(result, "candidate_dashboard.overview_kpis", "negative_revenue_has_a_refund").passed


def test_the_care_mart_and_the_star_hold_the_same_interactions(care, before_publish):
    execute(
        care,
        "c360_transformer",
        "create table candidate_core.fct_customer_interactions (system text, interaction_id bigint)",
        "insert into candidate_core.fct_customer_interactions values ('care', 1), ('care', 2), ('notifications', null)",
    )
    assert before_publish("readers_care").passed
    execute(
        care,
        "c360_transformer",
        "update candidate_core.fct_customer_interactions set interaction_id = 3 where interaction_id = 2",
    )
    (failed,) = before_publish("readers_care").failures
    assert failed.rows == "interaction_id 3, found only in core; interaction_id 2, found only in care"


def test_a_person_made_of_too_many_source_records_warns(raw, before_publish):
    execute(
        raw,
        "c360_transformer",
        "create table candidate_core.dim_customer (customer_key bigint, source_record_count bigint)",
        "insert into candidate_core.dim_customer values (1, 5), (2, 51)",
    )
    warned = check(before_publish("readers_core"), "candidate_core.dim_customer", "nobody_is_everybody")
    assert (warned.severity, warned.passed, warned.rows) == ("warn", False, "customer_key 2, source_record_count 51")


SECRETS = {
    ("team_members", "password_is_redacted"): "password_hash",
    ("auth_tokens", "token_is_redacted"): "token_hash",
    ("evaluations", "comment_is_kept_back"): "anonymous_comment",
}


def test_a_secret_or_an_anonymous_comment_never_passes_and_is_never_shown(raw, before_publish, tmp_path):
    execute(raw, "c360_transformer", "create table candidate_decisions.customer_decisions (id bigint)")
    for (table, _), column in SECRETS.items():
        execute(
            raw,
            "c360_transformer",
            f"create table candidate_decisions.{table} (id bigint, {column} text)",
            f"insert into candidate_decisions.{table} values (1, 'redacted'), (2, 'hunter2')",
        )
    execute(raw, "c360_transformer", "update candidate_decisions.evaluations set anonymous_comment = null where id = 1")
    result = before_publish("readers_decisions")
    assert {(c.table.split(".")[1], c.name) for c in result.failures} == set(SECRETS)
    assert {c.rows for c in result.failures} == {"id 2"}
    assert "hunter2" not in (tmp_path / "results" / "quality.html").read_text() + result.message


def test_a_customer_with_two_rows_of_activity_stops_the_run(raw, before_publish):
    execute(
        raw,
        "c360_transformer",
        "create table candidate_notifications.customer_profiles (customer_id bigint)",
        "create table candidate_notifications.account_activity (customer_id bigint)",
        "insert into candidate_notifications.account_activity values (1), (2), (2)",
    )
    (failed,) = before_publish("readers_notifications").failures
    assert failed.rows == "customer_id 2, copies 2"
