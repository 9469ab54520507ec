"""Records that share a key with another: the later one is quarantined.

Works on a file whose valid records are in ``raw`` already, in the same transaction, and moves
what it finds to the temporary table ``rejected``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np
import psycopg
from psycopg.sql import SQL, Composable, Identifier, Literal

from customer360.contracts import Contract
from customer360.load.check import TRUE, FieldSql, unique_sets
from customer360.load.errors import FileRefused
from customer360.load.header import Header
from customer360.load.order import delivery_order
from customer360.load.raw_tables import raw_table


@dataclass(frozen=True)
class BeyondDoubt:
    """The records of a load that went into raw without ``incoming``.

    ``fetch``: copies those of the given numbers into ``incoming``. ``told_apart``: the keys that no two of them share.
    """

    fetch: Callable[[np.ndarray], None]
    told_apart: Collection[tuple[str, ...]]


def reject_duplicates(
    connection: psycopg.Connection,
    contract: Contract,
    header: Header,
    fields: list[FieldSql],
    load_id: int,
    any_rejected: bool,
    blockwise: BeyondDoubt | None,
) -> int:
    """Move the records that share a key with another to ``rejected``; returns how many."""
    found = 0
    for key in [contract.primary_key, *unique_sets(contract)]:
        # A column the file lacks is the same for all its records, so it tells none apart.
        delivered = [name for name in key if name in header.positions]
        if not delivered:
            continue
        if any_rejected or found:
            _add_reason_to_rejected(connection, contract, delivered, fields, load_id)
        # First the values that stored records hold: their owner, delivered again, must not lose to an intruder.
        if key != contract.primary_key and _has_stored_versions(connection, contract, header, load_id):
            found += _reject(connection, contract, _taken(contract, key, load_id), blockwise)
        suspected: Composable = TRUE
        if blockwise and tuple(delivered) in blockwise.told_apart:
            suspected = _suspected(connection, delivered, fields)
        found += _reject(connection, contract, _later(contract, delivered, load_id, suspected), blockwise)
    return found


def settle_equal_records(connection: psycopg.Connection, contract: Contract, policy: str, load_id: int) -> int:
    """Count the records that equal an earlier one of their load in every stored value, and drop them if so declared.

    ``policy``: keep, drop or refuse. Raises FileRefused where it is refuse and there are any.
    """
    if policy == "keep" and contract.primary_key:
        return 0
    columns = SQL(", ").join(Identifier(name) for name in [*(field.name for field in contract.fields), "_extra"])
    numbered = SQL(
        "select ctid, row_number() over (partition by {} order by _record_number) as copy from {} where _load_id = {}"
    ).format(columns, raw_table(contract), Literal(load_id))
    if policy == "drop":
        return connection.execute(
            SQL(
                "with numbered as materialized ({}) delete from {} x using numbered n"
                " where x.ctid = n.ctid and n.copy > 1"
            ).format(numbered, raw_table(contract))
        ).rowcount
    row = connection.execute(SQL("select count(*) from ({}) n where n.copy > 1").format(numbered)).fetchone()
    equal = row[0] if row else 0
    if equal and policy == "refuse":
        raise FileRefused(
            f"{equal} of its records equal an earlier one in every value, which its contract refuses; "
            "export it without them or declare that they are kept or dropped."
        )
    return equal


def _suspected(connection: psycopg.Connection, key: list[str], fields: list[FieldSql]) -> Composable:
    """Whether a record of raw may share a key with another where only those that were in ``incoming`` can."""
    by_name = {field.field.name: field for field in fields}
    connection.execute("drop table if exists suspected")
    connection.execute(
        SQL(
            "create temporary table suspected on commit drop as select distinct {} from incoming i"
            " where i.fault is null"
            " and not exists (select from rejected where rejected.record_number = i.record_number)"
        ).format(SQL(", ").join(SQL("{} as {}").format(by_name[name].typed, Identifier(name)) for name in key))
    )
    connection.execute("analyze suspected")
    columns = SQL(", ").join(map(Identifier, key))
    return SQL("({0}) in (select {0} from suspected)").format(columns)


def _later(contract: Contract, key: list[str], load_id: int, suspected: Composable) -> Composable:
    """The records of the load that have the key of an earlier one of it; all that share one are ``suspected``."""
    columns = SQL(", ").join(map(Identifier, key))
    present = SQL(" and ").join(SQL("{} is not null").format(Identifier(name)) for name in key)
    shared = SQL(
        "select min(_record_number) as first, {columns} from {raw} where _load_id = {load} and {present}"
        " and {suspected} group by {columns} having count(*) > 1"
    ).format(columns=columns, raw=raw_table(contract), load=Literal(load_id), present=present, suspected=suspected)
    return SQL(
        "select x.ctid as place, x._record_number, {} || shared.first as reason from {} x join ({}) shared on {}"
        " where x._load_id = {} and x._record_number > shared.first"
    ).format(
        Literal(f"same {_listed(key)} as record "),
        raw_table(contract),
        shared,
        _equal(key, "x", "shared"),
        Literal(load_id),
    )


def _add_reason_to_rejected(
    connection: psycopg.Connection,
    contract: Contract,
    key: list[str],
    fields: list[FieldSql],
    load_id: int,
) -> None:
    by_name = {field.field.name: field for field in fields}
    values = SQL(", ").join(
        SQL("case when {} then {} end as {}").format(by_name[name].valid or TRUE, by_name[name].typed, Identifier(name))
        for name in key
    )
    # Only the first of the records with a key counts: to pair all of them would take the square of their number.
    connection.execute(
        SQL(
            "with bad as materialized (select i.record_number, {values} from incoming i"
            " join rejected using (record_number) where i.fault is null),"
            " firsts as (select min(_record_number) as first, {columns} from {raw} where _load_id = {load}"
            " and ({columns}) in (select {columns} from bad) group by {columns})"
            " update rejected set reasons = reasons || ({text} || firsts.first) from bad join firsts on {equal}"
            " where firsts.first < bad.record_number and bad.record_number = rejected.record_number"
        ).format(
            values=values,
            columns=SQL(", ").join(map(Identifier, key)),
            raw=raw_table(contract),
            load=Literal(load_id),
            text=Literal(f"same {_listed(key)} as record "),
            equal=_equal(key, "bad", "firsts"),
        )
    )


def _has_stored_versions(connection: psycopg.Connection, contract: Contract, header: Header, load_id: int) -> bool:
    """Whether another key's current version may hold a value: a snapshot replaces all there is."""
    if not contract.primary_key or contract.customer360.delivery != "upsert" or header.key_is_record_number:
        return False
    row = connection.execute(
        SQL("select exists (select from {} where _load_id <> {})").format(raw_table(contract), Literal(load_id))
    ).fetchone()
    return row is not None and row[0]


def takes_values(connection: psycopg.Connection, contract: Contract, load_id: int) -> bool:
    """Whether a record of a load that is in ``raw`` has a unique value of another primary key's current version."""
    if not contract.primary_key or contract.customer360.delivery != "upsert":
        return False
    return any(
        connection.execute(SQL("select exists ({})").format(_taken(contract, key, load_id))).fetchone() == (True,)
        for key in unique_sets(contract)
    )


def _taken(contract: Contract, key: list[str], load_id: int) -> Composable:
    """The records of the load whose unique value is that of the current version of another primary key.

    A key delivered with another value in the same file has given its value up, and a record of a late file
    that is not the current version of its own key takes nothing.
    """
    primary = contract.primary_key
    shows_key = not set(primary) & set(contract.customer360.pii)
    holder = (
        SQL("concat_ws(' ', {})").format(
            SQL(", ").join(SQL("{}, s.{}").format(Literal(name), Identifier(name)) for name in primary)
        )
        if shows_key
        else Literal("another record")
    )
    return SQL(
        "select x.ctid as place, x._record_number, {text} || min({holder}) || ', which is stored already' as reason"
        " from {raw} x join ops.loaded_files x_load on x_load.load_id = x._load_id"
        " join {raw} s on {same} and not ({own}) and s._load_id <> {load}"
        " join ops.loaded_files s_load on s_load.load_id = s._load_id"
        " where x._load_id = {load} and not exists (select from {raw} newer"
        " join ops.loaded_files newer_load on newer_load.load_id = newer._load_id"
        " where {newer_than_s} and {newer_order} > {s_order} and (newer._load_id <> {load} or ({kept}) is not true))"
        " and not exists (select from {raw} newer"
        " join ops.loaded_files newer_load on newer_load.load_id = newer._load_id"
        " where {newer_than_x} and {newer_order} > {x_order})"
        " group by x.ctid, x._record_number"
    ).format(
        text=Literal(f"same {_listed(key)} as "),
        holder=holder,
        raw=raw_table(contract),
        same=_equal(key, "s", "x"),
        own=_equal(primary, "s", "x"),
        newer_than_s=_equal(primary, "newer", "s"),
        newer_than_x=_equal(primary, "newer", "x"),
        newer_order=delivery_order("newer_load", "newer"),
        s_order=delivery_order("s_load", "s"),
        x_order=delivery_order("x_load", "x"),
        kept=_equal(key, "newer", "s"),
        load=Literal(load_id),
    )


def _reject(
    connection: psycopg.Connection, contract: Contract, found: Composable, blockwise: BeyondDoubt | None
) -> int:
    """Move the rows ``found`` (place, _record_number, reason) from raw to ``rejected``."""
    connection.execute(SQL("create temporary table found on commit drop as {}").format(found))
    if blockwise is not None:
        numbers = connection.execute(
            "select _record_number from found"
            " where _record_number not in (select record_number from incoming) order by 1"
        ).fetchall()
        if numbers:
            blockwise.fetch(np.array([number for (number,) in numbers]))
    rejected = connection.execute(
        SQL(
            "with gone as (delete from {} x using found where x.ctid = found.place)"
            " insert into rejected (record_number, byte_offset, byte_length, reasons)"
            " select i.record_number, i.byte_offset, i.byte_length, array[found.reason]"
            " from found join incoming i on i.record_number = found._record_number"
        ).format(raw_table(contract))
    ).rowcount
    connection.execute("drop table found")
    return rejected


def _equal(key: list[str], left: str, right: str) -> Composable:
    return SQL(" and ").join(SQL("{} = {}").format(Identifier(left, name), Identifier(right, name)) for name in key)


def _listed(names: list[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
