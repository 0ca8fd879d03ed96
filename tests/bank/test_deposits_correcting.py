"""Correcting and revoking an outcome: nothing is changed, everything stays visible, and what rests on it follows."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from tests.bank import foundation_builders as foundations
from tests.bank.recognition_builders import APPLIED, HOUSE, World, applied, deposit, world
from tests.bank.supervision_builders import arbiter, officer
from tests.faces.desk_builders import node
from xuefen.bank.certificates import actions as certificates
from xuefen.bank.certificates import queries as papers
from xuefen.bank.certificates.types import CertificateState, StatusReason
from xuefen.bank.deposits import queries as outcomes
from xuefen.bank.deposits.models import Outcome, OutcomeChange
from xuefen.bank.deposits.types import Correction, OutcomeEvent, OutcomeState
from xuefen.bank.insight import queries as insight
from xuefen.bank.ledger import queries as books
from xuefen.bank.ledger.types import BookKind
from xuefen.bank.recognition import actions as recognition
from xuefen.bank.recognition import queries as applications
from xuefen.bank.recognition.models import Application
from xuefen.bank.recognition.types import State
from xuefen.bank.shell.actor import EVERYTHING
from xuefen.bank.shell.problems import Denied
from xuefen.bank.staff.types import Role
from xuefen.bank.supervision import actions, queries
from xuefen.bank.supervision.models import Arbitration
from xuefen.bank.supervision.types import ArbitrationState

pytestmark = pytest.mark.django_db
LATER = APPLIED + timedelta(days=60)
ROOMS = ("ledger", "deposits", "recognition", "certificates", "supervision")


@pytest.fixture(autouse=True)
def _bank(settings: Any, tmp_path: Path) -> None:
    settings.XUEFEN_LOG, settings.XUEFEN_PUBLIC = tmp_path / "log", tmp_path / "public"
    node()
    certificates.publish_trust(now=APPLIED)
    certificates.publish_status(now=APPLIED)


def broken() -> list[Any]:
    """What ``xuefen prove`` says of the rooms this touches."""
    return [violation for room in ROOMS for violation in insight.CHECKS[room]()]


def numbers(w: World) -> list[str]:
    return list(Outcome.objects.filter(learner_id=w.learner_id).order_by("id").values_list("number", flat=True))


def archived(w: World, **how: Any) -> Application:
    """An application whose review, conversion and notice are over."""
    application = applied(w, **how)
    recognition.approve(number=application.number, version=1, by=w.reviewer, now=APPLIED)
    recognition.convert(number=application.number, version=2, by=w.reviewer, now=APPLIED)
    recognition.sweep(now=LATER)
    application.refresh_from_db()
    assert application.state == State.ARCHIVED
    return application


def available(w: World) -> int:
    return books.balance(BookKind.LEARNER, w.learner_id).available


# --- correction ------------------------------------------------------------------------------------------------------


def test_a_correction_stands_beside_what_it_corrects() -> None:
    w = world(outcomes=1)
    (old,) = numbers(w)
    done = actions.correct(
        number=old, correction=Correction(grade="91", serial="K-1"), reason="成绩登记错误", by=officer(w), now=APPLIED
    )
    was, now_is = outcomes.outcome(EVERYTHING, old), outcomes.outcome(EVERYTHING, done.replacement)
    assert (was.state, was.grade, was.free) == (OutcomeState.CORRECTED, "85", 0)
    assert (now_is.state, now_is.grade, now_is.serial, now_is.free) == (OutcomeState.VALID, "91", "K-1", 300)
    assert (now_is.item_version_id, now_is.awarded_on) == (was.item_version_id, was.awarded_on)
    (change,) = outcomes.history(was.id).changes
    assert (change.event, change.reason, change.replacement) == (
        OutcomeEvent.CORRECTED,
        "成绩登记错误",
        done.replacement,
    )
    assert change.by_name == officer(w).name
    assert outcomes.history(now_is.id).corrects == old
    assert available(w) == 300
    assert broken() == []


def test_a_correction_can_be_corrected_back_and_the_sheet_stays_a_duplicate() -> None:
    w = world(outcomes=1)
    (old,) = numbers(w)
    first = actions.correct(number=old, correction=Correction(grade="91"), reason="一", by=officer(w), now=APPLIED)
    second = actions.correct(
        number=first.replacement, correction=Correction(grade="85"), reason="二", by=officer(w), now=APPLIED
    )
    assert outcomes.outcome(EVERYTHING, second.replacement).grade == "85"
    assert available(w) == 300
    with pytest.raises(AssertionError, match="duplicates=1"):  # the sheet is known: its rows come in once
        deposit(w.account_no, items=range(2))
    assert broken() == []


REFUSED = [
    (Correction(), "nothing_corrected"),
    (Correction(grade="85"), "nothing_corrected"),
    (Correction(grade="59"), "grade_below_pass"),
    (Correction(grade="=1"), "cell_formula"),
    (Correction(item_code="NONE"), "item_code_unknown"),
    (Correction(awarded_on="2031-01-01"), "date_in_future"),
    (Correction(item_code="A1"), "duplicate"),
]


def test_what_cannot_be_said_is_refused_and_nothing_changes() -> None:
    w = world(outcomes=2)
    old, _ = numbers(w)
    for says, code in REFUSED:
        with pytest.raises(Denied) as denied:
            actions.correct(number=old, correction=says, reason="更正", by=officer(w), now=APPLIED)
        assert denied.value.code == code
    assert outcomes.outcome(EVERYTHING, old).state is OutcomeState.VALID
    assert not OutcomeChange.objects.exists()


def test_only_the_issuer_and_the_supervisor_take_back() -> None:
    w = world(outcomes=1)
    (old,) = numbers(w)
    for stranger, code in (
        (w.reviewer, "not_allowed"),
        (w.learner, "not_allowed"),
        (foundations.at_institution(Role.ISSUER_OFFICER, w.receiver.pk), "outcome_unknown"),
    ):
        with pytest.raises(Denied) as denied:
            actions.revoke(number=old, reason="x", by=stranger, now=APPLIED)
        assert denied.value.code == code
    for reason in ("", " ", "长" * 401):
        with pytest.raises(Denied, match="reason_missing"):
            actions.revoke(number=old, reason=reason, by=officer(w), now=APPLIED)


def test_what_was_taken_back_is_not_taken_back_again() -> None:
    w = world(outcomes=2)
    first, second = numbers(w)
    actions.revoke(number=first, reason="录错", by=officer(w), now=APPLIED)
    with pytest.raises(Denied, match="outcome_revoked"):
        actions.correct(number=first, correction=Correction(grade="90"), reason="x", by=officer(w), now=APPLIED)
    actions.correct(number=second, correction=Correction(grade="90"), reason="x", by=officer(w), now=APPLIED)
    with pytest.raises(Denied, match="outcome_corrected"):
        actions.revoke(number=second, reason="x", by=officer(w), now=APPLIED)


# --- what follows ----------------------------------------------------------------------------------------------------


def test_an_application_under_way_ends_and_all_its_credit_is_free() -> None:
    w = world(outcomes=2)
    application = applied(w)
    gone, stays = numbers(w)
    done = actions.revoke(number=gone, reason="成绩造假", by=officer(w), now=APPLIED + timedelta(days=1))
    assert (done.ended, done.arbitration) == ((application.number,), "")
    view = applications.application(EVERYTHING, application.number, now=APPLIED)
    assert (view.row.state, view.moves[-1].note) == (State.VOIDED, "成绩造假")
    assert outcomes.outcome(EVERYTHING, stays).free == 300
    assert (available(w), books.balance(BookKind.LEARNER, w.learner_id).held) == (300, 0)
    assert broken() == []
    applied(w, now=APPLIED + timedelta(days=1))  # the learner may apply again at once with what is left


def test_a_correction_that_weakens_nothing_leaves_the_conversion_standing() -> None:
    w = world(outcomes=2)
    application = archived(w)
    old, _ = numbers(w)
    done = actions.correct(
        number=old, correction=Correction(grade="95", serial="补-1"), reason="补编号", by=officer(w), now=LATER
    )
    assert (done.moved, done.doubted, done.arbitration) == ((application.number,), (), "")
    application.refresh_from_db()
    assert application.state == State.ARCHIVED
    assert outcomes.outcome(EVERYTHING, done.replacement).free == 0
    assert (available(w), books.balance(BookKind.RECEIVER, w.receiver.pk).received) == (0, 600)
    assert applications.mine(EVERYTHING, now=LATER)[0].outcomes == 2
    assert broken() == []
    then = actions.revoke(number=done.replacement, reason="查实造假", by=officer(w), now=LATER)
    assert then.doubted == (application.number,)
    assert broken() == []


def doubted(w: World) -> tuple[Application, str, str]:
    """An archived conversion in doubt, its certificate, the arbitration."""
    application = archived(w)
    paper = certificates.issue_conversion(application_number=application.number, by=HOUSE, now=LATER).number
    done = actions.revoke(number=numbers(w)[0], reason="证书编号系伪造", by=officer(w), now=LATER)
    application.refresh_from_db()
    return application, paper, done.arbitration


def test_a_conversion_goes_in_doubt_with_its_certificate_and_a_case_opens() -> None:
    w = world(outcomes=2)
    application, paper, number = doubted(w)
    assert application.state == State.IN_DOUBT
    standing = papers.facts(EVERYTHING, paper)
    assert (standing.state, standing.reason) == (CertificateState.SUSPENDED, StatusReason.UNDER_INVESTIGATION)
    case = queries.arbitration(EVERYTHING, number, now=LATER)
    assert (case.state, case.reason, case.opened_by) == (ArbitrationState.OPEN, "证书编号系伪造", officer(w).name)
    assert [a.number for a in case.affected] == [application.number]
    assert case.clock is not None and case.clock.total > 0
    assert (available(w), books.balance(BookKind.RECEIVER, w.receiver.pk).received) == (0, 300)
    for scope in (foundations.as_learner(w.learner_id), w.reviewer, officer(w), w.branch):
        assert queries.arbitration_of(scope.scope("arbitrations.read"), application=application.number, now=LATER)
    assert broken() == []


def test_upheld_the_conversion_is_undone_and_the_rest_is_the_learners_again() -> None:
    w = world(outcomes=2)
    application, paper, number = doubted(w)
    case = actions.decide_arbitration(number=number, uphold=True, grounds="查证属实", by=arbiter(), now=LATER)
    application.refresh_from_db()
    assert (case.state, application.state) == (ArbitrationState.UPHELD, State.UNDONE)
    assert papers.facts(EVERYTHING, paper).reason is StatusReason.CONVERSION_REVOKED
    gone, stays = (outcomes.outcome(EVERYTHING, n) for n in numbers(w))
    assert (gone.state, stays.free) == (OutcomeState.REVOKED, 300)
    assert (available(w), books.balance(BookKind.RECEIVER, w.receiver.pk).received) == (300, 0)
    assert broken() == []
    with pytest.raises(Denied, match="arbitration_decided"):
        actions.decide_arbitration(number=number, uphold=False, grounds="x", by=arbiter(), now=LATER)
    with pytest.raises(Denied, match="reinstate_final"):
        actions.reinstate(number=gone.number, reason="x", by=arbiter(), now=LATER)
    applied(w, now=LATER)


def test_overturned_both_stand_as_before_and_may_be_doubted_again() -> None:
    w = world(outcomes=2)
    application, paper, number = doubted(w)
    actions.decide_arbitration(number=number, uphold=False, grounds="发证机构查错了人", by=arbiter(), now=LATER)
    application.refresh_from_db()
    assert application.state == State.ARCHIVED
    assert papers.facts(EVERYTHING, paper).state is CertificateState.VALID
    back = outcomes.outcome(EVERYTHING, numbers(w)[0])
    assert (back.state, back.free) == (OutcomeState.VALID, 0)
    assert (available(w), books.balance(BookKind.RECEIVER, w.receiver.pk).received) == (0, 600)
    assert broken() == []
    again = actions.revoke(number=back.number, reason="新的证据", by=officer(w), now=LATER)
    assert again.arbitration not in ("", number)
    actions.decide_arbitration(number=again.arbitration, uphold=False, grounds="证据不足", by=arbiter(), now=LATER)
    assert broken() == []


def test_a_weakening_correction_is_undone_with_the_decision() -> None:
    w = world(outcomes=1)
    application = archived(w)
    (old,) = numbers(w)
    done = actions.correct(number=old, correction=Correction(grade="61"), reason="登高了", by=officer(w), now=LATER)
    assert done.doubted == (application.number,)
    assert outcomes.outcome(EVERYTHING, done.replacement).free == 300  # the learner has what is undisputed
    actions.decide_arbitration(number=done.arbitration, uphold=False, grounds="原成绩无误", by=arbiter(), now=LATER)
    assert outcomes.outcome(EVERYTHING, old).state is OutcomeState.VALID
    assert outcomes.outcome(EVERYTHING, done.replacement).state is OutcomeState.REVOKED
    application.refresh_from_db()
    assert application.state == State.ARCHIVED
    assert broken() == []


def test_two_outcomes_in_doubt_are_decided_one_by_one() -> None:
    w = world(outcomes=2)
    application, paper, first = doubted(w)
    second = actions.revoke(number=numbers(w)[1], reason="另一项也有问题", by=officer(w), now=LATER).arbitration
    actions.decide_arbitration(number=first, uphold=False, grounds="一", by=arbiter(), now=LATER)
    application.refresh_from_db()
    assert application.state == State.IN_DOUBT
    assert papers.facts(EVERYTHING, paper).state is CertificateState.SUSPENDED
    assert broken() == []
    actions.decide_arbitration(number=second, uphold=True, grounds="二", by=arbiter(), now=LATER)
    application.refresh_from_db()
    assert application.state == State.UNDONE
    assert outcomes.outcome(EVERYTHING, numbers(w)[0]).free == 300
    assert broken() == []


def test_nobody_decides_about_their_own_act_and_no_program_decides() -> None:
    w = world(outcomes=1)
    archived(w)
    me = arbiter()
    number = actions.revoke(number=numbers(w)[0], reason="x", by=me, now=LATER).arbitration
    for who, code in ((me, "arbitration_same_person"), (HOUSE, "arbitration_person"), (w.reviewer, "not_allowed")):
        with pytest.raises(Denied) as denied:
            actions.decide_arbitration(number=number, uphold=True, grounds="x", by=who, now=LATER)
        assert denied.value.code == code
    with pytest.raises(Denied, match="grounds_missing"):
        actions.decide_arbitration(number=number, uphold=True, grounds=" ", by=arbiter("other"), now=LATER)
    row = Arbitration.objects.get(number=number)
    with pytest.raises(IntegrityError), transaction.atomic():
        Arbitration.objects.filter(pk=row.pk).update(
            state="upheld", decided_by_id=row.opened_by_id, decided_at=LATER, grounds="x", leaf_id=1
        )


def test_a_mistaken_revocation_is_mended_by_somebody_else() -> None:
    w = world(outcomes=1)
    (number,) = numbers(w)
    by = officer(w)
    with pytest.raises(Denied, match="outcome_stands"):
        actions.reinstate(number=number, reason="x", by=arbiter(), now=APPLIED)
    actions.revoke(number=number, reason="误操作", by=by, now=APPLIED)
    with pytest.raises(Denied, match="not_allowed"):
        actions.reinstate(number=number, reason="x", by=by, now=APPLIED)
    facts = actions.reinstate(number=number, reason="误操作，恢复", by=arbiter(), now=APPLIED)
    assert (facts.state, facts.free) == (OutcomeState.VALID, 300)
    assert [c.event for c in outcomes.history(facts.id).changes] == [OutcomeEvent.REVOKED, OutcomeEvent.REINSTATED]
    assert broken() == []


FORGERIES = [
    ("UPDATE outcome SET state = 'valid'", "its changes lead to revoked"),
    ("UPDATE outcome_change SET event = 'reinstated'", "says revoked, its changes do not"),
    ("DELETE FROM outcome_change", "its changes lead to None"),
    (
        "UPDATE arbitration SET state = 'overturned', decided_by_id = opened_by_id, opened_by_id = NULL, decided_at = now(),"
        " grounds = 'x', leaf_id = 1",
        "overturned, but outcome",
    ),
    ("UPDATE application SET state = 'archived', due_at = NULL, remind_at = NULL", "its moves lead to in_doubt"),
    ("DELETE FROM transfer WHERE kind = 'refund'", "redeemed is 0, its transfers"),
    ("UPDATE arbitration SET open_leaf_id = open_leaf_id + 1000", "its row does not"),
]


def test_prove_sees_what_a_superuser_forged() -> None:
    w = world(outcomes=1)
    archived(w)
    actions.revoke(number=numbers(w)[0], reason="x", by=officer(w), now=LATER)
    assert broken() == []
    for forgery, found in FORGERIES:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL session_replication_role = replica")
                cursor.execute(forgery)
            told = broken()
            transaction.set_rollback(True)
        assert any(found in v.found for v in told), (forgery, told)


def test_the_database_lets_no_outcome_change_quietly() -> None:
    w = world(outcomes=1)
    actions.revoke(number=numbers(w)[0], reason="x", by=officer(w), now=APPLIED)
    for forbidden in (
        lambda: Outcome.objects.update(state="valid"),
        lambda: OutcomeChange.objects.update(reason="y"),
        lambda: OutcomeChange.objects.all()._raw_delete("default"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            forbidden()
