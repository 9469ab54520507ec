"""Source contracts: what a CSV file of a known kind must look like.

A contract is a Frictionless Data Resource descriptor (https://datapackage.org/standard/data-resource/)
with the pipeline's additions under ``customer360``.
"""

from customer360.contracts.catalogue import contracts_for, read_contracts, target_of
from customer360.contracts.errors import ContractError
from customer360.contracts.feed import Feed, Mapped
from customer360.contracts.model import Additions, Contract, Dialect, Field, Footer, ForeignKey, QuarantineLimit, Schema

__all__ = [
    "Additions",
    "Contract",
    "ContractError",
    "Dialect",
    "Feed",
    "Field",
    "Footer",
    "ForeignKey",
    "Mapped",
    "QuarantineLimit",
    "Schema",
    "contracts_for",
    "read_contracts",
    "target_of",
]
