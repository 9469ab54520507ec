"""Records whose parent is not here: they wait in ``quarantine.waiting_records`` and come back with it.

A file's own records are checked in the transaction that loads it, so that a load that is killed leaves
no unchecked record behind. Files are loaded parents first, so a parent of the same delivery is there.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import psycopg
from psycopg.sql import SQL, Composable, Identifier, Literal

from customer360.contracts import Contract, ForeignKey
from customer360.load.raw_tables import LOAD_COLUMNS, raw_table


def set_orphans_aside(
    connection: psycopg.Connection, contract: Contract, contracts: Sequence[Contract], load_id: int
) -> int:
    """Move the records of a load whose parent is not in raw to the waiting ones; returns how many."""
    keys = contract.table_schema.foreign_keys
    if not keys:
        return 0
    reasons = SQL(", ").join(_reason(contract, key, contracts) for key in keys)
    statement = SQL(
        "with orphans as (delete from {raw} r where r._load_id = {load} and not ({has_parents})"
        " returning r._load_id, r._source_file, r._record_number, to_jsonb(r) as record,"
        " array_remove(array[{reasons}]::text[], null) as reasons)"
        ' insert into quarantine.waiting_records (load_id, system, "table", file, record_number, record, reasons)'
        " select _load_id, {system}, {table}, _source_file, _record_number, record, reasons from orphans"
    ).format(
        raw=raw_table(contract),
        load=Literal(load_id),
        has_parents=_has_parents(keys, contracts, contract),
        reasons=reasons,
        system=Literal(contract.system),
        table=Literal(contract.table),
    )
    moved = 0
    while count := connection.execute(statement).rowcount:
        moved += count
        if not any(key.reference.resource == contract.name for key in keys):
            break
    return moved


def release_waiting(
    connection: psycopg.Connection, contract: Contract, contracts: Sequence[Contract], run_id: int
) -> int:
    """Move the waiting records whose parents are all in raw back into it; returns how many.

    To be called for parents before children: a record released here is a parent at once.
    """
    keys = contract.table_schema.foreign_keys
    names = [*(field.name for field in contract.fields), *LOAD_COLUMNS]
    mine = SQL('w.system = {} and w."table" = {}').format(Literal(contract.system), Literal(contract.table))
    statement = SQL(
        "with ready as (delete from quarantine.waiting_records where (load_id, record_number) in ("
        "  select w.load_id, w.record_number from quarantine.waiting_records w"
        "  cross join lateral jsonb_populate_record(null::{raw}, w.record) r"
        "  where {mine} and {has_parents}) returning record)"
        " insert into {raw} ({columns}) select {values} from ready cross join lateral"
        " jsonb_populate_record(null::{raw},"
        " ready.record || jsonb_build_object('_run_id', {run}::bigint, '_loaded_at', now())) r"
    ).format(
        raw=raw_table(contract),
        mine=mine,
        has_parents=_has_parents(keys, contracts, contract) if keys else SQL("true"),
        columns=SQL(", ").join(map(Identifier, names)),
        values=SQL(", ").join(Identifier("r", name) for name in names),
        run=Literal(run_id),
    )
    released = 0
    while count := connection.execute(statement).rowcount:
        released += count
        if not any(key.reference.resource == contract.name for key in keys):
            break
    return released


def waiting(connection: psycopg.Connection, systems: Collection[str]) -> dict[str, int]:
    """How many records of ``systems`` wait, per ``system.table``."""
    return dict(
        connection.execute(
            "select system || '.' || \"table\", count(*) from quarantine.waiting_records where system = any(%s)"
            " group by 1 order by 1",
            [list(systems)],
        ).fetchall()
    )


def _has_parents(keys: Sequence[ForeignKey], contracts: Sequence[Contract], child: Contract) -> Composable:
    """Whether every parent that row ``r`` names is there."""
    return SQL(" and ").join(
        SQL("({} or {})").format(_names_none(key), _parent_exists(key, contracts, child)) for key in keys
    )


def _names_none(key: ForeignKey) -> Composable:
    return SQL(" or ").join(SQL("{} is null").format(Identifier("r", name)) for name in key.fields)


def _parent_exists(key: ForeignKey, contracts: Sequence[Contract], child: Contract) -> Composable:
    parent = _parent(key, contracts)
    types = {
        contract.name: {f.name: contract.postgres_type(f) for f in contract.fields} for contract in (parent, child)
    }
    equal = []
    for name, parents_name in zip(key.fields, key.reference.fields, strict=True):
        # Comparing text with text only where the types differ keeps the parent's index usable.
        same = types[child.name][name] == types[parent.name][parents_name]
        pattern = SQL("p.{} = r.{}") if same else SQL("p.{}::text = r.{}::text")
        equal.append(pattern.format(Identifier(parents_name), Identifier(name)))
    return SQL("exists (select from {} p where {})").format(raw_table(parent), SQL(" and ").join(equal))


def _parent(key: ForeignKey, contracts: Sequence[Contract]) -> Contract:
    return next(contract for contract in contracts if contract.name == key.reference.resource)


def _reason(contract: Contract, key: ForeignKey, contracts: Sequence[Contract]) -> Composable:
    parent = _parent(key, contracts)
    if set(key.fields) & set(contract.customer360.pii):
        names: Composable = Literal(", ".join(key.fields))
    else:
        named = SQL(", ").join(
            SQL("concat({}, {})").format(Literal(f"{name} "), Identifier("r", name)) for name in key.fields
        )
        names = SQL("concat_ws(' and ', {})").format(named)
    return SQL("case when not ({}) and not {} then {} || {} end").format(
        _names_none(key),
        _parent_exists(key, contracts, contract),
        names,
        Literal(f" is in no {parent.table} file"),
    )
