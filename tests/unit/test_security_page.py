"""The security page names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
NAMED = re.findall(r"`(tests/[^`:]+)::(\w+)`", (PROJECT / "docs" / "security.md").read_text())
assert NAMED


@pytest.mark.parametrize(("file", "test"), NAMED, ids=[test for _, test in NAMED])
def test_a_point_of_the_security_page_has_its_test(file: str, test: str):
    assert f"def {test}(" in (PROJECT / file).read_text()
