"""What lies in the shop's warehouse: sold every day, delivered when it runs out."""

from __future__ import annotations

import numpy as np

from customer360.sample import columns as c
from customer360.sample.columns import Chunk
from customer360.sample.shop_catalogue import product_ids

DELIVERED = (2, 7)
"""Units that come at once, in a shop with a thousand care interactions."""
WAIT_DAYS = (6, 30)
"""Days an empty shelf waits for its delivery."""
NO_DAY = 2**62


class Stock:
    """Levels of every product; a product that was sold cannot have been out of stock that day."""

    def __init__(self, rng: np.random.Generator, products: int, interactions: int) -> None:
        self._rng, self._scale, self._next = rng, max(1, round(interactions / 1000)), 1
        self._level = self._delivery(products)
        self._comes_on = np.full(products, NO_DAY)
        self._sold = np.zeros(products, dtype=np.int64)
        self._is_new = True

    def sell(self, product: np.ndarray, quantity: np.ndarray) -> None:
        """Take what was ordered today off the shelf."""
        np.add.at(self._sold, product, quantity)

    def close(self, day: int) -> Chunk | None:
        """The chunk of shop-stock_levels at the end of ``day``, None where nothing came or went."""
        before = self._level.copy()
        arrives = self._comes_on <= day
        self._level[arrives] += self._delivery(int(arrives.sum()))
        # Sold although the shelf was empty: the delivery came just in time.
        while (short := self._level < self._sold).any():
            self._level[short] += self._delivery(int(short.sum()))
        self._level -= self._sold
        is_sold, self._sold = self._sold > 0, np.zeros_like(self._sold)
        self._comes_on[self._level > 0] = NO_DAY
        emptied = (self._level == 0) & ((before > 0) | is_sold | (self._comes_on <= day))
        self._comes_on[emptied] = day + self._rng.integers(*WAIT_DAYS, int(emptied.sum()))
        changed = np.flatnonzero((self._level != before) | is_sold | self._is_new)
        self._is_new = False
        return self._chunk(changed, day) if len(changed) else None

    def _chunk(self, product: np.ndarray, day: int) -> Chunk:
        number = np.arange(self._next, self._next + len(product))
        self._next += len(product)
        return {
            "stock_level_id": c.codes("K", number, 6),
            "product_id": product_ids(product),
            "stock_date": c.days(np.full(len(product), day)),
            "units_on_hand": c.numbers(self._level[product].copy()),
        }

    def _delivery(self, count: int) -> np.ndarray:
        return self._rng.integers(*DELIVERED, count) * self._scale
