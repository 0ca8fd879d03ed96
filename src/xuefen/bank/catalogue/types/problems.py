"""What can be wrong with an item, a programme, or a sheet of them."""

from __future__ import annotations

from xuefen.bank.shell.problems import Problem

PROGRAMME_UNKNOWN = Problem("programme_unknown", "没有专业“{code}”。", "There is no programme “{code}”.", status=404)
ITEM_VERSION_CHANGED = Problem(
    "item_version_changed",
    "目录项 {code} 的 {version} 版已经发布，内容不同。已发布的版本不能改，请用新的版本号。",
    "Version {version} of {code} is published with other content. A published version never changes; use a new version.",
    status=409,
)
ITEM_KIND_CHANGED = Problem(
    "item_kind_changed",
    "编码 {code} 已用于另一种目录项（{kind}）。",
    "Code {code} is already used for another kind of item ({kind}).",
    status=409,
)
PROGRAMME_CHANGED = Problem(
    "programme_changed",
    "专业 {code} 的 {version} 版已经发布，内容不同，请用新的版本号。",
    "Version {version} of programme {code} is published with other content; use a new version.",
    status=409,
)
CELL_MISSING = Problem("sheet_cell_missing", "“{column}”不能为空。", "“{column}” must not be empty.")
CELL_UNREADABLE = Problem(
    "sheet_cell_unreadable",
    "“{column}”的内容“{value}”无法识别，应为{expected_zh}。",
    "“{value}” in “{column}” cannot be read; {expected} expected.",
)
CELL_TOO_LONG = Problem(
    "sheet_cell_too_long",
    "“{column}”最多 {limit} 个字符。",
    "“{column}” holds at most {limit} characters.",
)
SHEET_UNREADABLE = Problem(
    "sheet_unreadable",
    "文件无法读取：{reason_zh}",
    "The file cannot be read: {reason}",
)
SHEET_ROW_RAGGED = Problem(
    "sheet_row_ragged",
    "这一行有 {found} 格，表头只有 {expected} 格，可能错位。",
    "This row has {found} cells, the header only {expected}; it may be out of line.",
)
SHEET_COLUMNS_MISSING = Problem(
    "sheet_columns_missing",
    "表头缺少这些列：{columns}。",
    "The header lacks these columns: {columns}.",
)
MAPPING_INVALID = Problem(
    "mapping_invalid", "对照表有误（{where}）：{reason_zh}", "The mapping is wrong ({where}): {reason}"
)
DOCUMENT_INVALID = Problem(
    "document_invalid",
    "培养要求有误（{where}）：{reason_zh}",
    "The requirement document is wrong ({where}): {reason}",
)
ITEM_TYPE_UNKNOWN = Problem(
    "item_type_unknown",
    "现行标准里没有成果类型“{type_code}”，或者它不属于这一大类。",
    "The standard in force has no type “{type_code}”, or it is of another class.",
)
PAIR_INVALID = Problem(
    "item_pair_invalid",
    "请选择两个不同的目录项。",
    "Choose two different items.",
)
TREE_INVALID = Problem(
    "tree_invalid",
    "培养方案结构有误：{reasons_zh}",
    "The requirement tree is wrong: {reasons}",
)
