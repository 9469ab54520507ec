"""Asking Bedrock: one Converse request with a JSON schema, sent again where that helps."""

from __future__ import annotations

import json
import random
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from customer360.enrich.answers import EnrichError
from customer360.enrich.bedrock.capabilities import Capability, Usage
from customer360.enrich.bedrock.question import Question

READ_TIMEOUT_SECONDS = 180
"""A response that is slower is asked for again and paid twice, so this is long."""

_ATTEMPTS = 4
_CONNECTIONS = 16
_ANSWERS = "answers"
_FINISHED = ("end_turn", "tool_use")
# botocore retries 429, 500, 502, 503 and broken connections, but neither of these.
_RETRIED_HERE = {"ModelTimeoutException": 408, "ModelErrorException": 424}
_STOPPING = {
    "AccessDeniedException": "the account may not use the model; have access to it granted",
    "ResourceNotFoundException": "the model is not there, or no longer; set CUSTOMER360_BEDROCK_MODEL_ID to another",
    "ValidationException": "the model does not take such requests; set CUSTOMER360_BEDROCK_MODEL_ID to another",
    "ExpiredTokenException": "the credentials have expired; renew them",
    "UnrecognizedClientException": "the credentials are not valid; mend them",
    "InvalidSignatureException": "the credentials are not valid; mend them",
}


class DailyQuotaError(Exception):
    """The account's tokens per day are used up: nothing more is answered today."""


class CallError(Exception):
    """No response came, however often it was asked. ``retries``: times it was sent again."""

    def __init__(self, message: str, request_id: str | None, retries: int, latency_ms: int) -> None:
        super().__init__(message)
        self.request_id, self.retries, self.latency_ms = request_id, retries, latency_ms


@dataclass(frozen=True)
class Reply:
    """What came back. ``text``: None where the model was cut off or kept from answering; ``problem`` says so."""

    text: str | None
    problem: str | None
    usage: Usage
    request_id: str | None
    retries: int
    latency_ms: int


@dataclass
class BedrockClient:
    """Sends questions to one model. ``retry_seconds``: how long the first wait before a retry of ours may be."""

    model_id: str
    capability: Capability
    session: Any = field(default_factory=boto3.Session)
    read_timeout: float = READ_TIMEOUT_SECONDS
    retry_seconds: float = 1.0

    def __post_init__(self) -> None:
        try:
            self._client = self.session.client(
                "bedrock-runtime",
                config=Config(
                    read_timeout=self.read_timeout,
                    connect_timeout=10,
                    max_pool_connections=_CONNECTIONS,
                    retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
                ),
            )
        except BotoCoreError as error:
            raise EnrichError(f"Bedrock cannot be asked: {error} Set AWS_REGION and the like, as for boto3.") from error
        self._client.meta.events.register_first("needs-retry.bedrock-runtime.Converse", _stop_at_the_daily_quota)

    @property
    def endpoint(self) -> str:
        """The host that is asked."""
        return urlsplit(self._client.meta.endpoint_url).hostname or ""

    @property
    def name(self) -> str:
        """The model's id; with the host where that is not Bedrock: its answers are never taken for real ones."""
        return name_at(self.model_id, self.endpoint)

    def ask(self, question: Question[Any]) -> Reply:
        """Send a question and wait for the response.

        Raises CallError when none comes, DailyQuotaError, and EnrichError where asking again is in vain.
        """
        request = {"modelId": self.model_id, **self.request(question)}
        retries, started = 0, time.monotonic()
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                response = self._client.converse(**request)
            except ClientError as error:
                code, retries = error.response["Error"]["Code"], retries + _retries(error.response)
                if _is_retried_here(error.response) and attempt < _ATTEMPTS:
                    retries += 1
                    time.sleep(random.uniform(0, self.retry_seconds * 2**attempt))
                    continue
                if code in _STOPPING:
                    raise EnrichError(f"Bedrock refuses {self.model_id}: {_STOPPING[code]}. ({error})") from error
                request_id = error.response["ResponseMetadata"].get("RequestId")
                raise CallError(f"Bedrock did not answer: {code}.", request_id, retries, _ms(started)) from error
            except BotoCoreError as error:
                raise CallError(
                    f"Bedrock did not answer: {type(error).__name__}.", None, retries, _ms(started)
                ) from error
            return reply_in(response, retries + _retries(response), _ms(started))
        raise AssertionError("the last attempt returns or raises")

    def request(self, question: Question[Any]) -> dict[str, Any]:
        """The body of the Converse request."""
        system: list[dict[str, Any]] = [{"text": question.system}]
        if question.fixed_tokens >= self.capability.cache_minimum_tokens:
            system.append({"cachePoint": {"type": "default"}})
        settings = {"temperature": 0.0} if self.capability.temperature else {}
        return {
            "system": system,
            "messages": [{"role": "user", "content": [{"text": question.message}]}],
            "inferenceConfig": {"maxTokens": self.max_tokens(question), **settings},
            **(_by_schema(question) if self.capability.structured_output else _by_tool(question)),
        }

    def max_tokens(self, question: Question[Any]) -> int:
        """How many tokens the response to a question may have."""
        return question.max_tokens + self.capability.thinking_tokens

    def at_most(self, question: Question[Any]) -> Usage:
        """What the request may use at most."""
        return Usage(input_tokens=question.input_tokens, output_tokens=self.max_tokens(question))


def name_at(model_id: str, endpoint: str) -> str:
    """How answers of the model at a host are signed."""
    is_aws = endpoint.endswith((".amazonaws.com", ".amazonaws.com.cn", ".api.aws"))
    return model_id if is_aws else f"{model_id} at {endpoint}"


def _by_schema(question: Question[Any]) -> dict[str, Any]:
    schema = {"schema": question.schema, "name": _ANSWERS}
    return {"outputConfig": {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": schema}}}}


def _by_tool(question: Question[Any]) -> dict[str, Any]:
    tool = {"name": _ANSWERS, "description": "Takes the answers.", "inputSchema": {"json": json.loads(question.schema)}}
    return {"toolConfig": {"tools": [{"toolSpec": tool}], "toolChoice": {"tool": {"name": _ANSWERS}}}}


def _stop_at_the_daily_quota(response: tuple[Any, dict[str, Any]] | None, **_: Any) -> None:
    # Raised from within botocore, which would otherwise send the request three times more.
    message = response[1].get("Error", {}).get("Message", "") if response else ""
    if "per day" in message.lower():
        raise DailyQuotaError(message)


def _is_retried_here(response: dict[str, Any]) -> bool:
    code, status = response["Error"]["Code"], response["ResponseMetadata"].get("HTTPStatusCode")
    return code in _RETRIED_HERE or status in _RETRIED_HERE.values()


def _retries(response: dict[str, Any]) -> int:
    return response["ResponseMetadata"].get("RetryAttempts", 0)


def _ms(started: float) -> int:
    return round((time.monotonic() - started) * 1000)


def reply_in(response: dict[str, Any], retries: int = 0, latency_ms: int = 0) -> Reply:
    """What a Converse response says, whether it came at once or in a batch job's output."""
    counted = response.get("usage", {})
    blocks = response.get("output", {}).get("message", {}).get("content", [])
    # Some models think first: their first block is not the answer.
    text = next((_text_of(block) for block in blocks if "text" in block or "toolUse" in block), None)
    stopped = response.get("stopReason")
    problem = None if stopped in _FINISHED and text is not None else f"The model stopped early: {stopped}."
    return Reply(
        text=None if problem else text,
        problem=problem,
        usage=Usage(
            input_tokens=counted.get("inputTokens", 0),
            output_tokens=counted.get("outputTokens", 0),
            cache_read_tokens=counted.get("cacheReadInputTokens", 0),
            cache_write_tokens=counted.get("cacheWriteInputTokens", 0),
        ),
        request_id=response.get("ResponseMetadata", {}).get("RequestId"),
        retries=retries,
        latency_ms=latency_ms,
    )


def _text_of(block: dict[str, Any]) -> str:
    return block["text"] if "text" in block else json.dumps(block["toolUse"]["input"])
