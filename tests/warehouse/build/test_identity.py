"""Who is one person, compared with what the generator of the sample delivery knows."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations

import pandas as pd
import pytest
from customer360.settings import PROJECT
from customer360.warehouse import OWNER, Warehouse

pytestmark = pytest.mark.nightly

Record = tuple[str, str]
Pair = tuple[Record, Record]


def pairs(persons: dict[Record, object]) -> set[Pair]:
    """Every two records that are the same person."""
    records = defaultdict(list)
    for record, person in persons.items():
        records[person].append(record)
    return {pair for members in records.values() for pair in combinations(sorted(members), 2)}


@pytest.fixture(scope="module")
def found(sample_warehouse: Warehouse) -> dict[Record, int]:
    """The person each source record was found to be."""
    with sample_warehouse.connect(OWNER) as connection:
        rows = connection.execute(
            "select system, source_customer_id, customer_key from core.bridge_customer_identity"
        ).fetchall()
    return {(system, customer_id): person for system, customer_id, person in rows}


@pytest.fixture(scope="module")
def truth(found: dict[Record, int]) -> dict[Record, str]:
    """The person each source record is, of the records that were loaded."""
    persons = pd.read_csv(PROJECT / "seeds" / "truth" / "persons.csv", dtype=str)
    known = {(row.system, row.source_customer_id): row.person_id for row in persons.itertuples()}
    return {record: person for record, person in known.items() if record in found}


def test_every_record_loaded_is_somebody_the_generator_knows(found, truth):
    assert found.keys() == truth.keys()
    assert {system for system, _ in found} == {"care", "crm", "notifications", "shop", "decisions"}


def test_records_found_to_be_one_person_are_one(found, truth):
    claimed = pairs(found)
    precision = len(claimed & pairs(truth)) / len(claimed)
    assert precision >= 0.99, f"{precision:.3f} of the pairs are right"


def test_most_records_of_one_person_find_each_other(found, truth):
    actual = pairs(truth)
    recall = len(actual & pairs(found)) / len(actual)
    assert recall >= 0.85, f"{recall:.3f} of the pairs are found"


def test_a_person_is_as_well_known_as_the_records_together(sample_warehouse: Warehouse):
    with sample_warehouse.connect(OWNER) as connection:
        persons, records, without = connection.execute(
            "select count(*), sum(source_record_count), count(*) filter (where customer_name_source is null)"
            " from core.dim_customer"
        ).fetchone()
        (bridged,) = connection.execute("select count(*) from core.bridge_customer_identity").fetchone()
    assert records == bridged
    assert persons < bridged
    assert without == 0


def test_every_person_has_coarse_features_and_a_hash(sample_warehouse: Warehouse):
    with sample_warehouse.connect(OWNER) as connection:
        rows = connection.execute(
            "select count(*), count(distinct customer_key), count(distinct input_hash),"
            " count(*) filter (where engagement_score % 10 <> 0 or avg_satisfaction_90d % 5 <> 0"
            "   or discount_share * 20 <> round(discount_share * 20)"
            "   or not voice_share between 0 and 1 or not discount_share between 0 and 1)"
            " from intermediate.int_customer_features"
        ).fetchone()
        (persons,) = connection.execute("select count(*) from core.dim_customer").fetchone()
    assert rows == (persons, persons, persons, 0)
