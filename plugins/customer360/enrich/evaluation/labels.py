"""Labels of customers: those that people gave, and those the generator knows."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast, get_args

from customer360.enrich.answers import EnrichError, Segment
from customer360.enrich.evaluation.sample import sampled_customers
from customer360.enrich.features import FEATURE_COLUMNS
from customer360.enrich.step import reading
from customer360.warehouse import Warehouse

SEGMENTS: tuple[Segment, ...] = get_args(Segment)
_MACHINES = ("rules", "scorecard", "bedrock", "model", "claude", "generator", "customer360")
_COLUMNS = ("system", "source_customer_id", "segment", "labelled_by")


@dataclass(frozen=True)
class Label:
    """The segment that is true of a customer, who is known by a system and the id there."""

    system: str
    source_customer_id: str
    segment: Segment


@dataclass(frozen=True)
class LabelSet:
    """``name``: of the file, with the beginning of its hash; ``labels``: one for each customer."""

    name: str
    labels: tuple[Label, ...]


def read_golden_set(file: Path) -> LabelSet:
    """The labels in a golden set: CSV with system, source_customer_id, segment and labelled_by.

    Raises EnrichError when it is not such a file, names a segment there is none of, or was labelled by a machine.
    """
    labels = []
    for line, row in _rows(file, _COLUMNS):
        if not row["segment"]:
            continue  # a sheet that is not filled in to its end
        if row["segment"] not in SEGMENTS:
            raise EnrichError(f"{file} line {line}: {row['segment']!r} is no segment; use {', '.join(SEGMENTS)}.")
        who = row["labelled_by"].strip()
        if not who or any(machine in who.lower() for machine in _MACHINES):
            raise EnrichError(
                f"{file} line {line}: labelled_by is {who!r}; a golden set is labelled by people, name the person."
            )
        labels.append(Label(row["system"], row["source_customer_id"], cast(Segment, row["segment"])))
    return _set(file, labels)


def read_truth(folder: Path) -> LabelSet:
    """What the generator meant its persons to be, from persons.csv and segments.csv in its truth folder.

    Raises EnrichError when the files are not there.
    """
    latent = {
        row["person_id"]: row["latent_segment"]
        for _, row in _rows(folder / "segments.csv", ("person_id", "latent_segment"))
    }
    persons = _rows(folder / "persons.csv", ("person_id", "system", "source_customer_id"))
    labels = [
        Label(row["system"], row["source_customer_id"], cast(Segment, latent[row["person_id"]]))
        for _, row in persons
        if row["person_id"] in latent
    ]
    return _set(folder / "segments.csv", labels)


def labels_of(warehouse: Warehouse, labels: Sequence[Label]) -> tuple[dict[int, Segment], int]:
    """The segment of each labelled person, and how many labels belong to nobody or contradict each other.

    Labels of two records that are one person by now count once where they agree, and else not at all.
    """
    with reading(warehouse) as connection:
        keys = {
            (system, source_id): key
            for system, source_id, key in connection.execute(
                "select system, source_customer_id, customer_key from intermediate.int_customers__identified"
            )
        }
    said: dict[int, set[Segment]] = {}
    unknown = 0
    for label in labels:
        if (key := keys.get((label.system, label.source_customer_id))) is None:
            unknown += 1
        else:
            said.setdefault(key, set()).add(label.segment)
    agreed = {key: next(iter(segments)) for key, segments in said.items() if len(segments) == 1}
    return agreed, unknown + len(said) - len(agreed)


def write_sheet(warehouse: Warehouse, file: Path, customers: int) -> int:
    """Write a sheet for people to label: that many customers with their facts, and no answer of ours; how many it has.

    Raises EnrichError when the features are not built.
    """
    sampled = sampled_customers(warehouse, customers)
    with reading(warehouse) as connection:
        records = dict(
            connection.execute(
                "select distinct on (customer_key) customer_key, array[system, source_customer_id]"
                " from intermediate.int_customers__identified where customer_key = any(%s)"
                " order by customer_key, system, source_customer_id",
                [[customer.customer_key for customer in sampled]],
            ).fetchall()
        )
    facts = [name for name in FEATURE_COLUMNS if name != "customer_key"]
    with file.open("w", newline="", encoding="utf-8") as output:
        writer = csv.writer(output)
        writer.writerow([*_COLUMNS, *facts])
        for customer in sampled:
            values = [getattr(customer, name) for name in facts]
            writer.writerow([*records[customer.customer_key], "", "", *("" if v is None else v for v in values)])
    return len(sampled)


def _rows(file: Path, columns: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    try:
        with file.open(newline="", encoding="utf-8-sig") as content:
            reader = csv.DictReader(content, restval="")
            missing = [column for column in columns if column not in (reader.fieldnames or [])]
            if missing:
                raise EnrichError(f"{file} has no column {', '.join(missing)}; its first line names the columns.")
            return [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise EnrichError(f"{file} cannot be read as CSV in UTF-8: {error}") from error


def _set(file: Path, labels: list[Label]) -> LabelSet:
    return LabelSet(f"{file.name} {hashlib.sha256(file.read_bytes()).hexdigest()[:12]}", tuple(labels))
