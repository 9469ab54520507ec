"""Evaluations: each compares answers with something and appends what came out to enrichment.segment_evaluations."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from threading import Lock
from typing import Any, Literal

from psycopg.types.json import Jsonb

from customer360.enrich.answers import EnrichError, SegmentAnswer
from customer360.enrich.bedrock.classifier import BedrockClassifier
from customer360.enrich.bedrock.segments import SegmentPurpose
from customer360.enrich.calls import LlmCall, write_calls
from customer360.enrich.classifiers import RulesClassifier
from customer360.enrich.evaluation.labels import SEGMENTS, LabelSet, labels_of
from customer360.enrich.evaluation.metrics import Metric, agreement, drift, share
from customer360.enrich.evaluation.sample import sampled_customers
from customer360.enrich.features import CustomerFeatures
from customer360.enrich.step import ROLE, query, reading
from customer360.warehouse import Warehouse

Kind = Literal["golden", "recovery", "retest", "packing", "drift"]
_ANSWERED = ("ok", "abstained")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Evaluation:
    """One comparison. ``against``: what with; ``customers``: how many it is about; ``left_out``: labels or customers
    that it could not be about. ``confusion``: how many have which label and answer.
    """

    kind: Kind
    source: str
    model: str
    prompt_version: str
    against: str
    customers: int
    left_out: int
    metrics: list[Metric]
    confusion: dict[str, dict[str, int]] = field(default_factory=dict)


def evaluate_labels(
    warehouse: Warehouse, kind: Literal["golden", "recovery"], labels: LabelSet, *, run_id: int, as_of_date: date
) -> list[Evaluation]:
    """How far the answers that stand agree with labels, for each classifier that gave some of them.

    ``kind``: golden for labels that people gave, recovery for what a generator meant, which is never called accuracy.
    Raises EnrichError when no labelled customer has an answer: without labels there is no number.
    """
    true, left_out = labels_of(warehouse, labels.labels)
    answers: dict[tuple[str, str, str], Counter[tuple[str, str]]] = {}
    for key, answer, *said_by in _answers(warehouse, as_of_date):
        if key in true:
            answers.setdefault(tuple(said_by), Counter())[true[key], answer] += 1
    if not answers:
        raise EnrichError(
            f"None of the {len(labels.labels)} labels in {labels.name} belongs to a customer who has an answer as of "
            f"{as_of_date}; nothing is measured. Label customers of this warehouse, or run `customer360 segment` first."
        )
    found = [
        Evaluation(
            kind,
            *said_by,
            labels.name,
            pairs.total(),
            left_out,
            _named(kind, agreement(pairs, SEGMENTS)),
            _confusion(pairs),
        )
        for said_by, pairs in sorted(answers.items())
    ]
    return _kept(warehouse, run_id, as_of_date, found)


def evaluate_drift(warehouse: Warehouse, *, run_id: int, as_of_date: date, since: date) -> list[Evaluation]:
    """How far the mix of segments has moved since a day.

    Raises EnrichError when there are no answers as of one of the days.
    """
    mixes = {}
    for day in (since, as_of_date):
        rows = _answers(warehouse, day)
        if not rows:
            raise EnrichError(f"There are no answers as of {day}; compare days for which customers were segmented.")
        mixes[day] = Counter(row[1] for row in rows)
    versions = {tuple(row[2:]) for row in rows}
    source, model, version = (", ".join(sorted(set(part))) for part in zip(*versions, strict=True))
    size = mixes[as_of_date].total()
    found = Evaluation("drift", source, model, version, str(since), size, 0, drift(mixes[since], mixes[as_of_date]))
    return _kept(warehouse, run_id, as_of_date, [found])


def evaluate_stability(
    warehouse: Warehouse,
    classifier: RulesClassifier | BedrockClassifier[Any, Any],
    *,
    run_id: int,
    as_of_date: date,
    customers: int,
) -> list[Evaluation]:
    """How often a classifier contradicts itself about the same customers: asked again, and asked about each alone.

    What it says here is nobody's segment; what it costs counts as the run's. Raises EnrichError when the
    classifier refuses, or answers for too few to compare.
    """
    sampled = sampled_customers(warehouse, customers)
    said_by = (classifier.source, classifier.model, classifier.prompt_version)
    first = _asked(warehouse, run_id, classifier, sampled, "evaluate")
    found = [
        _compared("retest", said_by, "asked again", first, _asked(warehouse, run_id, classifier, sampled, "evaluate"))
    ]
    if isinstance(classifier, BedrockClassifier):
        alone = _asked(warehouse, run_id, classifier, sampled, "evaluate", pack_size=1)
        found.append(_compared("packing", said_by, f"1 a request against {SegmentPurpose().pack_size}", first, alone))
    return _kept(warehouse, run_id, as_of_date, found)


def _compared(
    kind: Literal["retest", "packing"],
    said_by: tuple[str, str, str],
    against: str,
    first: dict[int, str],
    second: dict[int, str],
) -> Evaluation:
    both = sorted(set(first) & set(second))
    left_out = len(set(first) | set(second)) - len(both)
    if not both:
        raise EnrichError(f"The classifier answered for no customer both times; nothing is measured ({against}).")
    pairs = Counter((first[key], second[key]) for key in both)
    same = sum(count for (one, other), count in pairs.items() if one == other)
    metric = (
        share("flip_rate", len(both) - same, len(both)) if kind == "retest" else share("agreement", same, len(both))
    )
    return Evaluation(kind, *said_by, against, len(both), left_out, [metric], _confusion(pairs))


def _asked(
    warehouse: Warehouse,
    run_id: int,
    classifier: RulesClassifier | BedrockClassifier[Any, Any],
    customers: Sequence[CustomerFeatures],
    purpose: str,
    pack_size: int | None = None,
) -> dict[int, str]:
    """The answers by customer, without those who got none."""
    received: list[SegmentAnswer] = []
    if isinstance(classifier, RulesClassifier):
        received.extend(classifier.classify(customers))
    else:
        asked = SegmentPurpose(name=purpose)
        lock = Lock()
        with warehouse.connect(ROLE) as connection:

            def keep(answers: Iterable[SegmentAnswer], calls: Sequence[LlmCall]) -> None:
                with lock:
                    received.extend(answers)
                    write_calls(connection, run_id, calls)
                    connection.commit()

            classifier.asking(replace(asked, pack_size=pack_size or asked.pack_size)).classify_into(customers, keep)
    return {a.customer_key: a.segment or a.status for a in received if a.status in _ANSWERED}


def _answers(warehouse: Warehouse, as_of_date: date) -> list[tuple]:
    with reading(warehouse) as connection:
        return connection.execute(query("answers"), {"as_of_date": as_of_date}).fetchall()


def _named(kind: Kind, metrics: list[Metric]) -> list[Metric]:
    """What is accuracy against people's labels is only recovery against a generator's."""
    if kind == "golden":
        return metrics
    return [replace(metric, name="recovered") if metric.name == "accuracy" else metric for metric in metrics]


def _confusion(pairs: Counter[tuple[str, str]]) -> dict[str, dict[str, int]]:
    table: dict[str, dict[str, int]] = {}
    for (label, answer), count in sorted(pairs.items()):
        table.setdefault(label, {})[answer] = count
    return table


def _kept(warehouse: Warehouse, run_id: int, as_of_date: date, found: list[Evaluation]) -> list[Evaluation]:
    with warehouse.connect(ROLE) as connection:
        for evaluation in found:
            values = asdict(evaluation)
            connection.execute(
                "insert into enrichment.segment_evaluations (run_id, as_of_date, kind, source, model, prompt_version,"
                " against, customers, left_out, metrics, confusion) values (%(run_id)s, %(as_of_date)s, %(kind)s,"
                " %(source)s, %(model)s, %(prompt_version)s, %(against)s, %(customers)s, %(left_out)s, %(metrics)s,"
                " %(confusion)s)",
                values
                | {
                    "run_id": run_id, "as_of_date": as_of_date,
                    "metrics": Jsonb(values["metrics"]), "confusion": Jsonb(values["confusion"]),
                },
            )  # fmt: skip
            log.info(
                "%s of %s %s: %d customers", evaluation.kind, evaluation.source, evaluation.model, evaluation.customers
            )
    return found
