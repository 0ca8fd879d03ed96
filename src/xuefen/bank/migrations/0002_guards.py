"""Database guards: what no code of ours, and no one with a console under the application's role, may do quietly.

Each room keeps its guards as plain SQL beside its tables; here they are executed in room order.
"""

from pathlib import Path

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

ROOMS = [
    "audit", "translog", "places", "institutions", "staff", "learners", "standards", "catalogue", "ledger", "evidence", "deposits",
    "activities", "conversion", "recognition", "certificates", "supervision", "intake", "custody",
]  # fmt: skip
BANK = Path(__file__).resolve().parents[1]


def raise_guards(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    append_only = (BANK / "shell" / "guards.sql").read_text(encoding="utf-8")
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(append_only)
        for room in ROOMS:
            guards = BANK / room / "guards.sql"
            if guards.exists():
                cursor.execute(guards.read_text(encoding="utf-8"))


class Migration(migrations.Migration):
    dependencies = [("bank", "0001_initial")]
    operations = [migrations.RunPython(raise_guards, migrations.RunPython.noop)]
