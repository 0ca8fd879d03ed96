"""Having a stranger's credential examined by a process of its own, under bounds."""

from __future__ import annotations

import json
import threading
from typing import Any

from xuefen.bank.certificates.badges import process
from xuefen.bank.certificates.badges.containers import PNG, is_svg, is_token
from xuefen.bank.certificates.pdf import apart
from xuefen.bank.certificates.rules import credentials
from xuefen.bank.certificates.types import BADGE_BYTES, Examined

_WALL_SECONDS = 30
_AT_ONCE, _PATIENCE = 2, 10.0  # processes of one web process; seconds another one waits for its turn
_turns = threading.BoundedSemaphore(_AT_ONCE)


class TooCostly(Exception):
    """It was given up: too large, too alike, or made to be so."""


def looks_like_one(data: bytes) -> bool:
    """Whether a file is a picture or a token that may carry a credential."""
    return data.startswith(PNG) or is_token(data[:200_000]) or is_svg(data)


def examine_bytes(data: bytes) -> Examined | str:
    """What is in a file: a credential, or why there is none ("old", "empty", "many", "unreadable"). Raises TooCostly, Denied."""
    answer = _ask("file", data)
    return credentials.examined(answer["found"]) if "found" in answer else str(answer["none"])


def examine_document(document: Any) -> Examined | str:
    """The same for a document that was read already."""
    return examine_bytes(json.dumps(document).encode())


def examine_presentation(document: Any) -> dict[str, Any] | None:
    """A presentation and what is in it, plain values; None when it cannot be read. Raises TooCostly, Denied."""
    found: dict[str, Any] | None = _ask("presentation", json.dumps(document).encode()).get("found")
    return found


def _ask(kind: str, data: bytes) -> dict[str, Any]:
    if len(data) > BADGE_BYTES:
        raise TooCostly
    done = apart.run(process.__file__, kind, data=data, turns=_turns, patience=_PATIENCE, seconds=_WALL_SECONDS)
    if done.returncode != 0:
        raise TooCostly
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer
