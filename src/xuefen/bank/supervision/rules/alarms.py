"""When something is alarming, and how it is said. Pure; docs/alarms.md explains every number here."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from statistics import median
from typing import Any

from xuefen.bank.standards.types import Pack
from xuefen.bank.supervision.types.alarms import BURST_TIMES, AlarmKind, DayCount
from xuefen.bedrock.workdays import STATUTORY

HABIT_DAYS = 60
"""Calendar days before the day in question that make an issuer's habit."""
HABIT_LEAST = 5
"""Working days with deposits that make a habit; with fewer there is none to compare with."""
HABIT_FLOOR = 100
"""Rows a day below which a habit is taken for this many: ten times three rows is no burst."""

NEIGHBOURS = 5
"""Whole marks above the pass mark that the mark itself is compared with."""
PILE_LEAST = 20
PILE_CHANCE = 1e-6


def habit(days: Iterable[DayCount], *, before: date) -> int | None:
    """Rows an issuer usually deposits: the median of its working days with deposits in the ``HABIT_DAYS`` before a day, at
    least ``HABIT_FLOOR``; None when it has no habit yet.
    """
    rows = [
        one.rows
        for one in days
        if 0 < (before - one.day).days <= HABIT_DAYS and one.rows > 0 and STATUTORY.is_working_day(one.day)
    ]
    return max(HABIT_FLOOR, math.ceil(median(rows))) if len(rows) >= HABIT_LEAST else None


def is_burst(rows: int, *, usual: int) -> bool:
    """Ten times the habit, or more."""
    return rows >= BURST_TIMES * usual


def pile_chance(at: int, above: Sequence[int]) -> float:
    """How likely it is by chance that of ``at`` results on the pass mark and those on the marks just ``above`` it, so many
    or more fall on the pass mark: the upper tail of a binomial in which every one of these marks is as likely.
    """
    n, p = at + sum(above), 1 / (len(above) + 1)
    if at == 0 or n == 0:
        return 1.0
    total, most = 0.0, -math.inf
    for k in range(at, n + 1):
        term = (
            math.lgamma(n + 1)
            - math.lgamma(k + 1)
            - math.lgamma(n - k + 1)
            + k * math.log(p)
            + (n - k) * math.log1p(-p)
        )
        total, most = total + math.exp(term), max(most, term)
        if term < most - 40:  # nothing that still comes could show
            break
    return min(1.0, total)


def piles_up(at: int, above: Sequence[int]) -> bool:
    """Whether so many results exactly at the pass mark ask for an explanation."""
    return at >= PILE_LEAST and pile_chance(at, above) < PILE_CHANCE


def mark_asked(pack: Pack, type_code: str) -> int:
    """The mark, in hundredths, that a standard asks of outcomes of a type: its pass mark, or more where their setting says so."""
    setting = pack.social.get(type_code)
    return max(pack.pass_mark, setting.min_mark or 0) if setting else pack.pass_mark


def grows(kind: AlarmKind, before: Mapping[str, Any], now: Mapping[str, Any], *, decided: bool) -> bool:
    """Whether what is found says more than what its case was about: only then a person is asked again.

    One certificate number: another outcome carries it. One file: another person brought it. A burst somebody has looked into:
    twice as many rows, for every row of that day comes after it. Anything else: more of it.
    """
    if kind is AlarmKind.SHARED_SERIAL:
        return now["count"] > before["count"] or not set(now["outcomes"]) <= set(before["outcomes"])
    if kind is AlarmKind.BURST and decided:
        return bool(now["count"] >= 2 * before["count"])
    return bool(now["count"] > before["count"])


# --- how it is said --------------------------------------------------------------------------------------------------


def sentence(kind: AlarmKind, found: Mapping[str, Any], *, issuer: str) -> tuple[str, str]:
    """What was found as a plain sentence, in Chinese and English; no personal data."""
    n = found.get("count", 0)
    if kind is AlarmKind.SHARED_SERIAL:
        return (
            f"{issuer}把同一个证书编号存给了 {n} 个人。",
            f"{issuer} deposited one certificate number for {n} people.",
        )
    if kind is AlarmKind.SHARED_FILE:
        return (f"同一份佐证材料，{n} 个人都交过。", f"The same file was brought by {n} people.")
    if kind is AlarmKind.BEFORE_BIRTH:
        return (
            f"{issuer}存入的 {n} 项成果，取得日期早于持有人的出生日期。",
            f"{n} outcomes of {issuer} were awarded before their holders were born.",
        )
    if kind is AlarmKind.BEFORE_ITEM:
        return (
            f"{issuer}存入的 {n} 项成果，取得日期早于成果进入目录的日期，涉及 {found['items']} 个目录项；"
            f"例如“{found['item']}”从 {found['first']} 起才在目录里，却有一项取得于 {found['earliest']}。",
            f"{n} outcomes of {issuer} were awarded before their item was in the catalogue, {found['items']} items in all;"
            f" “{found['item']}”, say, has been there since {found['first']}, and one was awarded on {found['earliest']}.",
        )
    if kind is AlarmKind.BURST:
        return (
            f"{issuer}在 {found['day']} 存入 {n} 行，平时一个工作日 {found['usual']} 行，是平时的 {n // found['usual']} 倍。",
            f"{issuer} deposited {n} rows on {found['day']}; a usual working day has {found['usual']}, so {n // found['usual']}"
            " times its habit.",
        )
    zh, en = (
        ("标准对这类成果要求的分数", "asked of this kind by the standard")
        if found.get("setting")
        else ("合格线", "the pass mark")
    )
    return (
        f"这一批里正好 {found['mark']} 分（{zh}）的有 {n} 人，往上五分平均每分 {found['neighbours']} 人；"
        f"碰巧这样的可能{_chance(found['chance'])[0]}。",
        f"In this batch {n} results are exactly {found['mark']} ({en}); the five marks above have {found['neighbours']}"
        f" each on average. By chance: {_chance(found['chance'])[1]}.",
    )


def _chance(chance: float) -> tuple[str, str]:
    for zh, en, most in (
        ("不到十亿分之一", "less than one in a thousand million", 1e-9),
        ("不到一亿分之一", "less than one in a hundred million", 1e-8),
        ("不到千万分之一", "less than one in ten million", 1e-7),
    ):
        if chance < most:
            return zh, en
    return "不到百万分之一", "less than one in a million"
