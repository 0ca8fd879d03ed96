"""What the desk's pages show, made from what the rooms answer. Amounts stay in hundredths; templates write them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator

from xuefen.bank.conversion.types import PlanLine
from xuefen.bank.deposits import queries as deposits
from xuefen.bank.deposits.types import OutcomeFacts
from xuefen.bank.institutions.types import OutcomeClass
from xuefen.bank.recognition.states import EVENT_WORDS, STATES
from xuefen.bank.recognition.types import Age, ApplicationView, MoveView, Queue, Row, State
from xuefen.bank.shell.actor import Scope
from xuefen.bank.shell.clock import today
from xuefen.bedrock.workdays import STATUTORY
from xuefen.faces.shared.i18n import say, t
from xuefen.faces.shared.words import date_text

AGES: tuple[tuple[Age, tuple[str, str], str], ...] = (
    (Age.OVERDUE, ("已超时", "Overdue"), "late"),
    (Age.SOON, ("今明两天", "Today, tomorrow"), "soon"),
    (Age.WEEK, ("本周", "This week"), ""),
    (Age.LATER, ("更晚", "Later"), ""),
)
CLASSES: dict[str, tuple[str, str]] = {
    OutcomeClass.DEGREE.value: ("学历教育", "Degree education"),
    OutcomeClass.VOCATIONAL.value: ("职业技能", "Vocational skill"),
    OutcomeClass.SOCIAL.value: ("社会学习", "Social learning"),
}
CLASS_COLOURS = {"degree": "c1", "vocational": "c2", "social": "c3"}
STATE_KINDS = {
    State.REVIEW: "info",
    State.CONVERT: "warn",
    State.NOTICE: "info",
    State.OBJECTION: "warn",
    State.ARCHIVED: "ok",
    State.REFUSED: "bad",
    State.STOPPED: "bad",
    State.WITHDRAWN: "",
    State.VOIDED: "bad",
    State.IN_DOUBT: "warn",
    State.UNDONE: "bad",
}
ASSURANCES = {
    1: ("本人自报", "self-declared"),
    2: ("存入时当面核验", "seen in person by then"),
    3: ("存入时第三方核验", "proved by a third party by then"),
}
ACTORS = {
    "learner": ("学习者本人", "the learner"),
    "public": ("公众", "the public"),
    "system": ("系统", "the house"),
}


def ages(waiting: Queue, *, chosen: str) -> list[dict[str, Any]]:
    """The four piles on top of the tray; the chosen one leads back to all."""
    return [
        {
            "code": age.value,
            "text": words,
            "css": css if waiting.counts.get(age, 0) else "",
            "count": waiting.counts.get(age, 0),
            "chosen": age.value == chosen,
        }
        for age, words, css in AGES
    ]


def pages_of(waiting: Queue) -> Page[Any]:
    return Paginator(range(max(1, waiting.pages)), 1).get_page(waiting.page)


def works_on(now: datetime) -> bool:
    """Whether today is a working day, so that it counts as the clock's bead of today."""
    return STATUTORY.is_working_day(today(now))


def tray_row(row: Row, *, now: datetime) -> dict[str, Any]:
    """One application in the tray: what, whose, how much time is left, and what comes of silence."""
    left, css, then = "", "", ""
    if row.clock is not None and row.clock.late:
        left, css = t("超 {n} 天", "{n}d late", n=row.clock.late_days), "late"
        then = t("已到期，由系统继续办理", "Time is up; the house goes on")
    elif row.clock is not None:
        after = row.clock.left - (1 if works_on(now) else 0)  # as the clock beside it: today is not left any more
        left = t("剩 {n} 天", "{n}d left", n=after) if after else t("今天到期", "due today")
        css = "" if after > 1 else "soon"
        day = date_text(row.clock.due_on)
        then = (
            t("{d}后默认同意", "Agreed by silence after {d}", d=day)
            if row.state is State.REVIEW
            else t("{d}后自动转换", "Converted by itself after {d}", d=day)
        )
    reminded = t("，已催办 {n} 次", ", reminded {n} {n:time|times}", n=row.reminders) if row.reminders else ""
    return {"row": row, "left": left, "css": css, "then": then + reminded, "convert": row.state is State.CONVERT}


def application(view: ApplicationView) -> dict[str, Any]:
    """The head and the lines of one application."""
    facts, held = STATES[view.row.state], _outcomes_used(view)
    return {
        "state": state_words(view.row.state),
        "kind": STATE_KINDS[view.row.state],
        "step": "done" if view.row.state is State.ARCHIVED else facts.step,
        "lines": [_line(line, held) for line in view.plan.lines],
        "reason": view.reason,
        "moves": [_move(move) for move in view.moves],
    }


def _move(move: MoveView) -> dict[str, Any]:
    who = move.actor_name or say(ACTORS.get(move.actor_kind, ("", "")))
    when = date_text(move.at, "time")
    return {
        "words": EVENT_WORDS[move.event],
        "when": f"{when} · {who}" if who else when,
        "note": " ".join(filter(None, [move.reason_code, move.note])),
    }


def _outcomes_used(view: ApplicationView) -> dict[str, OutcomeFacts]:
    """The outcomes the application uses, by number. Whoever may read the application may read what it rests on."""
    numbers = {source.number for line in view.plan.lines for source in line.uses}
    rows = deposits.outcomes(Scope(learner_ids=frozenset({view.learner_id}))).filter(number__in=numbers)
    return {facts.number: facts for facts in deposits.outcome_facts(rows)}


def _line(line: PlanLine, held: dict[str, OutcomeFacts]) -> dict[str, Any]:
    return {
        "line": line,
        "title": t("、", ", ").join(source.item_name for source in line.uses),
        "course": t("、", ", ").join(str(say((give.name, give.name_en or give.name))) for give in line.gives),
        "uses": [
            {
                "source": source,
                "class_name": CLASSES[source.outcome_class],
                "facts": held.get(source.number),
                "assurance": ASSURANCES[held[source.number].assurance] if source.number in held else None,
            }
            for source in line.uses
        ],
    }


def state_words(state: State) -> tuple[str, str]:
    facts = STATES[state]
    return facts.zh, facts.en.capitalize()
