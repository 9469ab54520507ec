"""What PostgreSQL says, without what it quotes."""

from __future__ import annotations

import re

import psycopg

_QUOTED = re.compile(r'"[^"]*"')


def message_without_values(error: psycopg.Error) -> str:
    """The first line of PostgreSQL's message, without its detail: that one quotes the failing row."""
    message = error.diag.message_primary or type(error).__name__
    # Only a data exception's message quotes values; elsewhere quotes enclose names.
    return _QUOTED.sub('"…"', message) if (error.sqlstate or "").startswith("22") else message
