"""Pure decisions in the life of a version."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from tests.bank.standard_builders import shipped
from xuefen.bank.shell.problems import Denied
from xuefen.bank.standards.rules import life, parse_pack
from xuefen.bank.standards.types.life import Event, State, Verdict

S, C, O = Verdict.SUPPORT, Verdict.CHANGES, Verdict.OPPOSE  # noqa: E741 - the three verdicts


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        ([], "standard_comparisons_missing"),
        ([S], "standard_comparisons_missing"),
        ([S, S], None),
        ([S, C], None),
        ([S, O], "standard_comparisons_opposed"),
        ([O, O, S], "standard_comparisons_opposed"),
        ([S, C, O], None),
    ],
)
def test_two_experts_and_more_for_than_against(verdicts: list[Verdict], code: str | None) -> None:
    if code is None:
        life.check_compared_enough(verdicts)
        return
    with pytest.raises(Denied, match=code):
        life.check_compared_enough(verdicts)


def test_a_consultation_counts_working_days() -> None:
    now = datetime(2026, 9, 28, 2, 0, tzinfo=UTC)  # the national holiday lies between
    end = life.consultation_end(now=now, working_days=5)
    assert end.date() == date(2026, 10, 11)  # 29, 30 September, 8, 9 and 10 October (worked in exchange)
    for days in (0, 4, 121, -1):
        with pytest.raises(Denied, match="consultation_days"):
            life.consultation_end(now=now, working_days=days)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 11, 20), 3, date(2027, 2, 20)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2027, 11, 30), 3, date(2028, 2, 29)),
        (date(2026, 12, 1), 12, date(2027, 12, 1)),
    ],
)
def test_three_months_end_on_the_day_of_the_same_number(day: date, months: int, expected: date) -> None:
    assert life.months_later(day, months) == expected


@pytest.mark.parametrize(
    ("today", "left", "share", "overdue", "owed"),
    [
        (date(2026, 11, 20), 92, 0, False, 0),
        (date(2027, 1, 4), 47, 48, False, 0),
        (date(2027, 1, 5), 46, 50, False, 1),
        (date(2027, 2, 2), 18, 80, False, 2),
        (date(2027, 2, 20), 0, 100, False, 2),
        (date(2027, 2, 21), 0, 101, True, 2),
    ],
)
def test_the_timer_of_a_new_kind(today: date, left: int, share: int, overdue: bool, owed: int) -> None:
    found = life.timer(since=date(2026, 11, 20), due=date(2027, 2, 20), today=today)
    assert (found.left, found.share, found.overdue, life.reminders_owed(found)) == (left, share, overdue, owed)


def test_signatures_are_two_persons_and_never_the_proposers() -> None:
    assert life.check_signer(user_id=1, proposer_id=3, signed=[]) is Event.SIGN
    assert life.check_signer(user_id=2, proposer_id=3, signed=[1]) is Event.PUBLISH
    with pytest.raises(Denied, match="standard_signed_already"):
        life.check_signer(user_id=1, proposer_id=3, signed=[1])
    with pytest.raises(Denied, match="standard_proposer_excluded"):
        life.check_signer(user_id=3, proposer_id=3, signed=[1])


def test_an_expert_who_may_still_compare_sees_no_other_opinion() -> None:
    def sees(**changed: object) -> bool:
        facts = {"state": State.COMPARING, "may_compare": True, "is_proposer": False, "compared": False} | changed
        return life.sees_comparisons(**facts)  # type: ignore[arg-type]

    assert not sees()
    assert sees(compared=True) and sees(may_compare=False) and sees(is_proposer=True) and sees(state=State.CONSULTING)


def test_what_each_person_may_do() -> None:
    def may(state: State, **changed: object) -> set[Event]:
        facts = {
            "is_proposer": False,
            "compares": False,
            "publishes": False,
            "compared": False,
            "signatures": 0,
            "signed": False,
        }
        return set(life.moves_open(state=state, **(facts | changed)))  # type: ignore[arg-type]

    assert may(State.COMPARING) == set()
    assert may(State.COMPARING, compares=True) == {Event.COMPARE}
    assert may(State.COMPARING, compares=True, compared=True) == set()
    assert may(State.COMPARING, compares=True, is_proposer=True) == {Event.WITHDRAW}
    assert may(State.COMPARING, publishes=True) == {Event.CONSULT, Event.REJECT}
    assert may(State.SIGNING, publishes=True) == {Event.SIGN, Event.REJECT}
    assert may(State.SIGNING, publishes=True, signatures=1) == {Event.PUBLISH, Event.REJECT}
    assert may(State.SIGNING, publishes=True, signatures=1, signed=True) == {Event.REJECT}
    assert may(State.SIGNING, publishes=True, is_proposer=True) == {Event.REJECT, Event.WITHDRAW}
    assert may(State.PUBLISHED, publishes=True) == {Event.RETIRE}
    assert may(State.REJECTED, publishes=True, compares=True) == set()


def test_versions_follow_one_another_and_never_apply_backwards() -> None:
    life.check_next_version(code="x", version=1, published=[])
    life.check_next_version(code="x", version=4, published=[1, 3])
    for version in (1, 3, 5):
        with pytest.raises(Denied, match="standard_version_not_next"):
            life.check_next_version(code="x", version=version, published=[1, 3])
    life.check_effective(date(2026, 11, 20), today=date(2026, 11, 20))
    with pytest.raises(Denied, match="standard_effective_passed"):
        life.check_effective(date(2026, 11, 19), today=date(2026, 11, 20))


@pytest.mark.parametrize("text", ["", "  好 ", "a\u202eb cd", "x" * 2001])
def test_words_are_checked(text: str) -> None:
    with pytest.raises(Denied) as caught:
        life.checked_words(text, place="text")
    assert caught.value.place == "text"
    assert life.checked_words(" 第一行\n第二行 ", place="text") == "第一行 第二行"


@pytest.mark.parametrize(
    ("name", "code"),
    [("社区教育课程", "S01"), ("社區教育課程", "S01"), (" 讲座 与 展览", "S06"), ("数字徽章", None)],
)
def test_a_kind_is_known_by_its_name_in_normal_form(name: str, code: str | None) -> None:
    found = life.type_named(life.kind_key(name), parse_pack(shipped()).types)
    assert (found.code[:3] if found else None) == code


def test_the_standard_itself_says_how_long() -> None:
    body = shipped()
    body["upkeep"]["new_type_months"]["value"] = 2
    body["upkeep"]["revise_months"]["value"] = 24
    quick, usual = parse_pack(body), parse_pack(shipped())
    assert life.kind_due(date(2026, 11, 20), [usual]) == date(2027, 2, 20)
    assert life.kind_due(date(2026, 11, 20), [usual, quick]) == date(2027, 1, 20)
    assert life.kind_due(date(2026, 11, 20), []) == date(2027, 2, 20)
    assert life.review_day(date(2026, 1, 1), usual) == date(2027, 1, 1)
    assert life.review_day(date(2026, 1, 1), quick) == date(2028, 1, 1)
