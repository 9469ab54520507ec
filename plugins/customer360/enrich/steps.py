"""The three steps about customers: segment, prioritise, recommend. Each answers for those that changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import ceil

from customer360.enrich.actions import ACTIONS_VERSION, ActionRules
from customer360.enrich.answers import ActionAnswer, EnrichError
from customer360.enrich.classifiers import (
    SEGMENTS_VERSION,
    Classifier,
    PaidClassifier,
    RulesClassifier,
    classifier_named,
)
from customer360.enrich.features import CustomerFeatures, PrioritisedCustomer, SegmentedCustomer
from customer360.enrich.priorities import PRIORITIES_VERSION, PriorityScorecard
from customer360.enrich.step import (
    BATCH_SIZE,
    ROLE,
    Share,
    Step,
    StepReport,
    all_at_once,
    answer_of,
    number_of,
    query,
    reading,
    run_step,
    to_ask_about,
)
from customer360.warehouse import Warehouse

MOST_SHARES = 8
"""More would wait for a slot of the Airflow pool, and for the model's quota."""


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
    segmented: StepReport | None = None,
) -> EnrichReport:
    """Segment, prioritise and recommend for every customer that changed; nothing where none did.

    ``classifier``: one, or the name ``rules``. ``segmented``: what segmenting came to, where it was done before.
    Raises EnrichError when the classifier is not there or the features are not built.
    """
    segmented = segmented or segment(
        warehouse, run_id=run_id, as_of_date=as_of_date, classifier=classifier, fallback=fallback
    )
    prioritised = prioritise(warehouse, run_id=run_id, as_of_date=as_of_date)
    recommended = recommend(warehouse, run_id=run_id, as_of_date=as_of_date)
    _record_rules(warehouse)
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
    share: Share | None = None,
    batch_size: int = BATCH_SIZE,
) -> StepReport:
    """Write the segment of every customer, or of those of a ``share``, whose features or classifier changed.

    ``fallback`` answers for those whom ``classifier`` has no answer for; such a row names it as its
    source and says why, and the customer is asked about again next time.
    Raises EnrichError when the classifier is not there, or does not answer for exactly the
    customers it was asked about, or the features are not built.
    """
    chosen = classifier_named(classifier) if isinstance(classifier, str) else classifier
    step = segment_step(chosen, fallback, share)
    return run_step(warehouse, step, run_id=run_id, as_of_date=as_of_date, batch_size=batch_size)


def segment_step(
    classifier: Classifier | PaidClassifier, fallback: Classifier | None = None, share: Share | None = None
) -> Step[CustomerFeatures]:
    """The step of segments with a classifier."""
    return Step(
        "segment", "customer_segments", CustomerFeatures, classifier, answer_of(classifier), fallback, share=share
    )


def shares(warehouse: Warehouse, customers_each: int) -> list[Share]:
    """As many shares as give each about so many customers, one at least and ``MOST_SHARES`` at most.

    Raises EnrichError when the features are not built.
    """
    with reading(warehouse) as reader:
        customers = number_of(reader, "int_customer_features")
    count = min(max(ceil(customers / customers_each), 1), MOST_SHARES)
    return [Share(number, count) for number in range(1, count + 1)]


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
    step = Step(
        "prioritise",
        "customer_priorities",
        SegmentedCustomer,
        card,
        all_at_once(lambda customers: map(card.prioritise, customers)),
    )
    return run_step(warehouse, step, run_id=run_id, as_of_date=as_of_date, batch_size=batch_size)


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

    step = Step("recommend", "recommended_actions", PrioritisedCustomer, chosen, all_at_once(answer))
    return run_step(warehouse, step, run_id=run_id, as_of_date=as_of_date, batch_size=batch_size)


def changed_customers(
    warehouse: Warehouse, *, as_of_date: date, classifier: Classifier | PaidClassifier
) -> Iterator[CustomerFeatures]:
    """The customers ``segment`` would ask about.

    Raises EnrichError when the features are not built.
    """
    return to_ask_about(warehouse, segment_step(classifier), as_of_date)


def _standing(warehouse: Warehouse, as_of_date: date) -> tuple[dict[str, int], dict[str, int]]:
    segments: Counter[str] = Counter()
    priorities: Counter[str] = Counter()
    with reading(warehouse) as connection:
        for of_segment, of_priority, customers in connection.execute(query("standing"), {"as_of_date": as_of_date}):
            segments[of_segment] += customers
            priorities[of_priority] += customers
    return dict(segments), dict(priorities)


def _record_rules(warehouse: Warehouse) -> None:
    """Keep the scorecard's rules beside its answers, so that these can say what did not hold; once a version."""
    card = RulesClassifier.read(SEGMENTS_VERSION)
    rows = [(card.version, name, r.feature, r.points, r.reason) for name, rules in card.segments.items() for r in rules]
    with warehouse.connect(ROLE) as connection:
        connection.cursor().executemany(
            "insert into enrichment.scorecard_rules (prompt_version, segment, feature, points, reason)"
            " values (%s, %s, %s, %s, %s) on conflict do nothing",
            rows,
        )
