"""Who a source record is about: what ``identities.yml`` says of each system, beside its contracts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

import yaml
from psycopg.sql import SQL, Composable, Identifier
from pydantic import BaseModel, ConfigDict

from customer360.contracts import Contract

TOMBSTONE_NUMBER = "999999999999"
TOMBSTONE_TEXT = "erased"
TOMBSTONE_NAME = "Erased customer"
"""What stands for everybody who was erased. dbt_project.yml names the same, to make them one customer."""


class Device(BaseModel):
    """A column that knows the person's browser, in a table of the same system."""

    model_config = ConfigDict(extra="forbid")
    table: str
    column: str


class Identity(BaseModel):
    """The columns of a system's table of customers, as ``identities.yml`` explains them."""

    model_config = ConfigDict(extra="forbid")
    table: str
    name: str
    since: str
    id: str | None = None
    other_id: str | None = None
    email: str | None = None
    phone: str | None = None
    device: Device | None = None

    @property
    def columns(self) -> list[str]:
        """The columns that hold nothing but who somebody is."""
        return [c for c in (self.id, self.other_id, self.name, self.email, self.phone) if c]

    def known_as(self, values: Mapping[str, str | None]) -> str | None:
        """The customer id of a record, as ``int_customers__identified`` has it."""
        if self.id is not None:
            return _canonical(values.get(self.id))
        if mail := (values.get(self.email or "") or "").strip().lower():
            return mail
        if other := values.get(self.other_id or ""):
            return f"id:{other}"
        name = values.get(self.name)
        return f"name:{name.lower()}" if name else None

    def known_as_sql(self) -> Composable:
        """The same of a row ``r`` of raw."""
        if self.id is not None:
            return SQL("r.{}::text").format(Identifier(self.id))
        return SQL("coalesce(nullif(lower(trim(r.{})), ''), 'id:' || r.{}, 'name:' || lower(r.{}))").format(
            Identifier(self.email or ""), Identifier(self.other_id or ""), Identifier(self.name)
        )


def _canonical(text: str | None) -> str | None:
    # "0012" and "+12" are the number 12, as they are to PostgreSQL.
    stripped = (text or "").strip()
    digits = stripped.removeprefix("+")
    return (str(int(digits)) if digits.isdecimal() else stripped) or None


@cache
def identities() -> dict[str, Identity]:
    """The systems that have customers, by name."""
    read = yaml.safe_load((files("customer360.privacy") / "identities.yml").read_text(encoding="utf-8"))
    return {system: Identity.model_validate(entry) for system, entry in read.items()}


def identity_of(contract: Contract) -> Identity | None:
    """What the contract's table says of its customers; None where it is no table of customers."""
    identity = identities().get(contract.system)
    return identity if identity and identity.table == contract.table else None


def customer_tables(contracts: Sequence[Contract]) -> list[Contract]:
    """The contracts of tables whose records hang on a customer, parents before children."""
    found: dict[str, Contract] = {}
    for contract in contracts:
        if contract.feed is None and (identity_of(contract) or parents_of(contract, found)):
            found[contract.name] = contract
    return list(found.values())


def parents_of(contract: Contract, within: Mapping[str, Contract]) -> list[tuple[str, Contract]]:
    """The columns of ``contract`` that point to a table of ``within``, each with that table's contract."""
    return [
        (key.fields[0], within[key.reference.resource])
        for key in contract.table_schema.foreign_keys
        if key.reference.resource in within and key.reference.resource != contract.name
    ]


def tombstone_id(contract: Contract, field: str) -> str:
    """The id that stands for everybody erased, of the type of this column."""
    types = {known.name: known.type for known in contract.fields}
    return TOMBSTONE_NUMBER if types.get(field) in ("integer", "number") else TOMBSTONE_TEXT
