"""Matching headers, recognising credentials and reading dates in file names."""

from __future__ import annotations

import pytest
from customer360.contracts import read_contracts
from customer360.load.check import _TYPE, postgres_type
from customer360.load.credentials import holds_credential, names_credential
from customer360.load.discover import LandingFile
from customer360.load.errors import FileRefused, LoadError
from customer360.load.header import match_header
from customer360.load.report import FileResult, LoadReport

CONTRACTS = {contract.name: contract for contract in read_contracts()}


def test_an_alias_and_its_field_are_one_column():
    contract = CONTRACTS["notifications-interaction_history"]
    names = [field.name for field in contract.table_schema.fields]
    aliased = [name.replace("date_time", "date & TIME ") for name in names]
    assert match_header(aliased, contract).positions == match_header(names, contract).positions
    with pytest.raises(FileRefused, match="names date_time more than once"):
        match_header([*names, "Date & Time"], contract)


def test_secret_columns_are_dropped_by_their_place():
    header = match_header(
        ["id", "password_hash", "team_id", "email", "name", "role", "extra", "api key"],
        CONTRACTS["decisions-team_members"],
    )
    assert (header.dropped, header.kept) == ({1, 7}, [0, 2, 3, 4, 5, 6])
    assert "password_hash" not in header.positions
    assert header.drift["unknown_columns"] == ["extra"]
    assert header.drift["dropped_columns"] == ["api key"]


def test_nameless_columns_are_named_by_their_place():
    header = match_header(["channel_name", "", "channel_type", " "], CONTRACTS["care-channels"])
    assert header.unknown == {1: "column 2", 3: "column 4"}


def test_every_missing_column_is_named_and_no_other():
    with pytest.raises(FileRefused, match="lacks the required columns interaction_type_id, start_timestamp;") as error:
        match_header(
            ["interaction_id", "customer_id", "channel_id", "agent_id", "ann@example.com"],
            CONTRACTS["care-customer_interactions"],
        )
    assert "ann@example.com" not in str(error.value)


def test_a_file_with_more_columns_than_a_table_holds_is_refused():
    with pytest.raises(FileRefused, match="2002 columns"):
        match_header(["channel_name", "channel_type", *map(str, range(2000))], CONTRACTS["care-channels"])


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "Password",
        "user_password_hash",
        "api_key",
        "apikey",
        "API-Key",
        "auth token",
        "secret",
        "token_digest",
    ],
)
def test_names_of_credentials_are_recognised(name):
    assert names_credential(name)


@pytest.mark.parametrize("name", ["token_count", "secretary", "passport", "key", "hash", "customer_key", "tokens"])
def test_other_names_are_not(name):
    assert not names_credential(name)


def test_credentials_are_recognised_within_other_text():
    assert holds_credential(b"hash: $2y$10$abcdefghijk")
    assert holds_credential(b"$argon2i$v=19$m=16,t=2,p=1$x")
    assert holds_credential(b"Bearer eyJhbGciOi.eyJzdWIiOi.sig")
    assert not holds_credential(b"costs $2 and $20, eyJ is a word")


@pytest.mark.parametrize(
    ("name", "delivered_on"),
    [
        ("care/customers_2026-06-30.csv", "2026-06-30"),
        ("care/customers20260630.csv.gz", "2026-06-30"),
        ("2025-01-01/customers.csv", "None"),
        ("care/customers_20261332.csv", "None"),
        ("care/customers_202606301.csv", "None"),
        ("care/customers_99999999_2026-06-30.csv", "2026-06-30"),
    ],
)
def test_the_delivery_date_is_in_the_files_name(name, delivered_on):
    assert str(LandingFile(name, None).delivered_on) == delivered_on


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=lambda contract: contract.name)
def test_every_contract_names_types_that_are_types(contract):
    for field in contract.fields:
        postgres_type(contract, field)


@pytest.mark.parametrize("name", ["text); drop table x; --", "text default (select 1)", "numeric(1,2,3)", "Text", ""])
def test_a_type_cannot_smuggle_sql(name):
    assert not _TYPE.fullmatch(name)
    contract = CONTRACTS["care-channels"]
    additions = contract.customer360.model_copy(update={"postgres_types": {"channel_name": name}})
    changed = contract.model_copy(update={"customer360": additions})
    with pytest.raises(LoadError, match="care-channels gives channel_name the type"):
        postgres_type(changed, changed.fields[1])


def test_a_report_sums_its_files():
    files = [
        FileResult("a.csv", "s", "t", "loaded", records=10, loaded=8, quarantined=2),
        FileResult("b.csv", "s", "t", "skipped", reason="Its content was loaded before, as a.csv."),
        FileResult("c.csv", "s", "t", "refused", records=20, quarantined=15, reason="It is empty."),
    ]
    report = LoadReport(files, {}, {})
    assert (report.loaded, report.quarantined, report.refused) == (8, 2, [files[2]])
    assert str(files[1]) == "b.csv is skipped. Its content was loaded before, as a.csv."
