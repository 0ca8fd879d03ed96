"""The table of a batch's moves. What is not in it does not happen; ``docs/states/batch.md`` is drawn from it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from xuefen.bank.deposits.types import BATCH_MOVE, BatchEvent, BatchState
from xuefen.bank.shell import moves
from xuefen.bank.shell.problems import Denied

_S, _E = BatchState, BatchEvent

WORDS: Mapping[BatchState, tuple[str, str]] = MappingProxyType(
    {
        _S.RECEIVED: ("等待存入", "waiting"),
        _S.UNMAPPED: ("等待对列", "waiting for its columns"),
        _S.RUNNING: ("正在存入", "being deposited"),
        _S.PAUSED: ("已暂停", "paused"),
        _S.DONE: ("存完了", "done"),
        _S.FAILED: ("整份没有收", "not taken in"),
        _S.CANCELLED: ("已取消", "cancelled"),
        _S.REVOKING: ("正在撤销", "being revoked"),
        _S.REVOKED: ("整批已撤销", "revoked as a whole"),
    }
)
EVENT_WORDS: Mapping[BatchEvent, tuple[str, str]] = MappingProxyType(
    {
        _E.RECEIVE: ("收到文件", "received"),
        _E.START: ("开始存入", "started"),
        _E.ASK: ("询问各列是什么", "asked for its columns"),
        _E.MAP: ("说明各列", "told its columns"),
        _E.PAUSE: ("暂停", "paused"),
        _E.RESUME: ("继续", "resumed"),
        _E.CANCEL: ("取消", "cancelled"),
        _E.FINISH: ("存完", "finished"),
        _E.FAIL: ("整份退回", "refused as a whole"),
        _E.SEND_AGAIN: ("同一文件再传一次", "sent again"),
        _E.REVOKE: ("整批撤销", "revoked as a whole"),
        _E.REVOKED: ("撤销完", "revoked to its end"),
    }
)
NEW = "new"
MOVES: Mapping[tuple[str, BatchEvent], BatchState] = MappingProxyType(
    {
        (NEW, _E.RECEIVE): _S.RECEIVED,
        (_S.RECEIVED, _E.START): _S.RUNNING,
        (_S.RECEIVED, _E.ASK): _S.UNMAPPED,
        (_S.RECEIVED, _E.FAIL): _S.FAILED,
        (_S.RECEIVED, _E.PAUSE): _S.PAUSED,
        (_S.RECEIVED, _E.CANCEL): _S.CANCELLED,
        (_S.UNMAPPED, _E.MAP): _S.RECEIVED,
        (_S.UNMAPPED, _E.SEND_AGAIN): _S.RECEIVED,
        (_S.UNMAPPED, _E.CANCEL): _S.CANCELLED,
        (_S.RUNNING, _E.START): _S.RUNNING,  # behind the last whole chunk, after a crash
        (_S.RUNNING, _E.ASK): _S.UNMAPPED,  # both only while nothing of it is deposited
        (_S.RUNNING, _E.FAIL): _S.FAILED,
        (_S.RUNNING, _E.PAUSE): _S.PAUSED,
        (_S.RUNNING, _E.CANCEL): _S.CANCELLED,
        (_S.RUNNING, _E.FINISH): _S.DONE,
        (_S.PAUSED, _E.RESUME): _S.RECEIVED,
        (_S.PAUSED, _E.CANCEL): _S.CANCELLED,
        (_S.FAILED, _E.SEND_AGAIN): _S.RECEIVED,
        (_S.DONE, _E.REVOKE): _S.REVOKING,
        (_S.CANCELLED, _E.REVOKE): _S.REVOKING,  # of what stayed
        (_S.REVOKING, _E.REVOKED): _S.REVOKED,
    }
)
WAITING = frozenset({_S.RECEIVED, _S.RUNNING})
"""A run goes on with these."""
OPEN = WAITING | {_S.UNMAPPED, _S.PAUSED}
"""Not at their end: their files are kept."""
OVER = frozenset({_S.DONE, _S.CANCELLED, _S.REVOKING, _S.REVOKED})
"""Every row is accounted for: no run does anything any more."""
GONE = (_S.CANCELLED, _S.REVOKED)
"""The same content again is a new batch."""


def after(state: BatchState, event: BatchEvent, *, batch: str) -> BatchState:
    """Where ``event`` leads from ``state``. Raises ``Denied(batch_move)`` when it leads nowhere."""
    found = MOVES.get((state, event))
    if found is None:
        raise Denied(BATCH_MOVE, batch=batch, **words(state, event))
    return found


def words(state: BatchState, event: BatchEvent) -> dict[str, str]:
    """What ``batch_move`` says of both."""
    (state_zh, state_en), (event_zh, event_en) = WORDS[state], EVENT_WORDS[event]
    return {"state_zh": state_zh, "state_en": state_en, "event_zh": event_zh, "event_en": event_en}


def is_whole(source: str, file_name: str) -> bool:
    """Whether a batch is revoked as a whole: a sheet or a form. A call under a key of the caller's own ("api/…") stands for
    ever, so that the same call again is answered the same.
    """
    return source in ("file", "form", "api") and "/" not in file_name


def may(state: BatchState, event: BatchEvent) -> bool:
    return (state, event) in MOVES


def states_markdown() -> str:
    """The page ``docs/states/batch.md``."""
    lines = moves.heading("The life of a batch · 批次的一生", room="deposits")
    lines += [
        "A batch is deposited in chunks, each one transaction. **Pausing** and **cancelling** wait for the chunk that is being",
        "written and stop before the next. What a cancelled batch had deposited is **withdrawn** if the log has sealed none of",
        "it and all of its credit is free: every transfer is reversed, every outcome says withdrawn, the log gets a leaf for",
        "each. Otherwise those outcomes **stay** and only the rest of the file is dropped; single outcomes can be revoked with a",
        "reason. Either way the receipt says how many rows were deposited, withdrawn and dropped, and the same file or a",
        "corrected one may be sent again: withdrawn rows are deposited anew, rows that stayed are told as duplicates.",
        "",
        "A batch that is over can be **revoked as a whole**, with one reason (docs/revocation.md). What is free is withdrawn and",
        "may be deposited anew; what an archived conversion rests on is revoked and goes to an arbiter. Chunk by chunk, too.",
        "",
    ]
    lines += moves.drawn(
        [(state, *words) for state, words in WORDS.items()],
        [(state, event, *EVENT_WORDS[event], to) for (state, event), to in MOVES.items()],
        ends=(_S.DONE, _S.CANCELLED, _S.REVOKED),
    )
    return "\n".join(lines) + "\n"
