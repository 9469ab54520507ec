"""The web shop: accounts, products, and what happens there a day at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from customer360.sample import columns as c
from customer360.sample import words as w
from customer360.sample.activity import Activity
from customer360.sample.calendar import SHOP_HOURS, SHOP_MONTHS, SHOP_WEEK, Calendar, stream
from customer360.sample.columns import SECONDS_A_DAY, Chunk
from customer360.sample.population import Population
from customer360.sample.shop_billing import Billing
from customer360.sample.shop_catalogue import (
    FEATURES,
    QUESTION_SHARES,
    QUESTIONS,
    Products,
    product_ids,
)
from customer360.sample.shop_orders import CANCELLED, Orders
from customer360.sample.shop_platform import Platform
from customer360.sample.shop_searches import Searches, Surveys
from customer360.sample.shop_stock import Stock
from customer360.sample.shop_visits import CART, DEVICES, EVENTS, PURCHASE, SOURCES, Events, Visits, events, visit
from customer360.sample.spelling import Spelling

SESSIONS_A_CARE_INTERACTION = 4.4
ANONYMOUS_SHARE = 0.52
UNSEEN_LOGIN_SHARE = 0.12
"""Share of customers' visits in which they do not log in: the browser is known, the person is not."""
RETURNING_VISITOR_SHARE = 0.3
RECENT_VISITORS = 400
VISIT_RATES = (1.0, 0.35, 1.7, 1.0)
"""How often each latent segment visits."""
CART_MEMORY_DAYS, NUDGE_DAYS = 5, 3


class Shop:
    """Chunks of the shop's tables: accounts and products first, then a day at a time."""

    def __init__(
        self, seed: int, people: Population, calendar: Calendar, interactions: int, activity: Activity
    ) -> None:
        self._people, self._calendar, self._activity = people, calendar, activity
        self._rng, self._ai_rng = stream(seed, "shop.web_sessions"), stream(seed, "shop.ai_interactions")
        self._products = Products(seed, calendar)
        self._orders = Orders(stream(seed, "shop.orders"), self._products, calendar)
        self._searches = Searches(stream(seed, "shop.searches"), self._products)
        self._surveys = Surveys(stream(seed, "shop.surveys"))
        self._stock = Stock(stream(seed, "shop.stock_levels"), len(self._products), interactions)
        self._platform = Platform(seed, calendar, interactions)
        self._billing = Billing(stream(seed, "shop.usage_events"), calendar, interactions)
        self._features_used = np.zeros(len(FEATURES), dtype=np.int64)
        self._spelling = Spelling(people, "shop")
        sessions = round(interactions * SESSIONS_A_CARE_INTERACTION)
        self._counts = calendar.spread(self._rng, sessions, calendar.day_weights(SHOP_WEEK, SHOP_MONTHS))
        self._registered_at = people.joined * SECONDS_A_DAY + 25_000 + people.roll[3] * 47
        self._next = {"session": 1, "event": 1, "ai": 1, "touch": 1, "visitor": 1}

    def masters(self) -> Iterator[tuple[str, Chunk]]:
        """The products and the accounts."""
        yield "shop-products", self._products.chunk()
        yield "shop-customers", self._customers(self._people.members("shop"))

    def day(self, day: int) -> Iterator[tuple[str, Chunk]]:
        """Visits and all that happens in them, refunds, stock and the platform under it on ``day``."""
        count = int(self._counts[day - self._calendar.first])
        self._features_used[:] = 0
        if count:
            yield from self._visits_of(day, count)
        refunds = self._orders.refunds(day)
        if refunds is not None:
            yield "shop-refunds", refunds
        calls, call_log = self._platform.calls(day, count)
        for name, chunk in (
            ("shop-stock_levels", self._stock.close(day)),
            ("shop-model_evaluations", self._platform.evaluations(day)),
            ("shop-api_calls", call_log),
            ("shop-usage_events", self._billing.day(day, self._features_used, calls)),
        ):
            if chunk is not None:
                yield name, chunk

    def states(self) -> Iterator[tuple[str, Chunk]]:
        """Samples and configurations of the platform, its prices and payments."""
        yield from self._platform.states()
        yield from self._billing.states()

    def _visits_of(self, day: int, count: int) -> Iterator[tuple[str, Chunk]]:
        rng = self._rng
        person = self._visitors(day, count)
        started = self._calendar.times(rng, day, count, SHOP_HOURS)
        eager = (person >= 0) & (day - self._activity.abandoned_day[person] <= CART_MEMORY_DAYS)
        logs_in = (person >= 0) & (rng.random(count) >= UNSEEN_LOGIN_SHARE)
        visits = visit(rng, np.where(logs_in, person, -1), self._people.segment, started, eager)
        session = self._numbers("session", count)
        shown, touched = self._touches(visits)
        happened = events(rng, visits, self._products, touched)
        ends = self._ends(visits, happened)
        yield "shop-web_sessions", self._sessions(visits, session, person, ends)
        if visits.has_ai.any():
            yield from self._ai(visits, session, shown, touched)
        order = np.zeros(count, dtype=np.int64)
        order[visits.buys] = self._orders.numbers(int(visits.buys.sum()))
        yield "shop-web_events", self._events(visits, happened, session, order)
        if visits.buys.any():
            yield from self._purchases(visits, happened, session, order, day)
        yield from self._said(visits, session, ends)
        self._remember(visits, happened, day, ends)

    def _visitors(self, day: int, count: int) -> np.ndarray:
        """Who visits, -1 for people without an account."""
        people, activity = self._people, self._activity
        weights = people.presence(day) * people.known["shop"] * np.array(VISIT_RATES)[people.segment]
        weights *= np.where(day - activity.abandoned_day <= CART_MEMORY_DAYS, 4.0, 1.0)
        weights *= np.where(day - activity.nudged_day <= NUDGE_DAYS, 1.8, 1.0)
        if weights.sum() == 0:
            return np.full(count, -1)
        person = self._rng.choice(len(people), size=count, p=weights / weights.sum())
        return np.where(self._rng.random(count) < ANONYMOUS_SHARE, -1, person)

    def _numbers(self, what: str, count: int) -> np.ndarray:
        self._next[what] += count
        return np.arange(self._next[what] - count, self._next[what])

    def _ends(self, visits: Visits, happened: Events) -> np.ndarray:
        last = np.cumsum(visits.counts.sum(axis=1)) - 1
        after_ai = np.where(visits.has_ai, visits.ai_started + visits.ai_seconds, 0)
        return np.maximum(happened.at[last], after_ai) + self._rng.integers(3, 90, len(visits))

    def _sessions(self, visits: Visits, session: np.ndarray, person: np.ndarray, ends: np.ndarray) -> Chunk:
        return {
            "session_id": c.codes("S", session, 8),
            "visitor_id": c.Column(self._browsers(person), lambda part: [f"V{v:07X}" for v in part.tolist()]),
            "customer_id": self._customer_ids(visits.person),
            "started_at": c.instants(visits.started),
            "ended_at": c.instants(ends),
            "device": c.words(visits.device, DEVICES),
            "traffic_source": c.words(visits.source, SOURCES),
        }

    def _browsers(self, person: np.ndarray) -> np.ndarray:
        """Number of the browser: a customer's own one, a new one, or one seen a little earlier."""
        rng, count = self._rng, len(person)
        returns = rng.random(count) < RETURNING_VISITOR_SHARE
        new = self._next["visitor"] + np.cumsum((person < 0) & ~returns)
        self._next["visitor"] = int(new[-1])
        seen = np.maximum(new - rng.integers(1, RECENT_VISITORS, count), 1)
        return np.where(person >= 0, 2**27 + person, np.where(returns, seen, new))

    def _customer_ids(self, person: np.ndarray) -> c.Column:
        numbers = self._people.ids["shop"][person]
        return c.Column(numbers, lambda part: [f"SHP-{v:06X}" for v in part.tolist()], person >= 0)

    def _touches(self, visits: Visits) -> tuple[np.ndarray, np.ndarray]:
        """Products each AI interaction shows (up to three, -1 for none), and the one followed or -1."""
        rng, count = self._ai_rng, len(visits)
        shown = np.column_stack([self._products.pick(rng, visits.taste) for _ in range(3)])
        many = rng.choice(4, size=count, p=[0.12, 0.33, 0.3, 0.25])
        shown[(np.arange(3) >= many[:, None]) | ~visits.has_ai[:, None]] = -1
        followed = np.where(rng.random(count) < 0.45, shown[:, 0], -1)
        return shown, followed

    def _ai(
        self, visits: Visits, session: np.ndarray, shown: np.ndarray, touched: np.ndarray
    ) -> Iterator[tuple[str, Chunk]]:
        rng, used = self._ai_rng, np.flatnonzero(visits.has_ai)
        number, count = self._numbers("ai", len(used)), len(used)
        solved = rng.random(count) < np.array([0.74, 0.86, 0.66, 0.8])[visits.feature[used]]
        score = np.clip(np.rint(rng.normal(np.where(solved, 4.2, 2.7), 0.8)), 1, 5).astype(np.int64)
        seconds = np.rint(rng.lognormal(0.5, 0.5, count) * 100).astype(np.int64)
        question = rng.choice(len(QUESTIONS), size=count, p=QUESTION_SHARES)
        yield (
            "shop-ai_interactions",
            {
                "interaction_id": c.codes("A", number, 7),
                "interaction_type": c.words(visits.feature[used], FEATURES),
                "session_id": c.codes("S", session[used], 8),
                "customer_id": self._customer_ids(visits.person[used]),
                "started_at": c.instants(visits.ai_started[used]),
                "message_count": c.numbers(2 + rng.poisson(3, count)),
                "response_time_sec": c.decimals(seconds),
                "satisfaction_score": c.numbers(score, rng.random(count) < 0.5),
                "is_resolved": c.flags(solved),
                "query_text": c.words(question, QUESTIONS, visits.feature[used] != 2),
            },
        )
        row, place = np.nonzero(shown[used] >= 0)
        if len(row):
            yield "shop-ai_touches", self._touch_chunk(visits, used, number, shown, touched, row, place)

    def _touch_chunk(
        self,
        visits: Visits,
        used: np.ndarray,
        number: np.ndarray,
        shown: np.ndarray,
        touched: np.ndarray,
        row: np.ndarray,
        place: np.ndarray,
    ) -> Chunk:
        at = visits.ai_started[used][row] + visits.ai_seconds[used][row] * (place + 1) // 4
        return {
            "touch_id": c.codes("T", self._numbers("touch", len(row)), 7),
            "interaction_id": c.codes("A", number[row], 7),
            "product_id": product_ids(shown[used][row, place]),
            "touched_at": c.instants(at),
            "is_clicked": c.flags((place == 0) & (touched[used][row] >= 0)),
        }

    def _events(self, visits: Visits, happened: Events, session: np.ndarray, order: np.ndarray) -> Chunk:
        sequence = np.argsort(happened.at, kind="stable")
        visit_of, kind = happened.visit[sequence], happened.kind[sequence]
        product = happened.product[sequence]
        return {
            "event_id": c.codes("E", self._numbers("event", len(kind)), 9),
            "session_id": c.codes("S", session[visit_of], 8),
            "event_type": c.words(kind, EVENTS),
            "product_id": product_ids(product, product >= 0),
            "order_id": c.codes("O", order[visit_of], 7, kind == PURCHASE),
            "occurred_at": c.instants(happened.at[sequence]),
        }

    def _purchases(
        self, visits: Visits, happened: Events, session: np.ndarray, order: np.ndarray, day: int
    ) -> Iterator[tuple[str, Chunk]]:
        bought = visits.buys
        paid_at = np.zeros(len(visits), dtype=np.int64)
        is_purchase = happened.kind == PURCHASE
        paid_at[happened.visit[is_purchase]] = happened.at[is_purchase]
        yield (
            "shop-orders",
            self._orders.orders(
                order[bought], self._customer_ids(visits.person[bought]), session[bought], paid_at[bought]
            ),
        )
        stands = np.zeros(len(visits), dtype=bool)
        stands[bought] = self._orders.status != CANCELLED
        lines = (happened.kind == CART) & bought[happened.visit]
        of = happened.visit[lines]
        person = visits.person[of]
        chunk, paid = self._orders.lines(
            order[of], happened.product[lines], self._people.segment[person], paid_at[of], stands[of]
        )
        yield "shop-order_lines", chunk
        self._stock.sell(happened.product[lines], chunk["quantity"].values)
        np.add.at(self._activity.spent_hundredths, person[stands[of]], paid[stands[of]])
        np.add.at(self._activity.orders, visits.person[stands], 1)
        self._activity.last_order_day[visits.person[stands]] = day

    def _said(self, visits: Visits, session: np.ndarray, ends: np.ndarray) -> Iterator[tuple[str, Chunk]]:
        """What visitors searched for, and what they answered when asked."""
        searches = self._searches.chunk(visits, session, ends)
        if searches is not None:
            yield "shop-searches", searches
        answered, at = self._surveys.answered(visits, ends, self._calendar.end)
        if len(answered):
            ids = self._customer_ids(visits.person[answered])
            yield "shop-surveys", self._surveys.chunk(visits, answered, at, ids)

    def _remember(self, visits: Visits, happened: Events, day: int, ends: np.ndarray) -> None:
        np.add.at(self._features_used, visits.feature[visits.has_ai], 1)
        self._platform.watch(day, visits.started, ends, happened.at[happened.kind == PURCHASE])
        known = visits.person >= 0
        left_cart = known & (visits.counts[:, CART] > 0) & ~visits.buys
        self._activity.abandoned_day[visits.person[left_cart]] = day
        self._activity.abandoned_day[visits.person[visits.buys]] = -(10**9)
        np.maximum.at(self._activity.last_seen_at, visits.person[known], ends[known])

    def _customers(self, members: np.ndarray) -> Chunk:
        people, spelling = self._people, self._spelling
        roll = people.roll[3][members]
        registered = self._registered_at[members]
        born = 1970 + people.born[members].astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64)
        return {
            "customer_id": self._customer_ids(members),
            "customer_name": c.Column(members, lambda part: [spelling.name(p) for p in part.tolist()]),
            "email": c.Column(members, lambda part: [spelling.mail(p) for p in part.tolist()]),
            "phone": c.Column(members, lambda part: [spelling.phone(p) for p in part.tolist()]),
            "birth_year": c.numbers(born, roll % 100 < 70),
            "city": c.words(people.city[members], [city[0] for city in w.CITIES], roll % 100 < 92),
            "country": c.words(people.country[members], w.COUNTRIES),
            "registered_at": c.instants(registered),
            "marketing_consent": c.flags(people.opted_in[members]),
            "updated_at": c.instants(registered + (roll % 30) * 3600),
        }
