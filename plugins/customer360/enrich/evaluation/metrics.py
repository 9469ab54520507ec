"""Numbers about how far answers agree with labels, with their 95 % intervals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2_000
_SEED = 360

Pairs = Mapping[tuple[str, str], int]
"""How many customers have a label and an answer, by the two."""


@dataclass(frozen=True)
class Metric:
    """``value`` from 0 to 1 (kappa from -1, psi from 0); ``label``: the segment it is about, None for all.

    ``lower``, ``upper``: bounds of the 95 % interval, None where there is none.
    """

    name: str
    value: float
    lower: float | None = None
    upper: float | None = None
    label: str | None = None


def agreement(pairs: Pairs, labels: Sequence[str]) -> list[Metric]:
    """Accuracy, macro averages and Cohen's kappa of answers against labels, and the numbers of each label.

    ``labels``: those an answer can name; any other word, such as abstained, is an answer that is never right.
    A label that neither occurs nor was answered counts in no average. Intervals: percentiles of a bootstrap over
    customers, the same every time.
    """
    answers = [*labels, *sorted({answer for _, answer in pairs} - set(labels))]
    table = np.array([[[pairs.get((label, answer), 0) for answer in answers] for label in labels]], dtype=float)
    size = int(table.sum())
    # Drawing customers anew, with replacement, is drawing the cells of the table they stand in.
    resampled = (
        np.random.default_rng(_SEED)
        .multinomial(size, table.ravel() / size, RESAMPLES)
        .reshape(-1, *table.shape[1:])
        .astype(float)
    )
    metrics = []
    for name, compute in _OVERALL.items():
        value = float(compute(table)[0])
        if np.isnan(value):
            continue
        lower, upper = np.nanpercentile(compute(resampled), [2.5, 97.5]) if size > 1 else (None, None)
        metrics.append(Metric(name, value, _number(lower), _number(upper)))
    for name, compute_each in _PER_LABEL.items():
        for label, value in zip(labels, compute_each(table)[0], strict=True):
            if not np.isnan(value):
                metrics.append(Metric(name, float(value), label=label))
    return metrics


def share(name: str, count: int, size: int) -> Metric:
    """``count`` of ``size`` with Wilson's interval, which is honest near 0 and 1."""
    from statsmodels.stats.proportion import proportion_confint

    lower, upper = proportion_confint(count, size, method="wilson")
    return Metric(name, count / size, float(lower), float(upper))


def drift(before: Counter[str], now: Counter[str]) -> list[Metric]:
    """How far a mix has moved: population stability index and total variation distance.

    Half a customer is added everywhere, so that a segment nobody was in does not make the index infinite. By custom
    an index below 0.1 is no change to speak of, and one above 0.25 a change that wants a reason.
    """
    words = sorted(set(before) | set(now))
    was, is_now = (np.array([mix[word] + 0.5 for word in words]) for mix in (before, now))
    p, q = was / was.sum(), is_now / is_now.sum()
    return [
        Metric("psi", float(((q - p) * np.log(q / p)).sum())),
        Metric("total_variation", float(np.abs(q - p).sum() / 2)),
        *(Metric("share_change", float(b - a), label=word) for word, a, b in zip(words, p, q, strict=True)),
    ]


Tables = NDArray[np.float64]


def _parts(tables: Tables) -> tuple[Tables, Tables, Tables]:
    """Of each label: hits, times answered, times true."""
    labels = tables.shape[1]
    hits = np.diagonal(tables, axis1=1, axis2=2)
    return hits, tables.sum(axis=1)[:, :labels], tables.sum(axis=2)


def _ratio(part: Tables, whole: Tables, occurs: NDArray[np.bool_]) -> Tables:
    """A label that occurs and of which nothing is right has 0; one that does not occur has no number."""
    return np.where(occurs, np.divide(part, whole, out=np.zeros_like(part, dtype=float), where=whole > 0), np.nan)


def _precision(tables: Tables) -> Tables:
    hits, answered, true = _parts(tables)
    return _ratio(hits, answered, answered + true > 0)


def _recall(tables: Tables) -> Tables:
    hits, answered, true = _parts(tables)
    return _ratio(hits, true, answered + true > 0)


def _f1(tables: Tables) -> Tables:
    hits, answered, true = _parts(tables)
    return _ratio(2 * hits, answered + true, answered + true > 0)


def _accuracy(tables: Tables) -> Tables:
    hits, _, true = _parts(tables)
    return hits.sum(axis=1) / true.sum(axis=1)


def _kappa(tables: Tables) -> Tables:
    _, answered, true = _parts(tables)
    size = true.sum(axis=1)
    by_chance = (answered * true).sum(axis=1) / size**2
    # Where all say one thing, chance explains everything and kappa says nothing.
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(by_chance < 1, (_accuracy(tables) - by_chance) / (1 - by_chance), np.nan)


def _macro(of_each: Callable[[Tables], Tables]) -> Callable[[Tables], Tables]:
    return lambda tables: np.nanmean(of_each(tables), axis=1)


_PER_LABEL: dict[str, Callable[[Tables], Tables]] = {"precision": _precision, "recall": _recall, "f1": _f1}
_OVERALL: dict[str, Callable[[Tables], Tables]] = {
    "accuracy": _accuracy,
    "macro_precision": _macro(_precision),
    "macro_recall": _macro(_recall),
    "macro_f1": _macro(_f1),
    "kappa": _kappa,
}


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)
