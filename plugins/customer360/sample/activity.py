"""What the systems know of each other's events while a delivery is generated, one number per person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LONG_AGO = -(10**9)


@dataclass
class Activity:
    """Arrays over persons; days and seconds count from 1970, LONG_AGO means never."""

    last_seen_at: np.ndarray
    last_order_day: np.ndarray
    abandoned_day: np.ndarray
    nudged_day: np.ndarray
    orders: np.ndarray
    spent_hundredths: np.ndarray
    complaints: np.ndarray

    @classmethod
    def none_yet(cls, count: int) -> Activity:
        never = np.full(count, LONG_AGO, dtype=np.int64)
        nothing = np.zeros(count, dtype=np.int64)
        return cls(
            last_seen_at=never.copy(),
            last_order_day=never.copy(),
            abandoned_day=never.copy(),
            nudged_day=never.copy(),
            orders=nothing.copy(),
            spent_hundredths=nothing.copy(),
            complaints=nothing.copy(),
        )
