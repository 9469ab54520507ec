"""The dashboard and the notification engine as SQLite databases, for the programs that read those."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import pytest
import yaml
from customer360.publish import ExportError, export_sqlite
from customer360.warehouse import OWNER, Warehouse
from psycopg.rows import dict_row
from smartshopie_db import SmartShopieDB
from warehouses import copy_of, drop

pytestmark = pytest.mark.nightly

DASHBOARD, ENGINE = "smartshopie_dashboard.db", "smart_notification_engine.db"
PUBLISHED = Path(__file__).parents[1] / "data" / "published"
DASHBOARD_TYPES = {
    "bigint": "INTEGER", "double precision": "REAL", "text": "TEXT", "date": "DATE", "timestamptz": "TIMESTAMP",
}  # fmt: skip

ENGINE_COLUMNS = {
    "customer_profiles": "Customer_ID INTEGER, Name TEXT, Age INTEGER, Location TEXT, Preferred_Channel TEXT,"
    " Segment TEXT, Opted_In TEXT, Income_Bracket TEXT, Customer_Since TEXT, Satisfaction_Score INTEGER,"
    " customer_segment TEXT",
    "account_activity": "Customer_ID INTEGER, Account_Status TEXT, Last_Transaction TEXT, Last_Login TEXT,"
    " Recent_Activity TEXT, Engagement_Score INTEGER, Account_Tenure_Years INTEGER, Subscription_Type TEXT,"
    " Churn_Risk_Score INTEGER",
    "interaction_history": "Customer_ID INTEGER, Channel TEXT, Date & Time TEXT, Interaction_Type TEXT, Sentiment TEXT,"
    " Summary TEXT, Response_Time_Minutes INTEGER, Resolution_Status TEXT, Agent_ID TEXT",
    "notification_history": "Notification_ID TEXT, Customer_ID INTEGER, Channel TEXT, Sent_Date TEXT,"
    " Notification_Type TEXT, Opened TEXT, Clicked TEXT, Action_Taken TEXT, Delivery_Status TEXT,"
    " Notification_Priority TEXT, Response_Time_Hours INTEGER",
    "recommended_actions": "Customer_ID INTEGER, Scenario TEXT, Recommended_Action TEXT, Urgency_Level TEXT,"
    " Follow_Up_Required TEXT, Assigned_Team TEXT",
}
ENGINE_INDEXES = [
    "CREATE INDEX idx_account_customer_id ON account_activity(Customer_ID)",
    "CREATE INDEX idx_interaction_customer_id ON interaction_history(Customer_ID)",
    "CREATE INDEX idx_notification_customer_id ON notification_history(Customer_ID)",
    "CREATE INDEX idx_actions_customer_id ON recommended_actions(Customer_ID)",
]

DASHBOARD_QUERIES = """
SELECT * FROM overview_kpis;
SELECT COUNT(*) FROM conversion_funnel;
SELECT customer_name, activity_description, status_badge
FROM customer_interactions
ORDER BY interaction_date DESC
LIMIT 10;
SELECT * FROM customer_segments;
SELECT category_name, revenue_amount, percentage
FROM category_revenue
ORDER BY revenue_amount DESC;
"""


@pytest.fixture(scope="module")
def exported(sample_warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that an export of the sample night wrote."""
    folder = tmp_path_factory.mktemp("sqlite")
    export_sqlite(sample_warehouse, folder)
    return folder


@pytest.fixture
def dashboard(exported: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(exported / DASHBOARD)) as connection:
        yield connection


@pytest.fixture
def engine(exported: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(exported / ENGINE)) as connection:
        yield connection


def _tables(database: sqlite3.Connection) -> list[str]:
    query = "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name"
    return [name for (name,) in database.execute(query)]


def test_every_published_dashboard_table_is_there_with_all_its_rows(
    sample_warehouse: Warehouse, dashboard: sqlite3.Connection
):
    with sample_warehouse.connect("pii_reader") as connection:
        published = [
            name for (name,) in connection.execute("select tablename from pg_tables where schemaname = 'dashboard'")
        ]
        assert _tables(dashboard) == sorted(published)
        for table in published:
            here, there = (c.execute(f"select count(*) from {t}").fetchone() for c, t in (
                (dashboard, table), (connection, f"dashboard.{table}"),
            ))  # fmt: skip
            assert here == there, table


def test_dashboard_columns_and_indexes_are_the_promised_ones(dashboard: sqlite3.Connection):
    promised = yaml.safe_load((PUBLISHED / "dashboard.yml").read_text())["tables"]
    for table in _tables(dashboard):
        columns = [(name, kind) for _, name, kind, *_ in dashboard.execute(f"pragma table_info({table})")]
        assert columns == [(c["name"], DASHBOARD_TYPES[c["type"]]) for c in promised[table]["columns"]]
        indexes = dashboard.execute(
            "select name, sql from sqlite_master where type = 'index' and sql is not null and tbl_name = ?", [table]
        )
        spelt = sorted(f"{name} {re.search(r'[(].*[)]', text)[0]}" for name, text in indexes)
        assert spelt == sorted(promised[table].get("indexes", []))


def test_the_documented_queries_run_as_written(dashboard: sqlite3.Connection):
    for query in DASHBOARD_QUERIES.split(";")[:-1]:
        assert dashboard.execute(query).fetchall(), query


def test_the_three_documented_getters_return_what_the_warehouse_holds(sample_warehouse: Warehouse, exported: Path):
    with SmartShopieDB(exported / DASHBOARD) as file, SmartShopieDB(sample_warehouse.url("pii_reader")) as warehouse:
        kpis, funnel = file.get_overview_kpis(), file.get_conversion_funnel()
        interactions = file.get_customer_interactions(limit=10)
        assert [stage.stage_name for stage in funnel] == [
            "Page Visitors", "AI Interaction", "Product View", "Add to Cart", "Purchase",
        ]  # fmt: skip
        assert _without_stamps([kpis]) == _without_stamps([warehouse.get_overview_kpis()])
        assert _without_stamps(funnel) == _without_stamps(warehouse.get_conversion_funnel())
        assert _without_stamps(interactions) == _without_stamps(warehouse.get_customer_interactions(limit=10))
    with sample_warehouse.connect("pii_reader") as connection, connection.cursor(row_factory=dict_row) as cursor:
        newest = cursor.execute("select * from dashboard.overview_kpis order by record_date desc limit 1").fetchone()
    assert asdict(kpis).items() >= {name: newest[name] for name in newest if not name.endswith("_at")}.items()


def _without_stamps(rows: list) -> list[dict[str, object]]:
    # created_at is cut to the second in the file; instants of events are whole seconds already.
    return [{name: value for name, value in asdict(row).items() if not name.endswith("_at")} for row in rows]


def test_instants_are_text_in_utc_to_the_second(dashboard: sqlite3.Connection, engine: sqlite3.Connection):
    for database, query in (
        (dashboard, "select interaction_date from customer_interactions"),
        (dashboard, "select created_at from overview_kpis"),
        (engine, 'select "Date & Time" from interaction_history'),
        (engine, "select Sent_Date from notification_history"),
    ):
        values = [value for (value,) in database.execute(query) if value is not None]
        assert values, query
        assert all(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", value) for value in values), query
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\d", engine.execute("select max(Customer_Since) from customer_profiles").fetchone()[0]
    )


def test_an_instant_is_the_same_in_the_file_and_in_the_warehouse(
    sample_warehouse: Warehouse, engine: sqlite3.Connection
):
    with sample_warehouse.connect("pii_reader") as connection:
        latest = connection.execute("select max(date_time) from notifications.interaction_history").fetchone()[0]
    assert engine.execute('select max("Date & Time") from interaction_history').fetchone() == (f"{latest:%F %T}",)


def test_the_notification_engine_finds_its_own_spelling_types_and_indexes(engine: sqlite3.Connection):
    assert _tables(engine) == sorted(ENGINE_COLUMNS)
    for table, promised in ENGINE_COLUMNS.items():
        columns = [f"{name} {kind}" for _, name, kind, *_ in engine.execute(f"pragma table_info({table})")]
        assert ", ".join(columns) == promised
    indexes = engine.execute("select sql from sqlite_master where type = 'index' and sql is not null order by rowid")
    assert [text for (text,) in indexes] == ENGINE_INDEXES


def test_every_customer_of_the_engine_has_a_profile(sample_warehouse: Warehouse, engine: sqlite3.Connection):
    assert engine.execute("pragma foreign_key_check").fetchall() == []
    for table in ("account_activity", "interaction_history", "notification_history", "recommended_actions"):
        (key,) = engine.execute(f"pragma foreign_key_list({table})").fetchall()
        assert key[2:5] == ("customer_profiles", "Customer_ID", "Customer_ID")
        with sample_warehouse.connect("pii_reader") as connection:
            count = connection.execute(f"select count(*) from notifications.{table}").fetchone()
        assert engine.execute(f"select count(*) from {table}").fetchone() == count != (0,)


def test_values_of_a_profile_are_plain_and_in_their_columns(sample_warehouse: Warehouse, engine: sqlite3.Connection):
    with sample_warehouse.connect("pii_reader") as connection:
        there = connection.execute(
            "select customer_id, name, age, location, preferred_channel, segment, opted_in, income_bracket,"
            " customer_since::text, satisfaction_score, customer_segment"
            " from notifications.customer_profiles order by 1"
        ).fetchall()
    assert engine.execute("select * from customer_profiles order by 1").fetchall() == there


def test_only_the_owner_may_read_the_files(exported: Path):
    assert {path.name: path.stat().st_mode & 0o777 for path in exported.iterdir()} == {DASHBOARD: 0o600, ENGINE: 0o600}


def test_a_second_export_is_the_same_and_leaves_other_files_alone(
    sample_warehouse: Warehouse, exported: Path, tmp_path: Path
):
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / DASHBOARD).write_text("an earlier one")
    export_sqlite(sample_warehouse, tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    for name in (DASHBOARD, ENGINE):
        assert (tmp_path / name).read_bytes() == (exported / name).read_bytes()


def test_columns_beyond_the_promised_ones_are_left_out_and_a_missing_mart_exports_nothing(
    sample_warehouse: Warehouse, tmp_path: Path
):
    warehouse = copy_of(sample_warehouse)
    with warehouse.connect(OWNER) as connection:
        connection.execute("alter table dashboard.overview_kpis add column beyond text default 'x'")
    export_sqlite(warehouse, tmp_path / "more")
    with closing(sqlite3.connect(tmp_path / "more" / DASHBOARD)) as database:
        assert "beyond" not in [name for _, name, *_ in database.execute("pragma table_info(overview_kpis)")]
        assert database.execute("select count(*) from overview_kpis").fetchone() > (0,)
    with warehouse.connect(OWNER) as connection:
        connection.execute("drop table notifications.recommended_actions cascade")
    with pytest.raises(ExportError, match="recommended_actions, which is not published"):
        export_sqlite(warehouse, tmp_path / "less")
    assert list((tmp_path / "less").iterdir()) == []
    drop(warehouse)
