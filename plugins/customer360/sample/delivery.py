"""Generating a delivery: every file of the five systems for a period, and the truth behind it."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from customer360.contracts import Contract, read_contracts
from customer360.sample.activity import Activity
from customer360.sample.calendar import Calendar, stream
from customer360.sample.care import CareDesk
from customer360.sample.columns import Chunk, spell_days
from customer360.sample.crm import Crm
from customer360.sample.decisions import DecisionDesk
from customer360.sample.defects import HASH_COLUMNS, HASH_IN_TEXT, KINDS, Damage, Defect, leaf_contracts, scattered
from customer360.sample.files import DeliveryFiles, delivered_columns
from customer360.sample.identity import Identity, company_id, person_id
from customer360.sample.notifications import NotificationEngine
from customer360.sample.population import NEVER, Population, populate
from customer360.sample.shop import Shop
from customer360.sample.words import SEGMENTS

SIZES = {"small": 1000, "medium": 5000, "large": 20_000, "xlarge": 50_000}
"""Care interactions of each named size."""

CUSTOMER_LIMITS = (50, 1_000_000)
CERTAIN_CONTRACT = "care-customer_interactions"
FEWEST_FOR_CERTAIN = 100
LARGEST_DEFECTS = 0.01


@dataclass(frozen=True)
class GeneratedDelivery:
    """What was written: ``rows`` data records by path relative to ``folder``, and ``defects`` among them."""

    folder: Path
    rows: dict[str, int]
    defects: int

    @property
    def files(self) -> list[Path]:
        """The delivered files; the truth folder is not among them."""
        return [self.folder / name for name in self.rows]

    @property
    def records(self) -> int:
        return sum(self.rows.values())


class World:
    """Everything that happens in the period, as chunks in the order in which it happens."""

    def __init__(self, *, interactions: int, customers: int, days: int, seed: int, as_of_date: date) -> None:
        self.calendar = Calendar(as_of_date, days)
        self.people: Population = populate(seed, customers, self.calendar)
        activity = Activity.none_yet(customers)
        common = (seed, self.people, self.calendar, interactions)
        self._care = CareDesk(*common, activity)
        self._notifications = NotificationEngine(*common, activity)
        self._shop = Shop(*common, activity)
        self.decisions = DecisionDesk(*common)
        self._crm = Crm(seed, self.people, self.calendar, activity)
        self.identity = Identity(seed, self.people)

    def masters(self) -> Iterator[tuple[str, Chunk]]:
        """Catalogues and accounts, as (contract name, chunk)."""
        yield from self._care.masters()
        yield from self._shop.masters()
        yield from self.decisions.masters()

    def day(self, day: int) -> Iterator[tuple[str, Chunk]]:
        """What happened on ``day``, as (contract name, chunk)."""
        yield from self._care.day(day)
        yield from self._notifications.day(day)
        yield from self._shop.day(day)
        yield from self.decisions.day(day)

    def states(self) -> Iterator[tuple[str, Chunk]]:
        """What the systems say of their customers at the end, as (contract name, chunk)."""
        yield from self._notifications.states()
        yield from self._crm.states()
        yield from self._shop.states()
        yield from self.identity.links()


def generate(
    out: Path,
    *,
    interactions: int = SIZES["small"],
    customers: int | None = None,
    days: int = 548,
    seed: int = 360,
    as_of_date: date,
    defects: float = 0.002,
    progress: Callable[[int, int], None] | None = None,
) -> GeneratedDelivery:
    """Write a delivery of all systems into ``out``: ``<system>/<table>.csv`` and the folder ``truth``.

    ``interactions`` of the care desk set the size of everything else, ``customers`` are persons
    (default a fifth of the interactions), ``days`` end with ``as_of_date``, and a share ``defects``
    of the records that nothing depends on is damaged. The same arguments give the same bytes.
    ``progress`` is called with days done and days in all; without it a terminal shows a bar.

    Raises ValueError when an argument is out of its range.
    """
    _check(interactions, customers, days, seed, defects)
    people = customers or min(max(interactions // 5, CUSTOMER_LIMITS[0]), CUSTOMER_LIMITS[1])
    world = World(interactions=interactions, customers=people, days=days, seed=seed, as_of_date=as_of_date)
    contracts = read_contracts()
    damages = _damages(contracts, seed, defects, interactions, world.people) if defects else {}
    with DeliveryFiles(out, contracts, damages) as files:
        _write(files, world.masters())
        for day in _followed(world.calendar, progress):
            _write(files, world.day(day))
        _write(files, world.states())
    _write_truth(out / "truth", world, files.defects)
    rows = {path.relative_to(out).as_posix(): records for path, records in files.records.items()}
    return GeneratedDelivery(out, rows, len(files.defects))


def _check(interactions: int, customers: int | None, days: int, seed: int, defects: float) -> None:
    if interactions < 1:
        raise ValueError(f"interactions is {interactions}; ask for at least 1.")
    if customers is not None and not 1 <= customers <= 10_000_000:
        raise ValueError(f"customers is {customers}; ask for 1 to 10,000,000.")
    if not 1 <= days <= 3660:
        raise ValueError(f"days is {days}; ask for 1 to 3660.")
    if seed < 0:
        raise ValueError(f"seed is {seed}; it must not be negative.")
    if not 0 <= defects <= LARGEST_DEFECTS:
        raise ValueError(
            f"defects is {defects}; ask for a share from 0 to {LARGEST_DEFECTS}, "
            "more would pass the limit over which a file is refused."
        )


def _write(files: DeliveryFiles, chunks: Iterable[tuple[str, Chunk]]) -> None:
    for name, chunk in chunks:
        files.write(name, chunk)


def _followed(calendar: Calendar, progress: Callable[[int, int], None] | None) -> Iterator[int]:
    days = range(calendar.first, calendar.last + 1)
    if progress is None:
        yield from tqdm(days, desc="generate", unit="day", disable=not sys.stderr.isatty())
        return
    for done, day in enumerate(days, start=1):
        yield day
        progress(done, len(days))


def _damages(
    contracts: list[Contract], seed: int, share: float, interactions: int, people: Population
) -> dict[str, Damage]:
    """Damage for every file nothing depends on; the care desk's interactions get each kind for certain."""
    damages = {}
    for contract in leaf_contracts(contracts):
        rng = stream(seed, f"defects.{contract.name}")
        is_certain = contract.name == CERTAIN_CONTRACT and interactions >= FEWEST_FOR_CERTAIN
        certain_at = scattered(rng, KINDS, min(interactions - 10, 900)) if is_certain else {}
        damages[contract.name] = Damage(contract, delivered_columns(contract), rng, share, certain_at)
    by_name = {contract.name: contract for contract in contracts}
    damages.update(_damaged_accounts(by_name["care-customers"], seed, people))
    return damages


def _damaged_accounts(contract: Contract, seed: int, people: Population) -> dict[str, Damage]:
    """Put a hash where the name of a customer without history should be."""
    members = people.members("care")
    quiet = np.flatnonzero(people.quiet[members]) + 1
    if not len(quiet):
        return {}
    assert contract.name in HASH_COLUMNS
    return {
        contract.name: Damage(
            contract,
            delivered_columns(contract),
            stream(seed, "defects.care-customers"),
            certain_at={int(quiet[0]): HASH_IN_TEXT},
        )
    }


def _write_truth(folder: Path, world: World, defects: list[Defect]) -> None:
    """What the pipeline must find out by itself; it never reads this folder."""
    folder.mkdir(parents=True, exist_ok=True)
    people, desk = world.people, world.decisions
    companies = ((company_id(n), "decisions", desk.company_mail(n)) for n in range(desk.companies))
    accounts = (row for rows in (world.identity.accounts(), companies) for row in rows)
    _write_rows(folder / "persons.csv", ("person_id", "system", "source_customer_id"), accounts)
    segments = ((person_id(p), SEGMENTS[segment]) for p, segment in enumerate(people.segment.tolist()))
    _write_rows(folder / "segments.csv", ("person_id", "latent_segment"), segments)
    left = np.flatnonzero((people.churned < NEVER) & ~people.quiet)
    churners = zip(map(person_id, left.tolist()), spell_days(people.churned[left]), strict=True)
    _write_rows(folder / "churners.csv", ("person_id", "churned_on"), churners)
    found = ((d.file, d.record_number, d.kind, d.column) for d in defects)
    _write_rows(folder / "defects.csv", ("file", "record_number", "kind", "column"), found)


def _write_rows(path: Path, header: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream_:
        writer = csv.writer(stream_, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
