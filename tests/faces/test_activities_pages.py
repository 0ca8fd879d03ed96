"""Activities in the hall and at the desk: from the announcement to the outcome, by pages alone."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tests.bank import activity_builders as build
from tests.bank import deposit_builders as deposits
from tests.bank import foundation_builders as foundation
from tests.faces import activity_site as site
from tests.faces import desk_builders as desk
from tests.faces import hall_builders as hall
from xuefen.bank.activities import actions, queries
from xuefen.bank.activities.models import Deed, Participation, Registration
from xuefen.bank.institutions.types import InstitutionKind, OutcomeClass
from xuefen.bank.learners.types import Opened
from xuefen.bank.shell.actor import EVERYTHING
from xuefen.bank.staff.types import Role
from xuefen.bank.standards import actions as standards

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _world(monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    desk.stop_clock(monkeypatch)
    desk.node()
    foundation.tree()
    foundation.institution("SQ", kind=InstitutionKind.COMMUNITY_SCHOOL, classes=(OutcomeClass.SOCIAL,))
    standards.load_shipped_packs(by=foundation.HOUSE, now=foundation.NOW)


def learner(number: int = 5, name: str = "林秋禾") -> tuple[Opened, Client]:
    opened = hall.online_account(number, name=name)
    return opened, hall.browser_of(opened)


# --- hall ------------------------------------------------------------------------------------------------------------


def test_scanning_the_code_and_pressing_once_checks_in() -> None:
    site.signed_scheme("SQ")
    number = site.lecture("SQ")
    _, browser = learner()
    address = reverse("hall:check_in", args=[number]) + f"?code={site.code_of(number)}"
    page = browser.get(address)
    assert page.status_code == 200 and site.code_of(number) in page.content.decode()
    assert not Participation.objects.exists()  # looking confirms nothing
    done = browser.post(reverse("hall:check_in", args=[number]), {"code": site.code_of(number)}, follow=True)
    assert "签到成功" in desk.text_of(done) and Participation.objects.get().how == "code"
    mine = desk.text_of(browser.get(reverse("hall:activities")))
    assert "家风讲座" in mine and "2 分，满 8 分成一项成果" in mine and "讲座 1 次 × 2 分" in mine


def test_whoever_is_not_signed_in_comes_back_to_the_code_after_signing_in() -> None:
    site.signed_scheme("SQ")
    answer = Client().get(reverse("hall:check_in", args=[site.lecture("SQ")]) + "?code=123456")
    assert answer.status_code == 302 and "code%3D123456" in answer["Location"]


def test_a_photograph_of_an_hour_ago_opens_nothing_and_guessing_ends() -> None:
    site.signed_scheme("SQ")
    number = site.lecture("SQ")
    _, browser = learner()
    address = reverse("hall:check_in", args=[number])
    old = site.code_of(number, at=desk.MONDAY - timedelta(hours=1))
    refused = browser.post(address, {"code": old})
    assert refused.status_code == 422 and "签到码不对或已经过期" in desk.text_of(refused)
    statuses = [browser.post(address, {"code": f"{n:06d}"}).status_code for n in range(10)]
    assert statuses[-1] == 429 and not Participation.objects.exists()


def test_registering_and_giving_the_place_back() -> None:
    site.signed_scheme("SQ")
    number = site.lecture("SQ", most=1)
    _, one = learner()
    _, two = learner(6, "钟野")
    assert "您已报名" in desk.text_of(one.post(reverse("hall:activity_join", args=[number]), follow=True))
    assert "名额已满" in desk.text_of(two.post(reverse("hall:activity_join", args=[number]), follow=True))
    one.post(reverse("hall:activity_leave", args=[number]))
    two.post(reverse("hall:activity_join", args=[number]))
    assert Registration.objects.filter(ended_at=None).count() == 1


def test_a_good_deed_waits_for_its_witness() -> None:
    site.signed_scheme("SQ")
    _, browser = learner()
    witness, other = learner(6, "钟野")
    form = {
        "kind": "SQ|gongde|deed",
        "text": "陪邻居老人取药。",
        "done_on": "2026-11-08",
        "witness": witness.account_no,
    }
    assert "等别人确认后计分" in desk.text_of(browser.post(reverse("hall:deed_report"), form, follow=True))
    number = Deed.objects.get().number
    assert browser.post(reverse("hall:deed_confirm", args=[number])).status_code == 403
    assert "等您作证" in desk.text_of(other.get(reverse("hall:activities")))
    other.post(reverse("hall:deed_confirm", args=[number]))
    assert Participation.objects.get().confirmed_learner_id == witness.learner_id
    wrong = browser.post(reverse("hall:deed_report"), {**form, "witness": "1234", "done_on": "2026-12-08"})
    assert wrong.status_code == 422 and "日期不能晚于今天" in desk.text_of(wrong)


def test_the_english_pages_are_english() -> None:
    site.signed_scheme("SQ")
    site.lecture("SQ")
    _, browser = learner()
    browser.cookies["django_language"] = "en"
    names = {"家风讲座", "社区学校一楼", "示例院校", "林秋禾", "功德银行"}
    for address in (reverse("hall:activities"), reverse("hall:deed_report")):
        assert set(desk.chinese_in(browser.get(address))) <= names


# --- desk ------------------------------------------------------------------------------------------------------------


def test_an_organiser_announces_shows_the_code_and_lists_who_came() -> None:
    site.signed_scheme("SQ")
    opened, _ = learner()
    officer = desk.at_work(Role.ISSUER_OFFICER, institution="SQ")
    form = {
        "kind": "SQ|gongde|lecture", "title": "冬季养生", "place": "一楼", "starts_at": "2026-11-09T09:50",
        "ends_at": "2026-11-09T11:00", "most": "20",
    }  # fmt: skip
    wrong = officer.post(reverse("desk:activity_open"), {**form, "ends_at": "2026-11-09T09:00"})
    assert wrong.status_code == 422 and "结束时间应在开始之后" in desk.text_of(wrong)
    page = officer.post(reverse("desk:activity_open"), form, follow=True)
    assert "冬季养生" in desk.text_of(page)
    (found,) = queries.activity_facts(queries.activities(EVERYTHING))
    venue = officer.get(reverse("desk:venue", args=[found.number]))
    code = site.code_of(found.number)
    assert f"{code[:3]} {code[3:]}" in desk.text_of(venue) and b'class="xf-qr"' in venue.content
    part = officer.get(reverse("desk:venue", args=[found.number]), headers={"HX-Request": "true"})
    assert b"<html" not in part.content and b'id="venue"' in part.content
    file = SimpleUploadedFile("名单.csv", f"姓名,账号\n林,{opened.account_no}\n甲,1234567890123456\n".encode())
    told = officer.post(reverse("desk:activity_list", args=[found.number]), {"accounts": "", "file": file})
    assert "确认了 1 人，下面 1 行没有" in desk.text_of(told) and "没有这个账户" in desk.text_of(told)
    number = Participation.objects.get().number
    back = officer.post(
        reverse("desk:participation_withdraw", args=[number]),
        {"reason": "不是本人", "activity": found.number},
        follow=True,
    )
    assert "已撤销" in desk.text_of(back) and "不是本人" in desk.text_of(back)


def test_a_period_is_looked_at_and_then_gathered() -> None:
    site.signed_scheme("SQ")
    opened, browser = learner()
    for day in range(4):
        starts = site.HELD.replace(month=6, day=1 + day)
        number = site.lecture("SQ", starts=starts)
        actions.confirm_list(number=number, text=opened.account_no, by=foundation.HOUSE, now=starts)
    officer = desk.at_work(Role.ISSUER_OFFICER, institution="SQ")
    page = desk.text_of(officer.get(reverse("desk:gather")))
    assert "1 人，1 项成果，0.5 学分" in page and "讲座 4 次 × 2 分" in page
    running = officer.post(reverse("desk:gather"), {"period": "SQ|gongde|2026-autumn"})
    assert running.status_code in (409, 422)
    done = officer.post(reverse("desk:gather"), {"period": "SQ|gongde|2026-spring"})
    assert done.status_code == 302 and "/desk/batches/" in done["Location"]
    page = desk.text_of(officer.get(reverse("desk:gather")))
    assert "没有要归集的" in page and "以前归集的" in page and "2026-spring" not in page
    earlier = desk.text_of(browser.get(reverse("hall:activities")))
    assert "2026 年春季" in earlier and "8 分折合 16 学时" in earlier


def test_a_scheme_is_proposed_by_one_and_signed_by_another() -> None:
    from xuefen.bank.institutions import queries as institutions

    deposits.add_item(
        institutions.by_code("SQ"), "S1", kind="activity", outcome_class="social", type_code="S01", level=3,
        effective_from=date(2026, 1, 1),
    )  # fmt: skip
    officer = desk.at_work(Role.ISSUER_OFFICER, institution="SQ")
    text = build.SCHEME.replace("2026-02-01", "2026-09-01")
    wrong = officer.post(
        reverse("desk:schemes"), {"institution": "SQ", "text": text.replace("points: 2", "points: two")}
    )
    assert wrong.status_code == 422 and "第 11 行" in desk.text_of(wrong)
    officer.post(reverse("desk:schemes"), {"institution": "SQ", "text": text})
    (row,) = queries.scheme_rows(queries.schemes(EVERYTHING))
    assert officer.post(reverse("desk:scheme_sign", args=[row.id])).status_code == 403
    branch = desk.at_work(Role.BRANCH_OFFICER, place="33")
    assert "等签署" in desk.text_of(branch.get(reverse("desk:schemes")))
    branch.post(reverse("desk:scheme_sign", args=[row.id]))
    assert queries.scheme_in_force(date(2026, 11, 9), institution_id=row.institution_id).id == row.id


def test_the_desk_in_english() -> None:
    site.signed_scheme("SQ")
    number = site.lecture("SQ")
    officer = desk.at_work(Role.ISSUER_OFFICER, institution="SQ")
    officer.cookies["django_language"] = "en"
    names = {
        "家风讲座",
        "社区学校一楼",
        "示例院校",
        "功德银行",
        "何映舟",
        "春季",
        "秋季",
        "讲座",
        "社团活动",
        "善行",
        "合格",
    }
    for address in (
        reverse("desk:activities"), reverse("desk:activity", args=[number]), reverse("desk:venue", args=[number]),
        reverse("desk:gather"), reverse("desk:schemes"),
    ):  # fmt: skip
        page = officer.get(address)
        assert page.status_code == 200
        assert set(desk.chinese_in(page)) <= names, address
