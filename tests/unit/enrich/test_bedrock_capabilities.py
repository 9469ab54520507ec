"""What a model family allows and costs."""

import json
from decimal import Decimal

import pytest
from botocore.session import get_session
from botocore.validate import validate_parameters
from customer360.enrich.bedrock.capabilities import Usage, capability_of
from customer360.enrich.bedrock.client import BedrockClient
from customer360.enrich.bedrock.segments import SegmentPurpose
from customer360.enrich.features import CustomerFeatures

IDS = [
    "global.anthropic.claude-haiku-4-5-20251001-v1:0", "us.anthropic.claude-sonnet-4-20250514-v1:0",
    "global.anthropic.claude-opus-4-7", "us.anthropic.claude-sonnet-5-5", "eu.amazon.nova-lite-v1:0",
]  # fmt: skip


@pytest.fixture
def request_to(monkeypatch: pytest.MonkeyPatch):
    """``request_to(model)``: the body of a request about one customer."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    question = SegmentPurpose().question([CustomerFeatures(customer_key=1, input_hash="a")])
    return lambda model: BedrockClient(model, capability_of(model)).request(question)


@pytest.mark.parametrize("model", IDS)
def test_a_request_has_the_form_that_boto3_knows(model: str, request_to):
    shape = get_session().get_service_model("bedrock-runtime").operation_model("Converse").input_shape
    validate_parameters({"modelId": model, **request_to(model)}, shape)


def test_a_family_without_structured_output_is_made_to_call_a_tool_with_the_same_schema(request_to):
    by_schema, by_tool = request_to(IDS[0]), request_to(IDS[-1])
    schema = json.loads(by_schema["outputConfig"]["textFormat"]["structure"]["jsonSchema"]["schema"])
    [tool] = by_tool["toolConfig"]["tools"]
    assert tool["toolSpec"]["inputSchema"]["json"] == schema
    assert by_tool["toolConfig"]["toolChoice"] == {"tool": {"name": tool["toolSpec"]["name"]}}
    assert ("toolConfig" in by_schema, "outputConfig" in by_tool) == (False, False)


def test_a_family_that_thinks_unasked_gets_room_for_it_and_no_temperature(request_to):
    assert request_to("us.anthropic.claude-sonnet-5-5")["inferenceConfig"] == {"maxTokens": 2120}
    assert request_to(IDS[0])["inferenceConfig"] == {"maxTokens": 120, "temperature": 0.0}


def test_a_family_is_known_by_the_longest_name():
    assert capability_of("us.anthropic.claude-sonnet-4-5-20250929-v1:0").structured_output
    assert not capability_of("us.anthropic.claude-sonnet-4-20250514-v1:0").structured_output


def test_a_batch_costs_half():
    model, million = IDS[0], Usage(input_tokens=10**6, output_tokens=10**6)
    assert capability_of(model).dollars(million, model, in_batch=True) == Decimal("3.00")


@pytest.mark.parametrize(
    ("model", "dollars"),
    [
        ("global.anthropic.claude-haiku-4-5-20251001-v1:0", "6.10"),
        ("us.anthropic.claude-haiku-4-5-20251001-v1:0", "6.71"),
    ],
)
def test_a_call_costs_what_its_tokens_cost_at_its_endpoint(model: str, dollars: str):
    million = Usage(input_tokens=10**6, output_tokens=10**6, cache_read_tokens=10**6)
    assert capability_of(model).dollars(million, model) == Decimal(dollars)


def test_an_output_token_takes_more_of_the_quota_than_one():
    capability = capability_of("global.anthropic.claude-haiku-4-5-20251001-v1:0")
    assert capability.quota_tokens(Usage(input_tokens=100, output_tokens=10)) == 150
