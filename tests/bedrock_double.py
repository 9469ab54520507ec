"""A server on 127.0.0.1 that speaks Bedrock's wire format, with faults on demand, for the real boto3 client."""

from __future__ import annotations

import json
import random
import socket
import struct
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import unquote

import boto3

MODEL = "global.anthropic.claude-haiku-4-5-20251001-v1:0"
SEGMENTS = ("Value Seekers", "Traditionalists", "Digital Natives", "Eco Savers")
REFUSALS = {
    "throttling": (429, "ThrottlingException", "Too many tokens, please wait before trying again."),
    "model timeout": (408, "ModelTimeoutException", "The model took too long."),
    "model error": (424, "ModelErrorException", "The model failed."),
    "server error": (500, "InternalServerException", "Something went wrong."),
    "daily quota": (429, "ThrottlingException", "Too many tokens per day, please wait before trying again."),
    "no access": (403, "AccessDeniedException", "You don't have access to the model with the specified model ID."),
}
FAULTS = (
    "throttling", "model timeout", "model error", "server error", "reset", "slow", "malformed", "fenced",
    "unknown label", "dropped row", "swapped ref", "truncated", "guardrail",
)  # fmt: skip
SLOW_SECONDS = 4.0
JOB_ARN = "arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/"
INPUT_TOKENS, OUTPUT_TOKENS = 1000, 400


class BedrockDouble:
    """What the server does and saw.

    A customer is known by ``web_sessions_90d``: tests give each another number, as no prompt holds an id.
    ``requests``: bodies as received. ``answered``: how often a usable answer for a customer was
    delivered. ``asked_twice``: customers who were asked about after that. ``segment``: what it answers
    about a customer in a request of that number. ``control``: what the
    control plane says of the model, or a refusal. ``analysis``: what it answers about a decision, ``wording`` about
    a message. ``jobs``: batch jobs by their ARN; ``job_status``: how they all stand; ``records``: what they asked.
    """

    def __init__(self) -> None:
        self.fault: Callable[[int], str | None] = lambda _number: None
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.answered: Counter[int] = Counter()
        self.asked_twice: set[int] = set()
        self.control: dict[str, Any] = {}
        self.analysis: Callable[[dict[str, Any]], dict[str, Any]] = lambda decision: {
            "category": decision["decision_type"], "options": []
        }  # fmt: skip
        self.jobs: dict[str, dict[str, Any]] = {}
        self.jobs_asked_for: list[dict[str, Any]] = []
        self.job_status = "Completed"
        self.records: list[dict[str, Any]] = []
        self.record_fault: Callable[[int], str | None] = lambda _number: None
        self.wording: Callable[[dict[str, Any]], dict[str, Any]] = lambda message: {
            "scenario": message["scenarios"][0], "trigger_factors": message["trigger_factors"][:1],
            "subject": "A word from us", "body": f"Hello {{{{first_name}}}}, this is a {message['message'].lower()}."
        }  # fmt: skip
        self.segment: Callable[[int, int], str] = lambda customer, _number: SEGMENTS[customer % 4]
        self.before_answer: Callable[[int], None] = lambda _number: None
        self.lock = Lock()
        self.url = ""

    def fails(self, share: float, *faults: str, seed: int = 1) -> None:
        """From now on ``share`` of all calls meet one of ``faults``."""
        draw = random.Random(seed)
        self.fault = lambda _number: draw.choice(faults) if draw.random() < share else None

    def work_on(self, arn: str) -> None:
        """Answer a batch job's records in S3, in another order than they were asked; ``record_fault`` spoils some."""
        s3, job = boto3.client("s3"), self.jobs[arn]
        source = job["inputDataConfig"]["s3InputDataConfig"]["s3Uri"]
        bucket, _, key = source.removeprefix("s3://").partition("/")
        lines = s3.get_object(Bucket=bucket, Key=key)["Body"].read().splitlines()
        records = [json.loads(line) for line in lines]
        self.records += records
        random.Random(1).shuffle(records)
        output = [line for number, record in enumerate(records) if (line := self._worked(number, record))]
        target = job["outputDataConfig"]["s3OutputDataConfig"]["s3Uri"].removeprefix("s3://")
        bucket, _, prefix = target.partition("/")
        folder = f"{prefix}{arn.rpartition('/')[2]}/"
        s3.put_object(Bucket=bucket, Key=f"{folder}{key.rpartition('/')[2]}.out", Body="\n".join(output).encode())
        s3.put_object(Bucket=bucket, Key=f"{folder}manifest.json.out", Body=b"{}")

    def _worked(self, number: int, record: dict[str, Any]) -> str | None:
        body, fault = record["modelInput"], self.record_fault(number)
        if fault == "left out":
            return None
        if fault == "error":
            return json.dumps(record | {"error": {"errorCode": 400, "errorMessage": "The model failed."}})
        customers = json.loads(body["messages"][0]["content"][0]["text"])["customers"]
        text, stop_reason, _ = _spoilt(fault, _segments_of(customers))
        return json.dumps(record | {"modelOutput": _response(body, text, stop_reason)})

    @contextmanager
    def serving(self) -> Iterator[BedrockDouble]:
        """Serve on a free port while the context lasts."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"double": self}))
        server.daemon_threads = True
        server.block_on_close = False
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    double: BedrockDouble

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        kind, model = unquote(self.path).strip("/").split("/", 1)
        control = self.double.control
        if kind == "model-invocation-job":
            return self._look_at_job(model)
        if refusal := control.get("refusal"):
            return self._refuse(*refusal)
        if kind == "inference-profiles":
            foundation = model.partition(".")[2]
            arn = f"arn:aws:bedrock:us-east-1::foundation-model/{foundation}"
            return self._send(200, {"inferenceProfileId": model, "models": [{"modelArn": arn}], "status": "ACTIVE"})
        if kind == "foundation-models":
            details = {"modelId": model, "modelLifecycle": control.get("lifecycle", {"status": "ACTIVE"})}
            details["inferenceTypesSupported"] = control.get("inference_types", ["ON_DEMAND"])
            return self._send(200, {"modelDetails": details})
        return self._send(
            200,
            {
                "modelId": model,
                "authorizationStatus": control.get("authorization", "AUTHORIZED"),
                "agreementAvailability": {"status": "AVAILABLE"},
                "entitlementAvailability": "AVAILABLE",
                "regionAvailability": "AVAILABLE",
            },
        )

    def do_POST(self) -> None:
        double = self.double
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/model-invocation-job":
            return self._create_job(body)
        message = json.loads(body["messages"][0]["content"][0]["text"])
        for subjects, said in (("decisions", double.analysis), ("messages", double.wording)):
            if subjects in message:
                return self._say(body, message[subjects], said)
        customers = message["customers"]
        with double.lock:
            double.requests.append(body)
            double.headers.append(dict(self.headers))
            number = len(double.requests)
            fault = double.fault(number)
            double.asked_twice |= {c["web_sessions_90d"] for c in customers if double.answered[c["web_sessions_90d"]]}
        double.before_answer(number)
        if fault in REFUSALS:
            return self._refuse(*REFUSALS[fault])
        if fault == "reset":
            # Closing with nothing to linger for sends RST instead of FIN.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            return self.connection.close()
        if fault == "slow":
            time.sleep(SLOW_SECONDS)
        answers = _segments_of(customers)
        for answer, customer in zip(answers, customers, strict=True):
            answer["segment"] = double.segment(customer["web_sessions_90d"], number)
        numbers = {c["ref"]: c["web_sessions_90d"] for c in customers}
        text, stop_reason, usable = _spoilt(fault, answers)
        # Counted before it is on its way: who is asked about after must have had no answer.
        if fault != "slow":
            with double.lock:
                double.answered.update(numbers[ref] for ref in usable)
        return self._answer(body, text, stop_reason)

    def _say(self, body: dict[str, Any], subjects: list[dict[str, Any]], said: Callable[[Any], dict[str, Any]]) -> None:
        double = self.double
        with double.lock:
            double.requests.append(body)
            number = len(double.requests)
        if (fault := double.fault(number)) in REFUSALS:
            return self._refuse(*REFUSALS[fault])
        answers = [{"ref": subject["ref"], **said(subject)} for subject in subjects]
        return self._answer(body, json.dumps({"answers": answers}), "end_turn")

    def _create_job(self, body: dict[str, Any]) -> None:
        double = self.double
        with double.lock:
            double.jobs_asked_for.append(body)
            known = [arn for arn, job in double.jobs.items() if job["clientRequestToken"] == body["clientRequestToken"]]
            arn = (
                known[0] if known else f"arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/{len(double.jobs)}"
            )
            double.jobs.setdefault(arn, body)
        if refusal := double.control.get("job_refusal"):
            del double.jobs[arn]
            return self._refuse(*refusal)
        if not known:
            double.work_on(arn)
        if double.control.get("job_answer_lost"):
            self.close_connection = True
            return self.connection.close()
        return self._send(200, {"jobArn": arn})

    def _look_at_job(self, arn: str) -> None:
        job = self.double.jobs.get(arn)
        if job is None:
            return self._refuse(404, "ResourceNotFoundException", "No such job.")
        fixed = {key: job[key] for key in ("roleArn", "modelId", "inputDataConfig", "outputDataConfig")}
        state = {"status": self.double.job_status, "submitTime": "2026-06-30T00:00:00Z"}
        return self._send(200, {"jobArn": arn, **fixed, **state})

    def _answer(self, body: dict[str, Any], text: str, stop_reason: str) -> None:
        self._send(200, _response(body, text, stop_reason))

    def _refuse(self, status: int, error: str, message: str) -> None:
        self._send(status, {"message": message}, {"x-amzn-ErrorType": f"{error}:http://internal.amazon.com/coral/"})

    def _send(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        content = json.dumps(body).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("x-amzn-RequestId", str(uuid.uuid4()))
            self.send_header("Content-Length", str(len(content)))
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)
        except OSError:
            # The client gave up waiting.
            self.close_connection = True


def _segments_of(customers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"ref": c["ref"], "segment": SEGMENTS[c["web_sessions_90d"] % 4], "evidence": ["web_sessions_90d"]}
        for c in customers
    ]


def _response(body: dict[str, Any], text: str, stop_reason: str) -> dict[str, Any]:
    """What Converse answers, at once or in a batch job's output."""
    thought = {"reasoningContent": {"reasoningText": {"text": "Let me think."}}}
    said: dict[str, Any] = {"text": text}
    if tool := body.get("toolConfig", {}).get("toolChoice", {}).get("tool"):
        said, stop_reason = {"toolUse": {"toolUseId": "t1", "input": json.loads(text), **tool}}, "tool_use"
    tokens = {"inputTokens": INPUT_TOKENS, "outputTokens": OUTPUT_TOKENS, "totalTokens": INPUT_TOKENS + OUTPUT_TOKENS}
    return {
        "output": {"message": {"role": "assistant", "content": [thought, said]}},
        "stopReason": stop_reason,
        "usage": tokens,
        "metrics": {"latencyMs": 1},
    }


def _spoilt(fault: str | None, answers: list[dict[str, Any]]) -> tuple[str, str, set[str]]:
    """The text of the response, its stop reason and the refs with a usable answer in it."""
    stop_reason = "end_turn"
    usable = {answer["ref"] for answer in answers}
    if fault == "unknown label":
        answers[0]["segment"] = "Night Owls"
        usable.discard(answers[0]["ref"])
    elif fault == "dropped row":
        usable.discard(answers.pop()["ref"])
    elif fault == "swapped ref":
        answers[0]["ref"] = "ffffffff"
        usable = set()
    text = json.dumps({"answers": answers})
    if fault == "fenced":
        text = f"```json\n{text}\n```"
    elif fault == "malformed":
        text, usable = text.replace("}", "", 1), set()
    elif fault == "truncated":
        text, stop_reason, usable = text[: len(text) // 2], "max_tokens", set()
    elif fault == "guardrail":
        text, stop_reason, usable = "Sorry, the model cannot answer this.", "guardrail_intervened", set()
    return text, stop_reason, usable
