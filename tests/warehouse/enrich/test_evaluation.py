"""Evaluations: against labels, against the classifier itself, and over time."""

from __future__ import annotations

import csv
import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from bedrock_double import MODEL, SEGMENTS
from customer360.enrich import EnrichError, classifier_named, segment
from customer360.enrich.bedrock import BedrockClassifier, BedrockOptions
from customer360.enrich.evaluation import (
    evaluate_drift,
    evaluate_labels,
    evaluate_stability,
    read_golden_set,
    read_truth,
    write_sheet,
)
from customer360.warehouse import Warehouse
from warehouses import AS_OF_DATE

ECO = {"eco_spend_share": Decimal("0.6"), "has_green_plan": True}
FRUGAL = {"discount_share": Decimal("0.6"), "income_bracket": "Low"}
HEADER = "system,source_customer_id,segment,labelled_by\n"


@pytest.fixture
def identified(warehouse: Warehouse):
    """Customers 1 to 9 are the care desk's 1 to 9; 5 is known to the shop as S5 too."""
    with warehouse.connect("c360_transformer") as connection:
        connection.execute(
            "create table intermediate.int_customers__identified as"
            " select 'care' as system, n::text as source_customer_id, n::bigint as customer_key"
            " from generate_series(1, 9) as n union all select 'shop', 'S5', 5"
        )


@pytest.fixture
def segmented(warehouse, run_id, change, identified):
    """1 to 3 are Eco Savers, 4 and 5 Value Seekers, 6 abstains."""
    change(range(1, 4), **ECO)
    change(range(4, 6), **FRUGAL)
    change(range(6, 7))
    segment(warehouse, run_id=run_id, as_of_date=AS_OF_DATE)


def golden_set(tmp_path: Path, *lines: str) -> Path:
    file = tmp_path / "golden.csv"
    file.write_text(HEADER + "".join(f"{line}\n" for line in lines))
    return file


def by_name(evaluation) -> dict:
    return {metric.name: round(metric.value, 4) for metric in evaluation.metrics if metric.label is None}


def stored(warehouse: Warehouse, columns: str) -> list[tuple]:
    with warehouse.connect() as connection:
        return connection.execute(f"select {columns} from enrichment.segment_evaluations").fetchall()


def test_answers_are_compared_with_the_labels_people_gave(warehouse, run_id, segmented, tmp_path):
    file = golden_set(
        tmp_path, "care,1,Eco Savers,Asha", "care,2,Eco Savers,Asha", "care,3,Value Seekers,Asha",
        "care,4,Value Seekers,Asha", "care,6,Value Seekers,Asha", "care,77,Eco Savers,Asha", "care,5,,",
    )  # fmt: skip
    (found,) = evaluate_labels(warehouse, "golden", read_golden_set(file), run_id=run_id, as_of_date=AS_OF_DATE)
    assert (found.kind, found.source, found.prompt_version) == ("golden", "rules", "segments_v1")
    assert (found.customers, found.left_out) == (5, 1)
    # Eco Savers: 2 of 3 said are right, both true are found. Value Seekers: 1 said and right, 1 of 3 found.
    assert by_name(found) | {"kappa": 0} == {
        "accuracy": 0.6, "macro_precision": 0.8333, "macro_recall": 0.6667, "macro_f1": 0.65, "kappa": 0,
    }  # fmt: skip
    confusion = {
        "Eco Savers": {"Eco Savers": 2},
        "Value Seekers": {"Eco Savers": 1, "Value Seekers": 1, "abstained": 1},
    }
    assert stored(warehouse, "kind, customers, left_out, confusion") == [("golden", 5, 1, confusion)]


def test_without_a_label_of_a_known_customer_there_is_no_number(warehouse, run_id, segmented, tmp_path):
    labels = read_golden_set(golden_set(tmp_path, "care,77,Eco Savers,Asha"))
    with pytest.raises(EnrichError, match="nothing is measured"):
        evaluate_labels(warehouse, "golden", labels, run_id=run_id, as_of_date=AS_OF_DATE)
    assert stored(warehouse, "kind") == []


def test_labels_of_one_person_that_contradict_each_other_count_for_nothing(warehouse, run_id, segmented, tmp_path):
    labels = read_golden_set(
        golden_set(tmp_path, "care,1,Eco Savers,Asha", "care,5,Value Seekers,Asha", "shop,S5,Eco Savers,Ben")
    )
    (found,) = evaluate_labels(warehouse, "golden", labels, run_id=run_id, as_of_date=AS_OF_DATE)
    assert (found.customers, found.left_out) == (1, 1)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("care,1,Night Owls,Asha", "line 2: 'Night Owls' is no segment"),
        ("care,1,Eco Savers,", "name the person"),
        ("care,1,Eco Savers,rules v1", "labelled by people"),
        ("care,1,Eco Savers,Bedrock", "labelled by people"),
    ],
)
def test_a_golden_set_that_no_person_labelled_or_with_other_words_is_refused(tmp_path, line, said):
    with pytest.raises(EnrichError, match=said):
        read_golden_set(golden_set(tmp_path, line))


def test_a_file_that_is_no_golden_set_is_refused(tmp_path):
    file = tmp_path / "other.csv"
    file.write_text("customer,label\n1,Eco Savers\n")
    with pytest.raises(EnrichError, match="has no column system, source_customer_id, segment, labelled_by"):
        read_golden_set(file)


def test_what_the_generator_meant_is_recovery(warehouse, run_id, segmented, tmp_path):
    (tmp_path / "persons.csv").write_text("person_id,system,source_customer_id\nP1,care,1\nP2,care,5\nP2,shop,S5\n")
    (tmp_path / "segments.csv").write_text("person_id,latent_segment\nP1,Eco Savers\nP2,Traditionalists\n")
    (found,) = evaluate_labels(warehouse, "recovery", read_truth(tmp_path), run_id=run_id, as_of_date=AS_OF_DATE)
    assert (found.kind, found.customers, by_name(found)["recovered"]) == ("recovery", 2, 0.5)
    assert "accuracy" not in by_name(found)


def test_a_sheet_for_people_has_facts_and_no_answer_of_ours(warehouse, run_id, segmented, tmp_path):
    file = tmp_path / "sheet.csv"
    assert write_sheet(warehouse, file, 4) == 4
    with file.open() as content:
        rows = list(csv.DictReader(content))
    assert {row["segment"] for row in rows} == {row["labelled_by"] for row in rows} == {""}
    assert {row["system"] for row in rows} == {"care"}
    assert "eco_spend_share" in rows[0]
    assert not {"customer_key", "score", "contributions"} & set(rows[0])
    for row in rows:
        row |= {"segment": "Eco Savers", "labelled_by": "Asha"}
    with file.open("w", newline="") as content:
        writer = csv.DictWriter(content, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    assert len(read_golden_set(file).labels) == 4


def test_rules_never_contradict_themselves(warehouse, run_id, segmented):
    (found,) = evaluate_stability(
        warehouse, classifier_named("rules"), run_id=run_id, as_of_date=AS_OF_DATE, customers=100
    )
    assert (found.kind, found.customers, by_name(found)) == ("retest", 6, {"flip_rate": 0.0})


def test_a_model_that_answers_otherwise_the_second_time_or_alone_is_found_out(warehouse, run_id, change, double):
    for number in range(1, 41):
        change(range(number, number + 1), web_sessions_90d=number)

    # Requests 1 and 2 are the first time, 3 and 4 the second; then each is asked about alone.
    def fickle(customer: int, number: int) -> str:
        other = (number in (3, 4) and customer <= 4) or (number > 4 and customer == 40)
        return SEGMENTS[(customer + other) % 4]

    double.segment = fickle
    model = BedrockClassifier.configured(BedrockOptions(MODEL))
    retest, packing = evaluate_stability(warehouse, model, run_id=run_id, as_of_date=AS_OF_DATE, customers=40)
    assert (retest.kind, retest.customers, by_name(retest)) == ("retest", 40, {"flip_rate": 0.1})
    assert (packing.kind, packing.customers, by_name(packing)) == ("packing", 40, {"agreement": 0.975})
    assert stored(warehouse, "distinct model") == [(f"{MODEL} at 127.0.0.1",)]
    asked = [len(json.loads(b["messages"][0]["content"][0]["text"])["customers"]) for b in double.requests]
    assert asked[:4] == [20, 20, 20, 20]
    assert asked[-40:] == [1] * 40
    with warehouse.connect() as connection:
        assert connection.execute("select distinct purpose from ops.llm_calls").fetchall() == [("evaluate",)]
        assert connection.execute("select count(*) from enrichment.customer_segments").fetchone() == (0,)


def test_a_mix_that_moves_is_measured_against_the_earlier_day(warehouse, run_id, segmented, change):
    change(range(1, 4), "b", **FRUGAL)
    later = AS_OF_DATE + timedelta(days=30)
    segment(warehouse, run_id=run_id, as_of_date=later)
    (found,) = evaluate_drift(warehouse, run_id=run_id, as_of_date=later, since=AS_OF_DATE)
    assert found.against == str(AS_OF_DATE)
    assert by_name(found)["psi"] > 0.25
    # 3.5 of 7.5 were Eco Savers and 0.5 are.
    assert {m.label: round(m.value, 4) for m in found.metrics if m.name == "share_change"}["Eco Savers"] == -0.4
    (still,) = evaluate_drift(warehouse, run_id=run_id, as_of_date=later, since=later)
    assert by_name(still)["psi"] == 0
    with pytest.raises(EnrichError, match="no answers as of 2020-01-01"):
        evaluate_drift(warehouse, run_id=run_id, as_of_date=later, since=date(2020, 1, 1))
