"""What the shop's platform delivers agrees with what happened in the shop."""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import ROUND_HALF_UP, Decimal

from customer360.sample import GeneratedDelivery
from unit.sample import oracle

CENT = Decimal("0.01")


def test_searches_fall_within_their_visit(clean: GeneratedDelivery) -> None:
    visits = {row["session_id"]: row for row in oracle.rows(clean.folder, "shop/web_sessions.csv")}
    searches = oracle.rows(clean.folder, "shop/searches.csv")
    for search in searches:
        visit = visits[search["session_id"]]
        assert visit["started_at"] < search["searched_at"] <= visit["ended_at"]
    unmet = sum(search["results_count"] == "0" for search in searches)
    assert 0.2 < unmet / len(searches) < 0.4


def test_a_level_falls_by_what_was_sold_and_a_sold_product_was_in_stock(clean: GeneratedDelivery) -> None:
    ordered_on = {row["order_id"]: row["ordered_at"][:10] for row in oracle.rows(clean.folder, "shop/orders.csv")}
    sold: Counter[tuple[str, str]] = Counter()
    for line in oracle.rows(clean.folder, "shop/order_lines.csv"):
        sold[line["product_id"], ordered_on[line["order_id"]]] += int(line["quantity"])
    levels: dict[str, dict[str, int]] = defaultdict(dict)
    for row in oracle.rows(clean.folder, "shop/stock_levels.csv"):
        assert row["stock_date"] not in levels[row["product_id"]]
        levels[row["product_id"]][row["stock_date"]] = int(row["units_on_hand"])
    assert len(levels) == clean.rows["shop/products.csv"]
    assert any(0 in changes.values() for changes in levels.values())
    for (product, day), units in sold.items():
        before = [level for on, level in levels[product].items() if on < day]
        assert levels[product].get(day, before[-1] if before else None) is not None
        if before and before[-1] < units:
            assert day in levels[product], "sold more than there was, and nothing came"


def test_uses_of_the_ai_features_are_the_interactions_of_the_month(clean: GeneratedDelivery) -> None:
    happened = Counter(
        (row["started_at"][:7], row["interaction_type"])
        for row in oracle.rows(clean.folder, "shop/ai_interactions.csv")
    )
    metered: Counter[tuple[str, str]] = Counter()
    for row in oracle.rows(clean.folder, "shop/usage_events.csv"):
        if row["usage_type"] not in ("api_calls", "data_mb"):
            metered[row["usage_date"][:7], row["usage_type"]] += int(row["used"])
    assert metered == happened


def test_the_calls_of_the_log_are_the_calls_that_are_billed(clean: GeneratedDelivery) -> None:
    logged = sum(
        int(row["request_count"])
        for row in oracle.rows(clean.folder, "shop/api_calls.csv")
        if row["called_at"][:7] == "2026-06"
    )
    billed = sum(
        int(row["used"])
        for row in oracle.rows(clean.folder, "shop/usage_events.csv")
        if row["usage_type"] == "api_calls" and row["usage_date"][:7] == "2026-06"
    )
    assert logged == billed > 0


def test_every_payment_is_the_bill_of_its_month(clean: GeneratedDelivery) -> None:
    prices = oracle.rows(clean.folder, "shop/price_list.csv")
    used: dict[str, Counter[str]] = defaultdict(Counter)
    for row in oracle.rows(clean.folder, "shop/usage_events.csv"):
        used[row["usage_date"][:7]][row["usage_type"]] += int(row["used"])
    payments = oracle.rows(clean.folder, "shop/payments.csv")
    assert len(payments) == len(used) - 1, "all but the running month"
    for payment, month in zip(payments, sorted(used), strict=False):
        plan = max(row["valid_from"] for row in prices if row["valid_from"] <= f"{month}-01")
        bill = Decimal(0)
        for price in prices:
            if price["valid_from"] == plan and not price["usage_type"]:
                bill += Decimal(price["base_cost"])
            elif price["valid_from"] == plan:
                over = max(used[month][price["usage_type"]] - int(price["free_limit"]), 0)
                bill += (over * Decimal(price["overage_rate"])).quantize(CENT, ROUND_HALF_UP)
        assert Decimal(payment["amount"]) == bill
        assert payment["payment_date"][:7] > month


def test_a_model_nobody_labels_and_labels_that_are_often_right(clean: GeneratedDelivery) -> None:
    labelled: dict[str, list[bool]] = defaultdict(list)
    for row in oracle.rows(clean.folder, "shop/model_evaluations.csv"):
        labelled[row["model_name"]] += [row["predicted_label"] == row["actual_label"]] if row["actual_label"] else []
    assert labelled["Routine Builder"] == []
    for model in ("Intent Detection", "Skin Concern Classifier", "Product Recommender"):
        assert 0.65 < sum(labelled[model]) / len(labelled[model]) < 1


def test_samples_end_with_the_last_minute_and_count_what_went_on(clean: GeneratedDelivery) -> None:
    samples = oracle.rows(clean.folder, "shop/system_samples.csv")
    assert max(row["sampled_at"] for row in samples) == "2026-06-30 18:29:00"
    visits = oracle.rows(clean.folder, "shop/web_sessions.csv")
    counted = 0
    for row in samples:
        if row["component"] != "Frontend":
            assert row["active_sessions"] == row["conversions"] == ""
            continue
        at = row["sampled_at"]
        # A visit that ends in the very second of the sample has ended.
        assert int(row["active_sessions"]) == sum(v["started_at"] <= at < v["ended_at"] for v in visits)
        counted += int(row["active_sessions"])
    assert counted > 0
