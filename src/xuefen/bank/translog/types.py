"""The log's nouns and refusals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from xuefen.bank.shell.problems import Denied, Problem
from xuefen.bedrock.notes import NoteVerifier


@dataclass(frozen=True, slots=True)
class Sealed:
    """What one round of the sequencer did: leaves [first, size) went under the checkpoint ``note``."""

    first: int
    size: int
    root: bytes
    note: bytes


@dataclass(frozen=True, slots=True)
class Proof:
    """That a leaf is in the log: enough to check it without asking anybody. Hashes in hex, the checkpoint as its note."""

    index: int
    size: int
    leaf_hash: str
    path: tuple[str, ...]
    checkpoint: str

    def to_json(self) -> dict[str, object]:
        return {
            "index": self.index,
            "size": self.size,
            "leaf_hash": self.leaf_hash,
            "path": list(self.path),
            "checkpoint": self.checkpoint,
        }


@dataclass(frozen=True, slots=True)
class Watched:
    """A log this node witnesses: its key, its hash ("sm3" or "sha256") and what was cosigned last (size 0: nothing yet)."""

    origin: str
    verifier: NoteVerifier
    hash: str
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Asked:
    """How one witness answered: ``size`` cosigned, or ``error`` in words."""

    witness: str
    size: int
    error: str = ""


@dataclass(frozen=True, slots=True)
class Anchored:
    """A checkpoint in a contract on an EVM chain; ``size`` 0 for the contract itself."""

    size: int
    chain_id: int
    contract: str
    tx: str
    block: int
    at: datetime


@dataclass(frozen=True, slots=True)
class AnchorFinding:
    """Whether the chain says what we say of one size; ``wrong`` is empty when it does."""

    size: int
    wrong: str


@dataclass(frozen=True, slots=True)
class Missing:
    """What the world has seen of this log and the database has not: facts ``first`` to ``end``, by kind, with their times."""

    first: int
    end: int
    kinds: dict[str, int]
    since: str
    until: str


# --- how the log stands ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WitnessStanding:
    """A witness this node asks: ``size`` it cosigned last, whether that is the newest checkpoint (``signed``), whether the
    policy ``counts`` it, and its newest answer when that was none (``error``). Without ``url`` it is asked no more.
    """

    name: str
    url: str
    size: int
    signed: bool
    counts: bool
    asked_at: datetime | None
    error: str

    def to_json(self) -> dict[str, object]:
        return {
            "name": self.name,
            "url": self.url or None,
            "size": self.size,
            "signed_newest": self.signed,
            "counts": self.counts,
            "asked_at": self.asked_at.isoformat() if self.asked_at else None,
            "error": self.error or None,
        }


@dataclass(frozen=True, slots=True)
class AnchorStanding:
    """Where checkpoints are anchored; ``off`` says how to turn it on where they are not."""

    url: str = ""
    contract: str = ""
    newest: Anchored | None = None
    trouble: str = ""
    off: Denied | None = None

    def to_json(self) -> dict[str, object]:
        newest = self.newest
        return {
            "on": self.off is None,
            "contract": self.contract or None,
            "size": newest.size if newest else None,
            "at": newest.at.isoformat() if newest else None,
            "trouble": self.trouble or None,
        }


@dataclass(frozen=True, slots=True)
class LogStanding:
    """The log as its keeper asks for it. ``cosigned`` of the ``asked_of`` witnesses of the policy (without one: of all)
    signed the newest checkpoint, ``need`` are asked for. ``alarm`` is what ``seal`` refuses with; ``waiting_since`` when the
    oldest fact that waits was committed.
    """

    origin: str
    hash: str
    size: int
    sealed_at: datetime | None
    waiting: int
    waiting_since: datetime | None
    witnesses: tuple[WitnessStanding, ...]
    need: int
    asked_of: int
    cosigned: int
    alarm: Denied | None
    anchor: AnchorStanding

    def stalled(self, now: datetime) -> bool:
        """Whether something waits longer than a running sequencer lets it."""
        return self.waiting_since is not None and now - self.waiting_since > STALLED_AFTER

    @property
    def steps(self) -> tuple[tuple[str, str], ...]:
        """What to do about the alarm, beside its own sentence."""
        return RECOVERY if self.alarm is not None and self.alarm.problem is LOG_ROLLED_BACK else ()

    def to_json(self, now: datetime) -> dict[str, object]:
        return {
            "origin": self.origin,
            "hash": self.hash,
            "size": self.size,
            "sealed_at": self.sealed_at.isoformat() if self.sealed_at else None,
            "waiting": self.waiting,
            "waiting_since": self.waiting_since.isoformat() if self.waiting_since else None,
            "stalled": self.stalled(now),
            "cosigned": self.cosigned,
            "need": self.need,
            "asked_of": self.asked_of,
            "witnesses": [one.to_json() for one in self.witnesses],
            "alarm": _alarm_json(self.alarm, self.steps),
            "anchor": self.anchor.to_json(),
        }


def _alarm_json(alarm: Denied | None, steps: tuple[tuple[str, str], ...]) -> dict[str, object] | None:
    if alarm is None:
        return None
    told = [{"zh": zh, "en": en} for zh, en in steps]
    return {"code": alarm.code, "zh": alarm.sentence("zh"), "en": alarm.sentence("en"), "steps": told}


STALLED_AFTER = timedelta(minutes=2)
"""The sequencer looks at the queue twice a second, and tries again ten seconds after a refusal."""

RECOVERY = (
    (
        "停下银行，运行 xuefen log recover，看缺哪些事实、到什么时间；恢复比那更新的数据库备份，或把预写日志重放到那以后。",
        "Stop the bank; 'xuefen log recover' names the missing facts and their times. Restore a newer backup of the database,"
        " or replay the write-ahead log beyond them.",
    ),
    (
        "再运行 xuefen log recover，直到它说 ok；然后 xuefen prove。",
        "Say 'xuefen log recover' again until it says ok; then 'xuefen prove'.",
    ),
    (
        "都没有时：不要改动 log/。缺的事实已经公布，只能在一家新名称的学分银行里按 log/tile/entries 逐条补录。",
        "With neither: leave log/ as it is. The missing facts are public; a bank under a new name has to take them in again,"
        " by log/tile/entries.",
    ),
)
"""What to do when the database is behind what was published."""


LOG_ROLLED_BACK = Problem(
    "log_rolled_back",
    "已经公布过 {published} 条的检查点，数据库里却只有 {stored} 条。"
    "这是从旧备份恢复的，日志停止签名。运行 xuefen log recover 看缺什么；然后恢复更新的备份，或用预写日志补齐"
    "（docs/operations.md“Backup and restore”）。",
    "A checkpoint of {published} leaves was published, but the database knows {stored}: an old backup was restored."
    " The log refuses to sign. 'xuefen log recover' says what is missing; then restore a newer backup or replay the"
    " write-ahead log (docs/operations.md, “Backup and restore”).",
    status=503,
)
LOG_WITNESSED_MORE = Problem(
    "log_witnessed_more",
    "见证方 {witness} 见证过本日志 {published} 条，数据库里却只有 {stored} 条：数据库和日志文件夹都是从旧备份恢复的。"
    "日志停止签名。请恢复更新的备份；如果是见证方弄错了，用 xuefen witness forget {witness} 不再问它。",
    "The witness {witness} cosigned {published} leaves of this log, but the database knows {stored}: database and log folder"
    " were both restored from an old backup. The log refuses to sign. Restore a newer backup; if the witness is wrong, stop"
    " asking it with 'xuefen witness forget {witness}'.",
    status=503,
)
LOG_ANCHORED_OTHER = Problem(
    "log_anchored_other",
    "链上存证和本日志矛盾（{size} 条：{found}）。多半是从旧备份恢复的，日志停止签名。请恢复更新的备份；确实是链上的记录不对时，"
    "由两位总平台管理员先后运行 xuefen log recover --overrule-chain USER --reason … 说明理由并确认。",
    "What stands on the chain contradicts the log (size {size}: {found}). Most likely an old backup was restored; the log"
    " refuses to sign. Restore a newer backup. Only if the chain is wrong: two hub officers, one after the other, run"
    " 'xuefen log recover --overrule-chain USER --reason …'.",
    status=503,
)
ANCHOR_NO_ALARM = Problem(
    "anchor_no_alarm",
    "链上存证和日志没有矛盾，没有要定夺的。",
    "Chain and log do not contradict each other.",
    status=409,
)
ANCHOR_REASON = Problem("anchor_reason", "请说明理由。", "A reason is needed.", status=422)
ANCHOR_PERSON = Problem(
    "anchor_person", "这要由人来定，请登录后办理。", "A person decides this, signed in.", status=403
)
ANCHOR_SAME_PERSON = Problem(
    "anchor_same_person",
    "提出的人不能自己确认，请另一位管理员来办。",
    "Whoever asked cannot confirm; another officer has to.",
)
ANCHOR_OFF = Problem(
    "anchor_off",
    "没有设置链上存证：XUEFEN_ANCHOR 应为 “节点地址,合约地址”，见 docs/anchoring.md。",
    "Anchoring is off: XUEFEN_ANCHOR is to say 'url,contract'; see docs/anchoring.md.",
    status=409,
)
ANCHOR_CHAIN = Problem(
    "anchor_chain",
    "链或合约没有照做：{why}。日志不受影响，稍后再试。",
    "The chain or its contract did not do it: {why}. The log is not affected; it is tried again later.",
    status=503,
)
LOG_DIVERGED = Problem(
    "log_diverged",
    "公布的检查点和数据库里同样大小的检查点不一样：数据库和日志文件夹不是同一家学分银行同一时刻的。日志停止签名。"
    "请改正 DATABASE_URL 或 XUEFEN_HOME，或把两者恢复到同一份备份。",
    "The published checkpoint differs from the stored one of the same size: database and log folder do not belong together."
    " The log refuses to sign. Correct DATABASE_URL or XUEFEN_HOME, or restore both from one backup.",
    status=503,
)
LOG_DAMAGED = Problem(
    "log_damaged",
    "公布的日志文件 {path} 丢失或被改动（{detail}），日志停止签名。"
    "运行 xuefen log recover：它用数据库里的叶重写日志文件；不行时，从备份或任何一份日志副本取回这个文件。"
    "再运行 xuefen log check。",
    "The published log file {path} is missing or altered ({detail}). The log refuses to sign. Run 'xuefen log recover', which"
    " writes the files anew from the leaves in the database, or fetch the file back from a backup or from anybody's copy of"
    " the log; then run 'xuefen log check'.",
    status=503,
)
LEAF_TOO_LARGE = Problem("leaf_too_large", "一条日志最多 65535 字节。", "A leaf holds at most 65535 bytes.", status=422)
WITNESS_MALFORMED = Problem(
    "witness_malformed",
    "见证请求的格式不对。",
    "malformed request: 'old SIZE', the consistency proof, an empty line and the checkpoint are expected",
    status=400,
)
WITNESS_UNKNOWN_LOG = Problem(
    "witness_unknown_log", "本节点不见证这份日志。", "unknown log: this node does not witness it", status=403
)
WITNESS_NOT_SIGNED = Problem(
    "witness_not_signed",
    "检查点没有这份日志的有效签名。",
    "invalid signature: the checkpoint is not signed by the key known for this log",
    status=403,
)
WITNESS_OLD_SIZE = Problem(
    "witness_old_size",
    "旧的大小超过了检查点的大小。",
    "the old size is above the size of the checkpoint",
    status=400,
)
WITNESS_CONFLICT = Problem(
    "witness_conflict",
    "本节点上次见证到 {size} 条，请从那里给出证明。",
    "this node cosigned size {size} last; prove from there",
    status=409,
)
WITNESS_PROOF = Problem(
    "witness_proof",
    "一致性证明不成立：新的检查点不是上次的延续。",
    "the consistency proof does not hold: this checkpoint does not continue the last one",
    status=422,
)
WITNESS_NEED = Problem(
    "witness_need",
    "本节点只请了 {n} 个见证人，不能要求更多人签名。",
    "This node asks {n} witnesses; no more can be required.",
    status=422,
)
WITNESS_NAME = Problem("witness_name", "校验公钥读不懂：{why}", "The verifier key cannot be read: {why}", status=422)
