"""The bank's server for a peer with settings of its own."""

from __future__ import annotations

import os
from urllib.parse import parse_qs, unquote, urlsplit


def database(name: str = "") -> dict[str, object]:
    """``DATABASE_URL`` as Django wants it, or another database of the same server."""
    url = urlsplit(os.environ["DATABASE_URL"])
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name or url.path.lstrip("/"),
        "HOST": parse_qs(url.query).get("host", [url.hostname or ""])[0],
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "PORT": url.port or "",
        "CONN_MAX_AGE": None,
    }
