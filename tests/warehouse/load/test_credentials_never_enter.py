"""Password hashes and tokens: in no table, whatever column they come in."""

from __future__ import annotations

import pytest

BCRYPT = "$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW"
ARGON = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b1wYQ"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
TEAM = "11111111-1111-1111-1111-111111111111"
IDS = [f"00000000-0000-0000-0000-00000000000{n}" for n in range(10)]


def everything(warehouse):
    """All that is stored in any table, as text and as bytes."""
    with warehouse.connect() as connection:
        tables = connection.execute(
            "select schemaname, tablename from pg_tables where schemaname not in ('pg_catalog', 'information_schema')"
        ).fetchall()
        texts = []
        for schema, table in tables:
            texts += [row[0] for row in connection.execute(f'select to_jsonb(t)::text from "{schema}"."{table}" t')]
        records = connection.execute("select record from quarantine.rejected_records where record is not null")
        return "\n".join(texts) + "\n".join(bytes(row[0]).decode("latin-1") for row in records)


@pytest.fixture
def members(deliver, load):
    def run(header, *records):
        deliver("decisions/teams.csv", f"id,name,company_name\n{TEAM},T,C\n")
        deliver("decisions/team_members.csv", "\n".join([header, *records]) + "\n")
        return next(file for file in load().files if file.table == "team_members")

    return run


def test_a_secret_column_is_never_stored(members, warehouse, query):
    result = members(
        "id,team_id,email,name,password_hash,role",
        f"{IDS[0]},{TEAM},a@x.example,Ann,{BCRYPT},sales_manager",
        f'{IDS[1]},{TEAM},b@x.example,"Bob, jr",plaintext-password,sales_manager',
        f"{IDS[2]},{TEAM},c@x.example,Cid,plaintext-password,nobody",
        f"{IDS[3]},{TEAM},d@x.example,Dee,{ARGON},sales_manager,more",
        f"{IDS[4]},{TEAM},plaintext-password",
    )
    assert (result.loaded, result.quarantined) == (2, 3)
    assert [row["name"] for row in query("select name from raw.decisions__team_members order by id")] == [
        "Ann",
        "Bob, jr",
    ]
    stored = everything(warehouse)
    assert "sales_manager" in stored
    assert not [secret for secret in (BCRYPT, ARGON, "plaintext-password", "password_hash") if secret in stored]
    assert [row["record"] for row in query("select record from quarantine.rejected_records")] == [None] * 3


@pytest.mark.parametrize("secret", [BCRYPT, ARGON.replace(",", "."), TOKEN])
def test_a_credential_in_another_column_quarantines_the_record_without_its_bytes(
    secret, deliver, load, query, warehouse
):
    deliver(
        "care/customers.csv",
        "customer_id,customer_name,email,phone,nickname\n"
        f"1,{secret},a@example.com,,A\n2,Bob,b@example.com,,{secret}\n3,Cid,c@example.com,,C\n"
        f'{secret},"D, d",d@example.com,,D\n5,{secret}\n',
    )
    (result,) = load().files
    assert (result.loaded, result.quarantined) == (1, 4)
    rows = query("select record_number, record, reasons from quarantine.rejected_records order by 1")
    assert [(row["record"], row["reasons"]) for row in rows] == [
        (None, ["customer_name looks like a password hash or a token, which is not stored"]),
        (None, ["nickname looks like a password hash or a token, which is not stored"]),
        (None, ["customer_id looks like a password hash or a token, which is not stored"]),
        (None, ["the record has 2 fields, the header has 5; the file may be cut off"]),
    ]
    assert secret not in everything(warehouse)


def test_the_sample_of_a_refused_file_holds_no_credential(deliver, load, query, warehouse):
    records = [f"{n},{BCRYPT},m{n}@example.com," for n in range(1, 31)]
    deliver("care/customers.csv", "\n".join(["customer_id,customer_name,email,phone", *records]))
    (result,) = load().files
    assert (result.status, result.quarantined) == ("refused", 30)
    assert BCRYPT not in everything(warehouse) and BCRYPT not in result.as_json()


def test_an_unknown_column_named_like_a_credential_is_dropped(deliver, load, query, warehouse):
    deliver(
        "care/channels.csv",
        "channel_id,channel_name,channel_type,API_Key,token_count\n1,Phone,Voice,hunter2,5\n2,Chat,Smoke,hunter2,5\n",
    )
    (result,) = load().files
    assert (result.drift["unknown_columns"], result.drift["dropped_columns"]) == (["token_count"], ["API_Key"])
    assert query("select _extra from raw.care__channels") == [{"_extra": {"token_count": "5"}}]
    assert "hunter2" not in everything(warehouse)


def test_a_price_that_begins_with_two_dollars_is_no_credential(deliver, load):
    deliver(
        "care/channels.csv", "channel_id,channel_name,channel_type\n1,$2b or not $2b,Voice\n2,eyJust.words.here,Voice\n"
    )
    (result,) = load().files
    assert result.loaded == 2
