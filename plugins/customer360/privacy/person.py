"""Finding everything that one person is known by, across all systems."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import psycopg
from psycopg.sql import SQL, Identifier, Literal

from customer360.contracts import Contract
from customer360.privacy.identities import (
    TOMBSTONE_NAME,
    Identity,
    identities,
    identity_of,
    tombstone_id,
)
from customer360.privacy.mentions import first_name_first, mention_pattern

Customer = tuple[str, str]
"""A system and the customer's id there, as ``int_customers__identified`` has them."""


class ErasureError(Exception):
    """Nobody can be erased like this; the message says why, without the person in it, and what to do."""

    runbook = "an-erasure-stopped"


@dataclass(frozen=True)
class Person:
    """What a person is known by.

    ``customers``: the person's records. ``emails``, ``phones``, ``names``: as they were ever delivered, but for
    those that somebody else has too, of whom there are ``shared``.
    """

    customers: frozenset[Customer]
    emails: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    shared: int = 0

    def ids(self, system: str) -> list[str]:
        """The person's ids in ``system``, in order."""
        return sorted(customer_id for of_system, customer_id in self.customers if of_system == system)

    @property
    def mentions(self) -> str | None:
        """A pattern for what a text may call the person; None where nothing is known."""
        return mention_pattern(self.emails, self.phones, self.names)


def customers_of_email(connection: psycopg.Connection, contracts: Sequence[Contract], email: str) -> set[Customer]:
    """The customer records that carry a mail address, in any version.

    Raises ErasureError when they are of several persons: then nobody can tell who is meant.
    """
    wanted, found = email.strip().lower(), {("decisions", email.strip().lower())}
    for contract, identity in _tables(connection, contracts):
        if identity.email:
            rows = connection.execute(
                SQL("select distinct {} from {} r where lower(trim(r.{})) = {}").format(
                    identity.known_as_sql(), _raw(contract), Identifier(identity.email), Literal(wanted)
                )
            )
            found |= {(contract.system, known) for (known,) in rows if known}
    keys = _keys_of(connection, found)
    if len(keys) > 1:
        raise ErasureError(
            f"{len(keys)} persons carry this mail address; name the one to erase by a system and the id there: "
            "customer360 erase --system care 1007."
        )
    return found


def linked(connection: psycopg.Connection, customers: Iterable[Customer]) -> set[Customer]:
    """``customers`` with every record that is the same person as one of them, by the last build or a crosswalk."""
    found = set(customers)
    while True:
        more = found | _same_person(connection, found) | _crosswalked(connection, found)
        if more == found:
            return found
        found = more


Called = dict[str, set[str]]
"""What somebody is called: values by ``email``, ``phone`` and ``name``."""


def describe(
    connection: psycopg.Connection,
    contracts: Sequence[Contract],
    customers: Iterable[Customer],
    called: Called | None = None,
) -> Person:
    """What these records say of their person, read from every version in raw; ``called``: what is known besides."""
    person = Person(frozenset(customers))
    tables = _tables(connection, contracts)
    kinds: Called = {kind: set((called or {}).get(kind, ())) for kind in ("email", "phone", "name")}
    for contract, identity in tables:
        for kind, known in kinds.items():
            if column := getattr(identity, kind):
                known |= _values(connection, contract, identity, column, person.ids(contract.system))
    kinds["email"] |= {known for system, known in person.customers if system == "decisions" and "@" in known}
    own = {kind: known - _of_others(connection, tables, person, kind, known) for kind, known in kinds.items()}
    shared = sum(len(kinds[kind] - own[kind]) for kind in kinds)
    return Person(person.customers, frozenset(own["email"]), frozenset(own["phone"]), frozenset(own["name"]), shared)


def known_customers(connection: psycopg.Connection, contracts: Sequence[Contract]) -> set[Customer]:
    """Every customer record in raw, or waiting for it, but for those that stand for the erased."""
    found: set[Customer] = set()
    for contract, identity in _tables(connection, contracts):
        rows = connection.execute(
            SQL("select distinct {} from {} r").format(identity.known_as_sql(), _raw(contract))
        ).fetchall()
        found |= {(contract.system, known) for (known,) in rows if known}
    return found - tombstones(contracts)


def tombstones(contracts: Sequence[Contract]) -> set[Customer]:
    """The customer records that stand for everybody who was erased, one a system."""
    return {
        (contract.system, tombstone_id(contract, identity.id) if identity.id else f"name:{TOMBSTONE_NAME.lower()}")
        for contract in contracts
        if contract.feed is None and (identity := identity_of(contract))
    }


def _tables(connection: psycopg.Connection, contracts: Sequence[Contract]) -> list[tuple[Contract, Identity]]:
    existing = {name for (name,) in connection.execute("select tablename from pg_tables where schemaname = 'raw'")}
    return [
        (contract, identity)
        for contract in contracts
        if contract.feed is None and (identity := identity_of(contract)) and contract.raw_table in existing
    ]


def _values(
    connection: psycopg.Connection, contract: Contract, identity: Identity, column: str, ids: list[str]
) -> set[str]:
    rows = connection.execute(
        SQL("select distinct trim(r.{}) from {} r where {} = any({}) and trim(r.{}) <> ''").format(
            Identifier(column), _raw(contract), identity.known_as_sql(), Literal(ids), Identifier(column)
        )
    )
    return {value for (value,) in rows}


def _of_others(
    connection: psycopg.Connection,
    tables: Sequence[tuple[Contract, Identity]],
    person: Person,
    kind: str,
    values: set[str],
) -> set[str]:
    """Those of ``values`` that another customer's record has too, in whatever spelling."""
    held: set[str] = set()
    for contract, identity in tables:
        if column := getattr(identity, kind):
            mine = Literal(person.ids(contract.system))
            rows = connection.execute(
                SQL("select distinct trim(r.{}) from {} r where r.{} is not null and {} <> all({})").format(
                    Identifier(column), _raw(contract), Identifier(column), identity.known_as_sql(), mine
                )
            )
            held |= {_spelling(kind, value) for (value,) in rows}
    return {value for value in values if _spelling(kind, value) in held}


def _spelling(kind: str, value: str) -> str:
    if kind == "phone":
        return "".join(c for c in value if c.isdecimal()).removeprefix("00")
    spelled = " ".join(value.lower().split())
    return first_name_first(spelled) if kind == "name" else spelled


def _keys_of(connection: psycopg.Connection, customers: Iterable[Customer]) -> set[int]:
    if not _exists(connection, "intermediate.int_customers__identified"):
        return set()
    rows = connection.execute(
        "select distinct customer_key from intermediate.int_customers__identified"
        " join unnest(%s::text[], %s::text[]) as c (system, source_customer_id) using (system, source_customer_id)",
        _columns(customers),
    )
    return {key for (key,) in rows}


def _same_person(connection: psycopg.Connection, customers: Iterable[Customer]) -> set[Customer]:
    if not (keys := _keys_of(connection, customers)):
        return set()
    rows = connection.execute(
        "select system, source_customer_id from intermediate.int_customers__identified where customer_key = any(%s)",
        [list(keys)],
    )
    return set(rows.fetchall())


def _crosswalked(connection: psycopg.Connection, customers: Iterable[Customer]) -> set[Customer]:
    # A crosswalk delivered a moment ago is in no build yet.
    if not _exists(connection, "raw.identity__crosswalk"):
        return set()
    rows = connection.execute(
        "select left_system, trim(left_customer_id), right_system, trim(right_customer_id) from raw.identity__crosswalk"
    ).fetchall()
    known = set(customers)
    pairs = [((ls, _as_known(ls, li)), (rs, _as_known(rs, ri))) for ls, li, rs, ri in rows]
    return {end for pair in pairs if known & set(pair) for end in pair if end[0] in identities()}


def _as_known(system: str, customer_id: str) -> str:
    return customer_id.lower() if system == "decisions" else customer_id


def _exists(connection: psycopg.Connection, relation: str) -> bool:
    row = connection.execute("select to_regclass(%s) is not null", [relation]).fetchone()
    return bool(row and row[0])


def _columns(customers: Iterable[Customer]) -> list[list[str]]:
    listed = list(customers)
    return [[system for system, _ in listed], [customer_id for _, customer_id in listed]]


def _raw(contract: Contract) -> Identifier:
    return Identifier("raw", contract.raw_table)


@dataclass(frozen=True)
class Newcomer:
    """A customer record with a mail address: when the customer came, and when the warehouse first heard of it."""

    customer: Customer
    email: str
    since: date | None
    first_loaded: datetime


def newcomers(connection: psycopg.Connection, contracts: Sequence[Contract]) -> list[Newcomer]:
    """The customer records that carry a mail address."""
    found = []
    for contract, identity in _tables(connection, contracts):
        if identity.id and identity.email:
            rows = connection.execute(
                SQL(
                    "select {known}, lower(trim(r.{email})), min(r.{since}::date), min(r._loaded_at) from {raw} r"
                    " where trim(r.{email}) <> '' group by 1, 2"
                ).format(
                    known=identity.known_as_sql(),
                    email=Identifier(identity.email),
                    since=Identifier(identity.since),
                    raw=_raw(contract),
                )
            )
            found += [Newcomer((contract.system, known), email, since, first) for known, email, since, first in rows]
    return found
