"""A requirement tree as a picture and as lists."""

from __future__ import annotations

from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest
from django.template import Context, Template
from django.utils.translation import override

from xuefen.faces.shared import trees

SVG = "{http://www.w3.org/2000/svg}"


def course(code: str, credits: int = 200, **more: Any) -> dict[str, Any]:
    return {"id": f"n{code}", "kind": "course", "item": code, "name": f"课程{code}", "credits": credits, **more}


def group(name: str, kind: str, *children: Any, **more: Any) -> dict[str, Any]:
    return {"id": name, "kind": kind, "name": name, "children": list(children), **more}


TREE = group(
    "专业",
    "all",
    group("基础", "all", course("A"), course("B", after=["A"])),
    group("任选", "choose", course("C"), course("D"), course("E"), need=2, shared=True),
    group("选修", "credits", course("F"), need=150, cap=100, elective=True, open={"patterns": ["X 3**"]}),
    group("实践", "all", open={"words": True}),
    group("一项", "any", group("甲", "all", course("G")), group("乙", "all", course("H"))),
)


def drawn(tree: Any, **more: Any) -> ElementTree.Element:
    return ElementTree.fromstring(str(trees.picture(tree, standalone=True, **more)))


def texts(tree: Any, **more: Any) -> list[str]:
    return ["".join(one.itertext()) for one in drawn(tree, **more).iter(f"{SVG}text")]


def test_every_node_stands_in_the_picture_with_what_it_asks():
    said = " ".join(texts(TREE))
    for word in (
        "全部修读",
        "任选 2 门",
        "修满 1.5 学分",
        "按说明完成",
        "任选 1 项",
        "选修 · 转换最多 1.0 学分 · 凡 X 3** 都算",
    ):
        assert word in said, word
    assert all(f"课程{code}" in said for code in "ABCDEFGH")
    with override("en"):
        english = " ".join(texts(TREE))
    for word in ("all of these", "choose 2 courses", "at least 1.5 credits", "as described", "any one of these"):
        assert word in english, word


def test_shared_groups_are_dashed_and_prerequisites_are_arrows():
    picture = drawn(TREE)
    dashed = [one for one in picture.iter(f"{SVG}rect") if "sh" in one.get("class", "").split()]
    arrows = [one for one in picture.iter(f"{SVG}path") if one.get("class") == "p"]
    assert (len(dashed), len(arrows)) == (1, 1)
    titles = [one.text for one in picture.iter(f"{SVG}title")]
    assert "先修：课程A → 课程B" in titles


def test_nothing_stands_on_anything_else():
    boxes = []
    for rect in drawn(TREE).iter(f"{SVG}rect"):
        x, y, width, height = (int(rect.get(name)) for name in ("x", "y", "width", "height"))
        boxes.append((y, y + height))
        assert x >= 0 and x + width <= trees.WIDTH
    boxes.sort()
    assert all(above[1] < below[0] for above, below in pairwise(boxes))


def test_states_are_said_by_a_mark_too():
    said = texts(TREE, states={"nA": "done", "基础": "part", "nB": "open"})
    assert any(text.startswith("✓ 课程A") for text in said)
    assert any(text.startswith("◐ 基础") for text in said)
    assert any(text.startswith("○ 课程B") for text in said)
    assert "已完成" in str(trees.listing(TREE, states={"nA": "done"}))


@pytest.mark.parametrize("groups", [3, 40, 600])
def test_a_large_tree_stays_readable(groups):
    tree = group(
        "大", "all", *(group(f"组{n}", "all", *(course(f"{n}-{m}") for m in range(20))) for n in range(groups))
    )
    rows = list(trees.walk(trees.outline(tree)))
    limit = {3: 3 * 21 + 1, 40: 40 * 7 + 1, 600: 600 * 7 + 1}[groups]
    assert len(rows) <= limit
    if groups > 3:
        assert any("还有 14 门" in text for text in texts(tree)) or any("含 20 门课程" in text for text in texts(tree))
        assert str(trees.listing(tree)).count("<li>") == groups * 21


def test_names_are_text_and_never_markup():
    tree = group("<script>alert(1)</script>", "all", course("A") | {"name": "<i>&</i>"})
    for shown in (str(trees.picture(tree)), str(trees.listing(tree))):
        assert "<script>" not in shown and "<i>" not in shown


def test_the_lists_open_and_close_without_script():
    page = Template("{% tree_both tree %}").render(Context({"tree": TREE}))
    assert page.count("<details") == 7 and page.count("<details open>") == 5
    assert 'aria-hidden="true"' in page and 'id="tree-text"' in page
