"""What is asked in one request, and how its answers are read: the same for every purpose."""

from __future__ import annotations

import json
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files
from typing import Any, Generic, Protocol, TypeVar

from pydantic import ValidationError

from customer360.enrich.answers import EnrichError, Status

# Compact JSON has more characters to a token than this, so that a price is rather too high than too low.
_CHARACTERS_PER_TOKEN = 3

Subject = TypeVar("Subject")
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Question(Generic[Subject]):
    """One request. ``schema``: of the answer, as JSON. ``subjects``: by the ref that stands for each in ``message``."""

    system: str
    schema: str
    message: str
    subjects: Mapping[str, Subject]
    max_tokens: int

    @property
    def fixed_tokens(self) -> int:
        """About how many tokens of it are the same in every request."""
        return (len(self.system) + len(self.schema)) // _CHARACTERS_PER_TOKEN

    @property
    def input_tokens(self) -> int:
        """About how many tokens it is, rather too many than too few."""
        return self.fixed_tokens + len(self.message) // _CHARACTERS_PER_TOKEN + 1


class Purpose(Protocol[Subject, Answer]):
    """What a model is asked for. ``pack_size``: how many subjects a request may be about."""

    @property
    def name(self) -> str: ...
    @property
    def prompt_version(self) -> str: ...
    @property
    def pack_size(self) -> int: ...

    def question(self, pack: Sequence[Subject], *, longer: int = 1) -> Question[Subject]:
        """The question about a pack. ``longer``: how many times the usual room the answer gets."""
        ...

    def answers_in(self, text: str, question: Question[Subject]) -> tuple[list[Answer], str | None]:
        """The usable answers in a model's text, at most one per subject, and what is wrong with the others."""
        ...

    def without_answer(self, subject: Subject, status: Status, reason: str) -> Answer:
        """What is kept of a subject nobody answered for."""
        ...


def read_prompt(version: str) -> str:
    """The system prompt ``version``, a file in prompts/.

    Raises EnrichError when there is none.
    """
    path = files("customer360.enrich.bedrock") / "prompts" / f"{version}.md"
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise EnrichError(f"There is no prompt {version} in enrich/bedrock/prompts/.") from error


def schema_of_answers(properties: Mapping[str, Any]) -> str:
    """The JSON schema of a list of answers with a ref and ``properties``.

    The same bytes every time, else nothing that the service compiled from it is used again.
    """
    entry = {
        "type": "object",
        "additionalProperties": False,
        "required": ["ref", *properties],
        "properties": {"ref": {"type": "string"}, **properties},
    }
    answers = {
        "type": "object",
        "additionalProperties": False,
        "required": ["answers"],
        "properties": {"answers": {"type": "array", "items": entry}},
    }
    return json.dumps(answers, separators=(",", ":"))


def under_refs(subjects: Iterable[Subject]) -> dict[str, Subject]:
    """The subjects under refs drawn for the one request.

    A ref says nothing about its subject, and an answer to another request cannot be taken for one to this.
    """
    refs: dict[str, Subject] = {}
    for subject in subjects:
        while (ref := secrets.token_hex(3)) in refs:
            pass
        refs[ref] = subject
    return refs


def message_about(name: str, facts: Mapping[str, Mapping[str, Any]]) -> str:
    """The facts of every ref as JSON data, unknown ones left out."""
    entries = [
        {"ref": ref, **{fact: _plain(value) for fact, value in known.items() if value is not None}}
        for ref, known in facts.items()
    ]
    return json.dumps({name: entries}, separators=(",", ":"))


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value


def entries_in(
    text: str, question: Question[Subject], read: Callable[[Any, Subject], Answer]
) -> tuple[list[Answer], str | None]:
    """The entries of a model's text that ``read`` takes, and what is wrong with the others.

    A ref that was not asked about or comes twice spoils the whole text: answers may have been mixed up.
    """
    try:
        received = json.loads(_without_fence(text))["answers"]
        refs = Counter(entry["ref"] for entry in received)
    except (ValueError, KeyError, TypeError):
        return [], "The answer is not the JSON that was asked for."
    if set(refs) - set(question.subjects):
        return [], "The answer has a ref that was not asked about."
    if refs and max(refs.values()) > 1:
        return [], "The answer has a ref twice."
    answers, problem = [], None
    for entry in received:
        try:
            answers.append(read(entry, question.subjects[entry["ref"]]))
        except ValidationError:
            problem = "The answer has a word outside the closed sets."
    if len(received) < len(question.subjects):
        problem = problem or "The answer leaves some out."
    return answers, problem


def _without_fence(text: str) -> str:
    stripped = text.strip()
    if stripped.startswith("```") and stripped.endswith("```"):
        return stripped[3:-3].removeprefix("json")
    return stripped
