"""One step of enrichment: who changed is asked about, and what is answered is kept.

A step streams the subjects that changed in batches and commits their answers, a batch at once where
they are free and each as it comes where they are paid for, so that a killed run goes on where it
stopped. Tables in schema enrichment are only ever appended to.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from importlib.resources import files
from typing import Any, Generic, Protocol, TypeVar

import psycopg
from psycopg import sql
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from customer360.enrich.answers import EnrichError
from customer360.enrich.calls import LlmCall, write_calls
from customer360.enrich.features import FEATURE_COLUMNS
from customer360.warehouse import Warehouse

ROLE = "c360_enricher"
BATCH_SIZE = 5_000
_ANSWERED = ("ok", "abstained")

_ENRICH_LOCK = 360_000_005

log = logging.getLogger(__name__)


class Subject(Protocol):
    """What is asked about: ``key`` names it, ``input_hash`` changes with all that an answer rests on."""

    @property
    def key(self) -> Any: ...
    @property
    def input_hash(self) -> str: ...


Asked = TypeVar("Asked", bound=Subject)
Keep = Callable[[Sequence[Any], Sequence[LlmCall]], None]


class Provenance(Protocol):
    """Who answers: stored with every answer, and all are asked about again when it differs."""

    @property
    def source(self) -> str: ...
    @property
    def model(self) -> str: ...
    @property
    def prompt_version(self) -> str: ...


@dataclass(frozen=True)
class StepReport:
    """Customers there are, and how many changed, so that the step wrote a row for them.

    ``statuses``: those rows by status; only ok and abstained ones are answers. ``dollars``: what they cost.
    ``fallbacks``: how many of the rows the fallback answered.
    """

    customers: int
    changed: int
    statuses: dict[str, int]
    dollars: Decimal
    fallbacks: int = 0

    @property
    def unchanged(self) -> int:
        return self.customers - self.changed


@dataclass(frozen=True)
class Share:
    """The ``number``-th of so many shares that all are divided in by their key. Different ones can run at once."""

    number: int
    of: int

    def __str__(self) -> str:
        return f"{self.number} of {self.of}"

    @classmethod
    def parse(cls, text: str) -> Share:
        """The share that is written like that."""
        number, _, of = text.partition(" of ")
        return cls(int(number), int(of))


@dataclass(frozen=True)
class Step(Generic[Asked]):
    """``name``: of the query that finds who changed, and ``of`` what it looks through; ``table``: of the answers.

    ``answer``: hands the answers for a batch, one for each, to the function it is given. ``fallback``: who answers
    where those are none. ``query_values``: what the query asks for besides the day and who answers. ``share``: those
    it is about, where it is not all.
    """

    name: str
    table: str
    asked_class: type[Asked]
    provenance: Provenance
    answer: Callable[[list[Asked], Keep], None]
    fallback: Any = None
    of: str = "int_customer_features"
    query_values: Mapping[str, Any] = field(default_factory=dict)
    share: Share | None = None


def all_at_once(answer: Callable[[list[Asked]], Iterable[Any]]) -> Callable[[list[Asked], Keep], None]:
    """For free answers: all of a batch are kept, or none."""
    return lambda batch, keep: keep(_one_each(batch, answer(batch)), [])


def answer_of(chosen: Any) -> Callable[[list[Any], Keep], None]:
    """How a classifier answers: as its answers come where they are paid for, else all of a batch at once."""
    return chosen.classify_into if hasattr(chosen, "classify_into") else all_at_once(chosen.classify)


def run_step(
    warehouse: Warehouse, step: Step[Asked], *, run_id: int, as_of_date: date, batch_size: int = BATCH_SIZE
) -> StepReport:
    """Have those who changed answered for, and keep what is answered.

    Raises EnrichError when there is not exactly one answer for each, or what they are asked from is not built.
    """
    with reading(warehouse) as reader, writing(warehouse, step.share) as writer:
        total = number_of(reader, step.of, step.share)
        common = {"run_id": run_id, "as_of_date": as_of_date, **said_by(step.provenance)}
        written = Written(writer, step.table, common, step.fallback)
        for batch in changed(reader, step, as_of_date, batch_size):
            written.asked_about(batch)
            step.answer(batch, written.keep)
            written.check_all_answered()
    log.info("%s: %d of %d answered anew", step.name, written.statuses.total(), total)
    return StepReport(total, written.statuses.total(), dict(written.statuses), written.dollars, written.fallbacks)


def changed(
    reader: psycopg.Connection, step: Step[Asked], as_of_date: date, batch_size: int = BATCH_SIZE
) -> Iterator[list[Asked]]:
    """Those to ask about, in batches."""
    with reader.cursor(f"{step.name}_changed", row_factory=class_row(step.asked_class)) as cursor:
        share = step.share or Share(1, 1)
        values = {"as_of_date": as_of_date, **said_by(step.provenance), **step.query_values}
        values |= {"share": share.number - 1, "shares": share.of}
        cursor.execute(query(step.name), values)
        while batch := cursor.fetchmany(batch_size):
            yield batch


def to_ask_about(warehouse: Warehouse, step: Step[Asked], as_of_date: date) -> Iterator[Asked]:
    """Those a step would ask about. Raises EnrichError when what they are asked from is not built."""
    with reading(warehouse) as reader:
        for batch in changed(reader, step, as_of_date):
            yield from batch


class Written:
    """What a step has written: answers and calls, committed together, by one thread at a time."""

    def __init__(
        self, connection: psycopg.Connection, table: str, common: dict[str, Any], fallback: Any = None
    ) -> None:
        self.statuses: Counter[str] = Counter()
        self.dollars = Decimal(0)
        self.fallbacks = 0
        self._connection, self._table, self._common, self._fallback = connection, table, common, fallback
        self._open: dict[Any, Any] = {}
        self._lock = threading.Lock()

    def asked_about(self, batch: Sequence[Any]) -> None:
        """Answers are expected for exactly these."""
        self._open = {subject.key: subject for subject in batch}

    def keep(self, answers: Sequence[Any], calls: Sequence[LlmCall]) -> None:
        """Write answers and the calls that brought them, and commit. Raises KeyError for one nobody asked for."""
        with self._lock:
            given_up = [a for a in answers if a.status not in _ANSWERED] if self._fallback else []
            # Those over the budget were given up without a call.
            write_calls(
                self._connection,
                self._common["run_id"],
                [replace(call, fallbacks=len(given_up)) for call in calls] if given_up else calls,
            )
            replaced = {answer.key for answer in given_up}
            self._write(self._common, [answer for answer in answers if answer.key not in replaced])
            if self._fallback and given_up:
                self._write(self._common | said_by(self._fallback), self._instead(self._fallback, given_up))
            self._connection.commit()
            self.fallbacks += len(given_up)
            self.dollars += sum((call.dollars for call in calls), Decimal(0))

    def check_all_answered(self) -> None:
        """Raises EnrichError when an answer is missing."""
        if self._open:
            raise EnrichError(f"No answer came for {len(self._open)} of those asked about; run again.")

    def _instead(self, fallback: Any, given_up: Sequence[Any]) -> list[Any]:
        asked = [self._open[answer.key] for answer in given_up]
        reasons = {answer.key: f"{answer.status}: {answer.reason}" for answer in given_up}
        return [
            answer.model_copy(
                update={"reason": f"{answer.reason} Instead of {self._common['model']}, {reasons[answer.key]}"}
            )
            for answer in fallback.classify(asked)
        ]

    def _write(self, common: dict[str, Any], answers: Sequence[Any]) -> None:
        if answers:
            # An answer for somebody else, or a second one, is a KeyError here.
            hashes = [self._open.pop(answer.key).input_hash for answer in answers]
            _append(self._connection, self._table, common, hashes, answers)
            self.statuses.update(answer.status for answer in answers)


def said_by(provenance: Provenance) -> dict[str, str]:
    """The columns that say who answered."""
    return {name: getattr(provenance, name) for name in ("source", "model", "prompt_version")}


@contextmanager
def reading(warehouse: Warehouse) -> Iterator[psycopg.Connection]:
    """A connection to read with. Raises EnrichError when what is read is not built."""
    try:
        with warehouse.connect(ROLE) as connection:
            yield connection
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as error:
        raise EnrichError(
            f"What enrichment reads is not built as it needs it; run `customer360 build` first: {error}"
        ) from error


@contextmanager
def writing(warehouse: Warehouse, share: Share | None = None) -> Iterator[psycopg.Connection]:
    """A connection to write answers with, while nobody else does: two runs at once would both pay for the same.

    Of a ``share``, while nobody else writes for all or for this share.
    """
    with warehouse.connect(ROLE) as connection:
        if share:
            connection.execute("select pg_advisory_lock_shared(%s)", [_ENRICH_LOCK])
            connection.execute("select pg_advisory_lock(%s, %s)", [_ENRICH_LOCK, share.number])
        else:
            connection.execute("select pg_advisory_lock(%s)", [_ENRICH_LOCK])
        connection.commit()
        yield connection


def number_of(connection: psycopg.Connection, table: str, share: Share | None = None) -> int:
    """How many rows an intermediate table has, of a ``share`` where one is given."""
    count = sql.SQL("select count(*) from {}").format(sql.Identifier("intermediate", table))
    if share:
        count += sql.SQL(" where mod(customer_key, {}) = {}").format(share.of, share.number - 1)
    row = connection.execute(count).fetchone()
    assert row is not None
    return row[0]


def query(name: str) -> sql.Composed:
    """The query ``name`` of enrich/queries/, with the customers' features where it names them."""
    text = (files("customer360.enrich") / "queries" / f"{name}.sql").read_text(encoding="utf-8")
    columns = sql.SQL(", ").join(sql.Identifier("f", name) for name in FEATURE_COLUMNS)
    return sql.SQL(text).format(features=columns)


def _one_each(batch: list[Asked], answers: Iterable[Any]) -> list[Any]:
    """The answers, having checked that there is exactly one for each asked about."""
    received = list(answers)
    answered = Counter(answer.key for answer in received)
    if answered != Counter(subject.key for subject in batch):
        raise EnrichError(
            f"{len(batch)} were asked about and {len(received)} answers came, or not one for each; "
            "nothing of this batch is kept, run again."
        )
    return received


def _append(
    connection: psycopg.Connection,
    table: str,
    common: dict[str, Any],
    hashes: Sequence[str],
    answers: Sequence[Any],
) -> None:
    columns = (*common, "input_hash", *type(answers[0]).model_fields)
    copy_in = sql.SQL("copy {} ({}) from stdin").format(
        sql.Identifier("enrichment", table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor().copy(copy_in) as copy:
        for input_hash, answer in zip(hashes, answers, strict=True):
            values = answer.model_dump().values()
            as_stored = (Jsonb(value) if isinstance(value, dict) else value for value in values)
            copy.write_row((*common.values(), input_hash, *as_stored))
