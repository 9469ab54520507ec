"""The two gates: Great Expectations suites on raw after load and on candidates before publish."""

from customer360.quality.catalogue import QualityError
from customer360.quality.gates import run_gate
from customer360.quality.results import CheckResult, Gate, GateResult

__all__ = ["CheckResult", "Gate", "GateResult", "QualityError", "run_gate"]
