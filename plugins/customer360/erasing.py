"""Erasing a person: the parts of ``load`` and ``privacy`` together, in an order that any failure can be resumed from.

First the ledger knows the person, by keyed hashes. Then the landing's files are rewritten, then the texts in the home,
and last raw, which until then says who it is about; after that the models are built and published anew.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import psycopg
from psycopg import sql

from customer360 import load as loading
from customer360 import privacy
from customer360.contracts import Contract, read_contracts
from customer360.privacy import Customer, Ledger, Person
from customer360.privacy.mentions import MENTION_ERASED
from customer360.settings import Settings
from customer360.warehouse import OWNER, Warehouse

UNREADABLE = "files that cannot be read: delete them"


@dataclass(frozen=True)
class Request:
    """Who shall be erased: by mail address, or by a system and the id there."""

    email: str | None = None
    system: str | None = None
    customer_id: str | None = None

    def __post_init__(self) -> None:
        by_id = self.system is not None and self.customer_id is not None
        if (self.email is None) != by_id or (self.email is not None and "@" not in self.email):
            raise privacy.ErasureError("Name a mail address, or a system and the customer's id there.")
        if self.system is not None and self.system not in privacy.identities():
            raise privacy.ErasureError(f"The systems with customers are {', '.join(sorted(privacy.identities()))}.")


def preview(warehouse: Warehouse, settings: Settings, landing: str, request: Request) -> Counter[str]:
    """How much of the person would be erased, by place; nothing is. Raises ErasureError."""
    with _connection(warehouse) as connection:
        contracts = contracts_of(landing)
        person = _person(connection, contracts, request)
        # A key of this moment: the real one is made when somebody is really erased.
        counts = _erase(connection, settings, _landings(connection, landing), person, Ledger(b"preview"), dry_run=True)
        connection.rollback()
    return counts


def erase(warehouse: Warehouse, settings: Settings, landing: str, request: Request, run_id: int) -> int:
    """Erase the person from files, raw, quarantine, enrichment and texts; returns the number of the erasure.

    What is built from raw still holds the person until it is built and published anew. Raises ErasureError.
    """
    with _connection(warehouse) as connection:
        contracts = contracts_of(landing)
        ledger = Ledger.opened(connection, settings.home)
        person = _person(connection, contracts, request)
        erasure_id = ledger.enter(connection, run_id, person.customers, person.emails)
        connection.commit()
        try:
            counts = _erase(connection, settings, _landings(connection, landing), person, ledger, dry_run=False)
        except psycopg.Error as error:
            # Its words may quote a value, and nobody should read that any more.
            raise privacy.ErasureError(
                f"PostgreSQL refused ({type(error).__name__}); see docs/runbooks/an-erasure-stopped.md."
            ) from None
        privacy.count(connection, [erasure_id], counts)
    return erasure_id


def receipt(warehouse: Warehouse, erasure_id: int) -> dict[str, int]:
    """How much of an erased person was found, by place."""
    with warehouse.connect(OWNER) as connection:
        return privacy.receipt_of(connection, erasure_id)


def erase_again(
    warehouse: Warehouse, settings: Settings, landing: str, *, arrived: set[str], again: set[str]
) -> Counter[str]:
    """Erase whoever of the ledger is in raw, or in files that came again; how much, by place.

    To be called after every load. ``arrived``: the files it loaded or refused, ``again``: those a person had been
    erased from. These are looked at; where an erasure was cut off it is all files.
    """
    with _connection(warehouse) as connection:
        if privacy.is_empty(connection):
            return Counter()
        ledger, contracts = Ledger.opened(connection, settings.home), contracts_of(landing)
        in_files = _customers_in_files(landing, contracts, again)
        recognised = ledger.recognised(connection, privacy.known_customers(connection, contracts) | in_files.keys())
        _recognise_by_mail(connection, contracts, ledger, recognised)
        if not recognised:
            return Counter()
        customers = privacy.linked(connection, set().union(*recognised.values()))
        customers -= privacy.tombstones(contracts)
        person = privacy.describe(connection, contracts, customers, _called(customers, in_files))
        for erasure_id in recognised:
            ledger.add(connection, erasure_id, person.customers, person.emails)
        connection.commit()
        was_cut_off = set(recognised) & set(privacy.unfinished(connection))
        names = None if was_cut_off else again | arrived
        landings = _landings(connection, landing) if was_cut_off else {landing}
        # A file that came again belongs to what was put under the tombstones when the person was erased.
        counts = _erase(
            connection, settings, landings, person, ledger, dry_run=False, names=names, with_tombstones=bool(again)
        )
        privacy.count(connection, list(recognised), counts)
    _rewrite_tables(warehouse, "raw")
    return counts


def finish(warehouse: Warehouse, settings: Settings) -> list[int]:
    """Forget what publishing kept of the erased, and close their erasures; returns the numbers of those.

    To be called after every publish; where nobody was erased since the last one it does nothing. Where somebody was,
    that publish cannot be undone, and the home's exports are gone.
    """
    with _connection(warehouse) as connection:
        erasure_ids = privacy.unfinished(connection)
        if not erasure_ids:
            return []
        exports = privacy.delete_exports(settings.home)
        connection.execute("truncate undo.before_images, undo.batch_before")
        privacy.count(connection, erasure_ids, +Counter(exports=exports))
    _rewrite_tables(warehouse)
    with _connection(warehouse) as connection:
        privacy.finish(connection, erasure_ids)
    return erasure_ids


def _rewrite_tables(warehouse: Warehouse, *schemas: str) -> None:
    """Write tables anew that changed, and all statistics: deleted rows stay on the disk and in those otherwise.

    A superuser's server begins a new write-ahead log, too.
    """
    with warehouse.connect(OWNER, autocommit=True) as connection:
        tables = connection.execute(
            "select schemaname, relname, n_dead_tup > 0 or (schemaname, relname) in"
            ' (select "schema", "table" from ops.publishes where batch_id = (select max(batch_id) from ops.publishes)'
            " and updated + deleted > 0) from pg_stat_user_tables where schemaname not in ('staging', 'intermediate')"
            " and schemaname not like 'candidate%%' and (schemaname = any(%(only)s) or %(only)s = '{}')",
            {"only": list(schemas)},
        ).fetchall()
        is_superuser = _is_superuser(connection)
        for schema, table, is_changed in tables:
            name = sql.Identifier(schema, table)
            if is_superuser:
                # Analysing a table that is empty now leaves its statistics as they were.
                connection.execute("delete from pg_statistic where starelid = to_regclass(%s)", [name.as_string()])
            connection.execute(sql.SQL("vacuum (full, analyze) {}" if is_changed else "analyze {}").format(name))
        if is_superuser:
            connection.execute("vacuum (full) pg_statistic")
            # The write-ahead log holds rows as they were; a checkpoint removes all but its newest file.
            connection.execute("select pg_switch_wal()")
            connection.execute("checkpoint")


def _connection(warehouse: Warehouse) -> psycopg.Connection:
    connection = warehouse.connect(OWNER)
    if _is_superuser(connection):
        # A statement that fails is written to the server's log, and these name the person.
        connection.execute("set log_min_error_statement = panic")
    connection.commit()
    return connection


def _is_superuser(connection: psycopg.Connection) -> bool:
    row = connection.execute("select rolsuper from pg_roles where rolname = current_user").fetchone()
    return bool(row and row[0])


def contracts_of(landing: str) -> list[Contract]:
    """The contracts of the five systems and the landing's own."""
    return read_contracts(*([] if landing.startswith("s3://") else [Path(landing) / "contracts"]))


def _person(connection: psycopg.Connection, contracts: Sequence[Contract], request: Request) -> Person:
    if request.email is not None:
        seeds = privacy.customers_of_email(connection, contracts, request.email)
    else:
        seeds = {(request.system or "", request.customer_id or "")}
    customers = privacy.linked(connection, seeds) - privacy.tombstones(contracts)
    person = privacy.describe(connection, contracts, customers)
    if request.email and not person.shared:
        # Where raw never had it, files and quarantine may.
        person = replace(person, emails=person.emails | {request.email.strip().lower()})
    return person


def _landings(connection: psycopg.Connection, landing: str) -> set[str]:
    known = {known for (known,) in connection.execute("select distinct landing from ops.runs where landing <> ''")}
    return {place for place in known | {landing} if place.startswith("s3://") or Path(place).is_dir()}


def _erase(
    connection: psycopg.Connection,
    settings: Settings,
    landings: Iterable[str],
    person: Person,
    ledger: Ledger,
    *,
    dry_run: bool,
    names: set[str] | None = None,
    with_tombstones: bool = False,
) -> Counter[str]:
    counts: Counter[str] = Counter()
    for landing in sorted(landings):
        contracts = contracts_of(landing)
        known = person
        if with_tombstones:
            # A file that came again belongs to what was put under the tombstones when the person was erased.
            known = replace(person, customers=person.customers | privacy.tombstones(contracts))
        traces = privacy.find_traces(connection, contracts, known, ledger)
        counts += _erase_files(connection, landing, contracts, traces, names, dry_run=dry_run)
    counts += _blank_home(settings.home, person.mentions, dry_run=dry_run)
    if dry_run:
        counts["exports"] = len(privacy.exports_in(settings.home))
    contracts = contracts_of(settings.landing)
    traces = privacy.find_traces(connection, contracts, person, ledger)
    counts += privacy.erase_stored(connection, traces, partial(_is_about, traces, {c.name: c for c in contracts}))
    return +counts


def _is_about(
    traces: privacy.Traces,
    contracts: dict[str, Contract],
    name: str,
    header: Sequence[str] | None,
    data: bytes,
) -> bool:
    contract = contracts.get(name)
    text = data.decode("utf-8", "replace")
    if contract is None or contract.feed:
        return bool(traces.person.mentions and re.search(traces.person.mentions, text, re.IGNORECASE))
    with suppress(loading.FileRefused):
        # Rejected for what it is, it still is about the person whom its columns name.
        record = loading.values_of(data, contract, header)
        judge = privacy.FileErasure(traces, contract, set(), loading.REMOVED)
        return judge(record) is not None
    return False


def _erase_files(
    connection: psycopg.Connection,
    landing: str,
    contracts: Sequence[Contract],
    traces: privacy.Traces,
    names: set[str] | None,
    *,
    dry_run: bool,
) -> Counter[str]:
    counts: Counter[str] = Counter()
    before = None if dry_run else partial(_remember, connection)
    for file, contract in loading.discover(landing, contracts):
        if file.source is None or (names is not None and file.name not in names):
            continue
        if contract is not None and not (
            contract.feed or contract.name in traces.tables or contract.system == "identity"
        ):
            continue
        try:
            count = _erase_file(connection, file, contract, traces, before)
        except loading.FileRefused:
            counts[UNREADABLE] += 1
            continue
        counts["records in landing files"] += count
        counts["landing files rewritten"] += count > 0
    if not landing.startswith("s3://"):
        counts += _blank(_other_files(Path(landing)), traces.person.mentions, dry_run=dry_run)
    return +counts


def _erase_file(
    connection: psycopg.Connection,
    file: loading.LandingFile,
    contract: Contract | None,
    traces: privacy.Traces,
    before: Callable[[str, str], None] | None,
) -> int:
    if contract is not None:
        numbers = _feed_records(connection, file, traces) if contract.feed else set()
        judge = privacy.FileErasure(traces, contract, numbers, loading.REMOVED)
        with suppress(loading.FileRefused):
            return loading.rewrite_file(file, contract, judge, before)
    # A file whose columns nobody knows is but a text.
    return loading.rewrite_text(file, partial(_substitute, traces.person.mentions), before)


def _other_files(landing: Path) -> list[Path]:
    """Whatever lies in the landing besides deliveries, such as a note."""
    delivered = (".csv", ".csv.gz", ".csv.zst")
    return [path for path in sorted(landing.rglob("*")) if path.is_file() and not path.name.endswith(delivered)]


def _remember(connection: psycopg.Connection, old: str, new: str) -> None:
    connection.execute(
        "update ops.loaded_files set rewritten_sha256 = array_append(rewritten_sha256, %(new)s)"
        " where (sha256 = %(old)s or %(old)s = any(rewritten_sha256)) and %(new)s <> all(rewritten_sha256)",
        {"old": old, "new": new},
    )
    connection.commit()


def _feed_records(connection: psycopg.Connection, file: loading.LandingFile, traces: privacy.Traces) -> set[int]:
    if file.source is None:
        return set()
    sha256 = loading.sha256_of(file.source)
    loads = connection.execute(
        "select load_id from ops.loaded_files where sha256 = %(sha256)s or %(sha256)s = any(rewritten_sha256)",
        {"sha256": sha256},
    )
    return set().union(*(traces.records.get(load_id, set()) for (load_id,) in loads))


def _substitute(pattern: str | None, text: str) -> tuple[str, int]:
    return re.subn(pattern, MENTION_ERASED, text, flags=re.IGNORECASE) if pattern else (text, 0)


def _blank_home(home: Path, pattern: str | None, *, dry_run: bool) -> Counter[str]:
    exported = set(privacy.exports_in(home))
    return _blank((path for path in privacy.text_files(home) if path not in exported), pattern, dry_run=dry_run)


def _blank(paths: Iterable[Path], pattern: str | None, *, dry_run: bool) -> Counter[str]:
    if pattern is None:
        return Counter()
    return Counter(
        {"mentions in logs and pages": sum(privacy.blank_mentions(p, pattern, dry_run=dry_run) for p in paths)}
    )


def _customers_in_files(landing: str, contracts: Sequence[Contract], names: set[str]) -> dict[Customer, privacy.Called]:
    """The customers that these files name, and what they call them."""
    tables = {contract.name: contract for contract in privacy.customer_tables(contracts)}
    found: dict[Customer, privacy.Called] = {}

    def collect(contract: Contract, record: loading.FileRecord) -> None:
        for customer, called in privacy.customers_in(record, contract, tables).items():
            known = found.setdefault(customer, {})
            for kind, values in called.items():
                known.setdefault(kind, set()).update(values)

    for file, contract in loading.discover(landing, contracts) if names else ():
        if contract is not None and file.source is not None and file.name in names:
            look: Callable[[loading.FileRecord], None] = partial(collect, contract)
            loading.rewrite_file(file, contract, look, None)
    return found


def _called(customers: Iterable[Customer], in_files: dict[Customer, privacy.Called]) -> privacy.Called:
    called: privacy.Called = {}
    for customer in customers:
        for kind, values in in_files.get(customer, {}).items():
            called.setdefault(kind, set()).update(values)
    return called


def _recognise_by_mail(
    connection: psycopg.Connection, contracts: Sequence[Contract], ledger: Ledger, recognised: dict[int, set[Customer]]
) -> None:
    """Add records under an id not seen before that carry an erased mail address.

    Not those of somebody who came after the erasure, and not those known before it: a mail address can have a new
    owner.
    """
    erased = ledger.erased_emails(connection)
    if not erased:
        return
    for newcomer in privacy.newcomers(connection, contracts):
        entry = erased.get(ledger.hash_of("email", newcomer.email))
        if entry is None:
            continue
        erasure_id, entered_at = entry
        if newcomer.first_loaded > entered_at and (newcomer.since is None or newcomer.since <= entered_at.date()):
            recognised.setdefault(erasure_id, set()).add(newcomer.customer)
