"""What a load did, file by file."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Literal

Status = Literal["loaded", "skipped", "refused", "unfinished"]


_SHOWN_COLUMNS = 5
_WORTH_SAYING = {
    "retyped_columns": "retyped",
    "unknown_columns": "new",
    "ignored_columns": "new and not stored",
    "dropped_columns": "dropped as a credential",
    "absent_columns": "absent",
}


def _listed(columns: list[str]) -> str:
    shown, more = ", ".join(columns[:_SHOWN_COLUMNS]), len(columns) - _SHOWN_COLUMNS
    return f"{shown} and {more} more" if more > 0 else shown


@dataclass(frozen=True)
class FileResult:
    """What became of one file.

    ``file``: path below the landing. ``records``: data records read, ``loaded`` of them went to
    raw (or wait for their parent), ``quarantined`` broke the contract, ``dropped`` equalled an earlier one where
    the contract drops those; ``duplicates`` counts all that did, dropped or kept. ``reason``: why the file
    was skipped, refused or left for the next load, unfinished. ``feeds``: whether the file came under a feed, so
    that it may have a result for each of several tables. ``late_after``: the delivery day, as ISO text, of a newer
    file that was loaded before.

    ``drift``: how its columns differ from the contract's: ``unknown_columns`` kept in ``_extra`` (a feed stores only
    what it maps), ``ignored_columns`` not stored since the contract freezes them, ``dropped_columns`` not stored
    since their name is a credential's, ``absent_columns`` it may lack, ``renamed_columns`` known by an alias,
    ``reordered_columns`` in the file's order, and ``retyped_columns`` most of whose values do not fit.
    ``holds_erased``: whether a person was erased from this very content, so that the file says it again.
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
    holds_erased: bool = False
    late_after: str | None = None

    @property
    def said_of_drift(self) -> str:
        """The drift that a person may have to act on, in words: all but other names and another order."""
        kinds = [f"{words} {_listed(self.drift[kind])}" for kind, words in _WORTH_SAYING.items() if kind in self.drift]
        return f"columns {'; '.join(kinds)}" if kinds else ""

    def as_json(self) -> str:
        """The file as one line of JSON, as ``customer360 load --json`` prints it."""
        said: dict[str, Any] = {
            "file": self.file,
            "status": self.status,
            "records": self.records,
            "loaded": self.loaded,
            "quarantined": self.quarantined,
            "reason": self.reason,
        }
        if self.duplicates:
            said |= {"duplicates": self.duplicates, "dropped": self.dropped}
        if self.drift:
            said["drift"] = self.drift
        if self.late_after:
            said["late_after"] = self.late_after
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
        drift = f", {self.said_of_drift}" if self.said_of_drift else ""
        late = f", late: {self.late_after} was loaded before" if self.late_after else ""
        return (
            f"{name}: {self.loaded} of {self.records} records loaded, "
            f"{self.quarantined} quarantined{equal}{late}{drift}, {self.seconds:.1f} s"
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
    def arrived(self) -> set[str]:
        """The names of the files that were not there before."""
        return {file.file for file in self.files if file.status != "skipped"}

    @property
    def again(self) -> set[str]:
        """The names of the files that hold a person who was erased from them."""
        return {file.file for file in self.files if file.holds_erased}

    @property
    def unfinished(self) -> list[FileResult]:
        """The files that were left for the next load."""
        return [file for file in self.files if file.status == "unfinished"]

    @property
    def drifted(self) -> dict[str, str]:
        """What is said of the drift of files, by file."""
        return {file.file: file.said_of_drift for file in self.files if file.said_of_drift}

    @property
    def loaded(self) -> int:
        """Records loaded from all files."""
        return sum(file.loaded for file in self.files)

    @property
    def quarantined(self) -> int:
        """Records of the loaded files that broke their contract."""
        return sum(file.quarantined for file in self.files if file.status == "loaded")
