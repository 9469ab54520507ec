"""What leaves the warehouse when a model is asked about the sample population."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from customer360 import pipeline
from customer360.enrich import (
    DECISIONS_VERSION,
    DecisionRules,
    changed_customers,
    decisions_step,
    personal_words,
    to_ask_about,
)
from customer360.enrich.bedrock import DecisionPurpose
from customer360.enrich.bedrock.segments import SegmentPurpose
from customer360.warehouse import Warehouse
from warehouses import AS_OF_DATE

pytestmark = pytest.mark.nightly

# Shorter ids and years are numbers that counts may have, too.
PERSONAL = """
select v from core.dim_customer,
    unnest(array[customer_key::text, customer_name, email, phone, birth_date::text, city, state]) as v
union select source_customer_id from core.bridge_customer_identity where length(source_customer_id) > 4
union select unnest(string_to_array(customer_name, ' ')) from core.dim_customer
"""


def test_no_name_email_phone_address_or_id_of_the_population_is_in_any_question(
    sample_night: pipeline.Run, sample_warehouse: Warehouse
):
    somebody_new = SimpleNamespace(
        source="bedrock", model="never asked before", prompt_version="segment_v1", classify_into=None
    )
    customers = list(changed_customers(sample_warehouse, as_of_date=sample_night.as_of_date, classifier=somebody_new))
    question = SegmentPurpose().question(customers)
    with sample_warehouse.connect() as connection:
        personal = {value for (value,) in connection.execute(PERSONAL) if value}
    sent = json.loads(question.message)["customers"]
    values = {str(value) for customer in sent for name, value in customer.items() if name != "ref"}
    assert len(sent) == len(customers) > 100
    assert len(personal) > 1000
    assert values & personal == set()
    assert not [value for value in personal if len(value) > 6 and value in question.message]


def test_no_personal_data_is_in_a_question_about_an_open_decision(moved: Warehouse):
    rules = DecisionRules.read(DECISIONS_VERSION)
    purpose = DecisionPurpose(rules, personal_words(moved))
    found = list(to_ask_about(moved, decisions_step(SimpleNamespace(
        source="bedrock", model="never asked before", prompt_version="decision_v1", classify_into=None
    )), AS_OF_DATE))  # fmt: skip
    assert len(found) == 4
    with moved.connect() as connection:
        personal = {value.lower() for (value,) in connection.execute(PERSONAL) if value and len(value) > 4}
    for decision in found:
        [sent] = json.loads(purpose.question([decision]).message)["decisions"]
        words = f" {sent['title']} {sent['description']} ".lower()
        assert not [value for value in personal if f" {value} " in words]
        assert set(sent) <= {
            "ref", "decision_type", "urgency_level", "customer_tier", "relationship_months", "impact_share",
            "proposed_options", "is_overdue", "title", "description",
        }  # fmt: skip
