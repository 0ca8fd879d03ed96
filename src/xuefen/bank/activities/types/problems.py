"""Everything that can be refused about activities, in both languages."""

from __future__ import annotations

from xuefen.bank.shell.problems import Problem

SCHEME_INVALID = Problem(
    "scheme_invalid",
    "方案有 {count} 处错误，第一处在第 {line} 行：{zh}。",
    "The scheme has {count} errors, the first on line {line}: {en}.",
)
SCHEME_UNKNOWN = Problem(
    "scheme_unknown",
    "没有这个方案，或者不在您的范围内。",
    "There is no such scheme, or it is outside your scope.",
    status=404,
)
SCHEME_EXISTS = Problem(
    "scheme_exists",
    "这个方案的第 {version} 版已经有了，请用下一个版本号。",
    "Version {version} of this scheme exists; use the next number.",
    status=409,
)
SCHEME_LATE = Problem(
    "scheme_late",
    "方案不能从已经过去的时期起算：请从 {earliest} 或以后的一期开始。",
    "A scheme cannot reach back into a period that is over: let it begin on {earliest} or later.",
)
SCHEME_BREAKS = Problem(
    "scheme_breaks",
    "新版的起始日不是现行版某一期的第一天，会把一期劈成两半。",
    "The new version does not begin where a period of the present one begins; it would cut a period in two.",
)
SCHEME_RUNNING = Problem(
    "scheme_running",
    "现行版这一期已经开始计分，新版只能从下一期（{next}）起。",
    "The present version's period is running; the new version can begin with the next one ({next}).",
)
SCHEME_SIGNED = Problem("scheme_signed", "这一版已经签过了。", "This version is signed already.", status=409)
SCHEME_SECOND = Problem(
    "scheme_second",
    "提出方案的人不能自己签署，请另一位签。",
    "Whoever proposed the scheme cannot sign it; somebody else does.",
    status=403,
)
SCHEME_NONE = Problem(
    "scheme_none",
    "{on} 没有正在施行的方案。",
    "No scheme is in force on {on}.",
)
SCHEME_ITEM = Problem(
    "scheme_item",
    "目录里没有这个机构的活动成果“{item}”，或者它不属于社会学习。",
    "The institution's catalogue has no social-learning item {item}.",
)
KIND_UNKNOWN = Problem("activity_kind_unknown", "方案里没有这一类活动。", "The scheme has no such kind of activity.")
TEXT_LENGTH = Problem(
    "activity_text", "这里请写 1 到 {most} 个字，不要有看不见的字符。", "Write 1 to {most} visible characters here."
)
ACTIVITY_TIMES = Problem(
    "activity_times",
    "结束时间应在开始之后，同一天之内不超过 {hours} 小时。",
    "It must end after it begins, at most {hours} hours later.",
)
ACTIVITY_PAST = Problem(
    "activity_past", "开始时间已经过去，请改为以后的时间。", "It begins in the past; choose a later time."
)
ACTIVITY_MOST = Problem("activity_most", "人数应为 1 到 {most}。", "The number of people is 1 to {most}.")
ACTIVITY_UNKNOWN = Problem(
    "activity_unknown",
    "没有这个活动，或者不在您的范围内。",
    "There is no such activity, or it is outside your scope.",
    status=404,
)
ACTIVITY_CANCELLED = Problem("activity_cancelled", "这个活动已经取消。", "This activity was cancelled.", status=409)
ACTIVITY_FULL = Problem("activity_full", "名额已满（{most} 人）。", "All {most} places are taken.", status=409)
ACTIVITY_OVER = Problem("activity_over", "活动已经结束。", "The activity is over.", status=409)
ACTIVITY_HELD = Problem(
    "activity_held",
    "已有人确认参加，活动不能取消；个别人有误请撤销那一条。",
    "People took part already, so it cannot be cancelled; withdraw single participations instead.",
    status=409,
)
NOT_REGISTERED = Problem("not_registered", "您没有报名这个活动。", "You are not registered for it.", status=409)
CODE_NOT_ASKED = Problem(
    "code_not_asked",
    "这一类活动不用扫码签到，由组织者登记。",
    "This kind of activity is not checked in by code; the organiser lists who came.",
)
CODE_NOT_NOW = Problem(
    "code_not_now",
    "签到从开始前 {before} 分钟到结束后 {after} 分钟，现在不在这段时间里。",
    "Check-in is open from {before} minutes before the beginning to {after} minutes after the end, which is not now.",
    status=409,
)
CODE_WRONG = Problem(
    "code_wrong",
    "签到码不对或已经过期：它每分钟换一次，请看现场屏幕上现在的码。",
    "The code is wrong or has expired: it changes every minute. Use the one now on the screen at the venue.",
)
ALREADY_CONFIRMED = Problem(
    "already_confirmed", "这次参加已经记过了。", "This participation is recorded already.", status=409
)
CONFIRM_WAY = Problem(
    "confirm_way",
    "方案规定这一类活动不能这样确认。",
    "The scheme does not accept this way of confirming for this kind of activity.",
)
LIST_EARLY = Problem(
    "list_early",
    "活动还没有开始，不能登记参加。",
    "The activity has not begun; nobody can have taken part.",
    status=409,
)
LIST_EMPTY = Problem("list_empty", "名单里没有账号。", "The list holds no account number.")
LIST_LONG = Problem("list_long", "一次最多 {most} 行。", "At most {most} lines at a time.")
LIST_TWICE = Problem("list_twice", "名单里已经有这个账号。", "This account stands in the list already.")
LIST_ACCOUNT = Problem("list_account", "没有这个账户，请核对账号。", "There is no such account; check the number.")
LIST_NOT_OPEN = Problem("list_not_open", "账户已冻结或注销。", "The account is frozen or closed.")
PERIOD_UNKNOWN = Problem(
    "period_unknown",
    "方案没有“{period}”这一期；写法如 2026-autumn。",
    "The scheme has no period {period}; it is written like 2026-autumn.",
)
PERIOD_CLOSED = Problem(
    "period_closed",
    "{period} 的确认已于 {until} 截止。",
    "Confirmations for {period} ended on {until}.",
    status=409,
)
PERIOD_RUNNING = Problem(
    "period_running",
    "{period} 还在进行或确认，{until} 过后才能归集。",
    "{period} is running or being confirmed; it can be gathered after {until}.",
    status=409,
)
NOTHING_GATHERED = Problem(
    "nothing_gathered",
    "{period} 没有可以归集的参加记录。",
    "There is nothing to gather for {period}.",
)
DEED_DAY = Problem(
    "deed_day",
    "日期不能晚于今天，也要在方案施行以后。",
    "The day is not in the future, and the scheme must be in force on it.",
)
DEED_UNKNOWN = Problem(
    "deed_unknown",
    "没有这条善行，或者不在您的范围内。",
    "There is no such good deed, or it is outside your scope.",
    status=404,
)
DEED_SELF = Problem(
    "deed_self",
    "善行要由别人确认，不能自己确认自己的。",
    "A good deed is confirmed by somebody else, never by oneself.",
    status=403,
)
DEED_SETTLED = Problem("deed_settled", "这条善行已经有了结果。", "This good deed has been settled already.", status=409)
DEED_WITNESS = Problem(
    "deed_witness",
    "没有这个账户，请核对证明人的账号；没有可以不填，由组织方确认。",
    "There is no such account; check the witness's number, or leave it empty and the organiser confirms.",
)
PARTICIPATION_UNKNOWN = Problem(
    "participation_unknown",
    "没有这条参加记录，或者不在您的范围内。",
    "There is no such participation, or it is outside your scope.",
    status=404,
)
PARTICIPATION_WITHDRAWN = Problem(
    "participation_withdrawn", "这条参加记录已经撤销。", "This participation was withdrawn already.", status=409
)
PARTICIPATION_USED = Problem(
    "participation_used",
    "这条参加记录已经归集成成果，不能单独撤销；确有错误请撤销那项成果。",
    "This participation was gathered into an outcome and cannot be withdrawn by itself; revoke that outcome instead.",
    status=409,
)
WITHDRAW_REASON = Problem(
    "withdraw_reason", "请写明理由，1 到 {most} 个字。", "Give the reason, 1 to {most} characters."
)
