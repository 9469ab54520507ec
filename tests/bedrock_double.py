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
INPUT_TOKENS, OUTPUT_TOKENS = 1000, 400


class BedrockDouble:
    """What the server does and saw.

    A customer is known by ``web_sessions_90d``: tests give each another number, as no prompt holds an id.
    ``requests``: bodies as received. ``answered``: how often a usable answer for a customer was
    delivered. ``asked_twice``: customers who were asked about after that. ``segment``: what it answers
    about a customer in a request of that number. ``control``: what the
    control plane says of the model, or a refusal. ``analysis``: what it answers about a decision, ``wording`` about
    a message.
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
        answers = [
            {
                "ref": c["ref"],
                "segment": double.segment(c["web_sessions_90d"], number),
                "evidence": ["web_sessions_90d"],
            }
            for c in customers
        ]
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

    def _answer(self, body: dict[str, Any], text: str, stop_reason: str) -> None:
        thought = {"reasoningContent": {"reasoningText": {"text": "Let me think."}}}
        said: dict[str, Any] = {"text": text}
        if tool := body.get("toolConfig", {}).get("toolChoice", {}).get("tool"):
            said, stop_reason = {"toolUse": {"toolUseId": "t1", "input": json.loads(text), **tool}}, "tool_use"
        self._send(
            200,
            {
                "output": {"message": {"role": "assistant", "content": [thought, said]}},
                "stopReason": stop_reason,
                "usage": {
                    "inputTokens": INPUT_TOKENS,
                    "outputTokens": OUTPUT_TOKENS,
                    "totalTokens": INPUT_TOKENS + OUTPUT_TOKENS,
                },
                "metrics": {"latencyMs": 1},
            },
        )

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
