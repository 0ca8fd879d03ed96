"""Alarms: what looks as if it could not be, or should not be. An alarm stops nothing; it opens a case that a person ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

from xuefen.bank.shell.problems import Problem

BURST_TIMES = 10
"""A day of so many times its habit is a burst."""


class AlarmKind(StrEnum):
    SHARED_SERIAL = "shared_serial"
    SHARED_FILE = "shared_file"
    BEFORE_BIRTH = "before_birth"
    BEFORE_ITEM = "before_item"
    BURST = "burst"
    AT_THRESHOLD = "at_threshold"


KIND_WORDS: Mapping[AlarmKind, tuple[str, str]] = MappingProxyType(
    {
        AlarmKind.SHARED_SERIAL: ("一个证书编号，两个人", "One certificate number, two people"),
        AlarmKind.SHARED_FILE: ("一份材料，两个人", "One file, two people"),
        AlarmKind.BEFORE_BIRTH: ("取得日期早于出生", "Awarded before birth"),
        AlarmKind.BEFORE_ITEM: ("取得日期早于成果目录", "Awarded before the item existed"),
        AlarmKind.BURST: ("存入突然增多", "Far more deposits than usual"),
        AlarmKind.AT_THRESHOLD: ("成绩扎堆在合格线", "Results pile up at the pass mark"),
    }
)


class AlarmState(StrEnum):
    NEW = "new"  # before it was found; never stored
    OPEN = "open"  # 待核查
    EXPLAINED = "explained"  # 有合理解释
    CONFIRMED = "confirmed"  # 查实
    CLOSED = "closed"  # 已结案


class AlarmEvent(StrEnum):
    FIND = "find"  # also again: the case has grown
    EXPLAIN = "explain"
    CONFIRM = "confirm"
    CLOSE = "close"
    REOPEN = "reopen"


class Finding(NamedTuple):
    """What a search found. ``key`` names it for ever, so that it opens one case however often it is found."""

    kind: AlarmKind
    key: str
    found: Mapping[str, Any]
    issuer_id: int | None = None
    place_id: int | None = None
    batch_id: int | None = None


@dataclass(frozen=True, slots=True)
class AlarmMove:
    """One step of a case."""

    seq: int
    event: AlarmEvent
    to_state: AlarmState
    by_name: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AlarmView:
    """A case as it is shown. ``found`` holds numbers only; ``sentence`` says it in words (zh, en). ``chart``: (label, count)."""

    number: str
    kind: AlarmKind
    state: AlarmState
    version: int
    issuer_code: str
    issuer_name: str
    batch: str
    sentence: tuple[str, str]
    found: Mapping[str, Any]
    opened_at: datetime
    changed_at: datetime
    moves: tuple[AlarmMove, ...] = field(default=())

    @property
    def outcomes(self) -> list[str]:
        return list(self.found.get("outcomes", ()))

    @property
    def chart(self) -> list[tuple[str, int]]:
        return [(label, count) for label, count in self.found.get("chart", ())]

    @property
    def line(self) -> int | None:
        """Rows a day above which an issuer's day is a burst; None for the other kinds."""
        usual = self.found.get("usual")
        return None if usual is None else BURST_TIMES * int(usual)

    def to_json(self) -> dict[str, Any]:
        return {
            "alarm": self.number,
            "kind": self.kind.value,
            "state": self.state.value,
            "version": self.version,
            "issuer": self.issuer_code or None,
            "batch": self.batch or None,
            "zh": self.sentence[0],
            "en": self.sentence[1],
            "found": dict(self.found),
            "opened_at": self.opened_at.isoformat(),
            "moves": [
                {
                    "event": m.event.value,
                    "to": m.to_state.value,
                    "by": m.by_name,
                    "reason": m.reason,
                    "at": m.at.isoformat(),
                }
                for m in self.moves
            ],
        }


@dataclass(frozen=True, slots=True)
class DayCount:
    """How many rows an issuer deposited on one day."""

    day: date
    rows: int


@dataclass(frozen=True, slots=True)
class ScanReport:
    """What one scan did: batches looked through, cases opened, cases that grew. ``failed`` are logged and tried again."""

    batches: int = 0
    opened: int = 0
    grown: int = 0
    failed: int = 0


ALARM_UNKNOWN = Problem(
    "alarm_unknown",
    "没有这件预警，或者不在您的范围内。",
    "There is no such alarm, or it is outside your scope.",
    status=404,
)
ALARM_MOVE = Problem(
    "alarm_move",
    "这件预警目前是“{state_zh}”，不能{event_zh}。",
    "The alarm is “{state_en}”; it cannot be moved by “{event_en}”.",
    status=409,
)
ALARM_REASON = Problem("alarm_reason", "请写明理由（1 至 400 字）。", "Give the reason (1 to 400 characters).")
