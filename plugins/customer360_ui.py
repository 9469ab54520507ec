"""The menu "Customer 360" of the Airflow UI.

The class stands outside the package because Airflow executes plugin files under a name of its own.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from airflow.plugins_manager import AirflowPlugin

PREFIX = "/customer360"


class Customer360Plugin(AirflowPlugin):
    """Four pages in a menu of their own.

    Every process of Airflow loads its plugins, each task's too; only the API server asks for these
    properties, and only it imports what they need.
    """

    name = "customer360"

    @cached_property
    def fastapi_apps(self) -> list[dict[str, Any]]:  # type: ignore[override]
        from customer360.orchestration.web import application

        return [{"app": application(), "url_prefix": PREFIX, "name": "Customer 360"}]

    @cached_property
    def external_views(self) -> list[dict[str, Any]]:  # type: ignore[override]
        from customer360.pages import PAGES

        return [
            {
                "name": page.title,
                "href": f"{PREFIX}/{page.name}",
                "url_route": f"customer360-{page.name}",
                "category": "Customer 360",
            }
            for page in PAGES
        ]
