"""Facts as a document says them, for the command line and for worked examples."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from xuefen.bank.shell.problems import Denied
from xuefen.bank.standards.rules.codes import read_type_code
from xuefen.bank.standards.rules.grades import read_grade
from xuefen.bank.standards.types import (
    FACTS_MALFORMED,
    DegreeFacts,
    Facts,
    Grade,
    Pack,
    SocialFacts,
    VocationalFacts,
)
from xuefen.bedrock.quantity import BadQuantity, parse_credits

MOST_HOURS = 100_000


def _whole(most: int) -> Callable[[Any, Pack], int]:
    def read(value: Any, _: Pack) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
            raise ValueError(f"a whole number from 0 to {most} expected")
        return value

    return read


def _grade(value: Any, pack: Pack) -> Grade:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ValueError("a mark or a word expected")
    return read_grade(str(value), pack)


def _amount(value: Any, _: Pack) -> int:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ValueError("credits expected")
    return int(parse_credits(str(value)))


def _level(value: Any, _: Pack) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 10:
        raise ValueError("a level from 1 to 10 expected")
    return value


def _truth(value: Any, _: Pack) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false expected")
    return value


def _text(value: Any, _: Pack) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("text expected")
    return value


def _type_code(value: Any, pack: Pack) -> str:
    return read_type_code(_text(value, pack))


_Reads = Mapping[str, Callable[[Any, Pack], Any]]
_COMMON: _Reads = {"grade": _grade, "level": _level, "quality": _text}
_HOURS = _whole(MOST_HOURS)
_KINDS: Mapping[str, tuple[Callable[..., Facts], _Reads]] = {
    "degree": (
        DegreeFacts,
        {
            **_COMMON,
            "theory_hours": _HOURS,
            "practice_hours": _HOURS,
            "online_hours": _HOURS,
            "practice_weeks": _HOURS,
            "workload_hours": _HOURS,
            "declared_credit": _amount,
            "attendance": _whole(100),
        },
    ),
    "vocational": (VocationalFacts, {**_COMMON, "authoritative": _truth, "workload_hours": _HOURS}),
    "social": (SocialFacts, {**_COMMON, "hours": _HOURS, "attendance": _whole(100)}),
}


def read_facts(document: Any, pack: Pack) -> Facts:
    """One outcome's facts: ``kind`` (degree, vocational, social), ``type``, and what ``types.facts`` names.

    Raises ``Denied(facts_malformed)`` with every fault.
    """
    if not isinstance(document, Mapping):
        raise _malformed([("kind", "应为一张表", "a mapping expected")])
    make, reads = _KINDS.get(str(document.get("kind")), (None, {}))
    if make is None:
        raise _malformed([("kind", f"应为 {'、'.join(_KINDS)} 之一", f"one of {', '.join(_KINDS)} expected")])
    found: dict[str, Any] = {}
    known = {"type": _type_code, **reads}
    needed = {"type", "hours"} & set(known)
    unknown = sorted({str(key) for key in document} - {"kind", *known})
    faults = [(name, "不认识的项", "unknown key") for name in unknown]
    for name, read in known.items():
        value = document.get(name)
        if value is None:
            if name in needed:
                faults.append((name, "缺少", "missing"))
            continue
        try:
            found[name] = read(value, pack)
        except Denied as denied:
            faults.append((name, denied.sentence("zh"), denied.sentence("en")))
        except (ValueError, BadQuantity) as error:
            faults.append((name, f"值无效 {value!r:.40}", str(error)))
    if faults:
        raise _malformed(faults)
    return make(type_code=found.pop("type"), **found)


def _malformed(faults: list[tuple[str, str, str]]) -> Denied:
    return Denied(
        FACTS_MALFORMED,
        place=faults[0][0],
        count=len(faults),
        errors="; ".join(f"{name}: {en}" for name, _, en in faults),
        errors_zh="；".join(f"{name}：{zh}" for name, zh, _ in faults),
    )
