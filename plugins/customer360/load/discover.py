"""Finding the files of a landing, in a local folder or below an ``s3://`` prefix."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from io import BufferedReader
from pathlib import Path
from typing import cast

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from customer360.contracts import Contract, contracts_for
from customer360.load.errors import LoadError
from customer360.load.source import LocalSource, S3Source, Source

SUFFIXES = (".csv", ".csv.gz", ".csv.zst")
NOT_DELIVERIES = ("truth", "contracts")
"""Folders of a landing that hold no exports: the generator's truth, the landing's own contracts."""

SUCCESS = "_SUCCESS"
"""The file that a sender puts beside the others when all of them are there."""

_DATE = re.compile(r"(?<!\d)(\d{4})-?(\d{2})-?(\d{2})(?!\d)")


@dataclass(frozen=True)
class LandingFile:
    """A file of the landing. ``source``: its bytes, None where ``refusal`` says why it may not be read.

    ``unfinished``: why it is not taken yet, empty where it may be.
    """

    name: str
    source: Source | None
    refusal: str = ""
    unfinished: str = ""

    @property
    def folder(self) -> str:
        """The folder it lies in, below the landing."""
        return self.name.rpartition("/")[0]

    @property
    def is_marker(self) -> bool:
        """Whether it only says that its folder is complete."""
        return self.name.rpartition("/")[2] == SUCCESS

    @property
    def delivered_on(self) -> date | None:
        """The delivery date in the file's name (YYYY-MM-DD or YYYYMMDD), or None."""
        for digits in _DATE.findall(self.name.rpartition("/")[2]):
            try:
                return date(*map(int, digits))
            except ValueError:
                continue
        return None


def discover(
    landing: str, contracts: Sequence[Contract], *, needs_success: bool = False
) -> list[tuple[LandingFile, Contract | None]]:
    """The files of ``landing`` with the contract each falls under, parents' files first.

    A file that feeds several tables comes once for each. Within a table by delivery date, then by name.
    ``needs_success``: whether files wait for their folder's marker even where their contract does not say so.
    Raises LoadError when there is no such landing.
    """
    everything = list(_in_bucket(landing) if landing.startswith("s3://") else _in_folder(Path(landing)))
    marked = {file.folder: file.source.modified_at for file in everything if file.is_marker and file.source}
    found = [file for file in everything if not file.is_marker]
    place = {contract.name: number for number, contract in enumerate(contracts)}
    # A feed's records are those of the table it feeds, so it comes with that table's files.
    place |= {contract.name: place[contract.feed.contract] for contract in contracts if contract.feed}
    matched: list[tuple[LandingFile, Contract | None]] = []
    for file in found:
        for contract in contracts_for(file.name, contracts) or (None,):
            waits = needs_success or (contract is not None and contract.customer360.needs_success)
            matched.append((_marked(file, marked) if waits else file, contract))
    return sorted(
        matched,
        key=lambda pair: (
            place[pair[1].name] if pair[1] else len(place),
            pair[0].delivered_on or date.min,
            pair[0].name,
        ),
    )


def _marked(file: LandingFile, marked: dict[str, datetime]) -> LandingFile:
    """The file, unfinished where its folder is not marked complete; ``marked``: folders to when they were."""
    complete_at = marked.get(file.folder)
    if complete_at is None:
        return replace(file, unfinished=f"Its folder has no {SUCCESS} yet; the next load after that takes it.")
    # An object says only when asked that it was written anew here, and costs a request.
    if file.source and file.source.modified_at > complete_at and file.source.delivered_at > complete_at:
        return replace(
            file, unfinished=f"It is newer than the {SUCCESS} of its folder; the load after a new {SUCCESS} takes it."
        )
    return file


def sha256_of(source: Source) -> str:
    """The content's sha256 in hexadecimal. Raises OSError or FileRefused."""
    with source.open() as stream:
        return hashlib.file_digest(cast(BufferedReader, stream), "sha256").hexdigest()


def _is_delivery(name: str) -> bool:
    parts = name.split("/")
    return (
        (name.lower().endswith(SUFFIXES) or parts[-1] == SUCCESS)
        and parts[0] not in NOT_DELIVERIES
        and not any(part.startswith(".") and part != ".." for part in parts)
    )


def _in_folder(landing: Path) -> Iterator[LandingFile]:
    if not landing.is_dir():
        raise LoadError(f"There is no landing folder {landing}; deliver the files there or set CUSTOMER360_LANDING.")
    root = landing.resolve()
    for folder, folders, files in os.walk(root):
        for name in sorted(folders):
            if (path := Path(folder, name)).is_symlink():
                yield _refused(_name(path, root), "It is a link to a folder; put the folder itself into the landing.")
        for name in sorted(files):
            path = Path(folder, name)
            if _is_delivery(_name(path, root)):
                yield _local_file(path, root)


def _name(path: Path, root: Path) -> str:
    # A name that is not valid UTF-8 cannot be stored; its strange bytes become question marks.
    return path.relative_to(root).as_posix().encode("utf-8", "replace").decode()


def _local_file(path: Path, root: Path) -> LandingFile:
    name = _name(path, root)
    try:
        if not path.resolve().is_relative_to(root):
            return _refused(
                name, "It is a link that leads out of the landing folder; put the file itself into the landing."
            )
        if not path.is_file():
            return _refused(name, "It is no regular file; put the export itself into the landing.")
        return LandingFile(name, LocalSource(path))
    except RuntimeError:
        return _refused(name, "It is a link to itself; put the file itself into the landing.")
    except OSError as error:
        return _refused(name, f"It cannot be read: {error.strerror or error}.")


def _refused(name: str, refusal: str) -> LandingFile:
    return LandingFile(name, None, refusal)


def _in_bucket(landing: str) -> Iterator[LandingFile]:
    bucket, _, prefix = landing.removeprefix("s3://").partition("/")
    prefix = f"{prefix.rstrip('/')}/" if prefix.strip("/") else ""
    client, found = boto3.client("s3"), False
    try:
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for entry in page.get("Contents", []):
                found = True
                name = entry["Key"].removeprefix(prefix)
                if not _is_delivery(name):
                    continue
                if ".." in name.split("/"):
                    yield _refused(name, "Its name leads out of the landing; deliver it under a plain name.")
                else:
                    source = S3Source(client, bucket, entry["Key"], entry["ETag"], entry["Size"], entry["LastModified"])
                    yield LandingFile(name, source)
    except (BotoCoreError, ClientError) as error:
        raise LoadError(
            f"The landing {landing} cannot be listed: {error}. Check CUSTOMER360_LANDING and the AWS credentials."
        ) from error
    if not found:
        raise LoadError(f"There is nothing below {landing}; deliver the files there or set CUSTOMER360_LANDING.")
