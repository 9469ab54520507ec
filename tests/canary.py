# ruff: noqa: E501  the lines are records as they are delivered
"""A person nobody else is like, delivered by all five systems, and a search for what is left of them."""

from __future__ import annotations

import gzip
import subprocess
from pathlib import Path

import zstandard
from customer360.settings import Settings
from customer360.warehouse import LocalServer, Warehouse

EMAIL = "zuleika.quintrell@canary.example"
CANARIES = (
    "Zuleika", "Quintrell", "quintrell", EMAIL, "Zuleika.Quintrell@Canary.Example",
    "4917155509921", "55509921", "Canaryville", "Peapod Lane", "parrot sings", "C-ZQ-0042", "SHP-ZULEIKA", "V-ZQ-BROWSER",
)  # fmt: skip
"""Parts of the person's name, mail address, phone, address, texts and ids, in every spelling that is delivered."""

CARE_ID, CRM_ID, NOTIFICATIONS_ID, SHOP_ID = 880001, 880002, 880003, "SHP-ZULEIKA"

_DECISION, _OPTION, _CRITERION = (f"00000000-0000-4000-8000-00000000000{n}" for n in (1, 2, 3))
_TEAM, _MEMBER = "bd9a7d42-f9cd-40bf-831d-86bfd8091e0e", "aa94d15c-ac6b-4336-8e24-a6b8704c0116"

FILES = {
    "care/customers_2026-06-29.csv.gz": f"""\
customer_id,customer_name,email,phone,registration_date,customer_segment,status,created_at,nickname
{CARE_ID},"Quintrell, Zuleika",{EMAIL},+49 171 5550 9921,2024-01-05,Premium,Active,2024-01-05 10:00:00,Zuleika of Peapod Lane
880009,Other Person,other.person@example.net,,2024-01-05,Standard,Active,2024-01-05 10:00:00,
""",
    "care/customer_interactions_2026-06-29.csv": f"""\
interaction_id,customer_id,channel_id,interaction_type_id,agent_id,session_id,start_timestamp,end_timestamp,interaction_summary,language
880001,{CARE_ID},1,1,1,,2026-06-28 09:00:00,2026-06-28 09:10:00,"She says: the parrot sings, at Peapod Lane",en
880002,{CARE_ID},1,1,1,,yesterday at noon,2026-06-28 09:10:00,"The parrot sings again",en
880003,{CARE_ID},1,1,1,,2026-06-28 09:00:00,2026-06-28 09:10:00,"Too many, fields",en,"parrot sings"
880004,880009,1,1,1,,2026-06-28 09:00:00,2026-06-28 09:10:00,"Asks for Zuleika  Quintrell, Quintrell, Zuleika, {EMAIL.upper()} or 0049 171 5550-9921",en
""",
    "care/customer_service_plans_2026-06-29.csv": f"""\
customer_service_plan_id,customer_id,service_plan_id,start_date,is_active
880001,{CARE_ID},1,2024-02-01,true
""",
    "crm/customer_info_2026-06-29.csv": f"""\
customer_id,customer_name,email,phone,gender,age,date_of_birth,city,state,country,postal_code,join_date,account_status,loyalty_points,last_login
{CRM_ID},Zuleika Quintrell,Zuleika.Quintrell@Canary.Example,+4917155509921,Female,47,1979-03-02,Canaryville,Peapod Lane State,India,ZQ 42,2024-01-03,Active,12,2026-06-20 10:00:00
""",
    "crm/customer_preferences_2026-06-29.csv": f"""\
preference_id,customer_id,communication_channel,marketing_consent
880001,{CRM_ID},Email,true
""",
    "notifications/customer_profiles_2026-06-29.csv": f"""\
customer_id,name,age,location,preferred_channel,segment,opted_in,income_bracket,customer_since,satisfaction_score
{NOTIFICATIONS_ID},Zuleika Quintrell,47,"Canaryville, India",SMS,Retail,Yes,Medium,2024-01-04,7
""",
    "notifications/interaction_history_2026-06-29.csv": f"""\
customer_id,channel,date_time,interaction_type,sentiment,summary,response_time_minutes,resolution_status,agent_id
{NOTIFICATIONS_ID},Chat,2026-06-27 11:00:00,Support,Positive,The parrot sings,5,Resolved,AG-001
""",
    "identity/crosswalk_2026-06-29.csv": f"""\
crosswalk_id,left_system,left_customer_id,right_system,right_customer_id
880001,notifications,{NOTIFICATIONS_ID},crm,{CRM_ID}
880002,shop,{SHOP_ID},crm,{CRM_ID}
""",
    "shop/customers_2026-06-29.csv.zst": f"""\
customer_id,customer_name,email,phone,birth_year,city,country,registered_at,marketing_consent
{SHOP_ID},zuleika quintrell,{EMAIL},,1979,Canaryville,India,2024-01-06 08:00:00,true
""",
    "shop/web_sessions_2026-06-29.csv": f"""\
session_id,visitor_id,customer_id,started_at,device,traffic_source
S-ZQ-1,V-ZQ-BROWSER,{SHOP_ID},2026-06-27 10:00:00,mobile,direct
S-ZQ-0,V-ZQ-BROWSER,,2026-06-27 09:00:00,mobile,direct
""",
    "shop/searches_2026-06-29.csv": """\
search_id,session_id,searched_at,query_text,results_count
Q-ZQ-1,S-ZQ-1,2026-06-27 10:01:00,parrot sings,3
Q-ZQ-0,S-ZQ-0,2026-06-27 09:01:00,parrot sings,3
""",
    "shop/ai_interactions_2026-06-29.csv": f"""\
interaction_id,interaction_type,session_id,customer_id,started_at,query_text
A-ZQ-1,chat,S-ZQ-1,{SHOP_ID},2026-06-27 10:02:00,Deliver to Peapod Lane
""",
    "shop/orders_2026-06-29.csv": f"""\
order_id,customer_id,session_id,ordered_at,status
O-ZQ-1,{SHOP_ID},S-ZQ-1,2026-06-27 10:05:00,delivered
""",
    "decisions/customer_decisions_2026-06-29.csv": f"""\
id,team_id,created_by,customer_name,customer_id,customer_email,title,description,decision_type,urgency_level,ai_classification,created_at
{_DECISION},{_TEAM},{_MEMBER},Zuleika Quintrell,C-ZQ-0042,{EMAIL},Zuleika wants more,The parrot sings,policy_exception,3,"{{""note"": ""parrot sings""}}",2026-06-20 10:00:00
""",
    "decisions/response_options_2026-06-29.csv": f"""\
id,decision_id,title,description,created_by,created_at
{_OPTION},{_DECISION},Visit Peapod Lane,Hear whether the parrot sings,{_MEMBER},2026-06-20 11:00:00
""",
    "decisions/decision_criteria_2026-06-29.csv": f"""\
id,decision_id,name,description,created_by,created_at
{_CRITERION},{_DECISION},Fairness,As Zuleika sees it,{_MEMBER},2026-06-20 11:00:00
""",
    # Refused: it lacks required columns.
    "care/customers_cut_2026-06-29.csv": f"""\
customer_id,email,street
{CARE_ID},{EMAIL},Peapod Lane
""",
    "notes.txt": f"Call {EMAIL} back.\n",
}  # fmt: skip


def deliver(landing: Path, *names: str) -> None:
    """Write the person's files, or those of them that are named, into ``landing``."""
    for name in names or FILES:
        path = landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(packed(name, FILES[name].encode()))


def packed(name: str, content: bytes) -> bytes:
    """``content`` as a file of this name holds it."""
    if name.endswith(".gz"):
        return gzip.compress(content, mtime=0)
    return zstandard.compress(content) if name.endswith(".zst") else content


def unpacked(path: Path) -> bytes:
    """The content of a file that may be packed."""
    data = path.read_bytes()
    if path.suffix == ".gz":
        return gzip.decompress(data)
    return zstandard.ZstdDecompressor().decompressobj().decompress(data) if path.suffix == ".zst" else data


def found_in(data: bytes) -> list[str]:
    """The canaries in ``data``, in any case."""
    lower = data.lower()
    return [canary for canary in CANARIES if canary.lower().encode() in lower]


def found_in_folder(folder: Path) -> dict[str, list[str]]:
    """The canaries in every file below ``folder``."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files, folder
    return {str(path): found for path in files if (found := found_in(unpacked(path)))}


def dump(settings: Settings, warehouse: Warehouse) -> bytes:
    """The whole database as text: schema, comments and rows, and the statistics of every column."""
    psql = LocalServer(settings.home).psql()
    pg_dump = Path(psql).with_name("pg_dump")
    dumped = subprocess.run([str(pg_dump), "--dbname", warehouse.owner_url], capture_output=True, check=True).stdout
    assert b"COPY raw.care__customers" in dumped
    statistics = subprocess.run(
        [psql, warehouse.owner_url, "-c", "copy (select * from pg_stats) to stdout"], capture_output=True, check=True
    ).stdout
    return dumped + statistics
