"""What a person is told when a step fails: what happened, the runbook's name and the command to go on with."""

from __future__ import annotations

import errno
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg

from customer360.settings import PROJECT
from customer360.warehouse.messages import message_without_values

RUNBOOKS = PROJECT / "docs" / "runbooks"
GENERAL = "the-night-failed"
DISK_FULL = "the-disk-is-full"
NO_WAREHOUSE = "the-warehouse-does-not-answer"

_NO_SPACE = "No space left on device"


def sentence_of(error: BaseException) -> str:
    """What happened, in a sentence that quotes no record."""
    if is_disk_full(error):
        return "The disk is full; nothing half done stays behind. Make room, then resume."
    if _is_ours(error):
        return str(error)
    if isinstance(error, psycopg.Error):
        return f"The warehouse refused: {message_without_values(error)}."
    # The message of another library may quote a record.
    return f"It stopped with {type(error).__name__}; the log has the details."


def runbook_of(error: BaseException) -> str:
    """The name of the page that says what to do: the error's own, where its class has one."""
    if is_disk_full(error):
        return DISK_FULL
    if isinstance(error, psycopg.OperationalError):
        return NO_WAREHOUSE
    return getattr(error, "runbook", GENERAL)


def advice(runbook: str, resume: str) -> tuple[str, str]:
    """The last two lines of a failure."""
    return f"Runbook: {(RUNBOOKS / runbook).relative_to(PROJECT)}.md", f"Resume:  {resume}"


def resume_command(kind: str, run_id: int) -> str:
    """The command that goes on with a run of ``kind`` where it failed."""
    if kind == "nightly":
        return f"customer360 resume {run_id}"
    if kind == "erase":
        # The command names a person, and this goes to a log.
        return "the same customer360 erase, or the next night"
    if Path(sys.argv[0]).name == "customer360":
        return shlex.join(["customer360", *sys.argv[1:]])
    return "clear the failed task in the Airflow UI"


def is_disk_full(error: BaseException) -> bool:
    """Whether ``error``, or what it was caused by, is a disk without room."""
    return any(
        isinstance(cause, psycopg.errors.DiskFull)
        or (isinstance(cause, OSError) and cause.errno == errno.ENOSPC)
        or _NO_SPACE in str(cause)
        for cause in _with_causes(error)
    )


def _is_ours(error: BaseException) -> bool:
    return type(error).__module__.startswith("customer360.")


def _with_causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__
