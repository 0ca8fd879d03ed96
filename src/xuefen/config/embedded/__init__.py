"""A private PostgreSQL for a bank's folder: nothing to install, no port open, gone when its starter is gone.

    with running(Path("var")) as server:
        psycopg.connect(server.url)

Linux and macOS. Knows nothing of Django. Why it exists: docs/decisions/0002-embedded-postgresql.md.
"""

from xuefen.config.embedded.binaries import bin_path
from xuefen.config.embedded.errors import EmbeddedPostgresError
from xuefen.config.embedded.server import Server, exists, give_to_owner, running, status, stop

__all__ = ["EmbeddedPostgresError", "Server", "bin_path", "exists", "give_to_owner", "running", "status", "stop"]
