"""Home, the standard, the audit trail, the figures."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client

import xuefen.bank
from tests.bank import recognition_builders as world_of
from tests.faces import desk_builders as desk
from xuefen.bank.staff.types import Role
from xuefen.faces.desk.audit_words import ACTS, SUBJECTS

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.faces.desk_urls")]
BANK = Path(next(iter(xuefen.bank.__path__)))
AUDIT_QUERIES, FIGURE_QUERIES, STANDARD_QUERIES = 7, 22, 8


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    desk.stop_clock(monkeypatch)


@pytest.fixture
def world() -> world_of.World:
    return world_of.world()


@pytest.mark.parametrize(
    ("role", "where", "first", "links"),
    [
        (Role.REVIEWER, {"institution": "YL"}, "/desk/queue/", ["queue", "standards"]),
        (Role.ISSUER_OFFICER, {"institution": "YL"}, "/desk/batches/", ["batches", "standards"]),
        (Role.POINT_CLERK, {"place": "330106001"}, "/desk/learners/", ["learners", "standards"]),
        (Role.HUB_OFFICER, {"place": "hub"}, "/desk/rules/", ["insight", "standards"]),
        (
            Role.BRANCH_OFFICER,
            {"place": "33"},
            "/desk/batches/",
            ["batches", "notices", "learners", "insight", "audit", "standards"],
        ),
        (Role.SUPERVISOR, {"place": "hub"}, "/desk/batches/", ["batches", "notices", "insight", "audit", "standards"]),
    ],
)
def test_each_post_begins_at_its_own_work_and_sees_no_other_door(world, role, where, first, links) -> None:
    client = desk.at_work(role, **where)
    assert client.get("/desk/").url == first
    page = client.get(first).content.decode()
    every = ["queue", "batches", "notices", "learners", "insight", "audit", "standards"]
    assert [name for name in every if f'href="/desk/{name}/"' in page] == links
    assert all(client.get(f"/desk/{name}/").status_code == 200 for name in links)
    assert all(client.get(f"/desk/{name}/").status_code == 403 for name in set(every) - set(links))


def test_nobody_signed_in_is_led_to_the_sign_in(client: Client) -> None:
    assert client.get("/desk/queue/").url == "/signin/?next=/desk/queue/"


def test_the_standard_shows_every_value_with_its_basis(world, django_assert_num_queries) -> None:
    client = desk.at_work(Role.HUB_OFFICER, place="hub")
    client.get("/desk/standards/cn-2026/1/")
    with django_assert_num_queries(STANDARD_QUERIES):
        page = desk.text_of(client.get("/desk/standards/cn-2026/1/"))
    assert "理论课每学分学时" in page and "S4 base ratio for theory" in page
    assert "受理审核" in page and "期限 10 个工作日" in page and "到期没有答复 视为同意" in page
    assert "R-01" in page and "职业技能等级证书" in page


def test_audit_lists_acts_and_narrows_to_one_kind(world, django_assert_num_queries) -> None:
    client = desk.at_work(Role.SUPERVISOR, place="hub")
    with django_assert_num_queries(AUDIT_QUERIES):
        page = desk.text_of(client.get("/desk/audit/"))
    assert "开户 learners.opened" in page and "任命 staff.appointed" in page and "系统" in page
    only = desk.text_of(client.get("/desk/audit/?action=staff.appointed"))
    assert "learners.opened" not in only and "staff.appointed" in only
    assert "林秋禾" not in page


def test_figures_of_the_own_area_only(world, django_assert_num_queries) -> None:
    world_of.applied(world)
    client = desk.at_work(Role.BRANCH_OFFICER, place="33")
    client.get("/desk/insight/")
    with django_assert_num_queries(FIGURE_QUERIES):
        page = desk.text_of(client.get("/desk/insight/"))
    assert "有效成果2" in page and "认定学分6.0" in page and "等接收机构1" in page
    assert "公开日志（全平台）" in page and "一年来的决定（全平台）" in page, "these two are not of the area"
    other = desk.text_of(desk.at_work(Role.BRANCH_OFFICER, place="31").get("/desk/insight/"))
    assert "有效成果0" in other and "等接收机构0" in other


@pytest.mark.parametrize("name", ["batches", "notices", "learners", "insight", "audit", "standards"])
def test_every_page_speaks_english(world, name: str) -> None:
    client = desk.at_work(Role.BRANCH_OFFICER, place="33")
    client.cookies["django_language"] = "en"
    found = set(desk.chinese_in(client.get(f"/desk/{name}/")))
    names = {"何映舟", "浙江省", "北山街道", "年度评审", "课程"}
    if name == "standards":  # words the standard itself defines: how a grade may be written
        names |= {"优秀", "良好", "中等", "及格", "不及格", "合格", "通过", "不合格", "不通过", "未通过"}
    assert found <= names


def test_every_act_of_the_house_has_words() -> None:
    """Acts and subjects as they stand in the source; those made from an event are in their room's own table of words."""
    source = "\n".join(file.read_text(encoding="utf-8") for file in BANK.rglob("*.py"))
    acts = set(re.findall(r'audit\.record(?:_many)?\(\s*action="([\w.]+)"', source))
    subjects = set(re.findall(r'subject=\("([a-z_]+)"', source)) | set(re.findall(r'subject_kind="([a-z_]+)"', source))
    assert {"slip.remind", "keys.rotated"} <= acts
    assert {"slip", "key"} <= subjects
    assert acts - set(ACTS) == set()
    assert subjects - set(SUBJECTS) == set()
