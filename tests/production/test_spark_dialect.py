"""The macros of the two engines give the same values, for texts and instants that are awkward."""

from __future__ import annotations

import json
import subprocess
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from customer360.distributed import engine
from customer360.settings import PROJECT
from customer360.warehouse import OWNER, Warehouse
from jinja2 import Environment

pytestmark = pytest.mark.skipif(engine.why_not() is not None, reason=f"{engine.why_not()}")

TEXTS = [
    "anna-maria o’neil", "  ada   lovelace ", "JOSÉ ÁLVAREZ", "mary\tjane watson", "élodie", "x", "", None,
    "jean_luc picard", "li 3rd", "tab\t", "a\u00a0b c", "straße\u2003 weiß", "p\u202fq\u3000r", "back\\slash",
]  # fmt: skip
MACROS = ("capitalised", "single_spaced", "hash_key")
ZONES = ("UTC", "Asia/Kolkata", "America/New_York")
INSTANTS = [datetime(2026, 3, 7, 22) + timedelta(hours=hours) for hours in range(40)]
"""In UTC, around the night in which the clocks of New York go forward."""

ON_SPARK = """
import json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from spark_build import start_session
order = json.loads(sys.stdin.read())
session = start_session("local[1]", Path(sys.argv[2]))
rows = [session.sql(query).collect() for query in order]
print(json.dumps([[row[0] for row in made] for made in rows], default=str))
"""


def sql_of(engine_name: str, macro: str, argument: str, zone: str = "UTC") -> str:
    """The SQL of a macro as one engine gets it: ``default`` is PostgreSQL."""
    source = (PROJECT / "dbt_project" / "macros" / "dialect.sql").read_text()
    call = f"{{{{ {engine_name}__{macro}('{argument}') }}}}"
    return Environment().from_string(source + call).render(var={"business_time_zone": zone}.get).strip()


def on_spark(tmp_path: Path, queries: list[str]) -> list[list[Any]]:
    done = subprocess.run(
        [str(engine.PYTHON), "-c", ON_SPARK, str(Path(engine.__file__).parent), str(tmp_path)],
        input=json.dumps(queries), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def on_postgresql(warehouse: Warehouse, query: str, values: list[Any]) -> list[Any]:
    with warehouse.connect(OWNER) as connection:
        return [row[0] for row in connection.execute(query, [values])]


def test_both_engines_make_the_same_of_awkward_values(empty_warehouse: Warehouse, tmp_path: Path):
    texts = ", ".join("null" if text is None else f"'{text}'" for text in TEXTS)
    texts_on_spark = f"from (select posexplode(array({texts})) as (number, value)) order by number"
    instants = ", ".join(f"timestamp '{instant}'" for instant in INSTANTS)
    instants_on_spark = f"from (select posexplode(array({instants})) as (number, value)) order by number"
    spark = on_spark(
        tmp_path,
        [f"select {sql_of('spark', macro, 'value')} {texts_on_spark}" for macro in MACROS]
        + [f"select {sql_of('spark', 'business_day', 'value', zone)} {instants_on_spark}" for zone in ZONES],
    )
    in_order = "with ordinality as given (value, number) order by number"
    for macro, made in zip(MACROS, spark, strict=False):
        query = f"select {sql_of('default', macro, 'value')} from unnest(%s::text[]) {in_order}"
        assert on_postgresql(empty_warehouse, query, TEXTS) == made, macro
    for zone, made in zip(ZONES, spark[len(MACROS) :], strict=True):
        query = f"select {sql_of('default', 'business_day', 'value', zone)} from unnest(%s::timestamptz[]) {in_order}"
        days = on_postgresql(empty_warehouse, query, INSTANTS)
        assert len(set(days)) > 1
        assert days == [date.fromisoformat(day) for day in made], zone
