"""What a load did, file by file."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Literal

Status = Literal["loaded", "skipped", "refused", "unfinished"]


@dataclass(frozen=True)
class FileResult:
    """What became of one file.

    ``file``: path below the landing. ``records``: data records read, ``loaded`` of them went to
    raw (or wait for their parent), ``quarantined`` broke the contract, ``dropped`` equalled an earlier one where
    the contract drops those; ``duplicates`` counts all that did, dropped or kept. ``reason``: why the file
    was skipped, refused or left for the next load, unfinished. ``feeds``: whether the file came under a feed, so
    that it may have a result for each of several tables. ``drift``: ``unknown_columns`` kept in ``_extra`` (a feed
    stores only what it maps) and ``dropped_columns`` that were not stored because their name is a credential's.
    """

    file: str
    system: str | None
    table: str | None
    status: Status
    records: int = 0
    loaded: int = 0
    quarantined: int = 0
    reason: str | None = None
    seconds: float = 0.0
    drift: dict[str, list[str]] = field(default_factory=dict)
    dropped: int = 0
    duplicates: int = 0
    feeds: bool = False

    def as_json(self) -> str:
        """The file as one line of JSON, as ``customer360 load --json`` prints it."""
        said: dict[str, str | int | None] = {
            "file": self.file,
            "status": self.status,
            "records": self.records,
            "loaded": self.loaded,
            "quarantined": self.quarantined,
            "reason": self.reason,
        }
        if self.duplicates:
            said |= {"duplicates": self.duplicates, "dropped": self.dropped}
        if self.feeds:
            said["table"] = f"{self.system}.{self.table}"
        return json.dumps(said, ensure_ascii=False)

    def __str__(self) -> str:
        name = f"{self.file} into {self.system}.{self.table}" if self.feeds else self.file
        if self.status == "refused":
            return f"{name} is refused. {self.reason}"
        if self.status == "skipped":
            return f"{name} is skipped. {self.reason}"
        if self.status == "unfinished":
            return f"{name} is not taken yet. {self.reason}"
        equal = f", {self.duplicates} equal an earlier one" if self.duplicates else ""
        equal += " and are dropped" if self.dropped else ""
        return (
            f"{name}: {self.loaded} of {self.records} records loaded, "
            f"{self.quarantined} quarantined{equal}, {self.seconds:.1f} s"
        )


@dataclass(frozen=True)
class LoadReport:
    """All files of a landing, in the order they were loaded.

    ``waiting``: records per ``system.table`` that wait for their parent when the load ends.
    ``released``: records per ``system.table`` whose parent came with this load.
    """

    files: list[FileResult]
    waiting: dict[str, int]
    released: dict[str, int]

    @property
    def refused(self) -> list[FileResult]:
        """The files that were refused."""
        return [file for file in self.files if file.status == "refused"]

    @property
    def unfinished(self) -> list[FileResult]:
        """The files that were left for the next load."""
        return [file for file in self.files if file.status == "unfinished"]

    @property
    def loaded(self) -> int:
        """Records loaded from all files."""
        return sum(file.loaded for file in self.files)

    @property
    def quarantined(self) -> int:
        """Records of the loaded files that broke their contract."""
        return sum(file.quarantined for file in self.files if file.status == "loaded")
