"""How much of a quota of tokens per minute becomes answers: our pacing beside botocore's retries, in one run.

`make bench-bedrock` prints a table. The quota is simulated as Bedrock describes it: a request sets aside its input and
maxTokens when it comes and is refused where they are not there; when it ends, an output token has taken five.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Lock

import boto3
from bedrock_double import INPUT_TOKENS, MODEL, OUTPUT_TOKENS, BedrockDouble
from botocore.config import Config
from botocore.exceptions import ClientError
from customer360.enrich.bedrock import BedrockClassifier, BedrockOptions
from customer360.enrich.bedrock.pacing import Pacing
from customer360.enrich.bedrock.segments import SegmentPurpose
from customer360.enrich.features import CustomerFeatures
from customer360.settings import read_settings
from customer360.warehouse import LocalServer, open_warehouse
from warehouses import reachable_folder

REQUESTS, THREADS = 200, 16
TOKENS_PER_MINUTE = 1_200_000
BURST_SECONDS = 10
LATENCY_SECONDS = 0.05
COST = INPUT_TOKENS + 5 * OUTPUT_TOKENS
CUSTOMERS = [CustomerFeatures(customer_key=n, input_hash="a", web_sessions_90d=n) for n in range(20 * REQUESTS)]
ENVIRONMENT = {"AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


class Quota:
    """The service's side of a quota: full at first."""

    def __init__(self) -> None:
        self.per_second = TOKENS_PER_MINUTE / 60
        self.capacity = self.level = self.per_second * BURST_SECONDS
        self.refused = 0
        self._at, self._lock = time.monotonic(), Lock()

    def take(self, tokens: int) -> bool:
        with self._lock:
            now = time.monotonic()
            self.level = min(self.level + (now - self._at) * self.per_second, self.capacity)
            self._at = now
            if tokens > 0 and self.level < tokens:
                self.refused += 1
                return False
            self.level -= tokens
            return True


@dataclass(frozen=True)
class Result:
    """``used``: quota that became answers, as a share of all there was in those seconds."""

    way: str
    answered: int
    refused: int
    seconds: float
    used: float


@contextmanager
def service(quota: Quota) -> Iterator[BedrockDouble]:
    with BedrockDouble().serving() as double:

        def fault(number: int) -> str | None:
            set_aside = INPUT_TOKENS + double.requests[number - 1]["inferenceConfig"]["maxTokens"]
            if not quota.take(set_aside):
                return "throttling"
            quota.take(COST - set_aside)
            return None

        double.fault = fault
        double.before_answer = lambda _number: time.sleep(LATENCY_SECONDS)
        os.environ["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"] = double.url
        yield double


def measured(way: str, ask_all: Callable[[], int]) -> Result:
    quota = Quota()
    with service(quota):
        started = time.monotonic()
        answered = ask_all()
        seconds = time.monotonic() - started
    there_was = quota.capacity + quota.per_second * seconds
    return Result(way, answered, quota.refused, seconds, answered * COST / there_was)


def with_retries(mode: str, max_tokens: int | None = None) -> Callable[[], int]:
    """Requests sent as fast as they go, refused ones sent again by botocore. ``max_tokens``: else ours, just enough."""

    def ask(pack: list[CustomerFeatures]) -> bool:
        question = SegmentPurpose().question(pack)
        try:
            request = body(question)
            if max_tokens:
                request["inferenceConfig"]["maxTokens"] = max_tokens
            client.converse(modelId=MODEL, **request)
        except ClientError:
            return False
        return True

    config = Config(retries={"mode": mode, "total_max_attempts": 4}, max_pool_connections=THREADS)
    client, body = None, None

    def ask_all() -> int:
        nonlocal client, body
        client = boto3.client("bedrock-runtime", config=config)
        body = BedrockClassifier.configured(BedrockOptions(MODEL), checked=False).client.request
        packs = [CUSTOMERS[start : start + 20] for start in range(0, len(CUSTOMERS), 20)]
        with ThreadPoolExecutor(THREADS) as pool:
            return sum(pool.map(ask, packs))

    return ask_all


def with_pacing(warehouse) -> Callable[[], int]:
    def ask_all() -> int:
        calls: list = []
        classifier = BedrockClassifier.configured(BedrockOptions(MODEL), checked=False)
        pacing = Pacing(warehouse, None, "bench", TOKENS_PER_MINUTE)
        classifier = replace(classifier, pacing=pacing, threads=THREADS)
        classifier.classify_into(CUSTOMERS, lambda _answers, made: calls.extend(made))
        return sum(call.status == "ok" for call in calls)

    return ask_all


def main() -> None:
    os.environ |= ENVIRONMENT
    with reachable_folder() as folder:
        warehouse = open_warehouse(read_settings({"CUSTOMER360_HOME": str(folder / "home")}))
        ways = {
            "paced through the warehouse": with_pacing(warehouse),
            "botocore, standard retries": with_retries("standard"),
            "botocore, adaptive retries": with_retries("adaptive"),
            "botocore, standard retries, maxTokens 4096": with_retries("standard", 4096),
            "botocore, adaptive retries, maxTokens 4096": with_retries("adaptive", 4096),
        }
        results = [measured(way, ask_all) for way, ask_all in ways.items()]
        LocalServer(folder / "home").stop("immediate")
    cpus, load = os.cpu_count(), os.getloadavg()[0]
    print(
        f"{REQUESTS} requests, {THREADS} threads, {TOKENS_PER_MINUTE:,} tokens a minute; {cpus} CPUs, load {load:.1f}\n"
    )
    print("| way | answered | refused by the quota | seconds | of the ceiling |")
    print("|---|---|---|---|---|")
    for result in results:
        print(
            f"| {result.way} | {result.answered} of {REQUESTS} | {result.refused} | {result.seconds:.1f}"
            f" | {result.used:.0%} |"
        )


if __name__ == "__main__":
    main()
