"""What ``make spark`` says of tables that differ, and what it takes to Spark."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from customer360.distributed.__main__ import tell
from customer360.distributed.comparison import compare
from customer360.distributed.plan import Table, make_plan
from customer360.distributed.step import SparkReport

CUSTOMERS = Table("care", "customers", ("customer_id",))
ROWS = "values (1, 'Ada', 1.50::decimal(10, 2)), (2, null, null), (3, 'Eve', 0.10)"


@pytest.fixture
def postgresql(tmp_path: Path) -> Path:
    """Three rows as PostgreSQL has them."""
    return written(tmp_path / "postgresql.parquet", f"from ({ROWS}) as t (customer_id, customer_name, fee)")


def written(path: Path, query: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    duckdb.execute(f"copy ({query}) to '{path}' (format parquet)")
    return path


def on_spark(tmp_path: Path, rows: str, columns: str = "customer_id, customer_name, fee") -> Path:
    """A folder of Parquet files, as Spark leaves them."""
    return written(tmp_path / "customers" / "part-0.parquet", f"from ({rows}) as t ({columns})").parent


def test_rows_are_equal_in_any_order_and_in_any_width_of_their_type(postgresql: Path, tmp_path: Path):
    spark = on_spark(tmp_path, "values (3::bigint, 'Eve', 0.1::decimal(20, 6)), (1, 'Ada', 1.5), (2, null, null)")
    compared = compare(CUSTOMERS, postgresql, spark)
    assert (compared.rows_postgresql, compared.rows_spark, compared.difference) == (3, 3, None)


@pytest.mark.parametrize(
    ("rows", "difference"),
    [
        (ROWS.replace("'Eve'", "'Eva'"), "column customer_name differs, for example where customer_id is 3"),
        (ROWS.replace("'Eve'", "null"), "column customer_name differs, for example where customer_id is 3"),
        (ROWS.replace("1.50", "1.51"), "column fee differs, for example where customer_id is 1"),
        (ROWS.replace("(3,", "(4,"), "the row where customer_id is 3 is only in PostgreSQL"),
        (f"{ROWS}, (4, 'Ida', 0)", "the row where customer_id is 4 is only in Spark"),
        (f"{ROWS}, (2, null, null)", "the row where customer_id is 2 is only in Spark"),
    ],
)
def test_a_difference_names_its_column_and_a_key_and_no_value(
    postgresql: Path, tmp_path: Path, rows: str, difference: str
):
    assert compare(CUSTOMERS, postgresql, on_spark(tmp_path, rows)).difference == difference


def test_a_column_elsewhere_is_a_difference(postgresql: Path, tmp_path: Path):
    difference = compare(CUSTOMERS, postgresql, on_spark(tmp_path, ROWS, "customer_id, fee, customer_name")).difference
    assert difference is not None
    assert difference.startswith("columns customer_id integer, customer_name varchar, fee decimal in PostgreSQL")


def test_a_column_of_another_type_is_a_difference(postgresql: Path, tmp_path: Path):
    difference = compare(
        CUSTOMERS, postgresql, on_spark(tmp_path, ROWS.replace("::decimal(10, 2)", "::double"))
    ).difference
    assert difference is not None
    assert difference.endswith("customer_id integer, customer_name varchar, fee double in Spark")


def test_a_fraction_too_fine_for_the_type_is_a_difference(tmp_path: Path):
    postgresql = written(tmp_path / "postgresql.parquet", "select 1 as customer_id, 1.01::decimal(10, 2) as fee")
    spark = on_spark(tmp_path, "values (1, 1.014::decimal(10, 3))", "customer_id, fee")
    assert compare(CUSTOMERS, postgresql, spark).difference == "column fee differs, for example where customer_id is 1"


def test_tables_that_differ_are_told_and_fail_the_command(
    postgresql: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    equal = compare(CUSTOMERS, postgresql, on_spark(tmp_path / "a", ROWS))
    different = compare(CUSTOMERS, postgresql, on_spark(tmp_path / "b", ROWS.replace("'Eve'", "'Eva'")))
    report = SparkReport(1, 3, 1, 0.0, 0.0, [equal])
    assert tell(report, "local") is True
    assert "equal" in capsys.readouterr().out
    assert tell(SparkReport(1, 3, 1, 0.0, 0.0, [equal, different]), "local") is False
    out, err = capsys.readouterr()
    assert "different" in out
    assert err == "care.customers: column customer_name differs, for example where customer_id is 3\n"


def test_a_model_that_stays_on_postgresql_is_read_and_what_is_behind_it_is_left_out():
    def model(name: str, folder: list[str], *parents: str) -> dict:
        return {
            "resource_type": "model", "name": name, "alias": name, "schema": folder[-1],
            "depends_on": {"nodes": parents}, "fqn": ["customer360", *folder, name], "config": {"meta": {}},
        }  # fmt: skip

    def source(name: str) -> dict:
        return {"schema": "raw", "identifier": name}

    plan = make_plan(
        {
            "nodes": {
                "customers": model("care__customers", ["marts", "care"], "int_customers__identified", "stg"),
                "int_customers__identified": model("int_customers__identified", ["intermediate"], "behind"),
                "stg": model("stg", ["staging"], "source"),
                "behind": model("behind", ["staging"], "source_behind"),
                "other": model("crm__customers", ["marts", "crm"], "stg"),
            },
            "sources": {"source": source("care__customers"), "source_behind": source("crosswalk")},
        }
    )
    assert plan.models == ("care__customers", "stg")
    assert [str(table) for table in plan.read] == ["intermediate.int_customers__identified", "raw.care__customers"]
    assert [str(table) for table in plan.compared] == ["care.care__customers"]
