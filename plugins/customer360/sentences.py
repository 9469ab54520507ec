"""What a step did, in the sentence that its log ends with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

REFUSED_SHOWN = 5


def step_sentence(step: str, did: Mapping[str, Any]) -> str:
    """The sentence for a step that is done and what it noted in ``ops.run_steps``."""
    whole, _, part = step.partition(" ")
    sentence = _SENTENCES.get(whole, lambda _: _noted(step, did))(did)
    return f"{part}: {sentence}" if part else sentence


def _noted(step: str, did: Mapping[str, Any]) -> str:
    return f"{step} is done: {', '.join(f'{name} {value}' for name, value in did.items())}."


def _begin(did: Mapping[str, Any]) -> str:
    return f"{did['files']} files lie in the landing folder."


def _load(did: Mapping[str, Any]) -> str:
    refused = did["refused"]
    names = f" ({', '.join(refused[:REFUSED_SHOWN])})" if refused else ""
    return (
        f"{did['loaded']:,} records are loaded from {did['files']} files, of which {did['skipped']} were known and "
        f"{len(refused)} are refused{names}; {did['quarantined']:,} records are in quarantine, {did['waiting']:,} wait "
        "for their parent."
    )


def _build(did: Mapping[str, Any]) -> str:
    return f"{did['models']} models are built; {did['tests']} tests passed, {did['warnings']} of them with a warning."


def _enrich(did: Mapping[str, Any]) -> str:
    return (
        f"{did['changed']:,} of {did['customers']:,} customers were new or changed; {did['actions']:,} actions are "
        f"recommended, for {did['dollars']:.4f} dollars."
    )


def _draft(did: Mapping[str, Any]) -> str:
    return (
        f"{sum(did['drafted'].values()):,} messages are drafted, for {did['dollars']:.4f} dollars; what may become of "
        f"{sum(did['notifications'].values()):,} has changed."
    )


def _segment(did: Mapping[str, Any]) -> str:
    said = ", ".join(f"{count:,} {status}" for status, count in sorted(did["statuses"].items()))
    return f"{did['customers']:,} customers have a segment or a reason for none: {said or 'nobody was new or changed'}."


def _audit(did: Mapping[str, Any]) -> str:
    return f"{did['checks']} checks found nothing that keeps the marts from readers; {did['warnings']} of them warn."


def _publish(did: Mapping[str, Any]) -> str:
    if did["batch_id"] is None:
        return f"Nothing changed; the {did['tables']} published tables stand as they were."
    return (
        f"{did['tables']} tables with {did['rows']:,} rows are published: {did['inserted']:,} inserted, "
        f"{did['updated']:,} updated, {did['deleted']:,} deleted."
    )


def _export(did: Mapping[str, Any]) -> str:
    return f"{did['files']} files are written to {did['folder']}."


_SENTENCES = {
    "begin": _begin,
    "load": _load,
    "build_core": _build,
    "enrich": _enrich,
    "draft": _draft,
    "segment": _segment,
    "build_marts": _build,
    "audit": _audit,
    "publish": _publish,
    "undo": _publish,
    "export": _export,
}
