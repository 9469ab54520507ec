"""Visits to the web shop on one day: who comes, what they look at, and how far down the funnel they get."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from customer360.sample.shop_catalogue import FEATURES, UNKNOWN_VISITOR, Products

EVENTS = ("page_view", "product_view", "add_to_cart", "checkout", "purchase")
PAGE, VIEW, CART, CHECKOUT, PURCHASE = range(5)

VIEW_SHARE, CART_SHARE, CHECKOUT_SHARE, PURCHASE_SHARE = 0.64, 0.36, 0.62, 0.72
ANONYMOUS_CHECKOUT_SHARE = 0.2
"""Visitors nobody knows can begin a checkout; to buy one logs in."""
AI_SHARES = (0.14, 0.05, 0.36, 0.2, 0.1)
"""Share of visits with an AI feature, by latent segment; the last one of visitors nobody knows."""
FEATURE_SHARES = (0.5, 0.2, 0.15, 0.15)
AI_LIFT = 1.18
DEVICE_SHARES = ((0.3, 0.64, 0.06), (0.68, 0.14, 0.18), (0.12, 0.84, 0.04), (0.44, 0.46, 0.1), (0.4, 0.54, 0.06))
SOURCE_SHARES = (
    (0.28, 0.12, 0.08, 0.14, 0.3, 0.08),
    (0.34, 0.4, 0.02, 0.18, 0.04, 0.02),
    (0.16, 0.2, 0.36, 0.08, 0.08, 0.12),
    (0.36, 0.26, 0.14, 0.18, 0.03, 0.03),
    (0.42, 0.2, 0.18, 0.02, 0.1, 0.08),
)
DEVICES = ("desktop", "mobile", "tablet")
SOURCES = ("organic", "direct", "social", "email", "deals", "push")


@dataclass(frozen=True)
class Visits:
    """Arrays over visits, in order of ``started``; ``person`` is -1 where nobody logged in."""

    person: np.ndarray
    taste: np.ndarray
    started: np.ndarray
    device: np.ndarray
    source: np.ndarray
    counts: np.ndarray
    feature: np.ndarray
    ai_started: np.ndarray
    ai_seconds: np.ndarray

    def __len__(self) -> int:
        return len(self.person)

    @property
    def has_ai(self) -> np.ndarray:
        return self.feature >= 0

    @property
    def buys(self) -> np.ndarray:
        return self.counts[:, PURCHASE] > 0


@dataclass(frozen=True)
class Events:
    """Arrays over events, visit by visit; ``product`` is -1 where there is none."""

    visit: np.ndarray
    kind: np.ndarray
    at: np.ndarray
    product: np.ndarray


def visit(
    rng: np.random.Generator, person: np.ndarray, segment: np.ndarray, started: np.ndarray, eager: np.ndarray
) -> Visits:
    """Visits of ``person`` (-1: nobody known); ``eager`` ones return to a cart they left behind."""
    count = len(person)
    taste = np.where(person >= 0, segment[person], UNKNOWN_VISITOR)
    uses_ai = rng.random(count) < np.array(AI_SHARES)[taste]
    feature = np.where(uses_ai, rng.choice(len(FEATURES), size=count, p=FEATURE_SHARES), -1)
    lift = np.where(uses_ai, AI_LIFT, 1.0) * np.where(eager, 1.35, 1.0)
    return Visits(
        person=person,
        taste=taste,
        started=started,
        device=_picked(rng, np.array(DEVICE_SHARES)[taste]),
        source=_picked(rng, np.array(SOURCE_SHARES)[taste]),
        counts=_funnel(rng, person >= 0, lift),
        feature=feature,
        ai_started=started + rng.integers(8, 40, count),
        ai_seconds=np.where(uses_ai, rng.integers(40, 240, count), 0),
    )


def events(rng: np.random.Generator, visits: Visits, products: Products, touched: np.ndarray) -> Events:
    """What happened in each visit, in order; ``touched`` is the product followed from an AI feature or -1.

    The first page comes first, then the AI feature, then everything else; whoever puts products in
    the cart takes the first ones they looked at.
    """
    per_visit = visits.counts.sum(axis=1)
    first = np.cumsum(per_visit) - per_visit
    visit_of = np.repeat(np.arange(len(visits)), per_visit)
    kind = np.repeat(np.tile(np.arange(len(EVENTS)), len(visits)), visits.counts.ravel())
    position = np.arange(len(kind)) - first[visit_of]
    gap = rng.integers(4, 110, len(kind))
    gap[first] = 0
    second = first[per_visit > 1] + 1
    gap[second] += (visits.ai_seconds + 40)[per_visit > 1] * visits.has_ai[per_visit > 1]
    passed = np.cumsum(gap)
    at = visits.started[visit_of] + passed - passed[first][visit_of]
    product = _products(rng, visits, products, touched, visit_of, kind, position, first)
    return Events(visit_of, kind, at, product)


def _products(
    rng: np.random.Generator,
    visits: Visits,
    products: Products,
    touched: np.ndarray,
    visit_of: np.ndarray,
    kind: np.ndarray,
    position: np.ndarray,
    first: np.ndarray,
) -> np.ndarray:
    looked = products.pick(rng, visits.taste[visit_of])
    pages, views = visits.counts[:, PAGE][visit_of], visits.counts[:, VIEW][visit_of]
    follows = (kind == VIEW) & (position == pages) & (touched[visit_of] >= 0)
    looked = np.where(follows, touched[visit_of], looked)
    in_cart = kind == CART
    looked_at = first[visit_of] + position - views
    looked = np.where(in_cart, looked[np.where(in_cart, looked_at, 0)], looked)
    return np.where((kind == VIEW) | in_cart, looked, -1)


def _funnel(rng: np.random.Generator, known: np.ndarray, lift: np.ndarray) -> np.ndarray:
    """Events of each kind in each visit: nobody reaches a step without the one before it."""
    count = len(known)
    pages = 1 + rng.geometric(0.55, count) - 1
    views = (rng.random(count) < VIEW_SHARE * np.sqrt(lift)) * (1 + rng.poisson(0.8, count))
    carts = (rng.random(count) < CART_SHARE * lift) * np.minimum(views, 1 + (rng.random(count) < 0.35))
    reaches = np.where(known, CHECKOUT_SHARE, ANONYMOUS_CHECKOUT_SHARE)
    checkouts = (rng.random(count) < reaches) & (carts > 0)
    purchases = (rng.random(count) < PURCHASE_SHARE * lift) & checkouts & known
    return np.column_stack([pages, views, carts, checkouts, purchases]).astype(np.int64)


def _picked(rng: np.random.Generator, shares: np.ndarray) -> np.ndarray:
    return (rng.random(len(shares))[:, None] > np.cumsum(shares, axis=1)[:, :-1]).sum(axis=1)
