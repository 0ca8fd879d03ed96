"""What every table of moves needs: the refusal of a move it has not, its rows as SQL writes them, its page for people."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from xuefen.bank.shell.problems import Denied, Problem

NOT_YET = ("尚未提交", "not yet made")


def refused(problem: Problem, *, state: tuple[str, str], event: tuple[str, str], place: str = "") -> Denied:
    """``event`` leads nowhere from ``state``; ``problem`` says so with the Chinese and English words of both."""
    return Denied(problem, place=place, state_zh=state[0], state_en=state[1], event_zh=event[0], event_en=event[1])


def guard_rows(moves: Iterable[Sequence[str]]) -> str:
    """A table as it stands in ``guards.sql``: one (from, event, to) a line."""
    return ",\n".join("        (" + ", ".join(f"'{cell}'" for cell in move) + ")" for move in moves)


def heading(title: str, *, room: str) -> list[str]:
    """How the page of a table begins."""
    says = f"Generated from `xuefen.bank.{room}.states`; a test keeps both the same. 本页由程序生成，以程序为准。"
    return [f"# {title}", "", says, ""]


def drawn(
    states: Sequence[tuple[str, ...]],
    moves: Sequence[tuple[str, ...]],
    *,
    ends: Collection[str],
    columns: tuple[str, str] = ("", ""),
    begins: str = "",
    titled: bool = False,
) -> list[str]:
    """A diagram and two tables. A state is (code, Chinese, English, cells…), a move (from, event, Chinese, English, to, cells…);
    ``columns`` name the cells of both. What is not yet made is called "new"; ``begins`` is a state that needs no move.
    """
    return [
        "```mermaid",
        "stateDiagram-v2",
        *(f"    {code}: {zh} {en.replace(':', ' -')}" for code, zh, en, *_ in states),
        *([f"    [*] --> {begins}"] if begins else []),
        *(f"    {'[*]' if at == 'new' else at} --> {to}: {zh} {event}" for at, event, zh, _, to, *_ in moves),
        *(f"    {code} --> [*]" for code, *_ in states if code in ends),
        "```",
        "",
        *(["## States · 状态", ""] if titled else []),
        *_table(("state | 名称", columns[0]), [(f"`{code}`", f"{zh} {en}", *more) for code, zh, en, *more in states]),
        "",
        *(["## Moves · 流转", ""] if titled else []),
        *_table(
            ("from | event | to", columns[1]),
            [(f"`{at}`", f"`{event}` {zh} {en}", f"`{to}`", *more) for at, event, zh, en, to, *more in moves],
        ),
    ]


def _table(columns: tuple[str, str], rows: Iterable[Sequence[str]]) -> list[str]:
    names = " | ".join(filter(None, columns))
    return [f"| {names} |", "|" + "---|" * (names.count("|") + 1), *(f"| {' | '.join(row)} |" for row in rows)]
