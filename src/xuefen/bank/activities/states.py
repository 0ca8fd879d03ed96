"""What can become of a participation. It is never a column that changes: every state is the trace of a row that was added."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from xuefen.bank.shell import moves

STATES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "registered": ("已报名", "registered"),
        "reported": ("已上报", "reported, waits for a second person"),
        "confirmed": ("已确认", "confirmed: a fact with its leaf"),
        "declined": ("未予确认", "declined, with the reason"),
        "withdrawn": ("已撤销", "withdrawn by a row of its own"),
        "gathered": ("已归集", "used once, in one period's sum"),
        "left": ("已取消报名", "place given back"),
    }
)

MOVES: tuple[tuple[str, str, str, str, str], ...] = (
    (
        "",
        "join",
        "registered",
        "学习者 learner",
        "报名：活动没取消、没结束、有名额 a place is left, and it is not over",
    ),
    ("registered", "leave", "left", "学习者 learner", "确认以前 before it is confirmed"),
    (
        "registered",
        "check_in",
        "confirmed",
        "学习者 learner",
        "现场签到码，一分钟一换 the venue's code, changed every minute",
    ),
    ("registered", "confirm_list", "confirmed", "组织者 organiser", "活动开始以后 once it has begun"),
    ("", "report_deed", "reported", "学习者 learner", "善行，当天或以前 a good deed of today or before"),
    ("reported", "confirm_deed", "confirmed", "证明人或组织方 witness or organiser", "不能是本人 never whoever did it"),
    ("reported", "decline_deed", "declined", "证明人或组织方 witness or organiser", "写明理由 with the reason"),
    (
        "confirmed",
        "withdraw",
        "withdrawn",
        "组织者 organiser",
        "归集以前，写明理由 before it is gathered, with the reason",
    ),
    ("confirmed", "gather", "gathered", "组织方或系统 organiser or the house", "确认期满 when confirmations are over"),
)
"""(from, event, to, by, when); from "" begins."""


def states_markdown() -> str:
    """The page ``docs/states/participation.md``."""
    lines = moves.heading("How a participation moves · 参加记录的流转", room="activities")
    lines += [
        "No column changes: each state is a row that was added, and triggers refuse every other way",
        "(`bank/activities/guards.sql`). Walk-ins are registered and confirmed at once.",
        "",
        "```mermaid",
        "stateDiagram-v2",
    ]
    lines += [f"    {code}: {zh} {en.replace(':', ' -')}" for code, (zh, en) in STATES.items()]
    lines += [f"    {start or '[*]'} --> {end}: {event}" for start, event, end, _, _ in MOVES]
    lines += ["```", "", "| from | event | to | by | when |", "|---|---|---|---|---|"]
    lines += [
        f"| {f'`{start}`' if start else '—'} | `{event}` | `{end}` {STATES[end][0]} | {by} | {when} |"
        for start, event, end, by, when in MOVES
    ]
    return "\n".join(lines) + "\n"
