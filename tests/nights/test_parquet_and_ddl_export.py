"""The published tables as Parquet, and the statements that create them elsewhere."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from customer360.publish import ExportError, export_csv, export_ddl, export_parquet
from customer360.warehouse import OWNER, Warehouse
from customer360.warehouse.schema import MARTS
from pyarrow import parquet
from warehouses import copy_of, drop

pytestmark = pytest.mark.nightly


def test_parquet_keeps_types_values_and_masks(sample_warehouse: Warehouse, tmp_path: Path):
    report = export_parquet(sample_warehouse, tmp_path / "masked")
    assert report.rows == sum(parquet.read_metadata(path).num_rows for path in report.files)
    assert not (tmp_path / "masked" / "decisions" / "auth_tokens.parquet").exists()

    funnel = parquet.read_table(tmp_path / "masked" / "dashboard" / "conversion_funnel.parquet")
    assert [str(field.type) for field in funnel.schema] == [
        "int64", "date32[day]", "string", "int64", "int64", "double", "double", "timestamp[us, tz=UTC]",
    ]  # fmt: skip
    with sample_warehouse.connect("bi_reader") as connection:
        there = connection.execute("select * from dashboard.conversion_funnel").fetchall()
    assert sorted(tuple(row.values()) for row in funnel.to_pylist()) == sorted(there)

    decisions = parquet.read_table(tmp_path / "masked" / "decisions" / "customer_decisions.parquet")
    assert str(decisions.schema.field("customer_value").type).startswith("decimal128(")
    assert str(decisions.schema.field("id").type) == "string"

    export_parquet(sample_warehouse, tmp_path / "plain", pii=True)
    masked, plain = (
        parquet.read_table(tmp_path / kind / "care" / "customers.parquet").to_pylist() for kind in ("masked", "plain")
    )
    assert len(masked) == len(plain) > 0
    assert not {row["customer_name"] for row in masked} & {row["customer_name"] for row in plain}
    assert (tmp_path / "plain").stat().st_mode & 0o077 == 0


def test_every_statement_file_creates_its_mart_in_an_empty_database(
    sample_warehouse: Warehouse, empty_warehouse: Warehouse, tmp_path: Path
):
    report = export_ddl(sample_warehouse, tmp_path / "ddl")
    assert sorted(path.name for path in report.files) == sorted(f"{mart}.sql" for mart in MARTS)
    for mart in MARTS:
        # Each in a database of its own: a file needs no other.
        created = copy_of(empty_warehouse)
        with created.connect(OWNER) as connection:
            connection.execute((tmp_path / "ddl" / f"{mart}.sql").read_text())
        assert _structure(created, mart) == _structure(sample_warehouse, mart), mart
        drop(created)


def _structure(warehouse: Warehouse, mart: str) -> list[tuple]:
    """Columns, constraints, indexes and comments of a mart, as PostgreSQL spells them."""
    queries = (
        "select c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,"
        " pg_get_expr(d.adbin, d.adrelid), col_description(c.oid, a.attnum), obj_description(c.oid)"
        " from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
        " left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum"
        " where c.relnamespace = %s::regnamespace and c.relkind = 'r' order by 1, 2",
        # PostgreSQL moves casts and brackets in a check that it reads back.
        "select conrelid::regclass::text, conname, contype,"
        " regexp_replace(pg_get_constraintdef(oid), '::[a-z ]+(\\[\\])?|[()]', '', 'g') from pg_constraint"
        " where connamespace = %s::regnamespace order by 1, 2",
        "select tablename, indexname, indexdef from pg_indexes where schemaname = %s order by 1, 2",
    )
    with warehouse.connect(OWNER) as connection:
        found = [row for query in queries for row in connection.execute(query, [mart]).fetchall()]
    assert found
    return found


def test_nothing_published_is_said_and_nothing_is_written(warehouse: Warehouse, tmp_path: Path):
    for export in (export_csv, export_ddl):
        with pytest.raises(ExportError, match="Nothing is published yet"):
            export(warehouse, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_other_things_in_it_is_not_replaced(sample_warehouse: Warehouse, tmp_path: Path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ExportError, match=r"thesis\.txt in it is from no export"):
        export_csv(sample_warehouse, tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_an_export_that_fails_half_way_leaves_the_earlier_one(sample_warehouse: Warehouse, tmp_path: Path):
    warehouse = copy_of(sample_warehouse)
    export_csv(warehouse, tmp_path / "out")
    before = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*"))
    with warehouse.connect(OWNER) as connection:
        # Read last of all, and fails while it is read.
        connection.execute(
            "create view notifications.zz_fails as select 1 / (customer_id - customer_id) as x"
            " from notifications.customer_profiles; grant select on notifications.zz_fails to bi_reader"
        )
    with pytest.raises(psycopg.errors.DataError):
        export_csv(warehouse, tmp_path / "out")
    assert sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*")) == before
    drop(warehouse)
