"""What becomes of the records of delivered files that are about an erased person."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from customer360.contracts import Contract
from customer360.privacy.identities import Identity, identities, identity_of, parents_of, tombstone_id
from customer360.privacy.mentions import MENTION_ERASED
from customer360.privacy.person import Called, Customer
from customer360.privacy.traces import Traces

Changed = dict[str, str | None]


class Record(Protocol):
    """A record of a file: its number, text, values by column, columns no contract knows, and whether it is whole."""

    @property
    def number(self) -> int: ...
    @property
    def text(self) -> str: ...
    @property
    def values(self) -> dict[str, str]: ...
    @property
    def extra(self) -> tuple[str, ...]: ...
    @property
    def is_whole(self) -> bool: ...


class FileErasure:
    """Says for each record of one file what becomes of it.

    ``feed_records``: numbers of the person's records in a file of another shape, whose columns name no customer as
    raw does. ``removed``: what stands for a record that goes.
    """

    def __init__(self, traces: Traces, contract: Contract, feed_records: set[int], removed: Changed):
        self._traces = traces
        self._contract = contract
        self._feed_records = feed_records
        self._removed = removed
        self._pattern = re.compile(traces.person.mentions, re.IGNORECASE) if traces.person.mentions else None
        self._treatment = traces.treatment(contract) if contract.feed is None else None
        self._searched = self._searched_columns()
        self._has_tombstone = False

    def __call__(self, record: Record) -> Changed | None:
        """The record's new values, or None where it stays as it is."""
        if self._treatment is None:
            is_theirs = record.number in self._feed_records or (not record.is_whole and self.mentioned(record.text))
            # It stays as an empty record, so that the numbers of those behind it stay right.
            return dict.fromkeys(record.values) if is_theirs else self._without_mentions(record)
        if self._contract.system == "identity":
            return self._removed if self._links(record) else None
        values = canonical(record, self._contract)
        if not self._traces.is_about(self._contract, values):
            self._has_tombstone |= self._is_tombstone(values)
            if not record.is_whole:
                return self._removed if self.mentioned(record.text) else None
            return self._without_mentions(record)
        if not record.is_whole or self._treatment.removed or self._is_second_tombstone(record):
            return self._removed
        return self._neutral(record) or None

    def mentioned(self, text: str) -> bool:
        """Whether a text mentions the person."""
        return bool(self._pattern and self._pattern.search(text))

    def _searched_columns(self) -> set[str]:
        if self._contract.feed:
            return {field.name for field in self._contract.fields}
        return set(self._traces.searched(self._contract)) if self._contract.name in self._traces.tables else set()

    def _without_mentions(self, record: Record) -> Changed | None:
        if not self.mentioned(record.text):
            return None
        columns = self._searched | set(record.extra)
        changed = {name: self._cleaned(value) for name, value in record.values.items() if name in columns}
        return {name: value for name, value in changed.items() if value != record.values[name]} or None

    def _cleaned(self, value: str) -> str:
        return self._pattern.sub(MENTION_ERASED, value) if self._pattern else value

    def _neutral(self, record: Record) -> Changed:
        assert self._treatment is not None
        formats = {field.name: field for field in self._contract.fields}
        changed: Changed = {}
        for name, value in self._treatment.values.items():
            if name in record.values:
                changed[name] = _as_written(value, formats[name].format)
        device = self._traces.device_column(self._contract)
        if device and device in record.values:
            changed[device] = self._traces.ledger.pseudonym(record.values[device])
        changed |= dict.fromkeys(record.extra)
        return {name: value for name, value in changed.items() if (value or "") != record.values[name]}

    def _identity(self) -> Identity | None:
        return identity_of(self._contract)

    def _is_tombstone(self, values: Mapping[str, str | None]) -> bool:
        identity = self._identity()
        return bool(identity and identity.id and values.get(identity.id) == tombstone_id(self._contract, identity.id))

    def _is_second_tombstone(self, record: Record) -> bool:
        """Whether the file has a record that stands for the erased already, whose key no other may have."""
        identity = self._identity()
        if identity is None or identity.id is None or identity.id not in record.values:
            return False
        is_second, self._has_tombstone = self._has_tombstone, True
        return is_second

    def _links(self, record: Record) -> bool:
        ends = (("left_system", "left_customer_id"), ("right_system", "right_customer_id"))
        return any(
            crosswalked(record.values.get(system, ""), record.values.get(known, "")) in self._traces.person.customers
            for system, known in ends
        )


def crosswalked(system: str, customer_id: str) -> Customer:
    """A customer as a crosswalk names it."""
    system, customer_id = system.strip(), customer_id.strip()
    return system, customer_id.lower() if system == "decisions" else customer_id


def customers_in(record: Record, contract: Contract, tables: Mapping[str, Contract]) -> dict[Customer, Called]:
    """The customers that a record of a file names, each with what it calls them."""
    if contract.feed or contract.system not in identities():
        return {}
    values = canonical(record, contract)
    found: dict[Customer, Called] = {}
    for column, parent in parents_of(contract, tables):
        of_parent, known = identity_of(parent), values.get(column)
        if of_parent and of_parent.id and known:
            found[contract.system, known] = {}
    if (identity := identity_of(contract)) and (known := identity.known_as(values)):
        columns = {"email": identity.email, "phone": identity.phone, "name": identity.name}
        found[contract.system, known] = {
            kind: {value.strip()} for kind, column in columns.items() if column and (value := values.get(column))
        }
    return found


def canonical(record: Record, contract: Contract) -> dict[str, str | None]:
    """The record's values as raw has them: whole numbers without zeros in front, missing values as None."""
    values: dict[str, str | None] = dict(record.values)
    for field in contract.fields:
        value = record.values.get(field.name)
        if value is None or value in contract.missing_values(field):
            values[field.name] = None
        elif field.type == "integer":
            digits = value.strip().removeprefix("+")
            values[field.name] = str(int(digits)) if digits.isdecimal() else value
        elif contract.postgres_type(field) == "uuid":
            values[field.name] = value.strip().lower()
    identity = identity_of(contract)
    if identity and identity.id and identity.id not in record.values and contract.customer360.key_when_absent:
        values[identity.id] = str(record.number)
    return values


def _as_written(value: str | None, form: str) -> str | None:
    return value if value is None or form == "default" else datetime.fromisoformat(value).strftime(form)
