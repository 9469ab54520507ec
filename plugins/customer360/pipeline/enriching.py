"""The steps that ask rules or a model: about customers, decisions and messages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from customer360 import enrich as enrichment
from customer360.enrich import bedrock, evaluation
from customer360.pipeline.runs import Run, added_up, finish_run, recorded_step, summaries
from customer360.settings import Settings
from customer360.warehouse import Warehouse, open_warehouse


def enrich(
    run: Run, *, budget: Decimal | None = None, session: Any = None, in_shares: bool = False
) -> enrichment.EnrichReport:
    """Segment, prioritise, recommend and draft for customers that changed, analyse decisions, fit models to new months.

    ``budget``: dollars for a paid classifier; default as in the settings. ``session``: boto3's, for a
    classifier at AWS; default as boto3 finds it. ``in_shares``: whether this run's customers were segmented share by
    share before. Raises EnrichError.
    """
    with recorded_step(run, "enrich") as summary:
        classifier = _classifier(run, budget, session)
        report = enrichment.enrich(
            run.warehouse,
            run_id=run.run_id,
            as_of_date=run.as_of_date,
            classifier=classifier,
            fallback=_fallback(run),
            segmented=_segmented(run) if in_shares else None,
        )
        # Noted at once: what was asked and paid for is said, also of a night that fails at what comes next.
        summary |= {
            "customers": report.customers,
            "changed": report.changed,
            "segments": report.segments,
            "actions": report.actions,
            "statuses": report.statuses,
            "dollars": float(report.dollars),
            "fallbacks": report.fallbacks,
        }
        decisions = _analyse_decisions(run, classifier)
        drafts = _draft(run, classifier)
        report = replace(report, dollars=report.dollars + decisions.dollars + drafts.pop("dollars"))
        summary |= {"dollars": float(report.dollars), "decisions": decisions.statuses, **drafts}
        forecasts = enrichment.fit_models(run.warehouse, run_id=run.run_id, as_of_date=run.as_of_date)
        summary["fits"] = forecasts.fitted
        return report


def shares(run: Run) -> list[enrichment.Share]:
    """The shares in which the customers can be segmented at the same time. Raises EnrichError."""
    return enrichment.shares(run.warehouse, run.settings.customers_per_task)


def segment(
    run: Run, share: enrichment.Share | None = None, *, budget: Decimal | None = None, session: Any = None
) -> enrichment.StepReport:
    """Give every customer that changed a segment, or those of a share, and stop there.

    ``budget``, ``session``: as for ``enrich``; shares spend from one budget. Raises EnrichError.
    """
    with recorded_step(run, f"segment {share}" if share else "segment") as summary:
        report = enrichment.segment(
            run.warehouse,
            run_id=run.run_id,
            as_of_date=run.as_of_date,
            classifier=_classifier(run, budget, session),
            fallback=_fallback(run),
            share=share,
        )
        summary |= {
            "customers": report.customers,
            "changed": report.changed,
            "statuses": report.statuses,
            "dollars": float(report.dollars),
            "fallbacks": report.fallbacks,
        }
        return report


def _segmented(run: Run) -> enrichment.StepReport:
    """What segmenting the shares of a run came to."""
    noted = added_up(summaries(run, "segment % of %"))
    return enrichment.StepReport(**noted | {"dollars": Decimal(str(noted["dollars"]))})


def draft(run: Run, *, session: Any = None) -> dict[str, int]:
    """Draft the messages of the actions that stand, and say what may become of each; the changes by state.

    ``session``: as for ``enrich``. Raises EnrichError.
    """
    with recorded_step(run, "draft") as summary:
        drafts = _draft(run, _classifier(run, None, session))
        summary |= drafts | {"dollars": float(drafts["dollars"])}
        return drafts["notifications"]


def open_drafts(run: Run) -> list[enrichment.OpenDraft]:
    """The messages that wait for a person."""
    return enrichment.open_drafts(run.warehouse, as_of_date=run.as_of_date)


def decide(
    run: Run, decision: enrichment.Decision, draft_ids: Sequence[int], *, decided_by: str, decided_at: datetime
) -> int:
    """Enter a person's decision about drafts; how many it counts for. Raises EnrichError."""
    with recorded_step(run, "decide") as summary:
        summary[decision] = enrichment.decide(
            run.warehouse, decision, draft_ids, run_id=run.run_id, as_of_date=run.as_of_date,
            decided_by=decided_by, decided_at=decided_at,
        )  # fmt: skip
        return summary[decision]


def _draft(run: Run, classifier: Any) -> dict[str, Any]:
    if enrichment.judged_later(run.warehouse, run.as_of_date):
        return {"drafted": {}, "notifications": {}, "dollars": Decimal(0)}
    paid = run.classifier == "bedrock"
    drafted = enrichment.draft(
        run.warehouse,
        run_id=run.run_id,
        as_of_date=run.as_of_date,
        drafter=classifier.asking(bedrock.DraftPurpose()) if paid else None,
        fallback=enrichment.message_templates() if paid and run.settings.bedrock_fallback else None,
    )
    states = enrichment.judge(
        run.warehouse,
        run_id=run.run_id,
        as_of_date=run.as_of_date,
        business_time_zone=run.settings.business_time_zone,
    )
    return {"drafted": drafted.statuses, "notifications": states, "dollars": drafted.dollars}


def evaluate_labels(
    run: Run, kind: Literal["golden", "recovery"], labels: evaluation.LabelSet
) -> list[evaluation.Evaluation]:
    """How far the segments that stand agree with labels. Raises EnrichError."""
    with recorded_step(run, kind) as summary:
        found = evaluation.evaluate_labels(run.warehouse, kind, labels, run_id=run.run_id, as_of_date=run.as_of_date)
        summary["customers"] = sum(each.customers for each in found)
        return found


def evaluate_drift(run: Run, since: date) -> list[evaluation.Evaluation]:
    """How far the mix of segments has moved since a day. Raises EnrichError."""
    with recorded_step(run, "drift") as summary:
        found = evaluation.evaluate_drift(run.warehouse, run_id=run.run_id, as_of_date=run.as_of_date, since=since)
        summary["customers"] = sum(each.customers for each in found)
        return found


def evaluate_stability(
    run: Run, customers: int, *, budget: Decimal | None = None, session: Any = None
) -> list[evaluation.Evaluation]:
    """How often the run's classifier contradicts itself about that many customers.

    ``budget``, ``session``: as for ``enrich``. Raises EnrichError.
    """
    with recorded_step(run, "stability") as summary:
        classifier: Any = _classifier(run, budget, session)
        found = evaluation.evaluate_stability(
            run.warehouse, classifier, run_id=run.run_id, as_of_date=run.as_of_date, customers=customers
        )
        summary["customers"] = customers
        return found


def price(settings: Settings, subjects: str, as_of_date: date | None = None) -> bedrock.Estimate:
    """What the classifier bedrock would send and cost at most; asks nothing and enters no run. Raises EnrichError.

    ``subjects``: what it would be asked about, ``customers``, ``open decisions`` or ``messages``; these are of the
    actions that stand, and new segments may change them.
    """
    warehouse = open_warehouse(settings)
    purposes: dict[str, tuple[Callable[[Warehouse], Any], Callable[[Any], Any]]] = {
        "customers": (lambda _: bedrock.SegmentPurpose(), enrichment.segment_step),
        "open decisions": (_decision_purpose, enrichment.decisions_step),
        "messages": (lambda _: bedrock.DraftPurpose(), enrichment.drafts_step),
    }
    purpose, step_with = purposes[subjects]
    classifier = bedrock.BedrockClassifier.configured(_bedrock_options(settings), checked=False)
    asking = classifier.asking(purpose(warehouse))
    return asking.estimate(
        enrichment.to_ask_about(warehouse, step_with(asking), as_of_date or settings.last_business_day())
    )


def count_changed(run: Run) -> int:
    """How many customers the run's rules would segment anew. Raises EnrichError."""
    rules = enrichment.classifier_named(run.classifier)
    return sum(1 for _ in enrichment.changed_customers(run.warehouse, as_of_date=run.as_of_date, classifier=rules))


def check_bedrock(settings: Settings, session: Any = None) -> None:
    """See that the model of the classifier bedrock can be asked; costs nothing. Raises EnrichError."""
    bedrock.BedrockClassifier.configured(_bedrock_options(settings), session=session)


def check_classifier(run: Run, session: Any = None) -> None:
    """See that the run's classifier can do its work, before any is done; the run fails where it cannot.

    Raises EnrichError.
    """
    if run.classifier == "bedrock":
        try:
            check_bedrock(run.settings, session)
        except enrichment.EnrichError as error:
            finish_run(run, "failed", str(error))
            raise


def _classifier(
    run: Run, budget: Decimal | None, session: Any = None
) -> enrichment.Classifier | enrichment.PaidClassifier:
    if run.classifier != "bedrock":
        return enrichment.classifier_named(run.classifier)
    options = _bedrock_options(run.settings)
    if budget is not None:
        options = replace(options, budget=budget)
    return bedrock.BedrockClassifier.configured(options, warehouse=run.warehouse, run_id=run.run_id, session=session)


def start_batch(run: Run, *, budget: Decimal | None = None, session: Any = None) -> bedrock.BatchJob:
    """Ask Bedrock for the segments of all customers that changed in a batch job, and close the run. Raises EnrichError.

    ``budget``: dollars; default as in the settings. ``session``: boto3's.
    """
    with recorded_step(run, "start_batch") as summary:
        place = bedrock.BatchPlace(run.settings.bedrock_batch_folder, run.settings.bedrock_batch_role_arn)
        job = _batches(run.settings, run.warehouse, session).start(
            place,
            run_id=run.run_id,
            as_of_date=run.as_of_date,
            budget=run.settings.bedrock_budget if budget is None else budget,
        )
        summary |= {"job": job.job_id, "records": job.records, "customers": job.customers}
    # Closed at once: nights go on while the job does.
    finish_run(run, "done")
    return job


def collect_batches(settings: Settings, *, session: Any = None) -> list[bedrock.Collected]:
    """Keep the answers of all batch jobs that have ended; the others are listed as they stand. Raises EnrichError."""
    return _batches(settings, open_warehouse(settings), session).collect()


def _batches(settings: Settings, warehouse: Warehouse, session: Any) -> bedrock.SegmentBatches:
    classifier = bedrock.BedrockClassifier.configured(_bedrock_options(settings), session=session, checked=False)
    return bedrock.SegmentBatches(warehouse, classifier)


def _analyse_decisions(run: Run, classifier: Any) -> enrichment.StepReport:
    rules = enrichment.DecisionRules.read(enrichment.DECISIONS_VERSION)
    asks = run.classifier == "bedrock"
    return enrichment.analyse_decisions(
        run.warehouse,
        run_id=run.run_id,
        as_of_date=run.as_of_date,
        chosen=classifier.asking(_decision_purpose(run.warehouse)) if asks else rules,
        fallback=rules if _fallback(run) else None,
    )


def _decision_purpose(warehouse: Warehouse) -> bedrock.DecisionPurpose:
    rules = enrichment.DecisionRules.read(enrichment.DECISIONS_VERSION)
    return bedrock.DecisionPurpose(rules, enrichment.personal_words(warehouse))


def _fallback(run: Run) -> enrichment.Classifier | None:
    chosen = run.settings.bedrock_fallback
    return enrichment.classifier_named(chosen) if chosen and run.classifier == "bedrock" else None


def _bedrock_options(settings: Settings) -> bedrock.BedrockOptions:
    return bedrock.BedrockOptions(
        settings.bedrock_model_id, settings.bedrock_tokens_per_minute, settings.bedrock_budget
    )
