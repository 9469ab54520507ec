"""The examples of the dashboard's own documentation, run as written beside its file."""

from __future__ import annotations

import sqlite3
from datetime import date
from pathlib import Path

import pytest
from smartshopie_db import SmartShopieDB

BASIC_USAGE = """
from smartshopie_db import SmartShopieDB
from datetime import date

# Connect to database
db = SmartShopieDB("smartshopie_dashboard.db")
db.connect()

# Get overview KPIs
kpis = db.get_overview_kpis()
print(f"Total Customers: {kpis.total_customers}")
print(f"Conversion Rate: {kpis.conversion_rate}%")

# Get conversion funnel
funnel = db.get_conversion_funnel()
for stage in funnel:
    print(f"{stage.stage_name}: {stage.count} ({stage.percentage}%)")

# Get customer interactions
activities = db.get_customer_interactions(limit=10)
for activity in activities:
    print(f"{activity.customer_name}: {activity.activity_description}")

# Close connection
db.close()
"""

ADDING_DATA = """
from smartshopie_db import SmartShopieDB
from datetime import date

db = SmartShopieDB("smartshopie_dashboard.db")
db.connect()

# Add KPI data
db.add_overview_kpis(
    record_date=date.today(),
    total_customers=20000,
    conversion_rate=25.5,
    revenue_impact=1200000.0
)

# Add conversion funnel stage
db.add_conversion_funnel_stage(
    record_date=date.today(),
    stage_name="Page Visitors",
    stage_order=0,
    count=50000,
    percentage=100.0
)

db.close()
"""

PYTHON_QUERIES = '''
import sqlite3

conn = sqlite3.connect('smartshopie_dashboard.db')
cursor = conn.cursor()

# Get all customer segments
cursor.execute("SELECT * FROM customer_segments")
for row in cursor.fetchall():
    print(row)

# Get revenue by category
cursor.execute("""
    SELECT category_name, revenue_amount, percentage 
    FROM category_revenue 
    ORDER BY revenue_amount DESC
""")
for row in cursor.fetchall():
    print(f"{row[0]}: ${row[1]:,.2f} ({row[2]}%)")

conn.close()
'''

OPERATIONS = """
db = SmartShopieDB("smartshopie_dashboard.db")
db.connect()
# Get all methods available
data = db.get_overview_kpis()
data = db.get_conversion_funnel()
data = db.get_customer_interactions()
data = db.get_revenue_summary()
db.close()
"""

RECENT_ACTIVITIES = """
SELECT customer_name, activity_description, status_badge 
FROM customer_interactions 
ORDER BY interaction_date DESC 
LIMIT 10;
"""


@pytest.mark.usefixtures("dashboard_file")
def test_the_basic_example_prints_the_newest_figures(capsys: pytest.CaptureFixture[str]):
    exec(BASIC_USAGE, {})
    assert capsys.readouterr().out.splitlines() == [
        "Total Customers: 100",
        "Conversion Rate: 2.5%",
        "Page Visitors: 100 (10.0%)",
        "AI Interaction: 99 (10.0%)",
        "Product View: 98 (10.0%)",
        "Add to Cart: 97 (10.0%)",
        "Purchase: 96 (10.0%)",
        "Sarah M.: Asked at 23",
        "Sarah M.: Asked at 9",
        "Sarah M.: Asked at 8",
    ]


def test_the_adding_example_adds_todays_figures(dashboard_file: Path):
    exec(ADDING_DATA, {})
    with SmartShopieDB(dashboard_file) as db:
        kpis, (stage,) = db.get_overview_kpis(date.today()), db.get_conversion_funnel(date.today())
    assert (kpis.total_customers, kpis.conversion_rate, kpis.revenue_impact) == (20000, 25.5, 1200000.0)
    assert (stage.stage_name, stage.stage_order, stage.count, stage.percentage) == ("Page Visitors", 0, 50000, 100.0)


@pytest.mark.usefixtures("dashboard_file")
def test_the_python_queries_read_the_file_directly(capsys: pytest.CaptureFixture[str]):
    exec(PYTHON_QUERIES, {})
    out = capsys.readouterr().out
    assert "'Loyalists', 90" in out
    assert "Skin: $1,234.50 (100.0%)" in out


@pytest.mark.usefixtures("dashboard_file")
def test_the_operations_run_one_after_the_other():
    names: dict[str, object] = {"SmartShopieDB": SmartShopieDB}
    exec(OPERATIONS, names)
    (summary,) = names["data"]
    assert summary.total_revenue_impact == 10.0


@pytest.mark.parametrize("name", ["add_overview_kpis", "add_conversion_funnel_stage", "add_customer_interaction"])
def test_the_writers_named_there_exist(name: str):
    assert callable(getattr(SmartShopieDB, name))


def test_the_query_for_recent_activities_finds_the_newest_first(dashboard_file: Path):
    database = sqlite3.connect(dashboard_file)
    assert [row[1] for row in database.execute(RECENT_ACTIVITIES)] == ["Asked at 23", "Asked at 9", "Asked at 8"]
    assert database.execute("SELECT COUNT(*) FROM conversion_funnel;").fetchone() == (10,)
    database.close()
