"""The three steps: segment, prioritise, recommend. Each answers for the customers that changed.

A step streams those customers, answers in batches and commits each batch, so that a killed run
goes on where it stopped. Tables in schema enrichment are only ever appended to.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Any, Generic, Protocol, TypeVar

import psycopg
from psycopg import sql
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from customer360.enrich.actions import ACTIONS_VERSION, ActionRules
from customer360.enrich.answers import ActionAnswer, EnrichError, PriorityAnswer, SegmentAnswer
from customer360.enrich.classifiers import Classifier, classifier_named
from customer360.enrich.features import (
    FEATURE_COLUMNS,
    CustomerFeatures,
    PrioritisedCustomer,
    SegmentedCustomer,
)
from customer360.enrich.priorities import PRIORITIES_VERSION, PriorityScorecard
from customer360.warehouse import Warehouse

ROLE = "c360_enricher"
BATCH_SIZE = 5_000

_ENRICH_LOCK = 360_000_005

log = logging.getLogger(__name__)

Customer = TypeVar("Customer", bound=CustomerFeatures)
Answer = SegmentAnswer | PriorityAnswer | ActionAnswer


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
    """Customers there are, and how many changed, so that the step wrote an answer for them."""

    customers: int
    changed: int

    @property
    def unchanged(self) -> int:
        return self.customers - self.changed


@dataclass(frozen=True)
class EnrichReport:
    """What a run did, and where all customers stand after it.

    ``changed``: customers classified anew; ``unchanged``: the others. ``segments`` and
    ``priorities``: all customers by what they have now, ``abstained`` among the segments.
    ``prioritised``, ``actions``: priorities and actions written.
    """

    customers: int
    changed: int
    unchanged: int
    segments: dict[str, int]
    priorities: dict[str, int]
    prioritised: int
    actions: int


def enrich(
    warehouse: Warehouse, *, run_id: int, as_of_date: date, classifier: str | Classifier = "rules"
) -> EnrichReport:
    """Segment, prioritise and recommend for every customer that changed; nothing where none did.

    Raises EnrichError when the classifier is not there or the features are not built.
    """
    segmented = segment(warehouse, run_id=run_id, as_of_date=as_of_date, classifier=classifier)
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
    )


def segment(
    warehouse: Warehouse,
    *,
    run_id: int,
    as_of_date: date,
    classifier: str | Classifier = "rules",
    batch_size: int = BATCH_SIZE,
) -> StepReport:
    """Write the segment of every customer whose features or classifier changed.

    Raises EnrichError when the classifier is not there, or does not answer for exactly the
    customers it was asked about, or the features are not built.
    """
    chosen = classifier_named(classifier) if isinstance(classifier, str) else classifier
    step = _Step("segment", "customer_segments", CustomerFeatures, chosen, chosen.classify)
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
        lambda customers: map(card.prioritise, customers),
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

    step = _Step("recommend", "recommended_actions", PrioritisedCustomer, chosen, answer)
    return _run(warehouse, step, run_id, as_of_date, batch_size)


@dataclass(frozen=True)
class _Step(Generic[Customer]):
    name: str
    table: str
    customer_class: type[Customer]
    provenance: Provenance
    answer: Callable[[list[Customer]], Iterable[Answer]]


def _run(warehouse: Warehouse, step: _Step[Customer], run_id: int, as_of_date: date, batch_size: int) -> StepReport:
    said_by = {
        "source": step.provenance.source,
        "model": step.provenance.model,
        "prompt_version": step.provenance.prompt_version,
    }
    # Two connections: the cursor's transaction stays open while batches are committed.
    with _connected(warehouse) as reader, _connected(warehouse) as writer:
        # Two runs at once would both answer for the same customers. Let go when the connection ends.
        writer.execute("select pg_advisory_lock(%s)", [_ENRICH_LOCK])
        writer.commit()
        customers = _number_of_customers(reader)
        written = 0
        with reader.cursor(f"{step.name}_customers", row_factory=class_row(step.customer_class)) as cursor:
            cursor.execute(_query(step.name), {"as_of_date": as_of_date, **said_by})
            while batch := cursor.fetchmany(batch_size):
                common = {"run_id": run_id, "as_of_date": as_of_date, **said_by}
                _append(writer, step.table, common, batch, _one_each(batch, step.answer(batch)))
                writer.commit()
                written += len(batch)
    log.info("%s: %d of %d customers answered anew", step.name, written, customers)
    return StepReport(customers, written)


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
    batch: list[Customer],
    answers: list[Answer],
) -> None:
    hashes = {customer.customer_key: customer.input_hash for customer in batch}
    columns = (*common, "input_hash", *type(answers[0]).model_fields)
    copy_in = sql.SQL("copy {} ({}) from stdin").format(
        sql.Identifier("enrichment", table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor().copy(copy_in) as copy:
        for answer in answers:
            values = answer.model_dump().values()
            as_stored = (Jsonb(value) if isinstance(value, dict) else value for value in values)
            copy.write_row((*common.values(), hashes[answer.customer_key], *as_stored))


def _standing(warehouse: Warehouse, as_of_date: date) -> tuple[dict[str, int], dict[str, int]]:
    segments: Counter[str] = Counter()
    priorities: Counter[str] = Counter()
    with _connected(warehouse) as connection:
        for of_segment, of_priority, customers in connection.execute(_query("standing"), {"as_of_date": as_of_date}):
            segments[of_segment] += customers
            priorities[of_priority] += customers
    return dict(segments), dict(priorities)
