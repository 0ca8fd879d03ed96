"""Nouns and refusals of custody: the node's keys, and people who ask to be forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from xuefen.bank.shell.problems import Problem
from xuefen.bank.translog.types import LogStanding
from xuefen.bedrock.gm import Held
from xuefen.bedrock.gm.keyring import FILE, SEALED, TOKEN

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
    """One step of a rehearsal: what was looked at in both languages, whether it went as it must, and how long it took."""

    zh: str
    en: str
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
                {"zh": s.zh, "en": s.en, "ok": s.ok, "found": s.found, "seconds": round(s.seconds, 3)}
                for s in self.steps
            ],
        }


# --- how the keys stand ----------------------------------------------------------------------------------------------

PURPOSE_WORDS: dict[str, tuple[str, str]] = {
    "log": ("给日志的检查点签名", "Signs the log's checkpoints"),
    "certificates": ("给证书签名", "Signs certificates"),
    "credentials": ("给通用凭证签名", "Signs credentials as other countries read them"),
    "pdf": ("给 PDF 签名", "Signs PDFs"),
    "witness": ("为别家日志作见证", "Cosigns other logs"),
    "witness-ed25519": ("为别家日志作见证（国际算法）", "Cosigns other logs, international algorithm"),
    "wrap": ("包裹每个人的数据密钥", "Wraps every person's data key"),
    "blind": ("按证件号查账户的索引", "The index by which an identity number is found"),
}
ALGORITHMS = {"sm2sm3": "SM2", "ed25519": "Ed25519", "p256sha256": "ECDSA P-256", "wrap": "SM4", "blind": "HMAC-SM3"}
"""By kind of signing key, by purpose of a secret."""
KEPT_WORDS: dict[str, tuple[str, str]] = {
    FILE: ("文件，口令开启", "File, opened by the passphrase"),
    SEALED: ("文件，要口令和密码令牌（PKCS#11）", "File that needs passphrase and PKCS#11 token"),
    TOKEN: ("密码令牌（PKCS#11）里面", "Inside the PKCS#11 token"),
    "": ("私钥已销毁，公钥留着", "Private half destroyed, public half kept"),
}


class KeyState(StrEnum):
    IN_USE = "in_use"
    OVERLAP = "overlap"  # replaced, and good for a while longer
    RETIRED = "retired"  # only what it signed in its time still counts


KEY_STATE_WORDS: dict[KeyState, tuple[str, str]] = {
    KeyState.IN_USE: ("使用中", "In use"),
    KeyState.OVERLAP: ("重叠期", "Overlap"),
    KeyState.RETIRED: ("已停用", "Retired"),
}


@dataclass(frozen=True, slots=True)
class KeyStanding:
    """One key as its keeper asks for it; never its private half. ``since`` is when the bank was made for its first keys."""

    row: KeyRow
    state: KeyState
    since: datetime
    days: int  # it was in use, or has been until now
    compromised: bool

    @property
    def words(self) -> tuple[str, str]:
        return PURPOSE_WORDS.get(self.row.held.purpose, (self.row.held.purpose, self.row.held.purpose))

    @property
    def algorithm(self) -> str:
        held = self.row.held
        return ALGORITHMS.get(held.kind if held.signs else held.purpose, held.kind)

    @property
    def kept(self) -> tuple[str, str]:
        return KEPT_WORDS[self.row.held.place if self.row.kept else ""]

    @property
    def command(self) -> str:
        """What replaces it; empty for a key that is never replaced, or no longer in use."""
        held = self.row.held
        return f"xuefen keys rotate {held.purpose}" if self.state is KeyState.IN_USE and held.purpose != "blind" else ""

    def to_json(self) -> dict[str, object]:
        told = {"state": self.state.value, "days": self.days, "compromised": self.compromised}
        return {**self.row.to_json(), **told, "since": self.since.isoformat(), "algorithm": self.algorithm}


@dataclass(frozen=True, slots=True)
class Drilled:
    """The last rehearsal, as the audit trail keeps it: ``report`` is ``DrillReport.to_json``."""

    at: datetime
    by: str
    report: Mapping[str, Any]

    def to_json(self) -> dict[str, object]:
        return {"at": self.at.isoformat(), "by": self.by, **self.report}


@dataclass(frozen=True, slots=True)
class Standing:
    """Keys and log at a moment: what the desk shows, the API answers and ``xuefen custody`` prints."""

    at: datetime
    keys: tuple[KeyStanding, ...]
    drill: Drilled | None
    log: LogStanding

    @property
    def ok(self) -> bool:
        """Whether nothing needs somebody at once: no alarm, nothing stuck, the last rehearsal as it must be."""
        drilled = self.drill is None or self.drill.report["ok"] is True
        return self.log.alarm is None and not self.log.stalled(self.at) and drilled

    def to_json(self) -> dict[str, object]:
        return {
            "ok": self.ok,
            "at": self.at.isoformat(),
            "keys": [key.to_json() for key in self.keys],
            "overlap_days": OVERLAP.days,
            "drill": self.drill.to_json() if self.drill else None,
            "log": self.log.to_json(self.at),
        }


class Topic(StrEnum):
    KEYS = "keys"
    LOG = "log"
    WITNESSES = "witnesses"
    ANCHOR = "anchor"


COMMANDS: dict[Topic, tuple[tuple[str, str, str], ...]] = {
    Topic.KEYS: (
        ("例行更换，旧的再用七天", "Replace one; the old one is good for another week",
         "xuefen keys rotate PURPOSE --reason TEXT"),
        ("泄露了：那以后签的不再算数", "Stolen: what it signed since no longer counts",
         "xuefen keys rotate PURPOSE --compromised TIME --reason TEXT"),
        ("演练一次泄露，不碰真的密钥", "Rehearse a theft; no real key is touched", "xuefen keys drill PURPOSE"),
        ("把密钥文件放到密码令牌下", "Put the key files under the token", "xuefen keys seal"),
        ("补记中断的更换，销毁到期的私钥", "Write down interrupted changes, destroy what is over", "xuefen keys tidy"),
    ),
    Topic.LOG: (
        ("马上封存等待的条目", "Seal what waits, now", "xuefen log seal"),
        ("从头重算整个日志", "Derive the whole log again", "xuefen log check"),
        ("恢复备份以后：重写日志文件，或说出缺什么", "After a restore: write the files anew, or name what is missing",
         "xuefen log recover"),
        ("核对全部承诺", "Check every promise", "xuefen prove"),
    ),
    Topic.WITNESSES: (
        ("交给见证人的公钥", "The keys a witness needs", "xuefen witness keys"),
        ("请一位见证人", "Ask a witness", "xuefen witness add --vkey KEY --url URL"),
        ("现在就请他们签", "Ask them all now", "xuefen witness ask"),
        ("规定核验时要几位见证人", "How many cosignatures verifiers ask for", "xuefen witness policy --need K"),
        ("不再请一位见证人", "Ask a witness no more", "xuefen witness forget NAME"),
    ),
    Topic.ANCHOR: (
        ("由哪个账户写", "Which account writes", "xuefen anchor account"),
        ("部署合约，按它打印的设置重启", "Deploy the contract, set what it prints, restart", "xuefen anchor deploy --url URL"),
        ("马上写一次", "Write the newest checkpoint now", "xuefen anchor send"),
        ("和链上核对", "Compare with the chain", "xuefen anchor check"),
        ("链上错了：两位总平台管理员先后定夺", "The chain is wrong: two hub officers decide in turn",
         "xuefen log recover --overrule-chain USER --reason TEXT"),
    ),
}  # fmt: skip
"""What is done on the server's command line and nowhere else: in both languages, and the command."""


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
