"""Records whose parent is not here wait for it."""

from __future__ import annotations

CUSTOMERS = "customer_id,customer_name,email,phone\n"
INTERACTIONS = "interaction_id,customer_id,channel_id,interaction_type_id,agent_id,start_timestamp,satisfaction_score\n"


def catalogues(deliver):
    deliver("care/channels.csv", "channel_id,channel_name,channel_type\n1,Phone,Voice\n")
    deliver("care/interaction_types.csv", "interaction_type_id,interaction_code,interaction_name\n1,BILLING,Billing\n")


def test_a_record_of_an_unknown_customer_waits_and_does_not_count_as_bad(deliver, load, query):
    catalogues(deliver)
    deliver("care/customers.csv", CUSTOMERS + "1,Ann,ann@example.com,\n")
    deliver(
        "care/customer_interactions.csv",
        INTERACTIONS
        + "1,1,1,1,,2026-06-01 10:00:00,0.5\n"
        + "".join(f"{n},999,1,1,5,2026-06-01 10:00:00,0.5\n" for n in range(2, 30)),
    )
    report = load()
    result = next(file for file in report.files if file.table == "customer_interactions")
    assert (result.status, result.records, result.loaded, result.quarantined) == ("loaded", 29, 29, 0)
    assert report.waiting == {"care.customer_interactions": 28}
    assert report.released == {}
    assert query("select interaction_id from raw.care__customer_interactions") == [{"interaction_id": 1}]
    rows = query("select * from quarantine.waiting_records order by record_number")
    assert rows[0]["reasons"] == ["customer_id 999 is in no customers file", "agent_id 5 is in no agents file"]
    assert (rows[0]["record_number"], rows[0]["file"]) == (2, "care/customer_interactions.csv")
    assert rows[0]["record"]["customer_id"] == 999


def test_waiting_records_load_when_their_parent_arrives(deliver, load, query, warehouse):
    catalogues(deliver)
    deliver(
        "care/customer_interactions.csv",
        INTERACTIONS.strip()
        + ',note\n7,3,1,1,,2026-06-01 10:00:00.123456,-0.25,"a ""b"""\n8,4,1,1,,2026-06-01 10:00:00,,\n',
    )
    assert load().waiting == {"care.customer_interactions": 2}
    (before,) = query("select * from quarantine.waiting_records where record_number = 1")
    assert load().waiting == {"care.customer_interactions": 2}
    deliver("care/customers.csv", CUSTOMERS + "3,Cid,cid@example.com,\n")
    report = load()
    assert report.released == {"care.customer_interactions": 1}
    assert report.waiting == {"care.customer_interactions": 1}
    (row,) = query(
        "select *, satisfaction_score::text as score, start_timestamp::text as start"
        " from raw.care__customer_interactions"
    )
    assert (row["interaction_id"], row["score"], row["start"]) == (7, "-0.25", "2026-06-01 10:00:00.123456+00")
    assert (row["_load_id"], row["_record_number"], row["_extra"]) == (before["load_id"], 1, {"note": 'a "b"'})
    assert row["_loaded_at"] > before["waiting_since"]
    assert load().released == {}


def test_a_released_record_is_of_the_run_that_released_it(deliver, load, query, warehouse, landing, run_id):
    from datetime import date

    from customer360.contracts import read_contracts
    from customer360.load import load_landing

    catalogues(deliver)
    deliver("care/customer_interactions.csv", INTERACTIONS + "7,3,1,1,,2026-06-01 10:00:00,\n")
    load()
    with warehouse.connect() as connection:
        (later,) = connection.execute(
            "insert into ops.runs (kind, as_of_date) values ('test', '2026-07-01') returning run_id"
        ).fetchone()
    deliver("care/customers.csv", CUSTOMERS + "3,Cid,cid@example.com,\n")
    load_landing(
        warehouse,
        str(landing),
        read_contracts(),
        run_id=later,
        business_date=date(2026, 7, 1),
        progress=False,
        quiet_seconds=0,
    )
    assert query("select _run_id from raw.care__customer_interactions") == [{"_run_id": later}]


def test_a_record_whose_parent_waits_waits_too_and_both_come_back(deliver, load, query):
    deliver("shop/products.csv", "product_id,product_name,category,unit_price\nP1,Soap,Care,2.50\n")
    deliver("shop/orders.csv", "order_id,customer_id,session_id,ordered_at,status\nO1,C1,,2026-06-01 10:00:00,paid\n")
    deliver("shop/order_lines.csv", "order_line_id,order_id,product_id,quantity,unit_price\nL1,O1,P1,1,2.50\n")
    report = load()
    assert report.waiting == {"shop.order_lines": 1, "shop.orders": 1}
    assert query("select reasons from quarantine.waiting_records where \"table\" = 'order_lines'") == [
        {"reasons": ["order_id O1 is in no orders file"]}
    ]
    deliver("shop/customers.csv", "customer_id,customer_name,email,registered_at\nC1,Ann,ann@example.com,2026-01-01\n")
    report = load()
    assert report.waiting == {}
    assert report.released == {"shop.orders": 1, "shop.order_lines": 1}
    assert query("select order_line_id from raw.shop__order_lines") == [{"order_line_id": "L1"}]


def test_reasons_to_wait_leave_personal_keys_out(deliver, load, query):
    deliver(
        "contracts/notes.yml",
        "name: desk-notes\ndescription: Notes.\npath: desk/notes*.csv*\nschema:\n  fields:\n"
        "    - {name: note_id, type: integer, description: Number.}\n"
        "    - {name: account, type: string, description: Account.}\n"
        "  primaryKey: [note_id]\n"
        "  foreignKeys: [{fields: [account], reference: {resource: shop-customers, fields: [customer_id]}}]\n"
        "customer360: {system: desk, table: notes, delivery: append, pii: [account]}\n",
    )
    deliver("desk/notes.csv", "note_id,account\n1,ann@example.com\n2,\n")
    load()
    assert query("select reasons from quarantine.waiting_records") == [{"reasons": ["account is in no customers file"]}]
    assert query("select note_id from raw.desk__notes") == [{"note_id": 2}]


def test_a_table_that_refers_to_itself_waits_along_its_chain(deliver, load, query):
    deliver(
        "contracts/staff.yml",
        "name: desk-staff\ndescription: Staff.\npath: desk/staff*.csv*\nschema:\n  fields:\n"
        "    - {name: staff_id, type: integer, description: Number.}\n"
        "    - {name: boss_id, type: integer, description: Boss.}\n"
        "  primaryKey: [staff_id]\n"
        "  foreignKeys: [{fields: [boss_id], reference: {resource: desk-staff, fields: [staff_id]}}]\n"
        "customer360: {system: desk, table: staff, delivery: upsert}\n",
    )
    deliver("desk/staff_1.csv", "staff_id,boss_id\n1,\n2,1\n3,9\n4,3\n5,4\n")
    assert load().waiting == {"desk.staff": 3}
    deliver("desk/staff_2.csv", "staff_id,boss_id\n9,1\n")
    assert load().released == {"desk.staff": 3}
    assert query("select count(*) from raw.desk__staff") == [{"count": 6}]
