"""Candidates made by hand, as the transformer, and the manifest dbt would write about them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from customer360.publish import PublishReport, publish
from customer360.warehouse import Warehouse
from psycopg import sql

AS_OF_DATE = date(2026, 6, 30)


def column(name: str, data_type: str, description: str = "", **meta: Any) -> dict[str, Any]:
    """A column as it stands in dbt's manifest."""
    return {"name": name, "data_type": data_type, "description": description, "config": {"meta": meta}}


def model(table: str, columns: list[dict[str, Any]], description: str = "", **published: Any) -> dict[str, Any]:
    """A model as it stands in dbt's manifest; ``table``: ``schema.table``."""
    schema, _, name = table.partition(".")
    return {
        "resource_type": "model",
        "name": f"{schema}__{name}",
        "alias": name,
        "schema": f"candidate_{schema}",
        "description": description,
        "columns": {column["name"]: column for column in columns},
        "config": {"meta": {"published": published}},
    }


CUSTOMERS = model(
    "care.customers",
    [
        column("customer_id", "bigint", "Number of the customer."),
        column("customer_name", "varchar(100)", "Full name.", not_null=True, pii="name"),
        column("email", "varchar(150)", pii="email"),
        column("phone", "varchar(20)", pii="phone"),
        column("born_on", "date", pii="birth_date"),
        column("city", "varchar(50)", pii="location"),
        column("status", "varchar(20)", default="'Active'"),
        column("score", "numeric(3,2)"),
        column("created_at", "timestamptz", volatile=True, default="CURRENT_TIMESTAMP"),
        column("updated_at", "timestamptz", volatile=True),
    ],
    "One row per customer.",
    primary_key=["customer_id"],
    unique=[["email"]],
    checks=["status in ('Active', 'Inactive')"],
    indexes=["idx_customers_active (status, customer_id) where status = 'Active'"],
)
INTERACTIONS = model(
    "care.interactions",
    [
        column("interaction_id", "bigint"),
        column("customer_id", "bigint", not_null=True),
        column("channel_id", "bigint"),
        column("summary", "text", "What it was about.", pii="text"),
        column("details", "jsonb"),
        column("labels", "text[]"),
        column("seconds", "double precision"),
        column("ip_address", "inet", pii="address"),
        column("reference", "bigint", pii="identifier"),
    ],
    "One row per interaction.",
    primary_key=["interaction_id"],
    foreign_keys=[
        {
            "columns": ["customer_id"],
            "to": "customers",
            "to_columns": ["customer_id"],
            "on_delete": "cascade",
        },
        {"columns": ["channel_id"], "to": "channels"},
    ],
    checks=["seconds >= 0", "seconds < 86400", "channel_id > 0 or summary is not null"],
    indexes=["idx_interactions_customer (customer_id)"],
)

CHANNELS = model(
    "care.channels",
    [column("channel_id", "bigint"), column("channel_name", "varchar(50)", not_null=True)],
    "One row per channel.",
    primary_key=["channel_id"],
    unique=[["channel_name"]],
)

DAILY = model(
    "dashboard.daily_interactions",
    [column("record_date", "date"), column("channel", "text"), column("interactions", "bigint")],
    "One row per day and channel.",
    primary_key=["record_date", "channel"],
    day_column="record_date",
)

ACTIVITY = model(
    "notifications.activity",
    [
        column("customer_id", "bigint"),
        column("recent_activity", "text"),
        column("engagement", "integer"),
        column("published_at", "timestamptz", volatile=True),
    ],
    "One row per customer and activity; no key.",
)

TOKENS = model(
    "decisions.auth_tokens",
    [column("id", "uuid"), column("token_hash", "varchar(255)", pii="identifier")],
    "One row per token.",
    primary_key=["id"],
    masked=False,
)

MODELS = (CUSTOMERS, INTERACTIONS, CHANNELS, DAILY, ACTIVITY, TOKENS)

ROWS: dict[str, list[dict[str, Any]]] = {
    "care.channels": [{"channel_id": 1, "channel_name": "Phone"}, {"channel_id": 2, "channel_name": "Chat"}],
    "care.customers": [
        {
            "customer_id": 1,
            "customer_name": "sofía  marín",
            "email": "sofia.marin@example.org",
            "phone": "+34 600 123 477",
            "born_on": "1990-05-17",
            "status": "Active",
            "score": "0.50",
        },
        {"customer_id": 2, "customer_name": "Ravi Kumar", "email": "ravi@example.com", "phone": "12345"},
        {"customer_id": 3, "customer_name": "Li"},
    ],
    "care.interactions": [
        {
            "interaction_id": 10,
            "customer_id": 1,
            "channel_id": 1,
            "summary": "Asked about her bill",
            "details": '{"b": 1, "a": [2]}',
            "labels": ["bill", "phone"],
            "seconds": 12.5,
            "ip_address": "10.0.0.7",
            "reference": 99,
        },
        {"interaction_id": 11, "customer_id": 1, "channel_id": 2},
        {"interaction_id": 12, "customer_id": 2, "channel_id": 2},
    ],
    "dashboard.daily_interactions": [
        {"record_date": "2026-06-29", "channel": "Phone", "interactions": 5},
        {"record_date": "2026-06-30", "channel": "Phone", "interactions": 7},
    ],
    "notifications.activity": [
        {"customer_id": 1, "recent_activity": "login", "engagement": 5},
        {"customer_id": 1, "recent_activity": "login", "engagement": 5},
        {"customer_id": 2, "recent_activity": None, "engagement": None},
    ],
    "decisions.auth_tokens": [{"id": "00000000-0000-4000-8000-000000000001", "token_hash": "redacted"}],
}


class Mart:
    """The candidates of a test, their manifest, and what is published of them."""

    def __init__(self, warehouse: Warehouse, run_id: int):
        self.warehouse = warehouse
        self.run_id = run_id
        self.manifest: dict[str, Any] = {"nodes": {}}

    def declare(self, *models: dict[str, Any]) -> None:
        """Say in the manifest that these are published, and build their empty candidates."""
        for node in copy.deepcopy(models):
            self.manifest["nodes"][f"model.customer360.{node['name']}"] = node
        self.rebuild(*(f"{node['schema'].removeprefix('candidate_')}.{node['alias']}" for node in models))

    def node(self, table: str) -> dict[str, Any]:
        return self.manifest["nodes"][f"model.customer360.{table.replace('.', '__')}"]

    def published(self, table: str) -> dict[str, Any]:
        """The model's ``meta.published``, to edit."""
        return self.node(table)["config"]["meta"]["published"]

    def rebuild(self, *tables: str) -> None:
        """Make the candidates anew and empty, as the manifest declares them."""
        with self.warehouse.connect("c360_transformer") as connection:
            for node in map(self.node, tables):
                name = sql.Identifier(node["schema"], node["alias"])
                columns = sql.SQL(", ").join(
                    sql.SQL("{} {}").format(sql.Identifier(c["name"]), sql.SQL(c["data_type"]))
                    for c in node["columns"].values()
                )
                connection.execute(sql.SQL("drop table if exists {}").format(name))
                connection.execute(sql.SQL("create table {} ({})").format(name, columns))

    def fill(self, contents: dict[str, list[dict[str, Any]]]) -> None:
        """Make these rows, by ``schema.table``, the whole content of the candidates."""
        with self.warehouse.connect("c360_transformer") as connection:
            for table, rows in contents.items():
                name = sql.Identifier(*f"candidate_{table}".split("."))
                connection.execute(sql.SQL("delete from {}").format(name))
                for row in rows:
                    connection.execute(
                        sql.SQL("insert into {} ({}) values ({})").format(
                            name,
                            sql.SQL(", ").join(map(sql.Identifier, row)),
                            sql.SQL(", ").join(sql.Placeholder() * len(row)),
                        ),
                        list(row.values()),
                    )

    def reset(self) -> None:
        """Fill the candidates with the first rows again."""
        self.fill(ROWS)

    def change(self, statement: str) -> None:
        """Run SQL on the candidates as the transformer."""
        with self.warehouse.connect("c360_transformer") as connection:
            connection.execute(statement)

    def publish(self, as_of_date: date = AS_OF_DATE, **options: Any) -> PublishReport:
        return publish(self.warehouse, self.manifest, run_id=self.run_id, as_of_date=as_of_date, **options)

    def rows(self, query: str, role: str = "c360_publisher") -> list[tuple[Any, ...]]:
        with self.warehouse.connect(role) as connection:
            return connection.execute(query).fetchall()


@pytest.fixture
def empty_mart(warehouse: Warehouse, run_id: int) -> Mart:
    """A mart without any model."""
    return Mart(warehouse, run_id)


@pytest.fixture
def mart(empty_mart: Mart) -> Mart:
    """Six models of four marts with a few rows each, not yet published."""
    empty_mart.declare(*MODELS)
    empty_mart.reset()
    return empty_mart


@pytest.fixture
def published_mart(mart: Mart) -> Mart:
    """The same, published once."""
    mart.publish()
    return mart


@pytest.fixture
def make_model() -> Callable[..., dict[str, Any]]:
    """``model(schema.table, columns, description, **published)``, a model of the manifest."""
    return model


@pytest.fixture
def make_column() -> Callable[..., dict[str, Any]]:
    """``column(name, data_type, description, **meta)``, a column of the manifest."""
    return column
