"""How each system spells a person's name, mail address, phone number and id."""

from __future__ import annotations

from customer360.sample import words as w
from customer360.sample.population import SYSTEMS, Population

DESK_MAIL = "info@example.com"
"""A mailbox that many shop accounts were opened with."""


class Spelling:
    """Spells persons the way ``system`` has them on file: in its format, with its gaps and its typing."""

    def __init__(self, population: Population, system: str) -> None:
        self._people = population
        self._system = system
        self._roll = population.roll[SYSTEMS.index(system)]

    def customer_id(self, person: int) -> str:
        """The id of the person there; a mail address at the decision desk."""
        if self._system == "decisions":
            return self.own_mail(person)
        number = int(self._people.ids[self._system][person])
        return f"SHP-{number:06X}" if self._system == "shop" else str(number)

    def name(self, person: int) -> str:
        """Full name, now and then an initial or lower case."""
        first = w.FIRST_NAMES[self._people.first_name[person]]
        last = w.LAST_NAMES[self._people.last_name[person]]
        roll = self._roll[person] % 100
        if self._system == "notifications" and roll < 10:
            return f"{first[0]}. {last}"
        if self._system == "shop" and roll < 8:
            return f"{first} {last}".lower()
        if self._system == "care" and roll < 5:
            return f"{last}, {first}"
        return f"{first} {last}"

    def own_mail(self, person: int) -> str:
        """The person's own mail address in its plain form; nobody else's."""
        first = w.FIRST_NAMES[self._people.first_name[person]].lower()
        last = self._last(person)
        local = (f"{first}.{last}{person}", f"{first[0]}{last}{person}", f"{first}_{person}")[person % 3]
        return f"{local}@{w.MAIL_DOMAINS[person % len(w.MAIL_DOMAINS)]}"

    def mail(self, person: int) -> str:
        """The mail address on file, empty where there is none."""
        roll = self._roll[person]
        if self._system != "crm" and roll % 100 < {"care": 14, "shop": 4}.get(self._system, 0):
            return ""
        address = self._address(person)
        if roll % 10 == 3:
            return address.title() if roll % 20 == 3 else address.upper()
        return f" {address}" if roll % 50 == 4 else address

    def _address(self, person: int) -> str:
        """Own, family's or company's mailbox; in care and CRM only one person can have the shared one."""
        people = self._people
        if self._system == "shop" and people.uses_desk_mail[person]:
            return DESK_MAIL
        head = int(people.household[person])
        shared = bool(people.shares_mail[person])
        holder = {"care": person == head, "crm": person != head, "shop": True}.get(self._system, False)
        if shared and holder:
            return f"family.{self._last(person)}{head}@example.net"
        if self._system != "decisions" and self._roll[person] % 25 == 9:
            return f"{self._last(person)}.{person}@work.example.org"
        return self.own_mail(person)

    def phone(self, person: int) -> str:
        """The phone number on file, empty where there is none.

        Numbers start with 555 after the country's code, a range no operator gives to subscribers. The
        members of a household share a number, but in the CRM, which wants one number for one customer.
        """
        roll = self._roll[person]
        missing = {"care": 10, "crm": 8, "shop": 30}[self._system]
        head = int(self._people.household[person])
        if (roll // 7) % 100 < missing or (self._system == "crm" and head != person):
            return ""
        code = w.DIALLING_CODES[self._people.country[person]]
        digits = f"555{head:07d}"
        groups = (
            f"+{code}-{digits[:5]}-{digits[5:]}",
            f"+{code} {digits[:5]} {digits[5:]}",
            f"00{code}{digits}",
            f"+{code}{digits}",
            f"(+{code}) {digits[:5]}-{digits[5:]}",
        )
        usual = {"care": 0, "crm": 1, "shop": 3}[self._system]
        return groups[usual if roll % 4 else roll % 5]

    def _last(self, person: int) -> str:
        return w.LAST_NAMES[self._people.last_name[person]].lower().replace("'", "")
