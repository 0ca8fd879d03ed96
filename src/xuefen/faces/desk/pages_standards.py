"""What the desk shows of standards and of their making."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.problems import NOT_FOUND, Denied
from xuefen.bank.standards import queries
from xuefen.bank.standards.rules import life
from xuefen.bank.standards.rules.diff import chapters, compare
from xuefen.bank.standards.states import EVENT_WORDS, STATES
from xuefen.bank.standards.types.life import KindState, KindView, ProposalRow, State, VersionRow
from xuefen.faces.shared.i18n import t
from xuefen.faces.shared.numbers import whole
from xuefen.faces.shared.words import date_text

STATE_KINDS: Mapping[State, str] = {
    State.COMPARING: "info",
    State.CONSULTING: "info",
    State.SIGNING: "warn",
    State.PUBLISHED: "ok",
    State.RETIRED: "",
    State.REJECTED: "bad",
    State.WITHDRAWN: "",
}
CLASSES = (
    ("degree", ("学历教育", "Degree education")),
    ("vocational", ("职业技能", "Vocational skill")),
    ("social", ("社会学习", "Social learning")),
)
VERDICTS = {
    "support": ("支持", "Supports it"),
    "changes": ("修改后支持", "Supports it with changes"),
    "oppose": ("反对", "Opposes it"),
}
_KINDS = {"support": "ok", "changes": "warn", "oppose": "bad"}


def version_state(row: VersionRow, *, today: date) -> tuple[str, tuple[str, str]]:
    """A version's badge: kind and words."""
    if row.in_force(today):
        until = row.retired_on
        if until is not None:
            return "ok", (f"施行中，{until.isoformat()} 停用", f"in force until {until.isoformat()}")
        return "ok", ("施行中", "in force")
    if row.effective_from > today:
        return "info", (f"{row.effective_from.isoformat()} 起施行", f"in force from {row.effective_from.isoformat()}")
    return "", ("已停用", "retired")


def overview(by: Actor, *, now: datetime) -> dict[str, Any]:
    """The list of standards with what waits: proposals, new kinds, yearly revisions."""
    today = clock.today(now)
    rows = queries.listed()
    inside = queries.works_inside(by)
    running = queries.proposals(by, running=True) if inside else []
    ended = queries.proposals(by, running=False)[:10] if inside else []
    revisions = [
        {"row": row, "timer": life.timer(since=row.effective_from, due=row.review_on, today=today)}
        for row in rows
        if row.in_force(today) and life.review_is_near(row.review_on, today=today)
    ]
    return {
        "standards": _by_code(rows, today=today),
        "choices": rows,
        "running": [proposal_line(row) for row in running],
        "ended": [proposal_line(row) for row in ended if row.state not in (State.PUBLISHED, State.RETIRED)],
        "revisions": revisions if by.may("standards.publish") else [],
        "kinds": [kind for kind in kinds(by, today=today) if kind["view"].state is KindState.OPEN],
        "may_propose": by.may("standards.propose"),
        "may_ask": by.may("standards.ask_kind"),
    }


def _by_code(rows: Iterable[VersionRow], *, today: date) -> list[dict[str, Any]]:
    groups: dict[str, list[VersionRow]] = {}
    for row in rows:
        groups.setdefault(row.code, []).append(row)
    return [
        {
            "code": code,
            "title": next((row.title for row in found if row.in_force(today)), found[0].title),
            "versions": [{"row": row, "state": version_state(row, today=today)} for row in found],
        }
        for code, found in groups.items()
    ]


def proposal_line(row: ProposalRow) -> dict[str, Any]:
    """A proposal in a list, with what it waits for."""
    waits = {
        State.COMPARING: t("已有 {n} 位专家比对，至少要 2 位", "{n} of at least 2 experts compared", n=row.comparisons),
        State.CONSULTING: t(
            "到 {d}，{n} 条意见，{u} 条未答复",
            "until {d}; {n} comments, {u} unanswered",
            d=date_text(last_day(row.consulted_until), "year"),
            n=row.comments,
            u=row.unanswered,
        ),
        State.SIGNING: t("已签署 {n} 次，要 2 次", "{n} of 2 signatures", n=row.signatures),
    }
    return {
        "row": row,
        "state": state_words(row.state),
        "kind": STATE_KINDS[row.state],
        "waits": waits.get(row.state, ""),
    }


def last_day(until: datetime | None) -> date | None:
    """The day through which comments are taken; ``until`` is the midnight after it."""
    return clock.today(until - timedelta(seconds=1)) if until is not None else None


def state_words(state: State) -> tuple[str, str]:
    facts = STATES[state]
    return facts.zh, facts.en.capitalize()


def kinds(by: Actor, *, today: date) -> list[dict[str, Any]]:
    """Requests for new kinds inside the reader's reach, with their clocks."""
    if not by.may("standards.ask_kind"):
        return []
    return [_kind(view, today=today) for view in queries.kind_requests(by.scope("standards.ask_kind"))]


def _kind(view: KindView, *, today: date) -> dict[str, Any]:
    timer = life.timer(since=view.asked_on, due=view.due_on, today=today)
    if view.state is not KindState.OPEN:
        badge = ("ok", ("已有标准", "settled")) if view.state is KindState.SETTLED else ("", ("不制定", "declined"))
    elif timer.overdue:
        late = (today - view.due_on).days
        badge = ("bad", (f"超期 {late} 天", f"{late} days late"))
    else:
        kind = "warn" if timer.share >= life.REMINDERS[0] else "info"
        badge = (kind, (f"剩 {timer.left} 天", f"{timer.left} days left"))
    return {"view": view, "timer": timer, "badge": badge, "class_name": dict(CLASSES).get(view.outcome_class, ("", ""))}


# --- one version, one proposal ---------------------------------------------------------------------------------------


def version(code: str, number: int, *, today: date) -> dict[str, Any]:
    """One version as chapters."""
    row = queries.version_row(code, number)
    return {"row": row, "state": version_state(row, today=today), "chapters": chapters(queries.body_of(row.id))}


def proposal(by: Actor, number: str) -> dict[str, Any]:
    """One proposal: what it changes, what experts and the public said, and what the reader may do."""
    view = queries.proposal(by, number)
    before = newest_before(view.row.code, view.row.version)
    return {
        "view": view,
        "line": proposal_line(view.row),
        "before": before,
        "changes": compare(queries.body_of(before.id), view.body) if before else None,
        "chapters": chapters(view.body),
        "comparisons": [
            {"one": one, "words": VERDICTS[one.verdict], "kind": _KINDS[one.verdict]} for one in view.comparisons
        ],
        "moves": [
            {
                "words": EVENT_WORDS[move.event],
                "when": " · ".join(filter(None, [date_text(move.at, "time"), move.who])),
                "reason": move.reason,
            }
            for move in view.moves
        ],
        "last_day": last_day(view.row.consulted_until),
        "titles": {chapter.key: chapter.title for chapter in chapters(view.body)},
        "may": {event.value for event in view.may},
    }


def newest_before(code: str, version: int) -> VersionRow | None:
    """The version a proposal follows."""
    rows = [row for row in queries.listed() if row.code == code and row.version < version]
    return rows[0] if rows else None


# --- comparing two -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Side:
    """One of two texts being compared."""

    ref: str
    title: tuple[str, str]
    body: Mapping[str, Any]


def side(by: Actor, ref: str) -> Side:
    """A published version (``code/number``) or a proposal (its number). Raises ``Denied(not_found)``."""
    code, slash, number = ref.partition("/")
    if slash:
        version = whole(number)
        if version is None:
            raise Denied(NOT_FOUND, place="ref")
        row = queries.version_row(code, version)
        return Side(
            ref, (f"{row.code} 第 {row.version} 版", f"{row.code} version {row.version}"), queries.body_of(row.id)
        )
    view = queries.proposal(by, ref)
    title = (f"提案 {view.row.code} 第 {view.row.version} 版", f"Proposal {view.row.code} version {view.row.version}")
    return Side(ref, title, view.body)


# --- editing ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Value:
    """A number of a standard that the short form offers: limits and days."""

    path: str
    label: tuple[str, str]
    number: str
    unit: tuple[str, str]


_EDITED = {
    "share": ("%", "%"),
    "credits": ("学分", "credits"),
    "working_days": ("个工作日", "working days"),
    "value": ("", ""),
}


def values(body: Mapping[str, Any]) -> list[Value]:
    """The limits, the percentages and amounts of the policy, and the days of the steps."""
    found = []
    for chapter in chapters(body):
        if chapter.key not in ("limits", "policy", "steps"):
            continue
        for entry in chapter.entries:
            node = _node(body, entry.path)
            for key, unit in _EDITED.items():
                raw = node.get(key)
                if raw is not None and not isinstance(raw, bool) and _is_number(raw):
                    found.append(Value(f"{entry.path}.{key}", entry.name, str(raw), unit))
    return found


def _is_number(raw: Any) -> bool:
    return isinstance(raw, int) or (isinstance(raw, str) and raw.replace(".", "", 1).isdigit())


def _node(body: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    node: Any = body
    for key in path.split("."):
        node = node.get(key, {}) if isinstance(node, Mapping) else {}
    return node if isinstance(node, Mapping) else {}


def with_values(body: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    """The body with the numbers of the short form put in, each in the form its place has (figure or text)."""
    known = {value.path: value for value in values(body)}
    changed: dict[str, Any] = _copied(body)
    for path, text in given.items():
        if path not in known or text.strip() == known[path].number:
            continue
        *way, last = path.split(".")
        node = changed
        for key in way:
            node = node[key]
        number = text.strip()
        node[last] = int(number) if isinstance(node[last], int) and number.isascii() and number.isdigit() else number
    return changed


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copied(one) for key, one in value.items()}
    return list(value) if isinstance(value, list) else value
