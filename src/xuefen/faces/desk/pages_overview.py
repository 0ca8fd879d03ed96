"""What the standard, audit and figures pages show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from xuefen.bank.certificates.types import REASON_WORDS
from xuefen.bank.conversion import queries as conversion
from xuefen.bank.deposits import queries as deposits
from xuefen.bank.learners import queries as learners
from xuefen.bank.recognition import queries as recognition
from xuefen.bank.recognition.types import Party
from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import Scope
from xuefen.bank.standards import queries as standards
from xuefen.bank.translog import queries as translog
from xuefen.faces.desk.pages import CLASS_COLOURS, CLASSES
from xuefen.faces.shared.i18n import say, t

YEAR = timedelta(days=365)
DAYS_SHOWN = 7

SECTIONS: Mapping[str, tuple[str, str]] = {
    "levels": ("资历等级", "Levels"),
    "types": ("成果类型", "Types of outcome"),
    "grades": ("成绩", "Grades"),
    "degree": ("学历教育折算", "Degree education"),
    "vocational": ("职业技能折算", "Vocational skill"),
    "social": ("社会学习折算", "Social learning"),
    "limits": ("转换上限", "Limits on conversion"),
    "policy": ("转换办法", "What a conversion may do"),
    "calendar": ("学年与学期", "Years and terms"),
    "quality": ("质量等级", "Quality grades"),
    "steps": ("办理时限", "Time limits"),
    "evidence": ("佐证材料", "Evidence"),
    "refusals": ("不同意的理由", "Reasons for refusing"),
}
"""The standard's sections in the order they are read."""

NAMES: Mapping[str, tuple[str, str]] = {
    "pass_mark": ("合格线", "Pass mark"),
    "words": ("等级成绩折成分数", "Grade words as marks"),
    "pass_words": ("算合格的写法", "Words that mean pass"),
    "fail_words": ("算不合格的写法", "Words that mean fail"),
    "theory_hours_per_credit": ("理论课每学分学时", "Taught hours per credit"),
    "practice_hours_per_credit": ("实践课每学分学时", "Practice hours per credit"),
    "practice_weeks_per_credit": ("集中实践每学分周数", "Practice weeks per credit"),
    "grain": ("学分最小单位", "Smallest step of credit"),
    "rounding": ("取整办法", "Rounding"),
    "declared_is_ceiling": ("不超过学校自定学分", "Never above the school's own credit"),
    "declared_without_hours": ("没有学时就用学校自定学分", "Without hours the school's own credit"),
    "uplift_percent": ("行业权威证书上浮到（%）", "Uplift for authoritative certificates (%)"),
    "table": ("按等级计分", "Credits by level"),
    "total_share": ("全部转换最多占（%）", "All conversions at most (%)"),
    "online_share": ("网络课程最多占（%）", "Online courses at most (%)"),
    "same_or_higher_degree_share": ("同层次及以上学历最多占（%）", "Same or higher degree at most (%)"),
    "content_overlap": ("内容重合至少（%）", "Content overlap at least (%)"),
    "tolerance": ("以少抵多容许差额", "Tolerance, fewer for more"),
    "family_highest_once": ("同类证书只认最高一次", "Of a family only the highest, once"),
    "not_convertible": ("不予转换", "Not convertible"),
    "leftover": ("用剩的部分", "What is left over"),
    "ungraded": ("未评级时按", "Until graded"),
    "credits": ("学分", "credits"),
    "next": ("上浮不超过", "uplift up to"),
    "ceiling": ("上浮不超过", "uplift up to"),
    "min_hours": ("最少学时", "least hours"),
    "hours_per_credit": ("每学分学时", "hours per credit"),
    "max_credits": ("最多学分", "most credits"),
    "best_quality": ("最高质量等级", "best quality"),
    "level": ("等级", "level"),
    "class": ("类别", "class"),
    "uses": ("可以用于", "may be used for"),
    "working_days": ("工作日", "working days"),
    "reminders": ("催办（%）", "reminders (%)"),
    "silence": ("到期没有答复", "no answer in time"),
    "required": ("必须提供", "required"),
}
ORDER = {name: place for place, name in enumerate(("review", "convert", "notice", "objection", "archive", *NAMES))}
WORDS: Mapping[Any, tuple[str, str]] = {
    True: ("是", "yes"),
    False: ("否", "no"),
    "consent": ("视为同意", "counts as consent"),
    "half_up": ("四舍五入", "nearest, half up"),
    "not_carried": ("不结转", "not carried over"),
    "record": ("记录", "record"),
    "statement": ("证明", "statement"),
    "convert": ("转换", "conversion"),
    "ideology": ("思政", "ideology"),
    "pe": ("体育", "physical education"),
    **CLASSES,
}
"""Values that are words of the pack."""


def sections(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The standard as sections of rows: name, value, reference."""
    names = {code: (row["zh"], row["en"]) for code, row in body["types"].items()}
    shown = []
    for key, title in SECTIONS.items():
        part = body.get(key)
        if part is not None:
            found = {key: part} if "reference" in part else part
            shown.append({"key": key, "title": title, "rows": list(_rows(found, names))})
    return shown


def _in_order(part: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The database keeps JSON keys in an order of its own; people read the steps and the values in ours."""
    return sorted(part.items(), key=lambda pair: (ORDER.get(pair[0], len(ORDER)), len(pair[0]), pair[0]))


def _rows(part: Mapping[str, Any], names: Mapping[str, tuple[str, str]]) -> Iterator[dict[str, Any]]:
    for key, row in _in_order(part):
        if not isinstance(row, Mapping):
            continue
        if "reference" in row:
            name = (row["zh"], row["en"]) if "zh" in row else names.get(key) or NAMES.get(key) or (key, key)
            yield {"code": key, "name": name, "value": _value(row, names), "reference": row["reference"]}
        else:
            yield from _rows(row, names)


def _value(row: Mapping[str, Any], names: Mapping[str, tuple[str, str]]) -> str:
    if "value" in row:
        return _text(row["value"], names)
    left = {k: v for k, v in _in_order(row) if k not in ("zh", "en", "reference", "parent") and v not in ("", [])}
    parts = [f"{say(NAMES.get(k, (k, k)))} {_text(v, names)}" for k, v in left.items()]
    return t("，", ", ").join(parts)


def _text(value: Any, names: Mapping[str, tuple[str, str]]) -> str:
    if isinstance(value, Mapping):
        return t("，", ", ").join(f"{k} {v}" for k, v in value.items())
    if isinstance(value, list):
        return t("、", ", ").join(_text(item, names) for item in value)
    if isinstance(value, (bool, str)) and value in WORDS:
        return str(say(WORDS[value]))
    return str(say(names[value])) if isinstance(value, str) and value in names else str(value)


ACTS: Mapping[str, tuple[str, str]] = {
    "agreements.signed": ("签订协议", "Agreement signed"),
    "application.apply": ("提交申请", "Application made"),
    "application.approve": ("同意", "Agreed"),
    "application.refuse": ("不同意", "Refused"),
    "application.silence": ("到期默认同意", "Agreed by silence"),
    "application.convert": ("转换", "Converted"),
    "application.notice_over": ("公示期满归档", "Archived after the notice"),
    "application.object": ("提出异议", "Objection made"),
    "application.uphold": ("认定异议成立", "Objection upheld"),
    "application.reject_objection": ("驳回异议", "Objection rejected"),
    "application.withdraw": ("撤回申请", "Withdrawn"),
    "application.remind": ("催办", "Reminded"),
    "catalogue.published": ("公布目录", "Catalogue published"),
    "catalogue.retired": ("停用目录项", "Catalogue item retired"),
    "certificates.issued": ("签发证书", "Certificate issued"),
    "certificates.suspended": ("暂停证书", "Certificate suspended"),
    "certificates.reinstated": ("恢复证书", "Certificate reinstated"),
    "certificates.revoked": ("吊销证书", "Certificate revoked"),
    "deposits.received": ("收到批次", "Batch received"),
    "deposits.deposited": ("存入", "Deposited"),
    "deposits.finished": ("批次存完", "Batch finished"),
    "deposits.failed": ("批次没有收", "Batch not taken in"),
    "deposits.revoked": ("撤销成果", "Outcome revoked"),
    "deposits.corrected": ("更正成果", "Outcome corrected"),
    "institutions.registered": ("登记机构", "Institution registered"),
    "institutions.qualified": ("授予存入资格", "Institution qualified"),
    "institutions.qualification_ended": ("终止存入资格", "Qualification ended"),
    "learners.opened": ("开户", "Account opened"),
    "learners.proved": ("核验实名", "Identity proved"),
    "learners.sign_in_reset": ("重设密码", "Password reset"),
    "learners.freeze": ("冻结账户", "Account frozen"),
    "learners.unfreeze": ("解冻账户", "Account unfrozen"),
    "places.opened": ("设立地点", "Place opened"),
    "places.renamed": ("地点改名", "Place renamed"),
    "places.imported": ("导入区划", "Divisions imported"),
    "impact.asked": ("预演影响", "Impact previewed"),
    "rules.examined": ("规则体检", "Rules examined"),
    "rules.published": ("公布规则", "Rules published"),
    "rules.retired": ("停用规则", "Rule retired"),
    "staff.user_created": ("新建用户", "User created"),
    "staff.appointed": ("任命", "Appointed"),
    "staff.post_ended": ("结束岗位", "Post ended"),
    "staff.password_changed": ("改密码", "Password changed"),
    "standards.loaded": ("载入标准", "Standard loaded"),
    "standards.retired": ("停用标准", "Standard retired"),
}
SUBJECTS: Mapping[str, tuple[str, str]] = {
    "account": ("账户", "account"),
    "agreement": ("协议", "agreement"),
    "application": ("申请", "application"),
    "batch": ("批次", "batch"),
    "certificate": ("证书", "certificate"),
    "doctor_run": ("规则体检", "examination of rules"),
    "impact_run": ("影响预演", "preview"),
    "institution": ("机构", "institution"),
    "outcome": ("成果", "outcome"),
    "place": ("地点", "place"),
    "rule": ("规则", "rule"),
    "standard": ("标准", "standard"),
    "user": ("用户", "user"),
}
HOUSE: Mapping[str, tuple[str, str]] = {"system": ("系统", "the system"), "public": ("公众", "the public")}
"""Words of the audit trail. What has none is shown as it is stored: a trail hides nothing."""


def audit_row(entry: Any) -> dict[str, Any]:
    """One line of the trail in words; the stored code of the act stays beside it for searching."""
    return {
        "entry": entry,
        "act": ACTS.get(entry.action, (entry.action, entry.action)),
        "who": HOUSE.get(entry.actor_kind, (entry.actor_name, entry.actor_name)),
        "subject": SUBJECTS.get(entry.subject_kind, (entry.subject_kind, entry.subject_kind)),
        "reason": REASON_WORDS.get(entry.reason, (entry.reason, entry.reason)),
    }


def figures(scope: Scope, *, now: datetime) -> dict[str, Any]:
    """The dashboard. Amounts in hundredths, counts as they are; decisions are those of the last 365 days."""
    today = clock.today(now)
    sums = deposits.sums_by_class(scope)
    days = deposits.deposits_by_day(scope, since=today - timedelta(days=30))
    waiting = {party: recognition.queue(scope, acts=party, now=now, page_size=1).total for party in _WAITS}
    records = recognition.receiver_records(since=now - YEAR, until=now)
    reasons: Counter[str] = Counter()
    for record in records:
        reasons.update(record.by_reason)
    codes = {code: r for s in standards.in_force(on=today) for code, r in s.pack.refusal_codes.items()}
    return {
        "accounts": learners.learners(scope).count(),
        "outcomes": sum(count for count, _ in sums.values()),
        "credits": sum(total for _, total in sums.values()),
        "by_class": [
            {
                "label": CLASSES[code],
                "value": total,
                "colour": CLASS_COLOURS[code],
                "note": (f"{count:,} 项", f"{count:,} outcomes"),
            }
            for code, (count, total) in sums.items()
        ],
        "days": [(f"{day.month}/{day.day}", accepted) for day, accepted, _ in days[-DAYS_SHOWN:]],
        "funnel": [
            {"label": _WAITS[Party.RECEIVER], "value": waiting[Party.RECEIVER], "colour": "c1"},
            {"label": _WAITS[Party.PUBLIC], "value": waiting[Party.PUBLIC], "colour": "c1"},
            {"label": _WAITS[Party.BRANCH], "value": waiting[Party.BRANCH], "colour": "warn"},
        ],
        "decisions": [
            {"label": ("学院同意", "Agreed"), "value": sum(r.approved for r in records), "colour": "ok"},
            {
                "label": ("到期默认同意", "Agreed by silence"),
                "value": sum(r.by_silence for r in records),
                "colour": "c5",
            },
            {"label": ("不同意", "Refused"), "value": sum(r.refused for r in records), "colour": "warn"},
        ],
        "reasons": [
            {"label": f"{code} {say(codes[code])}" if code in codes else code, "value": count, "colour": "c2"}
            for code, count in reasons.most_common(6)
        ],
        "coverage": conversion.coverage(on=today),
        "log_size": translog.log_size(),
        "log_waiting": translog.queue_length(),
    }


_WAITS = {
    Party.RECEIVER: ("等接收机构", "Waiting for the receiver"),
    Party.PUBLIC: ("公示中", "On public notice"),
    Party.BRANCH: ("异议处理中", "Objection being handled"),
}
