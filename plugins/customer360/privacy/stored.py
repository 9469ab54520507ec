"""Erasing a person from what the warehouse keeps: raw, quarantine, enrichment and the texts of ops.

Staging, intermediate and candidates are built anew from raw, and the published tables follow the candidates.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import psycopg
from psycopg import sql
from psycopg.sql import SQL, Composable, Identifier, Literal

from customer360.contracts import Contract
from customer360.privacy.identities import identity_of, tombstone_id
from customer360.privacy.mentions import MENTION_ERASED
from customer360.privacy.person import Customer
from customer360.privacy.traces import Traces

IsAbout = Callable[[str, Sequence[str] | None, bytes], bool]
"""Whether a rejected record is about the person: its contract's name, its file's header and its bytes."""

OF_A_CUSTOMER = (
    "enrichment.customer_segments",
    "enrichment.customer_priorities",
    "enrichment.recommended_actions",
    "enrichment.notification_states",
    "enrichment.notification_drafts",
    "ops.llm_batch_customers",
)
"""The tables of the set-up with a customer_key, those first that point to another."""


def erase_stored(connection: psycopg.Connection, traces: Traces, is_about: IsAbout) -> Counter[str]:
    """Erase the person from the warehouse, within the caller's transaction; how many rows, by place."""
    counts: Counter[str] = Counter()
    # Rejected and waiting records first: they are found by what raw still says.
    counts["quarantine.rejected_records"] = _empty_rejected(connection, is_about)
    counts["quarantine.waiting_records"] = _delete_waiting(connection, traces)
    for contract in traces.tables.values():
        counts[f"raw.{contract.raw_table}"] = _treat(connection, traces, contract)
        counts["mentions in other records"] += _erase_mentions(connection, traces, contract)
    counts["raw.identity__crosswalk"] = _delete_crosswalk(connection, traces)
    counts += _delete_enrichment(connection, traces)
    for schema in ("ops", "quarantine"):
        counts[f"texts of {schema}"] = _erase_texts(connection, schema, traces.person.mentions)
    return +counts


def _treat(connection: psycopg.Connection, traces: Traces, contract: Contract) -> int:
    treatment, about = traces.treatment(contract), traces.is_about_sql(contract)
    table = Identifier("raw", contract.raw_table)
    if treatment.removed:
        return connection.execute(SQL("delete from {} r where {}").format(table, about)).rowcount
    new = [SQL("{} = {}").format(Identifier(name), Literal(value)) for name, value in treatment.values.items()]
    if device := traces.device_column(contract):
        cases = SQL(" ").join(
            SQL("when {} then {}").format(Literal(known), Literal(pseudonym))
            for known, pseudonym in traces.devices.items()
        )
        if traces.devices:
            new.append(SQL("{0} = case {0} {1} else {0} end").format(Identifier(device), cases))
    changed = connection.execute(
        SQL("update {} r set {} where {}").format(table, SQL(", ").join([*new, SQL("_extra = null")]), about)
    ).rowcount
    if (identity := identity_of(contract)) and identity.id:
        _keep_one_tombstone(connection, contract, identity.id)
    return changed


def _keep_one_tombstone(connection: psycopg.Connection, contract: Contract, key: str) -> None:
    # It has a row for every version of everybody erased, and they all say the same.
    connection.execute(
        SQL(
            "delete from {raw} r using (select ctid, row_number() over (order by _load_id desc, _record_number desc)"
            " as place from {raw} where {key}::text = {tombstone}) t where r.ctid = t.ctid and t.place > 1"
        ).format(
            raw=Identifier("raw", contract.raw_table),
            key=Identifier(key),
            tombstone=Literal(tombstone_id(contract, key)),
        )
    )


def _erase_mentions(connection: psycopg.Connection, traces: Traces, contract: Contract) -> int:
    columns = {
        field.name: contract.postgres_type(field)
        for field in contract.fields
        if field.name in traces.searched(contract)
    }
    columns["_extra"] = "jsonb"
    return _replace(connection, Identifier("raw", contract.raw_table), columns, traces.person.mentions)


def _erase_texts(connection: psycopg.Connection, schema: str, pattern: str | None) -> int:
    rows = connection.execute(
        "select c.relname, array_agg(a.attname::text), array_agg(format_type(a.atttypid, null)) from pg_class c"
        " join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''"
        " where c.relnamespace = to_regnamespace(%s) and c.relkind = 'r'"
        " and a.atttypid in ('text'::regtype, 'jsonb'::regtype, 'text[]'::regtype) group by 1",
        [schema],
    ).fetchall()
    return sum(
        _replace(connection, Identifier(schema, table), dict(zip(names, types, strict=True)), pattern)
        for table, names, types in rows
    )


def _replace(connection: psycopg.Connection, table: Composable, columns: dict[str, str], pattern: str | None) -> int:
    if pattern is None:
        return 0
    cast = {name: SQL("{}::text").format(Identifier(name)) for name in columns}
    matches = SQL(" or ").join(SQL("{} ~* {}").format(text, Literal(pattern)) for text in cast.values())
    new = SQL(", ").join(
        SQL("{} = regexp_replace({}, {}, {}, 'gi')::{}").format(
            Identifier(name), cast[name], Literal(pattern), Literal(MENTION_ERASED), SQL(kind)
        )
        for name, kind in columns.items()
    )  # fmt: skip
    return connection.execute(SQL("update {} set {} where {}").format(table, new, matches)).rowcount


def _empty_rejected(connection: psycopg.Connection, is_about: IsAbout) -> int:
    found = []
    with connection.cursor(name="rejected_records") as cursor:
        cursor.execute(
            "select r.load_id, r.record_number, l.contract, l.header, r.record from quarantine.rejected_records r"
            " join ops.loaded_files l using (load_id) where r.record is not null"
        )
        for load_id, number, contract, header, record in cursor:
            if contract is not None and is_about(contract, header, bytes(record)):
                found.append((load_id, number))
    with connection.cursor() as cursor:
        cursor.executemany(
            "update quarantine.rejected_records set record = null,"
            " reasons = array['its person was erased'] where load_id = %s and record_number = %s",
            found,
        )
    return len(found)


def _delete_waiting(connection: psycopg.Connection, traces: Traces) -> int:
    return sum(
        connection.execute(
            SQL(
                "delete from quarantine.waiting_records where (load_id, record_number) in ("
                "select w.load_id, w.record_number from (select * from quarantine.waiting_records where system = {}"
                ' and "table" = {}) w cross join lateral jsonb_populate_record(null::{}, w.record) r where {})'
            ).format(
                Literal(contract.system),
                Literal(contract.table),
                Identifier("raw", contract.raw_table),
                traces.is_about_sql(contract),
            )
        ).rowcount
        for contract in traces.tables.values()
    )


def _delete_crosswalk(connection: psycopg.Connection, traces: Traces) -> int:
    row = connection.execute("select to_regclass('raw.identity__crosswalk') is null").fetchone()
    if row and row[0]:
        return 0
    systems, ids = zip(*traces.person.customers, strict=True) if traces.person.customers else ((), ())
    return connection.execute(
        "delete from raw.identity__crosswalk r where exists (select from unnest(%s::text[], %s::text[]) as c (s, i)"
        " where (c.s, c.i) in ((r.left_system, lower(trim(r.left_customer_id))),"
        " (r.left_system, trim(r.left_customer_id)), (r.right_system, trim(r.right_customer_id)),"
        " (r.right_system, lower(trim(r.right_customer_id)))))",
        [list(systems), list(ids)],
    ).rowcount


def _delete_enrichment(connection: psycopg.Connection, traces: Traces) -> Counter[str]:
    counts: Counter[str] = Counter()
    keys = sorted(customer_keys(traces.person.customers))
    for table in OF_A_CUSTOMER:
        counts[table] = connection.execute(
            sql.SQL("delete from {} where customer_key = any(%s)").format(Identifier(*table.split("."))), [keys]
        ).rowcount
    counts["enrichment.customer_values"] = connection.execute(
        "delete from enrichment.customer_values where shop_customer_id = any(%s)", [traces.person.ids("shop")]
    ).rowcount
    return counts


def customer_keys(customers: Iterable[Customer]) -> set[int]:
    """Every key the person may ever have had: it is made of one of the person's records, as dbt's ``hash_key`` does."""
    digests = (
        hashlib.md5(f"{system}:{known}".encode(), usedforsecurity=False).hexdigest() for system, known in customers
    )
    return {int(digest[:15], 16) for digest in digests}
