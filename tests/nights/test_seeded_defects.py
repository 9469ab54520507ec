"""Defects of many kinds, seeded into what a night has built: each is named, and none is published."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from customer360 import build, pipeline
from customer360.publish import publish
from customer360.quality import run_gate
from customer360.settings import PROJECT, Settings
from customer360.warehouse import Warehouse
from warehouses import AS_OF_DATE, checksums, copy_of, drop

pytestmark = pytest.mark.nightly

LAST_KPIS = "candidate_dashboard.overview_kpis where record_date = '2026-06-30'"
FIRST = "ctid = (select min(ctid) from {})"

AUDITED = {
    # keys and parents
    "a key that is missing": ("care.agents", "primary_key", "update {} set agent_id = null where " + FIRST),
    "a key twice": ("care.channels", "primary_key", "insert into {} select * from {} where " + FIRST),
    "a person twice": ("core.dim_customer", "primary_key", "insert into {} select * from {} where " + FIRST),
    "a fact without a key": ("core.fct_surveys", "primary_key", "update {} set survey_id = null where " + FIRST),
    "an unknown customer": (
        "care.customer_interactions", "foreign_key_customer_id", "update {} set customer_id = -1 where " + FIRST
    ),
    "an unknown agent": (
        "care.customer_interactions", "foreign_key_agent_id", "update {} set agent_id = -1 where " + FIRST
    ),
    "an unknown plan": (
        "care.customer_service_plans", "foreign_key_service_plan_id",
        "update {} set service_plan_id = -1 where " + FIRST
    ),
    "a line without its order": (
        "core.fct_order_lines", "foreign_key_order_id", "update {} set order_id = 'none' where " + FIRST
    ),
    "an event without its visit": (
        "core.fct_web_events", "foreign_key_session_id", "update {} set session_id = 'none' where " + FIRST
    ),
    "an identity of nobody": (
        "core.bridge_customer_identity", "foreign_key_customer_key", "update {} set customer_key = -1 where " + FIRST
    ),
    "a notification to nobody": (
        "notifications.notification_history", "foreign_key_customer_id", "update {} set customer_id = -1 where " + FIRST
    ),
    "an outcome without its option": (
        "decisions.decision_outcomes", "foreign_key_selected_option_id",
        "update {} set selected_option_id = gen_random_uuid() where " + FIRST,
    ),
    # values
    "a missing name": ("care.customers", "not_null", "update {} set customer_name = null where " + FIRST),
    "a mail address of two": ("care.customers", "unique_email", "update {} set email = 'same@example.org'"),
    "a plan's start twice": (
        "care.customer_service_plans", "unique_customer_id_service_plan_id_start_date",
        "insert into {} select * from {} where ctid = (select max(ctid) from {})",
    ),
    "an unknown status": ("care.customers", "check_status", "update {} set status = 'Gone' where " + FIRST),
    "an unknown skill": ("care.agents", "check_skill_level", "update {} set skill_level = 'Guru' where " + FIRST),
    "a score of another scale": (
        "care.customer_interactions", "check_satisfaction_score", "update {} set satisfaction_score = 4 where " + FIRST
    ),
    "a child as a customer": (
        "crm.customer_info", "check_age",
        "update {} set age = 7 where customer_id = (select min(customer_id) from {} where customer_id % 5 = 0)",
    ),
    "a churn risk above all": (
        "notifications.account_activity", "check_churn_risk_score",
        "update {} set churn_risk_score = 101 where " + FIRST
    ),
    "a consent that is neither": ("notifications.customer_profiles", "check_opted_in", "update {} set opted_in = '?'"),
    "an urgency off its scale": (
        "decisions.customer_decisions", "check_urgency_level", "update {} set urgency_level = 9 where " + FIRST
    ),
    "a score above ten": ("decisions.evaluations", "check_score", "update {} set score = 11 where " + FIRST),
    # impossible days and amounts
    "an interaction of tomorrow": (
        "core.fct_customer_interactions", "day_is_possible",
        "update {} set interaction_date = '2026-07-01' where " + FIRST
    ),
    "an order of 1970": (
        "core.fct_orders", "day_is_possible", "update {} set order_date = '1970-01-01' where " + FIRST
    ),
    "a notification of the year 2999": (
        "core.fct_notifications", "day_is_possible", "update {} set sent_date = '2999-12-31' where " + FIRST
    ),
    "negative revenue": (
        "core.fct_orders", "amounts_are_not_negative",
        "update {} set net_amount = -5 where ctid = (select max(ctid) from {})",
    ),
    "a negative quantity": (
        "core.fct_order_lines", "amounts_are_not_negative", "update {} set quantity = -1 where " + FIRST
    ),
    "a negative refund": (
        "core.fct_refunds", "amounts_are_not_negative", "update {} set refund_amount = -5 where " + FIRST
    ),
    # volume
    "facts delivered twice under other ids": (
        "core.fct_customer_interactions", "not_delivered_twice",
        "create temporary table twins as select * from {} where system = 'care' order by interaction_key limit 100;"
        " update twins set interaction_key = -interaction_key, interaction_id = -interaction_id;"
        " insert into {} select * from twins",
    ),
    "facts the mart has lost": (
        "care.customer_interactions", "equal_the_star",
        "delete from {} where interaction_id = (select max(interaction_id) from {}"
        " where customer_id > 0 and agent_id > 0 and satisfaction_score < 1)",
    ),
    "less than half of the customers": (
        "crm.customer_info", "did_not_collapse", "delete from {} where customer_id % 5 in (1, 2, 3)"
    ),
    "a table that was not built": ("dashboard.usage_alerts", "is_there", "drop table {}"),
    # figures
    "a KPI that differs from the star": (
        "dashboard.overview_kpis", "interactions_equal_the_star",
        f"update {LAST_KPIS.replace(' where', ' set ai_interactions = ai_interactions + 1 where')}",
    ),
    "a figure of tomorrow": (
        "dashboard.conversion_funnel", "not_after_the_day", "update {} set record_date = '2026-07-01' where " + FIRST
    ),
    "two figures of a day": (
        "dashboard.overview_kpis", "one_row_a_day",
        "update {} set record_date = '2026-06-01' where record_date = '2026-06-02'",
    ),
    "customers who become fewer": (
        "dashboard.overview_kpis", "customers_never_fall",
        "update {} set total_customers = 0 where record_date = '2026-06-10'"
    ),
    "a share above a hundred": (
        "dashboard.overview_kpis", "conversion_rate_is_a_percentage",
        "update {} set conversion_rate = 101 where record_date = '2026-06-11'",
    ),
    "negative revenue of a day without a refund": (
        "dashboard.overview_kpis", "negative_revenue_has_a_refund",
        "update {} set revenue_impact = -5 where record_date = (select max(record_date) from {}"
        " where record_date not in (select refund_date from candidate_core.fct_refunds))",
    ),
    "a funnel that rises": (
        "dashboard.conversion_funnel", "never_rises",
        "update {} set count = 1000000 where record_date = '2026-06-12' and stage_order = 4",
    ),
    "a funnel without a stage": (
        "dashboard.conversion_funnel", "five_stages_a_day",
        "delete from {} where record_date = '2026-06-13' and stage_order = 2",
    ),
    "a kind nobody filters on": (
        "dashboard.customer_interactions", "known_kinds", "update {} set interaction_type = 'email' where " + FIRST
    ),
    "a rating off its scale": (
        "dashboard.customer_interactions", "satisfaction_on_its_scale",
        "update {} set satisfaction_score = 9 where " + FIRST
    ),
    "a state twice": (
        "notifications.account_activity", "one_row_a_customer", "insert into {} select * from {} where " + FIRST
    ),
    # what nobody may see
    "a full name": (
        "dashboard.customer_interactions", "names_are_shortened",
        "update {} set customer_name = 'Sofia Marin' where ctid = (select max(ctid) from {})",
    ),
    "a password hash": ("decisions.team_members", "password_is_redacted", "update {} set password_hash = 'x'"),
    "a token": ("decisions.auth_tokens", "token_is_redacted", "update {} set token_hash = 'x'"),
    "an anonymous comment": ("decisions.evaluations", "comment_is_kept_back", "update {} set anonymous_comment = 'x'"),
}  # fmt: skip
"""By defect: the table, the check of the gate that names it, and the SQL that seeds it (``{}``: the candidate)."""

STOPPED = {
    "a care desk that stopped": ("raw.care__customer_interactions", "has_not_stopped"),
    "a shop that stopped": ("raw.shop__web_sessions", "has_not_stopped"),
}


@pytest.fixture(scope="module")
def damaged(sample_warehouse: Warehouse) -> Iterator[Warehouse]:
    """The sample published, and every defect in the candidates of the night after."""
    copy = copy_of(sample_warehouse)
    with copy.connect("c360_transformer") as connection:
        for table, _, statement in AUDITED.values():
            connection.execute(statement.replace("{}", f"candidate_{table}"))
    yield copy
    drop(copy)


@pytest.fixture(scope="module")
def named(damaged: Warehouse, settings: Settings) -> set[tuple[str, str]]:
    """The checks, by table and name, that a night's audit of all the defects reports as failed."""
    before = checksums(damaged)
    run = pipeline.start_run(
        replace(settings, warehouse_url=damaged.owner_url), "nightly", as_of_date=AS_OF_DATE, landing="x"
    )
    with pytest.raises(pipeline.GateError, match=r"Gate before_publish fails .* and \d+ more"):
        pipeline.audit(run)
    assert checksums(damaged) == before
    with damaged.connect() as connection:
        rows = connection.execute(
            "select check_name from ops.checks where run_id = %s and severity = 'fail' and not passed", [run.run_id]
        ).fetchall()
    page = (run.folder / "quality.html").read_text()
    found = {tuple(name.split(" ", 1)) for (name,) in rows}
    assert all(f"<code>{table}</code>" in page for table, _ in found)
    return found


@pytest.mark.parametrize("defect", AUDITED)
def test_a_defect_in_the_candidates_is_named_and_stops_the_night(named: set[tuple[str, str]], defect: str):
    table, check, _ = AUDITED[defect]
    assert (f"candidate_{table}", check) in named


def test_nothing_is_wrong_with_the_candidates_before_they_are_damaged(sample_night: pipeline.Run):
    with sample_night.warehouse.connect() as connection:
        assert connection.execute(
            "select count(*) from ops.checks where run_id = %s and severity = 'fail' and not passed",
            [sample_night.run_id],
        ).fetchone() == (0,)


def test_a_source_that_stopped_stops_the_night_and_one_that_is_late_only_warns(
    settings: Settings, sample_warehouse: Warehouse, tmp_path
):
    copy = copy_of(sample_warehouse)
    seen = {}
    for day in (date(2026, 7, 4), date(2026, 7, 10)):
        run = pipeline.start_run(
            replace(settings, warehouse_url=copy.owner_url), "nightly", as_of_date=day, landing="x"
        )
        result = run_gate(
            copy, "after_load", run_id=run.run_id, as_of_date=day, results_dir=tmp_path,
            expectations_dir=PROJECT / "expectations",
        )  # fmt: skip
        seen[day] = ({(c.table, c.name) for c in result.failures}, {(c.table, c.name) for c in result.warnings})
    late, stopped = seen.values()
    assert not late[0] and ("raw.care__customer_interactions", "is_fresh") in late[1]
    assert stopped[0] == set(STOPPED.values())
    drop(copy)


def test_a_halved_table_is_not_published(sample_warehouse: Warehouse, settings: Settings):
    copy = copy_of(sample_warehouse)
    with copy.connect("c360_transformer") as connection:
        connection.execute("delete from candidate_core.fct_web_events where hashtext(event_id) % 2 = 0")
    report = publish(copy, build.manifest_path(settings), run_id=0, as_of_date=AS_OF_DATE, dry_run=True)
    assert [f"{table.schema}.{table.table}" for table in report.over_limit] == ["core.fct_web_events"]
    drop(copy)


# A figure that differs between two tables fails the build before: see dbt_project/tests.
def test_they_are_at_least_fifty():
    assert len(AUDITED) + len(STOPPED) + 1 >= 50
