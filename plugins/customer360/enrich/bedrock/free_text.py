"""Free text that leaves the warehouse: without what says who somebody is, and no longer than it need be."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable

_PATTERNS = (
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*"), "[mail]"),
    (re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE), "[link]"),
    (
        re.compile(
            r"\b\d+[\w/-]*,?(?:\s+[\w.'-]+){1,4}?\s+(?:street|st|road|rd|avenue|ave|lane|drive|nagar|marg)\b\.?",
            re.IGNORECASE,
        ),
        "[address]",
    ),
    # Ids such as CRM-1234 or ACC 2210, then phone numbers and every other long number.
    (re.compile(r"\b(?:[A-Z]{2,}[-_ #]?|[A-Za-z]+[-_#]?)\d{3,}\b"), "[id]"),
    (re.compile(r"\+?\d(?:[\s().-]{0,2}\d){6,}|\d{4,}"), "[number]"),
)
_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_SHORTEST_PART = 3


def scrubbed(text: str, *, personal_values: Iterable[str], personal_words: Collection[str], length: int) -> str:
    """``text`` without mail addresses, numbers, links, addresses, and names; cut to ``length`` characters.

    ``personal_values``: what says who it is about, taken out as a whole and word by word. ``personal_words``: words,
    in lower case, of anybody's name or place, taken out where they begin with a capital.
    """
    plain = unicodedata.normalize("NFKC", text)
    plain = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in plain)
    values = sorted({value.strip() for value in personal_values if value.strip()}, key=len, reverse=True)
    for value in values:
        plain = re.sub(re.escape(value), "[name]", plain, flags=re.IGNORECASE)
    for pattern, instead in _PATTERNS:
        plain = pattern.sub(instead, plain)
    own = {part.lower() for value in values for part in _WORD.findall(value) if len(part) >= _SHORTEST_PART}

    def without_name(found: re.Match[str]) -> str:
        word = found.group().lower().removesuffix("'s").removesuffix("’s")
        is_name = word in own or (found.group()[0].isupper() and word in personal_words)
        return "[name]" if is_name else found.group()

    return _WORD.sub(without_name, plain)[:length]
