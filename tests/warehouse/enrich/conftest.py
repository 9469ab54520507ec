"""Customer features made by hand, as the role that builds them."""

import os
from collections.abc import Callable, Iterator
from decimal import Decimal
from uuid import UUID

import pytest
from bedrock_double import BedrockDouble
from customer360.warehouse import Warehouse
from psycopg import sql

FEATURES_DDL = """
create table intermediate.int_customer_features (
    customer_key bigint not null, age_band text, income_bracket text, tenure_years integer,
    preferred_channel text, marketing_consent boolean, account_status text, subscription_type text,
    has_green_plan boolean, monthly_fee numeric, engagement_score integer,
    orders_365d integer not null default 0, net_revenue_365d numeric, discount_share numeric,
    eco_spend_share numeric, days_since_last_order_band text, days_since_last_activity_band text,
    web_sessions_90d integer not null default 0, mobile_session_share numeric,
    ai_interactions_90d integer not null default 0, care_interactions_90d integer not null default 0,
    care_interactions_prior_90d integer not null default 0, complaints_90d integer not null default 0,
    escalations_90d integer not null default 0, open_interactions integer not null default 0,
    cancellation_requests_180d integer not null default 0, voice_share numeric, in_person_share numeric,
    digital_share numeric, avg_satisfaction_90d integer, avg_queue_seconds_90d integer,
    notifications_sent_90d integer not null default 0, notification_open_share numeric,
    notification_click_share numeric, open_decisions integer not null default 0,
    open_churn_decisions integer not null default 0, refunds_180d integer not null default 0,
    crm_risk_score integer, crm_engagement_level text, source_churn_risk_score integer,
    input_hash text not null
)
"""

PERMISSIONS_DDL = """
create table intermediate.int_customer_permissions__merged (
    customer_key bigint, has_consent boolean default true, is_channel_on boolean default true,
    has_email boolean default true, has_phone boolean default true, time_zone text default 'Asia/Kolkata',
    notifications_sent_7d integer default 0
)
"""

ChangeFeatures = Callable[..., None]
Permit = Callable[..., None]


@pytest.fixture
def change(warehouse: Warehouse) -> ChangeFeatures:
    """``change(keys, input_hash, **features)``: these customers' rows become this."""
    with warehouse.connect("c360_transformer") as connection:
        connection.execute(FEATURES_DDL)

    def change_features(keys: range, input_hash: str = "a", **features: object) -> None:
        row = {"input_hash": input_hash, **features}
        with warehouse.connect("c360_transformer") as connection:
            connection.execute(
                "delete from intermediate.int_customer_features where customer_key = any(%s)", [list(keys)]
            )
            insert = sql.SQL(
                "insert into intermediate.int_customer_features (customer_key, {}) values (%s, {})"
            ).format(
                sql.SQL(", ").join(map(sql.Identifier, row)),
                sql.SQL(", ").join(sql.Placeholder() for _ in row),
            )
            connection.cursor().executemany(insert, [[key, *row.values()] for key in keys])

    return change_features


@pytest.fixture
def people(warehouse: Warehouse, change) -> Callable[[range, str], None]:
    """``people(numbers)``: customers with these numbers of visits, by which the double knows them."""

    def add(numbers: range, input_hash: str = "a") -> None:
        change(numbers, input_hash, discount_share=Decimal("0.05"))
        with warehouse.connect() as connection:
            connection.execute(
                "update intermediate.int_customer_features set web_sessions_90d = customer_key,"
                " customer_key = 7000000000000 + customer_key where customer_key = any(%s)",
                [list(numbers)],
            )

    return add


@pytest.fixture
def double(monkeypatch: pytest.MonkeyPatch) -> Iterator[BedrockDouble]:
    """A Bedrock of the test's own, which boto3 finds by its environment."""
    with BedrockDouble().serving() as server:
        for name, value in {
            "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": server.url,
            "AWS_ENDPOINT_URL_BEDROCK": server.url,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }.items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def permit(warehouse: Warehouse) -> Permit:
    """``permit(key, **permissions)``: what the customer allows becomes this."""
    with warehouse.connect("c360_transformer") as connection:
        connection.execute(PERMISSIONS_DDL)

    def change(key: int, **permissions: object) -> None:
        row = {"customer_key": key, **permissions}
        with warehouse.connect("c360_transformer") as connection:
            connection.execute(
                "delete from intermediate.int_customer_permissions__merged where customer_key = %s", [key]
            )
            connection.execute(
                sql.SQL("insert into intermediate.int_customer_permissions__merged ({}) values ({})").format(
                    sql.SQL(", ").join(map(sql.Identifier, row)), sql.SQL(", ").join(sql.Placeholder() for _ in row)
                ),
                list(row.values()),
            )

    return change


@pytest.fixture
def open_decisions(warehouse: Warehouse):
    """``open_decisions(number, description, input_hash)``: that decision is open, and its text is this."""
    with warehouse.connect("c360_transformer") as connection:
        connection.execute(
            "create table intermediate.int_decisions__open (decision_id uuid, title text, decision_description text,"
            " decision_type text, urgency_level integer, customer_tier text, relationship_months integer,"
            " impact_share numeric, proposed_options integer, is_overdue boolean, input_hash text,"
            " personal_values text[]);"
            "create table intermediate.int_personal_words (word text);"
            "insert into intermediate.int_personal_words values ('priya'), ('shah'), ('pune')"
        )

    def add(number: int, description: str, input_hash: str = "a") -> None:
        with warehouse.connect("c360_transformer") as connection:
            connection.execute(
                "delete from intermediate.int_decisions__open where decision_id = %s", [UUID(int=number)]
            )
            connection.execute(
                "insert into intermediate.int_decisions__open values (%s, 'A case', %s, 'refund_request', 2,"
                " 'standard', 3, 0.2, 0, false, %s, '{Kestrel Logistics Inc,ACC 2205,accounts@kestrel5.example.com}')",
                [UUID(int=number), description, input_hash],
            )

    return add
