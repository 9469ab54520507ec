"""Connections to the warehouse, each as the role its step has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg

OWNER = "owner"
"""Stands for the owner of the warehouse wherever a role is named."""


class WarehouseError(Exception):
    """The warehouse cannot be used; the message says why and what to do."""

    runbook = "the-warehouse-does-not-answer"


@dataclass(frozen=True)
class Warehouse:
    """A PostgreSQL database and the passwords of its roles."""

    owner_url: str = field(repr=False)
    passwords: Mapping[str, str] = field(repr=False)

    def url(self, role: str = OWNER) -> str:
        """The ``postgresql://`` URL of the database as ``role`` sees it, password included.

        Raises WarehouseError when there is no such role.
        """
        if role == OWNER:
            return self.owner_url
        if role not in self.passwords:
            known = ", ".join((OWNER, *self.passwords))
            raise WarehouseError(f"There is no role {role!r} in the warehouse; the roles are {known}.")
        parts = urlsplit(self.owner_url)
        address = parts.netloc.rpartition("@")[2]
        return urlunsplit(parts._replace(netloc=f"{role}:{quote(self.passwords[role], safe='')}@{address}"))

    def connect(self, role: str = OWNER, *, autocommit: bool = False) -> psycopg.Connection:
        """A connection as ``role``, its session in UTC.

        Raises WarehouseError when the server does not answer or refuses.
        """
        try:
            return psycopg.connect(
                self.url(role),
                autocommit=autocommit,
                options="-c timezone=UTC",
                application_name="customer360",
            )
        except psycopg.OperationalError as error:
            raise WarehouseError(
                f"The warehouse does not let {role} in: {error}. "
                "Start it with `customer360 warehouse start`, or mend CUSTOMER360_WAREHOUSE_URL."
            ) from error

    def in_database(self, name: str) -> Warehouse:
        """The same server, another database of it."""
        return Warehouse(urlunsplit(urlsplit(self.owner_url)._replace(path=f"/{name}")), self.passwords)
