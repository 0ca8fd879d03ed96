"""A scheme as a person writes it: YAML, checked line by line."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from xuefen.bank.activities.rules.periods import starts_period
from xuefen.bank.activities.types import SCHEME_INVALID, Carry, How, Kind, PeriodName, Result, Scheme
from xuefen.bank.shell.problems import Denied
from xuefen.bank.standards.rules.parsing.reading import Missing, Reader, take_day, take_text, take_whole
from xuefen.bank.standards.rules.text import Document, read_text
from xuefen.bank.standards.types import PackError
from xuefen.bedrock.quantity import parse_credits

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9-]{1,39}")
_KIND = re.compile(r"[a-z][a-z0-9_]{1,19}")
_DAY = re.compile(r"(\d{2})-(\d{2})", re.ASCII)
MOST_POINTS = 1000
MOST_DAYS = 90


def check_scheme(text: str) -> tuple[Document, list[tuple[int, PackError]]]:
    """A scheme's text and everything wrong with it, by line."""
    document = read_text(text)
    errors = list(document.faults)
    if isinstance(document.body, dict):
        _, found = _read(document.body)
        at_top = [replace(e, path="") if e.path == e.key else e for e in found]
        errors += [(document.line(e.path, e.key), e) for e in at_top]
    elif document.body is not None:
        errors.append((1, PackError("", "应为一张表", "must be a mapping")))
    return document, sorted(errors, key=lambda pair: (pair[0], pair[1].path, pair[1].en))


def read_scheme(text: str) -> tuple[Scheme, Mapping[str, Any]]:
    """A scheme without errors, and its body as stored. Raises ``Denied(scheme_invalid)`` naming the first error's line."""
    document, errors = check_scheme(text)
    if errors:
        line, first = errors[0]
        place = ".".join(part for part in (first.path, first.key) if part)
        raise Denied(
            SCHEME_INVALID,
            place="text",
            count=len(errors),
            line=line,
            zh=f"{place} {first.zh}",
            en=f"{place} {first.en}",
        )
    scheme, _ = _read(document.body)
    assert scheme is not None  # no errors
    return scheme, document.body


def stored_scheme(body: str) -> Scheme:
    """A scheme from its stored body. Raises ValueError when it holds errors: a stored one never does."""
    scheme, errors = _read(json.loads(body))
    if scheme is None or errors:
        raise ValueError(f"scheme with {len(errors)} errors: {errors[:1]}")
    return scheme


def _read(body: Mapping[str, Any]) -> tuple[Scheme | None, list[PackError]]:
    reader = Reader()
    head = reader.attempt(lambda: _head(reader, body))
    periods = _periods(reader, body)
    kinds = _kinds(reader, body)
    result = reader.attempt(lambda: _result(reader, reader.section(body, "outcome"), "outcome"))
    reader.known(body, "")
    if head is None or result is None or not periods or not kinds or reader.errors:
        return None, reader.errors
    scheme = Scheme(**head, periods=periods, kinds=kinds, result=result)
    _hangs_together(reader, scheme)
    return scheme, reader.errors


def _head(reader: Reader, body: Mapping[str, Any]) -> dict[str, Any]:
    zh, en = reader.both(body, "")
    return {
        "code": reader.plain(body, "code", "", _take_code),
        "version": reader.plain(body, "version", "", take_whole),
        "zh": zh,
        "en": en,
        "effective_from": reader.plain(body, "effective_from", "", take_day),
        "retired_on": reader.optional(body, "retired_on", "", take_day),
        "confirm_days": reader.plain(body, "confirm_days", "", _upto(0, MOST_DAYS)),
    }


def _periods(reader: Reader, body: Mapping[str, Any]) -> tuple[PeriodName, ...]:
    found: list[PeriodName] = []
    for code, node in reader.section(body, "periods").items():
        path = f"periods.{code}"
        row = reader.attempt(lambda code=code, node=node, path=path: _period(reader, code, node, path))  # type: ignore[misc]
        if row:
            if any((row.month, row.day) == (other.month, other.day) for other in found):
                reader.wrong(path, "和另一期同一天开始", "starts on the same day as another period", key="starts")
            found.append(row)
    return tuple(found)


def _period(reader: Reader, code: str, node: Any, path: str) -> PeriodName:
    _mapping(reader, code, node, path)
    zh, en = reader.both(node, path)
    month, day = reader.plain(node, "starts", path, _take_month_day)
    reader.known(node, path)
    return PeriodName(code, zh, en, month, day)


def _kinds(reader: Reader, body: Mapping[str, Any]) -> dict[str, Kind]:
    found: dict[str, Kind] = {}
    for code, node in reader.section(body, "kinds").items():
        path = f"kinds.{code}"
        row = reader.attempt(lambda code=code, node=node, path=path: _kind(reader, code, node, path))  # type: ignore[misc]
        if row:
            found[code] = row
    return found


def _kind(reader: Reader, code: str, node: Any, path: str) -> Kind:
    _mapping(reader, code, node, path)
    zh, en = reader.both(node, path)
    points = reader.plain(node, "points", path, _upto(1, MOST_POINTS))
    most = reader.plain(node, "most", path, _upto(1, MOST_POINTS))
    confirm = reader.plain(node, "confirm", path, _take_ways)
    if most < points:
        reader.wrong(path, "上限比一次的分还少", "the cap is below the points of one time", key="most")
    if How.SECOND in confirm and len(confirm) > 1:
        reader.wrong(
            path, "由第二人确认的善行没有现场，不能同时扫码或列名单",
            "what a second person confirms has no venue: no code and no list", key="confirm",
        )  # fmt: skip
    reader.known(node, path)
    return Kind(code, zh, en, points, most, confirm)


def _result(reader: Reader, node: Mapping[str, Any], path: str) -> Result:
    if not node:
        raise Missing(path)
    carry = reader.plain(node, "carry", path, Carry)
    carry_most = reader.optional(node, "carry_most", path, _upto(1, MOST_POINTS))
    if (carry is Carry.LEFTOVER) != (carry_most is not None):
        reader.wrong(
            path,
            "结转时写 carry_most，不结转时不写",
            "carry_most goes with carry: leftover, and only with it",
            key="carry",
        )
    found = Result(
        item=reader.plain(node, "item", path, take_text),
        version=reader.optional(node, "version", path, take_text) or "",
        grade=reader.plain(node, "grade", path, take_text),
        hours_per_point=reader.plain(node, "hours_per_point", path, _take_hours),
        minimum=reader.plain(node, "minimum", path, _upto(1, MOST_POINTS)),
        most=reader.plain(node, "most", path, _upto(1, MOST_POINTS)),
        carry=carry,
        carry_most=carry_most or 0,
    )
    reader.known(node, path)
    return found


def _hangs_together(reader: Reader, scheme: Scheme) -> None:
    """What no single value shows."""
    if scheme.result.minimum > scheme.result.most:
        reader.wrong(
            "outcome",
            "最低分高于一期的上限，谁也达不到",
            "the minimum is above the cap: nobody can reach it",
            key="minimum",
        )
    if sum(kind.most for kind in scheme.kinds.values()) < scheme.result.minimum:
        reader.wrong(
            "outcome", "各类上限加起来达不到最低分", "all kinds together cannot reach the minimum", key="minimum"
        )
    if not starts_period(scheme, scheme.effective_from):
        reader.wrong("", "起始日应是某一期的第一天", "must be the first day of a period", key="effective_from")
    if scheme.retired_on is not None:
        if scheme.retired_on <= scheme.effective_from:
            reader.wrong("", "停用日应在起始日之后", "must be after effective_from", key="retired_on")
        elif not starts_period(scheme, scheme.retired_on):
            reader.wrong("", "停用日应是某一期的第一天", "must be the first day of a period", key="retired_on")


def _mapping(reader: Reader, code: str, node: Any, path: str) -> None:
    if not _KIND.fullmatch(code):
        raise reader.wrong(
            path, "代码用小写字母开头的 2 至 20 位小写字母、数字", "codes are 2 to 20 small letters and digits"
        )
    if not isinstance(node, Mapping):
        raise reader.wrong(path, "应为一张表", "must be a mapping")


def _take_code(value: Any) -> str:
    text = take_text(value)
    if not _CODE.fullmatch(text):
        raise ValueError("2 to 40 letters, digits and hyphens, a letter first, expected")
    return text


def _take_month_day(value: Any) -> tuple[int, int]:
    match = _DAY.fullmatch(take_text(value))
    if not match:
        raise ValueError("month-day like 09-01 expected")
    day = date(2026, int(match[1]), int(match[2]))  # no leap year: 02-29 is no beginning
    return day.month, day.day


def _take_ways(value: Any) -> frozenset[How]:
    if not isinstance(value, list) or not value:
        raise ValueError("a list out of code, list, second expected")
    return frozenset(How(one) for one in value)


def _take_hours(value: Any) -> int:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else take_text(value)
    amount = int(parse_credits(text))
    if not 1 <= amount <= 10_000:
        raise ValueError("more than 0 and at most 100 hours expected")
    return amount


def _upto(low: int, high: int) -> Any:
    def take(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"a whole number from {low} to {high} expected")
        return value

    return take
