"""What a night publishes about decisions nobody has taken yet."""

from __future__ import annotations

from decimal import Decimal

import pytest
from customer360.warehouse import Warehouse

pytestmark = pytest.mark.nightly

OURS = {"source": "rules", "model": "scorecard", "prompt_version": "decisions_v1"}
OPTIONS = ["Refund in full", "Refund the affected period", "Offer a credit note"]


@pytest.fixture(scope="module")
def shown(moved: Warehouse) -> dict[int, tuple]:
    """Classification, recommendations and confidence of the four open decisions, as readers see them."""
    with moved.connect("bi_reader") as connection:
        rows = connection.execute(
            "select right(id::text, 1)::int, ai_classification, ai_recommendations, ai_confidence_score"
            " from decisions_masked.customer_decisions where id::text like '00000000%'"
        ).fetchall()
    return {number: tuple(columns) for number, *columns in rows}


def test_an_open_decision_without_an_analysis_gets_ours_signed(shown: dict[int, tuple]):
    assert shown[1] == (
        {"category": "refund_request", "confidence": 1, **OURS},
        {"options": OPTIONS, **OURS},
        Decimal("1.00"),
    )


def test_a_text_that_gives_orders_changes_nothing(shown: dict[int, tuple]):
    assert shown[2] == shown[1]


def test_what_the_desk_said_is_kept(shown: dict[int, tuple]):
    assert shown[3] == (
        {"category": "billing_dispute", "confidence": 0.7}, {"options": ["Correct the invoice"]}, Decimal("0.70"),
    )  # fmt: skip


def test_a_column_the_desk_left_empty_is_filled_but_for_the_confidence_in_what_it_said(shown: dict[int, tuple]):
    assert shown[4] == ({"category": "billing_dispute"}, {"options": OPTIONS, **OURS}, None)


def test_a_decision_that_is_closed_gets_no_analysis(moved: Warehouse):
    with moved.connect() as connection:
        assert connection.execute("select count(*) from core.fct_decision_analyses").fetchone() == (4,)
        analysed = connection.execute("select count(*) from enrichment.decision_analyses").fetchone()
    assert analysed == (4,)
