"""Matching the columns of a file to the fields of its contract."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from customer360.contracts import Contract, Field
from customer360.load.credentials import names_credential
from customer360.load.errors import FileRefused

MAX_COLUMNS = 1500
"""PostgreSQL's tables have at most 1600 columns."""


@dataclass(frozen=True)
class Header:
    """Where the columns of a file are. Positions count from 0.

    ``names``: as delivered, trimmed. ``positions``: field name to position, of stored fields.
    ``unknown``: position to name of columns the contract does not know and that are kept in ``_extra``.
    ``dropped``: positions that are never stored, for they hold secrets. ``drift``: how the header differs from the
    contract's fields, empty where it does not; ``FileResult`` says what is in it.
    """

    names: tuple[str, ...]
    positions: dict[str, int]
    unknown: dict[int, str]
    dropped: frozenset[int]
    key_is_record_number: bool
    drift: dict[str, list[str]]

    @property
    def kept(self) -> list[int]:
        """The positions that are stored, in their order."""
        return [position for position in range(len(self.names)) if position not in self.dropped]


def match_header(delivered: Sequence[str], contract: Contract) -> Header:
    """The header of a file under its contract.

    Raises FileRefused when it is no header, names a column twice, lacks a required one or, where the contract
    refuses drift, differs from it.
    """
    names = tuple(name.strip() or f"column {place}" for place, name in enumerate(delivered, 1))
    fields = _fields_by_name(contract)
    found = {position: fields.get(name.casefold()) for position, name in enumerate(names)}
    if not any(found.values()):
        wanted = ", ".join(field.name for field in contract.table_schema.fields[:3])
        raise FileRefused(
            f"It has no header: its first line names no column of {contract.name}; "
            f"the first line must name the columns, such as {wanted}."
        )
    if len(names) > MAX_COLUMNS:
        raise FileRefused(f"It has {len(names)} columns, more than the {MAX_COLUMNS} that can be stored.")
    _refuse_doubles(names, found)
    positions = {field.name: position for position, field in found.items() if field}
    _refuse_missing(positions, contract)
    secret = set(contract.customer360.secret)
    unknown = {position: names[position] for position, field in found.items() if field is None}
    credentials = {position for position, name in unknown.items() if names_credential(name)}
    known = {position: name for position, name in unknown.items() if position not in credentials}
    drift = {
        "ignored_columns" if contract.customer360.drift == "freeze" else "unknown_columns": list(known.values()),
        "dropped_columns": [names[position] for position in sorted(credentials)],
        "absent_columns": [f.name for f in contract.fields if f.name not in positions],
        "renamed_columns": [
            f"{names[position]} for {name}"
            for name, position in positions.items()
            if names[position].casefold() != name.casefold()
        ],
        "reordered_columns": _reordered(positions, contract),
    }
    if contract.customer360.drift == "refuse":
        _refuse_drift(drift, contract)
    return Header(
        names=names,
        positions={name: position for name, position in positions.items() if name not in secret},
        unknown={} if contract.customer360.drift == "freeze" else known,
        dropped=frozenset(credentials | {positions[name] for name in secret if name in positions}),
        key_is_record_number=_key_is_record_number(positions, contract),
        drift={kind: columns for kind, columns in drift.items() if columns},
    )


def _reordered(positions: dict[str, int], contract: Contract) -> list[str]:
    """The fields in the order of the file, where that is not the contract's."""
    delivered = sorted(positions, key=lambda name: positions[name])
    declared = [field.name for field in contract.table_schema.fields if field.name in positions]
    return [] if delivered == declared else delivered


def _refuse_drift(drift: dict[str, list[str]], contract: Contract) -> None:
    new = [*drift["unknown_columns"], *drift["dropped_columns"]]
    differences = [f"has {', '.join(new)}"] if new else []
    differences += [f"lacks {', '.join(drift['absent_columns'])}"] if drift["absent_columns"] else []
    if differences:
        raise FileRefused(
            f"Its header {' and '.join(differences)}, unlike {contract.name}, which refuses files that drift; "
            "export it as before, or declare the columns or another drift policy in the contract."
        )


def _fields_by_name(contract: Contract) -> dict[str, Field]:
    aliases = contract.customer360.aliases
    fields = contract.table_schema.fields
    by_alias = {alias.strip().casefold(): field for field in fields for alias in aliases.get(field.name, [])}
    return by_alias | {field.name.casefold(): field for field in fields}


def _refuse_doubles(names: Sequence[str], found: dict[int, Field | None]) -> None:
    columns = Counter(
        field.name if (field := found[position]) else name.casefold() for position, name in enumerate(names)
    )
    if doubles := [name for name, count in columns.items() if count > 1]:
        raise FileRefused(f"Its header names {', '.join(doubles)} more than once; each column may stand once.")


def _refuse_missing(positions: dict[str, int], contract: Contract) -> None:
    missing = [
        field.name
        for field in contract.table_schema.fields
        if field.name not in positions and not contract.may_lack(field)
    ]
    if missing:
        raise FileRefused(
            f"Its header lacks the required column{'s' if len(missing) > 1 else ''} {', '.join(missing)}; "
            f"export the file with all columns of {contract.name}."
        )


def _key_is_record_number(positions: dict[str, int], contract: Contract) -> bool:
    return contract.customer360.key_when_absent == "record_number" and not any(
        name in positions for name in contract.primary_key
    )
