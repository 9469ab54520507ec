"""The crosswalk file, which links some accounts of one person, and the truth about all of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from customer360.sample import columns as c
from customer360.sample.calendar import stream
from customer360.sample.columns import Chunk
from customer360.sample.population import SYSTEMS, Population
from customer360.sample.spelling import Spelling

LINKS = (
    ("notifications", "crm", 0.8),
    ("shop", "crm", 0.08),
    ("care", "crm", 0.06),
    ("decisions", "crm", 0.2),
)
"""Share of the persons known to both systems whose accounts the crosswalk links."""


class Identity:
    """Chunks of the crosswalk, and who is who."""

    def __init__(self, seed: int, people: Population) -> None:
        self._people = people
        self._rng = stream(seed, "identity.crosswalk")
        self._spellings = {system: Spelling(people, system) for system in SYSTEMS}

    def links(self) -> Iterator[tuple[str, Chunk]]:
        """The chunks of identity-crosswalk."""
        number = 1
        for left, right, share in LINKS:
            both = np.flatnonzero(self._people.known[left] & self._people.known[right])
            linked = both[self._rng.random(len(both)) < share]
            if len(linked):
                yield (
                    "identity-crosswalk",
                    {
                        "crosswalk_id": c.numbers(np.arange(number, number + len(linked))),
                        "left_system": c.texts([left] * len(linked)),
                        "left_customer_id": self._ids(left, linked),
                        "right_system": c.texts([right] * len(linked)),
                        "right_customer_id": self._ids(right, linked),
                    },
                )
                number += len(linked)

    def accounts(self) -> Iterator[tuple[str, str, str]]:
        """Person, system and id there of every account of a person."""
        for person in range(len(self._people)):
            for system in SYSTEMS:
                if self._people.known[system][person]:
                    yield person_id(person), system, self._spellings[system].customer_id(person)

    def _ids(self, system: str, persons: np.ndarray) -> c.Column:
        spelling = self._spellings[system]
        return c.Column(persons, lambda part: [spelling.customer_id(person) for person in part.tolist()])


def person_id(person: int) -> str:
    """How the truth files name a person."""
    return f"P{person + 1:07d}"


def company_id(company: int) -> str:
    """How the truth files name a company of the decision desk."""
    return f"C{company + 1:07d}"
