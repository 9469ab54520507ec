"""Who may do what: every role against every schema, by the catalogue and by trying."""

from __future__ import annotations

import json

import psycopg
import pytest
from customer360.orchestration.local import ROLE as AIRFLOW
from customer360.publish import publish
from customer360.settings import Settings
from customer360.warehouse import OWNER, Warehouse
from customer360.warehouse.schema import MARTS, READER_ROLES, ROLES
from psycopg import sql

BEHIND = ("raw", "quarantine", "ops", "staging", "intermediate", "enrichment", "undo", "privacy")
CANDIDATES = tuple(f"candidate_{mart}" for mart in MARTS)
MASKED = tuple(f"{mart}_masked" for mart in MARTS)
SCHEMAS = (*BEHIND, *CANDIDATES, *MARTS, *MASKED, "health")

USAGE = {
    "c360_loader": {"raw", "quarantine", "ops"},
    "c360_transformer": {"raw", "enrichment", "ops", "staging", "intermediate", *CANDIDATES},
    "c360_enricher": {"intermediate", "enrichment", "ops"},
    "c360_publisher": {"ops", "undo", *CANDIDATES, *MARTS, *MASKED},
    "bi_reader": {*MARTS, *MASKED, "health"},
    "pii_reader": {*MARTS, *MASKED, "health"},
}
CREATE = {
    "c360_loader": {"raw"},
    "c360_transformer": {"staging", "intermediate", *CANDIDATES},
    "c360_enricher": set(),
    "c360_publisher": {"undo", *MARTS, *MASKED},
    "bi_reader": set(),
    "pii_reader": set(),
}
WRITES = {
    "c360_loader": {
        "ops.runs": "select insert update", "ops.run_steps": "select insert update",
        "ops.loaded_files": "select insert update delete",
        "quarantine.rejected_records": "select insert update delete",
        "quarantine.waiting_records": "select insert update delete",
    },
    "c360_transformer": {
        "ops.loaded_files": "select", "ops.runs": "select", "ops.published_batch": "select",
        "ops.publishes": "select", "ops.dbt_results": "select insert", "ops.checks": "select insert delete",
        "ops.llm_calls": "select", "ops.measures": "select insert delete",
    },
    "c360_enricher": {
        "ops.llm_calls": "insert", "ops.llm_quotas": "select insert update",
        "ops.llm_budgets": "select insert update", "ops.llm_batch_jobs": "select insert update",
        "ops.llm_batch_customers": "select insert",
    },
    "c360_publisher": {
        "ops.publishes": "select insert", "ops.published_batch": "select insert update",
        "ops.published_constraints": "select insert update delete", "ops.migrations": "select insert",
        "undo.before_images": "select insert update delete", "undo.batch_before": "select insert update delete",
    },
}  # fmt: skip
"""Rights on the tables that the set-up makes, without those of enrichment."""


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("right", "granted"), [("usage", USAGE), ("create", CREATE)], ids=["usage", "create"])
def test_a_role_has_its_own_schemas_and_no_others(empty_warehouse: Warehouse, role: str, right: str, granted):
    with empty_warehouse.connect(role) as connection:
        found = {
            schema
            for (schema,) in connection.execute(
                "select nspname from pg_namespace where nspname = any(%s) and has_schema_privilege(oid, %s)",
                [list(SCHEMAS), right],
            )
        }
    assert found == granted[role]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("schema", [*SCHEMAS, "public"])
def test_creating_a_table_is_refused_outside_the_roles_own_schemas(empty_warehouse: Warehouse, role: str, schema: str):
    statement = sql.SQL("create table {} (x int)").format(sql.Identifier(schema, "of_mine"))
    with empty_warehouse.connect(role) as connection:
        if schema in CREATE[role]:
            connection.execute(statement)
            connection.rollback()
        else:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_has_just_its_rights_on_the_tables_of_the_set_up(empty_warehouse: Warehouse, role: str):
    with empty_warehouse.connect(OWNER) as connection:
        found = connection.execute(
            "select n.nspname || '.' || c.relname, string_agg(r, ' ' order by position)"
            " from pg_class as c join pg_namespace as n on n.oid = relnamespace,"
            " unnest(array['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger'])"
            "  with ordinality as rights (r, position)"
            " where n.nspname in ('ops', 'quarantine', 'undo', 'privacy') and relkind = 'r'"
            " and has_table_privilege(%s, c.oid, r) group by 1",
            [role],
        ).fetchall()
        enrichment = connection.execute(
            "select distinct r from pg_class, unnest(array['select', 'insert', 'update', 'delete', 'truncate']) as r"
            " where relnamespace = 'enrichment'::regnamespace and relkind = 'r'"
            " and has_table_privilege(%s, pg_class.oid, r)",
            [role],
        ).fetchall()
    assert dict(found) == WRITES.get(role, {})
    assert {right for (right,) in enrichment} == {
        "c360_enricher": {"select", "insert"},
        "c360_transformer": {"select"},
    }.get(role, set())


def test_the_loader_may_forget_a_retry_and_no_file(warehouse: Warehouse, run_id: int):
    with warehouse.connect("c360_loader") as connection:
        for sha256 in ("a" * 64, "retry of 1"):
            connection.execute(
                "insert into ops.loaded_files (run_id, sha256, file, status) values (%s, %s, 'f', 'loaded')",
                [run_id, sha256],
            )
        assert connection.execute("delete from ops.loaded_files returning sha256").fetchall() == [("retry of 1",)]


def test_the_enricher_reads_of_a_call_only_what_it_cost(empty_warehouse: Warehouse):
    with empty_warehouse.connect("c360_enricher") as connection:
        connection.execute("select sum(dollars) from ops.llm_calls where run_id = 1")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select problem from ops.llm_calls")


def test_public_has_nothing(empty_warehouse: Warehouse):
    with empty_warehouse.connect(OWNER) as connection:
        assert (
            connection.execute(
                "select nspname, privilege_type from pg_namespace, aclexplode(nspacl)"
                " where grantee = 0 and nspname not in ('pg_catalog', 'information_schema')"
            ).fetchall()
            == []
        )
        assert (
            connection.execute(
                "select relname, privilege_type from pg_class, aclexplode(relacl)"
                " where grantee = 0 and relnamespace::regnamespace::text = any(%s)",
                [[*SCHEMAS, "public"]],
            ).fetchall()
            == []
        )
        assert (
            connection.execute(
                "select privilege_type from pg_database, aclexplode(datacl)"
                " where grantee = 0 and datname = current_database()"
            ).fetchall()
            == []
        )


@pytest.mark.parametrize("role", READER_ROLES)
def test_a_reader_may_make_no_temporary_table_and_has_a_statement_timeout(empty_warehouse: Warehouse, role: str):
    with empty_warehouse.connect(role) as connection:
        assert connection.execute(
            "select has_database_privilege(current_database(), 'temporary'), current_setting('statement_timeout')"
        ).fetchone() == (False, "5min")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("create temporary table mine (x int)")


@pytest.mark.parametrize("role", ROLES)
def test_no_role_is_a_member_of_another_or_reads_a_password(empty_warehouse: Warehouse, role: str):
    with empty_warehouse.connect(role, autocommit=True) as connection:
        assert (
            connection.execute(
                "select rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls from pg_roles"
                " where rolname = current_user"
            ).fetchone()
            == (False,) * 5
        )
        assert connection.execute(
            "select count(*) from pg_auth_members as m join pg_roles as r on r.oid = m.member"
            " where rolname = current_user"
        ).fetchone() == (0,)
        assert connection.execute("select distinct rolpassword from pg_roles").fetchall() == [("********",)]
        for statement in (
            "select rolpassword from pg_authid",
            "select pg_read_file('postgresql.conf')",
            "copy (select 1) to program 'true'",
            *(f"set role {other}" for other in (*ROLES, "customer360") if other != role),
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_every_role_has_a_password_of_its_own_kept_as_scram(empty_warehouse: Warehouse, settings: Settings):
    passwords = json.loads((settings.home / "role-passwords.json").read_text())
    assert set(passwords) == set(ROLES)
    assert len(set(passwords.values())) == len(ROLES)
    with empty_warehouse.connect(OWNER) as connection:
        assert (
            connection.execute(
                "select rolname from pg_authid where rolcanlogin and rolpassword not like 'SCRAM-SHA-256$%'"
            ).fetchall()
            == []
        )


def test_every_connection_to_the_local_server_needs_scram(empty_warehouse: Warehouse):
    with empty_warehouse.connect(OWNER) as connection:
        assert connection.execute("select distinct auth_method from pg_hba_file_rules").fetchall() == [
            ("scram-sha-256",)
        ]


@pytest.mark.parametrize("role", [*READER_ROLES, "c360_loader", "c360_enricher"])
def test_only_the_publisher_writes_what_readers_see(mart_warehouse: Warehouse, role: str):
    for statement in (
        "insert into care.places values (2)",
        "update care.places set place = 3",
        "delete from care.places",
        "truncate care.places",
        "drop table care.places",
        "alter table care.places add column x int",
    ):
        with mart_warehouse.connect(role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)


@pytest.fixture
def mart_warehouse(warehouse: Warehouse, run_id: int) -> Warehouse:
    """A warehouse with one published table."""
    from datetime import date

    with warehouse.connect("c360_transformer") as connection:
        connection.execute("create table candidate_care.places (place int)")
        connection.execute("insert into candidate_care.places values (1)")
    model = {
        "resource_type": "model", "name": "places", "alias": "places", "schema": "candidate_care", "description": "",
        "columns": {"place": {"name": "place", "data_type": "int", "description": "", "config": {"meta": {}}}},
        "config": {"meta": {"published": {"primary_key": ["place"]}}},
    }  # fmt: skip
    manifest = {"nodes": {"model.customer360.places": model}}
    publish(warehouse, manifest, run_id=run_id, as_of_date=date(2026, 6, 30))
    return warehouse


def test_airflows_role_may_not_enter_the_warehouse(empty_warehouse: Warehouse):
    password = "of-this-test"
    with empty_warehouse.connect(OWNER, autocommit=True) as connection:
        connection.execute(sql.SQL("create role {} login").format(sql.Identifier(AIRFLOW)))
        try:
            connection.execute(
                sql.SQL("alter role {} password {}").format(sql.Identifier(AIRFLOW), sql.Literal(password))
            )
            as_airflow = Warehouse(empty_warehouse.owner_url, {AIRFLOW: password}).url(AIRFLOW)
            with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
                psycopg.connect(as_airflow)
            assert (
                connection.execute(
                    "select nspname from pg_namespace where nspname = any(%s)"
                    " and has_schema_privilege(%s, oid, 'usage')",
                    [list(SCHEMAS), AIRFLOW],
                ).fetchall()
                == []
            )
        finally:
            connection.execute(sql.SQL("drop role {}").format(sql.Identifier(AIRFLOW)))
