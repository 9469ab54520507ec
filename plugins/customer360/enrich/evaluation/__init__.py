"""How good segments are: against labels that people gave, against themselves, and over time."""

from customer360.enrich.evaluation.labels import Label, LabelSet, labels_of, read_golden_set, read_truth, write_sheet
from customer360.enrich.evaluation.metrics import Metric
from customer360.enrich.evaluation.steps import Evaluation, evaluate_drift, evaluate_labels, evaluate_stability

__all__ = [
    "Evaluation",
    "Label",
    "LabelSet",
    "Metric",
    "evaluate_drift",
    "evaluate_labels",
    "evaluate_stability",
    "labels_of",
    "read_golden_set",
    "read_truth",
    "write_sheet",
]
