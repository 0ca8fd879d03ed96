"""Applications and their timeline, statements and certificates."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from tests.bank import foundation_builders as build
from tests.bank import recognition_builders as recognition
from tests.faces import hall_builders as hall
from xuefen.bank.certificates.models import Certificate
from xuefen.bank.recognition import actions
from xuefen.bank.recognition.models import Application
from xuefen.bank.shell import clock
from xuefen.bank.translog import actions as translog

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.faces.hall_urls")]


def applied(world: hall.Hall) -> Application:
    return recognition.applied(world.world, learner_id=world.learner_id, now=clock.now())


def archived(world: hall.Hall) -> Application:
    """An application nobody answered: consent, conversion and archiving come by the sweep."""
    start = clock.now() - timedelta(days=90)
    application = recognition.applied(world.world, learner_id=world.learner_id, now=start)
    for days in (30, 60, 89):
        actions.sweep(now=start + timedelta(days=days))
    application.refresh_from_db()
    assert application.state == "archived"
    return application


class TestApplications:
    def test_lists_what_is_under_way_and_what_is_finished(self) -> None:
        world = hall.hall(outcomes=2)
        archived(world)
        page = world.client.get("/applications/").content.decode()
        assert "没有正在办的" in page
        assert "已归档" in page

    def test_says_what_to_do_first_when_there_is_none(self) -> None:
        assert "您还没有提交过申请" in hall.hall(outcomes=0).client.get("/applications/").content.decode()

    def test_queries_do_not_grow(self, django_assert_num_queries) -> None:
        world = hall.hall(outcomes=1)
        for _ in range(3):
            application = applied(world)
            with django_assert_num_queries(5):
                world.client.get("/applications/")
            actions.withdraw(
                number=application.number, version=1, by=build.as_learner(world.learner_id), now=clock.now()
            )


class TestTimeline:
    def test_says_who_is_waited_for_until_when_and_what_silence_means(self) -> None:
        world = hall.hall(outcomes=2)
        page = world.client.get(f"/applications/{applied(world).number}/").content.decode()
        assert "现在等学院答复，您不用做什么" in page
        assert "示例院校2" in page
        assert "还剩 10 个工作日" in page
        assert "默认同意" in page
        assert page.count('<li class="done">') == 1
        assert "您提交，占用 6.0 学分" in page

    def test_tells_a_refusal_with_its_reason_and_that_the_credit_came_back(self) -> None:
        world = hall.hall(outcomes=1)
        application = applied(world)
        actions.refuse(
            number=application.number,
            version=1,
            reason_code="R-01",
            note="课程内容不够。",
            by=world.world.reviewer,
            now=clock.now(),
        )
        page = world.client.get(f"/applications/{application.number}/").content.decode()
        assert "学院不同意" in page
        assert "课程内容不够。" in page
        assert "占用的学分已经退回您的账户" in page
        assert "撤回申请" not in page

    def test_consent_by_silence_is_told_as_what_it_is(self) -> None:
        world = hall.hall(outcomes=1)
        page = world.client.get(f"/applications/{archived(world).number}/").content.decode()
        assert "系统：默认同意" in page
        assert "领转换证书" in page

    def test_somebody_elses_application_is_not_there(self) -> None:
        world = hall.hall(outcomes=1)
        number = applied(world).number
        other = hall.browser_of(hall.online_account(8, name="陈远山"))
        assert other.get(f"/applications/{number}/").status_code == 404
        assert other.post(f"/applications/{number}/withdraw/", {"version": "1"}).status_code == 404
        assert Application.objects.get().state == "review"

    @pytest.mark.parametrize("outcomes", [1, 3])
    def test_queries_do_not_grow(self, outcomes: int, django_assert_num_queries) -> None:
        world = hall.hall(outcomes=outcomes)
        path = f"/applications/{applied(world).number}/"
        world.client.get(path)
        with django_assert_num_queries(10):
            world.client.get(path)


class TestWithdrawing:
    def test_gives_the_credit_back(self) -> None:
        world = hall.hall(outcomes=2)
        number = applied(world).number
        answer = world.client.post(f"/applications/{number}/withdraw/", {"version": "1"}, follow=True)
        assert "已撤回" in answer.content.decode()
        assert "<strong>6.0</strong>" in world.client.get("/home/").content.decode()

    @pytest.mark.parametrize("version", ["2", "", "one", "²"])
    def test_is_refused_when_the_page_was_old(self, version: str) -> None:
        world = hall.hall(outcomes=1)
        number = applied(world).number
        answer = world.client.post(f"/applications/{number}/withdraw/", {"version": version}, follow=True)
        assert "您看到的内容已经变了" in answer.content.decode()
        assert Application.objects.get().state == "review"

    def test_asks_on_the_page_where_there_is_no_script(self) -> None:
        world = hall.hall(outcomes=1)
        page = world.client.get(f"/applications/{applied(world).number}/?withdraw=1").content.decode()
        assert "<dialog" not in page
        assert "要撤回这件申请吗？" in page


class TestPapers:
    def test_a_statement_is_issued_and_waits_for_the_log(self) -> None:
        world = hall.hall(outcomes=2)
        answer = world.client.post("/certificates/", follow=True)
        page = answer.content.decode()
        assert "正在写进公开日志，大约一分钟" in page
        assert 'hx-trigger="every 5s"' in page
        assert "/pdf/" not in page

    def test_once_sealed_it_can_be_taken_home_and_the_page_stops_asking(self) -> None:
        world = hall.hall(outcomes=2)
        world.client.post("/certificates/")
        translog.seal(now=clock.now())
        number = Certificate.objects.get().number
        page = world.client.get(f"/certificates/{number}/").content.decode()
        assert "hx-trigger" not in page
        taken = world.client.get(f"/certificates/{number}/json/")
        assert taken["Content-Disposition"] == f'attachment; filename="{number}.json"'
        assert json.loads(taken.content)["body"]["number"] == number
        pdf = world.client.get(f"/certificates/{number}/pdf/")
        assert pdf.content.startswith(b"%PDF-")

    def test_before_that_a_download_is_refused_in_words(self) -> None:
        world = hall.hall(outcomes=1)
        world.client.post("/certificates/")
        answer = world.client.get(f"/certificates/{Certificate.objects.get().number}/json/")
        assert answer.status_code == 409
        assert "大约一分钟" in answer.content.decode()

    def test_nothing_can_be_stated_of_an_empty_account(self) -> None:
        answer = hall.hall(outcomes=0).client.post("/certificates/")
        assert answer.status_code == 422
        assert "没有有效的学习成果" in answer.content.decode()

    def test_a_finished_conversion_gives_one_certificate_however_often_asked(self) -> None:
        world = hall.hall(outcomes=1)
        number = archived(world).number
        answers = [world.client.post(f"/applications/{number}/certificate/") for _ in range(2)]
        assert answers[0].url == answers[1].url
        assert Certificate.objects.count() == 1

    def test_an_application_under_way_gives_none(self) -> None:
        world = hall.hall(outcomes=1)
        answer = world.client.post(f"/applications/{applied(world).number}/certificate/")
        assert answer.status_code == 409
        assert not Certificate.objects.exists()

    def test_somebody_elses_paper_is_not_there(self) -> None:
        world = hall.hall(outcomes=1)
        world.client.post("/certificates/")
        translog.seal(now=clock.now())
        number = Certificate.objects.get().number
        other = hall.browser_of(hall.online_account(8, name="陈远山"))
        for path in ("", "json/", "pdf/"):
            assert other.get(f"/certificates/{number}/{path}").status_code == 404

    def test_queries_do_not_grow(self, django_assert_num_queries) -> None:
        world = hall.hall(outcomes=1)
        for _ in range(3):
            world.client.post("/certificates/")
            with django_assert_num_queries(6):
                world.client.get("/certificates/")
