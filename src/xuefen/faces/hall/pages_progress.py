"""Applications as the learner reads them: cards, the first sentence, the five steps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from xuefen.bank.recognition.states import EVENT_WORDS, MOVES, STATES
from xuefen.bank.recognition.types import ApplicationView, Event, MoveView, Party, Row, State, StepStatus, StepView
from xuefen.bank.shell.clock import today
from xuefen.bedrock.workdays import working_days_between
from xuefen.faces.hall.pages import Words
from xuefen.faces.shared.words import credits_text, date_text

_BADGES: dict[State, tuple[str, str | None]] = {
    State.REVIEW: ("info", None),
    State.CONVERT: ("info", None),
    State.NOTICE: ("info", "speakerphone"),
    State.OBJECTION: ("warn", "message-circle"),
    State.ARCHIVED: ("ok", "archive"),
    State.REFUSED: ("bad", None),
    State.STOPPED: ("bad", None),
    State.WITHDRAWN: ("", "arrow-back-up"),
    State.VOIDED: ("bad", None),
    State.IN_DOUBT: ("warn", "scale"),
    State.UNDONE: ("bad", None),
}

SILENCE: dict[State, Words] = {
    State.REVIEW: ("到时学院没有答复，就算同意。", "If the college does not answer by then, it counts as agreed."),
    State.CONVERT: ("到时学院没有记，系统自动记。", "If the college has not entered it by then, the bank does."),
    State.NOTICE: ("到时没有人提异议，就归档。", "If nobody objects by then, it is archived."),
    State.OBJECTION: (
        "异议没有答复以前不会归档，也不会自动作废。",
        "Until the objection is answered it is neither archived nor dropped.",
    ),
    State.IN_DOUBT: (
        "没有仲裁决定以前，转换不会自动作废，也不会自动恢复。",
        "Until an arbiter decides it is neither undone nor restored.",
    ),
}
"""What happens when the time of a state is up and nobody acted."""


def clock_of(row: Row, *, now: datetime) -> dict[str, Any] | None:
    """The arguments of the clock part for a running application; None when nobody is waited for.

    Today has a bead of its own when it is a working day that counts: the day a step starts does not.
    """
    if row.clock is None:
        return None
    facts = row.clock
    counted = working_days_between(today(row.entered_at), today(now))
    return {
        "done": facts.passed,
        "total": facts.total,
        "ends": facts.due_on,
        "today": not facts.late and counted > facts.passed,
        "state": "late" if facts.late else "run",
        "over": facts.late_days,
        "note": SILENCE[row.state],
    }


def application_card(row: Row, *, now: datetime) -> dict[str, Any]:
    """An application as a card of a list: title, state, step, clock."""
    facts = STATES[row.state]
    kind, icon = _BADGES[row.state]
    done = row.state is State.ARCHIVED
    return {
        "row": row,
        "kind": kind,
        "icon": icon,
        "state": (facts.zh, facts.en.capitalize()),
        "step": "done" if done else facts.step,
        "running": row.clock is not None,
        "clock": clock_of(row, now=now),
    }


def waited_for(view: ApplicationView) -> Words:
    """Who is to act now."""
    receiver = view.row.receiver_name
    return {
        Party.RECEIVER: (receiver, receiver),
        Party.BRANCH: ("省级分中心", "The provincial branch"),
        Party.PUBLIC: ("公众，可以提异议", "The public may object"),
        Party.ARBITER: ("仲裁人", "An arbiter"),
    }.get(view.acts, ("", ""))


def may_withdraw(state: State) -> bool:
    """Whether the table of moves lets the learner take the application back."""
    return (state, Event.WITHDRAW) in MOVES


def headline(view: ApplicationView) -> tuple[str, Words, Words]:
    """The first thing the page says: kind of note, bold words, sentence. Dates inside are in the reader's language."""
    row = view.row
    until = date_text(row.clock.due_on) if row.clock else ""
    amount = credits_text(row.credits)
    if row.state is State.REVIEW:
        bold = ("现在等学院答复，您不用做什么", "The college is to answer; you need do nothing")
        return (
            "info",
            bold,
            (f"最晚 {until}。{SILENCE[row.state][0]}", f"By {until} at the latest. {SILENCE[row.state][1]}"),
        )
    if row.state is State.CONVERT:
        bold = ("学院已同意，正在记学分", "Agreed; the credit is being entered")
        return (
            "info",
            bold,
            (f"最晚 {until}。{SILENCE[row.state][0]}", f"By {until} at the latest. {SILENCE[row.state][1]}"),
        )
    if row.state is State.NOTICE:
        bold = ("正在公示，您不用做什么", "On public notice; you need do nothing")
        return "info", bold, (f"到 {until}。{SILENCE[row.state][0]}", f"Until {until}. {SILENCE[row.state][1]}")
    if row.state is State.OBJECTION:
        bold = ("有人提了异议，省级分中心正在核实", "Somebody objected; the provincial branch is looking into it")
        return "warn", bold, SILENCE[row.state]
    if row.state is State.ARCHIVED:
        bold = (
            f"办成了，{amount} 学分已记到{row.receiver_name}",
            f"Done: {amount} credits count at {row.receiver_name}",
        )
        return "ok", bold, ("可以领转换证书了，谁都可以扫码核验。", "The certificate is ready; anybody can verify it.")
    if row.state is State.IN_DOUBT:
        bold = ("所用的一项成果被撤销，转换暂停，等仲裁", "An outcome it used was taken back; an arbiter decides")
        last = (f"最晚 {until}。", f"By {until}. ")
        return "warn", bold, (last[0] + SILENCE[row.state][0], last[1] + SILENCE[row.state][1])
    if row.state is State.UNDONE:
        bold = ("仲裁决定：这次转换已撤销", "Undone by arbitration")
        rest = (
            "没有问题的成果，学分已经退回您的账户；转换证书已吊销。",
            "The credit of outcomes nobody disputed is back in your account; the certificate is revoked.",
        )
        return "bad", bold, rest
    back = ("占用的学分已经退回您的账户。", "The held credits are back in your account.")
    bold = {
        State.REFUSED: ("学院不同意", "The college refused"),
        State.STOPPED: ("异议成立，已终止", "Stopped: the objection was upheld"),
        State.WITHDRAWN: ("您已撤回", "You withdrew it"),
        State.VOIDED: (
            "所用的一项成果被撤销或更正，申请终止，可以重新申请",
            "Ended: an outcome it used was taken back; you may apply again",
        ),
    }[row.state]
    return ("" if row.state is State.WITHDRAWN else "bad"), bold, back


_WHEN = {
    "apply": ("您提交申请，学分先占用。", "You apply; the credit is held."),
    "review": ("学院逐项审核。", "The college looks at each line."),
    "convert": (
        "学分银行把学分记到学院。哪一项没通过，学分当天退回您的账户。",
        "The credit is entered at the college. What is not accepted comes back the same day.",
    ),
    "notice": (
        "姓名只显示一部分。有人提异议，会先核实再继续。",
        "Your name is shown in part only. An objection is looked into before anything goes on.",
    ),
    "archive": ("发给您转换证书，谁都可以扫码核验。", "You get a certificate that anybody can verify."),
}


@dataclass(frozen=True)
class StepPage:
    """One of the five steps as the timeline shows it."""

    number: int
    view: StepView
    state: str  # of the moment part: done, now or ""
    title: Words
    tag: Words | str
    when: Words | str
    text: Words | str  # what will happen, for steps to come
    moves: list[dict[str, Any]]


def timeline(view: ApplicationView) -> list[StepPage]:
    """The five steps with what happened in each."""
    happened: dict[str, list[dict[str, Any]]] = {}
    for move in view.moves:
        happened.setdefault(_step_of(move), []).append(_move(move))
    return [
        StepPage(
            number=number,
            view=step,
            state={StepStatus.DONE: "done", StepStatus.NOW: "now"}.get(step.status, ""),
            title=(step.zh, step.en),
            tag=("现在在这一步", "You are here") if step.status is StepStatus.NOW else "",
            when=_when(step, applied_at=view.row.applied_at, told=step.name in happened),
            text=_WHEN[step.name] if step.status is StepStatus.LATER else "",
            moves=happened.get(step.name, []),
        )
        for number, step in enumerate(view.steps, start=1)
    ]


def _step_of(move: MoveView) -> str:
    """The step a move belongs to: the one it left, and applying to its own."""
    if move.event is Event.APPLY:
        return "apply"
    if move.to_state is State.ARCHIVED:
        return "archive"
    return STATES[move.from_state].step


def _move(move: MoveView) -> dict[str, Any]:
    who: Words = (move.actor_name, move.actor_name)
    if move.actor_kind == "learner":
        who = ("您", "you")
    elif move.actor_kind == "system":
        who = ("系统", "the bank")
    elif not move.actor_name:
        who = ("公众", "a member of the public")
    words = EVENT_WORDS[move.event]
    return {"words": (words[0], words[1].capitalize()), "who": who, "at": move.at, "note": move.note}


def _when(step: StepView, *, applied_at: datetime, told: bool) -> Words | str:
    """When the step was, is, or will be; nothing for one that is over and ``told`` by its moves, which carry dates."""
    limit = (
        (f"，{step.working_days} 个工作日", f", {step.working_days} working days") if step.working_days else ("", "")
    )
    if step.status is StepStatus.NEVER:
        return ("没有走到这一步", "Not reached")
    if step.name == "apply":
        return (date_text(applied_at, "time"), date_text(applied_at, "time"))
    if step.status is StepStatus.DONE and told:
        return ""
    first, last = date_text(step.from_on), date_text(step.until_on)
    if step.status is StepStatus.DONE:
        return (f"{first}至 {last}", f"{first} to {last}")
    if step.status is StepStatus.NOW:
        limit = (f"，限 {step.working_days} 个工作日", f", within {step.working_days} working days")
        return (f"{first}开始{limit[0]}", f"Since {first}{limit[1]}")
    if step.name == "archive" or first == last:
        return (f"预计 {last}", f"Expected {last}")
    return (f"预计 {first}至 {last}{limit[0]}", f"Expected {first} to {last}{limit[1]}")
