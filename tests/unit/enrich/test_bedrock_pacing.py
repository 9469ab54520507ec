"""Staying under a quota of tokens and a budget of dollars."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from customer360.enrich.bedrock.capabilities import Usage, capability_of
from customer360.enrich.bedrock.pacing import Budget, TokenBucket


class Clock:
    """Time that passes when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_a_quota_is_used_almost_entirely_and_never_exceeded():
    clock = Clock()
    bucket = TokenBucket(60_000, clock, clock.sleep)
    for _ in range(200):
        bucket.take(2_000)
        bucket.settle(2_000, 1_500)
    # 200 requests of 1,500 tokens are five minutes of quota, of which ten seconds may come in a burst.
    assert 290 <= clock.now <= 300 / 0.95


def test_a_request_larger_than_the_burst_waits_and_is_let_through():
    clock = Clock()
    TokenBucket(600, clock, clock.sleep).take(600)
    assert clock.now == 50


def test_without_a_quota_nobody_waits():
    clock = Clock()
    bucket = TokenBucket(None, clock, clock.sleep)
    bucket.take(10**9)
    bucket.settle(10**9, 1)
    assert clock.now == 0


def test_requests_at_once_never_reserve_more_than_the_budget_and_use_what_others_give_back():
    budget = Budget(Decimal(10))

    def request(_: int) -> bool:
        if not budget.reserve(Decimal(4)):
            return False
        budget.settle(Decimal(4), Decimal(1))
        return True

    with ThreadPoolExecutor(8) as threads:
        granted = sum(threads.map(request, range(100)))
    # After the seventh only three dollars are left, and the next might need four.
    assert (granted, budget.spent) == (7, 7)


@pytest.mark.parametrize(
    ("model", "dollars"),
    [
        ("global.anthropic.claude-haiku-4-5-20251001-v1:0", "6.10"),
        ("us.anthropic.claude-haiku-4-5-20251001-v1:0", "6.71"),
    ],
)
def test_a_call_costs_what_its_tokens_cost_at_its_endpoint(model: str, dollars: str):
    million = Usage(input_tokens=10**6, output_tokens=10**6, cache_read_tokens=10**6)
    assert capability_of(model).dollars(million, model) == Decimal(dollars)


def test_an_output_token_takes_more_of_the_quota_than_one():
    capability = capability_of("global.anthropic.claude-haiku-4-5-20251001-v1:0")
    assert capability.quota_tokens(Usage(input_tokens=100, output_tokens=10)) == 150
