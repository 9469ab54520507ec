"""Enrichment: a segment, a priority and a next best action for every customer, and forecasts.

Segments come from versioned rules or a model on Bedrock, priorities and actions from rules.
"""

from customer360.enrich.answers import (
    ActionAnswer,
    EnrichError,
    Factor,
    Priority,
    PriorityAnswer,
    Scenario,
    Segment,
    SegmentAnswer,
)
from customer360.enrich.calls import LlmCall
from customer360.enrich.classifiers import CLASSIFIERS, Classifier, PaidClassifier, classifier_named
from customer360.enrich.decisions import (
    DECISIONS_VERSION,
    DecisionRules,
    analyse_decisions,
    decisions_step,
    personal_words,
)
from customer360.enrich.drafts import draft, drafts_step, message_templates
from customer360.enrich.forecasts import ForecastReport, fit_models
from customer360.enrich.notifications import Decision, OpenDraft, decide, judge, judged_later, open_drafts
from customer360.enrich.step import Share, StepReport, to_ask_about
from customer360.enrich.steps import (
    EnrichReport,
    changed_customers,
    enrich,
    prioritise,
    recommend,
    segment,
    segment_step,
    shares,
)

__all__ = [
    "CLASSIFIERS",
    "DECISIONS_VERSION",
    "ActionAnswer",
    "Classifier",
    "Decision",
    "DecisionRules",
    "EnrichError",
    "EnrichReport",
    "Factor",
    "ForecastReport",
    "LlmCall",
    "OpenDraft",
    "PaidClassifier",
    "Priority",
    "PriorityAnswer",
    "Scenario",
    "Segment",
    "SegmentAnswer",
    "Share",
    "StepReport",
    "analyse_decisions",
    "changed_customers",
    "classifier_named",
    "decide",
    "decisions_step",
    "draft",
    "drafts_step",
    "enrich",
    "fit_models",
    "judge",
    "judged_later",
    "message_templates",
    "open_drafts",
    "personal_words",
    "prioritise",
    "recommend",
    "segment",
    "segment_step",
    "shares",
    "to_ask_about",
]
