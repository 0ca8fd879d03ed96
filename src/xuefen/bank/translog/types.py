"""The log's nouns and refusals."""

from __future__ import annotations

from dataclasses import dataclass

from xuefen.bank.shell.problems import Problem


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


LOG_ROLLED_BACK = Problem(
    "log_rolled_back",
    "已经公布过 {published} 条的检查点，数据库里却只有 {stored} 条。"
    "这是从旧备份恢复的，日志停止签名。请恢复更新的备份，或用预写日志补齐；办法见 docs/operations.md“Backup and restore”。",
    "A checkpoint of {published} leaves was published, but the database knows {stored}: an old backup was restored."
    " The log refuses to sign. Restore a newer backup or replay the write-ahead log: docs/operations.md, “Backup and restore”.",
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
    "请从备份或任何一份日志副本取回这个文件，再运行 xuefen log check。",
    "The published log file {path} is missing or altered ({detail}). The log refuses to sign. Fetch it back from a backup or"
    " from anybody's copy of the log, then run 'xuefen log check'.",
    status=503,
)
LEAF_TOO_LARGE = Problem("leaf_too_large", "一条日志最多 65535 字节。", "A leaf holds at most 65535 bytes.", status=422)
