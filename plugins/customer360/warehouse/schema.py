"""Roles, schemas and the tables that no dbt model writes."""

from __future__ import annotations

import hashlib
import inspect
import json
import secrets
from importlib.resources import files
from pathlib import Path

import psycopg
from psycopg import sql

from customer360.settings import Settings
from customer360.warehouse.connections import OWNER, Warehouse, WarehouseError
from customer360.warehouse.local import LocalServer, write_secret

PIPELINE_ROLES = ("c360_loader", "c360_transformer", "c360_enricher", "c360_publisher")
READER_ROLES = ("bi_reader", "pii_reader")
ROLES = PIPELINE_ROLES + READER_ROLES

MARTS = ("core", "care", "dashboard", "notifications", "crm", "decisions")
MINIMUM_VERSION = 17
READER_STATEMENT_TIMEOUT = "5min"

_SET_UP_LOCK = 360_000_001


def open_warehouse(settings: Settings) -> Warehouse:
    """The configured warehouse, running and set up.

    Starts the local server unless a URL is configured. Raises WarehouseError when it cannot.
    """
    if settings.warehouse_url is None:
        server = LocalServer(settings.home)
        server.start()
        owner_url = server.url
    else:
        owner_url = settings.warehouse_url
    warehouse = Warehouse(owner_url, _passwords(settings.home))
    set_up(warehouse)
    return warehouse


def set_up(warehouse: Warehouse) -> None:
    """Make the roles, schemas and tables that are missing; nothing when all are there.

    Raises WarehouseError when the server is too old or its owner may not create roles.
    """
    with warehouse.connect(OWNER) as connection:
        if connection.info.server_version < MINIMUM_VERSION * 10_000:
            raise WarehouseError(
                f"The warehouse runs PostgreSQL {connection.info.server_version // 10_000}; "
                f"customer360 needs {MINIMUM_VERSION} or later."
            )
        # Two commands started at once would both try to create what is missing.
        connection.execute("select pg_advisory_xact_lock(%s)", [_SET_UP_LOCK])
        try:
            made_roles = _make_roles(connection, warehouse)
            # Even where nothing is missing the scripts wait for the transactions of a running night.
            if made_roles or not _is_set_up(connection):
                connection.execute(_script("schema.sql"))
                _make_mart_schemas(connection)
                connection.execute(_script("roles.sql"))
                connection.execute(_script("health.sql"))
                connection.execute(sql.SQL("comment on schema ops is {}").format(sql.Literal(_set_up_mark())))
        except psycopg.errors.InsufficientPrivilege as error:
            raise WarehouseError(f"The owner of the warehouse may not set it up: {error}") from error


def _is_set_up(connection: psycopg.Connection) -> bool:
    row = connection.execute("select obj_description(to_regnamespace('ops'), 'pg_namespace')").fetchone()
    return bool(row and row[0] == _set_up_mark())


def _set_up_mark() -> str:
    scripts = "".join(map(_script, ("schema.sql", "roles.sql", "health.sql")))
    scripts += " ".join(MARTS) + inspect.getsource(_make_mart_schemas)
    return f"What happened. The warehouse is set up from scripts {hashlib.sha256(scripts.encode()).hexdigest()[:16]}."


def _script(name: str) -> str:
    return (files("customer360.warehouse") / name).read_text(encoding="utf-8")


def _passwords(home: Path) -> dict[str, str]:
    path = home / "role-passwords.json"
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    missing = {role: secrets.token_urlsafe(24) for role in ROLES if role not in known}
    if missing:
        home.mkdir(parents=True, exist_ok=True)
        write_secret(path, json.dumps(known | missing, indent=1))
    return known | missing


def _make_roles(connection: psycopg.Connection, warehouse: Warehouse) -> bool:
    """Make the roles that are missing; whether there were any."""
    existing = {name for (name,) in connection.execute("select rolname from pg_roles")}
    for role in ROLES:
        if role not in existing:
            connection.execute(sql.SQL("create role {} login").format(sql.Identifier(role)))
        if role not in existing or not _lets_in(warehouse, role):
            connection.execute(
                sql.SQL("alter role {} password {}").format(
                    sql.Identifier(role), sql.Literal(warehouse.passwords[role])
                )
            )
    database = sql.Identifier(connection.info.dbname)
    connection.execute(sql.SQL("revoke all on database {} from public").format(database))
    connection.execute(
        sql.SQL("grant connect on database {} to {}").format(database, sql.SQL(", ").join(map(sql.Identifier, ROLES)))
    )
    connection.execute(
        sql.SQL(
            "grant temporary on database {} to c360_loader, c360_transformer, c360_enricher, c360_publisher"
        ).format(database)
    )
    for role in READER_ROLES:
        connection.execute(
            sql.SQL("alter role {} set statement_timeout = {}").format(
                sql.Identifier(role), sql.Literal(READER_STATEMENT_TIMEOUT)
            )
        )
    return any(role not in existing for role in ROLES)


def _lets_in(warehouse: Warehouse, role: str) -> bool:
    # The password of an existing role is only renewed where it no longer fits: altering a role
    # in two databases at once fails with "tuple concurrently updated".
    try:
        psycopg.connect(warehouse.in_database("postgres").url(role), connect_timeout=5).close()
    except psycopg.OperationalError as error:
        return "password authentication failed" not in str(error)
    return True


def _make_mart_schemas(connection: psycopg.Connection) -> None:
    """Candidates belong to the transformer, published schemas to the publisher."""
    for mart in MARTS:
        candidate, published, masked = (sql.Identifier(name) for name in (f"candidate_{mart}", mart, f"{mart}_masked"))
        connection.execute(
            sql.SQL(
                "create schema if not exists {candidate} authorization c360_transformer;"
                "grant usage on schema {candidate} to c360_publisher;"
                "alter default privileges for role c360_transformer in schema {candidate}"
                " grant select on tables to c360_publisher;"
                "create schema if not exists {published} authorization c360_publisher;"
                "create schema if not exists {masked} authorization c360_publisher;"
                "grant usage on schema {published}, {masked} to bi_reader, pii_reader;"
            ).format(candidate=candidate, published=published, masked=masked)
        )
