"""The bytes of a delivered file, wherever it lies: opened as a stream, as often as needed, never copied."""

from __future__ import annotations

import io
import os
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from customer360.load.errors import FileRefused, FileUnfinished, LoadError

_BUFFER_BYTES = 1 << 18
_DELIVERED_AT = "delivered-at"
_ATTEMPTS = 4
"""So often a transfer that breaks off is taken up where it stopped, without a byte in between."""


class Source(Protocol):
    """``size``: packed bytes. ``modified_at``: when it was last written; ``delivered_at``: when its sender wrote it.
    ``version``: None, or what is the same only while the content is.
    """

    @property
    def size(self) -> int: ...

    @property
    def modified_at(self) -> datetime: ...

    @property
    def delivered_at(self) -> datetime: ...

    @property
    def version(self) -> str | None: ...

    def open(self) -> BinaryIO:
        """The content from its beginning. Raises OSError or FileRefused."""

    def check_unmoved(self) -> None:
        """Raises FileUnfinished when it was written to since it was found."""

    def replace(self, new: Path) -> None:
        """Put the content of ``new`` in its place, whole or not at all, and be the source of that.

        Nothing is replaced that was written to since it was found. Raises OSError, FileUnfinished or LoadError.
        """


class LocalSource:
    """A file of a folder. What it looked like when this was made is what it must still look like when it is read."""

    def __init__(self, path: Path):
        self.path = path
        self._seen = path.stat()

    @property
    def size(self) -> int:
        return self._seen.st_size

    @property
    def modified_at(self) -> datetime:
        return datetime.fromtimestamp(self._seen.st_mtime, UTC)

    @property
    def delivered_at(self) -> datetime:
        return self.modified_at

    @property
    def version(self) -> None:
        return None

    def open(self) -> BinaryIO:
        return self.path.open("rb")

    def check_unmoved(self) -> None:
        try:
            now = self.path.stat()
        except FileNotFoundError as error:
            raise FileUnfinished("It is gone since it was found; the next load takes it if it is back.") from error
        if _fingerprint(now) != _fingerprint(self._seen):
            raise FileUnfinished(
                f"It is still being written ({self._seen.st_size:,} bytes at the first look, {now.st_size:,} at the "
                "next); the next load takes it."
            )

    def replace(self, new: Path) -> None:
        # Within a folder a rename is one step, and a name with a dot in front is no delivery.
        beside = self.path.with_name(f".{self.path.name}.rewritten")
        try:
            shutil.copyfile(new, beside)
            # With the time it was delivered at, so that it is not newer than its folder's marker.
            shutil.copystat(self.path, beside)
            with beside.open("rb") as written:
                os.fsync(written.fileno())
            self.check_unmoved()
            beside.replace(self.path)
        finally:
            beside.unlink(missing_ok=True)
        self._seen = self.path.stat()


def _fingerprint(seen: os.stat_result) -> tuple[int, int, int]:
    return seen.st_ino, seen.st_size, seen.st_mtime_ns


@dataclass
class S3Source:
    """An object of a bucket, as it was listed: ``etag`` changes whenever it is written."""

    client: Any = field(repr=False)
    bucket: str
    key: str
    etag: str
    size: int
    modified_at: datetime

    @property
    def delivered_at(self) -> datetime:
        kept = self._metadata().get(_DELIVERED_AT)
        return datetime.fromisoformat(kept) if kept else self.modified_at

    @property
    def version(self) -> str:
        return self.etag

    def open(self) -> BinaryIO:
        return io.BufferedReader(_Object(self), _BUFFER_BYTES)

    def check_unmoved(self) -> None:
        """Nothing to do: every read asks for the listed version alone."""

    def replace(self, new: Path) -> None:
        # An object's time is always that of its last writing; a folder's marker is to be compared with this one.
        metadata = {_DELIVERED_AT: self.modified_at.isoformat()} | self._metadata()
        try:
            with new.open("rb") as content:
                written = self.client.put_object(
                    Bucket=self.bucket, Key=self.key, Body=content, IfMatch=self.etag, Metadata=metadata
                )
        except (BotoCoreError, ClientError) as error:
            if _is_other_version(error):
                raise FileUnfinished("It was replaced while it was rewritten.") from error
            raise LoadError(
                f"s3://{self.bucket}/{self.key} cannot be written: {error}. Check the AWS credentials."
            ) from error
        self.etag, self.size = written["ETag"], new.stat().st_size

    def _metadata(self) -> dict[str, str]:
        try:
            return self.client.head_object(Bucket=self.bucket, Key=self.key)["Metadata"]
        except (BotoCoreError, ClientError) as error:
            raise LoadError(
                f"s3://{self.bucket}/{self.key} cannot be read: {error}. Check the AWS credentials."
            ) from error


class _Object(io.RawIOBase):
    """The bytes of an object in one request; a transfer that breaks off goes on where it stopped."""

    def __init__(self, source: S3Source):
        self._source = source
        self._at = 0
        self._body: Any = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._at >= self._source.size:
            return 0
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                self._body = self._body or self._request()
                data = self._body.read(len(buffer))
                if data:
                    break
                raise EOFError(f"{self._at:,} of {self._source.size:,} bytes came")
            except (BotoCoreError, ClientError, EOFError) as error:
                self._body = None
                if _is_other_version(error):
                    raise FileUnfinished("It was replaced while it was read; the next load takes it.") from error
                if attempt == _ATTEMPTS:
                    raise FileRefused(f"It cannot be fetched: {error}. It is tried again next time.") from error
        self._at += len(data)
        buffer[: len(data)] = data
        return len(data)

    def _request(self) -> Any:
        return self._source.client.get_object(
            Bucket=self._source.bucket,
            Key=self._source.key,
            IfMatch=self._source.etag,
            Range=f"bytes={self._at}-",
        )["Body"]

    def close(self) -> None:
        if self._body is not None:
            self._body.close()
        super().close()


def _is_other_version(error: Exception) -> bool:
    changed = ("PreconditionFailed", "412", "ConditionalRequestConflict")
    return isinstance(error, ClientError) and error.response["Error"]["Code"] in changed
