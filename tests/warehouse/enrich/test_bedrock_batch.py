"""Segments in batch jobs: the real boto3 client against the double's jobs and a server that speaks S3."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from bedrock_double import INPUT_TOKENS, MODEL, OUTPUT_TOKENS, SEGMENTS
from customer360.enrich import EnrichError, changed_customers, segment
from customer360.enrich.bedrock import BatchPlace, BedrockClassifier, BedrockOptions, SegmentBatches
from customer360.enrich.bedrock.capabilities import Usage, capability_of
from customer360.settings import Settings
from customer360.warehouse import Warehouse
from warehouses import AS_OF_DATE

pytestmark = pytest.mark.usefixtures("bucket")

ROLE = "arn:aws:iam::123456789012:role/batch"
PLACE = BatchPlace("s3://deliveries/customer360", ROLE)
RECORD_DOLLARS = capability_of(MODEL).dollars(
    Usage(input_tokens=INPUT_TOKENS, output_tokens=OUTPUT_TOKENS), MODEL, in_batch=True
)


def batches(warehouse: Warehouse, model: str = MODEL) -> SegmentBatches:
    return SegmentBatches(warehouse, BedrockClassifier.configured(BedrockOptions(model), checked=False))


def start(warehouse: Warehouse, run_id: int, **choices):
    return batches(warehouse).start(PLACE, run_id=run_id, as_of_date=AS_OF_DATE, **choices)


def rows(warehouse: Warehouse, query: str) -> list[tuple]:
    with warehouse.connect() as connection:
        return connection.execute(query).fetchall()


def answers(warehouse: Warehouse) -> dict[int, tuple]:
    found = rows(warehouse, "select customer_key - 7000000000000, status, segment from enrichment.customer_segments")
    assert len({number for number, *_ in found}) == len(found)
    return {number: (status, said) for number, status, said in found}


def numbers_in(record: dict) -> set[int]:
    message = json.loads(record["modelInput"]["messages"][0]["content"][0]["text"])
    return {customer["web_sessions_90d"] for customer in message["customers"]}


def test_every_customer_is_answered_for_whatever_the_order(warehouse, run_id, people, double):
    people(range(2100))
    job = start(warehouse, run_id)
    assert (job.records, job.customers, job.status) == (105, 2100, "submitted")
    [collected] = batches(warehouse).collect()
    assert (collected.state, collected.statuses, collected.dollars) == ("Completed", {"ok": 2100}, 105 * RECORD_DOLLARS)
    assert answers(warehouse) == {number: ("ok", SEGMENTS[number % 4]) for number in range(2100)}
    assert rows(warehouse, "select distinct run_id, model, prompt_version from enrichment.customer_segments") == [
        (run_id, f"{MODEL} at 127.0.0.1", "segment_v1")
    ]
    assert rows(warehouse, "select purpose, endpoint_kind, count(*) from ops.llm_calls group by 1, 2") == [
        ("segment_batch", "other", 105)
    ]
    assert batches(warehouse).collect() == []


def test_few_customers_are_asked_about_in_smaller_packs_so_that_there_are_100(warehouse, run_id, people, double):
    people(range(250))
    assert start(warehouse, run_id).records == 125
    assert set.union(*map(numbers_in, double.records)) == set(range(250))


def test_less_than_100_customers_are_no_batch(warehouse, run_id, people, double):
    people(range(99))
    with pytest.raises(EnrichError, match="needs 100 requests, and 99 customers are new or changed; ask without"):
        start(warehouse, run_id)
    assert (double.jobs, rows(warehouse, "select * from ops.llm_batch_jobs")) == ({}, [])


@pytest.mark.parametrize("state", ["PartiallyCompleted", "Stopped", "Expired", "Failed"])
def test_what_was_done_of_a_job_counts_and_the_rest_is_asked_about_again(warehouse, run_id, people, double, state):
    people(range(200))
    double.record_fault = lambda number: {0: "left out", 1: "error", 2: "malformed", 3: "dropped row"}.get(number)
    double.job_status = state
    start(warehouse, run_id)
    [collected] = batches(warehouse).collect()
    # Two customers a record: two have no line, two an error, two no JSON, and one of two is dropped.
    assert collected.statuses == {"ok": 193, "failed": 4, "invalid": 3}
    unanswered = {number for number, (status, _) in answers(warehouse).items() if status != "ok"}
    assert rows(
        warehouse, "select count(*) from enrichment.customer_segments where status <> 'ok' and reason <> ''"
    ) == [(7,)]
    again = changed_customers(warehouse, as_of_date=AS_OF_DATE, classifier=batches(warehouse).classifier)
    assert {customer.web_sessions_90d for customer in again} == unanswered


def test_nobody_else_asks_about_customers_in_a_job(warehouse, run_id, people, double):
    people(range(200))
    double.job_status = "InProgress"
    start(warehouse, run_id)
    assert [(c.state, c.statuses) for c in batches(warehouse).collect()] == [("InProgress", {})]
    classifier = BedrockClassifier.configured(BedrockOptions(MODEL))
    people(range(200, 203))
    assert segment(warehouse, run_id=run_id, as_of_date=AS_OF_DATE, classifier=classifier).statuses == {"ok": 3}
    assert start(warehouse, run_id).job_id == 1
    assert len(double.jobs) == 1
    # The rules are somebody else: they are not in the job, and answer tonight.
    assert segment(warehouse, run_id=run_id, as_of_date=AS_OF_DATE).changed == 203
    double.job_status = "Completed"
    assert [c.statuses for c in batches(warehouse).collect()] == [{"ok": 200}]


def test_a_job_whose_start_was_cut_short_is_started_once(warehouse, run_id, people, double):
    people(range(200))
    double.control = {"job_answer_lost": True}
    with pytest.raises(EnrichError, match="cannot go on"):
        start(warehouse, run_id)
    assert rows(warehouse, "select status, job_arn from ops.llm_batch_jobs") == [("prepared", None)]
    double.control = {}
    assert start(warehouse, run_id).customers == 200
    assert len(double.jobs) == 1
    assert len({body["clientRequestToken"] for body in double.jobs_asked_for}) == 1
    assert [c.statuses for c in batches(warehouse).collect()] == [{"ok": 200}]
    assert len(answers(warehouse)) == 200


def test_collecting_that_is_cut_short_is_repeated_whole(warehouse, run_id, people, double, monkeypatch):
    people(range(200))
    start(warehouse, run_id)
    double.jobs, kept = {}, double.jobs
    with warehouse.connect() as connection:
        # The last thing that is written refuses: all that was written before it goes, too.
        connection.execute("alter table ops.llm_calls add constraint none check (customers < 2) not valid")
    double.jobs = kept
    with pytest.raises(Exception, match="none"):
        batches(warehouse).collect()
    assert answers(warehouse) == {}
    with warehouse.connect() as connection:
        connection.execute("alter table ops.llm_calls drop constraint none")
    assert [c.statuses for c in batches(warehouse).collect()] == [{"ok": 200}]
    assert len(answers(warehouse)) == 200


def test_a_budget_leaves_out_what_it_does_not_pay_for(warehouse, run_id, people, double):
    people(range(300))
    at_most = batches(warehouse).classifier.estimate(
        changed_customers(warehouse, as_of_date=AS_OF_DATE, classifier=batches(warehouse).classifier)
    )
    assert start(warehouse, run_id, budget=at_most.dollars).customers == 300
    people(range(300, 700))
    with pytest.raises(EnrichError, match="raise it, or ask without a batch"):
        start(warehouse, run_id, budget=Decimal("0.01"))


def test_files_in_s3_hold_no_key_of_anybody(warehouse, run_id, people, double, bucket):
    people(range(200))
    job = start(warehouse, run_id)
    key = job.folder.removeprefix("s3://deliveries/")
    content = bucket.get_object(Bucket="deliveries", Key=f"{key}/input.jsonl")["Body"].read().decode()
    assert len(content.splitlines()) == 100
    assert "70000000" not in content


def test_a_refused_job_is_said_in_one_sentence_and_its_customers_are_free_again(warehouse, run_id, people, double):
    people(range(200))
    double.control = {"job_refusal": (403, "AccessDeniedException", "The role may not read the bucket.")}
    with pytest.raises(EnrichError, match=r"Bedrock refuses the batch job: .*may not read the bucket"):
        start(warehouse, run_id)
    double.control = {}
    assert start(warehouse, run_id).customers == 200


@pytest.mark.parametrize(
    ("place", "model", "message"),
    [
        (BatchPlace(None, ROLE), MODEL, "set CUSTOMER360_BEDROCK_BATCH_FOLDER"),
        (PLACE, "us.amazon.nova-lite-v1:0", "Batch jobs take no tools"),
        (BatchPlace("s3://nowhere/x", ROLE), MODEL, r"cannot go on: .*NoSuchBucket"),
    ],
)
def test_what_is_missing_is_named(warehouse, run_id, people, double, place, model, message):
    people(range(200))
    with pytest.raises(EnrichError, match=message):
        batches(warehouse, model).start(place, run_id=run_id, as_of_date=AS_OF_DATE)
    assert double.jobs == {}


@pytest.fixture
def command(settings: Settings, warehouse: Warehouse, double) -> Callable[..., subprocess.CompletedProcess[str]]:
    """``customer360`` as a person runs it."""
    environment = os.environ | {
        "CUSTOMER360_HOME": str(settings.home),
        "CUSTOMER360_WAREHOUSE_URL": warehouse.owner_url,
        "CUSTOMER360_BEDROCK_MODEL_ID": MODEL,
        "CUSTOMER360_BEDROCK_BATCH_FOLDER": "s3://deliveries/commands",
        "CUSTOMER360_BEDROCK_BATCH_ROLE_ARN": ROLE,
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        program = Path(sys.executable).with_name("customer360")
        return subprocess.run([program, *arguments], env=environment, capture_output=True, text=True, check=False)

    return run


def test_a_job_is_started_and_collected_by_commands(command, warehouse, people, double):
    people(range(200))
    started = command("batch", "start", "--as-of-date", str(AS_OF_DATE))
    assert started.returncode == 0, started.stderr
    assert "Job 1 asks about 200 customers in 100 requests: arn:aws:bedrock" in started.stdout
    collected = command("batch", "collect", "--wait")
    assert collected.returncode == 0, collected.stderr
    assert f"Job 1 is Completed: 200 ok; {100 * RECORD_DOLLARS:.4f} dollars." in collected.stdout
    assert rows(warehouse, "select kind, status from ops.runs") == [("batch", "done")]
    assert "No job is under way." in command("batch", "collect").stdout
