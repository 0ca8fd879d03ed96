"""The parts of the look as template tags and filters; README.md of this folder shows how a page is built from them.

Every text argument may carry both languages: a literal "中文 || English", a pair (zh, en), or what {% t … as x %} gave.
"""

from __future__ import annotations

from typing import Any

from django import template
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from xuefen.faces.shared import words
from xuefen.faces.shared.forms import error_summary, field
from xuefen.faces.shared.i18n import say, t
from xuefen.faces.shared.templatetags import charts, language, trees

register = template.Library()

register.filter("credits", words.credits_text)
register.filter("signed", words.signed_text)
register.filter("date_zh", words.date_text)
register.filter("number_groups", words.groups_html)
register.filter("mask", words.masked)
register.filter("count", words.count_text)
register.filter("term", words.term_text)
register.filter("say", say)
register.inclusion_tag("shared/parts/field.html")(field)
register.inclusion_tag("shared/parts/error_summary.html")(error_summary)
language.register_in(register)
charts.register_in(register)
trees.register_in(register)


# ── small marks ─────────────────────────────────────────────────────────────────────────────────────────────────────


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """An outline icon of icons.svg, hidden from screen readers: the word stands beside it."""
    classes = f"icon {css}".strip()
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}#i-{}"/></svg>', classes, static("xuefen/icons.svg"), name
    )


def _icon_or_nothing(name: str) -> SafeString:
    return icon(name) if name else SafeString("")


BADGE_ICONS = {"ok": "circle-check", "warn": "alert-triangle", "bad": "circle-x", "info": "hourglass"}


@register.simple_tag
def badge(kind: str, text: Any, icon_name: str | None = None) -> SafeString:
    """A state: icon, word, colour. kind: ok warn bad info blue or "" (plain); icon_name "" draws no icon."""
    name = BADGE_ICONS.get(kind, "") if icon_name is None else icon_name
    classes = f"xf-badge {kind}".strip()
    return format_html('<span class="{}">{}{}</span>', classes, _icon_or_nothing(name), say(text))


@register.simple_tag
def grade(letter: str) -> SafeString:
    """Quality grade A, B or C: solid, outlined, dashed."""
    letter = str(letter).upper()
    text, title = t("{x} 级", "Grade {x}", x=letter), t("质量等级", "Quality grade")
    return format_html('<span class="xf-grade g-{}" title="{}">{}</span>', letter.lower(), title, text)


@register.simple_tag
def seal(characters: str = "学分") -> SafeString:
    """The seal as an ornament: two characters for the brand, four for a stamp. Its words must also stand as text."""
    if len(characters) == 2:
        box, inner = 40, ("1", "38", "4", "4", "32")
        lines = [(19, 14.5, characters[0], ""), (33.5, 14.5, characters[1], "")]
    elif len(characters) == 4:
        box, inner = 60, ("1", "58", "5", "5", "50")
        lines = [(27.5, 21, characters[:2], "2"), (49.5, 21, characters[2:], "2")]
    else:
        raise template.TemplateSyntaxError("{% seal %} takes two or four characters")
    edge, size, radius, inset, inner_size = inner
    texts = format_html_join(
        "",
        '<text x="{}" y="{}" font-size="{}"{}>{}</text>',
        (
            (box // 2, y, size, format_html(' letter-spacing="{}"', gap) if gap else "", word)
            for y, size, word, gap in lines
        ),
    )
    return format_html(
        '<svg class="xf-seal" viewBox="0 0 {0} {0}" aria-hidden="true"><rect x="{1}" y="{1}" width="{2}" height="{2}" '
        'rx="{3}"/><rect x="{4}" y="{4}" width="{5}" height="{5}" rx="2"/>{6}</svg>',
        box,
        edge,
        size,
        radius,
        inset,
        inner_size,
        texts,
    )


# ── clock and steps ─────────────────────────────────────────────────────────────────────────────────────────────────

MOST_BEADS = 60


@register.simple_tag
def beads(done: int, total: int, today: bool = True, paused: bool = False, late: bool = False) -> SafeString:
    """One bead, one working day: `done` passed, then today's (if it is one, and time is running), the rest open."""
    total = max(1, min(int(total), MOST_BEADS))
    done = max(0, min(int(done), total))
    marks = ["on"] * (0 if late else done)
    if today and not paused and not late and done < total:
        marks.append("now")
    marks += [""] * (total - len(marks))
    classes = "xf-beads paused" if paused else "xf-beads late" if late else "xf-beads"
    inner = "".join(f'<i class="{mark}"></i>' if mark else "<i></i>" for mark in marks)
    return format_html('<span class="{}" aria-hidden="true">{}</span>', classes, mark_safe(inner))  # noqa: S308 - fixed words


@register.inclusion_tag("shared/parts/clock.html")
def clock(
    done: int,
    total: int,
    ends: Any = None,
    *,
    state: str = "run",
    today: bool = True,
    over: int = 0,
    tail: Any = "",
    note: Any = "",
) -> dict[str, Any]:
    """Beads and the sentence: "还剩 5 个工作日，到 9 月 22 日（周二）".

    done, total, over in working days. state: run, paused or late. tail replaces what stands after the bold words
    (paused: who is waited for; late: what follows); note says what silence means.
    """
    left = max(0, total - done - (1 if today else 0))
    kind = state if state != "run" else "run" if left else "soon"
    return {
        "done": done,
        "total": total,
        "today": today,
        "kind": kind,
        "left": left,
        "ends": ends,
        "ends_has_time": hasattr(ends, "hour"),
        "over": over,
        "tail": say(tail),
        "note": say(note),
    }


STEPS = (
    ("apply", ("申请", "Apply")),
    ("review", ("审核", "Review")),
    ("convert", ("转换", "Convert")),
    ("notice", ("公示", "Notice")),
    ("archive", ("归档", "Archive")),
)
STEP_MARKS = "申审转公归"


@register.inclusion_tag("shared/parts/steps.html")
def steps(current: int | str) -> dict[str, Any]:
    """The five steps, small. current: 1 to 5 (6 when all is done) or apply review convert notice archive done."""
    codes = [code for code, _ in STEPS] + ["done"]
    now = current if isinstance(current, int) else codes.index(str(current)) + 1
    return {
        "rows": [
            {"word": say(pair), "state": "done" if i < now else "now" if i == now else ""}
            for i, (_, pair) in enumerate(STEPS, start=1)
        ]
    }


@register.simple_block_tag(takes_context=False)
def moment(
    content: str, state: str, title: Any, *, step: int = 0, mark: Any = "", when: Any = "", tag: Any = ""
) -> SafeString:
    """One <li> of <ol class="xf-time">. state: done, now or "" (to come); step numbers it, mark replaces the number."""
    sign: Any = say(mark) or (STEP_MARKS[step - 1] if state == "now" and 1 <= step <= 5 else step or "")
    return format_html(
        '<li{}><span class="mark" aria-hidden="true">{}</span><h2>{}{}</h2>{}{}</li>',
        format_html(' class="{}"', state) if state else "",
        icon("check") if state == "done" else sign,
        say(title),
        format_html(" {}", badge("info", tag, "")) if tag else "",
        format_html('<p class="when">{}</p>', say(when)) if when else "",
        content,
    )


# ── boxes ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@register.simple_block_tag(takes_context=False)
def why(content: str, title: Any, *, open: bool = False) -> SafeString:
    """ "Why 3.0?": arithmetic (<p class="xf-sum">), rule, version, clause; opens without script and on paper."""
    return format_html(
        '<details class="xf-why"{}><summary>{}{}</summary><div class="xf-why-box">{}</div></details>',
        SafeString(" open") if open else "",
        icon("help"),
        say(title),
        content,
    )


NOTE_ICONS = {"ok": "circle-check", "warn": "alert-triangle", "bad": "circle-x", "info": "info-circle"}


@register.simple_block_tag(takes_context=False)
def note(content: str, kind: str, title: Any = "", *, icon_name: str = "", role: str = "") -> SafeString:
    """A boxed message. kind: ok warn bad info or "" (plain). role="alert" for what must be read out at once."""
    return format_html(
        '<div class="{}"{}>{}<div>{}{}</div></div>',
        f"xf-note {kind}".strip(),
        format_html(' role="{}"', role) if role else "",
        _icon_or_nothing(icon_name or NOTE_ICONS.get(kind, "")),
        format_html("<b>{}</b>", say(title)) if title else "",
        content,
    )


@register.simple_tag
def copy_button(text: str) -> SafeString:
    """Copies a text; stands only where the browser can. Says for a moment that it was done."""
    return format_html(
        '<button class="btn btn-plain" type="button" data-copy="{}" data-done="{}" hidden>{}</button>',
        text,
        t("已复制", "Copied"),
        t("复制", "Copy"),
    )


@register.simple_tag
def empty(
    icon_name: str, title: Any, text: Any = "", *, url: str = "", action: Any = "", primary: bool = False
) -> SafeString:
    """Nothing here yet, and what to do next (url and action)."""
    style = "btn btn-primary" if primary else "btn btn-plain"
    return format_html(
        '<div class="xf-empty">{}<p class="t">{}</p>{}{}</div>',
        icon(icon_name, "big"),
        say(title),
        format_html("<p>{}</p>", say(text)) if text else "",
        format_html('<a class="{}" href="{}">{}</a>', style, url, say(action)) if url else "",
    )


@register.simple_block_tag(takes_context=False)
def verdict(content: str, ok: bool, title: Any, sub: Any = "", *, stamp: str = "", ident: str = "v") -> SafeString:
    """A verification's answer. ok decides colour and icon; stamp is the seal's four characters (one seal per page)."""
    return format_html(
        '<article class="xf-verdict{}" aria-labelledby="{}"><header>{}<div><h2 class="h" id="{}">{}</h2>{}</div>{}'
        "</header>{}</article>",
        "" if ok else " bad",
        ident,
        icon("circle-check" if ok else "circle-x"),
        ident,
        say(title),
        format_html('<p class="xf-2">{}</p>', say(sub)) if sub else "",
        format_html('<span class="xf-more xf-vseal">{}</span>', seal(stamp)) if stamp else "",
        content,
    )


CHECK_STATES = {
    "y": ("circle-check", ("通过", "passed")),
    "n": ("circle-x", ("没通过", "failed")),
    "s": ("circle-minus", ("没有查", "not checked")),
}


@register.simple_tag
def check(state: Any, label: Any, text: Any) -> SafeString:
    """One <li> of <ul class="xf-checks">. state: "y" passed, "n" failed, "s" skipped; or True, False, None."""
    code = {True: "y", False: "n", None: "s"}.get(state, state)
    name, word = CHECK_STATES[code]
    return format_html(
        '<li class="{}">{}<b>{}<span class="xf-vh"> {}</span></b><span>{}</span></li>',
        code,
        icon(name),
        say(label),
        say(word),
        say(text),
    )


# ── lists and navigation ────────────────────────────────────────────────────────────────────────────────────────────


@register.inclusion_tag("shared/parts/pager.html", takes_context=True)
def pager(context: template.Context, page: Any, *, param: str = "page", short: bool = False) -> dict[str, Any]:
    """Links through a django.core.paginator.Page, keeping the other query parameters. short: only 1 / 4 between."""
    request = context.get("request")

    def link(number: int) -> str:
        query = request.GET.copy() if request is not None else None
        if query is None:
            return f"?{param}={number}"
        query[param] = str(number)
        return f"?{query.urlencode()}"

    count = page.paginator.num_pages
    numbers = [
        {"text": n, "url": link(n) if isinstance(n, int) else "", "now": n == page.number}
        for n in page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    ]
    return {
        "count": count,
        "short": short,
        "number": page.number,
        "numbers": numbers,
        "previous": link(page.number - 1) if page.has_previous() else "",
        "next": link(page.number + 1) if page.has_next() else "",
    }


@register.simple_tag
def link_to(name: str) -> str:
    """The address of a named route, or "" where this site does not carry that face (a node without a desk, say)."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


_SHOWN = 5  # links of the header; with a brand and a name beside them more do not fit


@register.simple_tag(takes_context=True)
def folded(context: template.Context, links: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """A header's links in two parts: ``shown``, with the present page's among them, and ``more`` behind a fold."""
    if len(links) <= _SHOWN + 1:
        return {"shown": links, "more": []}
    here = context.get("nav") or context.get("here")
    shown, more = links[:_SHOWN], links[_SHOWN:]
    for n, link in enumerate(more):
        if link["name"] == here:
            shown[-1], more[n] = link, shown[-1]
    return {"shown": shown, "more": more}


@register.simple_tag(takes_context=True)
def nav_link(context: template.Context, name: str, text: Any, icon_name: str = "") -> SafeString:
    """One <li> of a navigation list; current when the page says `nav` = name, or is that route itself."""
    url = link_to(name)
    if not url:
        return SafeString("")
    here = context.get("nav") or context.get("here")
    current = SafeString(' aria-current="page"') if here == name else ""
    label = conditional_escape(say(text))
    return format_html('<li><a href="{}"{}>{}{}</a></li>', url, current, _icon_or_nothing(icon_name), label)
