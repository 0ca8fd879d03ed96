"""``make bench``: every number is a ratio against a named peer or a physical limit, measured in the same run.

    python -m benchmarks [NAME ...] [--json OUT] [--write]
    python -m benchmarks --list                              what each measures

Each is a module with ``run(context) -> dict`` and a process of its own, and says in its first lines what it measures and how.
It gets an empty, migrated bank on its own embedded PostgreSQL with durable settings, unless it needs none, serves one of its
own or shares a big one. ``--write`` renews docs/benchmarks.md, each as soon as it is measured. One that fails is named in the
end and its old figures stay; the others go on, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "docs/benchmarks.json"
"""The last result of each, from which docs/benchmarks.md is written."""
NAMES = [
    "deposit", "log", "assess", "similarity", "referee", "plan", "doctor", "impact", "balance", "certificates", "served",
    "single", "memory", "kills", "disks",
]  # fmt: skip
WITHOUT_BANK = {"assess", "certificates", "referee", "served", "single", "kills", "disks"}
"""No empty bank is started: pure calculation, or a bank of its own."""
STOCKED = {"plan", "doctor", "impact"}
"""They share one bank of real size (``benchmarks.stock``), made by whichever comes first in a run."""


@dataclass(frozen=True)
class Context:
    """What a benchmark may use: a scratch folder (its bank's), and a way to say where it is."""

    scratch: Path

    def say(self, line: str) -> None:
        print(f"  {line}", file=sys.stderr, flush=True)


def machine() -> dict[str, object]:
    """What the numbers were measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**30
    return {
        "cores": os.cpu_count(),
        "memory_gib": memory,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "load": round(os.getloadavg()[0], 1),
        "commit": subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
        ).stdout.strip(),
    }


def measure(name: str, home: Path) -> dict[str, Any]:
    """One benchmark in a process of its own, so that no cache or connection of another helps it."""
    if name in WITHOUT_BANK:
        return timed(name, Context(home))
    from xuefen.config import embedded

    home.chmod(0o711)
    os.environ["XUEFEN_HOME"] = str(home)
    os.environ["DJANGO_SETTINGS_MODULE"] = "xuefen.config.settings"
    with embedded.running(home) as server:
        os.environ["DATABASE_URL"] = server.url
        import django

        django.setup()
        from xuefen.bank.shell import clock, queries
        from xuefen.bank.shell.actions import name_node
        from xuefen.config import database

        database.prepare()
        if queries.node() is None:
            name_node(
                code="bench", name_zh="测速", name_en="Bench", origin="bench.example/log", is_demo=True, now=clock.now()
            )  # fmt: skip
        return timed(name, Context(home))


def timed(name: str, context: Context) -> dict[str, Any]:
    """What a benchmark found, and how long it took."""
    started = time.perf_counter()
    result: dict[str, Any] = importlib.import_module(f"benchmarks.{name}").run(context)
    result["seconds"] = round(time.perf_counter() - started, 1)
    return result


def table(results: dict[str, Any], *, every: bool = False) -> str:
    """The results as Markdown, each with what its module says about how it is measured; ``every``: those without one too."""
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench ARGS=--write`, or some of it by naming them before `--write`. Each ratio was measured in",
        "one run, beside its peer or physical limit, every benchmark in a process of its own, on durable storage. Numbers on",
        "a shared machine move by 10–30 %, on a busy one (see the load) by as much as it is busy; ratios move less, counts",
        "(equal, proven) not at all.",
        "",
    ]
    for name in NAMES:
        if name in results:
            lines += [f"## {name}", "", _docstring(name), "", "| measure | value |", "|---|---|"]
            lines += [f"| {key} | {_cell(value)} |" for key, value in results[name].items()]
            lines.append("")
        elif every:
            lines += [f"## {name}", "", _docstring(name), "", "Not measured yet.", ""]
    return "\n".join(lines)


def _cell(value: object) -> str:
    return ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else str(value)


def _docstring(name: str) -> str:
    """A benchmark's own words, without importing it."""
    folder = ROOT / "benchmarks"
    path = folder / f"{name}.py" if (folder / f"{name}.py").exists() else folder / name / "__init__.py"
    return (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").replace("``", "`")


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {' '.join(NAMES)}; all by default")
    parser.add_argument("--list", action="store_true", help="say what each measures, and measure nothing")
    parser.add_argument("--json", type=Path, metavar="OUT")
    parser.add_argument("--write", action="store_true", help="renew these in docs/benchmarks.md")
    parser.add_argument("--one", nargs=2, metavar=("NAME", "HOME"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(measure(arguments.one[0], Path(arguments.one[1]))))
        return 0
    if arguments.list:
        for name in NAMES:
            print(f"{name:<13}{_docstring(name).partition(chr(10))[0]}")
        return 0
    names = arguments.names or NAMES
    if unknown := set(names) - set(NAMES):
        parser.error(f"no benchmark called {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    results: dict[str, Any] = {}
    failed: list[str] = []
    with tempfile.TemporaryDirectory(prefix="xuefen-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        for name in names:
            print(f"{name} …", file=sys.stderr, flush=True)
            about = machine()
            found = _in_own_process(name, Path(folder) / ("stock" if name in STOCKED else name))
            if found is None:
                failed.append(name)
                continue
            results[name] = found | {"on": about}
            if arguments.write:  # at once: hours of measuring are not lost to whatever ends the last of them
                _write({name: results[name]})
    print(table(results))
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    if failed:
        print(f"failed, nothing of them written: {' '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _write(results: dict[str, Any]) -> None:
    """Renew these in the kept results and on their page."""
    kept = json.loads(KEPT.read_text(encoding="utf-8")) | results
    KEPT.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    KEPT.with_suffix(".md").write_text(table(kept, every=True), encoding="utf-8")


def _in_own_process(name: str, home: Path) -> dict[str, Any] | None:
    """What it found; None when it failed, which it has said itself."""
    home.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--one", name, str(home)],
        cwd=ROOT, stdout=subprocess.PIPE, check=False, text=True,
    )  # fmt: skip
    if name not in STOCKED:
        shutil.rmtree(home, ignore_errors=True)
    if done.returncode != 0:
        return None
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


if __name__ == "__main__":
    sys.exit(main())
