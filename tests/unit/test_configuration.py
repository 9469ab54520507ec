"""What can be set, and where that is said."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import pytest
from customer360.settings import PROJECT, VARIABLES, SettingsError, read_settings


class _Recording(Mapping[str, str]):
    """An empty environment that remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def test_every_variable_that_is_read_is_listed_and_no_other():
    environment = _Recording()
    read_settings(environment)
    assert environment.asked == set(VARIABLES)


def test_the_page_about_configuration_says_of_every_variable_what_the_settings_say():
    page = (PROJECT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert dict(re.findall(r"^\| `(CUSTOMER360_\w+)` \| (.+) \|$", page, re.MULTILINE)) == VARIABLES


def test_the_example_holds_every_variable_and_no_value_so_that_loading_it_changes_nothing():
    lines = (PROJECT / ".env.example").read_text(encoding="utf-8").splitlines()
    values = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert values == dict.fromkeys(VARIABLES, "")
    assert read_settings(values) == read_settings({})


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CUSTOMER360_BUSINESS_TIME_ZONE", "Mars/Olympus"),
        ("CUSTOMER360_CLASSIFIER", "guess"),
        ("CUSTOMER360_BEDROCK_TOKENS_PER_MINUTE", "many"),
        ("CUSTOMER360_BEDROCK_BUDGET", "-1"),
        ("CUSTOMER360_BEDROCK_FALLBACK", "dice"),
        ("CUSTOMER360_DELETE_LIMIT", "2"),
        ("CUSTOMER360_QUIET_SECONDS", "a while"),
        ("CUSTOMER360_QUIET_SECONDS", "-1"),
        ("CUSTOMER360_NEEDS_SUCCESS", "perhaps"),
        ("CUSTOMER360_NIGHT_DUE_HOURS", "soon"),
        ("CUSTOMER360_NIGHT_DUE_HOURS", "0"),
        ("CUSTOMER360_ALERT_EMAIL", "night@example.com, nobody"),
        ("CUSTOMER360_ALERT_EMAIL", "a@example.com\nBcc: b@example.com"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_the_name_of_its_variable(variable: str, value: str):
    with pytest.raises(SettingsError, match=variable):
        read_settings({variable: value})


def test_several_people_can_be_told():
    assert read_settings({"CUSTOMER360_ALERT_EMAIL": "a@example.com, b@example.com,"}).alert_emails == (
        "a@example.com",
        "b@example.com",
    )
