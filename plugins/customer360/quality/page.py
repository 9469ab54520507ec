"""``quality.json`` and ``quality.html``: what the gates of a run found, for people and programs."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from customer360.quality.results import GateResult

GATES = {"after_load": "After load", "before_publish": "Before publish"}


def write_results(result: GateResult, results_dir: Path) -> None:
    """Put ``result`` into ``quality.json`` and ``quality.html``, beside the run's other gate.

    A file of another run in ``results_dir`` is replaced.
    """
    results_dir.mkdir(parents=True, exist_ok=True)
    path = results_dir / "quality.json"
    gates = _other_gates(path, result) | {result.gate: _as_json(result)}
    run = {
        "run_id": result.run_id,
        "as_of_date": result.as_of_date.isoformat(),
        "gates": [gates[gate] for gate in GATES if gate in gates],
    }
    _write(path, json.dumps(run, indent=2, ensure_ascii=False) + "\n")
    _write(results_dir / "quality.html", render_page(run))


def render_page(run: dict[str, Any]) -> str:
    """The self-contained page of ``run``, as it stands in quality.json."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = (files("customer360.quality") / "page.html").read_text(encoding="utf-8")
    return environment.from_string(template).render(run=run, titles=GATES)


def _as_json(result: GateResult) -> dict[str, Any]:
    return {
        "gate": result.gate,
        "passed": result.passed,
        **result.counts,
        "results": [asdict(check) | {"rows": check.rows} for check in result.checks],
    }


def _other_gates(path: Path, result: GateResult) -> dict[str, Any]:
    try:
        earlier = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if earlier.get("run_id") != result.run_id:
        return {}
    return {gate["gate"]: gate for gate in earlier.get("gates", [])}


def _write(path: Path, text: str) -> None:
    # Whoever reads the page while a gate runs sees the old or the new one, never half of one.
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
