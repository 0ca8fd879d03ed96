"""Nouns and refusals of custody: the node's keys, and people who ask to be forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from xuefen.bank.shell.problems import Problem
from xuefen.bedrock.gm import Held

OVERLAP = timedelta(days=7)
"""How long a replaced key is still good, and a log's key still signs beside the new one, unless told otherwise."""
LONGEST_OVERLAP = timedelta(days=90)


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
    "“{purpose}”是每个账户的索引或密钥所依赖的，不能这样更换，办法见 docs/operations.md。",
    "What is kept of every account depends on “{purpose}”: it is not replaced this way; see docs/operations.md.",
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
