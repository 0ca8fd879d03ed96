"""Rules as text: what a file may say, every fault with its line, and one canonical form."""

from __future__ import annotations

import functools
import unicodedata
from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from xuefen.bank import standards
from xuefen.bank.conversion.rules.publishing import MOST_ALTERNATIVES, MOST_TOGETHER
from xuefen.bank.conversion.rules.text import read_text, sentence_of, write_text
from xuefen.bank.conversion.types import Conditions, PoolDraft, RuleDraft, TargetDraft, Text
from xuefen.bank.standards.rules import parse_pack
from xuefen.bedrock.names import BadText, reject_controls

PACK = Path(standards.__file__).parent / "packs" / "cn-2026.yaml"
FILE = """\
v: 2
sets:
  数学类: [YLU/M1, YLU/M2, YLU/M3]
rules:
  - receiver: YLVC
    from: {any: [YLU/A, [YLU/B, {any: [YLU/C 1, YLU/D]}]]}
    to: [YLVC/X, {course: YLVC/Y, credits: 2.5}]
    when: {mark: 60.5, level: 4, within_years: 8, issuers: [university, employer], online: false}
    grade: 90
    overlap: 86
    basis: {zh: 内容重合 86%（比对）, en: "86 % overlap: compared"}
    clause: 第 4 条
    effective_from: 2026-03-01
  - receiver: YLVC
    from: {choose: 6.0 credits, from: 数学类}
    to: {elective: "*", credits: 2}
    basis: 通识选修
    effective_from: 2026-03-01
    effective_until: 2027-03-01
  - receiver: YLVC
    from: {issuer: YLU}
    to: YLVC/X
    no_articulation: true
    basis: 不予转换
    effective_from: 2026-03-01
  - receiver: YLVC
    from: {all: 数学类}
    to: YLVC/X
    waives: true
    when: {quality: B, assurance: 2, hours: 32, earned_from: 2020-01-01, earned_until: 2026-01-01}
    basis: 免修
    effective_from: 2026-03-01
"""


def one(body: str) -> str:
    """A file of one rule that is sound but for ``body``, whose keys come last."""
    given = {line.strip().split(":")[0] for line in body.splitlines()}
    sound = {
        "receiver": "YLVC", "from": "YLU/A", "to": "YLVC/X", "basis": "对照", "effective_from": "2026-03-01",
    }  # fmt: skip
    lines = [f"    {key}: {value}" for key, value in sound.items() if key not in given]
    return "v: 2\nrules:\n  -\n" + "\n".join([*lines, *(f"    {line}" for line in body.splitlines())]) + "\n"


def test_a_file_reads_like_the_regulation() -> None:
    text = read_text(FILE.encode())
    assert text.faults == ()
    first, pool, denial, waiver = text.drafts
    assert first.either == (("YLU/A",), ("YLU/B", "YLU/C 1"), ("YLU/B", "YLU/D"))
    assert first.targets == (TargetDraft("YLVC/X"), TargetDraft("YLVC/Y", 250))
    asked = Conditions(
        min_mark=6050, min_level=4, max_age_years=8, issuer_kinds=("university", "employer"), online=False
    )
    assert (first.conditions, first.grade, first.overlap, first.clause) == (asked, 9000, 86, "第 4 条")
    assert pool.pool == PoolDraft(("YLU/M1", "YLU/M2", "YLU/M3"), 600)
    assert (pool.elective, pool.result, pool.effective_until) == ("*", 200, date(2027, 3, 1))
    assert (denial.denies, denial.denied_issuer, denial.sources) == (True, "YLU", ())
    assert (waiver.waives, waiver.sources, waiver.conditions.min_hours) == (True, ("YLU/M1", "YLU/M2", "YLU/M3"), 32)
    assert text.lines == (5, 14, 20, 26)


def test_the_example_of_the_documentation_is_sound() -> None:
    document = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
    text = read_text(document.split("```yaml\n")[1].split("```")[0].encode())
    assert (text.faults, len(text.drafts)) == ((), 5)


def test_the_words_of_a_standard_are_marks() -> None:
    body = yaml.safe_load(PACK.read_text(encoding="utf-8"))
    pack = parse_pack(body)
    for written, mark in (
        ("良好", 8000), ("B", 8500), ("{scale: letter, at_least: B}", 8500), ("{scale: words, at_least: 优秀}", 9000),
        ("{scale: hundred, at_least: 72.5}", 7250),
    ):  # fmt: skip
        (draft,) = read_text(one(f"when: {{mark: {written}}}").encode(), pack=pack).drafts
        assert draft.conditions.min_mark == mark, written
    for written in ("{scale: letter, at_least: 良好}", "{scale: words, at_least: B}", "合格", "101", "甲等"):
        assert read_text(one(f"when: {{mark: {written}}}").encode(), pack=pack).faults, written
    assert read_text(one("when: {mark: 良好}").encode()).faults  # without a standard only marks are read


@pytest.mark.parametrize(
    ("body", "line", "place", "says"),
    [
        ("from: A", 8, "from", "INSTITUTION/CODE"),
        ("from: [YLU/A, YLU/A]", 8, "from", "Named twice"),
        ("from: []", 8, "from", "at least one"),
        ("from: {any: [YLU/A, [YLU/B, []]]}", 8, "from.any", "at least one"),
        ("from: {any: 数学类}", 8, "from.any", "no set"),
        ("from: {some: [YLU/A]}", 8, "from.some", "no such field"),
        ("from: {any: [YLU/A], all: [YLU/B]}", 8, "from", "one of any and all"),
        ("from: {choose: 0 credits, from: [YLU/A]}", 8, "from.choose", "more than 0"),
        ("from: {choose: 6.0 credits}", 8, "from.from", "missing"),
        ("from: {issuer: YLU}", 8, "from.issuer", "no_articulation"),
        ("to: {course: YLVC/X, credits: -3}", 8, "to.credits", "negative"),
        ("to: {course: YLVC/X, credits: 3000}", 8, "to.credits", "more than 1000"),
        ("to: {course: YLVC/X, credits: many}", 8, "to.credits", "number"),
        ("to: [YLVC/X, YLVC/X]", 8, "to", "twice"),
        ("to: []", 8, "to", "at least one course"),
        ('to: {elective: "*"}\nwaives: true', 9, "waives", "waiver"),
        ("to: {course: YLVC/X, credits: 3}\nwaives: true", 9, "waives", "waiver"),
        ('to: {elective: "*"}\nno_articulation: true', None, "", "denial"),
        ("when: {marks: 60}", 9, "when.marks", "no such field"),
        ("when: {mark: 60, mark: 70}", 9, "when.mark", "twice"),
        ("when: {level: 11}", 9, "when.level", "between 1 and 10"),
        ("when: {issuers: [bakery]}", 9, "when.issuers", "bakery"),
        ("when: {quality: D}", 9, "when.quality", "A, B or C"),
        ("grade: 101", 9, "grade", "no mark"),
        ("overlap: 120", 9, "overlap", "between 0 and 100"),
        ("effective_from: soon", 8, "effective_from", "date"),
        ("effective_until: 2026-03-01", 9, "effective_until", "after the start"),
        ("basis: ''", 8, "basis", "characters"),
        ('basis: "\\u202e"', 8, "basis", "invisible"),
        ("basis: {zh: 对照}", 8, "basis.en", "missing"),
        ("colour: red", 9, "colour", "no such field"),
    ],
)
def test_every_fault_has_its_line_and_rule(body: str, line: int | None, place: str, says: str) -> None:
    text = read_text(one(body).encode())
    assert text.drafts == ()
    fault = next(f for f in text.faults if says.lower() in f.en.lower())
    assert fault.rule == 1
    assert fault.place == (f"rules[1].{place}" if place else "rules[1]")
    assert fault.zh
    if line is not None:
        assert fault.line == line


def test_all_faults_of_a_file_are_told_and_sound_rules_are_kept() -> None:
    bad = FILE.replace("mark: 60.5", "mark: sixty").replace("waives: true", "waives: perhaps").replace("v: 2", "v: 3")
    text = read_text(bad.encode())
    assert [(f.line, f.rule) for f in text.faults] == [(1, None), (8, 1), (29, 4)]
    assert text.numbers == (2, 3)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"rules: [", b"3", b"v: 2", b"v: 2\nrules: 3", b"\xff\xfe\x00", b"a: 1\n---\nb: 2", b"\x00",
        b"!!python/object/apply:os.getcwd []", b"[" * 100_000, b"- " * 100_000, b"{a: " * 100_000,
        b"v: 2\nrules:\n  - &rule [*rule]", b"v: 2\nrules: [*nobody]", b"v: 2\nrules: [[], {}, 3]",
    ],
)  # fmt: skip
def test_what_is_no_rule_file_is_refused_in_words(content: bytes) -> None:
    text = read_text(content)
    assert text.drafts == ()
    assert text.faults
    assert all(fault.line >= 1 and fault.zh and fault.en for fault in text.faults)


def test_an_explosive_either_or_is_one_clear_fault() -> None:
    pair = "{any: [YLU/A%d, YLU/B%d]}"
    wide = "from: {all: [" + ", ".join(pair % (n, n) for n in range(7)) + "]}"
    (fault,) = read_text(one(wide).encode()).faults
    assert (fault.rule, fault.place) == (1, "rules[1].from")
    assert "deliberately explosive" in fault.en
    fits = "from: {all: [" + ", ".join(pair % (n, n) for n in range(6)) + "]}"
    (draft,) = read_text(one(fits).encode()).drafts
    assert len(draft.either) == MOST_ALTERNATIVES
    long = "from: [" + ", ".join(f"YLU/A{n}" for n in range(MOST_TOGETHER + 1)) + "]"
    assert "explosive" in read_text(one(long).encode()).faults[0].en


def test_aliases_cannot_make_a_short_text_mean_millions() -> None:
    lines = [
        "v: 2",
        "rules:",
        "  - receiver: YLVC",
        "    clause: 一",
        "    from:",
        "      any:",
        "        - &a0 {any: [YLU/A]}",
    ]
    lines += [f"        - &a{n + 1} {{any: [{', '.join([f'*a{n}'] * 9)}]}}" for n in range(9)]
    lines += ["    to: YLVC/X", "    basis: 对照", "    effective_from: 2026-03-01", ""]
    (fault,) = read_text("\n".join(lines).encode()).faults
    assert "explosive" in fault.en


# --- round trip ------------------------------------------------------------------------------------------------------


def _prose(text: str) -> bool:
    try:
        reject_controls(text)
    except BadText:
        return False
    return text == text.strip() and text != ""


code = st.text("ABCDXYZ0123456789-_. ", min_size=1, max_size=12).filter(lambda t: t == t.strip())
item = st.builds("{}/{}".format, st.sampled_from(["YLU", "YLVC", "no"]), code)
prose = (
    st.one_of(
        st.sampled_from(
            ["true", "no", "null", "~", "1.5", "2026-03-01", "- a", "a: b", "a #b", "#", '"', "\\", "*", "&x", "%"]
        ),
        st.text(
            st.characters(codec="utf-8", exclude_categories=("Cs", "Mn", "Mc", "Lm", "Lo")), min_size=1, max_size=30
        ),
        st.text("内容重合八成（以上），第条：… ", min_size=1, max_size=20),
    )
    .map(functools.partial(unicodedata.normalize, "NFC"))
    .filter(_prose)
)
day = st.dates(date(2000, 1, 1), date(2040, 1, 1))
amount = st.integers(1, 100_000)


@st.composite
def drafts(draw: st.DrawFn) -> RuleDraft:
    """A rule of any kind, as reading gives it: one alternative is ``sources``, several are ``either``."""
    since = draw(day)
    facts: dict[str, object] = {
        "receiver": draw(st.sampled_from(["YLVC", "true", "1.0"])),
        "basis": Text(draw(prose), draw(prose)),
        "clause": draw(st.one_of(st.just(""), prose)),
        "effective_from": since,
        "effective_until": draw(st.none() | st.dates(since, date(2041, 1, 1)).filter(lambda d: d > since)),
        "number": draw(st.none() | st.just("GZ123")),
        "overlap": draw(st.none() | st.integers(0, 100)),
    }
    courses = draw(st.lists(item, min_size=1, max_size=3, unique=True))
    kind = draw(st.sampled_from(["course", "elective", "waiver", "denial", "issuer"]))
    sets = draw(st.lists(st.lists(item, min_size=1, max_size=3, unique=True), min_size=1, max_size=4))
    if kind in ("denial", "issuer"):
        facts |= {"denies": True, "targets": tuple(map(TargetDraft, courses))}
        return RuleDraft(**facts, **({"sources": tuple(sets[0])} if kind == "denial" else {"denied_issuer": "YLU"}))  # type: ignore[arg-type]
    distinct = list({frozenset(s): tuple(s) for s in sets}.values())
    if draw(st.booleans()):
        facts["pool"] = PoolDraft(tuple(draw(st.lists(item, min_size=1, max_size=5, unique=True))), draw(amount))
    else:
        facts |= {"sources": distinct[0]} if len(distinct) == 1 else {"either": tuple(distinct)}
    if kind == "elective":
        facts |= {"elective": draw(st.sampled_from(["*", "free", "通识"])), "result": draw(st.none() | amount)}
    else:
        stated = st.none() if kind == "waiver" else st.none() | amount
        facts |= {"targets": tuple(TargetDraft(c, draw(stated)) for c in courses), "waives": kind == "waiver"}
    facts["grade"] = draw(st.none() | st.integers(0, 10_000))
    facts["conditions"] = Conditions(
        min_mark=draw(st.none() | st.integers(0, 10_000)),
        min_level=draw(st.none() | st.integers(1, 10)),
        max_age_years=draw(st.none() | st.integers(0, 50)),
        min_quality=draw(st.sampled_from([None, "A", "B", "C"])),
        min_assurance=draw(st.sampled_from([None, 1, 3])),
        min_hours=draw(st.none() | st.integers(0, 999)),
        issuer_kinds=draw(st.sampled_from([(), ("university",), ("employer", "university")])),
        earned_from=draw(st.none() | st.dates(date(2000, 1, 1), date(2010, 1, 1))),
        earned_until=draw(st.none() | st.dates(date(2011, 1, 1), date(2020, 1, 1))),
        online=draw(st.booleans()),
    )
    return RuleDraft(**facts)  # type: ignore[arg-type]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(drafts(), max_size=4))
def test_what_is_written_reads_as_the_same_rules(given_drafts: list[RuleDraft]) -> None:
    written = write_text(given_drafts)
    read = read_text(written.encode())
    assert read.faults == ()
    assert list(read.drafts) == given_drafts
    assert write_text(read.drafts) == written


def test_the_canonical_form_is_itself() -> None:
    written = write_text(read_text(FILE.encode()).drafts)
    assert write_text(read_text(written.encode()).drafts) == written
    assert "from: {any: [YLU/A, [YLU/B, YLU/C 1], [YLU/B, YLU/D]]}" in written
    assert "from: {choose: 6.0 credits, from: [YLU/M1, YLU/M2, YLU/M3]}" in written


# --- sentences -------------------------------------------------------------------------------------------------------


def test_each_kind_of_rule_is_a_sentence() -> None:
    names = {"YLU/A": "甲", "YLU/B": "乙", "YLVC/X": "丙"}

    def said(body: str) -> tuple[str, str]:
        (draft,) = read_text(one(body).encode()).drafts
        text = sentence_of(draft, name=names.__getitem__, issuer=lambda code: "云岭大学", credits=lambda item: 300)
        return text.zh, text.en

    assert said("from: {any: [YLU/A, YLU/B]}\nwhen: {mark: 70}") == (
        "持有 甲、乙 任一，成绩 ≥ 70，可替代 丙（3.0 学分）。",
        "With any of 甲, 乙, mark ≥ 70, replaces 丙 (3.0 credits).",
    )
    assert said("from: [YLU/A, YLU/B]\nto: {course: YLVC/X, credits: 2}\ngrade: 90")[0] == (
        "同时持有 甲、乙，可替代 丙（2.0 学分），成绩记 90。"
    )
    assert said("from: {any: [YLU/A, [YLU/A, YLU/B]]}")[0] == "持有 甲，或 甲 和 乙，可替代 丙（3.0 学分）。"
    assert said('from: {choose: 6 credits, from: [YLU/A, YLU/B]}\nto: {elective: "*"}')[0] == (
        "在 甲、乙 中修满 6.0 学分，按原学分计入选修学分。"
    )
    assert said("waives: true")[0] == "持有 甲，可免修 丙（不计学分）。"
    assert said("no_articulation: true") == ("甲 不能替代 丙。", "甲 does not replace 丙.")
    assert said("from: {issuer: YLU}\nno_articulation: true")[0] == "云岭大学 的任何成果都不能替代 丙。"
    conditions = (
        "when: {level: 4, within_years: 8, quality: B, assurance: 2, hours: 32, issuers: [university, employer],"
    )
    zh, en = said(f"{conditions} earned_from: 2020-01-01, earned_until: 2026-01-01, online: false}}\noverlap: 86")
    assert zh == (
        "持有 甲，等级不低于 4 级，取得不超过 8 年，质量等级不低于 B，真实性保证不低于 2 级，学时不少于 32，"
        "由普通高校或用人单位颁发，2020-01-01 起学完，2026-01-01 前学完，不含网络课程，内容重合 86%，可替代 丙（3.0 学分）。"
    )
    assert "issued by a university or an employer" in en
