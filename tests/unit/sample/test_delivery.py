"""What a generated delivery looks like to those who load it."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from customer360.sample import SIZES, GeneratedDelivery, generate
from customer360.sample.delivery import World
from frictionless import Resource, Schema, validate
from unit.sample import oracle
from unit.sample.conftest import AS_OF_DATE, bytes_of

SEEDS = Path(__file__).parents[3] / "seeds"


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path, damaged: GeneratedDelivery) -> None:
    again = generate(tmp_path, as_of_date=AS_OF_DATE)
    assert bytes_of(again.folder) == bytes_of(damaged.folder)
    assert again.rows == damaged.rows


def test_another_seed_gives_other_facts(tmp_path: Path) -> None:
    one, two = (
        bytes_of(generate(tmp_path / str(seed), interactions=600, days=150, seed=seed, as_of_date=AS_OF_DATE).folder)
        for seed in (1, 2)
    )
    same = {file for file in one if one[file] == two[file]}
    # Catalogues are the same company's, whatever happens in it.
    assert same <= {
        "care/channels.csv", "care/interaction_types.csv", "care/service_plans.csv", "shop/price_list.csv",
    }  # fmt: skip


def test_the_seeds_are_what_their_command_makes(damaged: GeneratedDelivery) -> None:
    assert bytes_of(SEEDS) == bytes_of(damaged.folder)


def test_every_source_contract_has_its_file(clean: GeneratedDelivery) -> None:
    assert set(clean.rows) == set(oracle.CONTRACTS)
    assert all(clean.rows.values())


@pytest.mark.parametrize("file", sorted(oracle.CONTRACTS))
def test_every_record_of_a_clean_delivery_keeps_its_contract(clean: GeneratedDelivery, file: str) -> None:
    assert oracle.faults(clean.folder, file) == {}
    assert clean.rows[file] == sum(1 for _ in oracle.records(clean.folder / file))


@pytest.mark.parametrize("file", ["care/customers.csv", "crm/customer_info.csv", "shop/refunds.csv"])
def test_the_standard_validator_finds_nothing_either(clean: GeneratedDelivery, file: str) -> None:
    contract = oracle.CONTRACTS[file]
    names = oracle.columns(clean.folder / file, contract)
    fields = {
        f.name: {
            "name": f.name,
            "type": f.type,
            "constraints": f.constraints.model_dump(by_alias=True, exclude_none=True),
            **({"format": "%Y-%m-%d %H:%M:%S"} if f.type == "datetime" else {}),
        }
        for f in contract.table_schema.fields
    }
    with (clean.folder / file).open(encoding="utf-8", newline="") as stream:
        cells = [names, *list(csv.reader(stream))[1:]]
    schema = Schema.from_descriptor({"fields": [fields[name] for name in names]})
    report = validate(Resource(data=cells, schema=schema))
    assert report.valid, report.flatten(["rowNumber", "fieldName", "note"])


def test_headers_are_spelled_as_each_system_spells_them(clean: GeneratedDelivery) -> None:
    def header(file: str) -> list[str]:
        return (clean.folder / file).read_text(encoding="utf-8").split("\n", 1)[0].split(",")

    assert header("notifications/interaction_history.csv")[:3] == ["Customer_ID", "Channel", "Date & Time"]
    assert "Date_of_Birth" in header("crm/customer_info.csv")
    assert "customer_segment" not in header("notifications/customer_profiles.csv")
    assert header("care/channels.csv")[0] == "channel_id"


def test_lines_end_with_a_line_feed_alone(clean: GeneratedDelivery) -> None:
    assert all(b"\r" not in content for content in bytes_of(clean.folder).values())


def test_nothing_happens_after_the_last_day(clean: GeneratedDelivery) -> None:
    moments = {
        "care/customer_interactions.csv": "start_timestamp",
        "shop/web_events.csv": "occurred_at",
        "shop/refunds.csv": "refunded_at",
        "shop/searches.csv": "searched_at",
        "shop/surveys.csv": "answered_at",
        "shop/stock_levels.csv": "stock_date",
        "shop/model_evaluations.csv": "predicted_at",
        "shop/usage_events.csv": "usage_date",
        "notifications/notification_history.csv": "sent_date",
        "decisions/evaluations.csv": "created_at",
        "decisions/decision_outcomes.csv": "created_at",
    }
    for file, column in moments.items():
        days = sorted(row[column][:10] for row in oracle.rows(clean.folder, file))
        assert days[-1] <= "2026-06-30", file
        assert days[0] >= "2024-12-30", file


def test_the_history_is_eighteen_months_up_to_the_given_day(clean: GeneratedDelivery) -> None:
    visits = oracle.rows(clean.folder, "shop/web_sessions.csv")
    days = [row["started_at"][:10] for row in visits]
    assert min(days) == "2024-12-30"
    assert max(days) == "2026-06-30"
    assert len({day[:7] for day in days}) == 19


def test_a_small_delivery_is_small(damaged: GeneratedDelivery) -> None:
    assert damaged.rows["care/customer_interactions.csv"] >= SIZES["small"]
    assert 25_000 <= damaged.records <= 35_000
    assert sum(path.stat().st_size for path in damaged.files) <= 2_500_000


def test_facts_come_a_day_at_a_time_and_are_not_kept() -> None:
    world = World(interactions=5000, customers=300, days=60, seed=1, as_of_date=AS_OF_DATE)
    list(world.masters())
    biggest = Counter()
    total = Counter()
    for day in range(world.calendar.first, world.calendar.last + 1):
        for name, chunk in world.day(day):
            records = len(next(iter(chunk.values())))
            biggest[name] = max(biggest[name], records)
            total[name] += records
    assert total["care-customer_interactions"] == 5000
    for name in ("care-customer_interactions", "shop-web_events", "notifications-notification_history"):
        assert biggest[name] < total[name] / 15, name


def test_a_delivery_of_one_day_is_possible(tmp_path: Path) -> None:
    made = generate(tmp_path, interactions=20, customers=60, days=1, as_of_date=date(2026, 1, 1), defects=0)
    assert made.rows["care/customer_interactions.csv"] == 20
    for file in oracle.CONTRACTS:
        assert oracle.faults(tmp_path, file) == {}, file


@pytest.mark.parametrize(
    ("argument", "value"), [("interactions", 0), ("customers", 0), ("days", 0), ("seed", -1), ("defects", 0.2)]
)
def test_an_argument_out_of_range_is_refused_with_its_name(tmp_path: Path, argument: str, value: float) -> None:
    with pytest.raises(ValueError, match=argument):
        generate(tmp_path, as_of_date=AS_OF_DATE, **{argument: value})  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def test_progress_counts_the_days(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    generate(tmp_path, interactions=20, days=5, as_of_date=AS_OF_DATE, progress=lambda *days: seen.append(days))
    assert seen == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]
