"""The house lint sees what it says it sees: each planted line is found, and its innocent neighbour is not."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PATH = Path(__file__).resolve().parents[2] / "scripts" / "lint_house.py"
_spec = importlib.util.spec_from_file_location("lint_house", PATH)
assert _spec is not None and _spec.loader is not None
lint = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(lint)

Rule = Callable[[ast.AST], Iterator[tuple[int, str, str]]]


@pytest.mark.parametrize(
    ("rule", "planted", "innocent"),
    [
        (lint.table_writes_in_faces, "row.save()", "book.saved"),
        (lint.table_writes_in_faces, "Learner.objects.get()", "objects = []"),
        (lint.clock_reads, "timezone.now()", "timezone.localtime(moment)"),
        (lint.clock_reads, "dt.datetime.now(UTC)", "report.now()"),
        (lint.clock_reads, "django.utils.timezone.now()", "clock.now()"),
        (lint.clock_reads, "datetime.date.today()", "clock.today(moment)"),
        (lint.environment_reads, "os.environ.get('X')", "settings.X"),
        (lint.environment_reads, "os.getenv('X')", "os.getpid()"),
        (lint.signal_uses, "from django.db.models.signals import post_save", "from signal import SIGTERM"),
        (lint.signal_uses, "from django.dispatch import receiver", "from django.db.models import Q"),
        (lint.writes_outside_actions, "Book.objects.filter(x=1).update(y=2)", "counts.update(more)"),
        (lint.keyword_only_actions, "@use_case\ndef do(a): ...", "@use_case\ndef do(*, a): ..."),
        (lint.tables_tell_their_story, "class T(models.Model):\n    pass", "class T(models.Model):\n    'Who writes it.'"),
        (lambda tree: lint.foreign_tables(tree, "deposits"), "from xuefen.bank.ledger.models import Lot",
         "from xuefen.bank.deposits.models import Batch"),
    ],
)  # fmt: skip
def test_a_planted_line_is_found(rule: Rule, planted: str, innocent: str) -> None:
    assert len(list(rule(ast.parse(planted)))) == 1
    assert list(rule(ast.parse(innocent))) == []


def test_the_house_itself_is_clean() -> None:
    assert [f for path in sorted(lint.SRC.rglob("*.py")) for f in lint.findings(path)] == []
