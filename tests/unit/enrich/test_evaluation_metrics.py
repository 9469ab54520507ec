"""Agreement, intervals and drift, against figures worked out by hand and by other libraries."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from customer360.enrich.evaluation.metrics import agreement, drift, share
from scipy.stats import bootstrap
from statsmodels.stats.inter_rater import cohens_kappa

# Of 10 that are a: 6 a, 3 b, 1 abstained. Of 10 that are b: 8 b, 2 a. Nobody is c, nobody is called it.
PAIRS = Counter({("a", "a"): 6, ("a", "b"): 3, ("a", "abstained"): 1, ("b", "b"): 8, ("b", "a"): 2})
LABELS = ("a", "b", "c")


def values(pairs: Counter) -> dict:
    return {(metric.name, metric.label): metric for metric in agreement(pairs, LABELS)}


def test_the_numbers_of_each_label_and_their_means_are_those_worked_out_by_hand():
    found = {key: round(metric.value, 6) for key, metric in values(PAIRS).items()}
    # a: precision 6/8, recall 6/10, f1 12/18. b: precision 8/11, recall 8/10, f1 16/21.
    assert found == {
        ("accuracy", None): 0.7,
        ("macro_precision", None): round((6 / 8 + 8 / 11) / 2, 6),
        ("macro_recall", None): 0.7,
        ("macro_f1", None): round((12 / 18 + 16 / 21) / 2, 6),
        # By chance 10/20 * 8/20 + 10/20 * 11/20 = 0.475 agree, so (0.7 - 0.475) / 0.525.
        ("kappa", None): round(0.225 / 0.525, 6),
        ("precision", "a"): 0.75, ("precision", "b"): round(8 / 11, 6),
        ("recall", "a"): 0.6, ("recall", "b"): 0.8,
        ("f1", "a"): round(12 / 18, 6), ("f1", "b"): round(16 / 21, 6),
    }  # fmt: skip


def test_kappa_is_the_one_statsmodels_computes():
    table = np.array([[6, 3, 1], [2, 8, 0], [0, 0, 0]])  # the third answer is abstained
    assert values(PAIRS)["kappa", None].value == pytest.approx(cohens_kappa(table).kappa)


def test_intervals_are_those_of_a_bootstrap_over_customers():
    hits = np.array([1.0] * 14 + [0.0] * 6)
    other = bootstrap((hits,), np.mean, n_resamples=5000, method="percentile", rng=np.random.default_rng(1))
    accuracy = values(PAIRS)["accuracy", None]
    assert (accuracy.lower, accuracy.upper) == pytest.approx(
        (other.confidence_interval.low, other.confidence_interval.high), abs=0.051
    )
    f1 = values(PAIRS)["macro_f1", None]
    assert f1.lower < f1.value < f1.upper


def test_the_same_labels_give_the_same_intervals_every_time():
    assert agreement(PAIRS, LABELS) == agreement(PAIRS, LABELS)


def test_all_right_is_1_all_wrong_is_0_and_where_all_say_one_thing_there_is_no_kappa():
    right = values(Counter({("a", "a"): 5, ("b", "b"): 5}))
    assert {metric.value for metric in right.values()} == {1.0}
    wrong = values(Counter({("a", "b"): 5, ("b", "a"): 5}))
    assert (wrong["macro_f1", None].value, wrong["kappa", None].value) == (0.0, -1.0)
    assert ("kappa", None) not in values(Counter({("a", "a"): 5}))


def test_one_customer_has_no_interval():
    only = values(Counter({("a", "a"): 1}))["accuracy", None]
    assert (only.value, only.lower, only.upper) == (1.0, None, None)


def test_a_share_of_none_has_an_interval_that_is_not_empty():
    none = share("flip_rate", 0, 100)
    assert none.value == 0
    assert (none.lower, round(none.upper, 3)) == (0, 0.037)


def test_a_mix_that_stays_has_not_drifted_and_one_that_moves_has():
    same = {(m.name, m.label): m.value for m in drift(Counter(a=50, b=50), Counter(a=50, b=50))}
    assert set(same.values()) == {0.0}
    # Half a customer is added everywhere: 50.5 and 50.5 of 101 become 90.5 and 10.5.
    p, q = np.array([50.5, 50.5]) / 101, np.array([90.5, 10.5]) / 101
    moved = {(m.name, m.label): m.value for m in drift(Counter(a=50, b=50), Counter(a=90, b=10))}
    assert moved["psi", None] == pytest.approx(((q - p) * np.log(q / p)).sum())
    assert moved["psi", None] > 0.25
    assert moved["total_variation", None] == pytest.approx(40 / 101)
    assert moved["share_change", "a"] == pytest.approx(40 / 101)
