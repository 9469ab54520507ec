"""The tables that SmartShopieDB makes, held against the structure their readers rely on."""

from __future__ import annotations

import inspect
import re
import sqlite3
from dataclasses import fields
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import yaml
from smartshopie_db import SmartShopieDB
from smartshopie_db.row import Row

STRUCTURE = yaml.safe_load((Path(__file__).parents[2] / "data" / "published" / "dashboard.yml").read_text())["tables"]
SQLITE_TYPES = {
    "bigint": "INTEGER", "double precision": "REAL", "text": "TEXT", "date": "DATE", "timestamptz": "TIMESTAMP",
}  # fmt: skip
ROW_CLASSES = {row_class.__table__.name: row_class for row_class in Row.__subclasses__()}
assert len(STRUCTURE) == 30

every_table = pytest.mark.parametrize(("table", "body"), STRUCTURE.items(), ids=STRUCTURE.keys())


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> sqlite3.Connection:
    path = tmp_path_factory.mktemp("structure") / "new.db"
    SmartShopieDB(path).create_schema()
    return sqlite3.connect(path)


@every_table
def test_columns_have_the_promised_names_order_types_and_rules(database: sqlite3.Connection, table: str, body):
    found = [
        (name, data_type, bool(not_null), (default or "").strip("'"), bool(key))
        for _, name, data_type, not_null, default, key in database.execute(f"pragma table_info({table})")
    ]
    assert found == [
        (
            column["name"],
            SQLITE_TYPES[column["type"]],
            # A text key refuses NULL in PostgreSQL; SQLite has to be told.
            "NOT NULL" in rules or ("PRIMARY KEY" in rules and column["name"] != "id"),
            rules.partition("DEFAULT ")[2].strip("'"),
            "PRIMARY KEY" in rules,
        )
        for column, rules in ((column, column.get("rules", "")) for column in body["columns"])
    ]


@every_table
def test_indexes_have_the_promised_names_and_columns(database: sqlite3.Connection, table: str, body):
    found = database.execute(
        "select name, sql from sqlite_master where type = 'index' and sql is not null and tbl_name = ?", [table]
    )
    assert sorted(f"{name} {re.search(r'[(].*[)]', sql)[0]}" for name, sql in found) == sorted(body.get("indexes", []))


def test_ids_are_never_given_twice(database: sqlite3.Connection):
    statements = dict(database.execute("select name, sql from sqlite_master where type = 'table'"))
    for table, body in STRUCTURE.items():
        has_id = body["columns"][0]["name"] == "id"
        assert ("id INTEGER PRIMARY KEY AUTOINCREMENT" in statements[table]) == has_id, table


@every_table
def test_every_table_has_a_reader_and_a_writer_that_say_what_they_take(table: str, body):
    row_class = ROW_CLASSES[table]
    assert row_class.__doc__
    assert [field.name for field in fields(row_class)] == [column["name"] for column in body["columns"]]
    readers = [name for name, value in vars(SmartShopieDB).items() if name == f"get_{table}" == value.__name__]
    writers = [
        value
        for name, value in vars(SmartShopieDB).items()
        if name.startswith("add_") and f"Add a row to {table};" in value.__doc__
    ]
    assert readers == [f"get_{table}"]
    (writer,) = writers
    assert getattr(SmartShopieDB, writer.__name__) is writer
    assert list(inspect.signature(writer).parameters)[1:] == [column["name"] for column in body["columns"]]


@every_table
def test_a_row_that_is_added_reads_back_the_same(tmp_path: Path, table: str, body):
    row_class = ROW_CLASSES[table]
    values = {column["name"]: _sample(column["type"]) for column in body["columns"]}
    SmartShopieDB(tmp_path / "one.db").create_schema([table])
    with SmartShopieDB(tmp_path / "one.db") as db:
        db.insert(row_class(**values))
        found = getattr(db, f"get_{table}")()
    assert found in (row_class(**values), [row_class(**values)])


def _sample(data_type: str) -> object:
    return {
        "bigint": 2**60 - 1,
        "double precision": 12.25,
        "text": "2026-06-30 x",
        "date": date(2026, 6, 30),
        "timestamptz": datetime(2026, 6, 30, 23, 59, 58, tzinfo=UTC),
    }[data_type]
