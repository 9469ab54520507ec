"""Recognising credentials, so that none is stored."""

from __future__ import annotations

import re

import numpy as np

# What every bcrypt hash, argon2 hash or JSON web token contains: finding it is fast, matching is not.
_HASH, _TOKEN = b"$", b"eyJ"
_HASHES = (b"$2", b"$argon2")
_VALUES = re.compile(
    rb"\$2[abxy]\$\d\d\$"
    rb"|\$argon2(?:id|i|d)\$"
    rb"|eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]*"
)
_NAMES = re.compile(
    r"(?:.*[ _-])?(?:password|passwd|pwd|passphrase|secret|api[ _-]?key|private[ _-]?key|token)"
    r"(?:[ _-](?:hash|digest|salt))?",
    re.IGNORECASE,
)


def may_hold_credential(data: bytes) -> bool:
    """Whether ``data`` is worth a closer look."""
    return (_HASH in data and any(hint in data for hint in _HASHES)) or _TOKEN in data


def holds_credential(data: bytes) -> bool:
    """Whether a bcrypt or argon2 hash or a JSON web token stands in ``data``."""
    return may_hold_credential(data) and _VALUES.search(data) is not None


def credential_places(data: bytes) -> list[int]:
    """Where bcrypt and argon2 hashes and JSON web tokens begin in ``data``."""
    content = np.frombuffer(data, np.uint8)
    # In a whole block looking for the rarest letter of the three is faster than for the word.
    ends = np.flatnonzero(content[2:] == _TOKEN[2])
    has_token = (content[ends] == _TOKEN[0]) & (content[ends + 1] == _TOKEN[1])
    if not has_token.any() and not any(_HASH in data and hint in data for hint in _HASHES):
        return []
    return [found.start() for found in _VALUES.finditer(data)]


def names_credential(column: str) -> bool:
    """Whether a column of this name, unknown to the contract, would hold credentials."""
    return _NAMES.fullmatch(column) is not None
