"""Segments from Bedrock: the real boto3 client against a server that speaks the wire format, faults and all."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import boto3
import pytest
from bedrock_double import FAULTS, INPUT_TOKENS, MODEL, OUTPUT_TOKENS, SEGMENTS, BedrockDouble
from customer360 import pipeline
from customer360.enrich import (
    EnrichError,
    SegmentAnswer,
    StepReport,
    changed_customers,
    classifier_named,
    segment,
)
from customer360.enrich.bedrock import BedrockClassifier, BedrockOptions
from customer360.enrich.bedrock.capabilities import Usage, capability_of
from customer360.enrich.bedrock.client import BedrockClient
from customer360.enrich.bedrock.pacing import Pacing
from customer360.enrich.bedrock.question import read_prompt
from customer360.enrich.bedrock.segments import SegmentPurpose
from customer360.enrich.features import CustomerFeatures
from customer360.settings import Settings
from customer360.summary import night_summary
from customer360.warehouse import Warehouse
from warehouses import AS_OF_DATE

SEGMENT_V1 = "d4baeaab4e8cfb30a8e25612b0c5c3a8dfd9e757cc6490d495a0df9f37ff6847"
CALL_DOLLARS = capability_of(MODEL).dollars(Usage(input_tokens=INPUT_TOKENS, output_tokens=OUTPUT_TOKENS), MODEL)


READ_TIMEOUT_SECONDS = 3
"""Shorter than the double's slow answers, longer than its others take on a busy machine."""


def classifier(**choices: object) -> BedrockClassifier:
    """The classifier with short waits."""
    client = BedrockClient(
        MODEL, capability_of(MODEL), boto3.Session(), read_timeout=READ_TIMEOUT_SECONDS, retry_seconds=0.005
    )
    return BedrockClassifier(client, **{"threads": 8, **choices})


def night(warehouse: Warehouse, run_id: int, chosen: BedrockClassifier, days: int = 0) -> StepReport:
    return segment(warehouse, run_id=run_id, as_of_date=AS_OF_DATE + timedelta(days=days), classifier=chosen)


def rows(warehouse: Warehouse, query: str) -> list[tuple]:
    with warehouse.connect() as connection:
        return connection.execute(query).fetchall()


def customers_in(request: dict) -> list[dict]:
    return json.loads(request["messages"][0]["content"][0]["text"])["customers"]


def numbers_in(request: dict) -> list[int]:
    return [customer["web_sessions_90d"] for customer in customers_in(request)]


def check_everyone_has_one_true_row(warehouse: Warehouse, double: BedrockDouble, customers: int) -> None:
    answers = rows(
        warehouse, "select customer_key - 7000000000000, status, segment, reason from enrichment.customer_segments"
    )
    assert sorted(number for number, *_ in answers) == list(range(customers))
    for number, status, said, reason in answers:
        if double.answered[number]:
            assert (status, said) == ("ok", SEGMENTS[number % 4])
        else:
            assert (status, said) in (("invalid", None), ("failed", None))
            assert reason
    assert double.asked_twice == set()
    assert max(double.answered.values()) == 1


@pytest.mark.parametrize("fault", FAULTS)
def test_every_customer_ends_with_one_true_row_when_a_fifth_of_calls_go_wrong(warehouse, run_id, people, double, fault):
    people(range(2000))
    double.fails(0.2, fault)
    report = night(warehouse, run_id, classifier())
    check_everyone_has_one_true_row(warehouse, double, 2000)
    assert report.statuses["ok"] >= 1950
    assert len(double.requests) > 100 or fault == "fenced"


def test_faults_of_all_kinds_at_once_leave_every_customer_with_one_true_row(warehouse, run_id, people, double):
    people(range(500))
    double.fails(0.6, *FAULTS)
    night(warehouse, run_id, classifier())
    check_everyone_has_one_true_row(warehouse, double, 500)


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("malformed", "invalid"), ("truncated", "invalid"), ("guardrail", "invalid"), ("unknown label", "invalid"),
        ("model timeout", "failed"), ("daily quota", "failed"),
    ],
)  # fmt: skip
def test_a_customer_nobody_answers_for_gets_the_reason_why(warehouse, run_id, people, double, fault, status):
    people(range(1))
    double.fails(1, fault)
    assert night(warehouse, run_id, classifier()).statuses == {status: 1}
    assert rows(warehouse, "select segment is null and reason <> '' from enrichment.customer_segments") == [(True,)]


def test_one_customer_who_spoils_every_answer_costs_no_other_theirs(warehouse, run_id, people, double):
    people(range(20))
    double.fault = lambda number: "malformed" if 7 in numbers_in(double.requests[number - 1]) else None
    assert night(warehouse, run_id, classifier()).statuses == {"ok": 19, "invalid": 1}
    assert rows(warehouse, "select customer_key from enrichment.customer_segments where status = 'invalid'") == [
        (7000000000007,)
    ]


def test_an_unchanged_second_night_asks_nothing(warehouse, run_id, people, double):
    people(range(50))
    night(warehouse, run_id, classifier())
    asked = len(double.requests)
    again = night(warehouse, run_id, classifier(), days=1)
    assert (again.changed, len(double.requests)) == (0, asked)
    people(range(3), "b")
    double.answered.clear()
    assert night(warehouse, run_id, classifier(), days=1).changed == 3


class NextVersion(SegmentPurpose):
    """The same text under the name of the next version."""

    _system = read_prompt("segment_v1")


def test_another_prompt_version_asks_about_everybody_again(warehouse, run_id, people, double):
    people(range(30))
    night(warehouse, run_id, classifier())
    double.answered.clear()
    next_version = classifier(purpose=NextVersion(prompt_version="segment_v2"))
    assert night(warehouse, run_id, next_version).changed == 30
    assert night(warehouse, run_id, next_version).changed == 0


def test_customers_who_failed_are_asked_about_the_next_night(warehouse, run_id, people, double):
    people(range(30))
    double.fails(1, "model error")
    assert night(warehouse, run_id, classifier()).statuses == {"failed": 30}
    double.fails(0)
    assert night(warehouse, run_id, classifier(), days=1).statuses == {"ok": 30}


def test_kill_9_in_the_middle_loses_no_paid_answer(warehouse, run_id, people, double):
    people(range(200))
    killed = multiprocessing.get_context("fork").Process(target=lambda: night(warehouse, run_id, classifier(threads=1)))

    def kill_at_the_sixth(number: int) -> None:
        if number == 6:
            os.kill(killed.pid, signal.SIGKILL)
            killed.join()

    double.before_answer = kill_at_the_sixth
    killed.start()
    killed.join()
    assert killed.exitcode == -signal.SIGKILL
    assert rows(warehouse, "select count(*) from enrichment.customer_segments") == [(100,)]
    assert rows(warehouse, "select sum(dollars) from ops.llm_calls") == [(5 * CALL_DOLLARS,)]
    # The sixth was never delivered: nobody was there any more.
    with double.lock:
        double.answered.subtract(n for n in range(200) if n >= 100 and double.answered[n])
    assert night(warehouse, run_id, classifier()).changed == 100
    check_everyone_has_one_true_row(warehouse, double, 200)


def test_the_budget_stops_the_run_and_is_never_exceeded(warehouse, run_id, people, double):
    people(range(400))
    # Room for what a request may cost at most beyond the third.
    pacing = Pacing(warehouse, run_id, budget=CALL_DOLLARS * 7)
    report = night(warehouse, run_id, classifier(pacing=pacing, threads=3))
    assert set(report.statuses) == {"ok", "over_budget"}
    assert report.statuses.get("ok", 0) == 20 * len(double.requests) > 0
    assert report.dollars <= CALL_DOLLARS * 7
    assert report.changed == 400
    assert night(warehouse, run_id, classifier(), days=1).statuses == {"ok": report.statuses["over_budget"]}


def test_a_run_that_goes_on_keeps_what_is_left_of_its_budget(warehouse, run_id, people, double):
    people(range(20))
    night(warehouse, run_id, classifier())
    people(range(20, 40))
    options = BedrockOptions(MODEL, None, budget=CALL_DOLLARS)
    going_on = BedrockClassifier.configured(options, warehouse=warehouse, run_id=run_id)
    assert night(warehouse, run_id, going_on).statuses == {"over_budget": 20}


def test_a_used_up_daily_quota_stops_at_once(warehouse, run_id, people, double):
    people(range(400))
    double.fault = lambda number: "daily quota" if number > 5 else None
    report = night(warehouse, run_id, classifier(threads=1))
    assert report.statuses == {"ok": 100, "failed": 300}
    assert len(double.requests) == 6


def test_access_withdrawn_on_the_way_ends_the_run_and_keeps_what_was_answered(warehouse, run_id, people, double):
    people(range(100))
    double.fault = lambda number: "no access" if number > 2 else None
    with pytest.raises(EnrichError, match="the account may not use the model"):
        night(warehouse, run_id, classifier(threads=1))
    assert rows(warehouse, "select status, count(*) from enrichment.customer_segments group by 1") == [("ok", 40)]


def test_every_call_is_written_down_with_what_it_cost(warehouse, run_id, people, double):
    people(range(60))
    double.fault = lambda number: {1: "dropped row", 2: "throttling"}.get(number)
    night(warehouse, run_id, classifier(threads=1))
    calls = rows(
        warehouse,
        "select status, customers, answers, retries, dollars, input_tokens, output_tokens from ops.llm_calls"
        " order by call_id",
    )
    paid = (CALL_DOLLARS, INPUT_TOKENS, OUTPUT_TOKENS)
    assert calls == [
        ("partial", 20, 19, 0, *paid),
        ("ok", 1, 1, 1, *paid),
        ("ok", 20, 20, 0, *paid),
        ("ok", 20, 20, 0, *paid),
    ]
    assert rows(
        warehouse,
        "select distinct run_id, purpose, model, prompt_version, request_id is not null from ops.llm_calls",
    ) == [(run_id, "segment", MODEL, "segment_v1", True)]


def test_what_a_stand_in_said_is_never_taken_for_what_bedrock_said(warehouse, run_id, people, double, monkeypatch):
    people(range(20))
    night(warehouse, run_id, classifier())
    assert rows(warehouse, "select distinct endpoint, endpoint_kind from ops.llm_calls") == [("127.0.0.1", "other")]
    assert rows(warehouse, "select distinct model from enrichment.customer_segments") == [(f"{MODEL} at 127.0.0.1",)]
    monkeypatch.delenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME")
    real = classifier()
    assert (real.model, real.client.endpoint) == (MODEL, "bedrock-runtime.us-east-1.amazonaws.com")
    assert len(list(changed_customers(warehouse, as_of_date=AS_OF_DATE, classifier=real))) == 20


def test_requests_hold_coarse_facts_and_nothing_that_says_who_somebody_is(warehouse, run_id, people, double):
    people(range(40))
    night(warehouse, run_id, classifier())
    allowed = {"ref", "discount_share", "web_sessions_90d", "orders_365d", "ai_interactions_90d"}
    allowed |= {"care_interactions_90d"}
    refs = set()
    for body in double.requests:
        assert "70000000000" not in json.dumps(body)
        for customer in customers_in(body):
            assert set(customer) == allowed
            refs.add(customer["ref"])
    assert len(refs) == 40


def test_requests_ask_for_json_by_a_schema_that_never_changes_by_a_byte(warehouse, run_id, people, double):
    people(range(40))
    night(warehouse, run_id, classifier())
    fixed = {json.dumps([body["system"], body["outputConfig"]]) for body in double.requests}
    assert len(fixed) == 1
    # Answers name segment_v1 as their prompt: another text or schema is another version.
    assert hashlib.sha256(fixed.pop().encode()).hexdigest() == SEGMENT_V1
    for body in double.requests:
        assert body["outputConfig"]["textFormat"]["type"] == "json_schema"
        assert body["inferenceConfig"] == {"maxTokens": 1640, "temperature": 0.0}


def test_a_family_that_refuses_a_temperature_is_sent_none(double):
    model = "global.anthropic.claude-opus-4-7"
    chosen = BedrockClassifier.configured(BedrockOptions(model))
    kept: list[SegmentAnswer] = []
    chosen.classify_into([CustomerFeatures(customer_key=1, input_hash="a")], lambda answers, _: kept.extend(answers))
    assert double.requests[0]["inferenceConfig"] == {"maxTokens": 120}
    assert [answer.status for answer in kept] == ["ok"]


def test_a_family_without_structured_output_answers_through_a_tool(warehouse, run_id, people, double):
    people(range(45))
    model = "us.amazon.nova-lite-v1:0"
    chosen = BedrockClassifier(BedrockClient(model, capability_of(model), boto3.Session()))
    assert night(warehouse, run_id, chosen).statuses == {"ok": 45}
    assert all("toolConfig" in body for body in double.requests)


def test_the_estimate_covers_what_is_spent(warehouse, run_id, people, double):
    people(range(45))
    chosen = classifier()
    estimate = chosen.estimate(changed_customers(warehouse, as_of_date=AS_OF_DATE, classifier=chosen))
    assert double.requests == []
    assert (estimate.subjects, estimate.calls) == (45, 3)
    night(warehouse, run_id, chosen)
    sent = sum(len(json.dumps(body)) for body in double.requests)
    # English has about four characters to a token.
    assert estimate.input_tokens > sent / 4
    assert estimate.output_tokens == 2 * 1640 + 440


@pytest.mark.parametrize(
    ("control", "message"),
    [
        ({"refusal": (404, "ResourceNotFoundException", "No such thing.")}, "Bedrock knows no model"),
        ({"refusal": (400, "ValidationException", "The provided model identifier is invalid.")}, "knows no model"),
        ({"refusal": (403, "AccessDeniedException", "Not allowed.")}, "allow them bedrock:GetFoundationModel"),
        ({"refusal": (403, "ExpiredTokenException", "Expired.")}, "refuses the AWS credentials"),
        ({"authorization": "NOT_AUTHORIZED"}, "has no access to the model"),
        ({"lifecycle": {"status": "LEGACY", "endOfLifeTime": "2026-01-01T00:00:00Z"}}, "retired the model"),
        ({"inference_types": ["INFERENCE_PROFILE"]}, "through inference profiles only"),
    ],
)
def test_a_model_that_cannot_be_asked_is_named_before_any_work(double, control, message):
    double.control = control
    with pytest.raises(EnrichError, match=message):
        BedrockClassifier.configured(BedrockOptions("anthropic.claude-haiku-4-5-20251001-v1:0"))
    assert double.requests == []


def test_an_unknown_profile_is_named_as_one(double):
    double.control = {"refusal": (404, "ResourceNotFoundException", "No such thing.")}
    with pytest.raises(EnrichError, match=f"knows no inference profile {MODEL}"):
        BedrockClassifier.configured(BedrockOptions(MODEL))


@pytest.mark.parametrize(
    ("absent", "message"),
    [("AWS_ACCESS_KEY_ID", "There are no AWS credentials"), ("AWS_DEFAULT_REGION", "specify a region")],
)
def test_what_boto3_lacks_is_said_in_one_sentence(double, monkeypatch, absent, message):
    monkeypatch.delenv(absent)
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY" if "KEY" in absent else absent, raising=False)
    with pytest.raises(EnrichError, match=message):
        BedrockClassifier.configured(BedrockOptions(MODEL))


@pytest.mark.parametrize(
    ("model", "message"),
    [(None, "set CUSTOMER360_BEDROCK_MODEL_ID"), ("anthropic.claude-3-sonnet-20240229-v1:0", "claude-haiku-4-5")],
)
def test_a_model_that_is_not_set_or_not_known_is_asked_for(double, model, message):
    with pytest.raises(EnrichError, match=message):
        BedrockClassifier.configured(BedrockOptions(model))


@pytest.fixture
def command(settings: Settings, warehouse: Warehouse, double) -> Callable[..., subprocess.CompletedProcess[str]]:
    """``customer360`` as a person runs it, on ``warehouse`` and with the double for Bedrock."""
    environment = os.environ | {
        "CUSTOMER360_HOME": str(settings.home),
        "CUSTOMER360_WAREHOUSE_URL": warehouse.owner_url,
        "CUSTOMER360_BEDROCK_MODEL_ID": MODEL,
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        program = Path(sys.executable).with_name("customer360")
        return subprocess.run([program, *arguments], env=environment, capture_output=True, text=True, check=False)

    return run


def test_a_dry_run_prices_the_run_and_asks_nothing(command, people, double, warehouse):
    people(range(45))
    ended = command("segment", "--classifier", "bedrock", "--dry-run", "--as-of-date", str(AS_OF_DATE))
    assert ended.returncode == 0, ended.stderr
    assert "45 customers are new or changed: 3 requests" in ended.stdout
    assert double.requests == []
    assert rows(warehouse, "select count(*) from ops.runs") == [(0,)]


def test_the_command_says_how_customers_ended_and_what_it_cost(command, people, double):
    people(range(45))
    ended = command("segment", "--classifier", "bedrock", "--as-of-date", str(AS_OF_DATE))
    assert ended.returncode == 0, ended.stderr
    assert f"45 ok; {3 * CALL_DOLLARS:.4f} dollars." in ended.stdout
    people(range(45), "b")
    ended = command("segment", "--classifier", "bedrock", "--budget", "0", "--as-of-date", str(AS_OF_DATE))
    assert ended.returncode == 0, ended.stderr
    assert "45 over_budget; 0.0000 dollars." in ended.stdout
    assert len(double.requests) == 3


def test_a_night_whose_model_cannot_be_asked_fails_before_any_work(warehouse, settings, double):
    double.control = {"authorization": "NOT_AUTHORIZED"}
    there = replace(settings, warehouse_url=warehouse.owner_url, bedrock_model_id=MODEL)
    run = pipeline.start_run(there, "nightly", as_of_date=AS_OF_DATE, classifier="bedrock")
    with pytest.raises(EnrichError, match="has no access"):
        pipeline.check_classifier(run)
    assert "failed, and nothing was published. The account has no access" in night_summary(warehouse, run.run_id)


def test_the_summary_of_a_night_says_how_customers_ended_and_what_it_cost(
    warehouse, settings, people, open_decisions, double
):
    people(range(30))
    double.fault = lambda number: "model error" if number > 1 else None
    there = replace(settings, warehouse_url=warehouse.owner_url, bedrock_model_id=MODEL)
    run = pipeline.start_run(there, "nightly", as_of_date=AS_OF_DATE, classifier="bedrock")
    # Forecasts have nothing to read in this warehouse, so the step ends there.
    with pytest.raises(EnrichError, match="customer360 build"):
        pipeline.enrich(run)
    assert "Asked" in (summary := night_summary(warehouse, run.run_id))
    # Threads decide which of the two packs is asked first, and so is the one that is answered.
    counts = ("10 failed, 20 ok", "20 failed, 10 ok")
    assert any(f"{count}; {CALL_DOLLARS:.4f} dollars" in summary for count in counts)


def test_falling_back_to_rules_is_chosen_and_written_down(warehouse, run_id, people, double):
    people(range(40))
    double.fault = lambda number: "model error" if number > 1 else None
    report = segment(
        warehouse,
        run_id=run_id,
        as_of_date=AS_OF_DATE,
        classifier=classifier(threads=1),
        fallback=classifier_named("rules"),
    )
    assert (report.statuses, report.fallbacks) == ({"ok": 20, "abstained": 20}, 20)
    assert rows(
        warehouse,
        "select source, model, prompt_version, count(*), bool_and(reason like '%failed: Bedrock did not answer%')"
        " from enrichment.customer_segments group by 1, 2, 3 order by 1",
    ) == [
        ("bedrock", f"{MODEL} at 127.0.0.1", "segment_v1", 20, False),
        ("rules", "scorecard", "segments_v1", 20, True),
    ]
    assert rows(warehouse, "select status, fallbacks from ops.llm_calls order by call_id") == [
        ("ok", 0),
        ("failed", 20),
    ]
    double.fails(0)
    assert night(warehouse, run_id, classifier(), days=1).statuses == {"ok": 20}
