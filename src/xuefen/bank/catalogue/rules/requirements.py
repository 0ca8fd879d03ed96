"""Nested requirement documents to trees and back. Pure; nothing a document says is lost.

What the tree itself says (kinds, needs, courses, patterns, sharing) is written from the tree again; where that is not
word for word what the document said, and whatever has no meaning for conversion, the node's ``detail`` keeps it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from xuefen.bank.catalogue.rules.trees import most_credits
from xuefen.bank.catalogue.types import DOCUMENT_INVALID, Node, OpenSet
from xuefen.bank.shell.problems import Denied
from xuefen.bedrock.names import clean
from xuefen.bedrock.quantity import BadQuantity, format_credits, parse_credits

COURSE_UNIT = 100
"""Hundredths a course counts where documents count courses."""
MAX_REQUIREMENTS = 5_000
MAX_DEPTH = 40
HEAD = ("type", "name", "code", "version", "award", "level", "effective_from")
"""What a document of our own says of the programme beside its tree."""
_CODE = 40
_COURSE_KEYS = {"code", "name", "credits", "after", "version", "detail"}


@dataclass(slots=True)
class Course:
    """A course as documents name it: ``name`` is the longest any of them gives."""

    code: str
    name: str
    credits: int | None = None
    version: str = ""

    def learn(self, other: Course) -> None:
        """Take what another mention says more: the longest name, and credits."""
        self.name = max(self.name, other.name, key=lambda name: (name != self.code, len(name), name))
        if self.credits is None:
            self.credits = other.credits


@dataclass(slots=True)
class Reading:
    """What one document gave: its tree, without item ids, and the courses it names by code and version ("" none named)."""

    tree: Node
    courses: dict[tuple[str, str], Course] = field(default_factory=dict)
    size: int = 0


def read_document(body: Mapping[str, Any], *, unit: int) -> Reading:
    """The requirement tree of a document; a course counts ``unit`` hundredths unless it says more.

    Raises ``Denied(document_invalid)`` with the place of the first error.
    """
    reading = Reading(tree={"id": "root", "kind": "all", "name": ""})
    reading.tree = _Reader(reading, unit).requirement(body, "root", depth=1, counting=False, shared=False)
    return reading


def _wrong(where: str, zh: str, en: str) -> Denied:
    return Denied(DOCUMENT_INVALID, place=where, where=where, reason_zh=zh, reason=en)


class _Reader:
    def __init__(self, reading: Reading, unit: int) -> None:
        self.reading = reading
        self.unit = unit

    def requirement(self, req: Any, where: str, *, depth: int, counting: bool, shared: bool) -> Node:
        """One requirement and all below it. ``counting``: the group above adds up credits; ``shared``: it is shared."""
        if not isinstance(req, Mapping) or not all(isinstance(key, str) for key in req):
            raise _wrong(where, "应为一张表", "a mapping expected")
        self.reading.size += 1
        if depth > MAX_DEPTH or self.reading.size > MAX_REQUIREMENTS:
            raise _wrong(where, "要求太多或嵌套太深", "too many requirements, or nested too deep")
        node: Node = {"id": str(req.get("id") or where), "kind": "all", "name": clean(str(req.get("name") or ""))}
        if req.get("name_en"):
            node["name_en"] = clean(str(req["name_en"]))
        # Below a shared group everything is shared already; credit that is passed upward cannot be.
        if req.get("double_counting_allowed") is True and not shared and not counting and where != "root":
            node["shared"] = True
        below = _list(req, "req_list", where)
        self._shape(node, req, where, below=below, counting=counting)
        if isinstance(req.get("detail"), Mapping):
            node["detail"] = _plain(req["detail"])
        inside = shared or node.get("shared", False)
        children = [
            self.requirement(
                child,
                _place(where, n),
                depth=depth + 1,
                counting=node["kind"] == "credits",
                shared=inside,
            )
            for n, child in enumerate(below, 1)
        ]
        node["children"] = children + self._courses(node, req, where)
        if not node["children"] and "open" not in node:
            node["open"] = {"words": True}
        return node

    def _shape(self, node: Node, req: Mapping[str, Any], where: str, *, below: list[Any], counting: bool) -> None:
        """Which kind of group it is, and how much it asks for."""
        least, most = _count(req, "min_needed", where), _count(req, "max_counted", where)
        opens = _open_set(req, where)
        if opens:
            node["open"] = opens
        if req.get("elective") is True:
            node["elective"] = True
        if req.get("tag"):
            node["tag"] = str(req["tag"])
        if "credits_cap" in req:
            node["cap"] = _credits(req["credits_cap"], f"{where}.credits_cap")
        if "credits_needed" in req:
            node["kind"], node["need"] = "credits", _credits(req["credits_needed"], f"{where}.credits_needed")
        elif "num_courses" in req:
            node["kind"], node["need"], node["shared"] = "credits", opens["count"] * self.unit, True
        elif where != "root" or least not in (None, "ALL"):
            members = len(below) + len(_list(req, "course_list", where))
            self._counted(node, least, most, members=members, several=any(map(_several, below)), counting=counting)

    def _counted(
        self,
        node: Node,
        least: int | str | None,
        most: int | str | None,
        *,
        members: int,
        several: bool,
        counting: bool,
    ) -> None:
        """A group that says how many of its members are needed, or counted at most."""
        opens = "open" in node
        if least in (None, 0):
            if members or opens:  # asks for nothing, but counts where somebody takes it
                node["kind"], node["need"], node["elective"] = "credits", _whole(most, members) * self.unit, True
        elif counting:
            node["kind"], node["need"] = "credits", (_whole(most, members) or _whole(least, members)) * self.unit
        elif least == "ALL":
            if opens:
                node["kind"], node["need"] = "credits", max(_whole(most, members), members, 1) * self.unit
        else:
            assert isinstance(least, int)
            if opens or several or least > members:
                node["kind"], node["need"] = "credits", least * self.unit
                if not opens and least > members:
                    node["open"] = {"count": least}
            elif least == 1:
                node["kind"] = "any"
            else:
                node["kind"], node["need"] = "choose", least

    def _courses(self, node: Node, req: Mapping[str, Any], where: str) -> list[Node]:
        leaves: list[Node] = []
        for n, entry in enumerate(_list(req, "course_list", where), 1):
            place = f"{where}.course_list[{n}]"
            course, after = self._course(entry, place)
            if course is None or any(leaf["item"] == course.code for leaf in leaves):
                continue
            leaf: Node = {
                "id": f"{node['id']}.c{n}" if node["id"] != "root" else f"c{n}",
                "kind": "course",
                "item": course.code,
                "version": course.version,
                "name": course.name,
            }
            if course.credits is not None:
                leaf["credits"] = course.credits
            if after:
                leaf["after"] = after
            if isinstance(entry, Mapping) and entry.get("detail"):
                leaf["detail"] = _plain(entry["detail"])
            leaves.append(leaf)
        return leaves

    def _course(self, entry: Any, place: str) -> tuple[Course | None, list[str]]:
        """The course an entry names; None for a pattern. ``SLA 218 / RES 218`` is one course under its first code."""
        more: Mapping[str, Any] = entry if isinstance(entry, Mapping) else {"code": entry}
        if unknown := sorted(str(key) for key in set(more) - _COURSE_KEYS):
            raise _wrong(place, f"不认识的键 {unknown[0]}", f"unknown key {unknown[0]}")
        text = clean(str(more.get("code") or ""))
        if "*" in text:
            return None, []
        code, _, title = text.partition(":")
        code = code.split(" / ")[0].strip().upper()
        if not code or len(code) > _CODE:
            raise _wrong(place, f"课程编码应为 1 到 {_CODE} 个字符", f"a course code has 1 to {_CODE} characters")
        name = clean(str(more.get("name") or title)) or code
        credits = _credits(more["credits"], f"{place}.credits") if "credits" in more else None
        after = [clean(str(one)).upper() for one in _list(more, "after", place)]
        course = Course(code, name, credits, str(more.get("version") or ""))
        self.reading.courses.setdefault((code, course.version), course).learn(course)
        return course, after


def settle_groups(tree: Node, body: Mapping[str, Any], *, unit: int) -> None:
    """Make needs meetable that the source counts loosely: a limit above what a list holds, a course listed twice.

    Credits a document asks for in so many words stay as they are.
    """
    groups = [child for child in tree["children"] if child["kind"] != "course"]
    for child, req in zip(groups, _list(body, "req_list", tree["id"]), strict=True):
        settle_groups(child, req, unit=unit)
    if tree["kind"] == "choose" and tree["need"] > len(tree["children"]):
        tree["open"] = {"count": tree["need"]}
        tree["kind"], tree["need"] = "credits", tree["need"] * unit
    elif tree["kind"] == "any" and not tree["children"]:
        tree["kind"] = "all"
    elif tree["kind"] == "credits" and not tree.get("open") and "credits_needed" not in body:
        most = sum(0 if child.get("shared") else most_credits(child) for child in tree["children"])
        tree["need"] = int(min(tree["need"], most)) or tree["need"]


def keep_source(tree: Node, body: Mapping[str, Any], *, unit: int, where: str = "root") -> None:
    """Put into each node's ``detail`` what writing the tree again would not give back. ``body`` is what it was read from."""
    groups = [child for child in tree["children"] if child["kind"] != "course"]
    below = _list(body, "req_list", where)
    for n, (child, req) in enumerate(zip(groups, below, strict=True), 1):
        keep_source(child, req, unit=unit, where=_place(where, n))
    head = HEAD if where == "root" and body.get("type") == "Programme" else ()
    said = {key: _plain(value) for key, value in body.items() if (key != "req_list" or not value) and key not in head}
    written = write_requirement(tree, unit=unit, where=where)
    written = {key: value for key, value in written.items() if key not in head and (key != "req_list" or not below)}
    source = {key: value for key, value in said.items() if written.get(key, _ABSENT) != value}
    absent = sorted(set(written) - set(said))
    if source or absent:
        kept = {name: value for name, value in (("source", source), ("absent", absent)) if value}
        tree["detail"] = tree.get("detail", {}) | kept


def _place(where: str, number: int) -> str:
    return str(number) if where == "root" else f"{where}.{number}"


_ABSENT = object()


def _plain(value: Any) -> Any:
    """A value as JSON can hold it."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def _list(req: Mapping[str, Any], key: str, where: str) -> list[Any]:
    value = req.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise _wrong(f"{where}.{key}", "应为列表", "a list expected")
    return value


def _count(req: Mapping[str, Any], key: str, where: str) -> int | str | None:
    value = req.get(key)
    if value is None or value == "ALL":
        return value
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 1000:
        raise _wrong(f"{where}.{key}", "应为 ALL 或 0 到 1000 的整数", "ALL or a whole number from 0 to 1000 expected")
    return value


def _whole(count: int | str | None, members: int) -> int:
    """A count as a number; everything, or nothing said, is all members."""
    return count if isinstance(count, int) and count else max(members, 1)


def _several(req: Any) -> bool:
    """Tell whether a requirement may count more than once in the group above it."""
    most = req.get("max_counted") if isinstance(req, Mapping) else None
    return most == "ALL" or (isinstance(most, int) and most > 1)


def _credits(value: Any, where: str) -> int:
    try:
        return int(parse_credits(str(value)))
    except BadQuantity as error:
        raise _wrong(where, error.zh, error.en) from error


def _open_set(req: Mapping[str, Any], where: str) -> OpenSet:
    opens: OpenSet = {}
    codes = [str(one.get("code") if isinstance(one, Mapping) else one) for one in _list(req, "course_list", where)]
    if patterns := [clean(code).upper() for code in codes if "*" in code]:
        opens["patterns"] = patterns
    if excluded := _list(req, "excluded_course_list", where):
        opens["except_"] = [clean(str(code)).upper() for code in excluded]
    if areas := req.get("dist_req"):
        opens["areas"] = [str(area) for area in (areas if isinstance(areas, list) else [areas])]
    if "num_courses" in req:
        count = _count(req, "num_courses", where)
        if not isinstance(count, int) or not count:
            raise _wrong(f"{where}.num_courses", "应为正整数", "a positive whole number expected")
        opens["count"] = count
    return opens


# --- writing ---------------------------------------------------------------------------------------------------------


def write_requirement(node: Node, *, unit: int, where: str = "root") -> dict[str, Any]:
    """The document a tree says, keys in the order people expect; for an imported tree, the document it came from."""
    said: dict[str, Any] = {"name": node["name"]}
    if node.get("name_en"):
        said["name_en"] = node["name_en"]
    if node["id"] != where:
        said["id"] = node["id"]
    groups = [child for child in node["children"] if child["kind"] != "course"]
    leaves = [child for child in node["children"] if child["kind"] == "course" and not child.get("matched")]
    opens = node.get("open", {})
    said |= _amount(node, unit=unit, listed=bool(leaves or groups or opens.keys() - {"words"}))
    if node.get("shared") and not opens.get("count"):
        said["double_counting_allowed"] = True
    if groups:
        said["req_list"] = [
            write_requirement(child, unit=unit, where=_place(where, n)) for n, child in enumerate(groups, 1)
        ]
    if courses := [_course_entry(leaf, unit=unit) for leaf in leaves] + opens.get("patterns", []):
        said["course_list"] = courses
    if opens.get("except_"):
        said["excluded_course_list"] = opens["except_"]
    if areas := opens.get("areas"):
        said["dist_req"] = areas[0] if len(areas) == 1 else areas
    kept = dict(node.get("detail", {}))
    source, absent = kept.pop("source", {}), kept.pop("absent", ())
    if kept:
        said["detail"] = kept
    said = {key: value for key, value in said.items() if key not in absent}
    said.update(source)
    return said


def _amount(node: Node, *, unit: int, listed: bool) -> dict[str, Any]:
    """How much a group asks for: courses are counted where it is open to more than it lists, else credits added up."""
    said: dict[str, Any] = {}
    opens = node.get("open", {})
    if node["kind"] == "all":
        said["min_needed"] = "ALL" if listed else 0
    elif node["kind"] == "any":
        said["min_needed"] = 1
    elif node["kind"] == "choose":
        said["min_needed"] = node["need"]
    elif opens.get("count") and node.get("shared"):
        said["num_courses"] = opens["count"]
    elif opens and node["need"] % unit == 0 and not node.get("elective"):
        said["min_needed"] = node["need"] // unit
    else:
        said["credits_needed"] = format_credits(node["need"])
    if node.get("cap") is not None:
        said["credits_cap"] = format_credits(node["cap"])
    if node.get("elective"):
        said["elective"] = True
    if node.get("tag"):
        said["tag"] = node["tag"]
    return said


def _course_entry(leaf: Node, *, unit: int) -> Any:
    entry: dict[str, Any] = {"code": leaf["item"]}
    if leaf["name"] != leaf["item"]:
        entry["name"] = leaf["name"]
    if leaf["credits"] != unit:
        entry["credits"] = format_credits(leaf["credits"])
    if leaf.get("version"):
        entry["version"] = leaf["version"]
    if leaf.get("after"):
        entry["after"] = leaf["after"]
    if leaf.get("detail"):
        entry["detail"] = leaf["detail"]
    return leaf["item"] if entry.keys() <= {"code", "version"} else entry


# --- patterns --------------------------------------------------------------------------------------------------------


def matches(patterns: Iterable[str], excluded: Iterable[str], codes: Iterable[str]) -> list[str]:
    """The codes that fit one of the patterns: a single ``*`` at the end stands for anything, each of several for a character."""
    wanted = re.compile("|".join(f"(?:{_regex(pattern)})" for pattern in patterns))
    left_out = set(excluded)
    return [code for code in codes if wanted.fullmatch(code) and code not in left_out]


def _regex(pattern: str) -> str:
    if pattern.count("*") == 1 and pattern.endswith("*"):
        return re.escape(pattern[:-1]) + ".*"
    return re.escape(pattern).replace(r"\*", ".")
