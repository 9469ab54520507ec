"""Filling tables and reading results of the gates' tests."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from customer360.quality import CheckResult, Gate, GateResult
from customer360.quality.catalogue import read_suites
from customer360.settings import PROJECT
from customer360.warehouse import Warehouse
from psycopg import sql

EXPECTATIONS = PROJECT / "expectations"
AS_OF_DATE = date(2026, 6, 30)


def insert(warehouse: Warehouse, role: str, table: str, *rows: dict[str, Any]) -> None:
    with warehouse.connect(role) as connection:
        for row in rows:
            connection.execute(
                sql.SQL("insert into {} ({}) values ({})").format(
                    sql.Identifier(*table.split(".")),
                    sql.SQL(", ").join(map(sql.Identifier, row)),
                    sql.SQL(", ").join(sql.Placeholder() * len(row)),
                ),
                list(row.values()),
            )


def execute(warehouse: Warehouse, role: str, *statements: str) -> None:
    with warehouse.connect(role) as connection:
        for statement in statements:
            connection.execute(statement)  # type: ignore[arg-type]


def only(folder: Path, gate: Gate, *names: str) -> Path:
    """An expectations folder with the committed suites ``names`` alone."""
    (folder / "suites").mkdir(parents=True, exist_ok=True)
    for suite in read_suites(EXPECTATIONS, gate):
        if suite.name in names:
            (folder / "suites" / f"{suite.name}.json").write_text(suite.model_dump_json())
    return folder


def check(result: GateResult, table: str, name: str) -> CheckResult:
    (found,) = [c for c in result.checks if (c.table, c.name) == (table, name)]
    return found
