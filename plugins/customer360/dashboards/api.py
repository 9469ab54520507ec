"""Superset's REST API: import the bundle, give rights, and see that every chart has data."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from customer360.dashboards.bundle import CONNECTIONS, Bundle
from customer360.dashboards.definitions import Dashboard
from customer360.dashboards.server import LocalSuperset, SupersetError

ROLES = {"bi_reader": "Warehouse analyst", "pii_reader": "Customer page"}
"""Superset's role for each database role. A person gets Superset's Gamma and one or both of these."""

_TIMEOUT_SECONDS = 120


@dataclass(frozen=True)
class ImportReport:
    """What stands in Superset after an import."""

    databases: int
    datasets: int
    charts: int
    dashboards: int


def log_in(superset: LocalSuperset, user: str, password: str) -> httpx.Client:
    """A client of the API in the name of ``user``. Raises SupersetError when the password is refused."""
    client = httpx.Client(base_url=superset.url, timeout=_TIMEOUT_SECONDS)
    credentials = {"username": user, "password": password, "provider": "db", "refresh": False}
    answer = client.post("/api/v1/security/login", json=credentials)
    if answer.status_code != 200:
        raise SupersetError(f"Superset refuses the password of its user {user}; see {superset.password_file}.")
    client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    # A write needs the token of the session that asks.
    client.headers["X-CSRFToken"] = _get(client, "/api/v1/security/csrf_token/")["result"]
    client.headers["Referer"] = superset.url
    return client


def import_bundle(client: httpx.Client, bundle: Bundle, dashboards: list[Dashboard]) -> ImportReport:
    """Import ``bundle``, replacing what was imported before, and give each role its rights.

    Raises SupersetError when Superset refuses a file of it or does not hold all of it afterwards.
    """
    answer = client.post(
        "/api/v1/assets/import/",
        files={"bundle": ("customer360.zip", bundle.content, "application/zip")},
        data={"passwords": json.dumps(bundle.passwords)},
    )
    if answer.status_code != 200:
        raise SupersetError(
            f"Superset refuses the dashboards with {answer.status_code}; its log says why. {_words(answer)}"
        )
    report = ImportReport(
        *(_get(client, f"/api/v1/{kind}/", {"q": "(page_size:1)"})["count"]
          for kind in ("database", "dataset", "chart", "dashboard"))
    )  # fmt: skip
    expected = (bundle.databases, bundle.datasets, bundle.charts, bundle.dashboards)
    if any(there < sent for there, sent in zip(vars(report).values(), expected, strict=True)):
        raise SupersetError(f"Superset holds {report} after an import of {expected}; its log says why.")
    for role in sorted({dashboard.role for dashboard in dashboards}):
        _give_rights(client, role, [dashboard.slug for dashboard in dashboards if dashboard.role == role])
    return report


def charts_without_data(client: httpx.Client, dashboards: list[Dashboard]) -> list[str]:
    """One sentence for each chart whose data request fails or gives no row."""
    problems = []
    for dashboard in dashboards:
        for chart in _get(client, f"/api/v1/dashboard/{dashboard.slug}/charts")["result"]:
            name = f"{dashboard.slug}: {chart['slice_name']!r}"
            answer = client.get(f"/api/v1/chart/{chart['id']}/data/")
            if answer.status_code >= 400:
                problems.append(f"{name} answers {answer.status_code}: {answer.text[:300]}")
            elif not answer.json()["result"][0]["rowcount"]:
                problems.append(f"{name} has no row.")
    return problems


def _give_rights(client: httpx.Client, role: str, slugs: list[str]) -> None:
    name = ROLES[role]
    known = {
        each["name"]: each["id"] for each in _get(client, "/api/v1/security/roles/", {"q": "(page_size:100)"})["result"]
    }
    if name not in known:
        known[name] = _sent(client.post("/api/v1/security/roles/", json={"name": name}))["id"]
    wanted = [
        each["id"]
        for each in _permissions(client)
        if each["permission"]["name"] == "database_access"
        and each["view_menu"]["name"].startswith(f"[{CONNECTIONS[role]}].")
    ]
    _sent(client.post(f"/api/v1/security/roles/{known[name]}/permissions", json={"permission_view_menu_ids": wanted}))
    for slug in slugs:
        number = _get(client, f"/api/v1/dashboard/{slug}")["result"]["id"]
        _sent(client.put(f"/api/v1/dashboard/{number}", json={"roles": [known[name]]}))


def _permissions(client: httpx.Client) -> Iterator[dict[str, Any]]:
    # Superset gives at most a hundred at once, whatever is asked for.
    for page in itertools.count():
        query = f"(order_column:id,order_direction:asc,page:{page},page_size:100)"
        found = _get(client, "/api/v1/security/permissions-resources/", {"q": query})["result"]
        yield from found
        if len(found) < 100:
            return


def _get(client: httpx.Client, path: str, parameters: dict[str, str] | None = None) -> dict[str, Any]:
    return _sent(client.get(path, params=parameters))


def _sent(answer: httpx.Response) -> dict[str, Any]:
    if answer.status_code >= 400:
        raise SupersetError(f"Superset answers {answer.status_code} to {answer.request.url.path}. {_words(answer)}")
    return answer.json()


def _words(answer: httpx.Response) -> str:
    # The page of an internal error says nothing.
    return answer.text[:2000] if answer.headers["content-type"].startswith("application/json") else ""
