"""What the pages of the rule doctor and of previews show."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from xuefen.bank.conversion.types.doctor import MEANING, Code, Kind, Severity
from xuefen.bank.conversion.types.impact import COLUMNS, MOVES
from xuefen.faces.desk.pages import CLASSES
from xuefen.faces.shared.words import count_text, credits_text

KINDS: Mapping[Kind, tuple[str, str]] = {
    Kind.CYCLE: ("凭空多出学分", "Credit from nothing"),
    Kind.CONTRADICTION: ("互相矛盾", "Contradictions"),
    Kind.DEAD: ("用不上的规则", "Dead rules"),
    Kind.DIRECTION: ("方向不对", "Wrong direction"),
    Kind.OVERLAP: ("重复多余", "Overlaps"),
    Kind.WITHOUT: ("还没有规则的成果", "Items without rules"),
}
SEVERITIES: Mapping[Severity, tuple[str, tuple[str, str]]] = {
    Severity.ERROR: ("bad", ("必须改", "Must be mended")),
    Severity.WARNING: ("warn", ("请看一看", "Have a look")),
    Severity.INFO: ("info", ("缺口", "Gap")),
}
STATES: Mapping[str, tuple[str, tuple[str, str]]] = {
    "queued": ("info", ("排队", "Queued")),
    "running": ("info", ("正在做", "Under way")),
    "done": ("ok", ("做完了", "Done")),
    "failed": ("bad", ("没做成", "Not done")),
}
SHOWN = 50
BOX = (62, 24)
"""Half the width and height of a box in a drawn circle."""
DRAWN = 8
"""Steps of a circle up to which it is drawn; a longer one is only told."""


def _state(state: str, done: int, total: int) -> dict[str, Any]:
    badge, words = STATES[state]
    percent = 100 if state == "done" else min(99, done * 100 // total) if total else 0
    return {
        "running": state in ("queued", "running"),
        "badge": badge,
        "state": words,
        "percent": percent,
        "widths": {"ok": str(percent), "bad": "0", "dup": "0"},
    }


# --- the doctor ------------------------------------------------------------------------------------------------------


def doctor_row(run: Any) -> dict[str, Any]:
    by_severity = dict.fromkeys(Severity, 0)
    for code, count in run.counts.items():
        by_severity[MEANING[Code(code)][1]] += count
    return {
        "run": run,
        **_state(run.state, run.progress, run.total),
        "read": run.progress,
        "total": run.total,
        "marks": [(*SEVERITIES[severity], count) for severity, count in by_severity.items() if count],
    }


def findings(run: Any, *, kind: str) -> dict[str, Any]:
    """The findings of one kind, or of all: counted in full, the shortest ones listed."""
    counts = dict.fromkeys(Kind, 0)
    for code, count in run.counts.items():
        counts[MEANING[Code(code)][0]] += count
    chosen = kind if kind in set(Kind) else ""
    listed = [f for f in run.findings if not chosen or f["kind"] == chosen]
    total = counts[Kind(chosen)] if chosen else sum(counts.values())
    return {
        "kinds": [(k.value, KINDS[k], count) for k, count in counts.items() if count],
        "kind": chosen,
        "findings": [_finding(f) for f in listed[:SHOWN]],
        "total": total,
        "shown": min(len(listed), SHOWN),
    }


def _finding(found: Mapping[str, Any]) -> dict[str, Any]:
    badge, words = SEVERITIES[Severity(found["severity"])]
    steps = found.get("steps", [])
    return {
        "badge": badge,
        "severity": words,
        "kind": KINDS[Kind(found["kind"])],
        "sentence": (found["sentence"]["zh"], found["sentence"]["en"]),
        "rules": found["rules"],
        "steps": steps,
        "circle": circle(steps) if 1 <= len(steps) <= DRAWN else None,
    }


def circle(steps: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Places of a circle of rules on a 420 x 300 canvas: each step's first source, an arrow to the next, the amounts."""
    count = max(len(steps), 2)
    middle_x, middle_y, wide, tall = 210.0, 150.0, 140.0, 100.0
    at = [2 * math.pi * i / count - math.pi / 2 for i in range(count)]
    labels = [step["takes"][0] for step in steps]
    if len(steps) == 1:
        labels.append(steps[0]["gives"][0])
    places = [(middle_x + wide * math.cos(a), middle_y + tall * math.sin(a)) for a in at]
    ways = []
    for i, step in enumerate(steps):
        half = (at[i] + math.pi / count) if count else 0.0
        bend = (middle_x + 1.25 * wide * math.cos(half), middle_y + 1.25 * tall * math.sin(half))
        ways.append({"path": _way(places[i], bend, places[(i + 1) % count]), "rule": step["rule"]})
    nodes = [{"x": f"{x:.0f}", "y": f"{y:.0f}", **_label(label)} for (x, y), label in zip(places, labels, strict=True)]
    return {"nodes": nodes, "ways": ways}


def _way(start: tuple[float, float], bend: tuple[float, float], end: tuple[float, float]) -> str:
    """A curve from the edge of one box to just before the edge of the next."""
    (x1, y1), (x2, y2) = _edge(start, bend, 2), _edge(end, bend, 5)
    return f"M{x1:.0f} {y1:.0f}Q{bend[0]:.0f} {bend[1]:.0f} {x2:.0f} {y2:.0f}"


def _edge(box: tuple[float, float], toward: tuple[float, float], gap: float) -> tuple[float, float]:
    """Where the line from the middle of a box leaves it, and a little further."""
    dx, dy = toward[0] - box[0], toward[1] - box[1]
    length = math.hypot(dx, dy) or 1.0
    out = min(BOX[0] / abs(dx) if dx else math.inf, BOX[1] / abs(dy) if dy else math.inf) + gap / length
    return box[0] + dx * out, box[1] + dy * out


def _label(text: str) -> dict[str, str]:
    """ "大学英语（ylu/C1） 3.0" as a short name and its amount."""
    name, _, amount = text.rpartition(" ")
    short = name.partition("（")[0]
    return {"name": short if len(short) <= 8 else f"{short[:7]}…", "amount": amount}


# --- previews --------------------------------------------------------------------------------------------------------


def impact_row(run: Any) -> dict[str, Any]:
    return {
        "run": run,
        **_state(run.state, run.cursor, run.last),
        "read": run.outcomes,
        "total": 0,
        "words": ("标准", "Standard") if run.kind == "standard" else ("规则", "Rules"),
    }


def few(count: int | None) -> str:
    return "<5" if count is None else count_text(count)


def amount(hundredths: int | None) -> str:
    return "–" if hundredths is None else credits_text(hundredths)


def impact(run: Any) -> dict[str, Any]:
    result = run.result
    largest = max([count or 0 for count in result["histogram"]], default=0)
    middle = len(COLUMNS) // 2
    return {
        "result": result,
        "gain": few(result["gain"]),
        "lose": few(result["lose"]),
        "gained": amount(result["gained"]),
        "lost": amount(result["lost"]),
        "histogram": [
            {
                "label": name,
                "value": count or 0,
                "of": largest,
                "text": few(count),
                "colour": "warn" if i < middle else "c4" if i == middle else "ok",
            }
            for i, (name, count) in enumerate(zip(COLUMNS, result["histogram"], strict=True))
            if count != 0
        ],
        "tables": [
            (title, [_cell(cell) for cell in result.get(key, [])])
            for key, title in (
                ("by_receiver", ("按接收机构", "By receiver")),
                ("by_issuer", ("按成果来自的机构", "By issuer")),
                ("by_class", ("按成果类别", "By class of outcome")),
            )
            if result.get(key)
        ],
        "moves": [(MOVES[code], few(count)) for code, count in result.get("moves", {}).items()],
        "sides": [
            (title, [_example(one) for one in result[key]])
            for key, title in (
                ("gainers", ("增加最多的例子", "Those who gain most")),
                ("losers", ("减少最多的例子", "Those who lose most")),
            )
            if result.get(key)
        ],
        "limits": [(change["zh"], change["en"]) for change in result.get("limits", [])],
        "sample": _sample(result.get("sample") or {}),
    }


def _cell(cell: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": CLASSES.get(cell["key"], cell["key"]),
        "gain": few(cell["gain_accounts"]),
        "lose": few(cell["lose_accounts"]),
        "gained": amount(cell["gained"]),
        "lost": amount(cell["lost"]),
    }


def _example(one: Mapping[str, Any]) -> dict[str, Any]:
    return {**one, "change": one["after"] - one["before"]}


def _sample(sample: Mapping[str, Any]) -> dict[str, Any]:
    if not sample.get("accounts") or not sample.get("programmes"):
        return {}
    return {**sample, "gain": few(sample["gain"]), "lose": few(sample["lose"])}
