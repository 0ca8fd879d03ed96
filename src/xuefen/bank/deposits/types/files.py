"""What can be wrong with a file as a whole: nothing is deposited from it."""

from __future__ import annotations

from xuefen.bank.shell.problems import Problem

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
WORKBOOK_LOCKED = Problem(
    "workbook_locked",
    "这个表格加了密码，或者是旧版的 xls，打不开。请用 Excel 或 WPS 打开，去掉密码，另存为 xlsx 再上传。",
    "This workbook is protected by a password, or is an old .xls. Open it, take the password off, save it as xlsx and upload"
    " that.",
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
