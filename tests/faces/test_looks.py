"""Pages and address of the rule doctor, of previews, and of what the rules reach."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from tests.bank.doctor_builders import NOW, World, draft, world
from tests.faces import desk_builders as desk
from xuefen.bank.conversion import tasks
from xuefen.bank.conversion.models import DoctorRun, ImpactRun
from xuefen.bank.conversion.types import TargetDraft
from xuefen.bank.staff.types import Role
from xuefen.bank.standards import queries as standards
from xuefen.faces.desk.pages_looks import circle

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.faces.desk_urls")]


@pytest.fixture
def here(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    settings.XUEFEN_LOG, settings.XUEFEN_PUBLIC = tmp_path / "log", tmp_path / "public"
    desk.stop_clock(monkeypatch, NOW)
    desk.node()
    return world(8)


@pytest.fixture
def expert(here: World) -> Client:
    return desk.at_work(Role.EXPERT, place="hub")


def queued(task: str) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT args->>'run_id' FROM procrastinate_jobs WHERE task_name = %s ORDER BY id", [task])
        return [int(row[0]) for row in cursor]


# --- the doctor ------------------------------------------------------------------------------------------------------


def test_an_examination_is_asked_for_watched_and_read(here: World, expert: Client) -> None:
    here.publish(draft("ylu/C1", "college/K9"), draft("ylu/C2", "college/K9"), draft())
    assert "还没有做过体检" in desk.text_of(expert.get("/desk/doctor/"))
    answer = expert.post("/desk/doctor/")
    run = DoctorRun.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/desk/doctor/{run.pk}/")
    assert queued("conversion.examine")[-1] == run.pk
    waiting = expert.get(f"/desk/doctor/{run.pk}/")
    assert "排队等待" in desk.text_of(waiting)
    assert "hx-trigger" in waiting.content.decode()
    tasks.examine(run.pk)
    assert expert.get(f"/desk/doctor/{run.pk}/", headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    page = desk.text_of(expert.get(f"/desk/doctor/{run.pk}/"))
    assert "共 2 处" in page and "用不上的规则 2" in page and "示例K9" in page
    assert "共 0 处" in desk.text_of(expert.get(f"/desk/doctor/{run.pk}/?kind=cycle"))
    assert "请看一看 2" in desk.text_of(expert.get("/desk/doctor/"))


def test_a_circle_is_drawn_with_its_arithmetic(here: World, expert: Client) -> None:
    from tests.bank.test_conversion_doctor import give_courses_to_the_university

    give_courses_to_the_university(here)
    both = (TargetDraft("college/K1", 300), TargetDraft("college/K2", 300))
    here.publish_unexamined(draft(targets=both), draft("college/K1", "ylu/C1"))
    expert.post("/desk/doctor/")
    run = DoctorRun.objects.get()
    tasks.examine(run.pk)
    answer = expert.get(f"/desk/doctor/{run.pk}/?kind=cycle")
    page = desk.text_of(answer)
    assert "凭空多出 3.0 学分" in page and "必须改" in page
    assert answer.content.decode().count('class="way"') == 2
    assert "示例K1（college/K1） 3.0" in page


def test_a_clean_register_says_so_in_both_languages(here: World, expert: Client) -> None:
    here.publish(draft())
    expert.post("/desk/doctor/")
    tasks.examine(DoctorRun.objects.get().pk)
    assert "没有发现问题" in desk.text_of(expert.get(f"/desk/doctor/{DoctorRun.objects.get().pk}/"))
    expert.cookies["django_language"] = "en"
    for path in (
        "/desk/doctor/",
        f"/desk/doctor/{DoctorRun.objects.get().pk}/",
        "/desk/impact/",
        "/verify/rules/coverage/",
    ):
        answer = expert.get(path, headers={"Accept-Language": "en"})
        assert answer.status_code == 200, path


def test_who_gets_in(here: World, expert: Client) -> None:
    run = DoctorRun.objects.create(on=NOW.date(), asked_by="x", asked_at=NOW)
    clerk = desk.at_work(Role.POINT_CLERK, place="330106001")
    for path in ("/desk/doctor/", f"/desk/doctor/{run.pk}/", "/desk/impact/"):
        assert clerk.get(path).status_code == 403, path
    assert expert.get("/desk/doctor/999/").status_code == 404
    assert expert.get("/desk/impact/999/").status_code == 404
    reviewer = desk.at_work(Role.REVIEWER, institution="college")
    assert reviewer.get("/desk/doctor/").status_code == 200
    assert reviewer.get("/desk/impact/").status_code == 403
    assert Client().get("/desk/doctor/").status_code == 302 or Client().get("/desk/doctor/").status_code == 401
    again = expert.post(f"/desk/doctor/{run.pk}/again/")
    assert again.status_code == 302
    assert queued("conversion.examine")[-1] == run.pk


def test_a_circle_has_a_place_for_every_step() -> None:
    def step(source: str, target: str) -> dict[str, Any]:
        return {"rule": "GZ1", "takes": [f"{source} 3.0"], "gives": [f"{target} 3.0"]}

    one = circle([step("甲（a/1）", "甲（a/1）")])
    assert (len(one["nodes"]), len(one["ways"])) == (2, 1)
    names = [n["name"] for n in circle([step(f"很长很长很长的课程名称{i}（x/{i}）", "乙") for i in range(5)])["nodes"]]
    assert names == ["很长很长很长的…"] * 5
    for count in range(1, 9):
        drawn = circle([step("甲", "乙")] * count)
        assert all(0 < float(n["x"]) < 420 and 0 < float(n["y"]) < 300 for n in drawn["nodes"])


# --- previews --------------------------------------------------------------------------------------------------------


def upload(name: str, content: str | bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content.encode() if isinstance(content, str) else content)


RULES = """
v: 2
rules:
  - receiver: college
    from: ylu/C1
    to: college/K1
    basis: {zh: 课程对照表, en: Course table}
    effective_from: 2026-12-01
"""


def test_rules_are_previewed_from_a_file(here: World, expert: Client, tmp_path: Path) -> None:
    here.hold(tmp_path, [here.issued.row(n) for n in range(8)])
    assert "还没有做过预演" in desk.text_of(expert.get("/desk/impact/"))
    said = {"rules_file": upload("rules.yaml", RULES), "agreement_number": here.agreement}
    answer = expert.post("/desk/impact/rules/", said)
    run = ImpactRun.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/desk/impact/{run.pk}/"), desk.text_of(answer)
    assert "排队等待" in desk.text_of(expert.get(f"/desk/impact/{run.pk}/"))
    tasks.preview(run.pk)
    page = desk.text_of(expert.get(f"/desk/impact/{run.pk}/"))
    assert "合计增加 24.0 学分" in page and "会增加的账户8" in page.replace(" ", "") and "抽了 8 个" in page
    for account in here.issued.accounts:
        assert account not in page
    assert "rules.yaml" in desk.text_of(expert.get("/desk/impact/"))


def test_a_standard_is_previewed_from_a_file(here: World, expert: Client, tmp_path: Path) -> None:
    here.hold(tmp_path, [here.issued.row(n) for n in range(8)])
    body = dict(standards.body_of(standards.current(on=NOW.date()).id))
    body["version"], body["effective_from"] = 99, "2027-01-01"
    body["degree"] = {**body["degree"], "theory_hours_per_credit": {"value": 24, "reference": "S4"}}
    expert.post("/desk/impact/standard/", {"file": upload("s.yaml", yaml.safe_dump(body, allow_unicode=True))})
    run = ImpactRun.objects.get()
    tasks.preview(run.pk)
    page = desk.text_of(expert.get(f"/desk/impact/{run.pk}/"))
    assert "减少 8.0 学分" in page and "这一版改了什么" in page
    again = expert.post(f"/desk/impact/{run.pk}/again/")
    assert again.status_code == 302


@pytest.mark.parametrize(
    ("path", "field", "content", "word"),
    [
        ("standard", "file", "code: [", "第"),
        ("standard", "file", "code: x\n", "第"),
        ("standard", "file", b"\xff\xfe\x00", "UTF-8"),
        ("standard", "file", "", ""),
        ("rules", "rules_file", "v: 2\nrules: 3\n", "第"),
        ("rules", "rules_file", RULES.replace("ylu/C1", "ylu/NONE"), "NONE"),
    ],
)
def test_bad_files_are_told_with_their_lines(
    here: World, expert: Client, path: str, field: str, content: str | bytes, word: str
) -> None:
    answer = expert.post(
        f"/desk/impact/{path}/", {field: upload("x.yaml", content), "agreement_number": here.agreement}
    )
    assert answer.status_code == 422
    assert not ImpactRun.objects.exists()
    if word:
        assert word in desk.text_of(answer)


def test_nothing_chosen_and_no_such_agreement(here: World, expert: Client) -> None:
    assert "请先选择文件" in desk.text_of(expert.post("/desk/impact/standard/"))
    answer = expert.post("/desk/impact/rules/", {"rules_file": upload("r.yaml", RULES), "agreement_number": "XY1"})
    assert answer.status_code == 404
    assert "没有这份协议" in desk.text_of(answer)


# --- what the rules reach --------------------------------------------------------------------------------------------


def test_the_map_for_anybody_and_for_staff(here: World, expert: Client) -> None:
    assert "还没有生效的规则" in desk.text_of(Client().get("/verify/rules/coverage/"))
    here.publish(draft(), draft("ylu/Z1", "college/K2"))
    page = desk.text_of(Client().get("/verify/rules/coverage/"))
    assert "50%" in page and "2 / 4" in page and "2 条" in page
    assert "xf-desk" in expert.get("/verify/rules/coverage/").content.decode()


def test_a_large_register_is_being_counted(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.core.cache import cache

    cache.clear()
    here.publish(draft())
    monkeypatch.setattr("xuefen.bank.conversion.queries.coverage.LARGE", 1)
    answer = Client().get("/verify/rules/coverage/")
    assert (answer.status_code, "正在统计" in desk.text_of(answer)) == (503, True)
    tasks.count_coverage()
    assert "1 / 4" in desk.text_of(Client().get("/verify/rules/coverage/"))


@pytest.mark.urls("tests.faces.api_urls")
def test_the_map_as_data(here: World) -> None:
    assert Client().get("/api/rules/coverage").json() == {"on": "2026-11-20", "pairs": [], "fields": [
        {"field": "", "name": {"zh": "其他", "en": "Other"}, "outcome_class": kind, "reached": 0, "courses": 3}
        for kind in ("degree", "vocational", "social")], "left_off": 0}  # fmt: skip
    here.publish(draft())
    found = Client().get("/api/rules/coverage").json()
    assert found["pairs"] == [{"issuer": "ylu", "receiver": "college", "reached": 1, "offered": 4, "rules": 1}]
    assert found["fields"][0]["reached"] == 1
