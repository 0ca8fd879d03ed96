"""What the header of a deposit sheet means. Chinese or English, any order, any width, spaces ignored."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from xuefen.bank.deposits.types import (
    COLUMN_MEANS,
    COLUMN_TWICE,
    HEADERS_MISSING,
    HEADERS_TWICE,
    SHEET_WRONG,
    TOO_MANY_COLUMNS,
)
from xuefen.bank.shell.problems import Denied
from xuefen.bedrock.names import clean

MOST_COLUMNS = 64


@dataclass(frozen=True, slots=True)
class SheetField:
    """A column a deposit sheet may have; the first of each row of names is the one templates print. ``needed``, ``format`` and
    ``example`` say to people what the column holds; ``codes`` names the code list its values come from, ``pattern`` the
    regular expression that every accepted value meets.
    """

    name: str
    zh: tuple[str, ...]
    en: tuple[str, ...]
    longest: int
    needed: tuple[str, str]
    format: tuple[str, str]
    example: str
    codes: str = ""
    pattern: str = ""


_ONE_OF = ("账号、证件号码至少一项", "this or the other of account and id_number")
_IF_ASKED = ("标准要求时必填", "where the standard asks for it")
_PERCENT = r"(0|[1-9][0-9]?|100)(\.[0-9]+)?[%％]?"
_ALWAYS, _NO = ("必填", "always"), ("可以不填", "optional")
FIELDS: Mapping[str, SheetField] = {
    f.name: f
    for f in (
        SheetField(
            "account", ("账号", "学习账号", "账户号"), ("account", "account_no"), 40, _ONE_OF,
            ("学习账户的账号，16 位数字，按文字填写", "the account number, 16 digits, written as text"),
            "4417092680352710", pattern=r"[0-9][0-9 -]{14,}[0-9]",
        ),
        SheetField(
            "id_number", ("证件号码", "身份证号", "身份证号码", "证件号"), ("id_number", "identity_number"), 40, _ONE_OF,
            ("居民身份证号，18 位；与账号同填时须为同一人", "resident identity number, 18 characters; both name one person"),
            "110101199003078013", pattern=r"[0-9]{17}[0-9Xx]",
        ),
        SheetField(
            "name", ("姓名", "学习者姓名"), ("name",), 80, _NO,
            ("填了就必须与账户一致；不一致时不会告诉您正确的姓名", "must be the holder's if given; the right one is never told"),
            "陈小满",
        ),
        SheetField(
            "item_code", ("成果代码", "课程代码", "证书代码", "目录代码"), ("item_code", "item"), 40, _ALWAYS,
            ("本机构已公布目录里的代码", "the code in your published catalogue"), "KC1001",
        ),
        SheetField(
            "version", ("版本", "成果版本"), ("version",), 20, _NO,
            ("目录版本；不填用最新一版", "the catalogue's version; the latest if empty"), "2026",
        ),
        SheetField(
            "awarded_on", ("取得日期", "取得时间", "发证日期"), ("awarded_on", "date"), 40, _ALWAYS,
            ("年-月-日，也可写 2026/6/30、2026.6.30、20260630、2026年6月30日；不能晚于今天",
             "year-month-day; 2026/6/30, 2026.6.30, 20260630 and 2026年6月30日 are read too; not in the future"),
            "2026-06-30", pattern=r"[0-9]{4}[-/.年]?[0-9]{1,2}[-/.月]?[0-9]{1,2}日?",
        ),
        SheetField(
            "grade", ("成绩", "考核", "考核结果"), ("grade", "assessment", "mark"), 12,
            ("课程和社会学习必填", "courses and social learning"),
            ("0–100 的分数，或代码表里的等级", "a mark from 0 to 100, or a word of the list"), "92", codes="grades",
        ),
        SheetField(
            "hours", ("学时", "实际学时"), ("hours",), 12, ("社会学习必填", "social learning"),
            ("实际参加的学时，1–9999 的整数", "hours really attended, a whole number from 1 to 9999"), "32",
            pattern=r"[0-9]{1,4}(\.0+)?",
        ),
        SheetField(
            "attendance", ("出勤率",), ("attendance",), 8, _IF_ASKED,
            ("出勤的百分数，0–100，写成 85 或 85%", "percent of the classes attended, 0 to 100, as 85 or 85%"), "95",
            pattern=_PERCENT,
        ),
        SheetField(
            "online_share", ("线上学时占比", "线上占比"), ("online_share",), 8, _NO,
            ("课堂学时里线上部分的百分数，0–100；不填算全部线下", "percent of the taught hours held online; none if empty"), "0",
            pattern=_PERCENT,
        ),
        SheetField(
            "workload", ("学习总时数", "学习投入时数"), ("workload", "workload_hours"), 12, _IF_ASKED,
            ("学习者投入的全部小时，含课堂，1–9999 的整数", "all hours of learning, classes included, a whole number, 1 to 9999"),
            "75", pattern=r"[0-9]{1,4}(\.0+)?",
        ),
        SheetField(
            "serial", ("证书编号", "证书号"), ("serial", "serial_no", "certificate_no"), 60, _NO,
            ("本机构的编号；同一天同一成果颁发两次时用来区分", "your own number; tells two awards of one item on one day apart"),
            "ZS-2026-0001",
        ),
    )
}  # fmt: skip
# Columns the error workbook adds; a corrected workbook is uploaded again as it is.
ADDED_COLUMNS = ("行号 row", "代码 code", "说明", "explanation")
OWN = {re.sub(r"[\s_]", "", name).casefold() for name in ADDED_COLUMNS}
_BY_NAME = {re.sub(r"[\s_]", "", n).casefold(): f.name for f in FIELDS.values() for n in (*f.zh, *f.en)}
MOST_HEADING = 80


def header_key(heading: str) -> str:
    """What two writings of one heading share: neither spaces, underscores, width nor case tell them apart."""
    return re.sub(r"[\s_]", "", clean(heading)).casefold()[:MOST_HEADING]


def field_named(text: str) -> str | None:
    """The field a published name means, in Chinese or English; "" for none at all, None for an unknown name."""
    return _BY_NAME.get(header_key(text)) if text.strip() else ""


def read_mapping(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """What somebody says headings mean, by ``header_key``. Raises ``Denied``: column_means, column_twice."""
    found: dict[str, str] = {}
    for heading, text in pairs:
        field = field_named(text)
        if not header_key(heading) or field is None:
            raise Denied(COLUMN_MEANS, place="map", given=f"{heading}={text}"[:80], fields=", ".join(FIELDS))
        if field and field in found.values():
            raise Denied(COLUMN_TWICE, place="map", field=field, field_zh=FIELDS[field].zh[0])
        found[header_key(heading)] = field
    return found


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each field stands in a row. ``kept`` are the issuer's own columns, for the error workbook."""

    header: tuple[str, ...]
    at: Mapping[str, int]
    kept: tuple[int, ...]

    @property
    def width(self) -> int:
        return len(self.header)

    @property
    def ignored(self) -> tuple[str, ...]:
        """The issuer's own headings that no field is read from."""
        read = set(self.at.values())
        return tuple(self.header[place] for place in self.kept if place not in read and self.header[place])


def map_columns(header: Sequence[str], mapping: Mapping[str, str] | None = None) -> Columns:
    """Find the fields in a header row; unknown columns are ignored. ``mapping`` is what somebody said of headings, by key; it
    goes before what they are published to mean.

    Raises ``Denied``: too_many_columns, sheet_wrong (nothing known), headers_twice, headers_missing.
    """
    names = [clean(cell) for cell in header]
    while names and not names[-1]:
        names.pop()
    if len(names) > MOST_COLUMNS:
        raise Denied(TOO_MANY_COLUMNS, found=len(names), most=MOST_COLUMNS)
    at: dict[str, int] = {}
    kept: list[int] = []
    for position, name in enumerate(names):
        key = header_key(name)
        if key not in OWN:
            kept.append(position)
        field = mapping[key] if mapping and key in mapping else _BY_NAME.get(key)
        if field and field in at:
            raise Denied(HEADERS_TWICE, header=name[:40])
        if field:
            at[field] = position
    if not at:
        raise Denied(SHEET_WRONG, found=_shown(names))
    missing = [name for name in ("item_code", "awarded_on") if name not in at]
    if "account" not in at and "id_number" not in at:
        missing.insert(0, "account")
    if missing:
        raise Denied(
            HEADERS_MISSING,
            missing_zh="、".join(_named(m, "zh") for m in missing),
            missing=", ".join(_named(m, "en") for m in missing),
            found=_shown(names),
        )
    return Columns(header=tuple(names), at=at, kept=tuple(kept))


def _named(field: str, language: str) -> str:
    if field == "account":
        return "账号（或证件号码）" if language == "zh" else "account (or id_number)"
    names = FIELDS[field].zh if language == "zh" else FIELDS[field].en
    return names[0]


def _shown(names: Sequence[str]) -> str:
    shown = "、".join(name[:20] for name in names[:8] if name)
    return (shown or "–") + ("…" if len(names) > 8 else "")
