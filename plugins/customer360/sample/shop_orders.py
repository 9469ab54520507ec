"""Orders of the web shop: their lines, discounts, how they stand, and what comes back."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from customer360.sample import columns as c
from customer360.sample.calendar import Calendar
from customer360.sample.columns import SECONDS_A_DAY, Chunk
from customer360.sample.shop_catalogue import VALUE_PACKS, Products, product_ids

STATUSES = ("placed", "paid", "shipped", "delivered", "cancelled")
CANCELLED = 4
CANCELLED_SHARE, REFUND_SHARE = 0.05, 0.07
REFUND_DAYS = (3, 21)
DISCOUNT_SHARES = (0.68, 0.15, 0.18, 0.14)
"""Share of lines bought at a discount, by latent segment."""
REASONS = ("Damaged on arrival", "Did not suit my skin", "Wrong item", "Arrived late", "Changed my mind")


class Orders:
    """Turns purchases of a day into chunks, and remembers which lines come back later."""

    def __init__(self, rng: np.random.Generator, products: Products, calendar: Calendar) -> None:
        self._rng, self._products, self._calendar = rng, products, calendar
        self._next_order, self._next_line, self._next_refund = 1, 1, 1
        self._coming_back: dict[int, list[tuple[np.ndarray, ...]]] = defaultdict(list)

    def numbers(self, count: int) -> np.ndarray:
        """The numbers of ``count`` new orders."""
        self._next_order += count
        return np.arange(self._next_order - count, self._next_order)

    def orders(self, order: np.ndarray, customer_ids: c.Column, session: np.ndarray, at: np.ndarray) -> Chunk:
        """The chunk of shop-orders; older orders have arrived, some were cancelled."""
        age = (self._calendar.end - at) // SECONDS_A_DAY
        stage = np.clip(age + self._rng.integers(0, 3, len(order)) - 1, 0, 6) // 2
        self.status = np.where(self._rng.random(len(order)) < CANCELLED_SHARE, CANCELLED, stage)
        return {
            "order_id": c.codes("O", order, 7),
            "customer_id": customer_ids,
            "session_id": c.codes("S", session, 8),
            "ordered_at": c.instants(at),
            "status": c.words(self.status, STATUSES),
        }

    def lines(
        self, order: np.ndarray, product: np.ndarray, segment: np.ndarray, at: np.ndarray, kept: np.ndarray
    ) -> tuple[Chunk, np.ndarray]:
        """The chunk of shop-order_lines, and what each line brought in, in hundredths.

        ``kept`` says which lines belong to orders that were not cancelled; some of those come back.
        """
        rng, count = self._rng, len(order)
        quantity = 1 + rng.binomial(2, np.where(self._products.category[product] == VALUE_PACKS, 0.35, 0.08))
        price = self._products.price[product]
        discounted = rng.random(count) < np.array(DISCOUNT_SHARES)[segment]
        percent = rng.choice(np.array([10, 15, 20, 30]), size=count, p=[0.4, 0.25, 0.25, 0.1])
        discount = np.where(discounted, quantity * price * percent // 100, 0)
        line = np.arange(self._next_line, self._next_line + count)
        self._next_line += count
        paid = quantity * price - discount
        self._schedule_refunds(line, at, paid, kept)
        chunk = {
            "order_line_id": c.codes("L", line, 8),
            "order_id": c.codes("O", order, 7),
            "product_id": product_ids(product),
            "quantity": c.numbers(quantity),
            "unit_price": c.decimals(price),
            "discount_amount": c.decimals(discount),
        }
        return chunk, paid

    def refunds(self, day: int) -> Chunk | None:
        """The chunk of shop-refunds of ``day``, None where nothing came back."""
        parts = self._coming_back.pop(day, [])
        if not parts:
            return None
        line, at, amount, reason = (np.concatenate(column) for column in zip(*parts, strict=True))
        order = np.argsort(at, kind="stable")
        number = np.arange(self._next_refund, self._next_refund + len(line))
        self._next_refund += len(line)
        return {
            "refund_id": c.codes("R", number, 6),
            "order_line_id": c.codes("L", line[order], 8),
            "refunded_at": c.instants(at[order]),
            "refund_amount": c.decimals(amount[order]),
            "refund_reason": c.words(reason[order], REASONS, reason[order] >= 0),
        }

    def _schedule_refunds(self, line: np.ndarray, at: np.ndarray, paid: np.ndarray, kept: np.ndarray) -> None:
        rng = self._rng
        comes_back = (rng.random(len(line)) < REFUND_SHARE) & kept
        when = at + rng.integers(REFUND_DAYS[0] * SECONDS_A_DAY, REFUND_DAYS[1] * SECONDS_A_DAY, len(line))
        amount = np.where(rng.random(len(line)) < 0.75, paid, paid // 2)
        reason = rng.integers(-1, len(REASONS), len(line))
        for day in np.unique(when[comes_back] // SECONDS_A_DAY).tolist():
            here = comes_back & (when // SECONDS_A_DAY == day) & (when <= self._calendar.end)
            if here.any():
                self._coming_back[day].append((line[here], when[here], amount[here], reason[here]))
