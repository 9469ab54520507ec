"""How a file of another shape feeds a known table: six verbs and no expression language.

rename (``from``), ``constant``, value map (``map``), format (of the source field), ``concatenate`` and
``reference`` by name. A ``key`` is made of what identifies the record in its source.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field as Setting
from pydantic import model_validator

from customer360.contracts.strict import Strict


class Mapped(Strict):
    """The value of one column of the known table; exactly one verb.

    ``source``: a field of the file; with ``map``, its values become others, the missing one by the
    spelling ``""``. A value that no map knows becomes ``otherwise`` or, without that, quarantines the
    record. ``concatenate``: the parts that are present, with ``join`` between them. ``key``: a stable
    number made of these parts. ``reference``: the key that another table's feed from the same source
    makes of ``by``. ``within``: the source whose keys these are, where several sources share a table.
    """

    source: str | None = Setting(None, alias="from")
    map: dict[str, str] | None = None
    otherwise: str | None = None
    constant: str | None = None
    concatenate: list[str | Mapped] = Setting([])
    join: str = Setting(" ", alias="with")
    key: list[str | Mapped] = Setting([])
    reference: str | None = None
    by: list[str | Mapped] = Setting([])
    within: str | None = None

    @model_validator(mode="after")
    def _has_one_verb(self) -> Mapped:
        verbs = [self.source, self.constant, self.concatenate or None, self.key or None, self.reference]
        if sum(verb is not None for verb in verbs) != 1:
            raise ValueError("a column has exactly one of from, constant, concatenate, key and reference")
        if self.map is not None and self.source is None:
            raise ValueError("map stands beside from")
        if self.otherwise is not None and self.map is None:
            raise ValueError("otherwise stands beside map")
        if bool(self.by) != (self.reference is not None):
            raise ValueError("reference and by stand together")
        if self.within is not None and not self.key and self.reference is None:
            raise ValueError("within stands beside key or reference")
        return self

    @property
    def parts(self) -> list[str | Mapped]:
        """What the value is made of, where it is made of several."""
        return [*self.concatenate, *self.key, *self.by]

    def sources(self) -> Iterator[str]:
        """The fields of the file that the value comes from."""
        if self.source is not None:
            yield self.source
        for part in self.parts:
            yield from [part] if isinstance(part, str) else part.sources()


class Feed(Strict):
    """``contract``: the known table's. ``source``: a name that keeps this source's keys apart from others'."""

    contract: str
    source: str
    columns: dict[str, str | Mapped]

    @property
    def mapped(self) -> dict[str, Mapped]:
        """Every column's value; a mere name is a rename."""
        return {name: Mapped(source=value) if isinstance(value, str) else value for name, value in self.columns.items()}
