"""The world behind a delivery: persons, queues, funnels and segments behave as in life."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date
from statistics import mean, median

import numpy as np
import pytest
from customer360.sample import GeneratedDelivery
from customer360.sample.care import serve
from unit.sample import oracle

Row = dict[str, str]


def truth(delivery: GeneratedDelivery, name: str) -> list[Row]:
    with (delivery.folder / "truth" / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def segment_of(delivery: GeneratedDelivery, system: str) -> dict[str, str]:
    """Latent segment by the id in ``system``."""
    segments = {row["person_id"]: row["latent_segment"] for row in truth(delivery, "segments.csv")}
    return {
        row["source_customer_id"]: segments[row["person_id"]]
        for row in truth(delivery, "persons.csv")
        if row["system"] == system and row["person_id"] in segments
    }


def test_fewer_agents_make_longer_waits() -> None:
    rng = np.random.default_rng(5)
    arrivals = np.sort(rng.integers(0, 8 * 3600, 300))
    handling = rng.lognormal(6.2, 0.5, 300).astype(np.int64)
    patience = np.full(300, 10**6)
    waits = [serve(arrivals, handling, patience, agents).wait.mean() for agents in (4, 6, 8, 300)]
    assert waits == sorted(waits, reverse=True)
    assert waits[0] > 10 * waits[2]
    assert waits[3] == 0


def test_whoever_is_out_of_patience_gives_up_and_takes_no_ones_time() -> None:
    served = serve(np.array([0, 1, 2]), np.array([600, 600, 600]), np.array([9, 60, 9999]), 1)
    assert served.gave_up.tolist() == [False, True, False]
    assert served.wait.tolist() == [0, 60, 688]
    assert served.agent.tolist() == [0, -1, 0]


def test_long_waits_and_open_questions_leave_people_unhappy(clean: GeneratedDelivery) -> None:
    rated = [r for r in oracle.rows(clean.folder, "care/customer_interactions.csv") if r["satisfaction_score"]]
    assert 0.2 < len(rated) / 1000 < 0.7
    solved = mean(float(r["satisfaction_score"]) for r in rated if r["resolution_status"] == "Resolved")
    escalated = mean(float(r["satisfaction_score"]) for r in rated if r["resolution_status"] == "Escalated")
    assert solved > escalated + 0.2
    waits = np.array([float(r["queue_time_seconds"]) for r in rated])
    scores = np.array([float(r["satisfaction_score"]) for r in rated])
    assert np.corrcoef(np.minimum(waits, 1200), scores)[0, 1] < -0.15


def test_some_interactions_need_no_agent_and_some_are_open(clean: GeneratedDelivery) -> None:
    interactions = oracle.rows(clean.folder, "care/customer_interactions.csv")
    assert 0.05 < sum(not r["agent_id"] for r in interactions) / 1000 < 0.4
    assert 0 < sum(not r["end_timestamp"] for r in interactions) < 120


def test_the_same_number_is_another_person_in_another_system(clean: GeneratedDelivery) -> None:
    owners: dict[str, dict[str, str]] = defaultdict(dict)
    for row in truth(clean, "persons.csv"):
        if row["system"] in ("care", "crm", "notifications"):
            owners[row["source_customer_id"]][row["system"]] = row["person_id"]
    shared = [people for people in owners.values() if len(people) > 1]
    assert len(shared) > 100
    assert sum(len(set(people.values())) > 1 for people in shared) > 0.9 * len(shared)


def test_every_account_of_a_person_is_in_the_truth(clean: GeneratedDelivery) -> None:
    files = {
        "care": ("care/customers.csv", "customer_id"),
        "crm": ("crm/customer_info.csv", "customer_id"),
        "notifications": ("notifications/customer_profiles.csv", "customer_id"),
        "shop": ("shop/customers.csv", "customer_id"),
    }
    known = {(row["system"], row["source_customer_id"]) for row in truth(clean, "persons.csv")}
    assert len(known) == len(truth(clean, "persons.csv"))
    for system, (file, column) in files.items():
        delivered = {(system, row[column]) for row in oracle.rows(clean.folder, file)}
        assert delivered == {pair for pair in known if pair[0] == system}
    mails = {
        ("decisions", row["customer_email"].lower())
        for row in oracle.rows(clean.folder, "decisions/customer_decisions.csv")
    }
    assert mails <= known


def test_the_crosswalk_links_accounts_of_one_person_alone(clean: GeneratedDelivery) -> None:
    person = {(r["system"], r["source_customer_id"]): r["person_id"] for r in truth(clean, "persons.csv")}
    links = oracle.rows(clean.folder, "identity/crosswalk.csv")
    for link in links:
        left = person[link["left_system"], link["left_customer_id"]]
        assert left == person[link["right_system"], link["right_customer_id"]]
    linked = sum(link["left_system"] == "notifications" for link in links)
    assert 0.5 < linked / clean.rows["notifications/customer_profiles.csv"] < 0.72


def test_some_mailboxes_belong_to_several_persons(clean: GeneratedDelivery) -> None:
    person = {r["source_customer_id"]: r["person_id"] for r in truth(clean, "persons.csv") if r["system"] == "shop"}
    users: dict[str, set[str]] = defaultdict(set)
    for row in oracle.rows(clean.folder, "shop/customers.csv"):
        users[row["email"].strip().lower()].add(person[row["customer_id"]])
    users.pop("", None)
    assert any(len(people) > 1 for people in users.values())
    assert all(mail.rpartition("@")[2].endswith(("example.com", "example.org", "example.net")) for mail in users)


def test_the_funnel_never_rises_in_any_visit(clean: GeneratedDelivery) -> None:
    order = ("page_view", "product_view", "add_to_cart", "checkout", "purchase")
    seen: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in oracle.rows(clean.folder, "shop/web_events.csv"):
        seen[row["session_id"]].append((row["event_type"], row["occurred_at"]))
    reached = [sum(any(kind == step for kind, _ in visit) for visit in seen.values()) for step in order]
    assert reached == sorted(reached, reverse=True)
    assert reached[4] > 0
    for visit in seen.values():
        steps = [order.index(kind) for kind, _ in sorted(visit, key=lambda event: event[1])]
        assert steps == sorted(steps)
        assert set(steps) == set(range(max(steps) + 1))


def test_orders_are_the_purchases_and_their_lines_were_in_the_cart(clean: GeneratedDelivery) -> None:
    carts: dict[str, list[str]] = defaultdict(list)
    bought: dict[str, str] = {}
    for row in oracle.rows(clean.folder, "shop/web_events.csv"):
        if row["event_type"] == "add_to_cart":
            carts[row["session_id"]].append(row["product_id"])
        if row["event_type"] == "purchase":
            bought[row["order_id"]] = row["session_id"]
    orders = {row["order_id"]: row["session_id"] for row in oracle.rows(clean.folder, "shop/orders.csv")}
    assert orders == bought
    lines: dict[str, list[str]] = defaultdict(list)
    for row in oracle.rows(clean.folder, "shop/order_lines.csv"):
        lines[row["order_id"]].append(row["product_id"])
    assert {order: sorted(products) for order, products in lines.items()} == {
        order: sorted(carts[session]) for order, session in orders.items()
    }


def test_nobody_logged_in_buys_nothing_and_nobody_acts_before_registering(clean: GeneratedDelivery) -> None:
    registered = {r["customer_id"]: r["registered_at"] for r in oracle.rows(clean.folder, "shop/customers.csv")}
    visits = {r["session_id"]: r for r in oracle.rows(clean.folder, "shop/web_sessions.csv")}
    anonymous = sum(not visit["customer_id"] for visit in visits.values()) / len(visits)
    assert 0.4 < anonymous < 0.75
    for visit in visits.values():
        assert not visit["customer_id"] or visit["started_at"] > registered[visit["customer_id"]]
    for order in oracle.rows(clean.folder, "shop/orders.csv"):
        assert visits[order["session_id"]]["customer_id"] == order["customer_id"]


def test_visits_with_an_ai_feature_buy_more_often_and_after_it(clean: GeneratedDelivery) -> None:
    visits = [r["session_id"] for r in oracle.rows(clean.folder, "shop/web_sessions.csv") if r["customer_id"]]
    orders = {r["session_id"]: r["ordered_at"] for r in oracle.rows(clean.folder, "shop/orders.csv")}
    helped = {r["session_id"]: r["started_at"] for r in oracle.rows(clean.folder, "shop/ai_interactions.csv")}
    with_ai, without = [s for s in visits if s in helped], [s for s in visits if s not in helped]
    assert mean(s in orders for s in with_ai) > mean(s in orders for s in without)
    assert all(helped[session] < at for session, at in orders.items() if session in helped)


def test_refunds_never_exceed_their_line_and_spare_cancelled_orders(clean: GeneratedDelivery) -> None:
    lines = {row["order_line_id"]: row for row in oracle.rows(clean.folder, "shop/order_lines.csv")}
    orders = {row["order_id"]: row for row in oracle.rows(clean.folder, "shop/orders.csv")}
    assert {"delivered", "cancelled"} <= {order["status"] for order in orders.values()}
    for refund in oracle.rows(clean.folder, "shop/refunds.csv"):
        line = lines[refund["order_line_id"]]
        paid = int(line["quantity"]) * float(line["unit_price"]) - float(line["discount_amount"])
        assert float(refund["refund_amount"]) <= paid + 0.005
        assert orders[line["order_id"]]["status"] != "cancelled"
        assert refund["refunded_at"] > orders[line["order_id"]]["ordered_at"]


def test_age_is_what_the_birthday_says(clean: GeneratedDelivery) -> None:
    for row in oracle.rows(clean.folder, "crm/customer_info.csv"):
        born = date.fromisoformat(row["date_of_birth"])
        birthday_passed = (born.month, born.day) <= (6, 30)
        assert int(row["age"]) == 2026 - born.year - (not birthday_passed) >= 18


def test_segments_live_differently(clean: GeneratedDelivery) -> None:
    segment = segment_of(clean, "notifications")
    accounts = oracle.rows(clean.folder, "notifications/account_activity.csv")
    profiles = oracle.rows(clean.folder, "notifications/customer_profiles.csv")

    def share(rows: list[Row], column: str, value: str, of: str) -> float:
        return mean(row[column] == value for row in rows if segment[row["customer_id"]] == of)

    def ages(of: str) -> float:
        return median(int(row["age"]) for row in profiles if segment[row["customer_id"]] == of)

    assert share(accounts, "subscription_type", "Green", "Eco Savers") > 0.5
    assert share(accounts, "subscription_type", "Green", "Value Seekers") < 0.2
    assert share(profiles, "preferred_channel", "App Push", "Digital Natives") > 0.5
    assert share(profiles, "preferred_channel", "Phone", "Traditionalists") > 0.35
    assert share(profiles, "income_bracket", "Low", "Value Seekers") > 0.45
    assert ages("Digital Natives") < ages("Eco Savers") < ages("Traditionalists")


def test_value_seekers_buy_at_a_discount(clean: GeneratedDelivery) -> None:
    segment = segment_of(clean, "shop")
    customer = {r["order_id"]: r["customer_id"] for r in oracle.rows(clean.folder, "shop/orders.csv")}
    discounts: dict[bool, list[bool]] = defaultdict(list)
    for line in oracle.rows(clean.folder, "shop/order_lines.csv"):
        seeker = segment[customer[line["order_id"]]] == "Value Seekers"
        discounts[seeker].append(float(line["discount_amount"]) > 0)
    assert mean(discounts[True]) > 2 * mean(discounts[False])


@pytest.mark.parametrize("file", ["care/customer_interactions.csv", "notifications/interaction_history.csv"])
def test_those_who_left_do_nothing_afterwards(clean: GeneratedDelivery, file: str) -> None:
    left = {row["person_id"]: row["churned_on"] for row in truth(clean, "churners.csv")}
    assert len(left) > 10
    system = file.partition("/")[0]
    person = {r["source_customer_id"]: r["person_id"] for r in truth(clean, "persons.csv") if r["system"] == system}
    when = "start_timestamp" if system == "care" else "date_time"
    for row in oracle.rows(clean.folder, file):
        assert row[when][:10] < left.get(person[row["customer_id"]], "9999")


def test_credentials_of_the_desk_look_like_hashes(clean: GeneratedDelivery) -> None:
    members = oracle.rows(clean.folder, "decisions/team_members.csv")
    tokens = oracle.rows(clean.folder, "decisions/auth_tokens.csv")
    secrets = [row["password_hash"] for row in members] + [row["token_hash"] for row in tokens]
    assert all(oracle.HASH.fullmatch(secret) for secret in secrets)
    assert len(set(secrets)) == len(secrets)


def test_decisions_are_partly_classified_and_mostly_about_companies(clean: GeneratedDelivery) -> None:
    decisions = oracle.rows(clean.folder, "decisions/customer_decisions.csv")
    classified = mean(bool(row["ai_classification"]) for row in decisions)
    assert 0.3 < classified < 0.95
    companies = {r["source_customer_id"] for r in truth(clean, "persons.csv") if r["person_id"].startswith("C")}
    assert mean(row["customer_email"] in companies for row in decisions) > 0.4
