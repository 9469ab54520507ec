"""Files of another shape feed the known tables, each with its own account."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml
from customer360.contracts import ContractError, read_contracts
from customer360.settings import PROJECT

EXAMPLES = PROJECT / "docs" / "examples"
EXCERPTS = PROJECT / "tests" / "data" / "own_csv"


@pytest.fixture
def example(landing, load):
    """Loads the excerpt of an export with the contracts of its worked example."""

    def run(name: str, file: str):
        shutil.copytree(EXAMPLES / name / "contracts", landing / "contracts" / name)
        shutil.copy(EXCERPTS / file, landing / file)
        return {result.table: result for result in load().files}

    return run


def counts(result):
    return result.records, result.loaded, result.dropped, result.quarantined


def test_support_tickets_feed_four_tables_and_each_accounts_for_every_ticket(example, query):
    results = example("support_tickets", "customer_support_tickets.csv")
    assert {table: counts(result) for table, result in results.items()} == {
        "channels": (36, 4, 32, 0),
        "customers": (36, 36, 0, 0),
        "interaction_types": (36, 5, 31, 0),
        "customer_interactions": (36, 28, 0, 8),
    }
    assert query("select sum(records - loaded - dropped - quarantined)::int as lost from ops.loaded_files") == [
        {"lost": 0}
    ]
    assert query("select * from quarantine.waiting_records") == []


def test_a_ticket_without_an_answer_has_no_start_and_waits_in_quarantine(example, query):
    example("support_tickets", "customer_support_tickets.csv")
    assert query("select distinct reasons from quarantine.rejected_records") == [
        {"reasons": ["start_timestamp is missing"]}
    ]
    unanswered = query(
        "select bool_and(convert_from(record, 'UTF8') ~ ',Open,') as all_open from quarantine.rejected_records"
    )
    assert unanswered == [{"all_open": True}]


def test_tickets_find_their_customer_channel_and_type_by_name(example, query):
    example("support_tickets", "customer_support_tickets.csv")
    (row,) = query(
        "select customer_name, channel_name, channel_type, interaction_name, resolution_status,"
        " start_timestamp::text, left(interaction_summary, 32) as summary from raw.care__customer_interactions"
        " join raw.care__customers using (customer_id) join raw.care__channels using (channel_id)"
        " join raw.care__interaction_types using (interaction_type_id)"
        " where care__customer_interactions._record_number = 1"
    )
    assert row == {
        "customer_name": "Marisa Obrien",
        "channel_name": "Social media",
        "channel_type": "Digital",
        "interaction_name": "Technical issue",
        "resolution_status": "Pending",
        "start_timestamp": "2023-06-01 12:15:00+00",
        "summary": "Product setup\n\nI'm having an iss",
    }


def test_ratings_become_scores_between_minus_one_and_one(example, query):
    example("support_tickets", "customer_support_tickets.csv")
    scores = query("select distinct satisfaction_score::float as s from raw.care__customer_interactions order by 1")
    assert {row["s"] for row in scores} <= {-1, -0.5, 0, 0.5, 1, None}
    assert len(scores) > 2


def test_telephone_customers_hold_the_plans_they_have(example, query):
    results = example("ibm_telco", "telco_customer_churn.csv")
    assert {table: counts(result) for table, result in results.items()} == {
        "customers": (36, 36, 0, 0),
        "service_plans": (36, 11, 25, 0),
        "customer_service_plans": (36, 36, 0, 0),
    }
    (row,) = query(
        "select customer_name, plan_name, p.is_active, status from raw.care__customer_service_plans p"
        " join raw.care__customers using (customer_id) join raw.care__service_plans using (service_plan_id)"
        " where customer_name = '3668-QPYBK'"
    )
    assert row == {
        "customer_name": "3668-QPYBK",
        "plan_name": "DSL, telephone, Month-to-month",
        "is_active": False,
        "status": "Inactive",
    }


def test_a_feed_delivered_twice_loads_once_into_each_table(example, load):
    example("support_tickets", "customer_support_tickets.csv")
    assert {result.status for result in load().files} == {"skipped"}


def test_a_customer_delivered_again_keeps_the_key(example, load, query, deliver):
    example("support_tickets", "customer_support_tickets.csv")
    text = (EXCERPTS / "customer_support_tickets.csv").read_bytes()
    deliver("customer_support_tickets_2.csv", text.replace(b"Marisa Obrien", b"Marisa O'Brien"))
    load()
    per_name = query(
        "select customer_id from raw.care__customers where customer_name in ('Marisa Obrien', 'Marisa O''Brien')"
    )
    assert len(per_name) == 2 and len({row["customer_id"] for row in per_name}) == 1


FEED = {
    "name": "desk-channels",
    "description": "Channels.",
    "path": "desk/*.csv",
    "schema": {
        "fields": [
            {"name": "channel", "type": "string", "description": "Name."},
            {"name": "kind", "type": "string", "description": "Kind."},
        ]
    },
    "customer360": {
        "feed": {
            "contract": "care-channels",
            "source": "desk",
            "columns": {
                "channel_id": {"key": ["channel"]},
                "channel_name": "channel",
                "channel_type": {"from": "kind", "map": {"phone": "Voice", "web": "Digital", "": "In-Person"}},
            },
        }
    },
}


def feed(**columns):
    changed = {**FEED["customer360"]["feed"]["columns"], **columns}
    given = {name: column for name, column in changed.items() if column is not None}
    return yaml.safe_dump(
        {**FEED, "customer360": {"feed": {**FEED["customer360"]["feed"], "columns": given}}}, sort_keys=False
    )


def test_keys_of_two_sources_differ_unless_they_share_them(deliver, load, query):
    for source, within in (("one", None), ("two", None), ("three", "one")):
        text = feed(channel_id={"key": ["kind"], **({"within": within} if within else {})})
        deliver(
            f"contracts/{source}.yml",
            text.replace("desk-channels", f"{source}-channels")
            .replace("desk/", f"{source}/")
            .replace("source: desk", f"source: {source}"),
        )
        deliver(f"{source}/a.csv", f"channel,kind\nChannel of {source},phone\n")
    load()
    keys = {row["channel_name"]: row["channel_id"] for row in query("select * from raw.care__channels")}
    assert keys["Channel of one"] == keys["Channel of three"] != keys["Channel of two"]


def test_a_value_that_no_map_knows_is_quarantined_and_a_missing_one_may_be_mapped(deliver, load, query):
    deliver("contracts/feed.yml", feed())
    deliver("desk/a.csv", "channel,kind\nPhone,phone\nShop,\nFax,fax\n,web\n")
    (result,) = load().files
    assert (result.loaded, result.quarantined) == (2, 2)
    assert query("select channel_name, channel_type from raw.care__channels order by 1") == [
        {"channel_name": "Phone", "channel_type": "Voice"},
        {"channel_name": "Shop", "channel_type": "In-Person"},
    ]
    assert [
        row["reasons"] for row in query("select reasons from quarantine.rejected_records order by record_number")
    ] == [
        ["kind has a value that the map of channel_type does not know"],
        ["channel_id is missing", "channel_name is missing"],
    ]


def test_otherwise_stands_for_all_that_the_map_does_not_know(deliver, load, query):
    deliver(
        "contracts/feed.yml", feed(channel_type={"from": "kind", "map": {"phone": "Voice"}, "otherwise": "Digital"})
    )
    deliver("desk/a.csv", "channel,kind\nPhone,phone\nFax,fax\nWeb,\n")
    (result,) = load().files
    assert (result.loaded, result.quarantined) == (2, 1)


def test_the_tables_own_rules_hold_for_what_is_fed(deliver, load, query):
    deliver("contracts/feed.yml", feed(channel_type={"constant": "Smoke"}))
    deliver("desk/a.csv", "channel,kind,colour\nPhone,phone,red\n")
    (result,) = load().files
    assert (result.loaded, result.quarantined) == (0, 1)
    assert result.drift == {"unknown_columns": ["colour"]}
    (row,) = query("select reasons from quarantine.rejected_records")
    assert row["reasons"] == ['channel_type is "Smoke", not one of Digital, Voice, In-Person']


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"colour": "kind"}, "desk-channels feeds colour, which care-channels does not have."),
        ({"is_active": "active"}, "desk-channels feeds from active, which is no field of its schema."),
        ({"channel_name": None}, "desk-channels lacks channel_name, which care-channels needs."),
        (
            {"channel_name": {"key": ["channel"]}},
            "makes a key for channel_name, which is not the key of care-channels.",
        ),
        (
            {"channel_name": {"reference": "care-agents", "by": ["channel"]}},
            "has channel_name refer to care-agents, and care-channels has it point to nothing.",
        ),
        ({"channel_name": {"from": "channel", "constant": "a"}}, "exactly one of from, constant"),
    ],
)
def test_a_feed_that_does_not_fit_its_table_is_no_contract(columns, sentence, tmp_path: Path):
    (tmp_path / "feed.yml").write_text(feed(**columns))
    with pytest.raises(ContractError, match=sentence):
        read_contracts(tmp_path)


KEYLESS = """
name: desk-lines
description: Order lines.
path: desk/lines*.csv
schema:
  fields:
    - {name: product, type: string, description: Product.}
    - {name: amount, type: number, description: Amount.}
customer360: {system: desk, table: lines, delivery: append, duplicates: %s}
"""


@pytest.mark.parametrize(("policy", "stored", "dropped"), [("keep", 4, 0), ("drop", 3, 1)])
def test_equal_records_of_a_table_without_key_follow_the_declared_policy(policy, stored, dropped, deliver, load, query):
    deliver("contracts/lines.yml", KEYLESS % policy)
    deliver("desk/lines.csv", "product,amount\npen,1.0\npen,1\npen,\ncup,x\nbag,\n")
    (result,) = load().files
    assert (result.records, result.loaded, result.quarantined) == (5, stored, 1)
    assert (result.duplicates, result.dropped) == (1, dropped)
    assert query("select duplicates, dropped from ops.loaded_files") == [{"duplicates": 1, "dropped": dropped}]
    assert "equal an earlier one" in str(result)


def test_a_file_with_equal_records_is_refused_where_declared(deliver, load, query):
    deliver("contracts/lines.yml", KEYLESS % "refuse")
    deliver("desk/lines.csv", "product,amount\npen,1\npen,1\n")
    (result,) = load().files
    assert (result.status, result.loaded) == ("refused", 0)
    assert result.reason.startswith("1 of its records equal an earlier one in every value")
    assert query("select * from raw.desk__lines") == []
