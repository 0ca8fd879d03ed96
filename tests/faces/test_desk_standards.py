"""Standards at the desk: read, write, compare, and the way of a version through the hands of several people."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.bank import foundation_builders as build
from tests.bank import standard_builders as make
from tests.faces import desk_builders as desk
from xuefen.bank.shell.actor import PUBLIC, Actor
from xuefen.bank.staff import queries as staff
from xuefen.bank.staff.types import Role
from xuefen.bank.standards import actions, queries
from xuefen.bank.standards.models import KindRequest, StandardProposal
from xuefen.bank.standards.rules.diff import to_yaml
from xuefen.bank.standards.types.life import State

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.faces.desk_urls")]
LIST_QUERIES = 9


@pytest.fixture(autouse=True)
def _house(monkeypatch: pytest.MonkeyPatch) -> None:
    desk.stop_clock(monkeypatch, make.NOW)
    desk.node()
    build.tree()
    actions.load_shipped_packs(by=make.HOUSE, now=make.OPENED)


@pytest.fixture
def people() -> make.People:
    return make.People()


def browser(actor: Actor) -> Client:
    client = Client()
    client.force_login(staff.user(_username(actor)))
    return client


def _username(actor: Actor) -> str:
    from xuefen.bank.staff.models import User

    return str(User.objects.get(pk=actor.user_id).username)


def at(monkeypatch: pytest.MonkeyPatch) -> None:
    desk.stop_clock(monkeypatch, make.AFTER)


class TestReading:
    def test_a_version_in_chapters_with_references_in_both_languages(self, people: make.People) -> None:
        client = browser(people.experts[0])
        page = desk.text_of(client.get("/desk/standards/cn-2026/1/"))
        assert "转换限额" in page and "转换总量" in page and "上限 50 %" in page
        assert "GD-ADULT all conversions at most 50 % of graduation credits" in page
        client.cookies["django_language"] = "en"
        page = desk.text_of(client.get("/desk/standards/cn-2026/1/"))
        assert "Limits on conversion" in page and "share at most 50 %" in page

    def test_what_is_not_there_is_not_found(self, people: make.People) -> None:
        client = browser(people.experts[0])
        for path in (
            "cn-2026/9/",
            "nothing/1/",
            "cn-2026/9/standard.yaml",
            "proposals/BZ1/",
            "compare/?a=x/1&b=cn-2026/1",
        ):
            assert client.get(f"/desk/standards/{path}").status_code == 404, path

    def test_the_list_costs_the_same_however_many_versions(
        self, people: make.People, django_assert_num_queries
    ) -> None:
        client = browser(people.hubs[0])
        client.get("/desk/standards/")
        with django_assert_num_queries(LIST_QUERIES):
            client.get("/desk/standards/")
        make.proposed(people)
        actions.load_pack(body=make.shipped() | {"code": "other"}, by=make.HOUSE, now=make.NOW)
        with django_assert_num_queries(LIST_QUERIES):
            page = desk.text_of(client.get("/desk/standards/"))
        assert "other" in page and "专家比对中" in page

    def test_yaml_comes_out_and_goes_in_again(self, people: make.People) -> None:
        response = browser(people.experts[0]).get("/desk/standards/cn-2026/1/standard.yaml")
        assert response.content.decode() == to_yaml(make.shipped())
        assert response.headers["Content-Disposition"] == 'attachment; filename="cn-2026-1.yaml"'

    def test_two_versions_side_by_side(self, people: make.People) -> None:
        number = make.proposed(people)
        page = desk.text_of(browser(people.hubs[0]).get(f"/desk/standards/compare/?a=cn-2026/1&b={number}"))
        assert "转换总量的上限由 50 % 改为 40 %" in page
        client = desk.at_work(Role.POINT_CLERK, place="330106001")
        assert client.get(f"/desk/standards/compare/?a=cn-2026/1&b={number}").status_code == 404


class TestWriting:
    def test_it_starts_from_a_version_with_the_next_number(self, people: make.People) -> None:
        page = browser(people.proposer).get("/desk/standards/edit/?from=cn-2026/1").content.decode()
        assert "version: 2" in page and "常改的数" in page

    def test_every_error_is_shown_with_its_line(self, people: make.People) -> None:
        text = (
            to_yaml(make.next_body())
            .replace("share: 40", "share: 140")
            .replace("working_days: 10", "working_days: ten")
        )
        lines = [
            n for n, line in enumerate(text.splitlines(), 1) if "share: 140" in line or "working_days: ten" in line
        ]
        response = browser(people.proposer).post(
            "/desk/standards/edit/", {"text": text, "note": "修订", "do": "propose"}
        )
        page = desk.text_of(response)
        assert response.status_code == 422 and "2 处错误" in page
        shown = re.findall(r'<td class="n h"[^>]*>(\d+)</td>', response.content.decode())
        assert [int(n) for n in shown] == lines
        assert (
            text.splitlines()[lines[0] - 1].replace("'", "&#x27;") in response.content.decode()
        )  # nothing typed is lost

    @pytest.mark.parametrize("text", ["", "a: [1", "just words", "- 1", "a: &x 1\nb: *x", "code: x\ncode: y"])
    def test_what_is_no_standard_is_told_not_crashed(self, people: make.People, text: str) -> None:
        response = browser(people.proposer).post("/desk/standards/edit/", {"text": text, "note": "修订", "do": "check"})
        assert response.status_code == 200 and (not text or "处错误" in desk.text_of(response))

    def test_the_short_form_writes_numbers_into_the_text(self, people: make.People) -> None:
        sent = {
            "text": to_yaml(make.next_body()),
            "note": "",
            "do": "values",
            "v:limits.total_share.share": "35",
            "v:steps.review.working_days": "7",
            "v:policy.tolerance.value": "1.5",
            "v:title.zh": "别的",
        }
        response = browser(people.proposer).post("/desk/standards/edit/", sent)
        page = desk.text_of(response)
        assert (
            "由 50 % 改为 35 %" in page
            and "由 10 个工作日 改为 7 个工作日" in page
            and "由 2.0 学分 改为 1.5 学分" in page
        )
        assert "别的" not in page
        bad = browser(people.proposer).post("/desk/standards/edit/", sent | {"v:limits.total_share.share": "many"})
        assert "1 处错误" in desk.text_of(bad)

    def test_a_file_replaces_the_text(self, people: make.People) -> None:
        file = SimpleUploadedFile("next.yaml", to_yaml(make.next_body(share=45)).encode())
        response = browser(people.proposer).post("/desk/standards/edit/", {"text": "x", "do": "check", "file": file})
        assert "由 50 % 改为 45 %" in desk.text_of(response)
        broken = SimpleUploadedFile("next.yaml", b"\xff\xfe\xff")
        response = browser(people.proposer).post("/desk/standards/edit/", {"text": "x", "do": "check", "file": broken})
        assert response.status_code == 200 and "处错误" in desk.text_of(response)

    def test_proposing(self, people: make.People) -> None:
        sent = {"text": to_yaml(make.next_body()), "note": "", "do": "propose"}
        client = browser(people.proposer)
        response = client.post("/desk/standards/edit/", sent)
        assert response.status_code == 422 and "请写明内容" in desk.text_of(response)
        response = client.post("/desk/standards/edit/", sent | {"note": make.NOTE})
        proposal = StandardProposal.objects.get(version=2)
        assert response.headers["Location"] == f"/desk/standards/proposals/{proposal.number}/"
        assert proposal.digest == queries.proposal(people.proposer, proposal.number).digest
        response = client.post("/desk/standards/edit/", sent | {"note": make.NOTE})
        assert response.status_code == 409 and "已有一个版本在办理" in desk.text_of(response)


class TestTheWay:
    def test_through_all_hands(self, people: make.People, monkeypatch: pytest.MonkeyPatch) -> None:
        number = make.proposed(people)
        where = f"/desk/standards/proposals/{number}/"
        first, second = (browser(expert) for expert in people.experts)
        hub, other_hub = (browser(one) for one in people.hubs)
        said = {"verdict": "support", "reasons": "限额合理，依据充分。"}
        assert first.post(f"{where}compare/", said).status_code == 302
        page = desk.text_of(second.get(where))
        assert "限额合理" not in page and "已有 1 位提交" in page
        assert "限额合理" in desk.text_of(hub.get(where))
        empty = second.post(f"{where}compare/", {"verdict": "support", "reasons": ""})
        assert empty.status_code == 422
        assert "至少要 2 位专家比对" in desk.text_of(hub.post(f"{where}consult/", {"working_days": 5}, follow=True))
        second.post(f"{where}compare/", {"verdict": "changes", "reasons": "建议下次再降。"})
        assert hub.post(f"{where}consult/", {"working_days": 3}).status_code == 422
        hub.post(f"{where}consult/", {"working_days": 5})
        actions.comment(
            number=number, name="周明远", place="limits", text="希望给在职学员放宽。", by=PUBLIC, now=make.NOW
        )
        page = desk.text_of(hub.get(where))
        assert "希望给在职学员放宽。" in page and "周*远" in page
        assert hub.post(f"{where}answer/1/", {"reply": ""}).status_code == 422
        hub.post(f"{where}answer/1/", {"reply": "已写入下一次修订计划。"})
        assert "到 2026-11-27 才结束" in desk.text_of(hub.post(f"{where}close/", follow=True))
        at(monkeypatch)
        hub.post(f"{where}close/")
        hub.post(f"{where}sign/")
        page = desk.text_of(hub.post(f"{where}sign/", follow=True))
        assert "您已经签署，另一次签署要由另一位办理。" in page
        assert "标准发布了" in desk.text_of(other_hub.post(f"{where}sign/", follow=True))
        assert queries.proposal(people.hubs[0], number).row.state is State.PUBLISHED
        assert "两人签署" in desk.text_of(hub.get("/desk/standards/cn-2026/2/"))
        make.proved()

    def test_only_for_those_who_may(self, people: make.People) -> None:
        number = make.proposed(people)
        where = f"/desk/standards/proposals/{number}/"
        outsider = desk.at_work(Role.REVIEWER, institution=build.institution("YL", number=4).code)
        assert outsider.get(where).status_code == 403
        expert, hub = browser(people.experts[0]), browser(people.hubs[0])
        for path in ("consult/", "close/", "sign/", "reject/"):
            assert expert.post(where + path, {"working_days": 5, "reason": "不行"}).status_code == 403, path
        assert hub.post(f"{where}compare/", {"verdict": "support", "reasons": "可以的"}).status_code == 403
        assert hub.post(f"{where}withdraw/", {"reason": "不要了吧"}).status_code == 403
        assert (
            browser(people.proposer).post(f"{where}compare/", {"verdict": "support", "reasons": "可以的"}).status_code
            == 403
        )

    def test_rejecting_and_withdrawing(self, people: make.People) -> None:
        number = make.proposed(people)
        where = f"/desk/standards/proposals/{number}/"
        hub, proposer = browser(people.hubs[0]), browser(people.proposer)
        assert hub.post(f"{where}reject/", {"reason": ""}).status_code == 422
        assert "撤回这一版" in desk.text_of(proposer.get(where))
        proposer.post(f"{where}withdraw/", {"reason": "有笔误，重提。"})
        page = desk.text_of(hub.get(where))
        assert "已撤回" in page and "有笔误，重提。" in page and "驳回这一版" not in page

    def test_retiring_and_the_yearly_revision(self, people: make.People) -> None:
        hub = browser(people.hubs[0])
        where = "/desk/standards/cn-2026/1/"
        assert "该做年度修订了" not in desk.text_of(hub.get("/desk/standards/"))
        assert hub.post(f"{where}review/", {"note": ""}).status_code == 422
        hub.post(f"{where}review/", {"note": "逐条核对，不用改。"})
        assert queries.version_row("cn-2026", 1).review_on == date(2027, 11, 20)
        assert hub.post(f"{where}retire/", {"on": "2027-01-01", "reason": ""}).status_code == 422
        assert hub.post(f"{where}retire/", {"on": "2025-01-01", "reason": "换新标准。"}).status_code == 422
        hub.post(f"{where}retire/", {"on": "2027-06-01", "reason": "换新标准。"})
        assert queries.version_row("cn-2026", 1).retired_on == date(2027, 6, 1)
        assert "换新标准。" in desk.text_of(hub.get(where))
        assert (
            browser(people.experts[0]).post(f"{where}retire/", {"on": "2027-07-01", "reason": "不行的"}).status_code
            == 403
        )


SENT = {"name": "数字徽章", "outcome_class": "social", "description": "十学时以内的在线微认证，有考核。"}


class TestNewKinds:
    def test_an_issuer_asks_and_the_hub_answers(self, people: make.People, monkeypatch: pytest.MonkeyPatch) -> None:
        for code, number in (("QH", 5), ("OT", 6)):
            build.institution(code, number=number)
        issuer = desk.at_work(Role.ISSUER_OFFICER, institution="QH")
        other = desk.at_work(Role.ISSUER_OFFICER, institution="OT")
        assert issuer.post("/desk/standards/kinds/", SENT | {"institution_code": "OT"}).status_code == 422
        issuer.post("/desk/standards/kinds/", SENT | {"institution_code": "QH"})
        row = KindRequest.objects.get()
        assert "数字徽章" in desk.text_of(issuer.get("/desk/standards/kinds/"))
        assert "数字徽章" not in desk.text_of(other.get("/desk/standards/kinds/"))
        hub = browser(people.hubs[0])
        assert "剩 92 天" in desk.text_of(hub.get("/desk/standards/"))
        monkeypatch.setattr("xuefen.bank.shell.clock.now", lambda: make.NOW.replace(year=2027, month=2, day=25))
        assert "超期 5 天" in desk.text_of(hub.get("/desk/standards/kinds/"))
        where = f"/desk/standards/kinds/{row.number}/close/"
        assert issuer.post(where, {"do": "decline", "reason": "不需要。"}).status_code == 403
        assert "没有成果类型 X9" in desk.text_of(hub.post(where, {"do": "settle", "type_code": "x9"}, follow=True))
        hub.post(where, {"do": "decline", "reason": "没有考核，只能记录。"})
        row.refresh_from_db()
        assert (row.state, row.reason) == ("declined", "没有考核，只能记录。")

    def test_what_is_missing_is_said_at_its_field(self, people: make.People) -> None:
        response = browser(people.hubs[0]).post("/desk/standards/kinds/", SENT | {"description": "太短"})
        assert response.status_code == 422 and "请写明内容，至少 10 个字。" in desk.text_of(response)


@pytest.mark.parametrize("path", ["", "compare/?a=cn-2026/1&b=cn-2026/1", "kinds/", "edit/", "proposals/{number}/"])
def test_no_chinese_is_left_on_an_english_page(people: make.People, path: str) -> None:
    number = make.consulting(people)
    client = browser(people.hubs[0])
    client.cookies["django_language"] = "en"
    response = client.get(f"/desk/standards/{path.format(number=number)}")
    names = [
        "顾怀安",
        "陆知白",
        "方闻音",
        "程砚秋",
        "沈知行",
        "按今年的修订意见",
        "与现行标准相比更稳妥",
        "总平台",
        "优秀",
        "不及格",
    ]
    left = [run for run in desk.chinese_in(response) if not any(name in run or run in name for name in names)]
    allowed = {word for found in make.shipped()["grades"].values() for word in _words(found["value"])}
    assert [run for run in left if run not in allowed] == []


def _words(value: object) -> list[str]:
    return list(value) if isinstance(value, (list, dict)) else [str(value)]
