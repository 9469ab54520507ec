"""Which failures are tried again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from airflow.sdk import RetryPolicy
from airflow.sdk.definitions.retry_policy import RetryDecision

FIRST_DELAY = timedelta(seconds=30)
LONGEST_DELAY = timedelta(minutes=5)

TRIES_OF_A_LOST_CONNECTION = 3
TRIES_FOR_A_TURN = 60
"""With the delays between them about five hours: longer than any night takes."""


@dataclass(frozen=True)
class RetryWhereItCanHelp(RetryPolicy):
    """Tries again what time may mend, after 30 seconds, a minute, two, and so on up to five minutes.

    That is a server that does not answer, and for a task that ``waits_for_turn`` another run that
    writes. A file that was refused, a check or a model that failed will fail again: it is not tried.
    """

    waits_for_turn: bool = False

    def evaluate(self, exception: BaseException, try_number: int, max_tries: int, context: Any = None) -> RetryDecision:
        delay = min(FIRST_DELAY * 2 ** min(try_number - 1, 8), LONGEST_DELAY)
        if self.waits_for_turn and _waits_for_another_run(exception):
            return RetryDecision.retry(delay, f"{exception} It is tried again in {delay.seconds} seconds.")
        if try_number <= TRIES_OF_A_LOST_CONNECTION and _connection_was_lost(exception):
            return RetryDecision.retry(delay, f"A server did not answer; it is tried again in {delay.seconds} seconds.")
        return RetryDecision.fail()


def _waits_for_another_run(exception: BaseException) -> bool:
    from customer360.warehouse import RunInProgress

    return any(isinstance(error, RunInProgress) for error in _with_causes(exception))


def _connection_was_lost(exception: BaseException) -> bool:
    import psycopg
    from botocore.exceptions import HTTPClientError

    lost = (psycopg.OperationalError, HTTPClientError, ConnectionError)
    return any(isinstance(error, lost) for error in _with_causes(exception))


def _with_causes(exception: BaseException | None) -> Iterator[BaseException]:
    while exception is not None:
        yield exception
        exception = exception.__cause__
