"""Files that are written from the code: `make fix` writes them, `make check` fails when one lies.

docs/permissions.md      who may do what, from staff/rules.py
docs/states/*.md         the moves of an application, a batch, a standard, a rule, a participation, from each room's states.py
docs/problems.md         every refusal with its code and both sentences
docs/openapi.json        the API
docs/schemas/conversion-*.json   the planning problem and the plan, from conversion/types
migrations               no table may differ from the newest migration
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def generate() -> dict[Path, str]:
    """Every generated file and what it should say."""
    from xuefen.bank.activities import states as activities
    from xuefen.bank.conversion import states as conversion
    from xuefen.bank.conversion.types.schema import plan_schema, problem_schema
    from xuefen.bank.deposits import states as deposits
    from xuefen.bank.intake import states as intake
    from xuefen.bank.recognition import states as recognition
    from xuefen.bank.staff import rules as staff
    from xuefen.bank.standards import states as standards
    from xuefen.faces.api.api import api

    schema = json.dumps(api.get_openapi_schema(path_prefix="/api/"), ensure_ascii=False, indent=1, default=str)
    return {
        ROOT / "docs/permissions.md": staff.permissions_markdown(),
        ROOT / "docs/states/batch.md": deposits.states_markdown(),
        ROOT / "docs/states/application.md": recognition.states_markdown(),
        ROOT / "docs/states/participation.md": activities.states_markdown(),
        ROOT / "docs/states/rule.md": conversion.states_markdown(),
        ROOT / "docs/states/slip.md": intake.states_markdown(),
        ROOT / "docs/states/standard.md": standards.states_markdown(),
        ROOT / "docs/problems.md": problems_markdown(),
        ROOT / "docs/openapi.json": schema + "\n",
        ROOT / "docs/schemas/conversion-problem.json": _json(problem_schema()),
        ROOT / "docs/schemas/conversion-plan.json": _json(plan_schema()),
    }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def problems_markdown() -> str:
    """The table of every problem declared anywhere in the house."""
    import xuefen
    from xuefen.bank.shell.problems import REGISTRY

    for module in pkgutil.walk_packages(xuefen.__path__, "xuefen."):
        if module.name.startswith(("xuefen.bank.", "xuefen.faces.")) and "migrations" not in module.name:
            importlib.import_module(module.name)
    lines = [
        "# Problems 问题",
        "",
        "Everything a person can be told went wrong. Pages, the API (RFC 9457), the command line and error workbooks say the",
        "same sentence. What stops a command before it reaches the bank (`no_bank`, `port_taken`, …) it says itself.",
        "",
        "| code | HTTP | 中文 | English |",
        "|---|---|---|---|",
    ]
    lines += [f"| `{p.code}` | {p.status} | {p.zh} | {p.en} |" for _, p in sorted(REGISTRY.items())]
    return "\n".join(lines) + "\n"


def migrations_missing() -> bool:
    """True when a table differs from the newest migration."""
    from django.apps import apps
    from django.db.migrations.autodetector import MigrationAutodetector
    from django.db.migrations.loader import MigrationLoader
    from django.db.migrations.state import ProjectState
    from django.utils import translation

    translation.deactivate_all()  # as makemigrations does: field names would otherwise be compared in Chinese
    loader = MigrationLoader(None)
    changes = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps)).changes(graph=loader.graph)
    return bool(changes.get("bank"))


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xuefen.config.settings")
    with tempfile.TemporaryDirectory() as home:
        os.environ["XUEFEN_HOME"] = home  # the settings keep secrets there; none of ours are needed
        import django

        django.setup()
        stale = {
            path: text for path, text in generate().items() if not path.exists() or path.read_text("utf-8") != text
        }
        if "--check" in sys.argv:
            for path in stale:
                print(f"{path.relative_to(ROOT)}: not what the code says; run 'make fix'")
            if migrations_missing():
                print("migrations: a table differs from the newest migration; run 'makemigrations bank'")
                return 1
            return 1 if stale else 0
        for path, text in stale.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
