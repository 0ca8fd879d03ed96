"""What the use cases of this room share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.problems import NOT_ALLOWED, Denied
from xuefen.bedrock.canon import canonical


def require(by: Actor, institution_ids: Sequence[int]) -> None:
    scope = by.scope("rules.publish")
    reached = [scope.reaches(institution_id=i) for i in set(institution_ids)]
    if not all(reached):
        raise Denied(NOT_ALLOWED, action="rules.publish")


def leaf(kind: str, now: datetime, **facts: Any) -> bytes:
    return canonical({"kind": kind, "v": 1, "at": now.strftime("%Y-%m-%dT%H:%M:%SZ"), **facts})
