"""Finding the files of a landing, in a local folder or below an ``s3://`` prefix."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from customer360.contracts import Contract, contracts_for
from customer360.load.errors import FileRefused, LoadError

SUFFIXES = (".csv", ".csv.gz", ".csv.zst")
NOT_DELIVERIES = ("truth", "contracts")
"""Folders of a landing that hold no exports: the generator's truth, the landing's own contracts."""

PIECE_BYTES = 1 << 20

_DATE = re.compile(r"(?<!\d)(\d{4})-?(\d{2})-?(\d{2})(?!\d)")


@dataclass(frozen=True)
class LandingFile:
    """A file of the landing. ``fetched`` opens it as a local path; ``refusal``: why it may not be read."""

    name: str
    fetched: Callable[[], AbstractContextManager[Path]]
    refusal: str | None = None

    @property
    def delivered_on(self) -> date | None:
        """The delivery date in the file's name (YYYY-MM-DD or YYYYMMDD), or None."""
        for digits in _DATE.findall(self.name.rpartition("/")[2]):
            try:
                return date(*map(int, digits))
            except ValueError:
                continue
        return None


def discover(landing: str, contracts: Sequence[Contract]) -> list[tuple[LandingFile, Contract | None]]:
    """The files of ``landing`` with the contract each falls under, parents' files first.

    A file that feeds several tables comes once for each. Within a table by delivery date, then by name.
    Raises LoadError when there is no such landing.
    """
    found = _in_bucket(landing) if landing.startswith("s3://") else _in_folder(Path(landing))
    place = {contract.name: number for number, contract in enumerate(contracts)}
    # A feed's records are those of the table it feeds, so it comes with that table's files.
    place |= {contract.name: place[contract.feed.contract] for contract in contracts if contract.feed}
    matched = [(file, contract) for file in found for contract in contracts_for(file.name, contracts) or [None]]
    return sorted(
        matched,
        key=lambda pair: (
            place[pair[1].name] if pair[1] else len(place),
            pair[0].delivered_on or date.min,
            pair[0].name,
        ),
    )


def sha256_of(path: Path) -> str:
    """The file's sha256 in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _is_delivery(name: str) -> bool:
    parts = name.split("/")
    return (
        name.lower().endswith(SUFFIXES)
        and parts[0] not in NOT_DELIVERIES
        and not any(part.startswith(".") for part in parts)
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
    if not path.resolve().is_relative_to(root):
        return _refused(
            name, "It is a link that leads out of the landing folder; put the file itself into the landing."
        )
    if not path.is_file():
        return _refused(name, "It is no regular file; put the export itself into the landing.")

    @contextmanager
    def fetched() -> Iterator[Path]:
        yield path

    return LandingFile(name, fetched)


def _refused(name: str, refusal: str) -> LandingFile:
    @contextmanager
    def fetched() -> Iterator[Path]:
        raise FileRefused(refusal)
        yield

    return LandingFile(name, fetched, refusal)


def _in_bucket(landing: str) -> Iterator[LandingFile]:
    bucket, _, prefix = landing.removeprefix("s3://").partition("/")
    prefix = f"{prefix.rstrip('/')}/" if prefix.strip("/") else ""
    client, found = boto3.client("s3"), False
    try:
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for entry in page.get("Contents", []):
                found = True
                name = entry["Key"].removeprefix(prefix)
                if _is_delivery(name):
                    yield LandingFile(name, _download(client, bucket, entry["Key"]))
    except (BotoCoreError, ClientError) as error:
        raise LoadError(
            f"The landing {landing} cannot be listed: {error}. Check CUSTOMER360_LANDING and the AWS credentials."
        ) from error
    if not found:
        raise LoadError(f"There is nothing below {landing}; deliver the files there or set CUSTOMER360_LANDING.")


def _download(client: Any, bucket: str, key: str) -> Callable[[], AbstractContextManager[Path]]:
    """Opens an object as a temporary local file: it is read up to three times and may be large."""

    @contextmanager
    def fetched() -> Iterator[Path]:
        folder = Path(tempfile.mkdtemp(prefix="customer360-"))
        try:
            path = folder / "object"
            try:
                body = client.get_object(Bucket=bucket, Key=key)["Body"]
                with path.open("wb") as copy:
                    for piece in body.iter_chunks(PIECE_BYTES):
                        copy.write(piece)
            except (BotoCoreError, ClientError) as error:
                raise FileRefused(f"It cannot be fetched: {error}. It is tried again next time.") from error
            yield path
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    return fetched
