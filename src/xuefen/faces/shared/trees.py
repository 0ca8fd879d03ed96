"""A requirement tree as a picture and in words: an outline of cards with rails, prerequisites as arrows at the edge.

The same rows make the picture (SVG, a desk's width) and the nested list (phones, screen readers, paper).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from xuefen.faces.shared.i18n import language, say, t
from xuefen.faces.shared.words import credits_text

TreeNode = Mapping[str, Any]
MANY_ROWS = 120
"""A picture of more rows leaves out courses of long groups, and then what lies deep."""
FEW = 6
"""Courses shown of a group that is cut short."""
DEEP = 3

WIDTH, ROW, GROUP, INDENT, EDGE = 720, 30, 44, 26, 96
STATES = {
    "done": ("✓", "ok", ("已完成", "done")),
    "part": ("◐", "info", ("部分完成", "in part")),
    "open": ("○", "line-strong", ("未完成", "open")),
}
"""Mark, colour and words of the states a page may give to nodes; colour never speaks alone."""


@dataclass(slots=True)
class Row:
    """A node as one row. ``hidden`` counts the courses below it that are not shown; ``folded``: nothing below it is."""

    node: TreeNode
    depth: int
    top: int = 0
    hidden: int = 0
    folded: bool = False
    children: list[Row] = field(default_factory=list)

    @property
    def group(self) -> bool:
        return bool(self.node["kind"] != "course")

    @property
    def height(self) -> int:
        return GROUP if self.group else ROW


def name_of(node: TreeNode) -> str:
    """The node's name in the reader's language; a group nobody named is called by what it asks."""
    name = (node.get("name_en") if language() == "en" else "") or node["name"]
    return str(name or ask_of(node))


def ask_of(node: TreeNode) -> str:
    """What a group asks for, in words."""
    children, opens = node.get("children", ()), node.get("open") or {}
    only_courses = all(child["kind"] == "course" for child in children)
    match node["kind"]:
        case "all" if not children:
            return t("按说明完成", "as described")
        case "all":
            return t("全部修读", "all of these")
        case "any" if len(children) == 1 and not opens:
            return t("要修", "required")
        case "any":
            return t("任选 1 门", "any one course") if only_courses else t("任选 1 项", "any one of these")
        case "choose" if only_courses:
            return t("任选 {n} 门", "choose {n} courses", n=node["need"])
        case "choose":
            return t("任选 {n} 项", "choose {n} of these", n=node["need"])
    if opens.get("count"):
        return t("修满 {n} 门", "{n} {n:course|courses} in all", n=opens["count"])
    return t("修满 {x} 学分", "at least {x} credits", x=credits_text(node["need"]))


def notes_of(node: TreeNode) -> list[str]:
    """What else is to be known of a group: electives, sharing, caps, what may fill it beside the listed courses."""
    notes: list[str] = []
    opens = node.get("open") or {}
    if node.get("elective"):
        notes.append(t("选修", "elective"))
    if node.get("shared"):
        notes.append(t("课程可以同时算在别处", "courses may count elsewhere too"))
    if node.get("cap") == 0:
        notes.append(t("不能用转换学分", "not by conversion"))
    elif node.get("cap"):
        notes.append(t("转换最多 {x} 学分", "at most {x} by conversion", x=credits_text(node["cap"])))
    if opens.get("patterns"):
        notes.append(t("凡 {p} 都算", "any of {p}", p=t("、", ", ").join(opens["patterns"])))
    if opens.get("except_"):
        notes.append(t("不含 {p}", "but not {p}", p=t("、", ", ").join(opens["except_"])))
    if opens.get("areas"):
        notes.append(t("分布领域 {p}", "area {p}", p=t("、", ", ").join(opens["areas"])))
    return notes


def _count(node: TreeNode) -> int:
    """Courses below a node; a tree is at most 40 deep, so recursion is safe."""
    return sum(1 if child["kind"] == "course" else _count(child) for child in node.get("children", ()))


def _size(node: TreeNode) -> int:
    return 1 + sum(_size(child) for child in node.get("children", ()))


def outline(tree: TreeNode, *, most: int = MANY_ROWS) -> Row:
    """The rows to show: everything, or, in a large tree, long groups cut short and deep groups folded."""
    if _size(tree) <= most:
        return _row(tree, 0, few=None, deep=None)
    top = _row(tree, 0, few=FEW, deep=None)
    return top if len(list(walk(top))) <= most * 2 else _row(tree, 0, few=FEW, deep=DEEP)


def _row(node: TreeNode, depth: int, *, few: int | None, deep: int | None) -> Row:
    row = Row(node, depth)
    children = list(node.get("children", ()))
    if deep is not None and depth >= deep and children:
        row.folded, row.hidden = True, _count(node)
        return row
    shown = 0
    for child in children:
        if child["kind"] == "course":
            shown += 1
            if few is not None and shown > few:
                row.hidden += 1
                continue
        row.children.append(_row(child, depth + 1, few=few, deep=deep))
    return row


def walk(row: Row) -> Iterator[Row]:
    """Every row, parents first."""
    yield row
    for child in row.children:
        yield from walk(child)


# --- the picture -----------------------------------------------------------------------------------------------------


def picture(tree: TreeNode, *, states: Mapping[str, str] | None = None, standalone: bool = False) -> SafeString:
    """The tree as SVG. ``states``: node id → "done", "part" or "open". ``standalone``: a file of its own, with its colours."""
    top = outline(tree)
    rows = list(walk(top))
    y = _place(rows)
    arrows = _arrows(rows)
    right = WIDTH - (EDGE if arrows else 4)
    parts = [_rails(top), *(_card(row, states or {}, right=right) for row in rows), *arrows]
    label = t(
        "培养要求图：{name}，{n} 门课程",
        "Requirements of {name}: {n} {n:course|courses}",
        name=name_of(tree),
        n=_count(tree),
    )
    head = format_html(
        '<svg class="xf-tree" {}viewBox="0 0 {} {}" role="img" aria-label="{}"{}>',
        mark_safe('xmlns="http://www.w3.org/2000/svg" ' if standalone else ""),  # noqa: S308 - a constant
        WIDTH,
        y,
        label,
        mark_safe(f' width="{WIDTH}" height="{y}"' if standalone else ""),  # noqa: S308 - numbers of ours
    )
    return mark_safe(head + _STYLE + "".join(parts) + "</svg>")  # noqa: S308 - every part is escaped


def _place(rows: Sequence[Row]) -> int:
    """Tops of all rows, leaving room for "… more" after the last course of a group cut short; the full height."""
    y = 4
    ends: dict[int, int] = {}
    for n, row in enumerate(rows):
        if row.hidden and not row.folded:
            last = n
            while last + 1 < len(rows) and rows[last + 1].depth > row.depth:
                last += 1
            ends[last] = ends.get(last, 0) + 1
    for n, row in enumerate(rows):
        row.top = y
        y += row.height + 4 + ends.get(n, 0) * (ROW - 4)
    return y + 4


_COLOURS = {
    "ink": "#1C222B", "ink-2": "#434A55", "ink-3": "#5A606A", "line": "#D9D2C3", "line-strong": "#857C6B", "surface": "#FFFDF9",
    "sunken": "#F1ECE0", "blue": "#1E3D63", "ok": "#22624A", "info": "#1F5B7A",
}  # fmt: skip
"""The look's colours, for where its style sheet is not."""


def _c(name: str) -> str:
    return f"var(--xf-{name},{_COLOURS[name]})"


_STYLE = SafeString(
    "<style>.xf-tree text{font:400 14px system-ui,'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif;"
    f"fill:{_c('ink')}}}.xf-tree .b{{font-weight:600;font-size:15px}}.xf-tree .s{{fill:{_c('ink-3')}}}"
    f".xf-tree .a{{fill:{_c('blue')};font-weight:600}}"
    f".xf-tree .g{{fill:{_c('sunken')};stroke:{_c('line-strong')}}}.xf-tree .l{{fill:{_c('surface')};stroke:{_c('line')}}}"
    f".xf-tree .sh{{stroke-dasharray:6 4}}.xf-tree .r{{stroke:{_c('line-strong')};fill:none}}"
    f".xf-tree .p{{stroke:{_c('blue')};fill:none;stroke-width:1.5}}.xf-tree .h{{fill:{_c('blue')}}}</style>"
)


def _rails(top: Row) -> str:
    """Lines from each group to what it holds."""
    lines: list[str] = []
    for row in walk(top):
        if not row.children:
            continue
        x = _left(row) + 12
        last = row.children[-1]
        lines.append(f"M{x} {row.top + row.height}V{last.top + last.height // 2}")
        lines += [f"M{x} {child.top + child.height // 2}H{_left(child)}" for child in row.children]
    return f'<path class="r" d="{"".join(lines)}"/>' if lines else ""


def _left(row: Row) -> int:
    return 2 + INDENT * min(row.depth, 10)


def _card(row: Row, states: Mapping[str, str], *, right: int) -> str:
    node, left = row.node, _left(row)
    width = right - left
    state = STATES.get(states.get(node["id"], ""))
    mark = f"{state[0]} " if state else ""
    full = f"{name_of(node)} {'；'.join([ask_of(node), *notes_of(node)]) if row.group else node['item']}"
    title = f"<title>{escape(full)}{escape(' ' + say(state[2]) if state else '')}</title>"
    colour = f' style="stroke:{_c(state[1])};stroke-width:2"' if state else ""
    if not row.group:
        credits = credits_text(node["credits"])
        room = width - 24 - _measure(credits) - 14
        code = _fit(node["item"], 150)
        name = "" if node["name"] == node["item"] else _fit(mark + name_of(node), room - _measure(code) - 10)
        first = f'{escape(name)}<tspan class="s" dx="8">{escape(code)}</tspan>' if name else escape(mark + code)
        return (
            f'<g>{title}<rect class="l" x="{left}" y="{row.top}" width="{width}" height="{ROW}" rx="4"{colour}/>'
            f'<text x="{left + 12}" y="{row.top + 20}">{first}</text>'
            f'<text x="{left + width - 12}" y="{row.top + 20}" text-anchor="end">{credits}</text></g>' + _more(row)
        )
    ask = ask_of(node) if node["name"] else ""
    notes = " · ".join(notes_of(node))
    if row.folded:
        notes = " · ".join(filter(None, [notes, t("含 {n} 门课程", "{n} {n:course|courses} inside", n=row.hidden)]))
    shared = " sh" if node.get("shared") else ""
    two = bool(notes)
    first_line = row.top + (19 if two else 27)
    head = _fit(mark + name_of(node), width - 36 - _measure(ask))
    body = (
        f'<g>{title}<rect class="g{shared}" x="{left}" y="{row.top}" width="{width}" height="{GROUP}" rx="8"{colour}/>'
        f'<text class="b" x="{left + 12}" y="{first_line}">{escape(head)}</text>'
        f'<text class="a" x="{left + width - 12}" y="{first_line}" text-anchor="end">{escape(ask)}</text>'
    )
    if two:
        body += f'<text class="s" x="{left + 12}" y="{row.top + 37}">{escape(_fit(notes, width - 24))}</text>'
    return body + "</g>" + _more(row)


def _more(row: Row) -> str:
    """How many courses of a group are not shown."""
    if not row.hidden or row.folded:
        return ""
    last = row
    while last.children:
        last = last.children[-1]
    words = t("还有 {n} 门，见文字版", "{n} more, see the text", n=row.hidden)
    return f'<text class="s" x="{_left(row) + INDENT + 12}" y="{last.top + last.height + 20}">{escape(words)}</text>'


def _arrows(rows: Sequence[Row]) -> list[str]:
    """An arrow for each prerequisite in the picture, from the course that comes first to the one that builds on it."""
    places = {row.node["item"]: row for row in reversed(rows) if not row.group}
    found: list[str] = []
    lane = 0
    for row in rows:
        for code in row.node.get("after", ()):
            if code not in places:
                continue
            start, end = places[code].top + ROW // 2, row.top + ROW // 2
            x, out = WIDTH - EDGE, WIDTH - EDGE + 16 + (lane % 5) * 15
            lane += 1
            words = t("先修：{a} → {b}", "{a} comes before {b}", a=name_of(places[code].node), b=name_of(row.node))
            found.append(
                f'<g><title>{escape(words)}</title><path class="p" d="M{x} {start}H{out}V{end}H{x + 7}"/>'
                f'<path class="h" d="M{x + 1} {end}l8 -4v8z"/></g>'
            )
    return found


def _measure(text: str) -> int:
    """Roughly how wide a text is at 14 px: a hanzi is a square, a Latin letter a little more than half of one."""
    return sum(15 if unicodedata.east_asian_width(char) in "WFA" else 8 for char in text)


def _fit(text: str, room: int) -> str:
    if _measure(text) <= room:
        return text
    while text and _measure(text) > room - 15:
        text = text[:-1]
    return text + "…"


# --- the list --------------------------------------------------------------------------------------------------------


def listing(tree: TreeNode, *, states: Mapping[str, str] | None = None) -> SafeString:
    """The tree as nested lists; groups open and close without script. The first two levels are open."""
    return format_html('<div class="xf-treelist">{}</div>', _listed(tree, 0, states or {}))


def _listed(node: TreeNode, depth: int, states: Mapping[str, str]) -> SafeString:
    state = STATES.get(states.get(node["id"], ""))
    mark = format_html('<span title="{}">{}</span> ', say(state[2]), state[0]) if state else SafeString("")
    if node["kind"] == "course":
        after = t("、", ", ").join(node.get("after", ()))
        return format_html(
            '{}<span>{}</span> <span class="xf-3">{}</span> <span class="xf-nowrap">{}</span>{}',
            mark,
            name_of(node),
            node["item"] if node["name"] != node["item"] else "",
            t("{x} 学分", "{x} credits", x=credits_text(node["credits"])),
            format_html(' <span class="xf-3">{}</span>', t("先修 {a}", "after {a}", a=after)) if after else "",
        )
    words = " · ".join([*([ask_of(node)] if node["name"] else []), *notes_of(node)])
    children = node.get("children", ())
    title = format_html('{}<b>{}</b> <span class="xf-2">{}</span>', mark, name_of(node), words)
    if not children:
        return title
    inside = format_html_join("", "<li>{}</li>", ((_listed(child, depth + 1, states),) for child in children))
    start = SafeString(" open") if depth < 2 else SafeString("")
    return format_html("<details{}><summary>{}</summary><ul>{}</ul></details>", start, title, inside)
