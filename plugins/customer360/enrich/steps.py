"""The three steps: segment, prioritise, recommend. Each answers for the customers that changed.

A step streams those customers in batches and commits their answers, a batch at once where they are
free and each as it comes where they are paid for, so that a killed run goes on where it stopped.
Tables in schema enrichment are only ever appended to.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from importlib.resources import files
from typing import Any, Generic, Protocol, TypeVar

import psycopg
from psycopg import sql
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from customer360.enrich.actions import ACTIONS_VERSION, ActionRules
from customer360.enrich.answers import ActionAnswer, DraftAnswer, EnrichError, PriorityAnswer, SegmentAnswer
from customer360.enrich.calls import LlmCall, write_calls
from customer360.enrich.classifiers import Classifier, PaidClassifier, classifier_named
from customer360.enrich.drafts import NOTIFICATIONS_VERSION, MessageTemplates
from customer360.enrich.features import (
    FEATURE_COLUMNS,
    AddressedCustomer,
    CustomerFeatures,
    PrioritisedCustomer,
    SegmentedCustomer,
)
from customer360.enrich.priorities import PRIORITIES_VERSION, PriorityScorecard
from customer360.warehouse import Warehouse

ROLE = "c360_enricher"
BATCH_SIZE = 5_000
_ANSWERED = ("ok", "abstained")

_ENRICH_LOCK = 360_000_005

log = logging.getLogger(__name__)

Customer = TypeVar("Customer", bound=CustomerFeatures)
Answer = SegmentAnswer | PriorityAnswer | ActionAnswer | DraftAnswer
Keep = Callable[[Sequence[Answer], Sequence[LlmCall]], None]


class Provenance(Protocol):
    """Who answers: stored with every answer, and a customer is asked about again when it differs."""

    @property
    def source(self) -> str: ...
    @property
    def model(self) -> str: ...
    @property
    def prompt_version(self) -> str: ...


@dataclass(frozen=True)
class StepReport:
    """Customers there are, and how many changed, so that the step wrote a row for them.

    ``statuses``: those rows by status; only ok and abstained ones are answers. ``dollars``: what they cost.
    ``fallbacks``: how many of the rows the fallback answered.
    """

    customers: int
    changed: int
    statuses: dict[str, int]
    dollars: Decimal
    fallbacks: int = 0

    @property
    def unchanged(self) -> int:
        return self.customers - self.changed


@dataclass(frozen=True)
class EnrichReport:
    """What a run did, and where all customers stand after it.

    ``changed``: customers classified anew; ``unchanged``: the others. ``segments`` and
    ``priorities``: all customers by what they have now, ``abstained`` among the segments.
    ``prioritised``, ``actions``: priorities and actions written. ``statuses``, ``dollars`` and
    ``fallbacks``: as in the StepReport about segments.
    """

    customers: int
    changed: int
    unchanged: int
    segments: dict[str, int]
    priorities: dict[str, int]
    prioritised: int
    actions: int
    statuses: dict[str, int]
    dollars: Decimal
    fallbacks: int


def enrich(
    warehouse: Warehouse,
    *,
    run_id: int,
    as_of_date: date,
    classifier: str | Classifier | PaidClassifier = "rules",
    fallback: Classifier | None = None,
) -> EnrichReport:
    """Segment, prioritise and recommend for every customer that changed; nothing where none did.

    ``classifier``: one, or the name ``rules``. Raises EnrichError when it is not there or the features are not built.
    """
    segmented = segment(warehouse, run_id=run_id, as_of_date=as_of_date, classifier=classifier, fallback=fallback)
    prioritised = prioritise(warehouse, run_id=run_id, as_of_date=as_of_date)
    recommended = recommend(warehouse, run_id=run_id, as_of_date=as_of_date)
    segments, priorities = _standing(warehouse, as_of_date)
    return EnrichReport(
        customers=segmented.customers,
        changed=segmented.changed,
        unchanged=segmented.unchanged,
        segments=segments,
        priorities=priorities,
        prioritised=prioritised.changed,
        actions=recommended.changed,
        statuses=segmented.statuses,
        dollars=segmented.dollars,
        fallbacks=segmented.fallbacks,
    )


def segment(
    warehouse: Warehouse,
    *,
    run_id: int,
    as_of_date: date,
    classifier: str | Classifier | PaidClassifier = "rules",
    fallback: Classifier | None = None,
    batch_size: int = BATCH_SIZE,
) -> StepReport:
    """Write the segment of every customer whose features or classifier changed.

    ``fallback`` answers for those whom ``classifier`` has no answer for; such a row names it as its
    source and says why, and the customer is asked about again next time.
    Raises EnrichError when the classifier is not there, or does not answer for exactly the
    customers it was asked about, or the features are not built.
    """
    chosen = classifier_named(classifier) if isinstance(classifier, str) else classifier
    answer = chosen.classify_into if hasattr(chosen, "classify_into") else _all_at_once(chosen.classify)
    step = _Step("segment", "customer_segments", CustomerFeatures, chosen, answer, fallback)
    return _run(warehouse, step, run_id, as_of_date, batch_size)


def prioritise(
    warehouse: Warehouse,
    *,
    run_id: int,
    as_of_date: date,
    scorecard: PriorityScorecard | None = None,
    batch_size: int = BATCH_SIZE,
) -> StepReport:
    """Write the risk and priority of every customer whose features, segment or scorecard changed.

    Raises EnrichError when the features are not built.
    """
    card = scorecard or PriorityScorecard.read(PRIORITIES_VERSION)
    step = _Step(
        "prioritise",
        "customer_priorities",
        SegmentedCustomer,
        card,
        _all_at_once(lambda customers: map(card.prioritise, customers)),
    )
    return _run(warehouse, step, run_id, as_of_date, batch_size)


def recommend(
    warehouse: Warehouse,
    *,
    run_id: int,
    as_of_date: date,
    rules: ActionRules | None = None,
    batch_size: int = BATCH_SIZE,
) -> StepReport:
    """Write the one action of every customer whose features, segment, priority or rules changed.

    Raises EnrichError when the features are not built or a customer has no priority yet.
    """
    chosen = rules or ActionRules.read(ACTIONS_VERSION)

    def answer(customers: Iterable[PrioritisedCustomer]) -> Iterator[ActionAnswer]:
        for customer in customers:
            if customer.priority is None:
                raise EnrichError(
                    f"There are customers without a priority as of {as_of_date}; "
                    "run segment and prioritise before recommend."
                )
            yield chosen.recommend(customer)

    step = _Step("recommend", "recommended_actions", PrioritisedCustomer, chosen, _all_at_once(answer))
    return _run(warehouse, step, run_id, as_of_date, batch_size)


def draft(
    warehouse: Warehouse,
    *,
    run_id: int,
    as_of_date: date,
    templates: MessageTemplates | None = None,
    batch_size: int = BATCH_SIZE,
) -> StepReport:
    """Word a message for every customer whose action sends one and changed, or whose templates did.

    Raises EnrichError when the features are not built.
    """
    chosen = templates or MessageTemplates.read(NOTIFICATIONS_VERSION)
    step = _Step(
        "draft",
        "notification_drafts",
        AddressedCustomer,
        chosen,
        _all_at_once(lambda customers: map(chosen.draft, customers)),
        query_values={"actions": list(chosen.by_action)},
    )
    return _run(warehouse, step, run_id, as_of_date, batch_size)


@dataclass(frozen=True)
class _Step(Generic[Customer]):
    name: str
    table: str
    customer_class: type[Customer]
    provenance: Provenance
    answer: Callable[[list[Customer], Keep], None]
    fallback: Classifier | None = None
    query_values: Mapping[str, Any] = field(default_factory=dict)


def _all_at_once(
    answer: Callable[[list[Customer]], Iterable[Answer]],
) -> Callable[[list[Customer], Keep], None]:
    """For free answers: all of a batch are kept, or none."""
    return lambda batch, keep: keep(_one_each(batch, answer(batch)), [])


def _run(warehouse: Warehouse, step: _Step[Customer], run_id: int, as_of_date: date, batch_size: int) -> StepReport:
    # Two connections: the cursor's transaction stays open while batches are committed.
    with _connected(warehouse) as reader, _connected(warehouse) as writer:
        # Two runs at once would both answer for the same customers. Let go when the connection ends.
        writer.execute("select pg_advisory_lock(%s)", [_ENRICH_LOCK])
        writer.commit()
        customers = _number_of_customers(reader)
        common = {"run_id": run_id, "as_of_date": as_of_date, **_said_by(step.provenance)}
        written = _Written(writer, step.table, common, step.fallback)
        for batch in _changed(reader, step, as_of_date, batch_size):
            written.asked_about(batch)
            step.answer(batch, written.keep)
            written.check_all_answered()
    log.info("%s: %d of %d customers answered anew", step.name, written.statuses.total(), customers)
    return StepReport(customers, written.statuses.total(), dict(written.statuses), written.dollars, written.fallbacks)


def changed_customers(
    warehouse: Warehouse, *, as_of_date: date, classifier: Classifier | PaidClassifier
) -> Iterator[CustomerFeatures]:
    """The customers ``segment`` would ask about.

    Raises EnrichError when the features are not built.
    """
    step = _Step("segment", "customer_segments", CustomerFeatures, classifier, lambda _batch, _keep: None)
    with _connected(warehouse) as reader:
        for batch in _changed(reader, step, as_of_date, BATCH_SIZE):
            yield from batch


def _changed(
    reader: psycopg.Connection, step: _Step[Customer], as_of_date: date, batch_size: int
) -> Iterator[list[Customer]]:
    with reader.cursor(f"{step.name}_customers", row_factory=class_row(step.customer_class)) as cursor:
        values = {"as_of_date": as_of_date, **_said_by(step.provenance), **step.query_values}
        cursor.execute(_query(step.name), values)
        while batch := cursor.fetchmany(batch_size):
            yield batch


class _Written:
    """What a step has written: answers and calls, committed together, by one thread at a time."""

    def __init__(
        self, connection: psycopg.Connection, table: str, common: dict[str, Any], fallback: Classifier | None
    ) -> None:
        self.statuses: Counter[str] = Counter()
        self.dollars = Decimal(0)
        self.fallbacks = 0
        self._connection, self._table, self._common, self._fallback = connection, table, common, fallback
        self._open: dict[int, CustomerFeatures] = {}
        self._lock = threading.Lock()

    def asked_about(self, batch: Sequence[CustomerFeatures]) -> None:
        self._open = {customer.customer_key: customer for customer in batch}

    def keep(self, answers: Sequence[Answer], calls: Sequence[LlmCall]) -> None:
        with self._lock:
            write_calls(self._connection, self._common["run_id"], calls)
            given_up = [a for a in answers if a.status not in _ANSWERED] if self._fallback else []
            replaced = {answer.customer_key for answer in given_up}
            self._write(self._common, [answer for answer in answers if answer.customer_key not in replaced])
            if self._fallback and given_up:
                self._write(self._common | _said_by(self._fallback), self._instead(self._fallback, given_up))
            self._connection.commit()
            self.fallbacks += len(given_up)
            self.dollars += sum((call.dollars for call in calls), Decimal(0))

    def check_all_answered(self) -> None:
        if self._open:
            raise EnrichError(f"No answer came for {len(self._open)} customers; run again.")

    def _instead(self, fallback: Classifier, given_up: Sequence[Answer]) -> list[Answer]:
        asked = [self._open[answer.customer_key] for answer in given_up]
        reasons = {answer.customer_key: f"{answer.status}: {answer.reason}" for answer in given_up}
        return [
            answer.model_copy(
                update={"reason": f"{answer.reason} Instead of {self._common['model']}, {reasons[answer.customer_key]}"}
            )
            for answer in fallback.classify(asked)
        ]

    def _write(self, common: dict[str, Any], answers: Sequence[Answer]) -> None:
        if answers:
            # An answer for somebody else, or a second one, is a KeyError here.
            hashes = [self._open.pop(answer.customer_key).input_hash for answer in answers]
            _append(self._connection, self._table, common, hashes, answers)
            self.statuses.update(answer.status for answer in answers)


def _said_by(provenance: Provenance) -> dict[str, str]:
    return {name: getattr(provenance, name) for name in ("source", "model", "prompt_version")}


@contextmanager
def _connected(warehouse: Warehouse) -> Iterator[psycopg.Connection]:
    try:
        with warehouse.connect(ROLE) as connection:
            yield connection
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as error:
        raise EnrichError(
            f"The customer features are not built as enrichment needs them; run `customer360 build` first: {error}"
        ) from error


def _number_of_customers(connection: psycopg.Connection) -> int:
    row = connection.execute("select count(*) from intermediate.int_customer_features").fetchone()
    assert row is not None
    return row[0]


def _query(name: str) -> sql.Composed:
    text = (files("customer360.enrich") / "queries" / f"{name}.sql").read_text(encoding="utf-8")
    columns = sql.SQL(", ").join(sql.Identifier("f", name) for name in FEATURE_COLUMNS)
    return sql.SQL(text).format(features=columns)


def _one_each(batch: list[Customer], answers: Iterable[Answer]) -> list[Answer]:
    """The answers, having checked that there is exactly one for each customer asked about."""
    received = list(answers)
    answered = Counter(answer.customer_key for answer in received)
    if answered != Counter(customer.customer_key for customer in batch):
        raise EnrichError(
            f"{len(batch)} customers were asked about and {len(received)} answers came, or not one for each; "
            "nothing of this batch is kept, run again."
        )
    return received


def _append(
    connection: psycopg.Connection,
    table: str,
    common: dict[str, Any],
    hashes: Sequence[str],
    answers: Sequence[Answer],
) -> None:
    columns = (*common, "input_hash", *type(answers[0]).model_fields)
    copy_in = sql.SQL("copy {} ({}) from stdin").format(
        sql.Identifier("enrichment", table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor().copy(copy_in) as copy:
        for input_hash, answer in zip(hashes, answers, strict=True):
            values = answer.model_dump().values()
            as_stored = (Jsonb(value) if isinstance(value, dict) else value for value in values)
            copy.write_row((*common.values(), input_hash, *as_stored))


def _standing(warehouse: Warehouse, as_of_date: date) -> tuple[dict[str, int], dict[str, int]]:
    segments: Counter[str] = Counter()
    priorities: Counter[str] = Counter()
    with _connected(warehouse) as connection:
        for of_segment, of_priority, customers in connection.execute(_query("standing"), {"as_of_date": as_of_date}):
            segments[of_segment] += customers
            priorities[of_priority] += customers
    return dict(segments), dict(priorities)
