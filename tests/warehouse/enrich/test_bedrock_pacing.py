"""Staying under a quota of tokens and a budget of dollars, together with other processes."""

import multiprocessing
import os
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from customer360.enrich.bedrock.pacing import Pacing
from customer360.warehouse import Warehouse

fork = multiprocessing.get_context("fork")


def waits(warehouse: Warehouse, quota: str, per_minute: int, requests: int, taken: int, used: int) -> list[float]:
    """How long each of so many requests was made to wait, one after the other, were nobody to wait."""
    waited: list[float] = []
    with Pacing(warehouse, 1, quota, per_minute, sleep=waited.append) as pacing:
        for _ in range(requests):
            pacing.take(taken)
            pacing.reserve(Decimal(0))
            pacing.settle(taken, used, Decimal(0), Decimal(0))
    return waited


def in_processes(work, number: int) -> list:
    """What ``work()`` returns in each of so many processes at once."""
    answers = fork.SimpleQueue()
    processes = [fork.Process(target=lambda: answers.put(work())) for _ in range(number)]
    for process in processes:
        process.start()
    found = [answers.get() for _ in processes]
    for process in processes:
        process.join()
    return found


def test_requests_of_several_processes_add_up_under_one_quota(warehouse: Warehouse):
    # 10 tokens a second, 100 at once: 40,000 of them are there after 3,990 seconds, whoever asks for them.
    waited = in_processes(lambda: waits(warehouse, "model", 600, 20, 1000, 1000), 2)
    longest = max(max(of_process) for of_process in waited)
    assert 3_500 < longest <= 3_990
    assert [len(of_process) for of_process in waited] == [20, 20]


def test_what_a_request_did_not_use_is_there_for_the_next(warehouse: Warehouse):
    waited = waits(warehouse, "model", 600, 20, 1000, 10)
    # Each waits for 900 tokens that it may use beyond the 100 there are, and leaves behind 10 that it did use.
    assert 80 < max(waited) <= 90 + 19


def test_another_model_has_a_quota_of_its_own(warehouse: Warehouse):
    waits(warehouse, "model", 600, 5, 1000, 1000)
    assert waits(warehouse, "another", 600, 1, 100, 100) == []


def test_without_limits_nobody_waits_and_nothing_is_counted():
    with Pacing(sleep=lambda _: pytest.fail("slept")) as pacing:
        pacing.take(10**9)
        assert pacing.reserve(Decimal(10**9))
        pacing.settle(10**9, 1, Decimal(10**9), Decimal(1))


def spend(warehouse: Warehouse, run_id: int) -> int:
    """How many of 100 requests, in eight threads, were granted; each may cost 4 dollars and costs 1."""

    def request(_: int) -> bool:
        if not pacing.reserve(Decimal(4)):
            return False
        pacing.settle(0, 0, Decimal(4), Decimal(1))
        return True

    with Pacing(warehouse, run_id, budget=Decimal(10)) as pacing, ThreadPoolExecutor(8) as threads:
        return sum(threads.map(request, range(100)))


def budget_of(warehouse: Warehouse, run_id: int) -> tuple:
    with warehouse.connect() as connection:
        return connection.execute("select spent, reserved from ops.llm_budgets where run_id = %s", [run_id]).fetchone()


def test_requests_at_once_never_reserve_more_than_the_budget_and_use_what_others_give_back(warehouse, run_id):
    # After the seventh only three dollars are left, and the next might need four.
    assert spend(warehouse, run_id) == 7
    assert budget_of(warehouse, run_id) == (7, 0)


def test_processes_share_one_budget(warehouse, run_id):
    granted = in_processes(lambda: spend(warehouse, run_id), 2)
    # One process does not wait for what another gives back, so it may be less than the seven of one alone.
    assert 1 <= sum(granted) <= 7
    assert budget_of(warehouse, run_id) == (sum(granted), 0)


def test_what_was_on_its_way_when_a_process_died_stays_reserved(warehouse, run_id):
    def die() -> None:
        with Pacing(warehouse, run_id, budget=Decimal(10)) as pacing:
            pacing.reserve(Decimal(7))
            os._exit(9)

    process = fork.Process(target=die)
    process.start()
    process.join()
    with Pacing(warehouse, run_id, budget=Decimal(10)) as pacing:
        assert not pacing.reserve(Decimal(4))
        assert pacing.reserve(Decimal(3))


def test_a_budget_begins_with_what_the_run_has_spent(warehouse, run_id):
    with warehouse.connect() as connection:
        connection.execute(
            "insert into ops.llm_calls (run_id, purpose, model, prompt_version, endpoint, status, customers, answers,"
            " input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, dollars, latency_ms, retries)"
            " values (%s, 'segment', 'm', 'v', 'e', 'ok', 1, 1, 1, 1, 0, 0, 8, 1, 0)", [run_id]
        )  # fmt: skip
    with Pacing(warehouse, run_id, budget=Decimal(10)) as pacing:
        assert not pacing.reserve(Decimal(4))
        assert pacing.reserve(Decimal(2))
