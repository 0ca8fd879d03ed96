"""A standard in chapters, as YAML, and what changes between two versions, in words."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from tests.bank.standard_builders import shipped
from xuefen.bank.standards.actions import SHIPPED
from xuefen.bank.standards.rules import find_errors
from xuefen.bank.standards.rules.diff import ChangeKind, chapters, compare, to_yaml
from xuefen.bank.standards.rules.diff.words import CHAPTERS, NAMES

PACKS = [name.removesuffix(".yaml") for name in SHIPPED]
Body = dict[str, Any]


def changes(change: Callable[[Body], None]) -> list[tuple[str, str, str, str]]:
    """(kind, path, zh, en) of what one change to cn-2026 gives."""
    before = shipped()
    after = copy.deepcopy(before)
    change(after)
    return [(c.kind, c.path, c.zh, c.en) for chapter in compare(before, after) for c in chapter.changes]


def put(path: str, value: Any) -> Callable[[Body], None]:
    def change(body: Body) -> None:
        *way, last = path.split("/")
        node = body
        for key in way:
            node = node[key]
        if value is None:
            del node[last]
        else:
            node[last] = value

    return change


@pytest.mark.parametrize(
    ("change", "zh", "en"),
    [
        (
            put("limits/total_share/share", 40),
            "转换总量的上限由 50 % 改为 40 %（依据 GD-ADULT all conversions at most 50 % of graduation credits）",
            "All conversions, share at most: from 50 % to 40 % (basis: GD-ADULT all conversions at most 50 % of graduation"
            " credits)",
        ),
        (put("steps/review/working_days", 8), "受理审核的期限由 10 个工作日 改为 8 个工作日", "limit: from 10 working days to 8"),
        (put("policy/tolerance/value", "1.0"), "以少抵多容许差额由 2.0 学分 改为 1.0 学分", "from 2.0 credits to 1.0"),
        (put("grades/words/value/优秀", "95"), "“优秀”由 90 改为 95", "“优秀” from 90 to 95"),
        (put("grades/words/value/优", None), "取消“优”（原 90）", "“优” removed (was 90)"),
        (put("policy/not_convertible/value", ["pe"]), "不予转换去掉 思政", "not convertible: removed ideology"),
        (put("quality/C/uses", ["record"]), "去掉 证明", "removed statement"),
        (put("refusals/R-12", None), "取消“异议成立，撤销转换（R-12）”", "Removed: Objection upheld (R-12)"),
        (put("refusals/R-07/zh", "同类证书只算一次"), "改称“同类证书只算一次”", "is now"),
        (put("effective_from", "2027-01-01"), "生效日期由 2026-01-01 改为 2027-01-01", "first day in force: from"),
        (put("retired_on", "2028-01-01"), "停用日期由 没有写明 改为 2028-01-01", "from not given to 2028-01-01"),
        (put("title/zh", "新标准"), "名称由 ", "title: from"),
        (put("steps/notice/silence", ""), "公示的到期没有答复由 视为同意 改为 没有规定", "to nothing said"),
        (put("evidence/degree/student_status/required", True), "学历教育：学籍证明的必须提供由 否 改为 是", "from no to yes"),
        (put("evidence/types/V2/appraisal/required", True), "专业技术人员证书：评审或考试通过文件的必须", "to yes"),
        (
            put("policy/deposited_by", {"value": "institutions", "reference": "S4 x"}),
            "新增“谁可以存入”：只有机构", "institutions only",
        ),
        (
            put("limits/floor", {"kind": "issuer", "issuer": "receiver", "credits": "18", "at_least": True,
                                 "zh": "本校学分", "en": "Own credit", "reference": "S4 x"}),
            "新增“本校学分”：", "New: Own credit",
        ),
    ],
)  # fmt: skip
def test_a_change_in_words(change: Callable[[Body], None], zh: str, en: str) -> None:
    (found,) = changes(change)
    assert zh in found[2] and en in found[3]


def test_a_floor_is_called_a_floor() -> None:
    row = {
        "kind": "issuer",
        "issuer": "receiver",
        "credits": "18",
        "at_least": True,
        "zh": "本校",
        "en": "Own",
        "reference": "S4 x",
    }
    before, after = shipped(), shipped()
    before["limits"]["floor"] = dict(row)
    after["limits"]["floor"] = row | {"credits": "20"}
    ((change,),) = [chapter.changes for chapter in compare(before, after)]
    assert change.zh.startswith("本校的下限由 18 学分 改为 20 学分")


def test_only_the_basis_changed() -> None:
    ((kind, path, zh, _),) = changes(put("policy/content_overlap/reference", "COLLEGE-B overlap"))
    assert (kind, path) == (ChangeKind.BASIS, "policy.content_overlap")
    assert zh.startswith("内容重合至少不变，依据由“GD-ADULT content overlap at least 80 %”改为“COLLEGE-B overlap”")


def test_changes_stand_in_their_chapters_in_reading_order() -> None:
    before, after = shipped(), shipped()
    after["steps"]["archive"]["working_days"] = 9
    after["limits"]["online_share"]["share"] = 30
    del after["evidence"]["social"]["work"]
    assert [chapter.key for chapter in compare(before, after)] == ["limits", "steps", "evidence"]
    assert [chapter.key for chapter in compare(after, before)] == ["limits", "steps", "evidence"]


@pytest.mark.parametrize("name", PACKS)
def test_a_standard_does_not_differ_from_itself(name: str) -> None:
    body = shipped(name)
    assert compare(body, json.loads(json.dumps(body, sort_keys=True))) == ()


@pytest.mark.parametrize("name", PACKS)
def test_written_out_and_read_again_it_is_the_same(name: str) -> None:
    body = shipped(name)
    shuffled = json.loads(json.dumps(body, sort_keys=True))  # the database keeps no order of keys
    text = to_yaml(shuffled)
    assert yaml.safe_load(text) == body and to_yaml(body) == text
    assert find_errors(yaml.safe_load(text)) == []


@pytest.mark.parametrize("name", PACKS)
def test_every_cited_value_is_in_a_chapter_with_its_reference(name: str) -> None:
    body = shipped(name)
    shown = {entry.path: entry for chapter in chapters(body) for entry in chapter.entries}

    def cited(node: Any, path: str) -> set[str]:
        if not isinstance(node, dict):
            return set()
        here = {path} if "reference" in node else set()
        return here.union(*(cited(one, f"{path}.{key}" if path else key) for key, one in node.items()), set())

    assert cited(body, "") <= set(shown)
    assert all(entry.reference for path, entry in shown.items() if not path.startswith("sources."))


@pytest.mark.parametrize("name", PACKS)
def test_every_chapter_and_every_key_has_its_words(name: str) -> None:
    found = chapters(shipped(name))
    assert {chapter.key for chapter in found} <= set(CHAPTERS)
    keys = {item.key for chapter in found for entry in chapter.entries for item in entry.items if item.key}
    assert keys - set(NAMES) == set()


def test_what_has_no_words_is_shown_as_it_is_written() -> None:
    body = shipped() | {"novelty": {"thing": {"value": 3, "reference": "S4 x"}}}
    (chapter,) = [chapter for chapter in chapters(body) if chapter.key == "novelty"]
    (entry,) = chapter.entries
    assert (entry.name, entry.text) == (("thing", "thing"), ("3", "3"))
