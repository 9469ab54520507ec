"""What leaves the warehouse when a model is asked about the sample population."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from customer360 import pipeline
from customer360.enrich import changed_customers
from customer360.enrich.bedrock.segments import SegmentPurpose
from customer360.warehouse import Warehouse

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
    somebody_new = SimpleNamespace(source="bedrock", model="never asked before", prompt_version="segment_v1")
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
