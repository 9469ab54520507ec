"""Segments from a model on Bedrock: packs of customers, each settled until every customer has a status."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from typing import Any

import boto3

from customer360.enrich.answers import EnrichError, SegmentAnswer, Status
from customer360.enrich.bedrock.capabilities import Capability, Usage, capability_of
from customer360.enrich.bedrock.client import BedrockClient, CallError, DailyQuotaError, Reply
from customer360.enrich.bedrock.pacing import Budget, TokenBucket
from customer360.enrich.bedrock.preflight import check_access
from customer360.enrich.bedrock.prompt import SEGMENT_PROMPT, Question, answers_in, question_about, read_prompt
from customer360.enrich.calls import CallStatus, LlmCall
from customer360.enrich.features import CustomerFeatures

PACK_SIZE = 20
THREADS = 4
TRIES_ALONE = 3
"""How often a customer who is alone in a request is asked about before the answer counts as invalid."""

_PURPOSE = "segment"
_NOTHING = Usage()

Keep = Callable[[Sequence[SegmentAnswer], Sequence[LlmCall]], None]


@dataclass(frozen=True)
class BedrockOptions:
    """What a person configures: the model, the quota in tokens per minute and the budget in dollars, None for none."""

    model_id: str | None = None
    tokens_per_minute: int | None = None
    budget: Decimal | None = None

    def required_model_id(self) -> str:
        """The model. Raises EnrichError when none is set."""
        if not self.model_id:
            raise EnrichError(
                "The classifier bedrock needs a model: set CUSTOMER360_BEDROCK_MODEL_ID to the id of one, such as "
                "us.anthropic.claude-haiku-4-5-20251001-v1:0, or use --classifier rules."
            )
        return self.model_id


@dataclass(frozen=True)
class Estimate:
    """What a run would send and cost at most. ``dollars``: with every answer as long as it may be."""

    customers: int
    calls: int
    input_tokens: int
    output_tokens: int
    dollars: Decimal


@dataclass
class BedrockClassifier:
    """Asks a model for the segments of customers, a pack a request, in a few threads.

    Answers are kept as they come, in the thread that got them, before it asks again: a run that is
    killed loses no answer but those on their way.
    """

    client: BedrockClient
    bucket: TokenBucket
    budget: Budget
    prompt_version: str = SEGMENT_PROMPT
    pack_size: int = PACK_SIZE
    threads: int = THREADS
    source: str = field(default="bedrock", init=False)

    def __post_init__(self) -> None:
        self._system = read_prompt(self.prompt_version)
        self._stopped: tuple[Status, str] | None = None

    @classmethod
    def configured(
        cls, options: BedrockOptions, *, spent: Decimal = Decimal(0), session: Any = None, checked: bool = True
    ) -> BedrockClassifier:
        """The classifier as configured. ``spent``: dollars of the budget that are gone. ``session``: boto3's.

        Raises EnrichError when the model cannot be asked; with ``checked`` it is looked up at Bedrock.
        """
        model_id = options.required_model_id()
        session = session or boto3.Session()
        client = BedrockClient(model_id, capability_of(model_id), session)
        if checked:
            check_access(session, model_id)
        return cls(client, TokenBucket(options.tokens_per_minute), Budget(options.budget, spent))

    @property
    def model(self) -> str:
        """The model's id; with the host where that is not Bedrock: its answers are never taken for real ones."""
        return self.client.model_id if self.client.is_aws else f"{self.client.model_id} at {self.client.endpoint}"

    def estimate(self, customers: Iterable[CustomerFeatures]) -> Estimate:
        """What classifying ``customers`` would send and cost, without asking."""
        total, size = Counter[str](), 0
        for pack in _packs(customers, self.pack_size):
            question = question_about(pack, self._system)
            size += len(pack)
            total += Counter(calls=1, input=question.input_tokens, output=question.max_tokens)
        usage = Usage(input_tokens=total["input"], output_tokens=total["output"])
        dollars = self._capability.dollars(usage, self.client.model_id)
        return Estimate(size, total["calls"], total["input"], total["output"], dollars)

    def classify_into(self, customers: Iterable[CustomerFeatures], keep: Keep) -> None:
        """Hand every customer's answer, and every call, to ``keep``, from several threads.

        Raises EnrichError when the model refuses to be asked; what was answered before is kept.
        """
        pool = ThreadPoolExecutor(self.threads)
        try:
            futures = [pool.submit(self._settle, pack, keep) for pack in _packs(customers, self.pack_size)]
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
        finally:
            # Also when interrupted: requests on their way are waited for and kept, no other is sent.
            pool.shutdown(cancel_futures=True)
        for future in done:
            future.result()

    @property
    def _capability(self) -> Capability:
        return self.client.capability

    def _settle(self, customers: Sequence[CustomerFeatures], keep: Keep) -> None:
        unsettled = deque([(customers, 0)])
        while unsettled:
            pack, tries = unsettled.popleft()
            question = question_about(pack, self._system, longer=1 + tries)
            reserved = self._capability.dollars(_at_most(question), self.client.model_id)
            taken = question.input_tokens + question.max_tokens
            if not self._stopped:
                self.bucket.take(taken)
            # Looked at again after waiting for the quota: another thread may have met the end meanwhile.
            if self._stopped or not self.budget.reserve(reserved):
                self._stopped = self._stopped or ("over_budget", f"The budget of {self.budget.limit} dollars is spent.")
                keep(_all(pack, *self._stopped), [])
                continue
            answers, call = self._ask(question, taken, reserved)
            answered = {answer.customer_key for answer in answers}
            left = [customer for customer in pack if customer.customer_key not in answered]
            if call.status == "failed":
                keep(_all(pack, *(self._stopped or ("failed", call.problem or ""))), [call])
            elif left and len(pack) == 1 and tries + 1 == TRIES_ALONE:
                keep(_all(pack, "invalid", call.problem or ""), [call])
            else:
                keep(answers, [call])
                if left:
                    unsettled.extend(_next_packs(left, len(pack), tries))

    def _ask(self, question: Question, taken: int, reserved: Decimal) -> tuple[list[SegmentAnswer], LlmCall]:
        usage = _NOTHING
        try:
            reply = self.client.ask(question)
            usage = reply.usage
        except DailyQuotaError as error:
            self._stopped = ("failed", f"The account's tokens per day are used up: {error}")
            return [], self._call(question, "failed", self._stopped[1], 0)
        except CallError as error:
            return [], self._call(question, "failed", str(error), 0, error=error)
        finally:
            self.bucket.settle(taken, self._capability.quota_tokens(usage))
            self.budget.settle(reserved, self._capability.dollars(usage, self.client.model_id))
        answers, problem = answers_in(reply.text, question) if reply.text is not None else ([], reply.problem)
        status: CallStatus = "ok" if not problem else "partial" if answers else "unusable"
        return answers, self._call(question, status, problem, len(answers), reply=reply)

    def _call(
        self,
        question: Question,
        status: CallStatus,
        problem: str | None,
        answers: int,
        *,
        reply: Reply | None = None,
        error: CallError | None = None,
    ) -> LlmCall:
        usage, known = (reply.usage if reply else _NOTHING), reply or error
        return LlmCall(
            purpose=_PURPOSE,
            model=self.client.model_id,
            prompt_version=self.prompt_version,
            endpoint=self.client.endpoint,
            request_id=known.request_id if known else None,
            status=status,
            problem=problem,
            customers=len(question.customers),
            answers=answers,
            **usage.model_dump(),
            dollars=self._capability.dollars(usage, self.client.model_id),
            latency_ms=known.latency_ms if known else 0,
            retries=known.retries if known else 0,
        )


def _packs(customers: Iterable[CustomerFeatures], size: int) -> Iterable[list[CustomerFeatures]]:
    remaining = iter(customers)
    while pack := list(islice(remaining, size)):
        yield pack


def _next_packs(left: list[CustomerFeatures], asked: int, tries: int) -> list[tuple[Sequence[CustomerFeatures], int]]:
    """What to ask next about those without an answer: all again where some were answered, else halves."""
    if asked == 1:
        return [(left, tries + 1)]
    if len(left) < asked:
        return [(left, 0)]
    middle = len(left) // 2
    return [(left[:middle], 0), (left[middle:], 0)]


def _all(pack: Sequence[CustomerFeatures], status: Status, reason: str) -> list[SegmentAnswer]:
    return [SegmentAnswer(customer_key=c.customer_key, status=status, reason=reason) for c in pack]


def _at_most(question: Question) -> Usage:
    return Usage(input_tokens=question.input_tokens, output_tokens=question.max_tokens)
