"""What import arrows cannot show. Each rule says why it exists; `make check` runs it over src.

A finding is one line `path:line rule: sentence`; the exit status is 1 when there is one.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

SRC = Path(__file__).resolve().parents[1] / "src" / "xuefen"
FURNITURE = {"__init__", "types", "states", "rules", "models", "queries", "actions", "tasks"}
PAPER = {
    "pdf",
    "badges",
}  # certificates also set paper, open it again, and open what strangers bring: no rule, no table
READING = {"reading"}  # deposits open what is uploaded in processes without a database: no rule, no table
SHELL = {
    "actor", "bounded", "clock", "copy", "keys", "moves", "problems", "sweeping", "transaction", "violation", "workbook",
}  # fmt: skip
WRITES = {"save", "delete", "create", "bulk_create", "update", "bulk_update", "get_or_create", "update_or_create"}
CLOCKS = {"now", "utcnow", "today"}
CLOCK_OWNERS = {"timezone", "datetime", "date", "dt"}

Finding = tuple[int, str, str]


def table_writes_in_faces(tree: ast.AST) -> Iterator[Finding]:
    """A page once saved a row past its use case: no audit, no leaf, no check. Faces call actions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "objects":
            yield node.lineno, "face-table", "a face reads tables through queries, never through .objects"
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in {"save", "bulk_create"}
        ):
            yield node.lineno, "face-write", f"a face writes through actions, never through .{node.func.attr}()"


def clock_reads(tree: ast.AST) -> Iterator[Finding]:
    """A deadline that reads the clock itself cannot be replayed. Only shell/clock.py may; everybody else is handed now."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        owner = node.func.value
        name = owner.id if isinstance(owner, ast.Name) else owner.attr if isinstance(owner, ast.Attribute) else ""
        if name in CLOCK_OWNERS and node.func.attr in CLOCKS:
            yield node.lineno, "clock", f"{name}.{node.func.attr}() belongs in shell/clock.py"


def environment_reads(tree: ast.AST) -> Iterator[Finding]:
    """What a program does must not depend on variables nobody finds: config reads them, once, and settings tell."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}:
            yield node.lineno, "environment", "only config reads environment variables"


def signal_uses(tree: ast.AST) -> Iterator[Finding]:
    """A signal is a write that no reader of the use case sees."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.endswith((".signals", "django.dispatch")):
            yield node.lineno, "signal", "no signals: a use case says everything it does"


def foreign_tables(tree: ast.AST, room: str) -> Iterator[Finding]:
    """A room that reads another room's tables breaks when that room changes them; it asks queries instead."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("xuefen.bank."):
            parts = node.module.split(".")
            if len(parts) >= 4 and parts[3] == "models" and parts[2] not in {room, "shell"}:
                yield node.lineno, "foreign-table", f"{room} imports the tables of {parts[2]}"


def writes_outside_actions(tree: ast.AST) -> Iterator[Finding]:
    """Queries and rules that write hide a second door past the use case."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITES):
            continue
        chain = ast.dump(node.func.value)
        if "attr='objects'" in chain:
            yield node.lineno, "write", f".objects…{node.func.attr}() belongs in actions"


def keyword_only_actions(tree: ast.Module) -> Iterator[Finding]:
    """Two strings in the wrong order once revoked the wrong thing: actions take keywords only, and say who acts."""
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
            continue
        decorators = {d.id for d in node.decorator_list if isinstance(d, ast.Name)}
        if "use_case" in decorators and node.args.args:
            yield node.lineno, "keywords", f"use case {node.name} takes keyword arguments only"


def tables_tell_their_story(tree: ast.Module) -> Iterator[Finding]:
    """Who writes it, can it change, what proves it: the first question of every auditor."""
    for node in tree.body:
        if (
            isinstance(node, ast.ClassDef)
            and not ast.get_docstring(node)
            and any("Model" in ast.dump(b) for b in node.bases)
        ):
            yield node.lineno, "table-docstring", f"table {node.name} has no docstring"


def furniture(path: Path) -> Iterator[Finding]:
    """The same files in every room, so that the next person knows where a line lives."""
    parts = path.relative_to(SRC / "bank").parts
    room, name = parts[0], parts[1].removesuffix(".py")
    more = {"shell": SHELL, "certificates": PAPER, "deposits": READING}.get(room, set())
    if name not in FURNITURE | more:
        yield 1, "furniture", f"{room} may hold only {', '.join(sorted(FURNITURE - {'__init__'}))}"


def findings(path: Path) -> Iterator[Finding]:
    """Every rule that applies to one file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    parts = path.relative_to(SRC).parts
    if path != SRC / "bank" / "shell" / "clock.py":
        yield from clock_reads(tree)
    yield from signal_uses(tree)
    if parts[0] != "config":
        yield from environment_reads(tree)
    if parts[0] == "faces":
        yield from table_writes_in_faces(tree)
    if parts[0] == "bank" and len(parts) > 2 and parts[1] != "migrations":
        yield from furniture(path)
        yield from foreign_tables(tree, parts[1])
        kind = parts[2].removesuffix(".py")
        if kind in {"queries", "rules", "states", "types"}:
            yield from writes_outside_actions(tree)
        if kind == "actions":
            yield from keyword_only_actions(tree)
        if kind == "models":
            yield from tables_tell_their_story(tree)


def main() -> int:
    """Print every finding below src; 1 when there is any."""
    found = 0
    for path in sorted(SRC.rglob("*.py")):
        for line, rule, sentence in findings(path):
            print(f"{path.relative_to(SRC.parents[1])}:{line} {rule}: {sentence}")
            found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
