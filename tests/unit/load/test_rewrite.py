"""A delivered file rewritten in its place, and what happens when its sender writes to it meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest
from customer360.load.discover import LandingFile
from customer360.load.errors import FileUnfinished
from customer360.load.rewrite import rewrite_text
from customer360.load.source import LocalSource


@pytest.fixture
def path(tmp_path: Path) -> Path:
    delivered = tmp_path / "notes.csv"
    delivered.write_text("id,note\n1,call Ann\n")
    return delivered


def _rewrite(file: LandingFile, old: str, new: str, before=lambda _old, _new: None) -> int:
    return rewrite_text(file, lambda text: (text.replace(old, new), text.count(old)), before)


def test_a_file_is_rewritten_as_often_as_it_takes_and_keeps_its_time(path: Path):
    file, delivered = LandingFile("desk/notes.csv", LocalSource(path)), path.stat().st_mtime_ns
    assert (_rewrite(file, "Ann", "Bob"), _rewrite(file, "Bob", "Cid")) == (1, 1)
    assert path.read_text() == "id,note\n1,call Cid\n"
    assert path.stat().st_mtime_ns == delivered


def test_a_file_written_to_while_it_is_rewritten_is_left_as_it_is(path: Path):
    file = LandingFile("desk/notes.csv", LocalSource(path))
    with pytest.raises(FileUnfinished, match=r"^desk/notes.csv was written to .* run the same again\.$"):
        _rewrite(file, "Ann", "Bob", lambda _old, _new: path.write_text("id,note\n1,call Ann\n2,new\n"))
    assert path.read_text() == "id,note\n1,call Ann\n2,new\n"
    assert list(path.parent.iterdir()) == [path]
