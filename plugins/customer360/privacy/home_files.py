"""Erasing a person from the files the home keeps: logs, reports and exports."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

KEPT = ("postgres",)
"""Folders of the home that hold no texts of ours: the server's own files, which only the server may touch."""

_PIECE_BYTES = 1 << 20


def text_files(home: Path) -> Iterator[Path]:
    """The files of the home that may mention a person, the server's log among them."""
    for path in sorted(home.rglob("*")):
        parts = path.relative_to(home).parts
        if path.is_file() and not path.is_symlink() and not (parts[0] in KEPT and parts[1:] != ("log",)):
            yield path


def blank_mentions(path: Path, pattern: str, *, dry_run: bool) -> int:
    """Put asterisks over every mention in a file, byte for byte in its place; returns how many there were.

    A process may be writing to the file: nothing in it moves.
    """
    wanted, found = re.compile(pattern.encode(), re.IGNORECASE), 0
    with path.open("rb" if dry_run else "r+b") as stream:
        start = 0
        while piece := _lines(stream, start):
            for match in wanted.finditer(piece):
                found += 1
                if not dry_run:
                    stream.seek(start + match.start())
                    stream.write(b"*" * len(match[0]))
            start += len(piece)
    return found


def _lines(stream: BinaryIO, start: int) -> bytes:
    # A mention never spans lines, so pieces of whole lines hold whole mentions.
    stream.seek(start)
    piece = stream.read(_PIECE_BYTES)
    return piece + stream.readline() if piece else b""


def exports_in(home: Path) -> list[Path]:
    """The files of every export in the home."""
    return [path for path in sorted((home / "exports").rglob("*")) if path.is_file()]


def delete_exports(home: Path) -> int:
    """Delete every export in the home, since one cannot be rewritten; returns how many files there were."""
    found = len(exports_in(home))
    if found:
        shutil.rmtree(home / "exports")
    return found
