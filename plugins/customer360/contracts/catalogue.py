"""Reading contracts and finding the one a file falls under."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import yaml
from pydantic import ValidationError

from customer360.contracts.errors import ContractError
from customer360.contracts.feed_check import check_feeds
from customer360.contracts.model import Contract

SOURCES = Path(__file__).parent / "sources"


def read_contracts(*folders: Path) -> list[Contract]:
    """The contracts of the five systems, preceded by those found in ``folders``.

    A later contract of the same name is replaced by an earlier folder's, so a landing folder's own
    ``contracts/`` can describe an export that differs. Ordered so that a table comes after the
    tables its foreign keys point to.

    Raises ContractError when a file is no contract, references form a circle, a feed does not fit its table or
    a table that others refer to is declared a snapshot.
    """
    contracts: dict[str, Contract] = {}
    for folder in (*folders, SOURCES):
        for path in sorted(folder.rglob("*.yml")):
            contract = _read(path)
            contracts.setdefault(contract.name, contract)
    ordered = _parents_first(contracts)
    check_feeds(ordered)
    _check_snapshots(ordered)
    return ordered


def contracts_for(path: str, contracts: Iterable[Contract]) -> list[Contract]:
    """The contracts whose path pattern matches ``path`` (relative to the landing folder).

    Of several matching patterns the longest, hence most specific, wins; a feed wins over the table's own
    contract of the same pattern. A file may feed several tables, so all feeds with that pattern are given.
    """
    matching = [contract for contract in contracts if fnmatchcase(path, contract.path)]
    best = max(matching, key=lambda contract: (len(contract.path), contract.feed is not None), default=None)
    if best is None or best.feed is None:
        return [best] if best else []
    return [contract for contract in matching if contract.feed and contract.path == best.path]


def target_of(contract: Contract, contracts: Iterable[Contract]) -> Contract:
    """The contract of the table that the records go to: the fed one's, else the contract itself."""
    feed = contract.feed
    return next(other for other in contracts if other.name == feed.contract) if feed else contract


def _read(path: Path) -> Contract:
    try:
        return Contract.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, ValidationError) as error:
        raise ContractError(f"{path.name} is not a source contract: {error}") from error


def _check_snapshots(contracts: Sequence[Contract]) -> None:
    # A key that a snapshot lacks is closed, and what refers to it would be left without its parent.
    snapshots = {contract.name for contract in contracts if contract.customer360.delivery == "snapshot"}
    for contract in contracts:
        for key in contract.table_schema.foreign_keys:
            if key.reference.resource in snapshots and key.reference.resource != contract.name:
                raise ContractError(
                    f"{key.reference.resource} is declared a snapshot, and {contract.name} refers to it: records that "
                    "others need cannot be closed. Declare it an upsert; a file may still hold the whole table."
                )


def _parents_first(contracts: dict[str, Contract]) -> list[Contract]:
    ordered: dict[str, Contract] = {}

    def visit(name: str, below: Sequence[str]) -> None:
        if name in ordered:
            return
        if name in below:
            raise ContractError(f"Foreign keys form a circle: {' → '.join((*below, name))}.")
        if name not in contracts:
            raise ContractError(f"{below[-1]} points to {name}, and there is no such contract.")
        for key in contracts[name].table_schema.foreign_keys:
            if key.reference.resource != name:
                visit(key.reference.resource, (*below, name))
        if feed := contracts[name].feed:
            visit(feed.contract, (*below, name))
        ordered[name] = contracts[name]

    for name in contracts:
        visit(name, ())
    return list(ordered.values())
