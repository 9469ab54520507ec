"""A slow and simple reading of contracts: every reason a record of a file breaks its contract."""

from __future__ import annotations

import csv
import ipaddress
import json
import re
import uuid
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from customer360.contracts import Contract, Field, read_contracts

CONTRACTS = {f"{c.system}/{c.table}.csv": c for c in read_contracts()}
HASH = re.compile(r"\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}|\$argon2|eyJ[\w-]+\.[\w-]+\.")


def records(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Number and cells of each data record, the first of which is 1."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = csv.reader(stream)
        next(rows)
        yield from enumerate(rows, start=1)


def columns(path: Path, contract: Contract) -> list[str]:
    """The file's columns by their names in the contract."""
    names = {field.name.lower(): field.name for field in contract.table_schema.fields}
    for name, spellings in contract.customer360.aliases.items():
        names.update({spelling.lower(): name for spelling in spellings})
    with path.open(encoding="utf-8", newline="") as stream:
        return [names[title.lower()] for title in next(csv.reader(stream))]


def rows(folder: Path, file: str) -> list[dict[str, str]]:
    """The records of one file as dictionaries by contract names; those too short lack their last columns."""
    path = folder / file
    names = columns(path, CONTRACTS[file])
    return [dict(zip(names, cells, strict=False)) for _, cells in records(path)]


def faults(folder: Path, file: str) -> dict[int, list[str]]:
    """Reasons by record number: fields, types, ranges, required values, hashes, keys and parents."""
    contract, path = CONTRACTS[file], folder / file
    names = columns(path, contract)
    fields = {field.name: field for field in contract.table_schema.fields}
    parents = _parents(folder, contract)
    seen: dict[tuple[str, ...], set[tuple[str, ...]]] = {key: set() for key in _unique_keys(contract)}
    found: dict[int, list[str]] = {}
    for number, cells in records(path):
        reasons = []
        if len(cells) != len(names):
            found[number] = [f"{len(cells)} fields"]
            continue
        record = dict(zip(names, cells, strict=True))
        for name, cell in record.items():
            reasons += [f"{name}: {reason}" for reason in _cell_faults(contract, fields[name], cell)]
        reasons += _repeated(record, seen)
        for columns_, known in parents:
            value = tuple(record[name] for name in columns_)
            if all(value) and value not in known:
                reasons.append(f"{columns_}: no parent")
        if reasons:
            found[number] = reasons
    return found


def _unique_keys(contract: Contract) -> list[tuple[str, ...]]:
    keys = [tuple(contract.primary_key)] if contract.primary_key else []
    keys += [(f.name,) for f in contract.table_schema.fields if f.constraints.unique]
    return keys + [tuple(key) for key in contract.customer360.unique]


def _repeated(record: dict[str, str], seen: dict[tuple[str, ...], set[tuple[str, ...]]]) -> list[str]:
    reasons = []
    for key, values in seen.items():
        value = tuple(record[name] for name in key)
        if all(value) and value in values:
            reasons.append(f"{key}: repeated")
        values.add(value)
    return reasons


def _parents(folder: Path, contract: Contract) -> list[tuple[tuple[str, ...], set[tuple[str, ...]]]]:
    by_name = {c.name: file for file, c in CONTRACTS.items()}
    return [
        (
            tuple(key.fields),
            {
                tuple(row.get(name, "") for name in key.reference.fields)
                for row in rows(folder, by_name[key.reference.resource])
            },
        )
        for key in contract.table_schema.foreign_keys
    ]


def _cell_faults(contract: Contract, field: Field, cell: str) -> list[str]:
    limits = field.constraints
    if cell == "":
        return ["required"] if limits.required else []
    if HASH.search(cell) and field.name not in contract.customer360.secret:
        return ["hash"]
    try:
        value = _typed(contract, field, cell)
    except (ValueError, InvalidOperation):
        return [f"no {contract.postgres_type(field)}"]
    reasons = []
    if limits.enum and cell not in limits.enum:
        reasons.append("not in the list")
    if limits.minimum is not None and value < Decimal(str(limits.minimum)):
        reasons.append("too small")
    if limits.maximum is not None and value > Decimal(str(limits.maximum)):
        reasons.append("too big")
    if limits.max_length is not None and len(cell) > limits.max_length:
        reasons.append("too long")
    return reasons


def _typed(contract: Contract, field: Field, cell: str) -> object:
    kind = contract.postgres_type(field)
    if kind == "uuid":
        return uuid.UUID(cell)
    if kind == "inet":
        return ipaddress.ip_address(cell)
    if match := re.fullmatch(r"numeric\((\d+),(\d+)\)", kind):
        value, (digits, scale) = Decimal(cell), map(int, match.groups())
        if round(value, scale) != value or abs(value) >= 10 ** (digits - scale):
            raise ValueError(kind)
        return value
    if field.type in ("integer", "number"):
        return Decimal(int(cell)) if field.type == "integer" else Decimal(cell)
    if field.type == "boolean":
        return (field.true_values + field.false_values).index(cell)
    if field.type == "date":
        return date.fromisoformat(cell)
    if field.type == "datetime":
        return datetime.strptime(cell, "%Y-%m-%d %H:%M:%S")
    return json.loads(cell) if field.type in ("array", "object") else cell
