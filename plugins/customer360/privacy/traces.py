"""Which records of raw are about a person, and what of them leads on to further records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import psycopg
from psycopg.sql import SQL, Composable, Identifier, Literal

from customer360.contracts import Contract
from customer360.privacy.identities import customer_tables, identities, identity_of, parents_of
from customer360.privacy.ledger import Ledger
from customer360.privacy.neutral import Treatment, treatment
from customer360.privacy.person import Person


@dataclass
class Traces:
    """What a record has to name to be about the person.

    ``keys``: of each contract by name the keys of the person's records. ``devices``: the person's browsers, each
    with its pseudonym. ``records``: of each load the numbers of the person's records.
    """

    person: Person
    tables: dict[str, Contract]
    ledger: Ledger
    keys: dict[str, list[str]] = field(default_factory=dict)
    devices: dict[str, str] = field(default_factory=dict)
    records: dict[int, set[int]] = field(default_factory=dict)

    def treatment(self, contract: Contract) -> Treatment:
        """How a record of this table is treated."""
        return treatment(contract, self.tables)

    def device_column(self, contract: Contract) -> str | None:
        """The column of this table that knows the person's browser."""
        device = identities()[contract.system].device
        return device.column if device and device.table == contract.table else None

    def searched(self, contract: Contract) -> list[str]:
        """The columns of anybody's records that may mention the person: texts that are neither keys nor identity."""
        keys = {*contract.primary_key, *(column for column, _ in parents_of(contract, self.tables))}
        identity = identity_of(contract)
        if identity and identity.id:
            return []
        keys |= set(identity.columns) if identity else set()
        return [
            f.name
            for f in contract.fields
            if f.name not in keys and f.type in ("string", "object") and not f.constraints.enum
            and contract.postgres_type(f).startswith(("text", "varchar", "jsonb"))
        ]  # fmt: skip

    def is_about(self, contract: Contract, values: Mapping[str, str | None]) -> bool:
        """Whether a record of a file is about the person."""
        identity = identity_of(contract)
        if identity and identity.known_as(values) in self.person.ids(contract.system):
            return True
        if any(values.get(column) in named for column, named in self._named(contract)):
            return True
        device = self.device_column(contract)
        browser = values.get(device) if device else None
        if browser is None or values.get(self._customer_column(contract)):
            return False
        return self.ledger.pseudonym(browser) in self.devices.values()

    def is_about_sql(self, contract: Contract) -> Composable:
        """Whether a row ``r`` of raw is about the person."""
        conditions = []
        if identity := identity_of(contract):
            conditions.append(
                SQL("{} = any({})").format(identity.known_as_sql(), Literal(self.person.ids(contract.system)))
            )
        for column, named in self._named(contract):
            conditions.append(SQL("r.{}::text = any({})").format(Identifier(column), Literal(named)))
        if device := self.device_column(contract):
            conditions.append(
                SQL("r.{} is null and r.{} = any({})").format(
                    Identifier(self._customer_column(contract)), Identifier(device), Literal(list(self.devices))
                )
            )
        return SQL(" or ").join(SQL("({})").format(condition) for condition in conditions)

    def _named(self, contract: Contract) -> list[tuple[str, list[str]]]:
        return [(column, self.keys.get(parent.name, [])) for column, parent in parents_of(contract, self.tables)]

    def _customer_column(self, contract: Contract) -> str:
        return next(column for column, parent in parents_of(contract, self.tables) if identity_of(parent))


def find_traces(
    connection: psycopg.Connection, contracts: Sequence[Contract], person: Person, ledger: Ledger
) -> Traces:
    """Follow the person through raw, from the tables of customers to whatever points to their records."""
    existing = {name for (name,) in connection.execute("select tablename from pg_tables where schemaname = 'raw'")}
    tables = {c.name: c for c in customer_tables(contracts) if c.raw_table in existing}
    traces = Traces(person, tables, ledger)
    for contract in tables.values():
        if column := traces.device_column(contract):
            rows = connection.execute(
                SQL("select distinct r.{} from {} r where {}").format(
                    Identifier(column), _raw(contract), traces.is_about_sql(contract)
                )
            ).fetchall()
            traces.devices = {device: ledger.pseudonym(device) for (device,) in rows}
        key = SQL("r.{}::text").format(Identifier(contract.primary_key[0])) if contract.primary_key else SQL("null")
        rows = connection.execute(
            SQL("select {}, r._load_id, r._record_number from {} r where {}").format(
                key, _raw(contract), traces.is_about_sql(contract)
            )
        ).fetchall()
        traces.keys[contract.name] = sorted({key for key, _, _ in rows if key is not None})
        for _, load_id, number in rows:
            traces.records.setdefault(load_id, set()).add(number)
        if (identity := identity_of(contract)) and identity.id:
            # A person's facts may have come without the person.
            traces.keys[contract.name] = sorted({*traces.keys[contract.name], *person.ids(contract.system)})
    return traces


def _raw(contract: Contract) -> Identifier:
    return Identifier("raw", contract.raw_table)
