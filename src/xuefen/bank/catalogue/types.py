"""Items and programmes: what can be learnt, and what a programme asks for.

Credits are hundredths, hours whole class hours, levels 1..10 of the framework.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal, TypedDict

from xuefen.bank.institutions.types import OutcomeClass
from xuefen.bank.shell.problems import Problem


class ItemKind(StrEnum):
    COURSE = "course"  # 课程
    CERTIFICATE = "certificate"  # 证书
    ACTIVITY = "activity"  # 活动


class PairVerdict(StrEnum):
    """What a person found of two items that look alike."""

    SAME = "same"  # 同一门课
    DIFFERENT = "different"  # 不同
    UNDECIDED = "undecided"  # 待定：also what taking back leaves


class NodeKind(StrEnum):
    """How a node of a programme's tree is satisfied."""

    ALL = "all"  # every child 全部修读
    ANY = "any"  # one of the children 任选一项
    CREDITS = "credits"  # at least ``need`` hundredths from the children 修满学分
    CHOOSE = "choose"  # at least ``need`` of the children 任选几项
    COURSE = "course"  # a leaf 课程


class OpenSet(TypedDict, total=False):
    """What may fill a group beyond the courses it lists, in the words of its source.

    ``patterns``: course codes with ``*`` (COS 3**), ``except_``: codes left out, ``areas``: areas of distribution, ``count``: any
    so many courses, ``words``: only the explanation says.
    """

    patterns: list[str]
    except_: list[str]
    areas: list[str]
    count: int
    words: bool


class Node(TypedDict, total=False):
    """A node of a requirement tree, as stored.

    A group has ``id, kind, name, children`` and, for ``credits`` and ``choose``, ``need``; ``cap`` bounds the credit conversion
    may give below it; ``elective`` marks elective credit; ``shared``: its courses may count elsewhere too; ``tag`` names the
    kind of group a standard may limit; ``open`` says what else may fill it (only such a group may list no course).
    A course has ``id, kind, item_id, item, version, name, credits``; ``after`` are the codes of the courses it builds on,
    ``after_ids`` their ids in the same order; ``matched``: it stands here because a pattern of its group found it.
    ``detail`` keeps what the source said and conversion has no use for.
    """

    id: str
    kind: Literal["all", "any", "credits", "choose", "course"]
    name: str
    name_en: str
    need: int
    cap: int
    elective: bool
    shared: bool
    tag: str
    open: OpenSet
    children: list[Node]
    item_id: int
    item: str
    version: str
    credits: int
    after: list[str]
    after_ids: list[int]
    matched: bool
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """One version of one item. ``declared_credit`` None = the issuer declares none. ``subject`` names what a standard may
    bar from conversion ("ideology", "pe"); ``authoritative`` is a certificate of the industry's own authority; ``nature`` is
    "required" or "elective" where every plan that offers it agrees, "" otherwise.
    """

    item_id: int
    version_id: int
    institution_id: int
    code: str
    version: str
    name: str
    kind: ItemKind
    outcome_class: OutcomeClass
    type_code: str
    level: int | None
    theory_hours: int
    practice_hours: int
    practice_weeks: int
    declared_credit: int | None
    online: bool
    family: str
    subject: str
    authoritative: bool
    nature: str = ""


@dataclass(frozen=True, slots=True)
class Items:
    """All items of one issuer that are in force: every version, and for each code the latest one."""

    by_version: Mapping[tuple[str, str], ItemFacts]
    latest: Mapping[str, ItemFacts]

    def get(self, code: str, version: str = "") -> ItemFacts | None:
        """The named version, or the latest when none is named."""
        return self.by_version.get((code, version)) if version else self.latest.get(code)


@dataclass(frozen=True, slots=True)
class ProgrammeFacts:
    """One version of a programme with its requirement tree; ``total_credits`` is what graduation asks for.

    ``award`` is what it leads to: "bachelor" 本科, "associate" 专科, "diploma3" 三年制专科, "minor", "certificate", …; free code.
    """

    id: int
    institution_id: int
    institution_code: str
    code: str
    version: str
    name: str
    level: int | None
    total_credits: int
    tree: Node
    award: str = ""


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A row of a sheet that did not go in: its number as a spreadsheet shows it (the header is row 1), and why."""

    row: int
    field: str
    problem: Problem
    params: Mapping[str, object] = dataclass_field(default_factory=dict)

    def sentence(self, language: str = "zh") -> str:
        return self.problem.sentence(language, self.params)


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did. ``items``, ``versions``, ``programmes`` count what is new; rows that say what is published already
    are accepted too. ``read`` = ``accepted`` + rows named in ``refused`` (one row may be refused for several reasons).

    ``programmes_refused`` are whole plans that could not be published, named by their first row.
    """

    items: int
    versions: int
    programmes: int
    read: int
    accepted: int
    refused: tuple[RefusedLine, ...]
    programmes_refused: tuple[RefusedLine, ...]
    digest: str


# --- items beside each other ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ItemVersionFacts:
    """One version on an item's page: what it says, and when it applies."""

    facts: ItemFacts
    effective_from: date
    retired_on: date | None
    statements: tuple[str, ...]
    skills: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A programme an item stands in."""

    institution_code: str
    code: str
    version: str
    name: str


@dataclass(frozen=True, slots=True)
class ItemStory:
    """An item with all its versions, newest first, and the programmes it stands in (``places_total`` of them)."""

    item_id: int
    institution_code: str
    code: str
    versions: tuple[ItemVersionFacts, ...]
    places: tuple[Place, ...]
    places_total: int

    @property
    def latest(self) -> ItemVersionFacts:
        return self.versions[0]


@dataclass(frozen=True, slots=True)
class ItemPage:
    """One page of a listing."""

    items: tuple[ItemFacts, ...]
    total: int
    page: int
    size: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What somebody found of a pair, and why."""

    one: int
    other: int
    verdict: PairVerdict
    reason: str
    by_name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DuplicateGroup:
    """Items whose names are one in normal form; ``verdicts`` of the pairs among them somebody has judged."""

    key: str
    items: tuple[ItemFacts, ...]
    verdicts: tuple[Verdict, ...]

    @property
    def open_pairs(self) -> int:
        """Pairs nobody has called the same or different."""
        n = len(self.items)
        return n * (n - 1) // 2 - sum(v.verdict is not PairVerdict.UNDECIDED for v in self.verdicts)


@dataclass(frozen=True, slots=True)
class Similar:
    """An item that resembles another, with the pieces of both names (text, whether it matches) and what else they share."""

    facts: ItemFacts
    score: float
    same_key: bool
    name: tuple[tuple[str, bool], ...]
    statements: tuple[tuple[tuple[str, bool], ...], ...]
    words: tuple[str, ...]
    verdict: PairVerdict | None


# --- drafts: what a sheet says, before the catalogue knows it ---------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDraft:
    """One item as a row gives it. ``version`` is the sheet's own; variants of one version are told apart later."""

    code: str
    version: str
    content: ItemContent


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemContent:
    """Everything a version of an item says; two rows with equal content speak of the same version."""

    name: str
    type_code: str
    level: int | None
    theory_hours: int
    practice_hours: int
    practice_weeks: int
    declared_credit: int | None
    online: bool
    family: str
    subject: str
    authoritative: bool
    effective_from: date
    statements: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where a row puts its course: which plan (``key``), and which group of it.

    ``choice`` names a list inside the group of which ``choose`` courses are taken. ``kept`` are columns noted on the course's
    place, ``about`` columns noted on the plan.
    """

    key: str
    code: str
    version: str
    name: str
    group: str
    award: str = ""
    choice: str = ""
    choose: int = 0
    kept: tuple[tuple[str, str], ...] = ()
    about: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RowDraft:
    """One readable row. ``notes`` are kept beside an item's version where all rows of it agree."""

    row: int
    items: tuple[ItemDraft, ...]
    placement: Placement | None
    notes: tuple[tuple[str, str], ...] = ()


# --- problems ---------------------------------------------------------------------------------------------------------

PROGRAMME_UNKNOWN = Problem("programme_unknown", "没有专业“{code}”。", "There is no programme “{code}”.", status=404)
ITEM_VERSION_CHANGED = Problem(
    "item_version_changed",
    "目录项 {code} 的 {version} 版已经发布，内容不同。已发布的版本不能改，请用新的版本号。",
    "Version {version} of {code} is published with other content. A published version never changes; use a new version.",
    status=409,
)
ITEM_KIND_CHANGED = Problem(
    "item_kind_changed",
    "编码 {code} 已用于另一种目录项（{kind}）。",
    "Code {code} is already used for another kind of item ({kind}).",
    status=409,
)
PROGRAMME_CHANGED = Problem(
    "programme_changed",
    "专业 {code} 的 {version} 版已经发布，内容不同，请用新的版本号。",
    "Version {version} of programme {code} is published with other content; use a new version.",
    status=409,
)
CELL_MISSING = Problem("sheet_cell_missing", "“{column}”不能为空。", "“{column}” must not be empty.")
CELL_UNREADABLE = Problem(
    "sheet_cell_unreadable",
    "“{column}”的内容“{value}”无法识别，应为{expected_zh}。",
    "“{value}” in “{column}” cannot be read; {expected} expected.",
)
CELL_TOO_LONG = Problem(
    "sheet_cell_too_long",
    "“{column}”最多 {limit} 个字符。",
    "“{column}” holds at most {limit} characters.",
)
SHEET_UNREADABLE = Problem(
    "sheet_unreadable",
    "文件无法读取：{reason_zh}",
    "The file cannot be read: {reason}",
)
SHEET_ROW_RAGGED = Problem(
    "sheet_row_ragged",
    "这一行有 {found} 格，表头只有 {expected} 格，可能错位。",
    "This row has {found} cells, the header only {expected}; it may be out of line.",
)
SHEET_COLUMNS_MISSING = Problem(
    "sheet_columns_missing",
    "表头缺少这些列：{columns}。",
    "The header lacks these columns: {columns}.",
)
MAPPING_INVALID = Problem(
    "mapping_invalid", "对照表有误（{where}）：{reason_zh}", "The mapping is wrong ({where}): {reason}"
)
DOCUMENT_INVALID = Problem(
    "document_invalid",
    "培养要求有误（{where}）：{reason_zh}",
    "The requirement document is wrong ({where}): {reason}",
)
ITEM_TYPE_UNKNOWN = Problem(
    "item_type_unknown",
    "现行标准里没有成果类型“{type_code}”，或者它不属于这一大类。",
    "The standard in force has no type “{type_code}”, or it is of another class.",
)
PAIR_INVALID = Problem(
    "item_pair_invalid",
    "请选择两个不同的目录项。",
    "Choose two different items.",
)
TREE_INVALID = Problem(
    "tree_invalid",
    "培养方案结构有误：{reasons_zh}",
    "The requirement tree is wrong: {reasons}",
)
