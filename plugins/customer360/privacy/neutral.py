"""What becomes of a record that is about an erased person: the same for rows of raw and for records of files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from customer360.contracts import Contract, Field
from customer360.privacy.identities import TOMBSTONE_NAME, identity_of, parents_of, tombstone_id

ERASED = "erased"
ERASED_MAIL = "erased@erased.invalid"
_ERASED_DAY = "1900-01-01"


@dataclass(frozen=True)
class Treatment:
    """How records of a table are made to say nothing of a person.

    ``values``: the new value of each column, None for a missing one. ``removed``: whether the record goes,
    because a table may hold it once a customer, and all who were erased share one.
    """

    values: dict[str, str | None]
    removed: bool


def treatment(contract: Contract, tables: Mapping[str, Contract]) -> Treatment:
    """How the records of ``contract`` are treated; ``tables``: all tables whose records hang on a customer."""
    identity = identity_of(contract)
    personal = set(contract.customer360.pii)
    values: dict[str, str | None] = {}
    for field in contract.fields:
        if identity and field.name == identity.id:
            values[field.name] = tombstone_id(contract, field.name)
        elif field.name in personal or (identity and identity.id and not field.constraints.required):
            values[field.name] = _neutral(contract, field)
    for column, parent in parents_of(contract, tables):
        of_parent = identity_of(parent)
        if of_parent and of_parent.id:
            values[column] = tombstone_id(contract, column)
    return Treatment(values, identity is None and _once_a_customer(contract, tables))


def _once_a_customer(contract: Contract, tables: Mapping[str, Contract]) -> bool:
    pointing = {column for column, parent in parents_of(contract, tables) if (i := identity_of(parent)) and i.id}
    unique = [contract.primary_key, *contract.customer360.unique]
    unique += [[field.name] for field in contract.fields if field.constraints.unique]
    return any(pointing & set(key) for key in unique)


def _neutral(contract: Contract, field: Field) -> str | None:
    identity = identity_of(contract)
    if identity and field.name == identity.name:
        return TOMBSTONE_NAME
    if not field.constraints.required:
        return None
    if identity and field.name == identity.email:
        return ERASED_MAIL
    if field.type in ("date", "datetime"):
        return _ERASED_DAY if field.type == "date" else f"{_ERASED_DAY} 00:00:00"
    if field.type in ("integer", "number"):
        return str(int(field.constraints.minimum or 0))
    return {"boolean": field.false_values[0], "array": "[]", "object": "{}"}.get(field.type, ERASED)
