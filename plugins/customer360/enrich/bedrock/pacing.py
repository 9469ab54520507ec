"""Staying under a quota of tokens per minute and a budget of dollars, together with other threads."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal
from threading import Condition, Lock

_BURST_SECONDS = 10


class TokenBucket:
    """Hands out a quota of tokens per minute evenly; None hands out whatever is asked for.

    A request takes what it may cost at most before it is sent, and gives back the rest after. Without
    that the service refuses requests beyond the quota, and retrying them finishes less in the same time.
    """

    def __init__(
        self,
        tokens_per_minute: int | None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._per_second = tokens_per_minute / 60 if tokens_per_minute else None
        self._clock, self._sleep = clock, sleep
        self._level = self._capacity
        self._filled_at = clock()
        self._lock = Lock()

    @property
    def _capacity(self) -> float:
        return (self._per_second or 0) * _BURST_SECONDS

    def take(self, tokens: int) -> None:
        """Wait until ``tokens`` are there and take them."""
        if self._per_second is None:
            return
        with self._lock:
            self._fill()
            # Taken at once and waited for after: who comes later waits for what is missing, too.
            self._level -= tokens
            missing = -self._level
        if missing > 0:
            self._sleep(missing / self._per_second)

    def settle(self, taken: int, used: int) -> None:
        """Give back what was taken and not used, or take what was used beyond it."""
        if self._per_second is None:
            return
        with self._lock:
            self._fill()
            self._level = min(self._level + taken - used, self._capacity)

    def _fill(self) -> None:
        assert self._per_second is not None
        now = self._clock()
        self._level = min(self._level + (now - self._filled_at) * self._per_second, self._capacity)
        self._filled_at = now


class Budget:
    """Dollars that may be spent; None is no limit. It is never exceeded, as requests reserve what they may cost."""

    def __init__(self, limit: Decimal | None, spent: Decimal = Decimal(0)) -> None:
        self.limit = limit
        self.spent = spent
        self._reserved = Decimal(0)
        self._changed = Condition()

    def reserve(self, dollars: Decimal) -> bool:
        """Set ``dollars`` aside; False when they are not there.

        While other requests are under way, which cost less than they reserved, it waits for them.
        """
        with self._changed:
            while self.limit is not None and self.spent + self._reserved + dollars > self.limit:
                if not self._reserved:
                    return False
                self._changed.wait()
            self._reserved += dollars
            return True

    def settle(self, reserved: Decimal, spent: Decimal) -> None:
        """Replace a reservation by what was really spent."""
        with self._changed:
            self._reserved -= reserved
            self.spent += spent
            self._changed.notify_all()
