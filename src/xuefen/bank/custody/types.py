"""Nouns and refusals of custody: the node's keys, and people who ask to be forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from xuefen.bank.shell.problems import Problem
from xuefen.bedrock.gm import Held

OVERLAP = timedelta(days=7)
"""How long a replaced key is still good, and a log's key still signs beside the new one, unless told otherwise."""
LONGEST_OVERLAP = timedelta(days=90)

WRITES_END = timedelta(hours=1)
"""After this no transaction that began before a change of the wrapping key is still writing."""


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One key as ``xuefen keys list`` shows it; never its private half."""

    held: Held
    kept: bool  # whether the private half still exists

    def to_json(self) -> dict[str, object]:
        """For machines; times in ISO 8601, ``since`` null: made with the bank, ``until`` null: in use."""
        return {
            "purpose": self.held.purpose,
            "generation": self.held.generation,
            "algorithm": self.held.kind,
            "key_id": self.held.key_id or None,
            "since": self.held.since.isoformat() if self.held.since else None,
            "until": self.held.until.isoformat() if self.held.until else None,
            "in_use": self.held.until is None,
            "kept_in": self.held.place if self.kept else None,
        }


@dataclass(frozen=True, slots=True)
class Rotated:
    """What one rotation did."""

    purpose: str
    key_id: str
    replaced: str
    until: datetime


@dataclass(frozen=True, slots=True)
class DrillStep:
    """One step of a rehearsal: what was looked at, whether it went as it must, and how long it took."""

    name: str
    ok: bool
    found: str
    seconds: float


@dataclass(frozen=True, slots=True)
class DrillReport:
    """A rehearsal of a compromise, on copies of the bank's public state and with throw-away keys."""

    purpose: str
    compromised_since: datetime
    steps: tuple[DrillStep, ...]
    affected_certificates: tuple[str, ...]
    affected_checkpoints: int

    @property
    def ok(self) -> bool:
        """Whether every step went as it must."""
        return all(step.ok for step in self.steps)

    def to_json(self) -> dict[str, object]:
        """For machines and for the audit trail."""
        return {
            "ok": self.ok,
            "purpose": self.purpose,
            "compromised_since": self.compromised_since.isoformat(),
            "affected_certificates": list(self.affected_certificates[:100]),
            "affected_certificates_in_all": len(self.affected_certificates),
            "affected_checkpoints": self.affected_checkpoints,
            "seconds": round(sum(step.seconds for step in self.steps), 3),
            "steps": [
                {"name": s.name, "ok": s.ok, "found": s.found, "seconds": round(s.seconds, 3)} for s in self.steps
            ],
        }


KEY_UNKNOWN = Problem(
    "key_unknown",
    "没有用途为“{purpose}”的密钥。本节点有：{purposes}。",
    "There is no key for “{purpose}”. This node has: {purposes}.",
    status=404,
)
KEY_NOT_ROTATED = Problem(
    "key_not_rotated",
    "“{purpose}”是每个账户的索引所依赖的，不能更换，原因见 docs/operations.md。",
    "Every account's index is made with “{purpose}”: it is not replaced; docs/operations.md says why.",
    status=409,
)
KEY_NO_TOKEN = Problem(
    "key_no_token",
    "没有设置密码令牌：请把 XUEFEN_KEYS 设为 pkcs11:token=标签?module-path=模块，见 docs/operations.md。",
    "No token is set: XUEFEN_KEYS is to say pkcs11:token=LABEL?module-path=MODULE; see docs/operations.md.",
    status=409,
)
KEY_OVERLAP = Problem(
    "key_overlap",
    "重叠期应为 0 到 {most} 天。",
    "The overlap is 0 to {most} days.",
)
KEY_COMPROMISED_TIME = Problem(
    "key_compromised_time",
    "泄露时间不能晚于现在，也不能早于这把密钥启用的时间。",
    "The time of the compromise is neither in the future nor before the key was in use.",
)
KEY_REASON = Problem(
    "key_reason", "请写明更换原因（1 至 200 字）。", "State why the key is replaced (1 to 200 characters)."
)


# --- forgetting ------------------------------------------------------------------------------------------------------


class ErasureState(StrEnum):
    REQUESTED = "requested"  # 本人已申请
    ASKED = "asked"  # 已提请，待另一人确认
    CONFIRMED = "confirmed"  # 已确认：已删除，或正在删除
    DECLINED = "declined"  # 未删除


class Basis(StrEnum):
    """Why a person is forgotten; a closed list, so that no reason names anybody."""

    WITHDRAWN = "withdrawn"
    NO_PURPOSE = "no_purpose"
    UNLAWFUL = "unlawful"
    ORDERED = "ordered"


ERASURE_WORDS: dict[ErasureState, tuple[str, str]] = {
    ErasureState.REQUESTED: ("本人已申请", "requested by the person"),
    ErasureState.ASKED: ("等另一人确认", "waits for a second officer"),
    ErasureState.CONFIRMED: ("已删除", "erased"),
    ErasureState.DECLINED: ("没有删除", "not erased"),
}
BASIS_WORDS: dict[Basis, tuple[str, str]] = {
    Basis.WITHDRAWN: (
        "本人撤回同意（个人信息保护法第四十七条第三项）",
        "The person withdrew their consent (PIPL art. 47 (3))",
    ),
    Basis.NO_PURPOSE: (
        "目的已实现或不再必要（第四十七条第一、二项）",
        "The purpose is fulfilled or gone (PIPL art. 47 (1), (2))",
    ),
    Basis.UNLAWFUL: (
        "违法或违约处理（第四十七条第四项）",
        "The data was handled unlawfully (PIPL art. 47 (4))",
    ),
    Basis.ORDERED: (
        "法律、行政法规规定或主管机关要求（第四十七条第五项）",
        "Law or an authority requires it (PIPL art. 47 (5))",
    ),
}


@dataclass(frozen=True, slots=True)
class ErasureFacts:
    """One erasure for a page: masked name, who asked and who confirmed."""

    id: int
    learner_id: int
    account_no: str
    masked_name: str
    state: ErasureState
    basis: Basis | None
    requested_at: datetime | None
    asked_by_id: int | None
    asked_by: str
    asked_at: datetime | None
    confirmed_by: str
    confirmed_at: datetime | None
    declined_at: datetime | None
    destroyed_at: datetime | None


ERASURE_STATE = Problem(
    "erasure_state",
    "这项删除现在是“{state_zh}”，不能这样办。",
    "The present state of this erasure ({state}) does not allow this.",
    status=409,
)
ERASURE_OPEN = Problem(
    "erasure_open",
    "这个账户的删除已经提出，正在办理。",
    "The erasure of this account is under way already.",
    status=409,
)
ERASURE_UNKNOWN = Problem(
    "erasure_unknown", "没有找到这项删除，或者不在您的范围内。", "There is no such erasure, or it is outside your scope.",
    status=404,
)  # fmt: skip
ERASURE_SAME_PERSON = Problem(
    "erasure_same_person",
    "提请和确认必须是两个人。",
    "Who confirms must be another person than who asked.",
    status=409,
)
ERASURE_PERSON = Problem(
    "erasure_person",
    "删除须由有岗位的工作人员本人办理，系统和命令行不能代办。",
    "An erasure is the act of two officers; neither the system nor the command line does it for them.",
    status=403,
)
ERASURE_RUNNING = Problem(
    "erasure_running",
    "还有未办结的事项：{what_zh}。办结或撤回后才能删除。",
    "Something is still under way: {what}. It has to end or be withdrawn first.",
    status=409,
)
BATCHES_IN_THE_WAY = {
    True: ("正在入库，请稍后再试", "is being deposited, try again in a while"),
    False: (
        "停着，文件里可能有此人：请机构继续或取消",
        "stands still, may name them: its issuer resumes or cancels it",
    ),
}
"""What is said of a batch, by whether it runs."""
ERASURE_BASIS = Problem("erasure_basis", "请选择删除的法律依据：{bases}。", "Choose the legal basis: {bases}.")
ERASURE_UNFINISHED = Problem(
    "erasure_unfinished",
    "已确认并从数据库删除，但密钥的另一半还没有销毁：{detail}。系统每十分钟重试一次。",
    "Confirmed and gone from the database, but the other half of the key is not destroyed yet: {detail}."
    " It is tried again every ten minutes.",
    status=503,
)
