"""The published tables as read from dbt's manifest, without a database."""

from __future__ import annotations

import json
from typing import Any

import pytest
from customer360.publish import PublishError, read_specification
from customer360.publish.constraints import Kind, constraints_of


def manifest(published: Any, columns: dict[str, dict[str, Any]] | None = None, **node: Any) -> dict[str, Any]:
    columns = columns or {"id": {"data_type": "bigint"}, "email": {"data_type": "text"}}
    model = {
        "resource_type": "model",
        "name": "care__people",
        "alias": "people",
        "schema": "candidate_care",
        "columns": {name: {"name": name, **column} for name, column in columns.items()},
        "config": {"meta": {"published": published}},
        **node,
    }
    return {"nodes": {"model.customer360.care__people": model}}


def test_meta_is_found_in_the_config_and_beside_it():
    in_config = manifest({"primary_key": ["id"]}, {"id": {"data_type": "bigint", "meta": {"pii": "identifier"}}})
    beside = manifest(
        None,
        {"id": {"data_type": "bigint", "config": {"meta": {"pii": "identifier"}}}},
        meta={"published": {"primary_key": ["id"]}},
        config={},
    )
    assert read_specification(in_config) == read_specification(beside)


def test_a_manifest_is_read_from_its_file(tmp_path):
    path = tmp_path / "manifest.json"
    with pytest.raises(PublishError, match=r"no manifest\.json to publish from; build the marts first"):
        read_specification(path)
    path.write_text(json.dumps(manifest({"primary_key": ["id"]})))
    (table,) = read_specification(path)
    assert (table.full_name, table.candidate_schema, table.masked_schema) == (
        "care.people",
        "candidate_care",
        "care_masked",
    )
    path.write_text("{")
    with pytest.raises(PublishError, match=r"manifest\.json is no JSON"):
        read_specification(path)


def test_models_that_are_not_published_are_passed_over():
    given = manifest({"primary_key": ["id"]})
    given["nodes"]["model.customer360.stg"] = {"resource_type": "model", "schema": "staging", "name": "stg"}
    given["nodes"]["test.customer360.t"] = {"resource_type": "test", "config": {"meta": {"published": {}}}}
    assert len(read_specification(given)) == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"nodes": {}}, "nothing to publish"),
        (manifest(True), "meta.published is True; it must be a mapping"),
        (manifest({"primary_keys": ["id"]}), "primary_keys: Extra inputs are not permitted"),
        (manifest({"primary_key": ["nr"]}), "column nr is named in a key"),
        (manifest({"indexes": ["idx_people"]}), "index 'idx_people' is not of the form"),
        (manifest({"day_column": "id"}), "day_column id is not a date"),
        (manifest({}, schema="analytics"), "built in schema analytics; build it in candidate_<mart>"),
        (manifest({}, {"id": {"data_type": "json"}}), "column id is json, which has no equality"),
        (manifest({}, {"id": {"data_type": "text", "meta": {"pii": "birth_date"}}}), "birth_date of type text"),
        (manifest({}, {"id": {"data_type": "text", "meta": {"pii": "secret"}}}), "pii: Input should be 'name'"),
        (
            manifest({"foreign_keys": [{"columns": ["id"], "to": "towns"}]}),
            "care.people has a foreign key to care.towns, which no model publishes",
        ),
        (
            manifest({"foreign_keys": [{"columns": ["id"], "to": "people", "to_columns": ["email"]}]}),
            "neither its primary key nor unique",
        ),
    ],
)
def test_a_manifest_that_cannot_be_published_is_refused_in_one_sentence(given, message):
    with pytest.raises(PublishError) as refused:
        read_specification(given)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_table_or_index_declared_twice_is_refused():
    given = manifest({})
    given["nodes"]["again"] = manifest({}, name="care__people_again")["nodes"]["model.customer360.care__people"]
    with pytest.raises(PublishError, match=r"table care\.people is declared twice"):
        read_specification(given)


def test_defaults_that_yaml_reads_as_values_become_sql():
    given = manifest(
        {},
        {
            "is_active": {"data_type": "boolean", "meta": {"default": True}},
            "points": {"data_type": "integer", "meta": {"default": 0}},
            "status": {"data_type": "text", "meta": {"default": "'new'"}},
        },
    )
    (table,) = read_specification(given)
    assert [column.default for column in table.columns] == ["true", "0", "'new'"]


def test_constraints_have_the_names_postgresql_would_give():
    (table,) = read_specification(
        manifest(
            {
                "primary_key": ["id"],
                "unique": [["email", "id"]],
                "checks": ["id > 0", "id < 9", "id > 0 or email <> 'id'", "email <> 'id'"],
            }
        )
    )
    assert [(str(c.kind), c.name) for c in constraints_of(table, [table])] == [
        ("primary key", "people_pkey"),
        ("unique", "people_email_id_key"),
        ("check", "people_id_check"),
        ("check", "people_id_check1"),
        ("check", "people_check"),
        ("check", "people_email_check"),
    ]


def test_a_name_too_long_for_postgresql_is_cut_so_that_it_stays_its_own():
    long = [f"a_column_with_quite_a_long_name_{number}" for number in (1, 2, 3)]
    (table,) = read_specification(
        manifest(
            {"unique": [[long[0], long[1]], [long[0], long[2]]]},
            {name: {"data_type": "text"} for name in long},
        )
    )
    names = {constraint.name for constraint in constraints_of(table, [table])}
    assert len(names) == 2
    assert {len(name) for name in names} == {63}


def test_layout_does_not_change_a_fingerprint_and_an_edit_does():
    def of(check: str) -> str:
        (table,) = read_specification(manifest({"checks": [check]}))
        (found,) = (c for c in constraints_of(table, [table]) if c.kind is Kind.CHECK)
        return found.fingerprint

    assert of("id > 0\n  and id < 9") == of("id > 0 and id < 9")
    assert of("id > 0 and id < 9") != of("id > 0 and id < 8")
