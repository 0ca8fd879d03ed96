"""The main job, as the demo runs it: a sheet of results becomes certificates that anybody can verify.

A hub and a province exist, with a city and two service points. A university, a vocational college, a certificate body and a
community school publish what can be learnt there. People open accounts. The issuers hand in sheets with thousands of good rows
and some of everything that goes wrong. Lin's plan is approved by a person, Tao's refused with a reason, nobody answers Gu in
time, and Su's is stopped by an objection. Then there are certificates.
"""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker

from xuefen.bank.certificates.types import Check, VerdictState
from xuefen.bank.shell.actor import EVERYTHING
from xuefen.faces.cli.demo import people
from xuefen.faces.cli.demo.story import Story, best_plan, tell

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
ROWS = 1_500
BAD_ROWS = (
    "learner_unknown", "number_check", "id_number_check", "id_number_date", "item_code_unknown", "grade_below_pass",
    "grade_unreadable", "cell_formula", "cell_controls", "learner_missing",
)  # fmt: skip


@pytest.fixture(scope="module")
def told(django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The story is told once, on real tables; everything below looks at what it left behind."""
    from django.conf import settings
    from django.core.management import call_command

    from xuefen.bank.shell.actions import name_node
    from xuefen.bank.standards.actions import load_shipped_packs
    from xuefen.faces.cli.demo import stage

    home = tmp_path_factory.mktemp("bank")
    kept = {name: getattr(settings, name) for name in ("XUEFEN_HOME", "XUEFEN_LOG", "XUEFEN_UPLOADS", "XUEFEN_PUBLIC")}
    with django_db_blocker.unblock():
        for name, folder in zip(kept, ("", "log", "uploads", "public"), strict=True):
            setattr(settings, name, home / folder)
        name_node(
            code="demo", name_zh="演示", name_en="Demo", origin="demo.example/log", is_demo=True, now=NOW
        )  # fmt: skip
        load_shipped_packs(by=stage.HOUSE, now=NOW)
        story = Story(now=NOW, folder=home / "demo", rows=ROWS, say=lambda zh, en: None)
        counts = tell(story)
        yield story, counts
        call_command("flush", verbosity=0, interactive=False)
    for name, folder in kept.items():
        setattr(settings, name, folder)


@pytest.fixture
def story(told: Any) -> Story:
    return told[0]


@pytest.fixture
def counts(told: Any) -> dict[str, Any]:
    return told[1]


def test_every_row_is_accounted_for(counts: dict[str, Any]) -> None:
    """已读 ＝ 存入 ＋ 没通过 ＋ 重复, and the bad rows of three sheets are exactly the refused and the duplicates."""
    assert counts["institutions"] == 4
    assert counts["rows_read"] == counts["accepted"] + counts["refused"] + counts["duplicates"]
    assert (counts["refused"], counts["duplicates"]) == (36, 6)
    assert counts["accepted"] >= ROWS * 0.99


def test_the_error_workbook_names_every_bad_row(story: Story) -> None:
    with contextlib.closing(openpyxl.load_workbook(story.folder / "university-errors.xlsx", read_only=True)) as book:
        assert book.active is not None
        text = "\n".join(str(cell) for row in book.active.iter_rows(values_only=True) for cell in row if cell)
    for code in BAD_ROWS:
        assert code in text, code


def test_each_application_went_its_own_way(story: Story, counts: dict[str, Any]) -> None:
    from xuefen.bank.recognition import queries

    ends = {}
    for name, number in story.applications.items():
        view = queries.application(EVERYTHING, number, now=NOW)
        reasons = "".join(move.reason_code for move in view.moves)
        ends[name] = (str(view.row.state), str(view.row.decided_by), reasons)
    assert ends == {
        people.LIN.name: ("archived", "person", ""),
        people.TAO.name: ("refused", "person", "R-08"),
        people.GU.name: ("in_doubt", "silence", ""),
        people.SU.name: ("stopped", "person", ""),
        people.ZHONG.name: ("review", "", ""),
        people.HE.name: ("review", "", ""),
    }
    assert counts["applications"] == {
        "archived": 1, "in_doubt": 1, "refused": 1, "stopped": 1, "review": 2, "decided_by_silence": 1,
    }  # fmt: skip
    assert set(counts["supervision"]["arbitrations"]) == {people.LIN.name, people.GU.name}
    assert counts["supervision"]["alarms"] >= 2


def test_credit_is_used_once_and_given_back_when_refused(story: Story) -> None:
    from xuefen.bank.learners import queries as learners
    from xuefen.bank.ledger.queries import balance
    from xuefen.bank.ledger.types import BookKind

    standing = {
        name: balance(BookKind.LEARNER, learners.by_account(EVERYTHING, account_no).pk)
        for name, account_no in story.sign_ins.items()
    }
    lin, tao, zhong = standing[people.LIN.name], standing[people.TAO.name], standing[people.ZHONG.name]
    assert lin.sent > 0 and lin.held == 0, "redeemed on archiving"
    assert (tao.sent, tao.held) == (0, 0), "released on refusal"
    assert zhong.held > 0 and zhong.sent == 0, "reserved while it waits"


def test_the_plan_is_proven_and_says_why(story: Story) -> None:
    from xuefen.bank.learners import queries as learners

    learner = learners.by_account(EVERYTHING, story.sign_ins[people.ZHONG.name])
    _, plan = best_plan(learner_id=learner.pk, programme="590206", on=NOW.date())
    assert plan.proof.proven
    assert all(line.basis.zh and line.basis.en and line.arithmetic.zh for line in plan.lines)
    assert all(left.sentence.zh and left.sentence.en for left in plan.unused)


def test_every_promise_holds(story: Story) -> None:
    from xuefen.bank.insight.queries import prove

    assert [violation for _, violations in prove() for violation in violations] == []


def test_nobodys_particulars_lie_in_clear_anywhere_in_the_database(story: Story) -> None:
    cast = (people.LIN, people.TAO, people.GU, people.SU, people.ZHONG, people.HE)
    clear = [text for one in cast for text in (one.name, one.id_number, one.phone)]
    assert len(clear) == 3 * len(cast)
    sought = clear + [text.encode().hex() for text in clear]  # a column of bytes shows as hexadecimal
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = current_schema()")
        tables = [name for (name,) in cursor.fetchall()]
        assert {"learner", "refused_row", "application", "audit_entry", "leaf", "procrastinate_jobs"} <= set(tables)
        for table in tables:
            cursor.execute(f"SELECT t.*::text FROM {table} t WHERE t::text ~ %s LIMIT 1", ["|".join(sought)])
            assert cursor.fetchall() == [], table


def test_certificates_verify_each_with_its_own_verdict(story: Story) -> None:
    from xuefen.bank.certificates.queries import verify

    for path in story.papers:
        report = verify(path.read_bytes(), now=NOW)
        wrong = {f"statement-{people.TAO.name}": {Check.REVOCATION}, f"conversion-{people.GU.name}": {Check.SUSPENSION}}
        due = wrong.get(path.stem, set())
        assert report.ok is not bool(due), path.name
        assert {v.check for v in report.verdicts if v.state is VerdictState.BAD} == due


def test_a_forgery_is_named_for_what_it_is(story: Story) -> None:
    from xuefen.bank.certificates.queries import verify

    original = next(path for path in story.papers if path.suffix == ".json" and "conversion" in path.name)
    document = json.loads(original.read_text(encoding="utf-8"))

    def bad(**changes: Any) -> set[str]:
        changed = json.dumps(
            {**document, **changes}, ensure_ascii=False, separators=(",", ":"), sort_keys=True
        ).encode()
        return {v.check for v in verify(changed, now=NOW).verdicts if v.state is VerdictState.BAD}

    assert bad() == set()
    assert Check.SIGNATURE in bad(body={**document["body"], "credits": 99900})
    assert bad(log={**document["log"], "path": document["log"]["path"][:-1]}) == {Check.LOG}
    paper = Path(next(p for p in story.papers if p.suffix == ".pdf" and "conversion" in p.name))
    data = bytearray(paper.read_bytes())
    data[len(data) // 2] ^= 1
    assert not verify(bytes(data), now=NOW).ok
