"""The dashboard's figures, worked out a second time from the delivered files, one visitor and one order at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pandas as pd
import pytest
from customer360.settings import PROJECT
from customer360.warehouse import OWNER, Warehouse
from warehouses import AS_OF_DATE

pytestmark = pytest.mark.nightly

WINDOW = pd.Timedelta(days=7)
STAGES = ("Page Visitors", "AI Interaction", "Product View", "Add to Cart", "Purchase")
INSTANTS = ("started_at", "occurred_at", "ordered_at", "touched_at", "refunded_at", "registered_at")


def delivered(table: str) -> pd.DataFrame:
    """The sound records of a delivered shop table, instants as timestamps in UTC."""
    records = pd.read_csv(PROJECT / "seeds" / "shop" / f"{table}.csv", dtype=str)
    defects = pd.read_csv(PROJECT / "seeds" / "truth" / "defects.csv")
    damaged = defects.loc[defects["file"] == f"shop/{table}.csv", "record_number"]
    records = records.drop(index=damaged - 1)
    for column in records.columns.intersection(INSTANTS):
        records[column] = pd.to_datetime(records[column], utc=True)
    return records


def published(warehouse: Warehouse, query: str) -> list[tuple]:
    with warehouse.connect(OWNER) as connection:
        return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def sessions() -> pd.DataFrame:
    return delivered("web_sessions")


@pytest.fixture(scope="module")
def orders(sessions: pd.DataFrame) -> pd.DataFrame:
    """Orders that stand, with their visitor and the feature of the last touch before them."""
    standing = delivered("orders").query("status != 'cancelled'")
    standing = standing.merge(sessions[["session_id", "visitor_id"]], how="left", on="session_id")
    interactions = delivered("ai_interactions").merge(sessions[["session_id", "visitor_id"]], on="session_id")
    touches = delivered("ai_touches").merge(
        interactions[["interaction_id", "interaction_type", "visitor_id", "customer_id"]], on="interaction_id"
    )
    standing["feature"] = [_feature(order, touches) for order in standing.itertuples()]
    return standing


def _feature(order, touches: pd.DataFrame) -> str | None:
    same = (touches["visitor_id"] == order.visitor_id) | (touches["customer_id"] == order.customer_id)
    before = same & (touches["touched_at"] <= order.ordered_at)
    recent = touches[before & (order.ordered_at - touches["touched_at"] <= WINDOW)]
    if recent.empty:
        return None
    return recent.sort_values(["touched_at", "touch_id"]).iloc[-1]["interaction_type"]


@pytest.fixture(scope="module")
def attributed_revenue(orders: pd.DataFrame) -> dict[date, Decimal]:
    """Net revenue of orders that an AI touch preceded, less what went back, by the day of either."""
    lines = delivered("order_lines").merge(orders.dropna(subset="feature"), on="order_id")
    refunds = delivered("refunds").merge(lines[["order_line_id"]], on="order_line_id")
    revenue: dict[date, Decimal] = defaultdict(Decimal)
    for line in lines.itertuples():
        net = int(line.quantity) * Decimal(line.unit_price) - Decimal(line.discount_amount)
        revenue[line.ordered_at.date()] += net
    for refund in refunds.itertuples():
        revenue[refund.refunded_at.date()] -= Decimal(refund.refund_amount)
    return revenue


@pytest.fixture(scope="module")
def days(sessions: pd.DataFrame) -> list[date]:
    first = sessions["started_at"].min().date()
    return [first + timedelta(days=number) for number in range((AS_OF_DATE - first).days + 1)]


def test_the_funnel_counts_each_visitor_as_far_as_they_got_in_order(
    sample_warehouse: Warehouse, sessions: pd.DataFrame, orders: pd.DataFrame, days: list[date]
):
    counts = {day: [0] * len(STAGES) for day in days}
    for first_visit, reached in _journeys(sessions, orders):
        for stage in range(reached + 1):
            counts[first_visit.date()][stage] += 1
    expected = [
        (day, order, name, count, _percent(count, row[0]), _dropoff(row, order))
        for day, row in counts.items()
        for order, (name, count) in enumerate(zip(STAGES, row, strict=True))
    ]
    shown = published(
        sample_warehouse,
        "select record_date, stage_order, stage_name, count, percentage, dropoff_rate"
        " from dashboard.conversion_funnel order by record_date, stage_order",
    )
    assert shown == expected
    assert sum(row[-1] for row in counts.values()) > 0, "the sample must have somebody who goes all the way"


def _journeys(sessions: pd.DataFrame, orders: pd.DataFrame) -> Iterable[tuple[pd.Timestamp, int]]:
    """Of each visitor the first visit and the last stage reached."""
    events = delivered("web_events")
    steps = pd.concat(
        [
            delivered("ai_interactions").assign(stage=1, at=lambda f: f["started_at"]),
            events[events["event_type"] == "product_view"].assign(stage=2, at=lambda f: f["occurred_at"]),
            events[events["event_type"] == "add_to_cart"].assign(stage=3, at=lambda f: f["occurred_at"]),
            orders.drop(columns="visitor_id").assign(stage=4, at=lambda f: f["ordered_at"]),
        ]
    )[["session_id", "stage", "at"]].merge(sessions[["session_id", "visitor_id"]], on="session_id")
    by_visitor = {visitor: frame.sort_values(["at", "stage"]) for visitor, frame in steps.groupby("visitor_id")}
    for visitor, first_visit in sessions.groupby("visitor_id")["started_at"].min().items():
        reached = 0
        for step in by_visitor[visitor].itertuples() if visitor in by_visitor else ():
            if step.stage == reached + 1 and first_visit <= step.at <= first_visit + WINDOW:
                reached += 1
        yield first_visit, reached


def test_the_overview_equals_the_delivered_files_on_every_day(
    sample_warehouse: Warehouse,
    sessions: pd.DataFrame,
    orders: pd.DataFrame,
    days: list[date],
    attributed_revenue: dict[date, Decimal],
):
    registered = delivered("customers")["registered_at"].dt.date
    interactions = delivered("ai_interactions")["started_at"].dt.date.value_counts()
    buyers, visitors = defaultdict(set), defaultdict(set)
    for session in sessions.itertuples():
        visitors[session.started_at.date()].add(session.visitor_id)
    for order in orders.dropna(subset="visitor_id").itertuples():
        buyers[order.ordered_at.date()].add(order.visitor_id)
        visitors[order.ordered_at.date()].add(order.visitor_id)

    expected, before = [], (None, None, None, None)
    for day in days:
        customers = int((registered <= day).sum())
        rate = Decimal(100 * len(buyers[day])) / len(visitors[day]) if visitors[day] else None
        used, revenue = int(interactions.get(day, 0)), attributed_revenue.get(day, Decimal(0))
        points = None if rate is None or before[1] is None else _rounded(rate - before[1])
        expected.append(
            (
                day,
                *(customers, _change(customers, before[0])),
                *(None if rate is None else _rounded(rate), points),
                *(used, _change(used, before[2])),
                *(float(revenue), _change(revenue, before[3])),
            )
        )
        before = (customers, rate, used, revenue)
    shown = published(
        sample_warehouse,
        "select record_date, total_customers, total_customers_change, conversion_rate, conversion_rate_change,"
        " ai_interactions, ai_interactions_change, revenue_impact, revenue_impact_change"
        " from dashboard.overview_kpis order by record_date",
    )
    assert shown == expected


def test_attributed_revenue_in_core_is_that_of_the_delivered_files(
    sample_warehouse: Warehouse, attributed_revenue: dict[date, Decimal]
):
    [(orders, refunds)] = published(
        sample_warehouse,
        "select (select sum(net_amount) from core.fct_orders where ai_feature_name is not null and not is_cancelled),"
        " (select sum(refund_amount) from core.fct_refunds"
        " where ai_feature_name is not null and not is_order_cancelled)",
    )
    assert orders - refunds == sum(attributed_revenue.values())
    assert refunds > 0, "the sample must have an attributed order that came back"


def test_the_feed_shows_each_interaction_once_and_nobody_by_their_full_name(sample_warehouse: Warehouse):
    feed = published(
        sample_warehouse,
        "select interaction_id, customer_id, customer_name, activity_description"
        " from dashboard.customer_interactions order by interaction_id",
    )
    interactions = delivered("ai_interactions").sort_values("interaction_id")
    accounts = [None if pd.isna(account) else account for account in interactions["customer_id"]]
    assert [row[:2] for row in feed] == list(zip(interactions["interaction_id"], accounts, strict=True))

    names = delivered("customers").set_index("customer_id")["customer_name"].str.split()
    for _, account, name, description in feed:
        if account is None:
            assert name is None
            continue
        first, last = names[account][0], names[account][-1]
        assert name.lower() == f"{first} {last[0]}.".lower()
        assert first.lower() not in description.lower().split()


def test_badges_follow_their_stated_rules(sample_warehouse: Warehouse, sessions: pd.DataFrame, orders: pd.DataFrame):
    interactions = delivered("ai_interactions").merge(sessions[["session_id", "visitor_id"]], on="session_id")
    carts = delivered("web_events").query("event_type == 'add_to_cart'")
    badges = dict(
        published(sample_warehouse, "select interaction_id, status_badge from dashboard.customer_interactions")
    )
    for used in interactions.itertuples():
        wait = orders.loc[(orders["visitor_id"] == used.visitor_id) & orders["feature"].notna(), "ordered_at"]
        wait -= used.started_at
        is_converted = bool(((wait >= pd.Timedelta(0)) & (wait <= WINDOW)).any())
        in_visit = carts[carts["session_id"] == used.session_id]
        is_high_intent = not is_converted and bool((in_visit["occurred_at"] >= used.started_at).any())
        assert (badges[used.interaction_id] == "Converted") == is_converted, used.interaction_id
        assert (badges[used.interaction_id] == "High Intent") == is_high_intent, used.interaction_id
    assert set(badges.values()) == {"Converted", "High Intent", "Premium", "Processing"}


def _rounded(value: Decimal) -> float:
    return float(value.quantize(Decimal("0.01"), ROUND_HALF_UP))


def _percent(part: int, whole: int) -> float | None:
    return _rounded(Decimal(100 * part) / whole) if whole else None


def _dropoff(counts: list[int], stage: int) -> float | None:
    return _percent(counts[stage - 1] - counts[stage], counts[stage - 1]) if stage else None


def _change(value: Decimal | int, before: Decimal | int | None) -> float | None:
    return _rounded(100 * (Decimal(value) - before) / abs(before)) if before else None
