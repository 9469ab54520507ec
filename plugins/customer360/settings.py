"""Settings: the only reader of the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

PROJECT = Path(__file__).resolve().parents[2]
"""The checkout: the folder that holds dags/, dbt_project/, expectations/ and seeds/."""


class SettingsError(Exception):
    """A setting cannot be used; the message names it and says what to do."""


@dataclass(frozen=True)
class Settings:
    """Everything a person can configure.

    ``home``: folder of all state. ``landing``: folder or ``s3://`` prefix of the delivery.
    ``warehouse_url``: owner's URL of an existing PostgreSQL, or None for the local one.
    ``business_time_zone``: the zone whose days the marts count in.
    ``classifier``: ``rules`` or ``bedrock``. ``bedrock_model_id``: model the latter asks, with
    ``bedrock_tokens_per_minute`` of quota and ``bedrock_budget`` dollars a run, None for no limit.
    ``bedrock_fallback``: ``rules`` where they answer for customers the model has no answer for.
    ``bedrock_batch_folder``, ``bedrock_batch_role_arn``: ``s3://`` folder of batch jobs and the role Bedrock has there.
    ``customers_per_task``: customers for each of the tasks that segment side by side.
    ``delete_limit``: share of a published table's rows that a publish may delete unasked.
    ``quiet_seconds``: so long a delivered file must not have been written to. ``needs_success``: whether the
    files of every folder wait for its ``_SUCCESS``.
    ``night_due_hours``: so long after its time a night must have ended. ``alert_emails``: addresses told of a
    failure or a late night. ``alert_webhook``: id of the Airflow connection told of them.
    ``dashboards_address``: host and port where Superset listens, None for a free port of 127.0.0.1.
    """

    home: Path
    landing: str
    warehouse_url: str | None
    business_time_zone: str
    classifier: str
    bedrock_model_id: str | None
    bedrock_tokens_per_minute: int | None
    bedrock_budget: Decimal | None
    bedrock_fallback: str | None
    customers_per_task: int = 5000
    delete_limit: float = 0.3
    bedrock_batch_folder: str | None = None
    bedrock_batch_role_arn: str | None = None
    quiet_seconds: float = 2.0
    needs_success: bool = False
    night_due_hours: float = 3.0
    alert_emails: tuple[str, ...] = ()
    alert_webhook: str | None = None
    dashboards_address: tuple[str, int] | None = None

    def last_business_day(self, now: datetime | None = None) -> date:
        """The last complete day in the business time zone, the default ``as_of_date``."""
        now = now or datetime.now(UTC)
        return now.astimezone(ZoneInfo(self.business_time_zone)).date() - timedelta(days=1)


VARIABLES = {
    "CUSTOMER360_HOME": "folder of all state; default .customer360 in the checkout",
    "CUSTOMER360_LANDING": "folder or s3:// prefix of the delivery; default landing in the home",
    "CUSTOMER360_WAREHOUSE_URL": "owner's URL of a PostgreSQL 17 or later; default a local server",
    "CUSTOMER360_WAREHOUSE_URL_FILE": "file that holds that URL instead, where secrets come as files",
    "CUSTOMER360_BUSINESS_TIME_ZONE": "IANA zone whose days are counted; default UTC",
    "CUSTOMER360_CLASSIFIER": "rules or bedrock; default rules",
    "CUSTOMER360_BEDROCK_MODEL_ID": "model or inference profile that --classifier bedrock asks",
    "CUSTOMER360_BEDROCK_TOKENS_PER_MINUTE": "the account's quota for that model; default unpaced",
    "CUSTOMER360_BEDROCK_BUDGET": "dollars a run may spend on that model; default no limit",
    "CUSTOMER360_BEDROCK_FALLBACK": "rules, where they answer for customers the model fails; default nobody",
    "CUSTOMER360_BEDROCK_BATCH_FOLDER": "s3:// folder that batch jobs read and write; needed for customer360 batch",
    "CUSTOMER360_BEDROCK_BATCH_ROLE_ARN": "role that lets Bedrock read and write there",
    "CUSTOMER360_CUSTOMERS_PER_TASK": "customers for each of the tasks that segment side by side; default 5000",
    "CUSTOMER360_DELETE_LIMIT": "share of a table's rows that a publish may delete unasked, 0 to 1; default 0.3",
    "CUSTOMER360_QUIET_SECONDS": "so long a delivered file must not have been written to; default 2",
    "CUSTOMER360_NEEDS_SUCCESS": "yes where files wait for a file _SUCCESS in their folder; default no",
    "CUSTOMER360_NIGHT_DUE_HOURS": "hours after 02:00 by which a night must have ended, or an alert says so; default 3",
    "CUSTOMER360_ALERT_EMAIL": "addresses, separated by commas, that are told of failures; default nobody",
    "CUSTOMER360_ALERT_WEBHOOK": "id of the Airflow connection that is told of failures as JSON; default none",
    "CUSTOMER360_DASHBOARDS_ADDRESS": "where Superset listens, such as 0.0.0.0:8088; default 127.0.0.1 and a free port",
}


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment.

    Raises SettingsError when a value cannot be used.
    """
    environ = os.environ if environ is None else environ
    home = Path(environ.get("CUSTOMER360_HOME") or PROJECT / ".customer360").expanduser().resolve()
    return Settings(
        home=home,
        landing=environ.get("CUSTOMER360_LANDING") or str(home / "landing"),
        warehouse_url=_warehouse_url(environ),
        business_time_zone=_zone(environ.get("CUSTOMER360_BUSINESS_TIME_ZONE") or "UTC"),
        classifier=_classifier(environ.get("CUSTOMER360_CLASSIFIER") or "rules"),
        bedrock_model_id=environ.get("CUSTOMER360_BEDROCK_MODEL_ID") or None,
        bedrock_tokens_per_minute=_whole_number(environ, "CUSTOMER360_BEDROCK_TOKENS_PER_MINUTE", "200000"),
        bedrock_budget=_dollars(environ.get("CUSTOMER360_BEDROCK_BUDGET")),
        bedrock_fallback=_fallback(environ.get("CUSTOMER360_BEDROCK_FALLBACK") or None),
        bedrock_batch_folder=environ.get("CUSTOMER360_BEDROCK_BATCH_FOLDER") or None,
        bedrock_batch_role_arn=environ.get("CUSTOMER360_BEDROCK_BATCH_ROLE_ARN") or None,
        customers_per_task=_whole_number(environ, "CUSTOMER360_CUSTOMERS_PER_TASK", "5000") or 5000,
        delete_limit=_share("CUSTOMER360_DELETE_LIMIT", environ.get("CUSTOMER360_DELETE_LIMIT") or "0.3"),
        quiet_seconds=_seconds("CUSTOMER360_QUIET_SECONDS", environ.get("CUSTOMER360_QUIET_SECONDS") or "2"),
        needs_success=_yes("CUSTOMER360_NEEDS_SUCCESS", environ.get("CUSTOMER360_NEEDS_SUCCESS") or "no"),
        night_due_hours=_hours("CUSTOMER360_NIGHT_DUE_HOURS", environ.get("CUSTOMER360_NIGHT_DUE_HOURS") or "3"),
        alert_emails=_addresses(environ.get("CUSTOMER360_ALERT_EMAIL") or ""),
        alert_webhook=environ.get("CUSTOMER360_ALERT_WEBHOOK") or None,
        dashboards_address=_address(environ.get("CUSTOMER360_DASHBOARDS_ADDRESS")),
    )


def _warehouse_url(environ: Mapping[str, str]) -> str | None:
    url, file = (environ.get(f"CUSTOMER360_WAREHOUSE_URL{suffix}") for suffix in ("", "_FILE"))
    if url or not file:
        return url or None
    try:
        return Path(file).read_text().strip()
    except OSError as error:
        raise SettingsError(f"CUSTOMER360_WAREHOUSE_URL_FILE is {file}, which cannot be read: {error}.") from error


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise SettingsError(
            f"CUSTOMER360_BUSINESS_TIME_ZONE is {name!r}, which is no IANA time zone; use one such as Asia/Kolkata."
        ) from error
    return name


def _classifier(name: str) -> str:
    if name not in ("rules", "bedrock"):
        raise SettingsError(f"CUSTOMER360_CLASSIFIER is {name!r}; use rules or bedrock.")
    return name


def _fallback(name: str | None) -> str | None:
    if name not in (None, "rules"):
        raise SettingsError(f"CUSTOMER360_BEDROCK_FALLBACK is {name!r}; use rules, or leave it empty.")
    return name


def _whole_number(environ: Mapping[str, str], variable: str, example: str) -> int | None:
    text = environ.get(variable)
    if not text:
        return None
    if not text.isdecimal() or int(text) == 0:
        raise SettingsError(f"{variable} is {text!r}; use a whole number such as {example}.")
    return int(text)


def _address(text: str | None) -> tuple[str, int] | None:
    if not text:
        return None
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise SettingsError(
            f"CUSTOMER360_DASHBOARDS_ADDRESS is {text!r}; use a host and a port, such as 127.0.0.1:8088."
        )
    return host, int(port)


def _dollars(text: str | None) -> Decimal | None:
    if not text:
        return None
    try:
        dollars = Decimal(text)
    except InvalidOperation:
        dollars = Decimal("NaN")
    if not (dollars.is_finite() and dollars >= 0):
        raise SettingsError(f"CUSTOMER360_BEDROCK_BUDGET is {text!r}; use dollars such as 2.50.")
    return dollars


def _share(variable: str, text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise SettingsError(f"{variable} is {text!r}; use a share from 0 to 1, such as 0.3.")
    return share


def _seconds(variable: str, text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 3600:
        raise SettingsError(f"{variable} is {text!r}; use seconds from 0 to 3600, such as 60.")
    return seconds


def _yes(variable: str, text: str) -> bool:
    if text not in ("yes", "no"):
        raise SettingsError(f"{variable} is {text!r}; use yes or no.")
    return text == "yes"


def _hours(variable: str, text: str) -> float:
    try:
        hours = float(text)
    except ValueError:
        hours = 0.0
    if not 0 < hours <= 24:
        raise SettingsError(f"{variable} is {text!r}; use hours above 0 and up to 24, such as 3.")
    return hours


def _addresses(text: str) -> tuple[str, ...]:
    addresses = tuple(word.strip() for word in text.split(",") if word.strip())
    for address in addresses:
        name, _, domain = address.partition("@")
        if not name or not domain or set(address) & set(" <>\r\n"):
            raise SettingsError(
                f"CUSTOMER360_ALERT_EMAIL holds {address!r}; use plain addresses such as night@example.com."
            )
    return addresses
