"""Deposit slips on the pages: a learner fills one in, an officer checks it, an issuer awards, a learner claims."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.bank import deposit_builders as world_of
from tests.bank import evidence_builders as files
from tests.bank import intake_builders as make
from tests.faces import desk_builders as desk
from tests.faces import hall_builders as hall
from xuefen.bank.deposits.models import Outcome
from xuefen.bank.intake import actions
from xuefen.bank.intake.models import Slip, SlipFile
from xuefen.bank.learners.types import Opened
from xuefen.bank.staff.types import Role
from xuefen.config.settings import evidence_storage

pytestmark = pytest.mark.django_db
GOOD = {"awarded_on": "2026-06-30", "grade": "85", "hours": "", "serial": "NO-7", "note": ""}


@pytest.fixture
def world(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[world_of.World]:
    settings.STORAGES = settings.STORAGES | {"evidence": evidence_storage(str(tmp_path / "evidence"))}
    desk.stop_clock(monkeypatch, world_of.NOW)
    yield make.world()


@pytest.fixture
def owner(world: world_of.World) -> Opened:
    return hall.online_account(77, name="钟野")


def upload(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def begun(client: Client) -> str:
    page = client.get("/slips/new/?q=C1")
    assert "示例C1" in desk.text_of(page)
    response = client.post("/slips/new/", {"item": str(make.item("C1"))})
    return str(response.url)


def sent(client: Client) -> str:
    """A learner's whole way to the sending; the number."""
    address = begun(client)
    given = {**GOOD, "do": "send", "version": "0"}
    client.post(
        f"{address}change/",
        given
        | {"file_transcript": upload("成绩单.pdf", files.pdf("x")), "file_syllabus": upload("大纲.png", files.png())},
    )
    return address.strip("/").split("/")[-1]


def test_a_learner_fills_in_attaches_and_sends(world: world_of.World, owner: Opened) -> None:
    client = hall.browser_of(owner)
    address = begun(client)
    page = desk.text_of(client.get(address))
    assert "加盖公章的成绩单" in page and "必须有" in page and "evidence.degree.transcript" in page
    kept = client.post(f"{address}change/", {**GOOD, "do": "save"}, follow=True)
    assert "已保存" in desk.text_of(kept) and 'value="NO-7"' in kept.content.decode()
    lacking = client.post(f"{address}change/", {**GOOD, "do": "send", "version": "0"})
    assert lacking.status_code == 422 and "还缺材料" in desk.text_of(lacking)
    wrong = client.post(f"{address}change/", {**GOOD, "do": "save", "file_transcript": upload("a.pdf", b"<script>")})
    assert wrong.status_code == 415 and "a.pdf：只收 PDF" in desk.text_of(wrong)
    nothing = client.post(f"{address}change/", {**GOOD, "do": "save", "file_transcript": upload("b.pdf", b"")})
    assert nothing.status_code == 422 and "b.pdf：这个文件是空的" in desk.text_of(nothing)
    both = {"file_transcript": upload("成绩单.pdf", files.pdf("x")), "file_syllabus": upload("大纲.png", files.png())}
    late = client.post(f"{address}change/", {**GOOD, "awarded_on": "2027-01-01", "do": "send", "version": "0", **both})
    assert late.status_code == 422 and "取得日期：" in desk.text_of(late)
    assert "成绩单.pdf" in desk.text_of(late), "what was brought stays"
    done = client.post(f"{address}change/", {**GOOD, "do": "send", "version": "0"}, follow=True)
    assert "已送出" in desk.text_of(done) and "正在核对" in desk.text_of(done)
    assert Slip.objects.get().state == "checking"
    assert "核对中" in desk.text_of(client.get("/slips/"))


@pytest.mark.parametrize("typed", ["²", "9" * 5000, "-1", "x"])
def test_what_is_no_number_is_refused_in_words(world: world_of.World, owner: Opened, typed: str) -> None:
    answer = hall.browser_of(owner).post("/slips/new/", {"item": typed})
    assert answer.status_code == 422 and "请从目录里选一项成果" in desk.text_of(answer)


def test_a_file_is_only_ever_a_download(world: world_of.World, owner: Opened) -> None:
    client = hall.browser_of(owner)
    number = sent(client)
    file = SlipFile.objects.get(asked_as="transcript").file.number
    response = client.get(f"/slips/{number}/files/{file}/")
    assert response.content == files.pdf("x")
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == f'attachment; filename="{file}.pdf"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"] and "no-store" in response["Cache-Control"]
    stranger = hall.browser_of(hall.online_account(78, name="别人"))
    assert stranger.get(f"/slips/{number}/files/{file}/").status_code == 404
    assert Client().get(f"/slips/{number}/files/{file}/").status_code in (302, 401)


def test_an_officer_checks_it(world: world_of.World, owner: Opened) -> None:
    number = sent(hall.browser_of(owner))
    officer = desk.at_work(Role.BRANCH_OFFICER, place="33")
    assert "示例C1" in desk.text_of(officer.get("/desk/slips/"))
    page = officer.get(f"/desk/slips/{number}/")
    assert "3.0 学分" in desk.text_of(page) and "成绩单.pdf" in desk.text_of(page)
    address = f"/desk/slips/{number}/change/"
    short = officer.post(address, {"do": "decide", "version": "1", "verdict": "refuse", "note": ""})
    assert short.status_code == 422 and Slip.objects.get().state == "checking"
    more = officer.post(
        address, {"do": "decide", "version": "1", "verdict": "ask_more", "note": "缺第二页"}, follow=True
    )
    assert "待补充" in desk.text_of(more)
    mine = hall.browser_of(owner)
    assert "缺第二页" in desk.text_of(mine.get(f"/slips/{number}/"))
    assert "等您办的" in desk.text_of(mine.get("/home/"))
    mine.post(f"/slips/{number}/change/", {**GOOD, "do": "send", "version": "2"})
    stale = officer.post(address, {"do": "decide", "version": "1", "verdict": "accept"})
    assert stale.status_code == 409
    done = officer.post(address, {"do": "decide", "version": "3", "verdict": "accept"}, follow=True)
    late = officer.post(address, {"do": "decide", "version": "3", "verdict": "ask_more", "note": "缺第三页"})
    assert late.status_code == 409 and "您看到的内容已经变了" in desk.text_of(late), "who comes second is told"
    assert "已存入 3.0 学分" in desk.text_of(done)
    assert Outcome.objects.get().learner_id == owner.learner_id
    assert "已存入您的账户" in desk.text_of(mine.get(f"/slips/{number}/"))


def test_a_clerk_deposits_for_somebody_and_another_checks(world: world_of.World, owner: Opened) -> None:
    clerk = desk.at_work(Role.POINT_CLERK, place="330106001")
    assert "代存一项成果" in desk.text_of(clerk.get(f"/desk/learners/{owner.learner_id}/"))
    start = f"/desk/learners/{owner.learner_id}/deposit/"
    assert "示例C1" in desk.text_of(clerk.get(f"{start}?q=C1"))
    address = clerk.post(start, {"item": str(make.item("C1"))}).url
    both = {"file_transcript": upload("a.pdf", files.pdf("x")), "file_syllabus": upload("b.png", files.png())}
    done = clerk.post(f"{address}change/", {**GOOD, "do": "send", "version": "0", **both}, follow=True)
    assert "由同事核对" in desk.text_of(done)
    assert clerk.post(f"{address}change/", {"do": "decide", "version": "1", "verdict": "accept"}).status_code == 403
    centre = desk.at_work(Role.SUB_CENTRE_OFFICER, place="330106", name="沈另")
    done = centre.post(f"{address}change/", {"do": "decide", "version": "1", "verdict": "accept"}, follow=True)
    assert "已存入" in desk.text_of(done)


def test_an_issuer_awards_and_the_learner_claims(world: world_of.World, owner: Opened) -> None:
    issuer, client = desk.at_work(Role.ISSUER_OFFICER, institution="ylu"), hall.browser_of(owner)
    given = {
        "issuer_code": "ylu", "account": owner.account_no, "item_code": "C1", "awarded_on": "2026-06-30", "grade": "85",
        "serial": "A-1", "days": "30", "note": "恭喜结业",
    }  # fmt: skip
    wrong = issuer.post("/desk/slips/awards/", given | {"account": "123"})
    assert wrong.status_code == 422 and "账号有误" in desk.text_of(wrong)
    pushed = issuer.post("/desk/slips/awards/", given, follow=True)
    assert "已颁发" in desk.text_of(pushed) and "待领取" in desk.text_of(pushed)
    again = issuer.post("/desk/slips/awards/", given, follow=True)
    assert "正等着领取" in desk.text_of(again)
    number = Slip.objects.get().number
    assert "示例C1" in desk.text_of(client.get("/home/"))
    page = desk.text_of(client.get(f"/slips/{number}/"))
    assert "恭喜结业" in page and "3.0 学分" in page
    for _ in range(2):  # a double click
        done = client.post(f"/slips/{number}/change/", {"do": "claim"}, follow=True)
        assert "领取成功" in desk.text_of(done)
    assert Outcome.objects.count() == 1
    assert "等您办的" not in desk.text_of(client.get("/home/"))


def test_a_learner_declines_and_an_issuer_takes_back(world: world_of.World, owner: Opened) -> None:
    issuer, client = desk.at_work(Role.ISSUER_OFFICER, institution="ylu"), hall.browser_of(owner)
    numbers = []
    for serial in ("A-1", "A-2"):
        form = make.Form(awarded_on="2026-06-30", grade="85", serial=serial)
        award = make.Award(account=owner.account_no, item_code="C1", form=form)
        pushed = actions.push(issuer_code="ylu", award=award, by=world.officer, now=world_of.NOW)
        numbers.append(pushed.number)
    done = client.post(f"/slips/{numbers[0]}/change/", {"do": "decline", "note": "不是我"}, follow=True)
    assert "已谢绝" in desk.text_of(done)
    assert "不是我" in desk.text_of(issuer.get(f"/desk/slips/{numbers[0]}/"))
    bare = issuer.post(f"/desk/slips/{numbers[1]}/change/", {"do": "take_back", "note": ""})
    assert bare.status_code == 422
    issuer.post(f"/desk/slips/{numbers[1]}/change/", {"do": "take_back", "note": "发错了"})
    assert client.post(f"/slips/{numbers[1]}/change/", {"do": "claim"}).status_code == 409
    assert Outcome.objects.count() == 0


def test_english_pages_are_english(world: world_of.World, owner: Opened) -> None:
    client = hall.browser_of(owner)
    number = sent(client)
    client.get("/slips/")  # the message of the sending was in Chinese
    client.cookies["django_language"] = "en"
    for address in ("/slips/", "/slips/new/", f"/slips/{number}/"):
        found = set(desk.chinese_in(client.get(address)))
        assert found <= {"示例", "成绩单", "大纲"}, (address, found)
    officer = desk.at_work(Role.BRANCH_OFFICER, place="33")
    officer.cookies["django_language"] = "en"
    for address in ("/desk/slips/", f"/desk/slips/{number}/"):
        found = set(desk.chinese_in(officer.get(address)))
        assert found <= {"示例", "何映舟", "成绩单", "大纲", "浙江省", "浙江学分银行"}, (address, found)


def test_too_much_is_refused_before_it_is_read(world: world_of.World, owner: Opened) -> None:
    client = hall.browser_of(owner)
    address = begun(client)
    response = client.post(f"{address}change/", {"do": "save"}, CONTENT_LENGTH=str(900 * 2**20))
    assert response.status_code == 413
