"""What can be learnt, and what a programme asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from enum import StrEnum
from typing import Any, Literal, TypedDict

from xuefen.bank.institutions.types import OutcomeClass
from xuefen.bank.shell.problems import Problem


class ItemKind(StrEnum):
    COURSE = "course"  # 课程
    CERTIFICATE = "certificate"  # 证书
    ACTIVITY = "activity"  # 活动


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
