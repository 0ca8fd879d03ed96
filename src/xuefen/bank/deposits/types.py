"""Batches, rows and outcomes: nouns and every sentence a deposit can be refused with.

Credits and marks are hundredths; hours are class hours; rows are numbered as a spreadsheet shows them (the header is row 1).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from xuefen.bank.institutions.types import OutcomeClass
from xuefen.bank.shell.problems import Problem
from xuefen.bedrock.ids import BadNumber


class BatchState(StrEnum):
    RECEIVED = "received"  # the file is kept and waits for its run
    UNMAPPED = "unmapped"  # it waits for somebody to say what its columns are
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"  # the file as a whole was refused; ``problem`` says why
    CANCELLED = "cancelled"


class BatchEvent(StrEnum):
    RECEIVE = "receive"
    START = "start"
    ASK = "ask"  # what the columns are
    MAP = "map"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    FINISH = "finish"
    FAIL = "fail"
    SEND_AGAIN = "send_again"


class OutcomeState(StrEnum):
    VALID = "valid"
    REVOKED = "revoked"
    CORRECTED = "corrected"  # another outcome stands in its place
    WITHDRAWN = "withdrawn"  # with its whole batch, before the log had sealed any of it


# --- rows ------------------------------------------------------------------------------------------------------------


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
    serial: str = ""
    errors: list[RowError] = dataclasses.field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that made no outcome, with all its reasons and its cells as (header, text)."""

    row: int
    errors: tuple[RowError, ...]
    cells: tuple[tuple[str, str], ...] = dataclasses.field(repr=False)
    duplicate: bool = False


@dataclass(slots=True)
class Counts:
    """Row counts of a batch so far; I11: read = accepted + refused + duplicates. ``credits`` in hundredths."""

    read: int = 0
    accepted: int = 0
    refused: int = 0
    duplicates: int = 0
    credits: int = 0


# --- batches and outcomes --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who deposits, and for which classes it is qualified on the day the file came."""

    id: int
    code: str
    name: str
    classes: frozenset[OutcomeClass]


@dataclass(frozen=True, slots=True)
class BatchFacts:
    """A batch for lists, receipts and the API. ``already`` is True when the same file had been received before."""

    id: int
    number: str
    issuer_id: int
    issuer_code: str
    issuer_name: str
    state: BatchState
    source: str
    file_name: str
    content_sm3: str
    uploaded_by: str
    standard: str
    total_rows: int | None
    counts: Counts
    received_at: datetime
    finished_at: datetime | None
    problem: Mapping[str, Any] | None = None
    mapping: Mapping[str, str] = dataclasses.field(default_factory=dict)
    header: tuple[str, ...] | None = None
    withdrawn: int = 0
    leaves: tuple[int, int] | None = None
    receipt: bytes | None = dataclasses.field(default=None, repr=False)
    already: bool = False

    def to_json(self) -> dict[str, Any]:
        """The batch as plain JSON for machines; times in ISO format."""
        return {
            "batch": self.number,
            "issuer": self.issuer_code,
            "state": self.state.value,
            "source": self.source,
            "file_name": self.file_name,
            "sm3": self.content_sm3,
            "standard": self.standard,
            "total_rows": self.total_rows,
            "read": self.counts.read,
            "accepted": self.counts.accepted,
            "refused": self.counts.refused,
            "duplicates": self.counts.duplicates,
            "credits": self.counts.credits,
            "withdrawn": self.withdrawn,
            "received_at": self.received_at.isoformat(),
            "finished_at": self.finished_at.isoformat() if self.finished_at else None,
            "problem": dict(self.problem) if self.problem else None,
            "already": self.already,
        }


@dataclass(frozen=True, slots=True)
class DryRun:
    """What depositing a file would do, rows and credits; nothing was written. ``codes`` counts errors by code."""

    total_rows: int
    counts: Counts
    codes: Mapping[str, int]
    ignored: tuple[str, ...] = ()  # headings that no field is read from

    def to_json(self) -> dict[str, Any]:
        return {
            "dry_run": True,
            "total_rows": self.total_rows,
            "read": self.counts.read,
            "accepted": self.counts.accepted,
            "refused": self.counts.refused,
            "duplicates": self.counts.duplicates,
            "credits": self.counts.credits,
            "codes": dict(self.codes),
            "ignored": list(self.ignored),
        }


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """A heading of an issuer's own that somebody has explained; ``field`` "" leaves the column out."""

    heading: str
    field: str
    chosen_by: str
    chosen_at: datetime

    def to_json(self) -> dict[str, str]:
        return {
            "heading": self.heading,
            "field": self.field,
            "chosen_by": self.chosen_by,
            "chosen_at": self.chosen_at.isoformat(),
        }


class Held(NamedTuple):
    """A valid outcome in a survey of all accounts: a million of them are read in one go."""

    learner_id: int
    account_no: str
    id: int
    item_version_id: int
    item_id: int
    issuer_id: int
    outcome_class: str
    level: int | None
    credits: int
    quality: str
    grade: str
    mark: int | None
    hours: int | None
    awarded_on: date
    assurance: int


class OutcomeEvent(StrEnum):
    """What happens to an outcome after its deposit."""

    REVOKED = "revoked"
    CORRECTED = "corrected"
    REINSTATED = "reinstated"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class ChangeFacts:
    """One change of an outcome as it is shown: what, why, by whom, when. ``replacement`` is the number of the outcome that
    took its place when it was corrected.
    """

    seq: int
    event: OutcomeEvent
    reason: str
    by_name: str
    at: datetime
    replacement: str

    def to_json(self) -> dict[str, Any]:
        return {
            "seq": self.seq,
            "event": self.event.value,
            "reason": self.reason,
            "by": self.by_name,
            "at": self.at.isoformat(),
            "replacement": self.replacement or None,
        }


@dataclass(frozen=True, slots=True)
class OutcomeHistory:
    """What became of an outcome since its deposit, oldest first, and the outcome it was made in place of ("" for none)."""

    changes: tuple[ChangeFacts, ...]
    corrects: str


@dataclass(frozen=True, slots=True)
class Correction:
    """What an outcome should have said. Empty means: as it was."""

    item_code: str = ""
    version: str = ""
    awarded_on: str = ""
    grade: str = ""
    hours: str = ""
    serial: str = ""


@dataclass(frozen=True, slots=True)
class OutcomeFacts:
    """An outcome as pages, plans and statements need it. ``free`` is the credit not reserved, used or reversed."""

    id: int
    number: str
    learner_id: int
    account_no: str
    issuer_id: int
    issuer_code: str
    issuer_name: str
    item_id: int
    item_version_id: int
    item_code: str
    item_version: str
    item_name: str
    outcome_class: str
    type_code: str
    level: int | None
    credits: int
    free: int
    quality: str
    grade: str
    mark: int | None
    hours: int | None
    serial: str
    online: bool
    family: str
    awarded_on: date
    assurance: int
    state: OutcomeState
    leaf_id: int
    deposited_at: datetime
    standard_version_id: int
    batch_number: str
    row: int
    issuer_kind: str = ""
    nature: str = ""  # "required" or "elective" where it was earned, "" unknown


# --- the file as a whole ---------------------------------------------------------------------------------------------

FILE_EMPTY = Problem("file_empty", "文件是空的，没有任何内容。", "The file is empty.")
FILE_UNREADABLE = Problem(
    "file_unreadable",
    "没有这个文件，或者读不了：{file}。",
    "There is no such file, or it cannot be read: {file}.",
)
FILE_TOO_LARGE = Problem(
    "file_too_large",
    "文件超过 {most_mb} MB。请拆成几个文件分别上传，重复的行不会重复存入。",
    "The file is larger than {most_mb} MB. Split it and upload the parts; no row is deposited twice.",
    status=413,
)
DISK_FULL = Problem(
    "disk_full",
    "服务器的存储空间已满，文件没有保存，也没有存入任何成果。请联系管理员后重新上传。",
    "The server's disk is full: the file was not kept and nothing was deposited. Tell the administrator, then upload again.",
    status=507,
)
DATABASE_FULL = Problem(
    "database_full",
    "数据库的存储空间已满，导入停在第 {row} 行，之前的行已经存好。腾出空间后重新运行，会从这里接着做。",
    "The database's disk is full: the import stopped after row {row}; all rows before are safe. Free space and run it again.",
    status=507,
)
FILE_KIND = Problem(
    "file_kind",
    "这种文件读不了。可以上传：xlsx 表格、csv 或制表符分隔的文本、JSON lines（每行一个对象）、OneRoster 压缩包。",
    "Such a file cannot be read. Upload an xlsx sheet, text separated by commas or tabs, JSON lines or a OneRoster zip.",
    status=415,
)
ENCODING_UNKNOWN = Problem(
    "encoding_unknown",
    "认不出这个文本文件的编码。请另存为 UTF-8 或 GBK（GB 18030）后再上传。",
    "The encoding of this text file cannot be recognised. Save it as UTF-8 or GBK (GB 18030) and upload it again.",
)
FILE_CUT_OFF = Problem(
    "file_cut_off",
    "文件在第 {byte} 字节处断了，最后一个字只有一半。请重新导出完整的文件。",
    "The file breaks off at byte {byte}, in the middle of a character. Export it again, whole.",
)
JSON_LINES_BROKEN = Problem(
    "json_lines_broken",
    "第 {line} 行不是一个完整的 JSON 对象。每行一个对象，值只能是文字、数字、真假或空，同一个名称只能出现一次。",
    "Line {line} is not one whole JSON object. One object a line, its values text, numbers, true, false or null, no name twice.",
)
CSV_BROKEN = Problem(
    "csv_broken",
    "csv 文件在第 {line} 行附近断了：引号没有配对，或者一格超过 {most} 个字符。",
    "The csv file breaks near line {line}: a quote is not closed, or a cell has more than {most} characters.",
)
ARCHIVE_BOMB = Problem(
    "archive_bomb",
    "这个压缩文件展开后大得不合常理，或者压缩包里还套着压缩包，没有打开。",
    "This archive would unpack to an unreasonable size, or holds further archives; it was not opened.",
    status=413,
)
ARCHIVE_BROKEN = Problem(
    "archive_broken",
    "这个压缩包损坏、加密或者不完整，读不出里面的文件。请重新导出。",
    "This archive is damaged, encrypted or incomplete; what is in it cannot be read. Export it again.",
)
ROSTER_FILES_MISSING = Problem(
    "roster_files_missing",
    "OneRoster 压缩包里缺少（或者重复）文件：{missing}。要有 users、courses、classes、lineItems、results 五个 csv。",
    "Files are missing from the OneRoster zip, or stand in it twice: {missing}. It needs users, courses, classes, lineItems and"
    " results.",
)
ROSTER_COLUMNS = Problem(
    "roster_columns",
    "这个 OneRoster 文件缺少列，或者有两列同名：{missing}。列名要与 OneRoster 1.1 或 1.2 的规定一字不差。",
    "Columns of this OneRoster file are missing, or two have one name: {missing}. OneRoster 1.1 and 1.2 say how they are named.",
)
ROSTER_ROW = Problem(
    "roster_row",
    "第 {row} 行有 {found} 格，表头有 {expected} 格，文件可能被截断或错位。",
    "Row {row} has {found} cells, the header {expected}; the file may have been cut off or shifted.",
)
ROSTER_TOO_LARGE = Problem(
    "roster_too_large",
    "{file} 超过 {most} 行，不能一次核对。请按学期或院系分成几个压缩包。",
    "{file} has more than {most} rows, too many to look up at once. Split the roster by term or school.",
    status=413,
)
ROSTER_NO_FINAL = Problem(
    "roster_no_final",
    "班级 {of_class} 有 {items} 个成绩项，其中 {final} 个叫“总评”，看不出哪个是课程成绩。"
    "请只给一个成绩项或其类别取名“总评”（Final）。",
    "Class {of_class} has {items} line items, {final} of them called final: which is the result of the course cannot be told."
    " Call exactly one of them, or its category, “Final”.",
)
XLSX_BROKEN = Problem(
    "xlsx_broken",
    "这个 xlsx 文件损坏、加密，或者不是表格，无法读取。请重新另存为 xlsx。",
    "This xlsx file is damaged, encrypted or no workbook. Save it again as xlsx.",
)
SHEET_TOO_LARGE = Problem(
    "sheet_too_large",
    "工作表太大，超出了读取时允许的内存或时间。请改用 csv，或者拆成几个文件。",
    "The sheet needs more memory or time than a reader may use. Use csv, or split the file.",
    status=413,
)
TOO_MANY_COLUMNS = Problem(
    "too_many_columns",
    "表里有 {found} 列，最多 {most} 列。请检查是否传错了文件。",
    "The sheet has {found} columns; at most {most} are read. Is this the right file?",
)
TOO_MANY_ROWS = Problem(
    "too_many_rows",
    "表里超过 {most} 行。请拆成几个文件。",
    "The sheet has more than {most} rows. Split the file.",
    status=413,
)
SHEET_WRONG = Problem(
    "sheet_wrong",
    "没有找到成果表。（第一张）表的第一行应当是表头，例如“账号、成果代码、取得日期、成绩”；读到的是：{found}。",
    "No deposit sheet was found. The first row of the (first) sheet must name the columns, such as account, item_code, grade;"
    " it reads: {found}.",
)
HEADERS_MISSING = Problem(
    "headers_missing",
    "表头缺少：{missing_zh}。读到的表头是：{found}。",
    "Columns are missing: {missing}. The header reads: {found}.",
)
HEADERS_TWICE = Problem(
    "headers_twice",
    "表头里“{header}”出现了不止一次，分不清该用哪一列。",
    "The column “{header}” appears more than once in the header.",
)
NO_ROWS = Problem("no_rows", "表里只有表头，没有数据行。", "The sheet has a header but no rows.")
ISSUER_NOT_QUALIFIED = Problem(
    "issuer_not_qualified",
    "机构 {issuer} 在 {on} 没有有效的存入资格（未评审、已到期或已终止），不能批量存入。",
    "Institution {issuer} holds no qualification in force on {on} (not reviewed, expired or ended); it cannot deposit.",
    status=403,
)
CHECK_BUSY = Problem(
    "check_busy",
    "现在检查表格的人太多，请过一分钟再试。",
    "Too many sheets are being checked just now; try again in a minute.",
    status=429,
)
BATCH_RUNNING = Problem(
    "batch_running",
    "机构 {issuer} 有一个批次正在处理，批次 {batch} 要等它结束。文件已经保存，不用重新上传。",
    "A batch of {issuer} is being processed; batch {batch} waits for its end. The file is kept and need not be uploaded again.",
    status=409,
)
RECEIPT_PENDING = Problem(
    "receipt_pending",
    "批次还没有处理完，处理完才有回执。",
    "The batch is not finished yet; its receipt comes with the end.",
    status=409,
)
BATCH_MOVE = Problem(
    "batch_move",
    "批次 {batch} 现在是“{state_zh}”，不能{event_zh}。",
    "Batch {batch} is {state_en}: it cannot be {event_en}.",
    status=409,
)
COLUMN_MEANS = Problem(
    "column_means",
    "“{given}”看不懂。请写成 表头=字段，字段是 {fields} 之一，留空表示不用这一列。",
    "“{given}” cannot be read. Write heading=field, the field one of {fields}; nothing after = leaves the column out.",
)
COLUMN_TWICE = Problem(
    "column_twice",
    "有两列都选成了“{field_zh}”。一个字段只能对一列。",
    "Two columns were both called {field}. A field is read from one column.",
)
COLUMN_UNKNOWN = Problem(
    "column_unknown", "没有记住过这个列名：{heading}。", "This heading is not remembered: {heading}."
)
UPLOAD_LOST = Problem(
    "upload_lost",
    "批次 {batch} 的原文件不在了，请重新上传同一个文件，会从第 {row} 行之后接着做。",
    "The uploaded file of batch {batch} is gone. Upload the same file again; it goes on after row {row}.",
    status=409,
)

# --- one row ---------------------------------------------------------------------------------------------------------

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

# --- outcomes --------------------------------------------------------------------------------------------------------

OUTCOME_UNKNOWN = Problem(
    "outcome_unknown",
    "没有找到这项成果，或者不在您的范围内。",
    "There is no such outcome, or it is outside your scope.",
    status=404,
)
OUTCOME_REVOKED = Problem("outcome_revoked", "这项成果已经撤销。", "This outcome has already been revoked.", status=409)
OUTCOME_CORRECTED = Problem(
    "outcome_corrected",
    "这项成果已经更正过，现在以 {number} 为准。",
    "This outcome was corrected; {number} stands in its place.",
    status=409,
)
OUTCOME_STANDS = Problem(
    "outcome_stands", "这项成果现在有效，不用恢复。", "This outcome stands; there is nothing to reinstate.", status=409
)
OUTCOME_WITHDRAWN = Problem(
    "outcome_withdrawn",
    "这项成果已随批次一起撤回；需要时请重新存入。",
    "This outcome was withdrawn with its batch; deposit it again if it is wanted.",
    status=409,
)
NOTHING_CORRECTED = Problem(
    "nothing_corrected",
    "更正的内容和原来一样，没有可改的。",
    "The correction says what the outcome says already.",
)
REASON_MISSING = Problem("reason_missing", "请写明理由（1 至 400 字）。", "Give the reason (1 to 400 characters).")
BATCH_UNKNOWN = Problem(
    "batch_unknown",
    "没有找到这个批次，或者不在您的范围内。",
    "There is no such batch, or it is outside your scope.",
    status=404,
)
