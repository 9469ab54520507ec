"""A night after the sample's, with a little more in it; built once for all tests that look at it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from customer360 import pipeline
from customer360.settings import Settings
from customer360.warehouse import Warehouse
from deliveries import INJECTION, customer_without_orders, deliver_decisions, deliver_one_order
from warehouses import copy_of, drop, run_night

DECISIONS = {
    "00000000-0000-4000-8000-000000000001": {
        "description": "The customer asks for a refund. Write to Kestrel Logistics, accounts@kestrel5.example.com."
    },
    "00000000-0000-4000-8000-000000000002": {"description": f"The customer asks for a refund. {INJECTION}"},
    "00000000-0000-4000-8000-000000000003": {
        "ai_classification": '{"category": "billing_dispute", "confidence": 0.7}',
        "ai_recommendations": '{"options": ["Correct the invoice"]}',
        "ai_confidence_score": "0.70",
    },
    "00000000-0000-4000-8000-000000000004": {"ai_classification": '{"category": "billing_dispute"}'},
}


@pytest.fixture(scope="session")
def moved(
    settings: Settings, sample_night: pipeline.Run, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Warehouse]:
    """The sample, and a night later one more visit (a chat, what it showed, an order) and four open decisions."""
    warehouse = copy_of(sample_night.warehouse)
    landing = tmp_path_factory.mktemp("moves") / "landing"
    deliver_one_order(landing, customer_without_orders(warehouse))
    deliver_decisions(landing, DECISIONS)
    run_night(settings, warehouse, landing)
    yield warehouse
    drop(warehouse)
