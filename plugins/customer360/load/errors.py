"""What can go wrong with a landing, and with one file of it."""

from __future__ import annotations


class LoadError(Exception):
    """The landing cannot be loaded; the message says why and what to do."""

    runbook = "a-file-was-refused"


class FileRefused(LoadError):
    """One file is refused whole, the others go on; the message is the sentence people read."""


class FileUnfinished(LoadError):
    """One file is not taken yet, since its delivery is not complete; the message is the sentence people read."""
