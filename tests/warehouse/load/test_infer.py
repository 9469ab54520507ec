"""A starting contract is inferred from a file, says what it is unsure of, and loads the file."""

from __future__ import annotations

import gzip
from datetime import date

import pytest
import yaml
from click.testing import CliRunner
from customer360.cli import main
from customer360.contracts import Contract, read_contracts
from customer360.load import LoadError, check_file
from customer360.load.infer import infer_contract
from customer360.settings import PROJECT

GERMAN = (
    "Bericht vom Montag;;;;;;\n\n"
    "Kunden-Id;Name;E-Mail;Geburtstag;Umsatz;Aktiv;PLZ\n"
    "1;Jörg;joerg@example.com;31.12.1980;1.234,50;ja;01067\n"
    "2;Özil;oezil@example.com;01.02.1990;2,00;nein;80331\n"
    "3;Ann;ann@example.com;03.04.1975;n/a;ja;10115\n"
)


def inferred(path):
    found = infer_contract(path)
    return Contract.model_validate(yaml.safe_load(found.text)), found


def described(path):
    kind, _ = inferred(path)
    return {field.name: field for field in kind.table_schema.fields}, kind


@pytest.mark.parametrize(
    ("encoding", "pack", "suffix", "above"),
    [
        ("cp1252", bytes, "", ""),
        ("utf-8-sig", bytes, "", ""),
        ("utf-16", gzip.compress, ".gz", ""),
        ("utf-8-sig", bytes, "", "sep=;\r\n"),
    ],
)
def test_an_odd_file_loads_under_its_inferred_contract(tmp_path, landing, warehouse, encoding, pack, suffix, above):
    path = landing / "desk" / f"kunden_2026-01-01.csv{suffix}"
    path.parent.mkdir()
    path.write_bytes(pack((above + GERMAN.split("\n\n")[1]).encode(encoding)))
    kind, found = inferred(path)
    assert kind.dialect.delimiter == ";" and kind.encoding == encoding.replace("-sig", "")
    (landing / "contracts").mkdir()
    (landing / "contracts" / "kunden.yml").write_text(found.text)
    contracts = read_contracts(landing / "contracts")
    (chosen,) = [contract for contract in contracts if contract.name == "desk-kunden"]
    done = check_file(warehouse, path, chosen, contracts, business_date=date(2026, 6, 30))
    assert (done.result.status, done.result.loaded, done.findings) == ("loaded", 3, [])


def test_types_keys_and_personal_data_are_guessed_from_the_values(tmp_path):
    path = tmp_path / "kunden.csv"
    path.write_text(GERMAN.split("\n\n")[1].replace("3;Ann", "3;Ann"))
    fields, kind = described(path)
    assert {name: field.type for name, field in fields.items()} == {
        "Kunden-Id": "integer", "Name": "string", "E-Mail": "string", "Geburtstag": "date",
        "Umsatz": "number", "Aktiv": "string", "PLZ": "string",
    }  # fmt: skip
    assert (fields["Umsatz"].decimal_char, fields["Umsatz"].group_char) == (",", ".")
    assert fields["Umsatz"].missing_values == ["", "n/a"]
    assert not fields["Umsatz"].constraints.required
    assert fields["Geburtstag"].format == "%d.%m.%Y"
    assert kind.primary_key == ["Kunden-Id"]
    assert kind.customer360.pii == ["Name", "E-Mail"]


def test_a_day_that_may_be_a_month_is_said_to_be_unsure(tmp_path):
    path = tmp_path / "days.csv"
    path.write_text('day,amount,note\n01/02/2026,"1,234",007\n03/04/2026,"5,678",008\n')
    fields, _ = described(path)
    _, found = inferred(path)
    assert fields["day"].format == "%d/%m/%Y"
    assert any("day fits %d/%m/%Y and %m/%d/%Y" in sentence for sentence in found.unsure)
    assert any("amount: the comma may separate thousands" in sentence for sentence in found.unsure)
    assert any("note has digits with leading zeros" in sentence for sentence in found.unsure)
    for sentence in found.unsure:
        assert f"# unsure: {sentence}" in found.text


def test_a_file_without_header_gets_numbered_columns(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("".join(f"{n}|{n * 3.5}|2026-01-{n:02}\n" for n in range(1, 20)))
    fields, kind = described(path)
    assert (list(fields), kind.dialect.header, kind.dialect.delimiter) == (
        ["column_1", "column_2", "column_3"], False, "|",
    )  # fmt: skip
    assert [field.type for field in fields.values()] == ["integer", "number", "date"]


@pytest.mark.parametrize("example", sorted((PROJECT / "seeds").rglob("*.csv"))[::6], ids=lambda path: path.name)
def test_the_sample_delivery_can_be_inferred(example):
    kind, _ = inferred(example)
    assert kind.table_schema.fields


def test_an_empty_file_says_so(tmp_path):
    path = tmp_path / "nothing.csv"
    path.write_text("\n")
    with pytest.raises(LoadError, match=r"nothing\.csv is empty"):
        infer_contract(path)


def test_the_command_writes_the_contract_once_and_says_what_it_guessed(tmp_path):
    path, out = tmp_path / "kunden.csv", tmp_path / "contracts" / "kunden.yml"
    path.write_text(GERMAN.split("\n\n")[1])
    first = CliRunner().invoke(main, ["contract", "infer", str(path), "--out", str(out)])
    assert first.exit_code == 0, first.output
    assert "unsure: Kunden-Id is taken for the key" in first.output
    assert Contract.model_validate(yaml.safe_load(out.read_text()))
    second = CliRunner().invoke(main, ["contract", "infer", str(path), "--out", str(out)])
    assert second.exit_code == 1 and "exists" in second.output
