"""Publishes of growing size while readers read in tight loops, and views and grants of a third role."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import psycopg
from customer360.publish import publish
from customer360.warehouse import OWNER, Warehouse
from psycopg import IsolationLevel
from warehouse.publish.conftest import MODELS, Mart

READERS = 8
ROWS_A_BATCH = 50
BATCHES_BETWEEN_NEW_COLUMNS = 25

ONE_STATEMENT = """
    select array_agg(distinct number) from (
        select (score * 100)::int as number from care.customers
        union all select seconds::int from care.interactions
        union all select engagement from notifications.activity
        union all select interactions::int from dashboard.daily_interactions
    ) as numbers
"""
STATEMENTS = (
    "select distinct (score * 100)::int from care.customers",
    "select distinct seconds::int from care.interactions",
    "select distinct engagement from notifications.activity",
    "select distinct interactions::int from dashboard.daily_interactions",
    "select count(*)::int from analysts.names",
)
"""Every batch has its own number in every row of four tables; the fifth counts customers through a view."""


def publish_under_readers(warehouse: Warehouse, publishes: int) -> dict[str, Any]:
    """Publish so often while eight readers read; raises AssertionError on a mix, psycopg.Error on a reader's error."""
    with warehouse.connect(OWNER) as connection:
        row = connection.execute(
            "insert into ops.runs (kind, as_of_date) values ('soak', '2026-06-30') returning run_id"
        ).fetchone()
        assert row is not None
    mart = Mart(warehouse, row[0])
    mart.declare(*MODELS)
    write(mart, 0)
    mart.publish(date(2026, 6, 30))
    third_role(warehouse)
    stop = threading.Event()
    with ThreadPoolExecutor(READERS) as pool:
        loops = [pool.submit(read, warehouse, stop, in_transactions=number % 2 == 0) for number in range(READERS)]
        try:
            for number in range(1, publishes + 1):
                if number % BATCHES_BETWEEN_NEW_COLUMNS == 0:
                    add_column(mart, f"extra_{number}")
                write(mart, number)
                report = publish(warehouse, mart.manifest, run_id=mart.run_id, as_of_date=date(2026, 6, 30))
                assert report.batch_id == number + 1
                # A reader that failed ends its loop, and the soak at once.
                for loop in loops:
                    if loop.done():
                        loop.result()
        finally:
            stop.set()
        seen = [loop.result() for loop in loops]
    for relation in ("analysts.names", "care.customers"):
        assert mart.rows(f"select count(*) from {relation}", "c360_enricher") == [(customers(publishes),)], relation
    return {
        "publishes": publishes,
        "rows in the last batch": 4 * customers(publishes),
        "statements": sum(count for count, _ in seen),
        "transactions": sum(count for _, count in seen),
        "columns added": publishes // BATCHES_BETWEEN_NEW_COLUMNS,
    }


def customers(number: int) -> int:
    return ROWS_A_BATCH * (1 + number)


def write(mart: Mart, number: int) -> None:
    """Candidates of batch ``number``: its number in every row, and more rows than the batch before."""
    rows = f"generate_series(1, {customers(number)}) as n"
    mart.change(
        "truncate candidate_care.customers, candidate_care.interactions, candidate_care.channels,"
        " candidate_notifications.activity, candidate_dashboard.daily_interactions;"
        " insert into candidate_care.channels values (1, 'Phone');"
        " insert into candidate_care.customers (customer_id, customer_name, score)"
        f"  select n, 'Customer ' || n, {number} / 100.0 from {rows};"
        " insert into candidate_care.interactions (interaction_id, customer_id, channel_id, seconds)"
        f"  select n, n, 1, {number} from {rows};"
        f" insert into candidate_notifications.activity select n, 'login', {number} from {rows};"
        " insert into candidate_dashboard.daily_interactions"
        f"  select date '2020-01-01' + n, 'Phone', {number} from {rows}"
    )


def add_column(mart: Mart, name: str) -> None:
    for table in ("care.customers", "notifications.activity"):
        mart.node(table)["columns"][name] = {
            "name": name,
            "data_type": "text",
            "description": "",
            "config": {"meta": {}},
        }
        mart.change(f"alter table candidate_{table} add column {name} text")


def third_role(warehouse: Warehouse) -> None:
    """A schema, a view and a grant that no publish made."""
    with warehouse.connect(OWNER) as connection:
        connection.execute("create schema analysts authorization pii_reader")
        connection.execute("grant usage on schema analysts, care to c360_enricher")
        connection.execute("grant select on care.customers to c360_enricher")
    with warehouse.connect("pii_reader") as connection:
        connection.execute("create view analysts.names as select customer_name from care.customers")
        connection.execute("grant select on analysts.names to c360_enricher")


def read(warehouse: Warehouse, stop: threading.Event, *, in_transactions: bool) -> tuple[int, int]:
    """Read until ``stop``; how many single statements and how many transactions saw one batch each."""
    statements = transactions = 0
    with warehouse.connect("pii_reader", autocommit=not in_transactions) as connection:
        if in_transactions:
            connection.isolation_level = IsolationLevel.REPEATABLE_READ
        while not stop.is_set():
            if in_transactions:
                with connection.transaction():
                    *numbers, (count,) = (set(rows_of(connection, query)) for query in STATEMENTS)
                assert len(set().union(*numbers)) == 1, f"a transaction saw {numbers}"
                assert {customers(number) for number in numbers[0]} == {count}, f"a view saw {count} of {numbers}"
                transactions += 1
            else:
                (numbers,) = rows_of(connection, ONE_STATEMENT)
                assert len(numbers) == 1, f"a statement saw {numbers}"
                statements += 1
    return statements, transactions


def rows_of(connection: psycopg.Connection, query: str) -> list[Any]:
    return [value for (value,) in connection.execute(query)]
