"""What the page of keys and log shows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from xuefen.bank.custody.types import COMMANDS, KEY_STATE_WORDS, LONGEST_OVERLAP, OVERLAP, KeyState, Standing
from xuefen.faces.shared.i18n import language

MARKS = {KeyState.IN_USE: "ok", KeyState.OVERLAP: "info", KeyState.RETIRED: ""}


def standing(found: Standing) -> dict[str, Any]:
    """The standing with its words; the sentences of an alarm are the command line's own."""
    log, drill = found.log, found.drill
    return {
        "found": found,
        "log": log,
        "alarm": log.alarm.sentence(language()) if log.alarm else "",
        "stalled": log.stalled(found.at),
        "sealed": ago(found.at - log.sealed_at) if log.sealed_at else None,
        "waits": ago(found.at - log.waiting_since) if log.waiting_since else None,
        "asked": log.need or len(log.witnesses),
        "witnesses": [one for one in log.witnesses if one.url or one.counts],
        "keys": [
            {"key": key, "held": key.row.held, "state": KEY_STATE_WORDS[key.state], "mark": MARKS[key.state]}
            for key in found.keys
        ],
        "overlap": OVERLAP.days,
        "longest_overlap": LONGEST_OVERLAP.days,
        "drill": drill,
        "drilled": ago(found.at - drill.at) if drill else None,
        "failed": [step for step in drill.report["steps"] if not step["ok"]] if drill else [],
        "anchor": log.anchor,
        "anchor_off": log.anchor.off.sentence(language()) if log.anchor.off else "",
        "commands": {topic.value: lines for topic, lines in COMMANDS.items()},
    }


def ago(passed: timedelta) -> tuple[str, str]:
    """How long ago, in the largest whole unit."""
    minutes = max(int(passed.total_seconds() // 60), 0)
    for size, zh, en in ((24 * 60, "天", "day"), (60, "小时", "hour"), (1, "分钟", "minute")):
        if minutes >= size:
            count = minutes // size
            return f"{count} {zh}前", f"{count} {en}{'s' if count > 1 else ''} ago"
    return "刚刚", "just now"
