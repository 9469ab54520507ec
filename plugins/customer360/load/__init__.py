"""Loading a delivery: landing files become rows of ``raw``, bad records go to ``quarantine``."""

from customer360.load.errors import LoadError
from customer360.load.landing import load_landing
from customer360.load.report import FileResult, LoadReport

__all__ = ["FileResult", "LoadError", "LoadReport", "load_landing"]
