"""A real export of a care desk, from its CSV files to the answers of the reference's sample queries."""

from __future__ import annotations

import pandas as pd
import pytest
from customer360.warehouse import Warehouse
from warehouses import CARE_EXPORT

pytestmark = pytest.mark.nightly


def _export(table: str) -> pd.DataFrame:
    frame = pd.read_csv(CARE_EXPORT / "care" / f"{table}.csv")
    catalogue_keys = {
        "customers": "customer_id", "channels": "channel_id", "agents": "agent_id",
        "interaction_types": "interaction_type_id", "service_plans": "service_plan_id",
    }  # fmt: skip
    if key := catalogue_keys.get(table):
        frame.insert(0, key, range(1, len(frame) + 1))
    return frame


@pytest.fixture
def interactions() -> pd.DataFrame:
    return (
        _export("customer_interactions")
        .merge(_export("channels"), on="channel_id")
        .merge(_export("interaction_types"), on="interaction_type_id")
        .merge(_export("customers"), on="customer_id")
    )


def _answer(warehouse: Warehouse, query: str) -> dict[str, tuple]:
    with warehouse.connect("pii_reader") as connection:
        connection.execute("set search_path to care")
        return {row[0]: tuple(row[1:]) for row in connection.execute(query)}


def _expected(frame: pd.DataFrame, by: str, *columns: tuple[str, str]) -> dict[str, tuple]:
    groups = frame.groupby(by)
    aggregated = pd.DataFrame({str(i): groups[column].agg(how) for i, (column, how) in enumerate(columns)})
    return {name: tuple(row) for name, row in zip(aggregated.index, aggregated.to_numpy(), strict=True)}


def _assert_equal(answer: dict[str, tuple], expected: dict[str, tuple]) -> None:
    assert answer.keys() == expected.keys()
    for name, values in expected.items():
        assert [float(value) for value in answer[name]] == pytest.approx([float(v) for v in values]), name


def test_every_record_of_the_export_is_published(care_warehouse: Warehouse):
    counts = {
        "customers": 10, "channels": 8, "agents": 12, "interaction_types": 12, "service_plans": 10,
        "customer_service_plans": 10, "customer_interactions": 1000,
    }  # fmt: skip
    with care_warehouse.connect("pii_reader") as connection:
        for table, count in counts.items():
            assert connection.execute(f"select count(*) from care.{table}").fetchone() == (count,), table


def test_missing_agents_and_ends_stay_missing(care_warehouse: Warehouse):
    export = _export("customer_interactions")
    with care_warehouse.connect("pii_reader") as connection:
        row = connection.execute(
            "select count(agent_id), count(end_timestamp), min(satisfaction_score), max(satisfaction_score)"
            " from care.customer_interactions"
        ).fetchone()
    assert row is not None
    assert row[:2] == (export["agent_id"].count(), export["end_timestamp"].count())
    assert [float(x) for x in row[2:]] == [export["satisfaction_score"].min(), export["satisfaction_score"].max()]


def test_interactions_by_channel(care_warehouse: Warehouse, interactions: pd.DataFrame):
    answer = _answer(
        care_warehouse,
        """
        SELECT
            c.channel_name,
            COUNT(*) as interaction_count,
            AVG(ci.satisfaction_score) as avg_satisfaction
        FROM customer_interactions ci
        JOIN channels c ON ci.channel_id = c.channel_id
        GROUP BY c.channel_name
        ORDER BY interaction_count DESC;
        """,
    )
    _assert_equal(
        answer,
        _expected(interactions, "channel_name", ("interaction_id", "count"), ("satisfaction_score", "mean")),
    )


def test_top_interaction_types(care_warehouse: Warehouse, interactions: pd.DataFrame):
    answer = _answer(
        care_warehouse,
        """
        SELECT
            it.interaction_name,
            COUNT(*) as interaction_count,
            AVG(ci.duration_seconds) as avg_duration_seconds
        FROM customer_interactions ci
        JOIN interaction_types it ON ci.interaction_type_id = it.interaction_type_id
        WHERE ci.duration_seconds IS NOT NULL
        GROUP BY it.interaction_name
        ORDER BY interaction_count DESC;
        """,
    )
    timed = interactions.dropna(subset="duration_seconds")
    _assert_equal(
        answer, _expected(timed, "interaction_name", ("interaction_id", "count"), ("duration_seconds", "mean"))
    )


def test_agent_performance(care_warehouse: Warehouse, interactions: pd.DataFrame):
    answer = _answer(
        care_warehouse,
        """
        SELECT
            a.agent_name,
            COUNT(*) as interactions_handled,
            AVG(ci.satisfaction_score) as avg_satisfaction,
            AVG(ci.duration_seconds) as avg_duration
        FROM customer_interactions ci
        JOIN agents a ON ci.agent_id = a.agent_id
        WHERE ci.duration_seconds IS NOT NULL
        GROUP BY a.agent_name
        ORDER BY interactions_handled DESC;
        """,
    )
    handled = interactions.merge(_export("agents"), on="agent_id").dropna(subset="duration_seconds")
    _assert_equal(
        answer,
        _expected(
            handled,
            "agent_name",
            ("interaction_id", "count"),
            ("satisfaction_score", "mean"),
            ("duration_seconds", "mean"),
        ),
    )


def test_customer_interaction_history(care_warehouse: Warehouse, interactions: pd.DataFrame):
    answer = _answer(
        care_warehouse,
        """
        SELECT
            c.customer_name,
            COUNT(*) as total_interactions,
            AVG(ci.satisfaction_score) as avg_satisfaction,
            MAX(ci.start_timestamp) as last_interaction
        FROM customer_interactions ci
        JOIN customers c ON ci.customer_id = c.customer_id
        GROUP BY c.customer_id, c.customer_name
        ORDER BY total_interactions DESC;
        """,
    )
    last = pd.to_datetime(interactions["start_timestamp"], utc=True).groupby(interactions["customer_name"]).max()
    assert {name: pd.Timestamp(values[2]) for name, values in answer.items()} == last.to_dict()
    _assert_equal(
        {name: values[:2] for name, values in answer.items()},
        _expected(interactions, "customer_name", ("interaction_id", "count"), ("satisfaction_score", "mean")),
    )


def test_customer_service_plan_analysis(care_warehouse: Warehouse):
    answer = _answer(
        care_warehouse,
        """
        SELECT
            sp.plan_name,
            COUNT(DISTINCT csp.customer_id) as customer_count,
            COUNT(ci.interaction_id) as total_interactions,
            AVG(ci.satisfaction_score) as avg_satisfaction
        FROM service_plans sp
        JOIN customer_service_plans csp ON sp.service_plan_id = csp.service_plan_id
        LEFT JOIN customer_interactions ci ON csp.customer_id = ci.customer_id
        WHERE csp.is_active = TRUE
        GROUP BY sp.service_plan_id, sp.plan_name
        ORDER BY customer_count DESC;
        """,
    )
    held = _export("service_plans").merge(_export("customer_service_plans"), on="service_plan_id")
    held = held[held["is_active"]].merge(_export("customer_interactions"), on="customer_id", how="left")
    _assert_equal(
        answer,
        _expected(
            held,
            "plan_name",
            ("customer_id", "nunique"),
            ("interaction_id", "count"),
            ("satisfaction_score", "mean"),
        ),
    )
