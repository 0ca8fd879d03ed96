from datetime import date

import pytest
from django.db import DatabaseError, transaction

from tests.bank.foundation_builders import (
    HOUSE,
    NOW,
    SHANGHAI,
    TODAY,
    ZHEJIANG,
    at_place,
    credit_code,
    institution,
    tree,
)
from xuefen.bank.audit.models import AuditEntry
from xuefen.bank.institutions import actions, queries
from xuefen.bank.institutions.models import Institution, Qualification
from xuefen.bank.institutions.types import InstitutionKind, OutcomeClass
from xuefen.bank.shell.actor import EVERYTHING, Actor, Scope
from xuefen.bank.shell.problems import Denied
from xuefen.bank.staff.types import Role

pytestmark = pytest.mark.django_db
DEGREE, VOCATIONAL, SOCIAL = OutcomeClass


def _register(*, code: str = "zju", uscc: str = "", place_code: str = "33", by: Actor = HOUSE) -> Institution:
    return actions.register(
        code=code,
        uscc=uscc or credit_code(1),
        name_zh="浙江示例大学",
        name_en="Zhejiang Example University",
        kind=InstitutionKind.UNIVERSITY,
        place_code=place_code,
        by=by,
        now=NOW,
    )


def _qualify(*, start: date = date(2026, 1, 1), end: date = date(2026, 12, 31), by: Actor = HOUSE) -> Qualification:
    return actions.qualify(
        institution_code="zju", outcome_class=DEGREE, effective_from=start, expires_on=end, basis="评审", by=by, now=NOW
    )


def test_a_branch_registers_on_its_own_ground_only() -> None:
    tree()
    officer = at_place(Role.BRANCH_OFFICER, ZHEJIANG)
    stored = _register(by=officer)
    assert queries.by_code("zju") == stored
    entry = AuditEntry.objects.get(action="institutions.registered")
    assert entry.after == {"uscc": credit_code(1), "name": "浙江示例大学", "kind": "university", "place": "33"}
    with pytest.raises(Denied, match="not_allowed"):
        _register(code="fdu", uscc=credit_code(2), place_code="31", by=officer)


@pytest.mark.parametrize(("code", "number"), [("zju", 2), ("other", 1)])
def test_code_and_credit_code_are_each_registered_once(code: str, number: int) -> None:
    tree()
    _register()
    with pytest.raises(Denied, match="institution_exists"):
        _register(code=code, uscc=credit_code(number))
    assert Institution.objects.count() == 1


def test_an_unknown_institution_is_said_so() -> None:
    with pytest.raises(Denied) as caught:
        queries.by_code("nobody")
    assert (caught.value.code, caught.value.params) == ("institution_unknown", {"code": "nobody"})


def test_classes_follow_the_reviews_day_by_day() -> None:
    tree()
    zju = institution("zju", classes=(VOCATIONAL, SOCIAL))
    _qualify()
    assert queries.qualified_classes(zju.pk, on=TODAY) == {DEGREE, VOCATIONAL, SOCIAL}
    assert queries.qualified_classes(zju.pk, on=date(2027, 1, 1)) == {VOCATIONAL, SOCIAL}
    assert queries.qualified_classes(zju.pk, on=date(2019, 1, 1)) == frozenset()


def test_an_ended_qualification_stops_on_that_day_and_can_be_renewed() -> None:
    tree()
    zju = institution("zju")
    first = _qualify()
    ended = actions.end_qualification(
        institution_code="zju", outcome_class=DEGREE, ended_on=date(2026, 6, 1), reason="抽查不合格", by=HOUSE, now=NOW
    )
    assert ended == 1
    assert queries.qualified_classes(zju.pk, on=date(2026, 5, 31)) == {DEGREE}
    assert queries.qualified_classes(zju.pk, on=date(2026, 6, 1)) == frozenset()
    entry = AuditEntry.objects.get(action="institutions.qualification_ended")
    assert (entry.reason, entry.after) == ("抽查不合格", {"class": "degree", "ended_on": "2026-06-01", "rows": 1})
    _qualify(start=date(2026, 9, 1))
    assert queries.qualified_classes(zju.pk, on=TODAY) == {DEGREE}
    first.refresh_from_db()
    assert (first.ended_on, first.expires_on) == (date(2026, 6, 1), date(2026, 12, 31))


def test_what_cannot_be_qualified_or_ended() -> None:
    tree()
    institution("zju")
    with pytest.raises(Denied, match="qualification_dates"):
        _qualify(start=date(2026, 2, 1), end=date(2026, 1, 31))
    with pytest.raises(Denied, match="not_allowed"):
        _qualify(by=at_place(Role.BRANCH_OFFICER, SHANGHAI))
    with pytest.raises(Denied, match="not_qualified"):
        actions.end_qualification(
            institution_code="zju", outcome_class=DEGREE, ended_on=TODAY, reason="", by=HOUSE, now=NOW
        )
    assert not Qualification.objects.exists()


def test_a_review_is_never_rewritten() -> None:
    tree()
    institution("zju")
    qualification = _qualify()
    rows = Qualification.objects.filter(pk=qualification.pk)
    with pytest.raises(DatabaseError, match="may change"), transaction.atomic():
        rows.update(expires_on=date(2099, 1, 1))
    with pytest.raises(DatabaseError, match="facts"), transaction.atomic():
        rows.delete()
    rows.update(ended_on=TODAY)
    with pytest.raises(DatabaseError, match="facts"), transaction.atomic():
        rows.update(ended_on=None)


def test_lists_stay_inside_the_scope() -> None:
    tree()
    zju, fdu = institution("zju"), institution("fdu", number=2, place_code="31")
    assert list(queries.institutions(EVERYTHING)) == [fdu, zju]
    assert list(queries.institutions(Scope(place_paths=(ZHEJIANG,)))) == [zju]
    assert list(queries.institutions(Scope(institution_ids=frozenset({fdu.pk})))) == [fdu]
    assert list(queries.institutions(Scope())) == []


def test_an_end_before_the_beginning_is_reported() -> None:
    tree()
    institution("zju")
    qualification = _qualify()
    assert list(queries.violations()) == []
    Qualification.objects.filter(pk=qualification.pk).update(ended_on=date(2025, 1, 1))
    assert [v.subject for v in queries.violations()] == [f"qualification {qualification.pk}"]
