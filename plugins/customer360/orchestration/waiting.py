"""Waiting without a worker: the triggerer wakes the task up for every look."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger
from airflow.sdk import BaseOperator


class LookAgain(BaseOperator):
    """Succeeds once ``goes_on()`` is false; looks every ``minutes``, deferred in between."""

    def __init__(self, *, goes_on: Callable[[], bool], minutes: int, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.goes_on, self.minutes = goes_on, minutes

    def execute(self, context: Any, event: Any = None) -> None:
        """Look, and come back later if it goes on."""
        if self.goes_on():
            self.defer(trigger=TimeDeltaTrigger(timedelta(minutes=self.minutes)), method_name="execute")
