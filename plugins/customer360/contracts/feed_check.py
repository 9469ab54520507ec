"""Whether feeds fit the tables they feed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from customer360.contracts.errors import ContractError
from customer360.contracts.feed import Feed, Mapped
from customer360.contracts.model import Contract


def check_feeds(contracts: Sequence[Contract]) -> None:
    """Raises ContractError where a feed names what is not there, or lacks what its table needs."""
    by_name = {contract.name: contract for contract in contracts}
    fed: dict[tuple[str, str], list[str]] = defaultdict(list)
    for contract in contracts:
        if contract.feed:
            _check(contract, contract.feed, by_name[contract.feed.contract])
            fed[contract.path, contract.feed.contract].append(contract.name)
    for (path, table), names in fed.items():
        if len(names) > 1:
            raise ContractError(f"{' and '.join(names)} both feed {table} from {path}; a file feeds a table once.")


def _check(contract: Contract, feed: Feed, table: Contract) -> None:
    if table.feed:
        raise ContractError(f"{contract.name} feeds {table.name}, which is a feed itself; name the table's contract.")
    known = {field.name for field in table.fields}
    if unknown := sorted(feed.mapped.keys() - known):
        raise ContractError(f"{contract.name} feeds {', '.join(unknown)}, which {table.name} does not have.")
    fields = {field.name for field in contract.fields}
    if unknown := sorted({name for column in feed.mapped.values() for name in column.sources()} - fields):
        raise ContractError(f"{contract.name} feeds from {', '.join(unknown)}, which is no field of its schema.")
    needed = {f.name for f in table.fields if f.constraints.required and not table.may_lack(f)} | set(table.primary_key)
    if missing := sorted(needed - feed.mapped.keys()):
        raise ContractError(f"{contract.name} lacks {', '.join(missing)}, which {table.name} needs.")
    for name, column in feed.mapped.items():
        _check_keys(contract, table, name, column)


def _check_keys(contract: Contract, table: Contract, name: str, column: Mapped) -> None:
    if column.key and table.primary_key != [name]:
        raise ContractError(f"{contract.name} makes a key for {name}, which is not the key of {table.name}.")
    parents = [key.reference.resource for key in table.table_schema.foreign_keys if key.fields == [name]]
    if column.reference and column.reference not in parents:
        raise ContractError(
            f"{contract.name} has {name} refer to {column.reference}, and {table.name} has it point to "
            f"{' or '.join(parents) or 'nothing'}."
        )
    for part in column.parts:
        if isinstance(part, Mapped) and (part.key or part.reference):
            raise ContractError(f"{contract.name} has a key within {name}; keys are whole columns.")
