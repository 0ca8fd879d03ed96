"""The desk's pages on items that look alike, and the public pages and addresses of one item."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

from tests.bank.catalogue_builders import a_course_row, an_institution, import_courses
from tests.faces import desk_builders as desk
from xuefen.bank.catalogue import queries
from xuefen.bank.catalogue.models import Item
from xuefen.bank.catalogue.types import PairVerdict
from xuefen.bank.staff.types import Role

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.faces.desk_urls")]


@pytest.fixture(autouse=True)
def _house(settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.XUEFEN_LOG, settings.XUEFEN_PUBLIC = tmp_path / "log", tmp_path / "public"
    desk.stop_clock(monkeypatch)
    desk.node()
    one, other = an_institution("YLU", name="云岭大学"), an_institution("BJ", name="滨江学院")
    names = {"A1": "大学英语（一）", "A2": "数据结构"}
    import_courses(tmp_path / "a.csv", [a_course_row(c, name=n) for c, n in names.items()], institution=one)
    rows = [a_course_row("B1", name="大學英語Ⅰ", credit="4.0"), a_course_row("B2", name="数据结构与算法")]
    import_courses(tmp_path / "b.csv", rows, institution=other)


@pytest.fixture
def expert() -> Client:
    return desk.at_work(Role.EXPERT, place=desk_hub())


def desk_hub() -> str:
    from xuefen.bank.places.models import Place

    Place.objects.create(code="hub", name="总平台", kind="hub", path="/hub/")
    return "hub"


def pair() -> dict[str, int]:
    return {"one": Item.objects.get(code="A1").id, "other": Item.objects.get(code="B1").id}


def test_a_pair_is_shown_side_by_side_judged_and_taken_back(expert: Client) -> None:
    page = desk.text_of(expert.get("/desk/catalogue/"))
    assert "大学英语(一)" in page and "大學英語Ⅰ" in page and "学分不同" in page and "待判断" in page
    said = {**pair(), "verdict": "same", "reason": "大纲相同", "next": "/desk/catalogue/?page=1"}
    answer = expert.post("/desk/catalogue/judge/", said)
    assert (answer.status_code, answer["Location"]) == (302, "/desk/catalogue/?page=1")
    assert "这里没有要看的" in desk.text_of(expert.get("/desk/catalogue/"))
    judged = desk.text_of(expert.get("/desk/catalogue/?show=settled"))
    assert "同一门" in judged and "大纲相同" in judged and "何映舟" in judged and "撤回" in judged
    expert.post("/desk/catalogue/judge/", {**pair(), "verdict": "undecided"})
    assert queries.duplicate_groups()[1] == 1
    (verdict,) = queries.verdicts(pair().values()).values()
    assert verdict.verdict is PairVerdict.UNDECIDED


def test_a_verdict_never_leads_to_another_site_and_half_a_verdict_says_nothing(expert: Client) -> None:
    for target in ("https://evil.example/desk/", "//evil.example", "/verify/"):
        answer = expert.post("/desk/catalogue/judge/", {**pair(), "verdict": "different", "next": target})
        assert answer["Location"] == "/desk/catalogue/"
    expert.post("/desk/catalogue/judge/", {"one": "x", "verdict": "same"})
    (verdict,) = queries.verdicts(pair().values()).values()
    assert verdict.verdict is PairVerdict.DIFFERENT


def test_a_whole_group_is_judged_at_once_but_for_what_was_said_before(expert: Client, tmp_path) -> None:
    school = an_institution("THIRD")
    import_courses(tmp_path / "c.csv", [a_course_row("T1", name="大学英语1")], institution=school)
    expert.post("/desk/catalogue/judge/", {**pair(), "verdict": "different"})
    ids = [*pair().values(), Item.objects.get(code="T1").id]
    assert "都是同一门" in desk.text_of(expert.get("/desk/catalogue/"))
    expert.post("/desk/catalogue/judge/", {"group": ",".join(map(str, ids)), "verdict": "same"})
    said = [verdict.verdict.value for verdict in queries.verdicts(ids).values()]
    assert sorted(said) == ["different", "same", "same"]
    expert.post("/desk/catalogue/judge/", {"group": "1,x", "verdict": "same"})
    expert.post("/desk/catalogue/judge/", {"group": f"{ids[0]},999999", "verdict": "same"})
    assert len(queries.verdicts(ids)) == 3


def test_an_equivalence_is_proposed_with_both_items_filled_in(expert: Client) -> None:
    page = expert.get("/desk/catalogue/similar/?item=YLU/A2").content.decode()
    link = "/desk/rules/propose/?from=BJ%2FB2&amp;to=YLU%2FA2"
    assert link in page
    form = expert.get(link.replace("&amp;", "&")).content.decode()
    assert "数据结构与算法" in form and 'value="BJ/B2"' in form and 'value="YLU/A2"' in form


def test_an_expert_sees_what_resembles_an_item_with_the_words(expert: Client) -> None:
    page = expert.get("/desk/catalogue/similar/?item=YLU/A2").content.decode()
    assert "<mark>数据结构</mark>与算法" in page
    missing = expert.get("/desk/catalogue/similar/?item=YLU/NO")
    assert missing.status_code == 200 and "没有找到" in desk.text_of(missing)


def test_a_list_of_many_groups_costs_what_a_list_of_one_does(
    expert: Client, tmp_path, django_assert_num_queries
) -> None:
    expert.get("/desk/catalogue/")
    with django_assert_num_queries(COST):
        expert.get("/desk/catalogue/")
    school = an_institution("THIRD")
    rows = [a_course_row(f"N{n}{m}", name=f"课程第{n}门（{m}）") for n in range(4) for m in ("一", "1")]
    import_courses(tmp_path / "c.csv", rows, institution=school)
    with django_assert_num_queries(COST):
        expert.get("/desk/catalogue/")


COST = 9


def test_the_public_page_of_an_item_tells_its_versions_places_and_likes(client: Client) -> None:
    page = client.get("/verify/catalogue/YLU/items/A2/").content.decode()
    text = desk.text_of(client.get("/verify/catalogue/YLU/items/A2/"))
    assert "数据结构" in text and "云岭大学" in text and "现行" in text and "行政管理" in text
    assert "<mark>数据结构</mark>与算法" in page and "不等于可以互换" in text
    assert client.get("/verify/catalogue/YLU/items/NO/").status_code == 404


def test_the_catalogue_is_narrowed_by_institution_class_and_level(client: Client) -> None:
    everything = desk.text_of(client.get("/verify/catalogue/"))
    assert "4 项" in everything
    one = desk.text_of(client.get("/verify/catalogue/?institution=BJ"))
    assert "2 项" in one and "行政管理" in one
    assert "没有找到" in desk.text_of(client.get("/verify/catalogue/?class=social"))
    assert "没有找到" in desk.text_of(client.get("/verify/catalogue/?level=9"))
    assert "4 项" in desk.text_of(client.get("/verify/catalogue/?level=abc&page=x"))


def test_a_programme_is_drawn_and_told(client: Client) -> None:
    page = client.get("/verify/catalogue/YLU/P1/").content.decode()
    assert '<svg class="xf-tree"' in page and '<div class="xf-treelist">' in page
    assert page.count("全部修读") >= 2
    english = client.get("/verify/catalogue/YLU/P1/", headers={"accept-language": "en"}).content.decode()
    assert "all of these" in english


@pytest.mark.urls("tests.faces.api_urls")
def test_an_item_a_programme_and_what_resembles_it_by_api(client: Client) -> None:
    item = client.get("/api/catalogue/items/YLU/A2").json()
    assert (item["code"], item["versions"][0]["nature"], item["programmes_total"]) == ("A2", "required", 1)
    (found,) = client.get("/api/catalogue/items/YLU/A2/similar").json()["items"]
    assert (found["code"], found["pieces"][0]) == ("B2", {"text": "数据结构", "matches": True})
    programme = client.get("/api/catalogue/programmes/YLU/P1").json()
    assert (programme["award"], programme["versions"]) == ("associate", ["2026"])
    assert client.get("/api/catalogue/items/YLU/NO").status_code == 404
