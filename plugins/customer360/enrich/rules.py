"""The small language that scorecards are written in: a fact, a comparison, points and a reason."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, ClassVar, Literal, Self, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from customer360.enrich.answers import Contribution, EnrichError
from customer360.enrich.features import CustomerFeatures, facts_of

SCORECARDS = files("customer360.enrich") / "scorecards"

_NUMBERS = (int, Decimal)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Condition(_Strict):
    """A comparison of one fact with a value. An unknown fact (NULL) never matches."""

    feature: str
    op: Literal["at_least", "at_most", "is", "in"]
    value: bool | Decimal | str | tuple[str, ...]

    @field_validator("value", mode="before")
    @classmethod
    def _exact(cls, value: Any) -> Any:
        # 0.1 as a float is a little more than 0.1, so a share of exactly 0.1 would not reach it.
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return Decimal(str(value)) if is_number else value

    def holds(self, facts: Mapping[str, Any]) -> bool:
        """Whether the comparison is true of ``facts``, which must have the feature."""
        fact = facts[self.feature]
        if fact is None:
            return False
        if self.op == "at_least":
            return fact >= self.value
        if self.op == "at_most":
            return fact <= self.value
        if self.op == "is":
            return fact == self.value
        return fact in self.value  # type: ignore[operator]

    def fault(self, facts: Mapping[str, type | tuple[str, ...]]) -> str | None:
        """What is wrong with the condition given the facts there are, or None."""
        if self.feature not in facts:
            return f"{self.feature} is no fact these rules may use"
        kind = facts[self.feature]
        if self.op in ("at_least", "at_most"):
            fits = kind in _NUMBERS and isinstance(self.value, Decimal)
        elif self.op == "in":
            fits = isinstance(kind, tuple) and isinstance(self.value, tuple) and set(self.value) <= set(kind)
        elif isinstance(kind, tuple):
            fits = self.value in kind
        else:
            fits = isinstance(self.value, bool if kind is bool else Decimal)
        return None if fits else f"{self.feature} {self.op} {self.value!r} can never be true"


class Rule(Condition):
    """A condition that adds points to a score."""

    points: int
    reason: str

    @cached_property
    def contribution(self) -> Contribution:
        return Contribution(feature=self.feature, points=self.points, reason=self.reason)


class RuleFile(_Strict, ABC):
    """A rule file of enrich/scorecards/, immutable once it was used: a change is a new version.

    ``version``: the file's name without .yml, which is the ``prompt_version`` of its answers.
    """

    about: ClassVar[type[CustomerFeatures]]

    version: str
    description: str

    source: ClassVar[Literal["rules"]] = "rules"
    model: ClassVar[str] = "scorecard"

    @property
    def prompt_version(self) -> str:
        return self.version

    @classmethod
    def read(cls, file: Path | Traversable | str) -> Self:
        """The rules in ``file``, a path or the name of a version in enrich/scorecards/.

        Raises EnrichError when it is missing or a rule in it could never match.
        """
        path = SCORECARDS / f"{file}.yml" if isinstance(file, str) else file
        try:
            content = yaml.safe_load(path.read_text(encoding="utf-8"))
            rule_file = cls.model_validate(content | {"version": path.name.removesuffix(".yml")})
        except (OSError, TypeError, yaml.YAMLError, ValidationError) as error:
            raise EnrichError(f"The rules in {path.name} cannot be used; mend the file: {error}") from error
        facts = facts_of(cls.about)
        if faults := [fault for c in rule_file.conditions() if (fault := c.fault(facts))]:
            raise EnrichError(f"The rules in {path.name} cannot be used; mend: {'; '.join(faults)}.")
        return rule_file

    @abstractmethod
    def conditions(self) -> Iterable[Condition]:
        """Every condition in the file."""


AnyRule = TypeVar("AnyRule", bound=Rule)


def matching(rules: Iterable[AnyRule], facts: Mapping[str, Any]) -> list[AnyRule]:
    """The rules that are true of ``facts``."""
    return [rule for rule in rules if rule.holds(facts)]
