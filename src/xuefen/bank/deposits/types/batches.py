"""Batches: what a deposit is received and counted as, and why a batch as a whole is refused or does not move.

Credits are hundredths.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from xuefen.bank.institutions.types import OutcomeClass
from xuefen.bank.shell.problems import Problem


class BatchState(StrEnum):
    RECEIVED = "received"  # the file is kept and waits for its run
    UNMAPPED = "unmapped"  # it waits for somebody to say what its columns are
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"  # the file as a whole was refused; ``problem`` says why
    CANCELLED = "cancelled"
    REVOKING = "revoking"  # decided; its outcomes are being taken back
    REVOKED = "revoked"  # all of it was taken back


class BatchEvent(StrEnum):
    RECEIVE = "receive"
    START = "start"
    ASK = "ask"  # what the columns are
    MAP = "map"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    FINISH = "finish"
    FAIL = "fail"
    SEND_AGAIN = "send_again"
    REVOKE = "revoke"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who deposits, and for which classes it is qualified on the day the file came."""

    id: int
    code: str
    name: str
    classes: frozenset[OutcomeClass]


@dataclass(slots=True)
class Counts:
    """Row counts of a batch so far; I11: read = accepted + refused + duplicates. ``credits`` in hundredths."""

    read: int = 0
    accepted: int = 0
    refused: int = 0
    duplicates: int = 0
    credits: int = 0


@dataclass(frozen=True, slots=True)
class BatchFacts:
    """A batch for lists, receipts and the API. ``already`` is True when the same file had been received before."""

    id: int
    number: str
    issuer_id: int
    issuer_code: str
    issuer_name: str
    state: BatchState
    source: str
    file_name: str
    content_sm3: str
    uploaded_by: str
    standard: str
    total_rows: int | None
    counts: Counts
    received_at: datetime
    finished_at: datetime | None
    problem: Mapping[str, Any] | None = None
    mapping: Mapping[str, str] = dataclasses.field(default_factory=dict)
    header: tuple[str, ...] | None = None
    withdrawn: int = 0
    leaves: tuple[int, int] | None = None
    receipt: bytes | None = dataclasses.field(default=None, repr=False)
    already: bool = False

    def to_json(self) -> dict[str, Any]:
        """The batch as plain JSON for machines; times in ISO format."""
        return {
            "batch": self.number,
            "issuer": self.issuer_code,
            "state": self.state.value,
            "source": self.source,
            "file_name": self.file_name,
            "sm3": self.content_sm3,
            "standard": self.standard,
            "total_rows": self.total_rows,
            "read": self.counts.read,
            "accepted": self.counts.accepted,
            "refused": self.counts.refused,
            "duplicates": self.counts.duplicates,
            "credits": self.counts.credits,
            "withdrawn": self.withdrawn,
            "received_at": self.received_at.isoformat(),
            "finished_at": self.finished_at.isoformat() if self.finished_at else None,
            "problem": dict(self.problem) if self.problem else None,
            "already": self.already,
        }


@dataclass(frozen=True, slots=True)
class RevocationFacts:
    """That a whole batch was taken back: why, by whom, and how far it is. Of ``outcomes``, which were valid then, ``withdrawn``
    went back to the issuer's book and may be deposited anew, ``revoked`` are with an arbiter because ``doubted`` conversions rest
    on them; ``ended`` applications were under way. ``ended_at`` is None while it is being done.
    """

    reason: str
    by_name: str
    begun_at: datetime
    ended_at: datetime | None
    outcomes: int
    credits: int
    withdrawn: int
    revoked: int
    ended: int
    doubted: int

    def to_json(self) -> dict[str, Any]:
        times = {
            "begun_at": self.begun_at.isoformat(),
            "ended_at": self.ended_at.isoformat() if self.ended_at else None,
        }
        return {"by" if n == "by_name" else n: v for n, v in dataclasses.asdict(self).items()} | times


@dataclass(frozen=True, slots=True)
class Remaining:
    """What of a batch counts now: valid outcomes, their holders, their credit; and what was corrected or revoked one by one."""

    outcomes: int
    learners: int
    credits: int
    corrected: int
    revoked: int


@dataclass(frozen=True, slots=True)
class DryRun:
    """What depositing a file would do, rows and credits; nothing was written. ``codes`` counts errors by code."""

    total_rows: int
    counts: Counts
    codes: Mapping[str, int]
    ignored: tuple[str, ...] = ()  # headings that no field is read from

    def to_json(self) -> dict[str, Any]:
        return {
            "dry_run": True,
            "total_rows": self.total_rows,
            "read": self.counts.read,
            "accepted": self.counts.accepted,
            "refused": self.counts.refused,
            "duplicates": self.counts.duplicates,
            "credits": self.counts.credits,
            "codes": dict(self.codes),
            "ignored": list(self.ignored),
        }


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """A heading of an issuer's own that somebody has explained; ``field`` "" leaves the column out."""

    heading: str
    field: str
    chosen_by: str
    chosen_at: datetime

    def to_json(self) -> dict[str, str]:
        return {
            "heading": self.heading,
            "field": self.field,
            "chosen_by": self.chosen_by,
            "chosen_at": self.chosen_at.isoformat(),
        }


BATCH_UNKNOWN = Problem(
    "batch_unknown",
    "没有找到这个批次，或者不在您的范围内。",
    "There is no such batch, or it is outside your scope.",
    status=404,
)
ISSUER_NOT_QUALIFIED = Problem(
    "issuer_not_qualified",
    "机构 {issuer} 在 {on} 没有有效的存入资格（未评审、已到期或已终止），不能批量存入。",
    "Institution {issuer} holds no qualification in force on {on} (not reviewed, expired or ended); it cannot deposit.",
    status=403,
)
CHECK_BUSY = Problem(
    "check_busy",
    "现在检查表格的人太多，请过一分钟再试。",
    "Too many sheets are being checked just now; try again in a minute.",
    status=429,
)
BATCH_RUNNING = Problem(
    "batch_running",
    "机构 {issuer} 有一个批次正在处理，批次 {batch} 要等它结束。文件已经保存，不用重新上传。",
    "A batch of {issuer} is being processed; batch {batch} waits for its end. The file is kept and need not be uploaded again.",
    status=409,
)
RECEIPT_PENDING = Problem(
    "receipt_pending",
    "批次还没有处理完，处理完才有回执。",
    "The batch is not finished yet; its receipt comes with the end.",
    status=409,
)
BATCH_MOVE = Problem(
    "batch_move",
    "批次 {batch} 现在是“{state_zh}”，不能{event_zh}。",
    "Batch {batch} is {state_en}: it cannot be {event_en}.",
    status=409,
)
BATCH_NOT_WHOLE = Problem(
    "batch_not_whole",
    "只有上传的表和表单存入的批次可以整批撤销；接口单项、更正、颁发、归集的成果请逐项撤销。",
    "Only a sheet or a form is revoked as a whole; single calls, corrections, awards and what was gathered one by one.",
    status=409,
)
NOTHING_TO_REVOKE = Problem(
    "nothing_to_revoke",
    "这一批没有还有效的成果，没有什么可撤销的。",
    "Nothing of this batch is valid any more; there is nothing to revoke.",
    status=409,
)
COLUMN_MEANS = Problem(
    "column_means",
    "“{given}”看不懂。请写成 表头=字段，字段是 {fields} 之一，留空表示不用这一列。",
    "“{given}” cannot be read. Write heading=field, the field one of {fields}; nothing after = leaves the column out.",
)
COLUMN_TWICE = Problem(
    "column_twice",
    "有两列都选成了“{field_zh}”。一个字段只能对一列。",
    "Two columns were both called {field}. A field is read from one column.",
)
COLUMN_UNKNOWN = Problem(
    "column_unknown", "没有记住过这个列名：{heading}。", "This heading is not remembered: {heading}."
)
UPLOAD_LOST = Problem(
    "upload_lost",
    "批次 {batch} 的原文件不在了，请重新上传同一个文件，会从第 {row} 行之后接着做。",
    "The uploaded file of batch {batch} is gone. Upload the same file again; it goes on after row {row}.",
    status=409,
)
