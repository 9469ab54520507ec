"""Refusing to serve with keys that everybody knows, or with doors that stand open."""

from __future__ import annotations

from collections.abc import Callable, Sequence

SHORTEST_KEY = 16
SERVERS = ("standalone", "api-server", "scheduler", "dag-processor", "triggerer", "celery")
"""Airflow's commands that serve; the others come and go, and need no keys."""

KEYS = {
    ("core", "fernet_key"): "FERNET_KEY",
    ("api", "secret_key"): "SECRET_KEY",
    ("api_auth", "jwt_secret"): "JWT_SECRET",
}
WELL_KNOWN = ("temporary_key", "airflow_jwt_secret", "changeme")
"""Values of Airflow's own examples."""


def refuse_default_keys(arguments: Sequence[str], option: Callable[[str, str], str | None]) -> None:
    """Leave with a sentence when an Airflow command that serves has a default key, or no login, or shows its settings.

    ``arguments``: of the command line. ``option``: the value of a section's option. The local Airflow of a home makes
    keys of its own and passes.
    """
    if not any(argument in SERVERS for argument in arguments[1:2]):
        return
    weak = [
        f"AIRFLOW__{section.upper()}__{name}"
        for (section, key), name in KEYS.items()
        if len(value := option(section, key) or "") < SHORTEST_KEY or any(word in value for word in WELL_KNOWN)
    ]
    if weak:
        raise SystemExit(
            f"Airflow does not start: {', '.join(weak)} by default or shorter "
            f"than {SHORTEST_KEY} characters; draw secrets with `make secrets`, or run `customer360 airflow`."
        )
    for section, key in (("core", "simple_auth_manager_all_admins"), ("api", "expose_config")):
        if (option(section, key) or "").lower() not in ("", "false"):
            raise SystemExit(
                f"Airflow does not start: [{section}] {key} must be False; with it everybody sees everything."
            )
