"""What a night needs, checked one by one."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from customer360.contracts import ContractError, read_contracts
from customer360.enrich import EnrichError
from customer360.pipeline import check_bedrock
from customer360.settings import PROJECT, Settings
from customer360.warehouse import WarehouseError, open_warehouse

NEEDED_FREE_BYTES = 2 * 1024**3


@dataclass(frozen=True)
class Finding:
    """One thing that was checked: whether it is well, and a sentence that says what or what to do."""

    subject: str
    well: bool
    sentence: str


def examine(settings: Settings) -> list[Finding]:
    """Check Python, the checkout, the disk, the contracts, the warehouse, the landing folder, the classifier
    and who is told of failures."""
    checks: list[Callable[[Settings], Finding]] = [
        _python,
        _checkout,
        _disk,
        _contracts,
        _warehouse,
        _landing,
        _classifier,
        _alerts,
    ]
    return [check(settings) for check in checks]


def _python(_: Settings) -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    well = (3, 11) <= sys.version_info[:2] <= (3, 13)
    return Finding("Python", well, version if well else f"{version} does not work; use 3.11, 3.12 or 3.13.")


def _checkout(_: Settings) -> Finding:
    missing = [name for name in ("dags", "dbt_project", "expectations") if not (PROJECT / name).is_dir()]
    if missing:
        return Finding(
            "Checkout", False, f"{PROJECT} lacks {', '.join(missing)}; install from a checkout (make setup)."
        )
    return Finding("Checkout", True, str(PROJECT))


def _disk(settings: Settings) -> Finding:
    existing = next(path for path in (settings.home, *settings.home.parents) if path.exists())
    free = shutil.disk_usage(existing).free
    well = free > NEEDED_FREE_BYTES
    return Finding("Disk", well, f"{free / 1024**3:.1f} GiB free" + ("" if well else "; make room for at least 2 GiB."))


def _contracts(settings: Settings) -> Finding:
    try:
        own = [] if settings.landing.startswith("s3://") else [Path(settings.landing) / "contracts"]
        return Finding("Contracts", True, f"{len(read_contracts(*own))} kinds of files are known.")
    except ContractError as error:
        return Finding("Contracts", False, str(error))


def _warehouse(settings: Settings) -> Finding:
    try:
        with open_warehouse(settings).connect() as connection:
            version = connection.info.server_version
    except WarehouseError as error:
        return Finding("Warehouse", False, str(error))
    return Finding("Warehouse", True, f"PostgreSQL {version // 10_000}.{version % 10_000} answers.")


def _landing(settings: Settings) -> Finding:
    if settings.landing.startswith("s3://") or any(Path(settings.landing).glob("*/*.csv*")):
        return Finding("Landing", True, settings.landing)
    return Finding(
        "Landing", False,
        f"{settings.landing} holds no <system>/<table>.csv; set CUSTOMER360_LANDING or pass --landing.",
    )  # fmt: skip


def _classifier(settings: Settings) -> Finding:
    if settings.classifier == "bedrock":
        try:
            check_bedrock(settings)
        except EnrichError as error:
            return Finding("Classifier", False, str(error))
    return Finding("Classifier", True, settings.classifier)


def _alerts(settings: Settings) -> Finding:
    told = [*settings.alert_emails]
    if settings.alert_webhook:
        told.append(f"the webhook of connection {settings.alert_webhook}")
    if not told:
        return Finding(
            "Alerts", True,
            "Only the log says that a night failed; set CUSTOMER360_ALERT_EMAIL or CUSTOMER360_ALERT_WEBHOOK.",
        )  # fmt: skip
    return Finding("Alerts", True, f"{', '.join(told)}.")
