"""Enrichment: a segment, a priority and a next best action for every customer, by versioned rules, and forecasts."""

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
from customer360.enrich.classifiers import CLASSIFIERS, Classifier, classifier_named
from customer360.enrich.forecasts import ForecastReport, fit_models
from customer360.enrich.steps import (
    EnrichReport,
    StepReport,
    enrich,
    prioritise,
    recommend,
    segment,
)

__all__ = [
    "CLASSIFIERS",
    "ActionAnswer",
    "Classifier",
    "EnrichError",
    "EnrichReport",
    "Factor",
    "ForecastReport",
    "Priority",
    "PriorityAnswer",
    "Scenario",
    "Segment",
    "SegmentAnswer",
    "StepReport",
    "classifier_named",
    "enrich",
    "fit_models",
    "prioritise",
    "recommend",
    "segment",
]
