"""Volumes and sums that are far from the last nights warn; they never stop a night."""

from __future__ import annotations

from datetime import timedelta

import pytest
from customer360.quality import run_gate
from customer360.quality.catalogue import QualityError
from warehouse.quality.tables import AS_OF_DATE, EXPECTATIONS, check, execute, only

ORDERS = "candidate_core.fct_orders"
NIGHTS = 20
USUAL = (10, 12, 9, 11, 10, 13, 8)
"""Orders a day, by turns; each is worth 50."""


@pytest.fixture
def gate(raw, run_id, tmp_path):
    """Runs the gate with one suite and the committed measures."""
    folder = only(tmp_path / "expectations", "before_publish", "readers_crm")
    (folder / "measures.yml").write_text((EXPECTATIONS / "measures.yml").read_text())

    def run():
        return run_gate(
            raw, "before_publish", run_id=run_id, as_of_date=AS_OF_DATE,
            results_dir=tmp_path / "results", expectations_dir=folder,
        )  # fmt: skip

    return run


@pytest.fixture
def nights(raw, run_id):
    """Orders of some nights, all of which were published; and a made-up last day."""
    execute(
        raw,
        "c360_transformer",
        "create table candidate_core.fct_orders (order_date date, net_amount numeric)",
        "create table candidate_crm.customer_info (customer_id int)",
    )
    with raw.connect() as connection:
        for back in range(NIGHTS, 0, -1):
            day, orders = AS_OF_DATE - timedelta(days=back), USUAL[back % len(USUAL)]
            row = connection.execute(
                "insert into ops.runs (kind, as_of_date, status) values ('nightly', %s, 'published') returning run_id",
                [day],
            ).fetchone()
            connection.execute(
                'insert into ops.measures (run_id, "table", measure, value, nights, is_unusual) values'
                " (%(run)s, %(table)s, 'rows', %(rows)s, 0, false),"
                " (%(run)s, %(table)s, 'sum_of_net_amount', %(rows)s * 50, 0, false)",
                {"run": row[0], "table": ORDERS, "rows": orders},
            )

    def last_day(orders: int, amount: int = 50) -> None:
        execute(
            raw,
            "c360_transformer",
            "delete from candidate_core.fct_orders",
            f"insert into candidate_core.fct_orders select '{AS_OF_DATE}', {amount} from generate_series(1, {orders})",
            f"insert into candidate_core.fct_orders select '{AS_OF_DATE}'::date - 1, 50 from generate_series(1, 100)",
        )

    return last_day


def test_the_smallest_and_the_largest_of_the_usual_days_warn_of_nothing(nights, gate):
    for orders in (min(USUAL), max(USUAL)):
        nights(orders)
        assert not gate().warnings


def test_a_halved_day_in_a_steady_shop_and_a_doubled_one_warn_and_stop_nothing(nights, gate, raw):
    with raw.connect() as connection:
        connection.execute("update ops.measures set value = 10 + value / 100 where measure = 'rows'")
    for orders in (5, 20):
        nights(orders)
        result = gate()
        rows = check(result, ORDERS, "rows_as_usual")
        assert result.passed and not rows.passed
        assert rows.observed.startswith(f"{orders}, usually 10.1 within")


def test_amounts_in_cents_warn_although_the_number_of_orders_is_usual(nights, gate, raw):
    nights(10, amount=5000)
    result = gate()
    assert [c.name for c in result.warnings] == ["sum_of_net_amount_as_usual"]
    with raw.connect("bi_reader") as connection:
        assert connection.execute(
            "select measure, value::int, usual_value::int, night_count, is_unusual from health.measures"
            " where as_of_date = %s order by 1",
            [AS_OF_DATE],
        ).fetchall() == [("rows", 10, 10, NIGHTS, False), ("sum_of_net_amount", 50_000, 500, NIGHTS, True)]


def test_nights_that_were_not_published_and_later_ones_do_not_say_what_is_usual(nights, gate, raw):
    with raw.connect() as connection:
        connection.execute("update ops.runs set status = 'failed' where kind = 'nightly' and run_id % 2 = 0")
        connection.execute(
            "update ops.runs set as_of_date = as_of_date + 100 where run_id % 2 = 1 and kind = 'nightly'"
        )
    nights(1000)
    assert not gate().warnings


def test_one_unusual_night_among_them_moves_nothing(nights, gate, raw):
    with raw.connect() as connection:
        connection.execute("update ops.measures set value = 100000 where run_id = (select max(run_id) from ops.runs)")
    nights(11)
    assert not gate().warnings
    nights(60)
    assert {c.name for c in gate().warnings} == {"rows_as_usual", "sum_of_net_amount_as_usual"}


def test_a_gate_that_is_repeated_replaces_its_measures(nights, gate, raw, run_id):
    for orders in (10, 11):
        nights(orders)
        gate()
    with raw.connect() as connection:
        assert connection.execute(
            "select value::int from ops.measures where run_id = %s and measure = 'rows'", [run_id]
        ).fetchall() == [(11,)]


def test_a_mistake_in_the_list_of_measures_is_named(raw, run_id, tmp_path):
    folder = only(tmp_path / "expectations", "before_publish", "readers_crm")
    (folder / "measures.yml").write_text("- table: candidate_core.fct_orders\n  day: order_date\n")
    with pytest.raises(QualityError, match=r"(?s)measures\.yml is no list of tables to measure.*why"):
        run_gate(
            raw, "before_publish", run_id=run_id, as_of_date=AS_OF_DATE,
            results_dir=tmp_path / "results", expectations_dir=folder,
        )  # fmt: skip
