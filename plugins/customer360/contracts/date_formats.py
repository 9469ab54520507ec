"""Dates and instants written otherwise than ISO 8601, as strptime's directives describe them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

# What each directive matches, as Python's strptime does, in syntax that PostgreSQL shares.
DIRECTIVES: dict[str, str] = {
    "d": "0?[1-9]|[12][0-9]|3[01]",
    "m": "0?[1-9]|1[0-2]",
    "b": "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec",
    "B": "January|February|March|April|May|June|July|August|September|October|November|December",
    "y": "[0-9]{2}",
    "Y": "[0-9]{4}",
    "H": "[01]?[0-9]|2[0-3]",
    "I": "0?[1-9]|1[0-2]",
    "p": "AM|PM",
    "M": "[0-5]?[0-9]",
    "S": "[0-5]?[0-9]",
    "f": "[0-9]{1,6}",
    "z": "Z|[+-][0-9]{2}:?[0-9]{2}",
}
CENTURY_TURNS_AT = 69
"""Years of two digits from this one on are of the 20th century, as strptime has it."""


@dataclass(frozen=True)
class DateFormat:
    """``pattern``: a regular expression with one group per directive. ``groups``: directive to its number."""

    pattern: str
    groups: dict[str, int]

    def reference(self, directive: str) -> str:
        """The directive's group in a replacement text."""
        return f"\\{self.groups[directive]}"

    @property
    def iso(self) -> str:
        """The replacement text that makes an ISO value of a match, without the century where ``%y`` is used."""
        month = next(name for name in "mbB" if name in self.groups)
        year = "Y" if "Y" in self.groups else "y"
        text = f"{self.reference(year)}-{self.reference(month)}-{self.reference('d')}"
        hour = next((name for name in "HI" if name in self.groups), None)
        if hour is None:
            return text
        text += f" {self.reference(hour)}:{self.reference('M') if 'M' in self.groups else '00'}"
        text += f":{self.reference('S') if 'S' in self.groups else '00'}"
        text += f".{self.reference('f')}" if "f" in self.groups else ""
        text += f" {self.reference('p')}" if "p" in self.groups else ""
        return text + (f" {self.reference('z')}" if "z" in self.groups else "")


def read_format(text: str, kind: Literal["date", "datetime"] | str) -> DateFormat:
    """The format that ``text``, such as ``%d-%m-%Y %H:%M``, describes.

    Raises ValueError when it has an unknown directive or does not say a whole date.
    """
    pattern, groups = "", dict[str, int]()
    for part in re.findall(r"%.?|[^%]+", text, re.DOTALL):
        if not part.startswith("%"):
            pattern += re.escape(part)
            continue
        directive = part[1:]
        if directive == "%":
            pattern += "%"
            continue
        if directive not in DIRECTIVES:
            known = " ".join(f"%{name}" for name in DIRECTIVES)
            raise ValueError(f"the format {text!r} has {part!r}; known are {known}")
        if directive in groups:
            raise ValueError(f"the format {text!r} has {part} twice")
        groups[directive] = len(groups) + 1
        pattern += f"({DIRECTIVES[directive]})"
    _refuse_incomplete(text, kind, set(groups))
    return DateFormat(f"^{pattern}$", groups)


def _refuse_incomplete(text: str, kind: str, given: set[str]) -> None:
    for choices in ("d", "mbB", "yY"):
        if len(given & set(choices)) != 1:
            wanted = " or ".join(f"%{name}" for name in choices)
            raise ValueError(f"the format {text!r} must have one of {wanted}")
    if ("I" in given) != ("p" in given) or {"H", "I"} <= given:
        raise ValueError(f"the format {text!r} must have either %H or both %I and %p")
    if kind == "date" and given & set("HIpMSfz"):
        raise ValueError(f"the format {text!r} has a time of day, and its field is a date")
    has_hour = bool(given & {"H", "I"})
    if (given & set("MSfz") and not has_hour) or ("S" in given and "M" not in given) or ("f" in given) > ("S" in given):
        raise ValueError(f"the format {text!r} has a part of a time of day without the greater one")
