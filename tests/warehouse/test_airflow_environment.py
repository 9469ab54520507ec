"""The local Airflow: keys of its own, loopback only, configuration not shown."""

from __future__ import annotations

from pathlib import Path

from customer360.orchestration.local import _environment, _kept_secrets
from customer360.settings import Settings
from customer360.warehouse import Warehouse


def test_airflow_listens_on_loopback_hides_its_configuration_and_calls_nobody(
    settings: Settings, empty_warehouse: Warehouse, tmp_path: Path
):
    environment = _environment(settings, empty_warehouse, tmp_path, _kept_secrets(tmp_path))
    assert environment["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert environment["AIRFLOW__API__EXPOSE_CONFIG"] == "False"
    assert environment["AIRFLOW__USAGE_DATA_COLLECTION__ENABLED"] == "False"
    assert environment["GX_ANALYTICS_ENABLED"] == "false"
    assert environment["DBT_SEND_ANONYMOUS_USAGE_STATS"] == "false"
    assert "SIMPLE_AUTH_MANAGER_ALL_ADMINS" not in " ".join(environment)


def test_every_airflow_home_has_keys_of_its_own_that_only_its_owner_reads(tmp_path: Path):
    homes = [tmp_path / name for name in ("one", "two")]
    kept = []
    for home in homes:
        home.mkdir()
        kept.append(_kept_secrets(home))
        assert (home / "secrets.json").stat().st_mode & 0o777 == 0o600
        assert _kept_secrets(home) == kept[-1]
    keys = [value for secrets in kept for name, value in secrets.items() if name != "port"]
    assert len(set(keys)) == len(keys)
    assert all(len(key) >= 16 for key in keys)
