"""The warehouse as it is set up, before anything is loaded."""

import psycopg
import pytest
from customer360.warehouse import LocalServer, Warehouse, WarehouseError, set_up
from customer360.warehouse.schema import ROLES
from warehouses import reachable_folder


@pytest.mark.parametrize("role", ROLES)
def test_every_role_logs_in_and_is_no_superuser(warehouse: Warehouse, role: str):
    with warehouse.connect(role) as connection:
        assert connection.execute(
            "select current_user::text, rolsuper, rolcreaterole, rolcreatedb from pg_roles where rolname = current_user"
        ).fetchone() == (role, False, False, False)


def test_a_wrong_password_is_refused(warehouse: Warehouse):
    wrong = Warehouse(warehouse.owner_url, dict.fromkeys(warehouse.passwords, "wrong"))
    with pytest.raises(WarehouseError, match="does not let bi_reader in"):
        wrong.connect("bi_reader")


def test_setting_up_twice_changes_nothing(warehouse: Warehouse):
    set_up(warehouse)
    set_up(warehouse)


@pytest.mark.parametrize("schema", ["raw", "quarantine", "ops", "staging", "intermediate", "enrichment"])
def test_readers_may_not_look_behind_the_marts(warehouse: Warehouse, schema: str):
    for role in ("bi_reader", "pii_reader"):
        with warehouse.connect(role) as connection:
            assert connection.execute("select has_schema_privilege(%s, 'usage')", [schema]).fetchone() == (False,)


def test_a_reader_may_not_create_anything(warehouse: Warehouse):
    for statement in ("create table public.mine (x int)", "create temporary table mine (x int)"):
        with (
            warehouse.connect("bi_reader") as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(statement)


def test_the_local_server_listens_on_loopback_only(settings, empty_warehouse: Warehouse):
    with empty_warehouse.connect() as connection:
        assert connection.execute("show listen_addresses").fetchone() == ("127.0.0.1",)
        assert connection.execute("show unix_socket_directories").fetchone() == ("",)
    assert (settings.home / "postgres-password").stat().st_mode & 0o777 == 0o600
    assert (settings.home / "role-passwords.json").stat().st_mode & 0o777 == 0o600


def test_the_local_server_remembers_its_port_and_data():
    with reachable_folder() as folder:
        server = LocalServer(folder / "home")
        try:
            server.start()
            url = server.url
            with psycopg.connect(url) as connection:
                connection.execute("create table kept (x int)")
            assert server.stop("immediate")
            assert not server.is_running()
            server.start()
            assert server.url == url
            with psycopg.connect(url) as connection:
                assert connection.execute("select count(*) from kept").fetchone() == (0,)
        finally:
            server.stop("immediate")
