"""Superset's configuration: everything it keeps is in the folder that CUSTOMER360_SUPERSET_HOME names."""

import json
import os
from pathlib import Path

HOME = Path(os.environ["CUSTOMER360_SUPERSET_HOME"])

SECRET_KEY = json.loads((HOME / "secrets.json").read_text())["secret_key"]
SQLALCHEMY_DATABASE_URI = f"sqlite:///{HOME / 'superset.db'}"
RATELIMIT_STORAGE_URI = "memory://"

APP_NAME = "customer360"
# A dashboard with roles is shown to nobody else: the one-customer page holds personal data.
FEATURE_FLAGS = {"DASHBOARD_RBAC": True}
SESSION_COOKIE_SAMESITE = "Lax"

# Nothing is asked of another host: Superset's own list names map tiles and a counting pixel.
TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "script-src": ["'self'", "'strict-dynamic'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,
    "session_cookie_secure": False,
}
