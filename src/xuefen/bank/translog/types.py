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
    "这是从旧备份恢复的，日志停止签名。请先从公布的日志文件补齐数据库。",
    "A checkpoint of {published} leaves was published, but the database knows {stored}: an old backup was restored."
    " The log refuses to sign. Bring the database up to the published tiles first.",
    status=503,
)
LOG_DIVERGED = Problem(
    "log_diverged",
    "公布的检查点和数据库里同样大小的检查点不一样，日志停止签名。",
    "The published checkpoint differs from the stored one of the same size. The log refuses to sign.",
    status=503,
)
LEAF_TOO_LARGE = Problem("leaf_too_large", "一条日志最多 65535 字节。", "A leaf holds at most 65535 bytes.", status=422)
