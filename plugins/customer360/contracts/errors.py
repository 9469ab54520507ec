"""What can go wrong with contracts."""

from __future__ import annotations


class ContractError(Exception):
    """A contract cannot be read; the message says which and why."""
