"""Answers from a model on Bedrock: packs of subjects, each settled until every subject has a status."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import islice
from typing import Any, Generic

import boto3

from customer360.enrich.answers import EnrichError, Status
from customer360.enrich.bedrock.capabilities import Capability, Usage, capability_of
from customer360.enrich.bedrock.client import BedrockClient, CallError, DailyQuotaError, Reply
from customer360.enrich.bedrock.pacing import Pacing
from customer360.enrich.bedrock.preflight import check_access
from customer360.enrich.bedrock.question import Answer, Purpose, Question, Subject
from customer360.enrich.bedrock.segments import SegmentPurpose
from customer360.enrich.calls import CallStatus, LlmCall
from customer360.warehouse import Warehouse

THREADS = 4
TRIES_ALONE = 3
"""How often a subject that is alone in a request is asked about before the answer counts as invalid."""

_NOTHING = Usage()

Keep = Callable[[Sequence[Any], Sequence[LlmCall]], None]


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
    """What asking about so many would send and cost at most. ``dollars``: with every answer as long as it may be."""

    subjects: int
    calls: int
    input_tokens: int
    output_tokens: int
    dollars: Decimal


@dataclass
class BedrockClassifier(Generic[Subject, Answer]):
    """Asks a model about subjects, a pack a request, in a few threads. ``purpose``: what is asked, segments if nothing
    else is said.

    Answers are kept as they come, in the thread that got them, before it asks again: a run that is
    killed loses no answer but those on their way.
    """

    client: BedrockClient
    pacing: Pacing = field(default_factory=Pacing)
    purpose: Purpose[Subject, Answer] = field(default_factory=SegmentPurpose)  # type: ignore[arg-type]
    threads: int = THREADS
    source: str = field(default="bedrock", init=False)

    def __post_init__(self) -> None:
        self._stopped: tuple[Status, str] | None = None

    @classmethod
    def configured(
        cls,
        options: BedrockOptions,
        *,
        warehouse: Warehouse | None = None,
        run_id: int | None = None,
        session: Any = None,
        checked: bool = True,
    ) -> BedrockClassifier[Any, Any]:
        """The classifier as configured. ``warehouse``, ``run_id``: where quota and budget are counted, and for which
        run. ``session``: boto3's.

        Raises EnrichError when the model cannot be asked; with ``checked`` it is looked up at Bedrock.
        """
        model_id = options.required_model_id()
        session = session or boto3.Session()
        client = BedrockClient(model_id, capability_of(model_id), session)
        if checked:
            check_access(session, model_id)
        quota = f"{model_id} at {client.endpoint}"
        return cls(client, Pacing(warehouse, run_id, quota, options.tokens_per_minute, options.budget))

    def asking(self, purpose: Purpose[Any, Any]) -> BedrockClassifier[Any, Any]:
        """The same model, quota and budget for another purpose."""
        return replace(self, purpose=purpose)

    @property
    def model(self) -> str:
        """How answers are signed: the model's id, with the host where that is not Bedrock."""
        return self.client.name

    @property
    def prompt_version(self) -> str:
        return self.purpose.prompt_version

    def estimate(self, subjects: Iterable[Subject]) -> Estimate:
        """What asking about ``subjects`` would send and cost, without asking."""
        total, size = Counter[str](), 0
        for pack in packs(subjects, self.purpose.pack_size):
            at_most = self.client.at_most(self.purpose.question(pack))
            size += len(pack)
            total += Counter(calls=1, input=at_most.input_tokens, output=at_most.output_tokens)
        usage = Usage(input_tokens=total["input"], output_tokens=total["output"])
        return Estimate(size, total["calls"], total["input"], total["output"], self._dollars(usage))

    def classify_into(self, subjects: Iterable[Subject], keep: Keep) -> None:
        """Hand every subject's answer, and every call, to ``keep``, from several threads.

        Raises EnrichError when the model refuses to be asked; what was answered before is kept.
        """
        pool = ThreadPoolExecutor(self.threads)
        with self.pacing:
            try:
                asked = [pool.submit(self._settle, pack, keep) for pack in packs(subjects, self.purpose.pack_size)]
                done, _ = wait(asked, return_when=FIRST_EXCEPTION)
            finally:
                # Also when interrupted: requests on their way are waited for and kept, no other is sent.
                pool.shutdown(cancel_futures=True)
        for future in done:
            future.result()

    @property
    def _capability(self) -> Capability:
        return self.client.capability

    def _dollars(self, usage: Usage) -> Decimal:
        return self._capability.dollars(usage, self.client.model_id)

    def _settle(self, subjects: Sequence[Subject], keep: Keep) -> None:
        unsettled = deque([(subjects, 0)])
        while unsettled:
            pack, tries = unsettled.popleft()
            question = self.purpose.question(pack, longer=1 + tries)
            at_most = self.client.at_most(question)
            reserved, taken = self._dollars(at_most), at_most.input_tokens + at_most.output_tokens
            if not self._stopped:
                self.pacing.take(taken)
            # Looked at again after waiting for the quota: another thread may have met the end meanwhile.
            if self._stopped or not self.pacing.reserve(reserved):
                self._stopped = self._stopped or (
                    "over_budget",
                    f"The budget of {self.pacing.budget} dollars is spent.",
                )
                keep(self._all(pack, *self._stopped), [])
                continue
            used = _NOTHING
            try:
                answers, call = self._ask(question)
                used = Usage(**{name: getattr(call, name) for name in Usage.model_fields})
                left = _without(pack, answers)
                if call.status == "failed":
                    keep(self._all(pack, *(self._stopped or ("failed", call.problem or ""))), [call])
                elif left and len(pack) == 1 and tries + 1 == TRIES_ALONE:
                    keep(self._all(pack, "invalid", call.problem or ""), [call])
                else:
                    keep(answers, [call])
                    if left:
                        unsettled.extend(_next_packs(left, len(pack), tries))
            finally:
                # After the answers are kept: who is killed in between has spent too much rather than too little.
                self.pacing.settle(taken, self._capability.quota_tokens(used), reserved, self._dollars(used))

    def _ask(self, question: Question[Subject]) -> tuple[list[Answer], LlmCall]:
        try:
            reply = self.client.ask(question)
        except DailyQuotaError as error:
            why = f"The account's tokens per day are used up: {error}"
            self._stopped = ("failed", why)
            return [], self._call(question, "failed", why)
        except CallError as error:
            return [], self._call(question, "failed", str(error), known=error)
        answers, call_status, problem = judged(self.purpose, question, reply)
        return answers, self._call(question, call_status, problem, len(answers), known=reply)

    def _call(
        self,
        question: Question[Subject],
        status: CallStatus,
        problem: str | None,
        answers: int = 0,
        *,
        known: Reply | CallError | None = None,
    ) -> LlmCall:
        usage = known.usage if isinstance(known, Reply) else _NOTHING
        return LlmCall(
            purpose=self.purpose.name,
            model=self.client.model_id,
            prompt_version=self.prompt_version,
            endpoint=self.client.endpoint,
            request_id=known.request_id if known else None,
            status=status,
            problem=problem,
            customers=len(question.subjects),
            answers=answers,
            **usage.model_dump(),
            dollars=self._dollars(usage),
            latency_ms=known.latency_ms if known else 0,
            retries=known.retries if known else 0,
        )

    def _all(self, pack: Sequence[Subject], status: Status, reason: str) -> list[Answer]:
        return [self.purpose.without_answer(subject, status, reason) for subject in pack]


def judged(
    purpose: Purpose[Subject, Answer], question: Question[Subject], reply: Reply
) -> tuple[list[Answer], CallStatus, str | None]:
    """The usable answers in a reply, what the call is worth, and what is wrong with the rest."""
    answers, problem = purpose.answers_in(reply.text, question) if reply.text is not None else ([], reply.problem)
    return answers, "ok" if not problem else "partial" if answers else "unusable", problem


def packs(subjects: Iterable[Subject], size: int) -> Iterable[list[Subject]]:
    """The subjects, ``size`` at a time."""
    remaining = iter(subjects)
    while pack := list(islice(remaining, size)):
        yield pack


def _without(pack: Sequence[Any], answers: Sequence[Any]) -> list[Any]:
    answered = {answer.key for answer in answers}
    return [subject for subject in pack if subject.key not in answered]


def _next_packs(left: list[Subject], asked: int, tries: int) -> list[tuple[Sequence[Subject], int]]:
    """What to ask next about those without an answer: all again where some were answered, else halves."""
    if asked == 1:
        return [(left, tries + 1)]
    if len(left) < asked:
        return [(left, 0)]
    middle = len(left) // 2
    return [(left[:middle], 0), (left[middle:], 0)]
