"""Source contracts: what a CSV file of a known kind must look like.

A contract is a Frictionless Data Resource descriptor (https://datapackage.org/standard/data-resource/)
with the pipeline's additions under ``customer360``.
"""

from customer360.contracts.catalogue import ContractError, contract_for, read_contracts
from customer360.contracts.model import Additions, Contract, Field, ForeignKey, Schema

__all__ = [
    "Additions",
    "Contract",
    "ContractError",
    "Field",
    "ForeignKey",
    "Schema",
    "contract_for",
    "read_contracts",
]
