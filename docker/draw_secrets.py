"""Draws the secrets that docker-compose.yml hands to its services as files; those that exist are kept.

    python3 docker/draw_secrets.py secrets

writes one file per secret. The folder is closed to others; the files are not, as the services read them under ids of
their own.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import sys
from pathlib import Path


def draw(folder: Path) -> list[Path]:
    """Write the secrets that are missing in ``folder`` and return their paths."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    passwords = {name: _kept(folder / f"{name}_password") for name in ("warehouse", "metadata", "redis")}
    metadata = f"airflow:{passwords['metadata']}@metadata:5432/airflow"
    contents = {f"{name}_password": password for name, password in passwords.items()} | {
        "warehouse_url": f"postgresql://customer360:{passwords['warehouse']}@warehouse:5432/customer360",
        "metadata_url": f"postgresql+psycopg2://{metadata}",
        "result_backend": f"db+postgresql+psycopg2://{metadata}",
        "broker_url": f"redis://:{passwords['redis']}@redis:6379/0",
        "fernet_key": base64.urlsafe_b64encode(os.urandom(32)).decode(),
        "api_secret_key": secrets.token_urlsafe(32),
        "jwt_secret": secrets.token_urlsafe(64),
        "airflow_users.json": json.dumps({"admin": secrets.token_urlsafe(12)}),
    }
    written = [folder / name for name in contents if not (folder / name).exists()]
    for path in written:
        path.write_text(contents[path.name])
        path.chmod(0o644)
    return written


def _kept(path: Path) -> str:
    return path.read_text() if path.exists() else secrets.token_urlsafe(24)


if __name__ == "__main__":
    for path in draw(Path(sys.argv[1])):
        print(f"Secret drawn: {path}")
