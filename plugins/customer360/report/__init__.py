"""The run report: one offline HTML page per night, with pictures."""

from customer360.report.facts import NightFacts, read_facts
from customer360.report.page import PAGE, newest_report, write_report

__all__ = ["PAGE", "NightFacts", "newest_report", "read_facts", "write_report"]
