"""Damage done on purpose: it is where the truth says, and nowhere else."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date
from pathlib import Path

import pytest
from customer360.sample import GeneratedDelivery, generate
from customer360.sample.defects import KINDS, ORPHAN, applicable_kinds, leaf_contracts
from unit.sample import oracle

REASONS = {
    "wrong_type": "no ",
    "out_of_range": ("not in the list", "too big", "too small"),
    "duplicate_key": "repeated",
    "too_few_fields": " fields",
    "missing_value": "required",
    "orphan": "no parent",
    "hash_in_text": "hash",
}


def truth(delivery: GeneratedDelivery) -> list[dict[str, str]]:
    with (delivery.folder / "truth" / "defects.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_every_named_defect_is_at_its_record_and_nothing_else_is_wrong(damaged: GeneratedDelivery) -> None:
    named: dict[str, dict[int, str]] = defaultdict(dict)
    for defect in truth(damaged):
        named[defect["file"]][int(defect["record_number"])] = defect["kind"]
    for file in oracle.CONTRACTS:
        found = oracle.faults(damaged.folder, file)
        assert set(found) == set(named[file]), file
        for number, kind in named[file].items():
            wanted = REASONS[kind]
            alternatives = (wanted,) if isinstance(wanted, str) else wanted
            assert any(text in reason for reason in found[number] for text in alternatives), (file, number)


def test_a_small_delivery_has_every_kind_of_defect(damaged: GeneratedDelivery) -> None:
    assert {defect["kind"] for defect in truth(damaged)} == set(KINDS)
    assert damaged.defects == len(truth(damaged))


def test_a_clean_delivery_names_no_defect(clean: GeneratedDelivery) -> None:
    assert truth(clean) == []
    assert clean.defects == 0


@pytest.mark.parametrize("share", [0.002, 0.01])
def test_no_file_is_damaged_beyond_its_quarantine_limit(tmp_path: Path, share: float) -> None:
    delivery = generate(tmp_path, interactions=1000, days=60, as_of_date=date(2026, 6, 30), defects=share)
    for file, contract in oracle.CONTRACTS.items():
        rejectable = [d for d in truth(delivery) if d["file"] == file and d["kind"] != ORPHAN]
        limit = contract.customer360.quarantine_limit
        assert limit.allows(len(rejectable), delivery.rows[file]), file
    assert delivery.defects > 0.4 * share * delivery.records


def test_a_repeated_record_comes_after_the_one_it_repeats(damaged: GeneratedDelivery) -> None:
    for defect in truth(damaged):
        if defect["kind"] == "duplicate_key":
            cells = dict(oracle.records(damaged.folder / defect["file"]))
            repeated = cells[int(defect["record_number"])]
            assert repeated in [cells[number] for number in range(1, int(defect["record_number"]))]


def test_a_hash_stands_only_where_no_other_record_depends_on_it(damaged: GeneratedDelivery) -> None:
    hit = {
        int(d["record_number"])
        for d in truth(damaged)
        if d["file"] == "care/customers.csv" and d["kind"] == "hash_in_text"
    }
    assert hit
    customers = oracle.rows(damaged.folder, "care/customers.csv")
    lost = {customers[number - 1]["customer_id"] for number in hit}
    for file in ("care/customer_interactions.csv", "care/customer_service_plans.csv"):
        assert not lost & {row.get("customer_id") for row in oracle.rows(damaged.folder, file)}


def test_only_tables_without_children_are_damaged_at_random() -> None:
    leaves = {contract.name for contract in leaf_contracts(oracle.CONTRACTS.values())}
    assert {"shop-web_events", "care-customer_interactions", "decisions-evaluations"} <= leaves
    assert not leaves & {"shop-orders", "shop-order_lines", "care-customers", "identity-crosswalk"}


def test_a_table_without_a_key_cannot_repeat_one() -> None:
    kinds = applicable_kinds(oracle.CONTRACTS["notifications/interaction_history.csv"])
    assert "duplicate_key" not in kinds
    assert "orphan" in kinds
