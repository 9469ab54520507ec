"""The pages of the menu "Customer 360" as an application that Airflow's API server mounts.

Whoever may see Airflow's own pages may see these: with ``[core] simple_auth_manager_all_admins`` that
is everybody, here as there.
"""

from __future__ import annotations

from collections.abc import Callable

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import AccessView
from airflow.api_fastapi.core_api.security import requires_access_view
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.exception_handlers import http_exception_handler
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from customer360.pages import PAGES, NoPageYetError, Page, notice
from customer360.settings import SettingsError, read_settings
from customer360.warehouse import WarehouseError


def _policy(page: Page) -> dict[str, str]:
    """Headers that keep a page from the network, whatever stands in it, and from caches that outlive a login."""
    # dbt's page draws with a library that evaluates expressions.
    scripts = "'unsafe-inline' 'unsafe-eval'" if page.has_scripts else "'none'"
    return {
        "Cache-Control": "no-store",
        "Content-Security-Policy": f"default-src 'none'; style-src 'unsafe-inline'; script-src {scripts};"
        " img-src data:; font-src data:; frame-ancestors 'self'; base-uri 'none'; form-action 'none'",
    }


def _answer(page: Page, *run: int | None) -> HTMLResponse:
    try:
        return HTMLResponse(page.render(read_settings(), *run), headers=_policy(page))
    except NoPageYetError as error:
        return HTMLResponse(notice(page.title, str(error)), headers=_policy(page))
    except LookupError as error:
        return HTMLResponse(notice(page.title, str(error)), status_code=404, headers=_policy(page))
    except (SettingsError, WarehouseError) as error:
        return HTMLResponse(notice(page.title, str(error)), status_code=503, headers=_policy(page))


def _endpoint(page: Page) -> Callable[..., HTMLResponse]:
    def of_a_run(run: int | None = None) -> HTMLResponse:
        return _answer(page, run)

    def of_the_last_run() -> HTMLResponse:
        return _answer(page)

    return of_a_run if page.of_a_run else of_the_last_run


async def _login_instead(request: Request, error: HTTPException) -> Response:
    """A browser without a login is sent to the login page, a program is told 401."""
    if error.status_code == 401 and "text/html" in request.headers.get("accept", ""):
        return RedirectResponse(get_auth_manager().get_url_login(next_url=str(request.url)), status_code=303)
    return await http_exception_handler(request, error)


def application() -> FastAPI:
    # Without pages of its own: they would be open to everybody.
    application = FastAPI(
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        dependencies=[Depends(requires_access_view(AccessView.WEBSITE))],
    )
    application.add_exception_handler(HTTPException, _login_instead)  # type: ignore[arg-type]
    for page in PAGES:
        application.add_api_route(f"/{page.name}", _endpoint(page), methods=["GET"], response_class=HTMLResponse)
    return application
