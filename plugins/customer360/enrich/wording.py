"""What the wording of a message must not hold, whoever wrote it."""

from __future__ import annotations

import re
import unicodedata

FIRST_NAME = "{{first_name}}"
"""The one placeholder there is. It is filled when a message is published, so no name is in a prompt or a draft."""

SUBJECT_LENGTH = (5, 60)
BODY_LENGTH = (40, 320)

_FORBIDDEN = {
    r"[\w.+-]+@[\w-]+": "It has a mail address; leave it out.",
    r"(?:\d[\s().-]?){6,}": "It has a long number, such as a phone number or an id; leave it out.",
    r"\b(?:dear|hello|hi|hey)\s+(?=[^\W\d_])(?!(?:there|again|from)\b)": f"It greets somebody else; use {FIRST_NAME}.",
    r"\b(?:https?|ftp)\b|\bwww\.|\b[a-z0-9-]+\.[a-z]{2,24}\b": "It has a link; leave links out.",
    r"[$€£₹¥%]|\bper\s?cent\b|\b(?:usd|eur|inr|gbp|rs)\b|\b(?:dollars?|euros?|rupees?|pounds?)\b": (
        "It has a price or a percentage; leave prices out."
    ),
    (
        r"\b(?:guarante\w*|promis\w*|free|discounts?|refund\w*|compensat\w*|reimburs\w*|half[\s-]price|half off"
        r"|within \S+ (?:minutes?|hours?|days?|weeks?)|risk[\s-]free|no risk|lifetime|forever|gifts?|vouchers?"
        r"|cash\s?back|credit(?:s|ed)?|we will pay|never again|entitled)\b"
    ): "It makes a promise that nobody approved; leave it out.",
    r"[{}\[\]<>]|%\w|\b(?:tbd|todo|xxx+|lorem|first_name|last_name|your name|customer name)\b": (
        f"It has a placeholder that nothing fills; {FIRST_NAME} is the only one."
    ),
}
_PATTERNS = {re.compile(pattern, re.IGNORECASE): sentence for pattern, sentence in _FORBIDDEN.items()}


def faults_in(subject: str, body: str) -> list[str]:
    """What is wrong with a message, a sentence each; none quotes the message, which may hold personal data."""
    return [f"Subject: {fault}" for fault in _faults(subject, *SUBJECT_LENGTH)] + [
        f"Body: {fault}" for fault in _faults(body, *BODY_LENGTH)
    ]


def _faults(text: str, shortest: int, longest: int) -> list[str]:
    # Letters that only look like others would pass the patterns; full-width ones become plain.
    plain = unicodedata.normalize("NFKC", text)
    faults = []
    if not shortest <= len(plain.strip()) <= longest:
        faults.append(f"It has {len(plain.strip())} characters; use {shortest} to {longest}.")
    if any(unicodedata.category(character)[0] == "C" for character in plain):
        faults.append("It has a line break or an invisible character; leave it out.")
    if any(character.isalpha() and not character.isascii() for character in plain):
        faults.append("It has letters outside the English alphabet; write it in English.")
    without_name = plain.replace(FIRST_NAME, "")
    return faults + [sentence for pattern, sentence in _PATTERNS.items() if pattern.search(without_name)]
