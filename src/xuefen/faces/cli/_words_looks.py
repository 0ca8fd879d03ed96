"""The words of ``xuefen rules doctor|coverage|impact`` and ``xuefen standard impact``."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

from xuefen.faces.cli.parser import Commands, Needs, lazily
from xuefen.faces.cli.parser import _add as add


def rule_looks(actions: Commands) -> None:
    """Long looks at the rules, under ``xuefen rules``."""
    doctor = add(actions, "doctor", "Examine all published rules; 1 when there are errors.", needs=Needs.DATABASE,
                 run=lazily("doctor", "doctor"))  # fmt: skip
    doctor.add_argument("--on", type=date.fromisoformat, metavar="DATE", help="as on that day (default: today)")
    doctor.add_argument("--receiver", default="", metavar="CODE", help="only what concerns this institution's rules")
    _json(doctor)
    coverage = add(actions, "coverage", "How much the rules in force reach, by institutions and fields.",
                   needs=Needs.DATABASE, run=lazily("doctor", "coverage"))  # fmt: skip
    coverage.add_argument("--on", type=date.fromisoformat, metavar="DATE", help="as on that day (default: today)")
    _json(coverage)
    impact = add(actions, "impact", "What a rule file would do to all accounts; writes nothing to them.",
                 needs=Needs.DATABASE, run=lazily("impact", "rules"))  # fmt: skip
    impact.add_argument("file", type=Path)
    impact.add_argument("--agreement", required=True, metavar="NO")
    _json(impact)


def standard_looks(actions: Commands) -> None:
    """Long looks at standards, under ``xuefen standard``."""
    impact = add(actions, "impact", "What a standard's file would do to all accounts; writes nothing to them.",
                 needs=Needs.DATABASE, run=lazily("impact", "standard"))  # fmt: skip
    impact.add_argument("file", type=Path)
    _json(impact)


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", nargs="?", const="-", metavar="OUT")
