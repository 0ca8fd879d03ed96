"""What people are told of a batch: the words for where it stands and, when nothing came of it, why and what mends it. Pure; the
one source for pages and terminal.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from xuefen.bank.deposits.states import WORDS
from xuefen.bank.deposits.types import BatchFacts, BatchState, Refused

Words = tuple[str, str]
"""The same in Chinese and English."""

_S = BatchState
_TONES: Mapping[BatchState, str] = {
    _S.RECEIVED: "info",
    _S.UNMAPPED: "warn",
    _S.RUNNING: "info",
    _S.PAUSED: "warn",
    _S.DONE: "ok",
    _S.FAILED: "bad",
    _S.CANCELLED: "",
    _S.REVOKING: "warn",
    _S.REVOKED: "bad",
}
_BY_HAND = frozenset({"form", "api"})
_AGAIN = ("按原因改好，再存一次就行。", "Mend it and deposit it again.")
_SHEET_AGAIN = (
    "下载标红的表格，改好标出的格，再传一次；以前存过的行不会重复。",
    "Download the marked sheet, mend the marked cells and send it again; nothing is deposited twice.",
)
_NOTHING_TO_DO = (
    "不用再做什么；内容有变的，请更正原来那一项。",
    "Nothing is left to do; where something has changed, correct the outcome that is there.",
)


class Told(NamedTuple):
    """``tone`` is good, bad or neither as badges have it: "ok", "bad", "warn", "info", "". ``why`` and ``mend`` are empty
    unless the batch came to its end without depositing anything.
    """

    tone: str
    words: Words
    why: Words = ("", "")
    mend: Words = ("", "")


def in_vain(facts: BatchFacts) -> bool:
    """Whether the batch is at its end and nothing was deposited."""
    return facts.state is _S.DONE and not facts.counts.accepted


def told(facts: BatchFacts, first: Refused | None = None) -> Told:
    """``first`` is the first refused row, or the first duplicate when none was refused; only asked for ``in_vain``."""
    if not in_vain(facts):
        return Told(_TONES[facts.state], WORDS[facts.state])
    refused, known = facts.counts.refused, facts.counts.duplicates
    if not refused:
        why = _sentence(first) if known == 1 and first else (
            f"{known} 行以前都存过，没有重复存入，学分没有变。",
            f"All {known} rows were deposited before; nothing was deposited again, no credit has changed.",
        )  # fmt: skip
        return Told("", ("以前存过", "deposited before"), why, _NOTHING_TO_DO)
    words, mend = ("没有存入", "nothing deposited"), _AGAIN if facts.source in _BY_HAND else _SHEET_AGAIN
    return Told("bad", words, _refused_why(refused, known, first), mend)


def _refused_why(refused: int, known: int, first: Refused | None) -> Words:
    reason = _sentence(first) if first else ("", "")
    if refused + known == 1:
        return f"这一行没有存入：{reason[0]}", f"The row was not deposited: {reason[1]}"
    before = (f"，{known} 行以前存过", f", {known} were deposited before") if known else ("", "")
    example = (f"例如第 {first.row} 行：{reason[0]}", f" Row {first.row}, say: {reason[1]}") if first else ("", "")
    return (
        f"{refused} 行没有通过{before[0]}，一行也没有存入。{example[0]}",
        f"{refused} rows were refused{before[1]}; none was deposited.{example[1]}",
    )


def _sentence(row: Refused) -> Words:
    return row.errors[0].sentence("zh"), row.errors[0].sentence("en")
