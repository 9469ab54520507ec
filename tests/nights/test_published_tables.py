"""The published tables, held against the structure that their readers rely on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from customer360.warehouse import OWNER, Warehouse

pytestmark = pytest.mark.nightly

STRUCTURES = sorted((Path(__file__).parents[1] / "data" / "published").glob("*.yml"))
TABLES = [
    (mart["schema"], table, body)
    for mart in (yaml.safe_load(path.read_text()) for path in STRUCTURES)
    for table, body in mart["tables"].items()
]
assert len(TABLES) == 54

every_table = pytest.mark.parametrize(("schema", "table", "body"), TABLES, ids=[f"{s}.{t}" for s, t, _ in TABLES])


@every_table
def test_columns_have_the_promised_names_order_and_types(sample_warehouse: Warehouse, schema: str, table: str, body):
    with sample_warehouse.connect(OWNER) as connection:
        found = connection.execute(
            "select attname, format_type(atttypid, atttypmod) from pg_attribute"
            " where attrelid = %s::regclass and attnum > 0 and not attisdropped order by attnum",
            [f"{schema}.{table}"],
        ).fetchall()
    promised = [(column["name"], _spelled_as_postgres(column["type"])) for column in body["columns"]]
    assert found[: len(promised)] == promised


@every_table
def test_rules_are_constraints_of_the_table(sample_warehouse: Warehouse, schema: str, table: str, body):
    with sample_warehouse.connect(OWNER) as connection:
        constraints = connection.execute(
            "select contype::text, pg_get_constraintdef(oid) from pg_constraint where conrelid = %s::regclass",
            [f"{schema}.{table}"],
        ).fetchall()
        columns = {
            name: (not_null, default)
            for name, not_null, default in connection.execute(
                "select attname, attnotnull, pg_get_expr(adbin, adrelid) from pg_attribute"
                " left join pg_attrdef on adrelid = attrelid and adnum = attnum"
                " where attrelid = %s::regclass and attnum > 0",
                [f"{schema}.{table}"],
            )
        }
    kinds = [kind for kind, _ in constraints]
    rules = [(column["name"], column.get("rules", "")) for column in body["columns"]]
    assert kinds.count("p") == sum("PRIMARY KEY" in rule for _, rule in rules)
    assert kinds.count("f") == sum("REFERENCES" in rule for _, rule in rules)
    assert kinds.count("c") == sum("CHECK" in rule for _, rule in rules)
    assert kinds.count("u") == sum("UNIQUE" in rule for _, rule in rules) + len(body.get("constraints", []))
    for name, rule in rules:
        assert columns[name][0] == ("NOT NULL" in rule or "PRIMARY KEY" in rule), name
        assert (columns[name][1] is not None) == ("DEFAULT" in rule), name
        for target in re.findall(r"REFERENCES (\w+)", rule):
            assert any(k == "f" and f"({name})" in d and f"{target}(" in d for k, d in constraints), name
        if "CASCADE" in rule:
            assert any(k == "f" and f"({name})" in d and "ON DELETE CASCADE" in d for k, d in constraints), name
        for value in re.findall(r"'([^']+)'", rule.partition("CHECK")[2].partition("DEFAULT")[0]):
            assert any(k == "c" and f"'{value}'" in d for k, d in constraints), (name, value)


@every_table
def test_indexes_have_the_promised_names(sample_warehouse: Warehouse, schema: str, table: str, body):
    with sample_warehouse.connect(OWNER) as connection:
        found = dict(
            connection.execute(
                "select indexname, indexdef from pg_indexes where schemaname = %s and tablename = %s", [schema, table]
            ).fetchall()
        )
    for promised in body.get("indexes", []):
        name, columns = re.match(r"(\w+) \(([^)]*)\)", promised).groups()
        assert f"({columns})" in found[name]
        assert ("WHERE" in promised) == ("WHERE" in found[name])


@every_table
def test_tables_and_columns_are_commented(sample_warehouse: Warehouse, schema: str, table: str, body):
    with sample_warehouse.connect(OWNER) as connection:
        comments = connection.execute(
            "select obj_description(%(t)s::regclass), array_agg(col_description(attrelid, attnum)) from pg_attribute"
            " where attrelid = %(t)s::regclass and attnum > 0 and not attisdropped",
            {"t": f"{schema}.{table}"},
        ).fetchone()
    assert comments is not None
    assert comments[0].startswith("One row per")
    assert all(comments[1])


@every_table
def test_the_sample_delivery_fills_every_table(sample_warehouse: Warehouse, schema: str, table: str, body):
    with sample_warehouse.connect(OWNER) as connection:
        assert connection.execute(f"select exists (select from {schema}.{table})").fetchone() == (True,)


@every_table
def test_readers_see_a_table_or_its_masked_view_and_nothing_more(
    sample_warehouse: Warehouse, schema: str, table: str, body
):
    def may_select(role: str, relation: str) -> bool | None:
        with sample_warehouse.connect(role) as connection:
            row = connection.execute(
                "select has_table_privilege(to_regclass(%s)::oid, 'select')", [relation]
            ).fetchone()
        assert row is not None
        return row[0]

    plain, masked = may_select("bi_reader", f"{schema}.{table}"), may_select("bi_reader", f"{schema}_masked.{table}")
    if table == "auth_tokens":
        assert (plain, masked) == (False, None)
    else:
        assert (plain, masked) in ((True, None), (False, True))
    assert may_select("pii_reader", f"{schema}.{table}")


def _spelled_as_postgres(data_type: str) -> str:
    return {"timestamptz": "timestamp with time zone"}.get(data_type, data_type).replace("varchar", "character varying")
