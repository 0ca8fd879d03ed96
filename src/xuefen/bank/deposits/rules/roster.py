"""OneRoster CSV 1.1 and 1.2 as deposit rows: which files and columns are read, who is meant, which results are the course's.

A gradebook holds every quiz; an outcome is the result of the course. So a result counts when it is the only line item of its
class, or when its line item, or that one's category, is called the final one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from xuefen.bank.deposits.rules.rows import marked
from xuefen.bank.deposits.types import (
    RESULT_NOT_FINAL,
    RESULT_SCALE,
    RESULT_WITHDRAWN,
    ROSTER_NO_COURSE,
    ROSTER_NO_FINAL,
    ROSTER_NO_PERSON,
)
from xuefen.bank.shell.problems import Denied
from xuefen.bedrock import ids
from xuefen.bedrock.names import clean

FILES: Mapping[str, tuple[str, ...]] = {
    "users.csv": ("sourcedId", "givenName", "familyName"),
    "courses.csv": ("sourcedId", "courseCode"),
    "classes.csv": ("sourcedId", "courseSourcedId"),
    "lineItems.csv": ("sourcedId", "title", "classSourcedId"),
    "results.csv": ("lineItemSourcedId", "studentSourcedId", "scoreStatus", "score", "scoreDate"),
    "academicSessions.csv": ("sourcedId", "endDate"),
    "categories.csv": ("sourcedId", "title"),
    "manifest.csv": ("propertyName", "value"),
}
"""The files that are read, and the columns they must have; OneRoster has more of both."""
NEEDED = ("users.csv", "courses.csv", "classes.csv", "lineItems.csv", "results.csv")
HEADER = ("账号", "证件号码", "姓名", "成果代码", "取得日期", "成绩", "sourcedId")
"""The columns of the rows that come out, the last one the result's own."""

FINAL = frozenset(
    ("总评", "课程总评", "总评成绩", "总成绩", "最终成绩", "课程成绩", "期末总评", "final", "finalgrade", "finalmark",
     "finalscore", "coursegrade", "overall", "overallgrade", "total")
)  # fmt: skip
_USER_ID = re.compile(r"\{([^:{}]*):([^{}]*)\}")
_ACCOUNT = re.compile(r"[0-9]{16}", re.ASCII)
_IDENTITY = re.compile(r"[0-9]{17}[0-9X]", re.ASCII)
_HAN = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]")


@dataclass(frozen=True, slots=True)
class Person:
    """A user who may stand in a result; "" where the roster does not say."""

    account: str = field(repr=False)
    id_number: str = field(repr=False)
    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LineItem:
    """One column of a gradebook. ``final`` says that its own or its category's title calls it so."""

    of_class: str
    course: str
    most: str
    day: str
    final: bool


def plain_name(path: str) -> str:
    """The name of an archive's part as the specification spells it; files may stand in one folder, but not deeper."""
    folder, _, name = path.rpartition("/")
    if "/" in folder or folder.startswith("__"):
        return ""
    return _BY_NAME.get(name.casefold(), "")


_BY_NAME = {name.casefold(): name for name in FILES}


def person(user: Mapping[str, str]) -> Person:
    """Who a user is: of ``userIds``, ``identifier``, ``username`` and ``sourcedId`` the first that has an account's or an
    identity number's form.
    """
    found = [value for _, value in _USER_ID.findall(user.get("userIds", ""))]
    found += [user.get(name, "") for name in ("identifier", "username", "sourcedId")]
    plain = [ids.normalise(value) for value in found]
    family, given = user.get("familyName", "").strip(), user.get("givenName", "").strip()
    name = f"{family}{given}" if _HAN.search(family + given) else f"{given} {family}".strip()
    return Person(
        account=next((value for value in plain if _ACCOUNT.fullmatch(value)), ""),
        id_number=next((value for value in plain if _IDENTITY.fullmatch(value)), ""),
        name=name,
    )


def is_final(*titles: str) -> bool:
    """Whether a line item's title or its category's is one of the words for the result of a course."""
    return any(re.sub(r"[\s_-]", "", clean(title)).casefold() in FINAL for title in titles)


def counted(items: Mapping[str, LineItem], used: Iterable[str]) -> frozenset[str]:
    """The line items whose results are outcomes, one a class, of those that have results (``used``).

    Raises ``Denied(roster_no_final)`` for a class in which that cannot be told.
    """
    by_class: dict[str, list[str]] = defaultdict(list)
    for name in used:
        if name in items:
            by_class[items[name].of_class].append(name)
    chosen = []
    for of_class, names in by_class.items():
        final = [name for name in names if items[name].final]
        one = final if len(names) > 1 else names
        if len(one) != 1:
            raise Denied(
                ROSTER_NO_FINAL, place="lineItems.csv", of_class=of_class[:60], items=len(names), final=len(final)
            )
        chosen += one
    return frozenset(chosen)


def cells(result: Mapping[str, str], who: Person | None, item: LineItem | None) -> list[str]:
    """One result as a row under ``HEADER``; what the roster leaves open is marked in the cell it should have filled."""
    account, id_number, name = (who.account, who.id_number, who.name) if who else ("", "", "")
    if not account and not id_number:
        account = marked(ROSTER_NO_PERSON)
    course = item.course if item else ""
    day = result["scoreDate"].strip() or (item.day if item else "")
    return [
        account, id_number, name, course or marked(ROSTER_NO_COURSE), day.removesuffix("T00:00:00.000Z"),
        _grade(result, item.most if item else ""), result.get("sourcedId", ""),
    ]  # fmt: skip


def _grade(result: Mapping[str, str], most: str) -> str:
    score = result["score"].strip() or result.get("textScore", "").strip()
    if result.get("status", "").strip().casefold() == "tobedeleted":
        return marked(RESULT_WITHDRAWN, score)
    if re.sub(r"[\s_]", "", result["scoreStatus"]).casefold() != "fullygraded":
        return marked(RESULT_NOT_FINAL, score)
    if not _of_hundred(most) and re.match(r"[0-9]", score):
        return marked(RESULT_SCALE, score)
    return _plain(score)


def _plain(score: str) -> str:
    """85.0 as 85: OneRoster writes every score as a float."""
    return score.rstrip("0").rstrip(".") if re.fullmatch(r"[0-9]+\.[0-9]+", score) else score


def _of_hundred(most: str) -> bool:
    try:
        return not most.strip() or Decimal(most.strip()) == 100
    except InvalidOperation:
        return False
