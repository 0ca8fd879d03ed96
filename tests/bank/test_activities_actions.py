"""Schemes signed by two, check-ins, lists, good deeds by a second person, and periods gathered once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from tests.bank import activity_builders as build
from tests.bank import foundation_builders as foundation
from xuefen.bank.activities import actions, queries
from xuefen.bank.activities.models import Participation
from xuefen.bank.deposits import actions as deposits
from xuefen.bank.deposits import queries as outcomes
from xuefen.bank.learners.models import Learner
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.problems import Denied
from xuefen.bank.staff.types import Role

pytestmark = pytest.mark.django_db
HOUSE = foundation.HOUSE


def refused(code: str) -> Any:
    return pytest.raises(Denied, match=f"^{code}")


def gather(here: build.World, *, by: Actor | None = None, now: datetime = build.GATHER_DAY) -> Any:
    made = actions.gather(institution_code="ylu", period="2026-spring", by=by or here.officer, now=now)
    if made.batch_id:
        deposits.run(batch_id=made.batch_id, by=HOUSE, now=now)
    return made


def no_violations() -> None:
    assert [*queries.violations()] == []
    assert [*outcomes.violations()] == []


# --- schemes ---------------------------------------------------------------------------------------------------------


def test_nothing_counts_before_a_second_person_signed() -> None:
    base = build.deposits.world(1)
    officer = build.person(Role.ISSUER_OFFICER, institution=base.issuer.pk)
    row = actions.propose_scheme(institution_code="ylu", text=build.SCHEME, by=officer, now=build.SPRING)
    with refused("scheme_none"):
        queries.scheme_in_force(date(2026, 6, 1), institution_id=base.issuer.pk)
    with refused("not_allowed"):
        actions.sign_scheme(scheme_id=row.id, by=officer, now=build.SPRING)
    both = build.person(Role.BRANCH_OFFICER, place=foundation.ZHEJIANG)
    with connection.cursor() as cursor:
        cursor.execute("SELECT proposed_by_id FROM activity_scheme")
        assert cursor.fetchone() == (officer.user_id,)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE activity_scheme SET signed_by_id = proposed_by_id, signed_at = now(), leaf_id = 1 WHERE id = %s",
            [row.id],
        )
    signed = actions.sign_scheme(scheme_id=row.id, by=both, now=build.SPRING)
    assert signed.signed_at == build.SPRING
    with refused("scheme_signed"):
        actions.sign_scheme(scheme_id=row.id, by=both, now=build.SPRING)


def test_a_version_begins_with_a_period_and_never_in_the_past() -> None:
    here = build.world(1)
    second = build.SCHEME.replace("version: 1", "version: 2")
    with refused("scheme_running"):
        actions.propose_scheme(institution_code="ylu", text=second, by=here.officer, now=build.SPRING)
    with refused("scheme_exists"):
        actions.propose_scheme(institution_code="ylu", text=build.SCHEME, by=here.officer, now=build.SPRING)
    late = second.replace("2026-02-01", "2025-09-01")
    with refused("scheme_late"):
        actions.propose_scheme(institution_code="ylu", text=late, by=here.officer, now=build.SPRING)
    split = second.replace("2026-02-01", "2026-10-01").replace('starts: "09-01"', 'starts: "10-01"')
    with refused("scheme_breaks"):
        actions.propose_scheme(institution_code="ylu", text=split, by=here.officer, now=build.SPRING)
    good = actions.propose_scheme(
        institution_code="ylu", text=second.replace("2026-02-01", "2026-09-01"), by=here.officer, now=build.SPRING
    )
    actions.sign_scheme(scheme_id=good.id, by=here.branch, now=build.SPRING)
    on = {day: queries.scheme_in_force(day, institution_id=here.base.issuer.pk).scheme.version
          for day in (date(2026, 8, 31), date(2026, 9, 1))}  # fmt: skip
    assert on == {date(2026, 8, 31): 1, date(2026, 9, 1): 2}


def test_a_scheme_names_an_item_that_exists() -> None:
    here = build.world(1)
    for item in ("NONE", "C1"):  # none, and one that is a course
        text = build.SCHEME.replace("item: S1", f"item: {item}").replace("gongde", "other")
        with refused("scheme_item"):
            actions.propose_scheme(institution_code="ylu", text=text, by=here.officer, now=build.SPRING)


# --- activities ------------------------------------------------------------------------------------------------------


def test_check_in_by_the_code_of_this_minute() -> None:
    here = build.world(2)
    found = build.lecture(here)
    learner = here.learners[0]
    me = foundation.as_learner(learner)
    now = found.starts_at + timedelta(minutes=5)
    with refused("code_wrong"):
        actions.check_in(
            number=found.number, code=build.code_of(found, now - timedelta(hours=1)), learner_id=learner, by=me, now=now
        )
    done = actions.check_in(number=found.number, code=build.code_of(found, now), learner_id=learner, by=me, now=now)
    assert (done.attended, done.registered, done.confirmed) == (True, True, 1)
    with refused("already_confirmed"):
        actions.check_in(number=found.number, code=build.code_of(found, now), learner_id=learner, by=me, now=now)
    with refused("not_allowed"):
        actions.check_in(
            number=found.number, code=build.code_of(found, now), learner_id=here.learners[1], by=me, now=now
        )
    late = found.ends_at + timedelta(minutes=31)
    with refused("code_not_now"):
        actions.check_in(number=found.number, code=build.code_of(found, late), learner_id=learner, by=me, now=late)
    no_violations()


def test_places_are_counted_and_given_back() -> None:
    here = build.world(2)
    found = build.lecture(here, most=1)
    one, two = here.learners[:2]
    now = found.starts_at - timedelta(hours=1)
    actions.join(number=found.number, learner_id=one, by=foundation.as_learner(one), now=now)
    assert actions.join(number=found.number, learner_id=one, by=foundation.as_learner(one), now=now).taken == 1
    with refused("activity_full"):
        actions.join(number=found.number, learner_id=two, by=foundation.as_learner(two), now=now)
    actions.leave(number=found.number, learner_id=one, by=foundation.as_learner(one), now=now)
    with refused("not_registered"):
        actions.leave(number=found.number, learner_id=one, by=foundation.as_learner(one), now=now)
    assert actions.join(number=found.number, learner_id=two, by=foundation.as_learner(two), now=now).places_left == 0


def test_the_organisers_list_tells_each_line() -> None:
    here = build.world(3)
    found = build.lecture(here, kind="club")
    text = f"姓名,账号\n甲,{here.accounts[0]}\n乙,{here.accounts[0]}\n丙,9999999999999999\n丁,{here.accounts[1]}"
    Learner.objects.filter(pk=here.learners[1]).update(state="frozen")
    with refused("list_early"):
        actions.confirm_list(number=found.number, text=text, by=here.officer, now=found.starts_at - timedelta(hours=1))
    done = actions.confirm_list(number=found.number, text=text, by=here.officer, now=found.ends_at)
    assert [(one.line, one.problem.code if one.problem else "") for one in done] == [
        (2, ""), (3, "list_twice"), (4, "list_account"), (5, "list_not_open"),
    ]  # fmt: skip
    again = actions.confirm_list(number=found.number, text=text, by=here.officer, now=found.ends_at)
    assert again[0].problem is not None and again[0].problem.code == "already_confirmed"
    elsewhere = build.person(Role.ISSUER_OFFICER, institution=here.base.issuer.pk + 999)
    with refused("activity_unknown"):
        actions.confirm_list(number=found.number, text=text, by=elsewhere, now=found.ends_at)


def test_an_activity_is_cancelled_only_while_nobody_took_part() -> None:
    here = build.world(1)
    found = build.lecture(here)
    build.came(here, found, 0)
    with refused("activity_held"):
        actions.cancel_activity(number=found.number, reason="下雨", by=here.officer, now=found.ends_at)
    other = build.lecture(here, on=date(2026, 6, 2))
    assert actions.cancel_activity(
        number=other.number, reason="下雨", by=here.officer, now=other.starts_at
    ).cancelled_at
    with refused("activity_cancelled"):
        actions.join(
            number=other.number,
            learner_id=here.learners[0],
            by=foundation.as_learner(here.learners[0]),
            now=other.starts_at,
        )


def test_a_confirmation_is_taken_back_by_a_row_of_its_own() -> None:
    here = build.world(1)
    found = build.lecture(here)
    (number,) = build.came(here, found, 0)
    gone = actions.withdraw(number=number, reason="签到人不是本人", by=here.officer, now=found.ends_at)
    assert gone.withdrawn == "签到人不是本人"
    with refused("participation_withdrawn"):
        actions.withdraw(number=number, reason="再来", by=here.officer, now=found.ends_at)
    (again,) = build.came(here, found, 0)
    assert again != number and Participation.objects.count() == 2
    no_violations()


# --- good deeds ------------------------------------------------------------------------------------------------------


def test_a_good_deed_needs_somebody_else() -> None:
    here = build.world(3)
    me, witness, other = (foundation.as_learner(pk) for pk in here.learners)
    with refused("deed_self"):
        build.deed(here, 0, witness=here.accounts[0])
    with refused("deed_witness"):
        build.deed(here, 0, witness="1234567890123456")
    number = build.deed(here, 0, witness=here.accounts[1])
    now = datetime(2026, 6, 11, tzinfo=UTC)
    with refused("deed_self"):
        actions.confirm_deed(number=number, by=me, now=now)
    with refused("deed_unknown"):
        actions.confirm_deed(number=number, by=other, now=now)
    assert [d.text for d in queries.deed_facts(queries.deeds_to_witness(here.learners[1]), reader=witness)] == [
        "陪邻居老人去医院取药。"
    ]
    actions.confirm_deed(number=number, by=witness, now=now)
    with refused("deed_settled"):
        actions.confirm_deed(number=number, by=here.officer, now=now)
    (told,) = queries.deed_facts(queries.deeds_of(here.learners[0]), reader=other)
    assert (told.state, told.text) == ("confirmed", None)  # nobody else reads it
    no_violations()


def test_a_declined_deed_counts_nothing() -> None:
    here = build.world(1)
    number = build.deed(here)
    now = datetime(2026, 6, 11, tzinfo=UTC)
    actions.decline_deed(number=number, reason="没有这回事", by=here.officer, now=now)
    with refused("deed_settled"):
        actions.confirm_deed(number=number, by=here.officer, now=now)
    (told,) = queries.deed_facts(queries.deeds_of(here.learners[0]), reader=here.officer)
    assert (told.state, told.reason, told.text) == ("declined", "没有这回事", "陪邻居老人去医院取药。")


def test_no_sign_in_of_the_learners_own_confirms_their_deed() -> None:
    """The database says so too, whatever the code above it does."""
    here = build.world(1)
    number = build.deed(here)
    own = build.user("own")
    Learner.objects.filter(pk=here.learners[0]).update(user=own)
    staff = Actor(kind="staff", name="own", user_id=own.pk, grants=here.officer.grants)
    with pytest.raises(IntegrityError, match="second person"):
        actions.confirm_deed(number=number, by=staff, now=datetime(2026, 6, 11, tzinfo=UTC))
