"""What a night did, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from customer360.warehouse import Warehouse

_READER = "c360_loader"


@dataclass(frozen=True)
class StepTaken:
    """A step of a run: ``status`` running, done or failed, and how long it took."""

    name: str
    status: str
    message: str | None
    seconds: float


@dataclass(frozen=True)
class RunSummary:
    """What one run did. ``facts``: what a person reads first, each with its name. ``rejected``: some records in
    quarantine, as file, number and first reason. ``refused``: files nothing was loaded of, and why."""

    run_id: int
    kind: str
    as_of_date: date
    status: str
    verdict: str
    started_at: datetime
    facts: list[tuple[str, str]]
    rejected: list[tuple[str, int, str]]
    refused: list[tuple[str, str]]
    steps: list[StepTaken]


def night_summary(warehouse: Warehouse, run_id: int) -> str:
    """The summary of one run: files, records, models, checks, segments, actions, rows and seconds per step.

    Raises LookupError when there is no such run.
    """
    run = read_summary(warehouse, run_id)
    lines = [f"Run {run.run_id} ({run.kind}) as of {run.as_of_date}: {run.verdict}", ""]
    lines += [f"  {name:<12}{text}" for name, text in run.facts]
    if run.refused:
        lines += ["", "  Refused:"]
        lines += [f"    {file}: {reason}" for file, reason in run.refused]
    if run.rejected:
        lines += ["", "  In quarantine, for example:"]
        lines += [f"    {file} record {number}: {reason}" for file, number, reason in run.rejected]
    lines += ["", "  Seconds     " + ", ".join(f"{step.name} {step.seconds:.1f}" for step in run.steps)]
    return "\n".join(lines)


def read_summary(warehouse: Warehouse, run_id: int) -> RunSummary:
    """What one run did, as far as it has come.

    Raises LookupError when there is no such run.
    """
    with warehouse.connect(_READER) as connection:
        run = connection.execute(
            "select kind, as_of_date, status, message, started_at from ops.runs where run_id = %s",
            [run_id],
        ).fetchone()
        steps = connection.execute(
            "select step, status, coalesce(summary, '{}'), message,"
            " extract(epoch from coalesce(finished_at, now()) - started_at)::float"
            " from ops.run_steps where run_id = %s order by started_at",
            [run_id],
        ).fetchall()
        reasons = connection.execute(
            "select rejected.file, rejected.record_number, rejected.reasons[1]"
            " from quarantine.rejected_records as rejected join ops.loaded_files as files using (load_id)"
            " where files.run_id = %s order by 1, 2 limit 5",
            [run_id],
        ).fetchall()
        refused = connection.execute(
            "select file, coalesce(reason, '') from ops.loaded_files where run_id = %s and status = 'refused'"
            " order by 1 limit 5",
            [run_id],
        ).fetchall()
    if run is None:
        raise LookupError(f"There is no run {run_id} in ops.runs.")
    kind, as_of_date, status, message, started_at = run
    facts = {step: summary for step, _, summary, _, _ in steps}
    return RunSummary(
        run_id=run_id,
        kind=kind,
        as_of_date=as_of_date,
        status=status,
        verdict=_verdict(status, message, bool(facts.get("publish"))),
        started_at=started_at,
        facts=_facts(facts),
        rejected=reasons,
        refused=refused,
        steps=[StepTaken(step, state, why, took) for step, state, _, why, took in steps],
    )


@dataclass(frozen=True)
class RunEntered:
    """A run as a list shows it."""

    run_id: int
    kind: str
    as_of_date: date
    status: str
    started_at: datetime


def recent_runs(warehouse: Warehouse, count: int) -> list[RunEntered]:
    """The last runs, the newest first."""
    with warehouse.connect(_READER) as connection:
        found = connection.execute(
            "select run_id, kind, as_of_date, status, started_at from ops.runs order by run_id desc limit %s", [count]
        ).fetchall()
    return [RunEntered(*row) for row in found]


def _verdict(status: str, message: str | None, published: bool) -> str:
    if status == "failed":
        outcome = (
            "the marts are published, but a later step failed" if published else "failed, and nothing was published"
        )
        return f"{outcome}. {message or ''}".strip()
    return {
        "published": "published.",
        "unchanged": "nothing changed; the published tables stand as they were.",
        "running": "not finished.",
        "done": "done.",
    }[status]


def _facts(facts: dict[str, dict[str, Any]]) -> list[tuple[str, str]]:
    lines = []
    if load := facts.get("load"):
        text = f"{load['files']} found, {load['skipped']} already loaded, {len(load['refused'])} refused"
        if load["refused"]:
            text += f" ({', '.join(load['refused'][:5])})"
        if load.get("unfinished"):
            text += f", {len(load['unfinished'])} not complete yet ({', '.join(load['unfinished'][:5])})"
        if load.get("late"):
            text += f", {len(load['late'])} late ({', '.join(load['late'][:5])})"
        lines += [("Files", text)]
        lines += [("Drift", f"{file}: {drift}") for file, drift in list(load.get("drift", {}).items())[:5]]
        lines += [
            ("Records", f"{load['loaded']:,} loaded, {load['quarantined']:,} quarantined,"
                        f" {load['waiting']:,} waiting for their parent")
        ]  # fmt: skip
    built = [facts[step] for step in ("build_core", "build_marts") if facts.get(step)]
    if built:
        lines += [
            ("Models", f"{sum(b['models'] for b in built)} built, {sum(b['tests'] for b in built)} tests,"
                       f" {sum(b['warnings'] for b in built)} warnings")
        ]  # fmt: skip
    if audit := facts.get("audit"):
        lines += [("Checks", f"{audit['checks']} before publishing, {audit['warnings']} warnings")]
    if enrich := facts.get("enrich"):
        mix = ", ".join(f"{name} {count}" for name, count in sorted(enrich["segments"].items()))
        lines += [("Customers", f"{enrich['customers']:,}, of whom {enrich['changed']:,} were new or changed")]
        if enrich.get("dollars") or enrich.get("fallbacks") or set(enrich.get("statuses", {})) - {"ok", "abstained"}:
            asked = ", ".join(f"{count:,} {status}" for status, count in sorted(enrich["statuses"].items()))
            instead = f", {enrich['fallbacks']:,} of them by the rules instead" if enrich["fallbacks"] else ""
            lines += [("Asked", f"{asked}{instead}; {enrich['dollars']:.4f} dollars")]
        lines += [("Segments", mix), ("Actions", f"{enrich['actions']:,} recommended this run")]
        if enrich.get("decisions"):
            analysed = ", ".join(f"{count:,} {status}" for status, count in sorted(enrich["decisions"].items()))
            lines += [("Decisions", f"{analysed}, of those that are open and new or changed")]
    if publish := facts.get("publish"):
        lines += [
            ("Published", f"{publish['tables']} tables with {publish['rows']:,} rows: {publish['inserted']:,} inserted,"
                          f" {publish['updated']:,} updated, {publish['deleted']:,} deleted")
        ]  # fmt: skip
    if export := facts.get("export"):
        lines += [("Exported", f"{export['files']} files to {export['folder']}")]
    return lines
