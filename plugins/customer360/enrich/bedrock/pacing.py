"""Staying under a quota of tokens and a budget of dollars, together with every other process that asks."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from threading import Condition

import psycopg

from customer360.warehouse import Warehouse

ROLE = "c360_enricher"
_BURST_SECONDS = 10

_TAKE = """
insert into ops.llm_quotas as q (quota, level) values (%(quota)s, %(capacity)s - %(tokens)s)
on conflict (quota) do update set
    level = least(%(capacity)s, least(
        %(capacity)s, q.level + extract(epoch from clock_timestamp() - q.filled_at) * %(per_second)s
    ) - %(tokens)s),
    filled_at = clock_timestamp()
returning level
"""

_OPEN_BUDGET = """
insert into ops.llm_budgets (run_id, spent)
select %(run)s, coalesce(sum(dollars), 0) from ops.llm_calls where run_id = %(run)s
on conflict do nothing
"""

_RESERVE = """
update ops.llm_budgets set reserved = reserved + %(dollars)s
where run_id = %(run)s and spent + reserved + %(dollars)s <= %(limit)s
returning 1
"""

_SPEND = """
update ops.llm_budgets set reserved = reserved - %(reserved)s, spent = spent + %(spent)s where run_id = %(run)s
"""


@dataclass
class Pacing:
    """Hands out the tokens of a quota evenly, and the dollars of a run; None is no limit.

    Both are counted in the warehouse, by its clock: threads, processes and machines that ask at once
    add up. ``quota``: what the tokens are for, a model at an endpoint. A request takes what it may
    cost at most before it is sent and gives back the rest after, when its answers are kept. What was
    on its way when a process was killed stays reserved: it may have been paid.
    """

    warehouse: Warehouse | None = None
    run_id: int | None = None
    quota: str = ""
    tokens_per_minute: int | None = None
    budget: Decimal | None = None
    sleep: Callable[[float], None] = time.sleep
    _connection: psycopg.Connection | None = field(default=None, init=False, repr=False)
    _under_way: int = field(default=0, init=False)
    _changed: Condition = field(default_factory=Condition, init=False, repr=False)

    def __enter__(self) -> Pacing:
        if self.warehouse is not None and (self.tokens_per_minute or self.budget is not None):
            self._connection = self.warehouse.connect(ROLE, autocommit=True)
            # A count that a crash of the server loses is made good within a minute; waiting for the disk is not.
            self._connection.execute("set synchronous_commit = off")
            if self.budget is not None:
                self._connection.execute(_OPEN_BUDGET, {"run": self.run_id})
        return self

    def __exit__(self, *_: object) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def take(self, tokens: int) -> None:
        """Wait until ``tokens`` of the quota are there and take them."""
        if self.tokens_per_minute and (level := self._take(tokens)) < 0:
            self.sleep(-level / self._per_second)

    def reserve(self, dollars: Decimal) -> bool:
        """Set ``dollars`` of the budget aside; False when they are not there.

        While requests of this process are under way, which cost less than they reserved, it waits for them.
        """
        with self._changed:
            while not self._reserve(dollars):
                if not self._under_way:
                    return False
                self._changed.wait()
            self._under_way += 1
            return True

    def settle(self, taken: int, used: int, reserved: Decimal, spent: Decimal) -> None:
        """Give back what was taken and not used, or take what was used beyond it, of both."""
        with self._changed:
            self._under_way -= 1
            if self.tokens_per_minute:
                self._take(used - taken)
            if self.budget is not None:
                self._execute(_SPEND, reserved=reserved, spent=spent)
            self._changed.notify_all()

    @property
    def _per_second(self) -> float:
        return (self.tokens_per_minute or 0) / 60

    def _take(self, tokens: int) -> float:
        capacity = self._per_second * _BURST_SECONDS
        row = self._execute(
            _TAKE, quota=self.quota, tokens=tokens, per_second=self._per_second, capacity=capacity
        ).fetchone()
        assert row is not None
        return row[0]

    def _reserve(self, dollars: Decimal) -> bool:
        if self.budget is None:
            return True
        return self._execute(_RESERVE, dollars=dollars, limit=self.budget).fetchone() is not None

    def _execute(self, statement: str, **values: object) -> psycopg.Cursor:
        if self._connection is None:
            raise RuntimeError("Pacing counts only while it is entered, and needs a warehouse for limits.")
        return self._connection.execute(statement, {"run": self.run_id, **values})
