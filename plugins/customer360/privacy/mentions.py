"""Mail addresses, phone numbers and names of a person, wherever a text mentions them."""

from __future__ import annotations

import re
from collections.abc import Iterable

MENTION_ERASED = "[erased]"
_DIGITS_OF_A_PHONE = 7


def mention_pattern(emails: Iterable[str], phones: Iterable[str], names: Iterable[str]) -> str | None:
    """A regular expression for every spelling of these, read alike by Python and PostgreSQL (ignoring case).

    None where there is nothing to look for.
    """
    spelled = {re.escape(email) for email in emails}
    spelled |= {pattern for phone in phones if (pattern := _phone(phone))}
    spelled |= {pattern for name in names for pattern in _name(name)}
    if not spelled:
        return None
    # Longest first: of two that begin alike the shorter would leave the end of the longer standing.
    return rf"(?<!\w)(?:{'|'.join(sorted(spelled, key=lambda s: (-len(s), s)))})(?!\w)"


def first_name_first(name: str) -> str:
    """Zoya Iyer, also where it is written "Iyer, Zoya"."""
    return re.sub(r"^([^,]+),\s*(.+)$", r"\2 \1", name.strip())


def _phone(phone: str) -> str | None:
    digits = re.sub(r"\D", "", phone)
    digits = digits.removeprefix("00")
    if len(digits) < _DIGITS_OF_A_PHONE:
        return None
    return r"(?:\+|00)?" + r"[ ().\-/]{0,2}".join(digits)


def _name(name: str) -> list[str]:
    """The name as it stands and with the last name first; none where it is a single word, which says too little."""
    words = [re.escape(word) for word in first_name_first(name).split()]
    if len(words) < 2:
        return []
    *first, last = words
    return [r"\s+".join(words), last + r",\s*" + r"\s+".join(first)]
