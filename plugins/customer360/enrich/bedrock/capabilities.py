"""What model families allow and cost."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict, Field

from customer360.enrich.answers import EnrichError

_PER_PRICE = Decimal(1_000_000)
_BATCH_FACTOR = Decimal("0.5")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Usage(_Strict):
    """Tokens of one call as Bedrock counts them; ``input_tokens`` leaves out those read from or written to a cache."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0


class Capability(_Strict):
    """One family. Prices are dollars per million tokens; the quota counts ``output_quota_factor`` per output token.

    ``structured_output``: whether it answers by a JSON schema; else it is made to call a tool with one.
    ``thinking_tokens``: room for what the family thinks before it answers.
    """

    temperature: bool
    structured_output: bool
    thinking_tokens: int = Field(default=0, ge=0)
    cache_minimum_tokens: int = Field(gt=0)
    output_quota_factor: int = Field(gt=0)
    input_price: Decimal = Field(gt=0)
    output_price: Decimal = Field(gt=0)
    cache_read_price: Decimal = Field(gt=0)
    cache_write_price: Decimal = Field(gt=0)
    regional_factor: Decimal = Field(ge=1)

    def dollars(self, usage: Usage, model_id: str, *, in_batch: bool = False) -> Decimal:
        """What ``usage`` costs at ``model_id``, exact to a millionth of a cent."""
        factor = Decimal(1) if model_id.rpartition("/")[2].startswith("global.") else self.regional_factor
        price = (
            usage.input_tokens * self.input_price
            + usage.output_tokens * self.output_price
            + usage.cache_read_tokens * self.cache_read_price
            + usage.cache_write_tokens * self.cache_write_price
        )
        return (price * factor * (_BATCH_FACTOR if in_batch else 1) / _PER_PRICE).quantize(Decimal("0.00000001"))

    def quota_tokens(self, usage: Usage) -> int:
        """What ``usage`` takes from the tokens-per-minute quota."""
        return usage.input_tokens + usage.cache_write_tokens + usage.output_tokens * self.output_quota_factor


class _Capabilities(_Strict):
    prices_as_of: date
    families: dict[str, Capability]


@cache
def _read() -> _Capabilities:
    text = (files("customer360.enrich.bedrock") / "capabilities.yml").read_text(encoding="utf-8")
    return _Capabilities.model_validate(yaml.safe_load(text))


def prices_as_of() -> date:
    """The day whose prices are used."""
    return _read().prices_as_of


def capability_of(model_id: str) -> Capability:
    """What the model's family allows and costs.

    Raises EnrichError when no family is known by a part of the id.
    """
    families = _read().families
    # The longest name: claude-sonnet-5 is a part of claude-sonnet-5-5, too.
    if (name := max((name for name in families if name in model_id), key=len, default=None)) is None:
        raise EnrichError(
            f"CUSTOMER360_BEDROCK_MODEL_ID is {model_id!r}, whose prices and abilities are not known; use a model "
            f"of {', '.join(families)}, or add its family to enrich/bedrock/capabilities.yml."
        )
    return families[name]
