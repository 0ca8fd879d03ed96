"""Rows as read from a sheet, and every sentence one can be refused with.

Hours are class hours; rows are numbered as a spreadsheet shows them (the header is row 1).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from xuefen.bank.shell.problems import Problem
from xuefen.bedrock.ids import BadNumber


@dataclass(frozen=True, slots=True)
class RowError:
    """One thing wrong with one row: the field it is in, and the problem with its parameters.

    Parameters are stored in clear, so they never repeat free text: a shifted column may hold a name or a number.
    """

    field: str
    problem: Problem
    params: Mapping[str, object] = dataclasses.field(default_factory=dict)

    def sentence(self, language: str = "zh") -> str:
        return self.problem.sentence(language, self.params)


class Effort(NamedTuple):
    """How somebody took part, where a sheet says so: percent of the classes attended, percent of the taught hours that were
    online, and all learning time in hours.
    """

    attendance: int | None = None
    online_share: int | None = None
    workload: int | None = None


NO_EFFORT = Effort()


@dataclass(slots=True)
class Row:
    """One row as read from the sheet: its cells as text, still unjudged. Fields hold personal data."""

    number: int
    account: str = dataclasses.field(default="", repr=False)
    id_number: str = dataclasses.field(default="", repr=False)
    name: str = dataclasses.field(default="", repr=False)
    item_code: str = ""
    version: str = ""
    awarded_on: date | None = None
    grade: str = ""
    hours: int | None = None
    effort: Effort = NO_EFFORT
    serial: str = ""
    errors: list[RowError] = dataclasses.field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that made no outcome, with all its reasons and its cells as (header, text)."""

    row: int
    errors: tuple[RowError, ...]
    cells: tuple[tuple[str, str], ...] = dataclasses.field(repr=False)
    duplicate: bool = False


ROW_INCOMPLETE = Problem(
    "row_incomplete",
    "这一行只有 {found} 格，表头有 {expected} 格，可能被截断。",
    "The row has {found} cells, the header {expected}; it may have been cut off.",
)
ROW_TOO_LONG = Problem(
    "row_too_long",
    "这一行有 {found} 格，比表头（{expected} 格）多，可能错位。",
    "The row has {found} cells, more than the header's {expected}; it may have shifted.",
)
CELL_FORMULA = Problem(
    "cell_formula",
    "单元格里是公式，或以 = + - @ 开头。请改成值后再上传。",
    "The cell holds a formula or begins with = + - @. Replace it by its value.",
)
CELL_CONTROLS = Problem(
    "cell_controls",
    "单元格里有看不见的控制字符，请删除后重新输入。",
    "The cell holds an invisible control character; delete it and type the value again.",
)
CELL_TOO_LONG = Problem("cell_too_long", "内容超过 {most} 个字符。", "The value has more than {most} characters.")
CELL_MISSING = Problem("cell_missing", "此项必填。", "This value is required.")
LEARNER_MISSING = Problem(
    "learner_missing", "账号和证件号码至少填一项。", "Give the account number or the identity number."
)
LEARNER_UNKNOWN = Problem(
    "learner_unknown",
    "没有对应的学习账户。请核对号码，或请学习者先开户。",
    "There is no such learner account. Check the number, or ask the learner to open one first.",
)
LEARNER_CONFLICT = Problem(
    "learner_conflict",
    "账号和证件号码不属于同一个学习者。",
    "The account number and the identity number belong to different learners.",
)
LEARNER_NOT_OPEN = Problem(
    "learner_not_open",
    "这个学习账户已冻结或注销，暂不能存入。",
    "This learner account is frozen or closed; nothing can be deposited into it.",
)
NAME_MISMATCH = Problem(
    "name_mismatch",
    "姓名与这个学习账户登记的不一致。",
    "The name is not the one registered for this learner account.",
)
ROSTER_NO_PERSON = Problem(
    "roster_no_person",
    "users.csv 里没有这个学生，或者没有他的学习账号和证件号码（userIds 或 identifier）。",
    "users.csv does not hold this student, or neither account nor identity number (userIds or identifier) of theirs.",
)
ROSTER_NO_COURSE = Problem(
    "roster_no_course",
    "从成绩项经班级找不到课程代码（lineItems、classes、courses 之间的 sourcedId 对不上）。",
    "No course code is found from the line item by its class: the sourcedIds of lineItems, classes and courses do not meet.",
)
RESULT_NOT_FINAL = Problem(
    "result_not_final",
    "这个成绩还没有评定（scoreStatus 不是 fully graded）。",
    "This result is not fully graded (scoreStatus).",
)
RESULT_WITHDRAWN = Problem(
    "result_withdrawn",
    "这个成绩标记为删除（tobedeleted）。撤销已存入的成果要写明理由，不能随表格进行。",
    "This result is marked for deletion (tobedeleted). An outcome is revoked with a reason, not by a sheet.",
)
RESULT_SCALE = Problem(
    "result_scale",
    "成绩不是百分制（resultValueMax 不是 100）。请填百分制分数或等级。",
    "The score is not on the scale to 100 (resultValueMax). Give a mark of 100 or a grade.",
)
NUMBER_AS_FIGURE = Problem(
    "number_as_figure",
    "表格软件把这个号码变成了数值，末尾几位已经丢失。请把这一列设为文本后重新填写。",
    "The spreadsheet turned this number into a figure and its last digits are lost. Format the column as text.",
)
ACCOUNT_NUMBER_PROBLEMS = {
    code: Problem("account_" + code, "账号有误：" + BadNumber(code).zh, "Account: " + BadNumber(code).en)
    for code in ("number_length", "number_characters", "number_class", "number_check")
}
"""What can be wrong with an account number, by the code of ``ids.BadNumber``. No sentence repeats the number."""
ITEM_CODE_UNKNOWN = Problem(
    "item_code_unknown",
    "本机构的成果目录里没有这个代码。",
    "This institution's catalogue has no item of this code.",
)
ITEM_VERSION_UNKNOWN = Problem(
    "item_version_unknown",
    "这个成果代码没有所填的版本。",
    "The item has no version of this name.",
)
CLASS_NOT_QUALIFIED = Problem(
    "class_not_qualified",
    "机构没有存入这一类成果的有效资格。",
    "The institution is not qualified to deposit outcomes of this class.",
)
DATE_UNREADABLE = Problem(
    "date_unreadable",
    "日期无法识别，请写成 2026-06-30。",
    "The date cannot be read; write 2026-06-30.",
)
DATE_IMPOSSIBLE = Problem("date_impossible", "没有 {text} 这一天。", "There is no such day as {text}.")
DATE_IN_FUTURE = Problem("date_in_future", "取得日期 {text} 还没有到。", "The award date {text} lies in the future.")
DATE_TOO_EARLY = Problem(
    "date_too_early",
    "取得日期 {text} 太早（早于 {first} 年）。",
    "The award date {text} is too early (before {first}).",
)
PERCENT_UNREADABLE = Problem(
    "percent_unreadable",
    "应为 0–100 的百分数，写成 85 或 85%；写成 0.85 的请改。",
    "A percentage from 0 to 100 is expected, written 85 or 85%; change what is written 0.85.",
)
HOURS_UNREADABLE = Problem(
    "hours_unreadable",
    "学时应为 1 到 {most} 的整数。",
    "Hours must be a whole number from 1 to {most}.",
)
HOURS_MISSING = Problem(
    "hours_missing",
    "社会学习成果要填实际学时。",
    "Social learning needs the hours really attended.",
)
DUPLICATE = Problem(
    "duplicate",
    "这项成果已经存入过（{number}），没有重复存入。",
    "This outcome was deposited before ({number}); it was not deposited again.",
)
DUPLICATE_ROW = Problem(
    "duplicate_row",
    "与本批次第 {row} 行是同一项成果，没有重复存入。",
    "This is the same outcome as row {row} of this batch; it was not deposited again.",
)
REVOKED_BEFORE = Problem(
    "revoked_before",
    "这项成果存入后已被撤销（{number}）。更正后重新发证的，请填写新的证书编号。",
    "This outcome was deposited and revoked ({number}). If it was issued anew, give its new certificate number.",
)
