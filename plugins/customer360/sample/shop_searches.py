"""What visitors of the shop type into its search box, and what they say when asked how it was."""

from __future__ import annotations

import numpy as np

from customer360.sample import columns as c
from customer360.sample.columns import Chunk
from customer360.sample.shop_catalogue import CATEGORIES, FORMS, PRODUCTS_A_CATEGORY, Products
from customer360.sample.shop_visits import Visits

SEARCH_SHARE, UNMET_SHARE = 0.13, 0.3
"""Share of visits with a search, and of searches for something the shop does not have."""
NAMED_CATEGORY_SHARE = 0.6
UNMET = (
    ("collagen powder", 2), ("beard oil", 4), ("vegan lip balm", 6), ("bamboo toothbrush", 6), ("nail serum", 2),
    ("hair straightener", 5), ("body scrub", 0), ("shaving set", 7), ("rosemary water", 4), ("after tattoo cream", 1),
    ("where is my order 4711 0815", 0),
)  # fmt: skip
"""Searches without a result, each with the position of the category people look in."""
UNMET_SHARES = (0.26, 0.2, 0.14, 0.11, 0.08, 0.06, 0.05, 0.04, 0.03, 0.02, 0.01)
ASKED_SHARE = 0.55
"""Share of visits with an AI feature or an order whose visitor answers the survey."""

QUERIES = (*(text for text, _ in UNMET), *(form.lower() for forms in FORMS for form in forms))


class Searches:
    """Turns visits into the chunk of shop-searches."""

    def __init__(self, rng: np.random.Generator, products: Products) -> None:
        self._rng, self._products, self._next = rng, products, 1

    def chunk(self, visits: Visits, session: np.ndarray, ends: np.ndarray) -> Chunk | None:
        """The searches made in ``visits``, None where nobody searched."""
        rng = self._rng
        searching = np.flatnonzero(rng.random(len(visits)) < SEARCH_SHARE)
        count = len(searching)
        if not count:
            return None
        started = visits.started[searching]
        passed = rng.random(count) * (ends[searching] - started - 1)
        unmet = rng.random(count) < UNMET_SHARE
        wish = rng.choice(len(UNMET), size=count, p=UNMET_SHARES)
        product = self._products.pick(rng, visits.taste[searching])
        category = np.where(unmet, np.array([place for _, place in UNMET])[wish], product // PRODUCTS_A_CATEGORY)
        number = np.arange(self._next, self._next + count)
        self._next += count
        return {
            "search_id": c.codes("Q", number, 7),
            "session_id": c.codes("S", session[searching], 8),
            "searched_at": c.instants(started + 1 + passed.astype(np.int64)),
            "query_text": c.words(np.where(unmet, wish, len(UNMET) + product), QUERIES),
            "results_count": c.numbers(np.where(unmet, 0, 1 + rng.poisson(2, count))),
            "category": c.words(category, CATEGORIES, rng.random(count) < NAMED_CATEGORY_SHARE),
        }


class Surveys:
    """Turns the ends of visits into the chunk of shop-surveys."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng, self._next = rng, 1

    def answered(self, visits: Visits, ends: np.ndarray, until: int) -> tuple[np.ndarray, np.ndarray]:
        """Positions of the visits after which a survey was answered, and when; nothing after ``until``."""
        rng = self._rng
        asked = np.flatnonzero((rng.random(len(visits)) < ASKED_SHARE) & (visits.has_ai | visits.buys))
        at = ends[asked] + rng.integers(20, 900, len(asked))
        return asked[at <= until], at[at <= until]

    def chunk(self, visits: Visits, of: np.ndarray, at: np.ndarray, customer_ids: c.Column) -> Chunk:
        """Answers of the visits ``of``: buyers are happier, and those an AI feature served find it more helpful."""
        number = np.arange(self._next, self._next + len(of))
        self._next += len(of)
        happy = np.where(visits.buys[of], 4.3, 3.5)
        return {
            "survey_id": c.codes("F", number, 6),
            "customer_id": customer_ids,
            "answered_at": c.instants(at),
            "overall_satisfaction": c.numbers(self._scores(happy)),
            "product_match_quality": c.numbers(self._scores(happy - 0.1)),
            "ai_helpfulness": c.numbers(self._scores(np.where(visits.has_ai[of], 4.0, 3.0))),
        }

    def _scores(self, usual: np.ndarray) -> np.ndarray:
        return np.clip(np.rint(self._rng.normal(usual, 0.9)), 1, 5).astype(np.int64)
