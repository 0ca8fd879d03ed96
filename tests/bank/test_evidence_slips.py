"""Single deposits: an outcome put forward with the standard's evidence, checked by somebody else, deposited once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from tests.bank import deposit_builders as deposit_world
from tests.bank import evidence_builders as files
from tests.bank import foundation_builders as foundation
from tests.bank import intake_builders as make
from tests.bank import standard_builders
from xuefen.bank.audit.models import AuditEntry
from xuefen.bank.deposits import queries as deposits
from xuefen.bank.deposits.models import Batch, Outcome
from xuefen.bank.evidence.models import EvidenceFile
from xuefen.bank.insight import queries as insight
from xuefen.bank.intake import actions, queries, states
from xuefen.bank.intake.models import Slip, SlipFile, SlipMove
from xuefen.bank.intake.types import MOST_DRAFTS, Form
from xuefen.bank.shell.actor import EVERYTHING, Actor
from xuefen.bank.shell.problems import Denied
from xuefen.bank.staff.types import Role
from xuefen.bank.translog import actions as translog
from xuefen.config.settings import evidence_storage

NOW = foundation.NOW
pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def world(settings: Any, tmp_path: Path) -> deposit_world.World:
    settings.STORAGES = settings.STORAGES | {"evidence": evidence_storage(str(tmp_path / "evidence"))}
    settings.XUEFEN_LOG = tmp_path / "log"
    return make.world()


def denied(call: Callable[[], Any]) -> str:
    with pytest.raises(Denied) as refused:
        call()
    return refused.value.code


def broken() -> list[Any]:
    return [found for _, room in insight.prove() for found in room]


def kept(home: Path) -> int:
    return sum(path.is_file() for path in home.rglob("*"))


# --- from the first word to the account ------------------------------------------------------------------------------


def test_what_is_sent_complete_and_found_good_is_an_outcome(world: deposit_world.World) -> None:
    number, officer = make.sent(world), make.officer()
    assert make.state(number) == "checking"
    outcome = actions.accept(number=number, version=1, note="与教务系统一致", by=officer, now=NOW)
    assert (outcome.credits, outcome.grade, outcome.serial, outcome.item_code) == (300, "85", "NO-1", "C1")
    assert outcome.learner_id == world.learner_ids[0]
    slip = Slip.objects.get(number=number)
    assert (slip.state, slip.outcome_id, slip.decided_by_id) == ("accepted", outcome.id, officer.user_id)
    batch = Batch.objects.get(number=outcome.batch_number)
    assert (batch.source, batch.file_name, batch.state, batch.accepted) == ("single", number, "done", 1)
    assert batch.receipt is not None
    translog.seal_all(now=NOW)
    assert broken() == []
    view = queries.view(slip, now=NOW)
    assert [(m.event, m.note) for m in view.moves] == [("send", ""), ("accept", "与教务系统一致")]
    assert view.moves[1].actor_name == officer.name
    assert sorted(asked.code for asked in view.checklist if asked.required) == ["syllabus", "transcript"]
    assert all("evidence.degree." in asked.reference for asked in view.checklist)


def test_the_same_thing_is_never_deposited_twice(world: deposit_world.World, tmp_path: Path) -> None:
    number, officer = make.sent(world), make.officer()
    again = make.drafted(world)
    make.complete(world, again)
    me = make.learner(world)
    assert denied(lambda: actions.send(number=again, version=0, by=me, now=NOW)) == "slip_twice"
    actions.accept(number=number, version=1, by=officer, now=NOW)
    assert denied(lambda: actions.accept(number=number, version=1, by=officer, now=NOW)) == "stale"
    assert denied(lambda: actions.accept(number=number, version=2, by=officer, now=NOW)) == "slip_move"
    assert denied(lambda: actions.send(number=again, version=0, by=me, now=NOW)) == "duplicate"
    sheet = deposit_world.sheet(tmp_path / "same.csv", [world.row(serial="NO-1")])
    assert deposit_world.deposit(world, sheet).counts.duplicates == 1
    assert Outcome.objects.count() == 1


def test_what_its_issuer_deposited_meanwhile_is_not_taken_again(world: deposit_world.World, tmp_path: Path) -> None:
    number, officer = make.sent(world), make.officer()
    deposit_world.deposit(world, deposit_world.sheet(tmp_path / "first.csv", [world.row(serial="NO-1")]))
    assert denied(lambda: actions.accept(number=number, version=1, by=officer, now=NOW)) == "duplicate"
    assert make.state(number) == "checking", "nothing of the attempt is left"
    assert Outcome.objects.count() == 1
    actions.refuse(number=number, version=1, reason_code="R-08", note="学校已直接存入", by=officer, now=NOW)
    translog.seal_all(now=NOW)
    assert broken() == []


def test_refused_with_a_code_of_the_standard_and_the_grounds(world: deposit_world.World) -> None:
    number, officer = make.sent(world), make.officer()

    def refuse(**more: Any) -> Any:
        given = {"number": number, "version": 1, "reason_code": "R-09", "note": "公章与学校名称不符", "by": officer}
        return actions.refuse(**given | {"now": NOW} | more)

    assert denied(lambda: refuse(reason_code="X")) == "reason_unknown"
    assert denied(lambda: refuse(note="")) == "note_needed"
    refuse()
    assert make.state(number) == "refused"
    assert Outcome.objects.count() == 0
    again = make.drafted(world)
    make.complete(world, again, text="better")
    actions.send(number=again, version=0, by=make.learner(world), now=NOW)
    assert make.state(again) == "checking", "a refusal does not bar a better attempt"
    translog.seal_all(now=NOW)
    assert broken() == []


def test_more_is_asked_for_brought_and_taken(world: deposit_world.World) -> None:
    number, officer, me = make.sent(world), make.officer(), make.learner(world)
    assert denied(lambda: actions.ask_more(number=number, version=1, note="", by=officer, now=NOW)) == "note_needed"
    actions.ask_more(number=number, version=1, note="成绩单缺第二页", by=officer, now=NOW)
    slip = Slip.objects.get(number=number)
    assert slip.state == "more"
    assert slip.due_at is not None
    actions.attach(number=number, asked_as="transcript", name="p2.png", content=files.png("page 2"), by=me, now=NOW)
    actions.send(number=number, version=2, by=me, now=NOW + timedelta(days=1))
    outcome = actions.accept(number=number, version=3, by=officer, now=NOW + timedelta(days=2))
    assert outcome.credits == 300
    assert [len(asked.files) for asked in queries.view(slip).checklist] == [1, 2, 0]
    translog.seal_all(now=NOW)
    assert broken() == []


# --- what is not taken -----------------------------------------------------------------------------------------------


def test_the_checklist_is_the_standards(world: deposit_world.World) -> None:
    me, number = make.learner(world), make.drafted(world)

    def send() -> Any:
        return actions.send(number=number, version=0, by=me, now=NOW)

    with pytest.raises(Denied) as refused:
        send()
    assert (refused.value.code, refused.value.place) == ("slip_missing", "evidence")
    assert "课程大纲、加盖公章的成绩单" in refused.value.sentence("zh")
    for wrong in ("certificate", "../x"):
        assert (
            denied(
                lambda wrong=wrong: actions.attach(
                    number=number, asked_as=wrong, name="a.pdf", content=files.pdf(), by=me, now=NOW
                )
            )
            == "slip_file_kind"
        )
    actions.attach(number=number, asked_as="transcript", name="a.pdf", content=files.pdf(), by=me, now=NOW)
    assert denied(send) == "slip_missing"
    actions.attach(number=number, asked_as="syllabus", name="a.pdf", content=files.pdf(), by=me, now=NOW)
    assert EvidenceFile.objects.count() == 1, "one file may serve two lines and is kept once"
    send()
    skill = make.drafted(world, code="Z1", form=Form(awarded_on="2026-05-01"))
    missing = queries.view(Slip.objects.get(number=skill)).missing
    assert sorted(asked.code for asked in missing) == ["certificate", "registry"]


@pytest.mark.parametrize(
    ("form", "code", "place"),
    [
        (Form(awarded_on="", grade="85"), "cell_missing", "awarded_on"),
        (Form(awarded_on="2026-02-30", grade="85"), "date_impossible", "awarded_on"),
        (Form(awarded_on="2027-01-01", grade="85"), "date_in_future", "awarded_on"),
        (Form(awarded_on="2026-06-30", grade="59"), "grade_below_pass", "grade"),
        (Form(awarded_on="2026-06-30"), "grade_missing", "grade"),
        (Form(awarded_on="2026-06-30", grade="=1+1"), "cell_formula", "grade"),
    ],
)
def test_a_row_that_a_sheet_would_not_take_is_not_sent(
    world: deposit_world.World, form: Form, code: str, place: str
) -> None:
    number = make.drafted(world, form=form)
    make.complete(world, number)
    with pytest.raises(Denied) as refused:
        actions.send(number=number, version=0, by=make.learner(world), now=NOW)
    assert (refused.value.code, refused.value.place) == (code, place)
    assert make.state(number) == "draft"


def test_a_sent_slip_keeps_what_was_sent(world: deposit_world.World) -> None:
    number, me = make.sent(world), make.learner(world)
    file = EvidenceFile.objects.order_by("id")[0]
    assert denied(lambda: actions.save_form(number=number, form=Form(grade="100"), by=me, now=NOW)) == "slip_move"
    for call in (
        lambda: actions.attach(number=number, asked_as="", name="a", content=files.pdf("x"), by=me, now=NOW),
        lambda: actions.detach(number=number, file_number=file.number, asked_as="transcript", by=me, now=NOW),
    ):
        assert denied(call) == "slip_move"
    for forgery in (
        "UPDATE slip SET sealed = '\\x00'", "UPDATE slip SET learner_id = learner_id + 1", "UPDATE slip SET state = 'accepted'",
        "UPDATE slip SET state = 'withdrawn'", "DELETE FROM slip_file", "UPDATE slip_file SET asked_as = ''", "DELETE FROM slip",
        "UPDATE slip_move SET event = 'accept'", "DELETE FROM slip_move",
        "INSERT INTO slip_move (slip_id, seq, from_state, event, to_state, actor_kind, actor_name, reason_code, note_sealed, at,"
        " leaf_id) SELECT id, 2, 'checking', 'claim', 'claimed', 'staff', '', '', '', now(), 999 FROM slip",
    ):  # fmt: skip
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(forgery)


def test_files_come_and_go_while_it_is_filled_in(world: deposit_world.World, tmp_path: Path) -> None:
    me, number, other = make.learner(world), make.drafted(world), make.drafted(world)
    for slip in (number, other):
        actions.attach(number=slip, asked_as="transcript", name="a.pdf", content=files.pdf("same"), by=me, now=NOW)
    file = EvidenceFile.objects.get()
    actions.detach(number=number, file_number=file.number, asked_as="transcript", by=me, now=NOW)
    assert kept(tmp_path / "evidence") == 1, "it lies with another slip too"
    actions.withdraw(number=other, version=0, by=me, now=NOW)
    assert kept(tmp_path / "evidence") == 0
    assert make.state(other) == "withdrawn"
    translog.seal_all(now=NOW)
    assert broken() == []


def test_nobody_opens_drafts_without_end(world: deposit_world.World) -> None:
    for _ in range(MOST_DRAFTS):
        make.drafted(world)
    assert denied(lambda: make.drafted(world)) == "slip_drafts"


# --- who -------------------------------------------------------------------------------------------------------------


def test_who_fills_in_for_somebody_does_not_check_it(world: deposit_world.World) -> None:
    clerk = make.clerk()
    number = make.sent(world, by=clerk)
    both = make.person(foundation.at_place(Role.SUB_CENTRE_OFFICER, foundation.XIHU))
    theirs = make.sent(world, which=1, by=both)
    assert denied(lambda: actions.accept(number=theirs, version=1, by=both, now=NOW)) == "slip_same_person"
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE slip SET decided_by_id = sent_by_id WHERE number = %s", [theirs])
    assert denied(lambda: actions.accept(number=number, version=1, by=clerk, now=NOW)) == "not_allowed"
    assert denied(lambda: actions.accept(number=number, version=1, by=foundation.HOUSE, now=NOW)) == "slip_person"
    assert actions.accept(number=number, version=1, by=both, now=NOW).credits == 300


def test_nobody_reaches_anothers_slip(world: deposit_world.World) -> None:
    draft, number = make.drafted(world, which=1), make.sent(world)
    file = EvidenceFile.objects.order_by("id")[0]
    me, stranger = make.learner(world), make.learner(world, 2)
    elsewhere = make.person(foundation.at_place(Role.BRANCH_OFFICER, foundation.SHANGHAI))
    other_issuer = foundation.at_institution(Role.ISSUER_OFFICER, foundation.institution("other", number=9).pk)

    def reads(by: Actor, which: str = number) -> str:
        return denied(lambda: actions.open_file(number=which, file_number=file.number, by=by, now=NOW))

    for by in (stranger, elsewhere, other_issuer):
        assert reads(by) == "slip_unknown"
        assert queries.slips(by).count() == 0
    assert denied(lambda: actions.withdraw(number=number, version=1, by=stranger, now=NOW)) == "slip_unknown"
    assert denied(lambda: actions.accept(number=number, version=1, by=elsewhere, now=NOW)) == "slip_unknown"
    assert reads(me, draft) == "slip_unknown"
    for officer in (make.officer(), world.officer):
        found = actions.open_file(number=number, file_number=file.number, by=officer, now=NOW)
        assert found.data.startswith(b"%PDF")
        assert denied(lambda officer=officer: queries.one(officer, draft)) == "slip_unknown", (
            "not sent: not theirs to see"
        )
    assert AuditEntry.objects.filter(action="evidence.read").count() == 2
    actions.open_file(number=number, file_number=file.number, by=me, now=NOW)
    assert AuditEntry.objects.filter(action="evidence.read").count() == 2, "one's own is nobody's business"
    assert queries.one(make.clerk(), draft).number == draft, "who may fill in sees what is being filled in"


def test_a_file_two_people_brought_is_shown_to_officers(world: deposit_world.World) -> None:
    for which in (0, 1):
        number = make.drafted(world, which=which)
        make.complete(world, number, which=which, text="the same scan")
    slip = Slip.objects.get(number=number)
    assert len(queries.view(slip, officer=True).shared) == 2
    assert queries.view(slip).shared == frozenset()


# --- clocks ----------------------------------------------------------------------------------------------------------


def test_silence_puts_nothing_into_an_account(world: deposit_world.World) -> None:
    number = make.sent(world)
    slip = Slip.objects.get(number=number)
    assert slip.due_at is not None
    row = queries.rows([slip], now=NOW)[0]
    assert row.clock is not None
    assert row.clock.total == 10, "working days the standard gives a review"
    for days in range(40):
        report = actions.sweep(now=NOW + timedelta(days=days))
        assert (report.failed, report.lapsed) == (0, 0)
    slip.refresh_from_db()
    assert (slip.state, slip.reminders) == ("checking", 2)
    late = queries.rows([slip], now=NOW + timedelta(days=40))[0].clock
    assert late is not None
    assert late.late


def test_what_was_asked_for_and_never_came_lapses(world: deposit_world.World) -> None:
    number, officer, me = make.sent(world), make.officer(), make.learner(world)
    actions.ask_more(number=number, version=1, note="缺一页", by=officer, now=NOW)
    slip = Slip.objects.get(number=number)
    assert slip.due_at is not None
    after = slip.due_at + timedelta(seconds=1)
    assert denied(lambda: actions.send(number=number, version=2, by=me, now=after)) == "slip_late"
    report = actions.sweep(now=after)
    assert (report.lapsed, report.failed) == (1, 0)
    assert make.state(number) == "lapsed"
    assert actions.sweep(now=after).lapsed == 0
    translog.seal_all(now=NOW)
    assert broken() == []


def test_a_poisonous_slip_stops_nobody(world: deposit_world.World, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = [make.offered(world, which=which) for which in range(3)]
    move = actions.sweeping.move

    def bad(slip: Slip, **more: Any) -> Slip:
        if slip.number == numbers[0]:
            raise RuntimeError("poison")
        return move(slip, **more)

    monkeypatch.setattr("xuefen.bank.intake.actions.sweeping.move", bad)
    report = actions.sweep(now=NOW + timedelta(days=100))
    assert (report.lapsed, report.failed) == (2, 1)


# --- promises --------------------------------------------------------------------------------------------------------


def test_the_table_the_trigger_and_the_page_are_one() -> None:
    guards = (ROOT / "src/xuefen/bank/intake/guards.sql").read_text(encoding="utf-8")
    assert states.guard_rows() in guards
    assert (ROOT / "docs/states/slip.md").read_text(encoding="utf-8") == states.states_markdown()


@pytest.mark.parametrize(
    ("forgery", "invariant"),
    [
        ("UPDATE slip SET version = 7", "I7"),
        ("UPDATE slip SET decided_by_id = NULL, sent_by_id = NULL, state = 'refused', outcome_id = NULL", "I7"),
        ("UPDATE slip SET natural_key = '\\x00' WHERE outcome_id IS NOT NULL", "I3"),
        ("UPDATE batch SET file_name = 'x'", "I3"),
        ("UPDATE slip_move SET at = at + interval '1 day'", "I5"),
        ("DELETE FROM slip_file", "I5"),
    ],
)
def test_prove_finds_what_was_forged(world: deposit_world.World, forgery: str, invariant: str) -> None:
    officer = make.officer()
    first = make.sent(world)
    actions.accept(number=first, version=1, by=officer, now=NOW)
    make.sent(world, which=1)
    translog.seal_all(now=NOW)
    assert broken() == []
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        try:
            cursor.execute(forgery)
            assert invariant in {found.invariant for found in queries.violations()}
        finally:
            cursor.execute("SET session_replication_role = origin")


def test_the_receipt_and_the_leaf_are_those_of_any_deposit(world: deposit_world.World) -> None:
    outcome = actions.accept(number=make.sent(world), version=1, by=make.officer(), now=NOW)
    facts = deposits.batch(EVERYTHING, outcome.batch_number)
    assert (facts.counts.read, facts.counts.accepted, facts.total_rows) == (1, 1, 1)
    assert list(deposits.violations()) == []
    assert SlipMove.objects.count() == 2
    assert SlipFile.objects.count() == 2


# --- what the standard says of it ------------------------------------------------------------------------------------


def test_the_checklist_is_that_of_the_outcomes_type(world: deposit_world.World) -> None:
    deposit_world.add_item(world.issuer, "T1", kind="activity", outcome_class="social", type_code="S06", level=2)
    me, number = (
        make.learner(world),
        make.drafted(world, code="T1", form=Form(awarded_on="2026-06-30", grade="合格", hours="16")),
    )
    view = queries.view(Slip.objects.get(number=number))
    assert {asked.code: asked.required for asked in view.checklist} == {"attendance": True, "work": True}
    assert all("evidence.types.S06." in asked.reference for asked in view.checklist)

    def bring(asked_as: str) -> Any:
        scan = files.pdf(asked_as)
        return actions.attach(number=number, asked_as=asked_as, name="a.pdf", content=scan, by=me, now=NOW)

    assert denied(lambda: bring("assessment")) == "slip_file_kind", "social learning has it, lectures do not"
    bring("attendance")
    bring("work")
    actions.send(number=number, version=0, by=me, now=NOW)
    assert make.state(number) == "checking"


def test_where_only_institutions_deposit_no_person_does(world: deposit_world.World) -> None:
    number, officer, waiting = make.drafted(world), make.officer(), make.sent(world, which=1)
    make.complete(world, number)
    body = standard_builders.next_body()
    body["policy"]["deposited_by"] = {"value": "institutions", "reference": "S4 deposited by institutions only"}
    standard_builders.published(standard_builders.People(), body)
    me, later = make.learner(world), NOW + timedelta(days=60)
    for call in (
        lambda: actions.start(learner_id=world.learner_ids[0], item_version_id=make.item(), by=me, now=later),
        lambda: actions.send(number=number, version=0, by=me, now=later),
        lambda: actions.accept(number=waiting, version=1, by=officer, now=later),
    ):
        assert denied(call) == "slip_institutions_only"
    actions.refuse(number=waiting, version=1, reason_code="R-08", note="由学校存入", by=officer, now=later)
    given = make.award(world, which=2)
    pushed = actions.push(issuer_code=world.issuer.code, award=given, by=world.officer, now=later)
    outcome = actions.claim(number=pushed.number, by=make.learner(world, 2), now=later)
    assert outcome.credits == 300, "an award is the institution's own deposit"
    assert Outcome.objects.count() == 1
