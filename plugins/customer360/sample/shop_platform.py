"""The platform under the shop: its models, its monitoring and the APIs it talks to."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from customer360.sample import columns as c
from customer360.sample.calendar import SHOP_HOURS, SHOP_MONTHS, SHOP_WEEK, Calendar, stream
from customer360.sample.columns import SECONDS_A_DAY, Chunk

EVALUATIONS_A_CARE_INTERACTION = 0.65
MODELS = ("Intent Detection", "Skin Concern Classifier", "Product Recommender", "Routine Builder")
MODEL_SHARES = (0.4, 0.3, 0.2, 0.1)
LABELS = (
    ("advice", "order", "return", "other"),
    ("acne", "ageing", "dryness", "sensitivity"),
    ("relevant", "irrelevant"),
    ("accepted", "changed"),
)
HIT_SHARES = (0.91, 0.84, 0.78, 0.7)
LABELLED_SHARES = (0.8, 0.7, 0.6, 0.0)
"""Nobody labels what the last model says, so nothing can be said about how good it is."""
MODEL_MILLISECONDS = (180, 620, 240, 900)

COMPONENTS = ("API Gateway", "Database", "AI Models", "Frontend")
FRONTEND = 3
CPU, MEMORY, MILLISECONDS = (38, 52, 74, 30), (48, 71, 78, 41), (140, 22, 860, 210)
MINUTES_SAMPLED, HOURS_SAMPLED = 130, 96
"""The monitoring keeps every minute of the last hours and every hour of the days before."""
DAYS_KEPT = 6

ENDPOINTS = (
    ("Chat Completion", "POST", "chat", 1.1), ("Image Analysis", "POST", "images", 0.3),
    ("Questionnaire", "POST", "questionnaires", 0.4), ("Product Recommendations", "GET", "recommendations", 3.2),
    ("Customer Profile", "GET", "customers", 1.6), ("Order Status", "GET", "orders", 0.9),
)  # fmt: skip
"""Name, method, path and calls a visit of each endpoint."""
BASE_URL = "https://api.smartshopie.example/v1"
CALL_LOG_DAYS = 60

CONFIGURATIONS = (
    ("ai", "Language Model", "https://models.example.com/v1", "active", "real-time"),
    ("ai", "Image Model", "https://vision.example.com/v2", "active", "real-time"),
    ("payment", "Card Payments", "https://pay.example.com/api", "active", "hourly"),
    ("shipping", "Parcel Tracking", "https://parcels.example.com/v1", "active", "daily"),
    ("crm", "Customer Records", "https://crm.example.com/rest", "active", "daily"),
    ("analytics", "Old Web Analytics", "https://stats.example.com/collect", "inactive", "weekly"),
)


class Platform:
    """Chunks of evaluations and call logs a day at a time, of samples and configurations at the end."""

    def __init__(self, seed: int, calendar: Calendar, interactions: int) -> None:
        self._calendar = calendar
        self._models, self._calls = stream(seed, "shop.model_evaluations"), stream(seed, "shop.api_calls")
        self._samples, self._settings = stream(seed, "shop.system_samples"), stream(seed, "shop.api_configurations")
        weights = calendar.day_weights(SHOP_WEEK, SHOP_MONTHS)
        count = round(interactions * EVALUATIONS_A_CARE_INTERACTION)
        self._counts = calendar.spread(self._models, count, weights)
        self._next = {"evaluation": 1, "call": 1}
        self._visits: list[tuple[np.ndarray, np.ndarray]] = []
        self._orders: list[np.ndarray] = []

    def evaluations(self, day: int) -> Chunk | None:
        """The chunk of shop-model_evaluations of ``day``, None where none was kept."""
        rng, count = self._models, int(self._counts[day - self._calendar.first])
        if not count:
            return None
        model = rng.choice(len(MODELS), size=count, p=MODEL_SHARES)
        at = self._calendar.times(rng, day, count, SHOP_HOURS)
        labels = np.array([len(choices) for choices in LABELS])[model]
        actual = (rng.random(count) ** 1.6 * labels).astype(np.int64)
        wrong = (actual + 1 + rng.integers(0, 3, count) % (labels - 1)) % labels
        predicted = np.where(rng.random(count) < np.array(HIT_SHARES)[model], actual, wrong)
        return {
            "evaluation_id": c.codes("M", self._numbers("evaluation", count), 7),
            "model_name": c.words(model, MODELS),
            "predicted_at": c.instants(at),
            "predicted_label": c.texts(_labels(model, predicted)),
            "actual_label": c.Column(
                np.array(_labels(model, actual)),
                lambda part: part.tolist(),
                rng.random(count) < np.array(LABELLED_SHARES)[model],
            ),
            "response_time_ms": c.numbers(
                (np.array(MODEL_MILLISECONDS)[model] * rng.lognormal(0, 0.3, count)).astype(int)
            ),
        }

    def calls(self, day: int, visits: int) -> tuple[int, Chunk | None]:
        """How often the APIs were called on a ``day`` of so many visits, and the chunk of shop-api_calls.

        The call log reaches back CALL_LOG_DAYS; before that the chunk is None.
        """
        rng = self._calls
        requests = rng.poisson(np.array([endpoint[3] for endpoint in ENDPOINTS]) * visits)
        errors = rng.binomial(requests, rng.uniform(0.002, 0.05, len(ENDPOINTS)))
        milliseconds = np.rint(rng.lognormal(5.2, 0.4, len(ENDPOINTS)) * 100).astype(np.int64)
        last = day * SECONDS_A_DAY + rng.integers(58_000, 66_000, len(ENDPOINTS))
        called = np.flatnonzero(requests)
        if day <= self._calendar.last - CALL_LOG_DAYS or not len(called):
            return int(requests.sum()), None
        return int(requests.sum()), {
            "call_log_id": c.codes("C", self._numbers("call", len(called)), 6),
            "endpoint_name": c.words(called, [endpoint[0] for endpoint in ENDPOINTS]),
            "method": c.words(called, [endpoint[1] for endpoint in ENDPOINTS]),
            "base_url": c.words(called, [f"{BASE_URL}/{endpoint[2]}" for endpoint in ENDPOINTS]),
            "called_at": c.instants(np.minimum(last[called], self._calendar.end)),
            "request_count": c.numbers(requests[called]),
            "error_count": c.numbers(errors[called]),
            "avg_response_ms": c.decimals(milliseconds[called]),
        }

    def watch(self, day: int, started: np.ndarray, ended: np.ndarray, ordered: np.ndarray) -> None:
        """Remember visits and orders (seconds since 1970) that samples will count."""
        if day > self._calendar.last - DAYS_KEPT:
            self._visits.append((started, ended))
            self._orders.append(ordered)

    def states(self) -> Iterator[tuple[str, Chunk]]:
        """The chunks of shop-system_samples and shop-api_configurations."""
        yield "shop-system_samples", self._sampled()
        yield "shop-api_configurations", self._configured()

    def _sampled(self) -> Chunk:
        moments = self._moments()
        rng, count = self._samples, len(moments) * len(COMPONENTS)
        component = np.tile(np.arange(len(COMPONENTS)), len(moments))
        at = np.repeat(moments, len(COMPONENTS))
        is_frontend = component == FRONTEND
        cpu = np.clip(rng.normal(np.array(CPU)[component], 6), 1, 100)
        memory = np.clip(rng.normal(np.array(MEMORY)[component], 3), 1, 100)
        return {
            "sample_id": c.codes("H", np.arange(1, count + 1), 6),
            "component": c.words(component, COMPONENTS),
            "sampled_at": c.instants(at),
            "cpu_usage_pct": c.decimals(np.rint(cpu * 100).astype(np.int64)),
            "memory_usage_pct": c.decimals(np.rint(memory * 100).astype(np.int64)),
            "response_time_ms": c.numbers(
                (np.array(MILLISECONDS)[component] * rng.lognormal(0, 0.25, count)).astype(int)
            ),
            "active_sessions": c.numbers(self._going_on(at), is_frontend),
            "conversions": c.numbers(self._ordered_before(at), is_frontend),
        }

    def _moments(self) -> np.ndarray:
        """Whole hours, then every minute up to the last one of the period."""
        last = self._calendar.end // 60 * 60
        minutes = last - 60 * np.arange(MINUTES_SAMPLED)[::-1]
        hours = minutes[0] // 3600 * 3600 - 3600 * np.arange(HOURS_SAMPLED)[::-1]
        hours = hours[(hours < minutes[0]) & (hours >= self._calendar.first * SECONDS_A_DAY)]
        return np.concatenate([hours, minutes])

    def _going_on(self, at: np.ndarray) -> np.ndarray:
        """Visits that have begun and not ended at each instant."""
        started = np.sort(np.concatenate([[0], *(visits[0] for visits in self._visits)]))
        ended = np.sort(np.concatenate([[0], *(visits[1] for visits in self._visits)]))
        return np.searchsorted(started, at, side="right") - np.searchsorted(ended, at, side="right")

    def _ordered_before(self, at: np.ndarray) -> np.ndarray:
        """Orders of the minute that ends with each instant."""
        ordered = np.sort(np.concatenate([[0], *self._orders]))
        return np.searchsorted(ordered, at, side="right") - np.searchsorted(ordered, at - 60, side="right")

    def _configured(self) -> Chunk:
        rng, count = self._settings, len(CONFIGURATIONS)
        columns = list(zip(*CONFIGURATIONS, strict=True))
        is_active = np.array([status == "active" for status in columns[3]])
        synced = self._calendar.end - np.where(is_active, rng.integers(60, 80_000, count), 90 * SECONDS_A_DAY)
        keys = ["sk-sample-" + rng.bytes(12).hex() for _ in range(count)]
        return {
            "configuration_id": c.codes("API-", np.arange(1, count + 1), 2),
            "api_type": c.texts(columns[0]),
            "api_name": c.texts(columns[1]),
            "api_url": c.texts(columns[2]),
            "api_key": c.texts(keys),
            "status": c.texts(columns[3]),
            "last_sync": c.instants(synced),
            "sync_frequency": c.texts(columns[4]),
        }

    def _numbers(self, what: str, count: int) -> np.ndarray:
        self._next[what] += count
        return np.arange(self._next[what] - count, self._next[what])


def _labels(model: np.ndarray, label: np.ndarray) -> list[str]:
    return [LABELS[m][value] for m, value in zip(model.tolist(), label.tolist(), strict=True)]
