"""What the application's own role may do in the database: no more than the guards allow.

The guards of each room say which rows are facts; here the same is said once more as privileges, so that whoever gets hold of the
application's connection can neither change a fact nor take the guard away. Tables belong to the role that made the bank.
"""

from __future__ import annotations

import os
from urllib.parse import quote, urlsplit, urlunsplit

from django.db import connection
from django.db.backends.utils import CursorWrapper

_DELETE, _UPDATE = 8, 16  # bits of pg_trigger.tgtype

_TRIGGERS = """
SELECT c.relname, bit_or(t.tgtype)
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
WHERE c.relnamespace = current_schema()::regnamespace AND NOT t.tgisinternal AND t.tgqual IS NULL
  AND p.proname = 'refuse_change' GROUP BY c.relname ORDER BY c.relname
"""


def application_role() -> str:
    """The role a bank's processes work under."""
    schema: str = connection.settings_dict["OPTIONS"]["options"].rpartition("=")[2]
    return f"{schema[:59]}_app"


def grant_application() -> None:
    """Give the application's role what it needs and nothing else. Safe to repeat.

    Only the owner of the schema can do this; under any other role nothing happens. Without the right to make roles the
    operator makes it beforehand (docs/operations.md).
    """
    role = application_role()
    with connection.cursor() as cursor:
        if not _owns_schema(cursor) or not _role_stands(cursor, role):
            return
        cursor.execute(f'GRANT USAGE ON SCHEMA {_schema(cursor)} TO "{role}"')
        cursor.execute(f'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {_schema(cursor)} TO "{role}"')
        cursor.execute(f'GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {_schema(cursor)} TO "{role}"')
        cursor.execute(_TRIGGERS)
        for table, kinds in cursor.fetchall():
            for bit, right in ((_DELETE, "DELETE"), (_UPDATE, "UPDATE")):
                if kinds & bit:
                    cursor.execute(f'REVOKE {right} ON "{table}" FROM "{role}"')


def become_application() -> None:
    """From here on this process and those it starts work under the application's role, where there is one."""
    role = application_role()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s AND rolcanlogin", [role])
        if cursor.fetchone() is None:
            return
    connection.close()
    connection.settings_dict["USER"] = role
    parts = urlsplit(os.environ["DATABASE_URL"])
    host = parts.netloc.rpartition("@")[2]
    os.environ["DATABASE_URL"] = urlunsplit(parts._replace(netloc=f"{quote(role, safe='')}@{host}"))


def _owns_schema(cursor: CursorWrapper) -> bool:
    cursor.execute(
        "SELECT pg_has_role(current_user, nspowner, 'USAGE') FROM pg_namespace WHERE nspname = current_schema()"
    )
    return bool(cursor.fetchone()[0])


def _role_stands(cursor: CursorWrapper, role: str) -> bool:
    """Whether the role exists, after an attempt to make it."""
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
    if cursor.fetchone() is None:
        cursor.execute("SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user")
        if not cursor.fetchone()[0]:
            return False
        cursor.execute(f'CREATE ROLE "{role}" LOGIN')
    return True


def _schema(cursor: CursorWrapper) -> str:
    cursor.execute("SELECT quote_ident(current_schema())")
    return str(cursor.fetchone()[0])
