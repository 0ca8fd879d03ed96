"""What each use case writes: rows, moves, audit, leaves, credit; and what it refuses."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.db import connection

from tests.bank import foundation_builders as foundations
from tests.bank.recognition_builders import APPLIED, HOUSE, World, another_learner, applied, draft, plan_for, world
from xuefen.bank.audit.models import AuditEntry
from xuefen.bank.catalogue.models import Programme, ProgrammeItem
from xuefen.bank.conversion import actions as conversion
from xuefen.bank.learners import actions as learners
from xuefen.bank.ledger import queries as ledger
from xuefen.bank.ledger.types import CREDIT_NOT_FREE, IDEMPOTENCY_CONFLICT, Balance, BookKind
from xuefen.bank.recognition import actions, queries
from xuefen.bank.recognition.models import Application, ApplicationUse, Move, Objection
from xuefen.bank.recognition.types import (
    ACCOUNT_NOT_OPEN,
    APPLICATION_RUNNING,
    MOVE_NOT_ALLOWED,
    NOTE_NEEDED,
    OBJECTION_CONTACT,
    OBJECTOR_NAME,
    PLAN_EMPTY,
    PLAN_STALE,
    REASON_UNKNOWN,
    TIME_IS_UP,
    Event,
    State,
    SweepReport,
)
from xuefen.bank.shell.actor import EVERYTHING, PUBLIC, Actor
from xuefen.bank.shell.problems import NOT_ALLOWED, NOT_FOUND, STALE, Denied, Problem
from xuefen.bank.staff.types import Role
from xuefen.bank.translog.models import QueuedLeaf

pytestmark = pytest.mark.django_db


def refused(problem: Problem, act: Callable[..., object], **given: object) -> Denied:
    """The refusal of an act, in both languages complete."""
    with pytest.raises(Denied) as denied:
        act(**given)
    assert denied.value.problem is problem
    assert "{" not in denied.value.sentence("zh") + denied.value.sentence("en")
    return denied.value


def whole() -> None:
    assert [*queries.violations(), *ledger.violations()] == []


def balance(w: World) -> Balance:
    return ledger.balance(BookKind.LEARNER, w.learner_id)


def again(application: Application) -> Application:
    return Application.objects.get(pk=application.pk)


def to_convert(w: World, **given: object) -> Application:
    application = applied(w, **given)
    return actions.approve(number=application.number, version=1, by=w.reviewer, now=APPLIED)


def to_notice(w: World, **given: object) -> Application:
    application = to_convert(w, **given)
    return actions.convert(number=application.number, version=2, by=w.reviewer, now=APPLIED)


def to_objection(w: World, **given: object) -> Application:
    application = to_notice(w, **given)
    objected(application)
    return again(application)


def objected(application: Application, *, now: datetime = APPLIED, by: Actor = PUBLIC) -> Objection:
    return actions.object_(
        number=application.number, by_name="欧阳娜娜", text="证书不是本人的。", contact="138 0000 0000", by=by, now=now
    )


def to_archived(w: World, **given: object) -> Application:
    application = to_notice(w, **given)
    actions.sweep(now=application.due_at)
    return again(application)


# --- applying --------------------------------------------------------------------------------------------------------


def test_applying_writes_everything_at_once() -> None:
    w = world()
    plan = plan_for(w)
    application = applied(w, key="k")
    assert again(application).state == "review"
    assert (application.version, application.credits, application.receiver_id) == (1, 600, w.receiver.pk)
    assert application.due_at.isoformat() == "2026-11-17T00:00:00+08:00"
    assert json.loads(bytes(again(application).plan)) == plan.to_json()
    assert list(
        Move.objects.values_list("seq", "from_state", "event", "to_state", "actor_kind", "actor_name", "note")
    ) == [(1, "new", "apply", "review", "learner", "", "")]
    assert list(ApplicationUse.objects.order_by("line").values_list("line", "credits", "reservation__kind")) == [
        (0, 300, "reserve"),
        (1, 300, "reserve"),
    ]
    assert balance(w) == Balance(received=600, sent=0, held=600)
    entry = AuditEntry.objects.get(action="application.apply")
    assert (entry.subject_id, entry.before, entry.after) == (
        application.number,
        {"state": "new"},
        {"state": "review", "version": 1},
    )
    whole()


def test_the_first_leaf_commits_to_the_holder_and_names_nobody() -> None:
    w = world()
    application = applied(w)
    body = bytes(QueuedLeaf.objects.get(pk=Move.objects.get().leaf_id).body).decode()
    leaf = json.loads(body)
    assert leaf["kind"] == "application.move"
    assert (leaf["application"], leaf["seq"], leaf["from"], leaf["event"], leaf["to"]) == (
        application.number, 1, "new", "apply", "review",
    )  # fmt: skip
    assert (leaf["programme"], leaf["credits"], leaf["at"]) == ("YL/PB@2026", 600, "2026-11-02T02:00:00Z")
    assert len(leaf["holder"]) == len(leaf["plan"]) == 64
    assert w.account_no not in body
    assert "林" not in body


def test_a_double_click_is_one_application() -> None:
    w = world()
    first = applied(w, key="k")
    given = {"learner_id": w.learner_id, "programme_id": w.programme.id, "by": w.learner, "now": APPLIED}
    plan = queries.application(EVERYTHING, first.number, now=APPLIED).plan
    assert actions.apply(plan=plan, key="k", **given).pk == first.pk
    assert Application.objects.count() == 1
    other = replace(plan, lines=plan.lines[:1])
    refused(IDEMPOTENCY_CONFLICT, actions.apply, plan=other, key="k", **given)
    whole()


def test_an_empty_plan_is_refused() -> None:
    w = world(outcomes=0)
    given = {"learner_id": w.learner_id, "programme_id": w.programme.id, "by": w.learner, "now": APPLIED}
    refused(PLAN_EMPTY, actions.apply, plan=plan_for(w), key="k", **given)
    assert not Application.objects.exists()


def test_a_plan_made_under_a_rule_that_changed_is_refused_with_what_changed() -> None:
    w = world()
    plan = plan_for(w)
    conversion.publish_rules(
        agreement_number=w.agreement, rules=[draft(0, number=w.rule_numbers[0])], by=HOUSE, now=APPLIED
    )
    given = {"learner_id": w.learner_id, "programme_id": w.programme.id, "by": w.learner, "now": APPLIED}
    denied = refused(PLAN_STALE, actions.apply, plan=plan, key="k", **given)
    assert denied.params["changes_zh"] == f"规则 {w.rule_numbers[0]} 已改为第 2 版"
    assert balance(w).held == 0


def test_an_outcome_is_in_one_running_application() -> None:
    w = world()
    plan = plan_for(w)
    first = applied(w)
    given = {"learner_id": w.learner_id, "programme_id": w.programme.id, "by": w.learner, "now": APPLIED}
    denied = refused(APPLICATION_RUNNING, actions.apply, plan=plan, key="other", **given)
    assert first.number[-4:] in str(denied.params["number"]).replace(" ", "")
    own = replace(plan, programme_version="2027")
    refused(CREDIT_NOT_FREE, actions.apply, plan=own, key="other", **(given | {"programme_id": next_version(w)}))
    whole()


def next_version(w: World) -> int:
    """The same programme of the receiver in another version, so that the running application does not stand in the way."""
    found = Programme.objects.filter(institution=w.receiver, version="2027").first()
    if found is None:
        found = Programme.objects.get(pk=w.programme.id)
        items = list(ProgrammeItem.objects.filter(programme=found))
        found.pk, found.version = None, "2027"
        found.save()
        for item in items:
            item.pk, item.programme = None, found
        ProgrammeItem.objects.bulk_create(items)
    return found.pk


def test_withdrawn_credit_can_be_applied_with_again() -> None:
    w = world()
    first = applied(w)
    actions.withdraw(number=first.number, version=1, note="想再等等", by=w.learner, now=APPLIED)
    assert balance(w) == Balance(received=600, sent=0, held=0)
    second = applied(w)
    assert second.pk != first.pk
    assert balance(w).held == 600
    whole()


def test_a_frozen_account_cannot_apply() -> None:
    w = world()
    plan = plan_for(w)
    learners.freeze(account_no=w.account_no, reason="核查", by=HOUSE, now=APPLIED)
    refused(
        ACCOUNT_NOT_OPEN, actions.apply, learner_id=w.learner_id, programme_id=w.programme.id, plan=plan, key="k",
        by=w.learner, now=APPLIED,
    )  # fmt: skip


def test_later_learning_is_converted_by_a_second_application_under_the_same_caps() -> None:
    w = world(outcomes=12)  # 36 credits; half of the programme's 60 may be converted
    first = to_archived(w, only=6)
    assert first.state == "archived"
    later = first.entered_at + timedelta(hours=9)
    plan = plan_for(w, now=later)
    assert (plan.totals.recognised, plan.totals.done) == (1200, 1800)
    applied(w, now=later)
    assert balance(w) == Balance(received=3600, sent=1800, held=1200)
    whole()


# --- deciding --------------------------------------------------------------------------------------------------------


def test_the_whole_road_with_people() -> None:
    w = world()
    application = to_archived(w)
    assert (application.state, application.decided_by, application.due_at) == ("archived", "person", None)
    assert [(m.seq, m.event, m.to_state, m.actor_kind) for m in Move.objects.order_by("seq")] == [
        (1, "apply", "review", "learner"),
        (2, "approve", "convert", "staff"),
        (3, "convert", "notice", "staff"),
        (4, "notice_over", "archived", "system"),
    ]
    assert balance(w) == Balance(received=600, sent=600, held=0)
    assert ledger.balance(BookKind.RECEIVER, w.receiver.pk).received == 600
    assert AuditEntry.objects.filter(subject_id=application.number).count() == 4
    whole()


def test_a_refusal_needs_a_code_of_the_standard_and_grounds() -> None:
    w = world()
    application = applied(w)
    given = {"number": application.number, "version": 1, "by": w.reviewer, "now": APPLIED}
    refused(REASON_UNKNOWN, actions.refuse, reason_code="R-99", note="不行", **given)
    refused(NOTE_NEEDED, actions.refuse, reason_code="R-01", note=" ", **given)
    done = actions.refuse(reason_code="R-01", note="大纲只重合六成。", **given)
    assert (done.state, done.reason_code, done.decided_by, done.due_at) == ("refused", "R-01", "person", None)
    view = queries.application(w.learner.scope("applications.read"), done.number, now=APPLIED)
    assert view.reason == ("课程内容重合度不足 80 %", "Content overlap below 80 percent")
    assert (view.moves[-1].reason_code, view.moves[-1].note) == ("R-01", "大纲只重合六成。")
    assert balance(w) == Balance(received=600, sent=0, held=0)
    whole()


def test_a_decision_on_what_has_changed_is_refused() -> None:
    w = world()
    application = applied(w)
    actions.approve(number=application.number, version=1, by=w.reviewer, now=APPLIED)
    given = {"number": application.number, "version": 1, "by": w.reviewer, "now": APPLIED}
    refused(STALE, actions.refuse, reason_code="R-01", note="不行", **given)
    assert again(application).state == "convert"


def test_after_the_deadline_nobody_can_refuse_whether_or_not_the_sweep_has_run() -> None:
    w = world()
    application = applied(w)
    given = {"number": application.number, "version": 1, "by": w.reviewer, "now": application.due_at}
    refused(TIME_IS_UP, actions.refuse, reason_code="R-01", note="不行", **given)
    refused(TIME_IS_UP, actions.approve, **given)
    assert actions.sweep(now=application.due_at) == SweepReport(consented=1)


_REACH: dict[State, Callable[..., Application]] = {
    State.REVIEW: applied,
    State.CONVERT: to_convert,
    State.NOTICE: to_notice,
    State.OBJECTION: to_objection,
}
_ACTS: dict[Event, Callable[[World, Application], object]] = {
    Event.APPROVE: lambda w, a: actions.approve(number=a.number, version=a.version, by=w.reviewer, now=APPLIED),
    Event.REFUSE: lambda w, a: actions.refuse(
        number=a.number, version=a.version, reason_code="R-01", note="不行", by=w.reviewer, now=APPLIED
    ),
    Event.CONVERT: lambda w, a: actions.convert(number=a.number, version=a.version, by=w.reviewer, now=APPLIED),
    Event.WITHDRAW: lambda w, a: actions.withdraw(number=a.number, version=a.version, by=w.learner, now=APPLIED),
    Event.OBJECT: lambda w, a: objected(a),
    Event.UPHOLD: lambda w, a: actions.answer_objection(
        number=a.number, version=a.version, uphold=True, reply="属实", by=w.branch, now=APPLIED
    ),
    Event.REJECT_OBJECTION: lambda w, a: actions.answer_objection(
        number=a.number, version=a.version, uphold=False, reply="不属实", by=w.branch, now=APPLIED
    ),
}
_LEGAL = {
    (State.REVIEW, Event.APPROVE): "convert",
    (State.REVIEW, Event.REFUSE): "refused",
    (State.REVIEW, Event.WITHDRAW): "withdrawn",
    (State.CONVERT, Event.CONVERT): "notice",
    (State.CONVERT, Event.WITHDRAW): "withdrawn",
    (State.NOTICE, Event.OBJECT): "objection",
    (State.NOTICE, Event.WITHDRAW): "withdrawn",
    (State.OBJECTION, Event.OBJECT): "objection",
    (State.OBJECTION, Event.UPHOLD): "stopped",
    (State.OBJECTION, Event.REJECT_OBJECTION): "notice",
}


@pytest.mark.parametrize("state", list(_REACH))
def test_every_verb_in_every_state(state: State) -> None:
    w = world(outcomes=1)
    for number, event in enumerate(_ACTS, 2):
        application = _REACH[state](w, learner_id=another_learner(w, number))
        acting = replace(w, learner_id=application.learner_id)
        if (state, event) in _LEGAL:
            _ACTS[event](acting, application)
            assert again(application).state == _LEGAL[state, event]
        else:
            refused(MOVE_NOT_ALLOWED, _ACTS[event], w=acting, a=application)
            assert again(application).state == state
    whole()


@pytest.mark.parametrize("event", list(_ACTS))
def test_what_has_ended_stays_ended(event: Event) -> None:
    w = world(outcomes=1)
    application = applied(w)
    actions.withdraw(number=application.number, version=1, by=w.learner, now=APPLIED)
    refused(MOVE_NOT_ALLOWED, _ACTS[event], w=w, a=again(application))


def test_who_may_do_what() -> None:
    w = world()
    application = applied(w)
    stranger = foundations.as_learner(another_learner(w, 2))
    elsewhere = foundations.at_institution(Role.REVIEWER, w.issuer.pk)
    other_branch = foundations.at_place(Role.BRANCH_OFFICER, foundations.SHANGHAI)
    clerk = foundations.at_place(Role.POINT_CLERK, foundations.POINT)
    about = {"number": application.number, "version": 1, "now": APPLIED}
    refused(NOT_FOUND, actions.withdraw, by=stranger, **about)
    refused(NOT_ALLOWED, actions.withdraw, by=w.reviewer, **about)
    refused(NOT_FOUND, actions.approve, by=elsewhere, **about)
    refused(NOT_ALLOWED, actions.approve, by=w.learner, **about)
    refused(NOT_ALLOWED, actions.approve, by=PUBLIC, **about)
    refused(NOT_FOUND, actions.answer_objection, by=other_branch, uphold=True, reply="x", **about)
    for by in (w.learner, w.reviewer, w.branch, clerk):
        assert queries.application(by.scope("applications.read"), application.number, now=APPLIED)
    for by in (stranger, elsewhere, other_branch):
        refused(
            NOT_FOUND, lambda by=by: queries.application(by.scope("applications.read"), application.number, now=APPLIED)
        )
    plan = plan_for(w, learner_id=stranger.learner_id)
    given = {"programme_id": w.programme.id, "plan": plan, "now": APPLIED}
    with pytest.raises(Denied) as denied:
        actions.apply(learner_id=w.learner_id, by=stranger, key="x", **given)
    assert denied.value.code == "account_unknown"
    assert actions.apply(learner_id=stranger.learner_id, by=clerk, key="y", **given).state == "review"


# --- objections ------------------------------------------------------------------------------------------------------


def test_an_objection_is_masked_sealed_and_stops_the_clock() -> None:
    w = world()
    application = to_notice(w)
    noticed_due = application.due_at
    objection = objected(application, now=APPLIED + timedelta(days=1))
    assert objection.by_name == "欧**娜"
    assert "欧阳".encode() not in bytes(Objection.objects.get().contact_sealed)
    stopped = again(application)
    assert (stopped.state, stopped.due_at > noticed_due) == ("objection", True)
    found = queries.objectors(w.branch, application.number)
    assert [(o.name, o.contact) for o in found] == [("欧阳娜娜", "138 0000 0000")]
    refused(NOT_ALLOWED, lambda: queries.objectors(w.reviewer, application.number))
    assert list(Move.objects.order_by("seq").values_list("actor_kind", "actor_name"))[-1] == ("public", "")
    done = actions.answer_objection(
        number=application.number, version=4, uphold=False, reply="已核对原件。", by=w.branch,
        now=APPLIED + timedelta(days=3),
    )  # fmt: skip
    assert (done.state, done.due_at) == ("notice", noticed_due + timedelta(days=2))  # Tuesday to Thursday
    view = queries.application(w.learner.scope("applications.read"), application.number, now=APPLIED)
    assert [(o.masked_name, o.outcome, o.reply) for o in view.objections] == [("欧**娜", "rejected", "已核对原件。")]
    whole()


def test_an_upheld_objection_stops_the_application_and_frees_the_credit() -> None:
    w = world()
    application = to_objection(w)
    objected(application)
    done = actions.answer_objection(
        number=application.number, version=5, uphold=True, reply="情况属实。", by=w.branch, now=APPLIED
    )
    assert done.state == "stopped"
    assert set(Objection.objects.values_list("outcome", "reply")) == {("upheld", "情况属实。")}
    assert balance(w).held == 0
    whole()


def test_a_joining_objection_does_not_start_the_clock_anew() -> None:
    w = world()
    application = to_objection(w)
    before = application.due_at
    objected(application, now=APPLIED + timedelta(days=2))
    assert again(application).due_at == before


def test_an_objection_names_somebody_who_can_be_reached() -> None:
    w = world()
    number = to_notice(w).number
    given = {"number": number, "by": PUBLIC, "now": APPLIED}
    refused(OBJECTOR_NAME, actions.object_, by_name=" ", text="x", contact="y", **given)
    refused(OBJECTION_CONTACT, actions.object_, by_name="甲", text="x", contact="", **given)
    refused(NOTE_NEEDED, actions.object_, by_name="甲", text="", contact="y", **given)
    assert Application.objects.get(number=number).state == "notice"


def test_after_the_notice_it_is_too_late_to_object() -> None:
    w = world()
    application = to_notice(w)
    refused(TIME_IS_UP, lambda: objected(application, now=application.due_at))


# --- together --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_two_people_deciding_at_once_exactly_one_wins() -> None:
    w = world()
    application = applied(w)
    start, results = threading.Barrier(4), []

    def decide(act: Callable[..., object], **given: object) -> None:
        try:
            start.wait()
            act(number=application.number, version=1, by=w.reviewer, now=APPLIED, **given)
            results.append("done")
        except Denied as denied:
            results.append(denied.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=decide, args=(actions.approve,)) for _ in range(2)]
    threads += [
        threading.Thread(target=decide, args=(actions.refuse,), kwargs={"reason_code": "R-01", "note": "不行"})
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["done", "stale", "stale", "stale"]
    assert Move.objects.filter(seq=2).count() == 1
    whole()


@pytest.mark.django_db(transaction=True)
def test_a_double_click_that_arrives_at_once_is_one_application() -> None:
    w = world()
    plan = plan_for(w)
    start, numbers = threading.Barrier(3), []

    def click() -> None:
        try:
            start.wait()
            made = actions.apply(
                learner_id=w.learner_id, programme_id=w.programme.id, plan=plan, key="k", by=w.learner, now=APPLIED
            )
            numbers.append(made.number)
        finally:
            connection.close()

    threads = [threading.Thread(target=click) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(numbers) == 3
    assert len(set(numbers)) == 1
    assert balance(w).held == 600
    whole()
