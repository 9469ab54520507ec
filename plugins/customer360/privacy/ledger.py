"""The ledger of erasures: who must not come back, as keyed hashes that nobody can turn into a person.

The key lies in the home, not in the database: whoever has one alone learns nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from customer360.privacy.person import Customer, ErasureError
from customer360.warehouse.local import write_secret

KEY_FILE = "erasure-key"
PSEUDONYM = "erased-"


@dataclass(frozen=True)
class Ledger:
    """The ledger in the warehouse, and its key."""

    key: bytes

    @classmethod
    def opened(cls, connection: psycopg.Connection, home: Path) -> Ledger:
        """The ledger with the home's key, which is made where nobody was erased yet.

        Raises ErasureError when the key is gone: without it nobody who was erased would be known again.
        """
        path = home / KEY_FILE
        if path.exists():
            return cls(bytes.fromhex(path.read_text().strip()))
        if not is_empty(connection):
            raise ErasureError(
                f"{path} is missing, and without it the {KEY_FILE} ledger knows nobody again; restore it from the "
                "backup of the home."
            )
        home.mkdir(parents=True, exist_ok=True)
        key = secrets.token_bytes(32)
        write_secret(path, key.hex())
        return cls(key)

    def hash_of(self, kind: str, value: str) -> bytes:
        """The keyed hash of an identifier."""
        return hmac.digest(self.key, f"{kind}:{value}".encode(), hashlib.sha256)

    def pseudonym(self, value: str) -> str:
        """A name that is the same for the same value and says nothing of it."""
        return value if value.startswith(PSEUDONYM) else PSEUDONYM + self.hash_of("device", value).hex()[:16]

    def enter(
        self, connection: psycopg.Connection, run_id: int, customers: Iterable[Customer], emails: Iterable[str]
    ) -> int:
        """Enter an erasure that begins; returns its number."""
        row = connection.execute(
            "insert into privacy.erasures (run_id) values (%s) returning erasure_id", [run_id]
        ).fetchone()
        assert row is not None
        self.add(connection, row[0], customers, emails)
        return row[0]

    def add(
        self, connection: psycopg.Connection, erasure_id: int, customers: Iterable[Customer], emails: Iterable[str]
    ) -> None:
        """Add identifiers to an erasure; those it has already change nothing."""
        hashes = [("customer", self.hash_of(system, customer_id)) for system, customer_id in customers]
        hashes += [("email", self.hash_of("email", email.strip().lower())) for email in emails]
        # The desk knows its customers by their mail address, so it may bring the person back under it.
        hashes += [("customer", self.hash_of("decisions", email.strip().lower())) for email in emails]
        with connection.cursor() as cursor:
            cursor.executemany(
                "insert into privacy.erased_identifiers (erasure_id, kind, keyed_hash) values (%s, %s, %s)"
                " on conflict do nothing",
                [(erasure_id, kind, digest) for kind, digest in hashes],
            )

    def recognised(self, connection: psycopg.Connection, customers: Iterable[Customer]) -> dict[int, set[Customer]]:
        """Those of ``customers`` that were erased, by erasure."""
        hashes = {self.hash_of(system, customer_id): (system, customer_id) for system, customer_id in customers}
        found: dict[int, set[Customer]] = {}
        for erasure_id, digest in connection.execute(
            "select erasure_id, keyed_hash from privacy.erased_identifiers where kind = 'customer'"
        ):
            if customer := hashes.get(bytes(digest)):
                found.setdefault(erasure_id, set()).add(customer)
        return found

    def erased_emails(self, connection: psycopg.Connection) -> dict[bytes, tuple[int, datetime]]:
        """The keyed hash of every erased mail address, with the erasure and its time."""
        rows = connection.execute(
            "select keyed_hash, erasure_id, entered_at from privacy.erased_identifiers join privacy.erasures"
            " using (erasure_id) where kind = 'email'"
        )
        return {bytes(digest): (erasure_id, entered_at) for digest, erasure_id, entered_at in rows}


def is_empty(connection: psycopg.Connection) -> bool:
    """Whether nobody was ever erased."""
    row = connection.execute("select exists (select from privacy.erasures)").fetchone()
    return not (row and row[0])


def unfinished(connection: psycopg.Connection) -> list[int]:
    """The erasures that began and did not end, oldest first."""
    rows = connection.execute("select erasure_id from privacy.erasures where finished_at is null order by erasure_id")
    return [erasure_id for (erasure_id,) in rows]


def count(connection: psycopg.Connection, erasure_ids: Sequence[int], counts: dict[str, int]) -> None:
    """Add to what the receipts of these erasures say was found, place by place."""
    for erasure_id in erasure_ids:
        row = connection.execute(
            "select receipt from privacy.erasures where erasure_id = %s for update", [erasure_id]
        ).fetchone()
        receipt: dict[str, Any] = row[0] if row else {}
        for place, number in counts.items():
            receipt[place] = receipt.get(place, 0) + number
        connection.execute(
            "update privacy.erasures set receipt = %s where erasure_id = %s", [Jsonb(receipt), erasure_id]
        )


def finish(connection: psycopg.Connection, erasure_ids: Sequence[int]) -> None:
    """Close erasures whose every step is done."""
    connection.execute(
        "update privacy.erasures set finished_at = clock_timestamp() where erasure_id = any(%s)", [list(erasure_ids)]
    )


def receipt_of(connection: psycopg.Connection, erasure_id: int) -> dict[str, int]:
    """What was found of the person, place by place."""
    row = connection.execute("select receipt from privacy.erasures where erasure_id = %s", [erasure_id]).fetchone()
    return dict(row[0]) if row else {}
