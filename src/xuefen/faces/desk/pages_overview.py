"""What the audit and figures pages show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from xuefen.bank.certificates.types import REASON_WORDS
from xuefen.bank.conversion import queries as conversion
from xuefen.bank.conversion.states import CONTRACT, PROPOSAL
from xuefen.bank.deposits import queries as deposits
from xuefen.bank.learners import queries as learners
from xuefen.bank.recognition import queries as recognition
from xuefen.bank.recognition.types import Party
from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import Scope
from xuefen.bank.standards import queries as standards
from xuefen.bank.translog import queries as translog
from xuefen.faces.desk.pages import CLASS_COLOURS, CLASSES
from xuefen.faces.shared.i18n import say

YEAR = timedelta(days=365)
DAYS_SHOWN = 7

ACTS: Mapping[str, tuple[str, str]] = {
    "agreements.signed": ("签订协议", "Agreement signed"),
    "agreements.joined": ("加入联盟", "Alliance joined"),
    "agreements.left": ("退出联盟", "Alliance left"),
    "agreements.terms": ("登记联盟条款", "Alliance terms registered"),
    "agreements.ended": ("终止协议", "Agreement ended"),
    **{f"proposal.{event}": (f"规则提案：{zh}", f"Proposal: {en}") for event, (zh, en) in PROPOSAL.events.items()},
    **{f"contract.{event}": (f"保证转换合同：{zh}", f"Contract: {en}") for event, (zh, en) in CONTRACT.events.items()},
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
    "application.outcome_gone": ("所用成果被撤销，申请终止", "Ended: an outcome was taken back"),
    "application.doubt": ("转换存疑，暂停", "Conversion suspended"),
    "application.confirm": ("仲裁维持转换", "Conversion confirmed"),
    "application.undo": ("仲裁撤销转换", "Conversion undone"),
    "arbitration.decided": ("仲裁决定", "Arbitration decided"),
    "alarm.find": ("发现预警", "Alarm found"),
    "alarm.explain": ("预警有合理解释", "Alarm explained"),
    "alarm.confirm": ("预警查实", "Alarm confirmed"),
    "alarm.close": ("预警结案", "Alarm closed"),
    "alarm.reopen": ("预警重新核查", "Alarm reopened"),
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
    "deposits.reinstated": ("恢复成果", "Outcome reinstated"),
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
    "standards.load": ("载入标准", "Standard loaded"),
    "standards.propose": ("提出标准", "Standard proposed"),
    "standards.compare": ("比对标准", "Standard compared"),
    "standards.consult": ("标准征求意见", "Consultation opened"),
    "standards.comment": ("收到公众意见", "Comment received"),
    "standards.answer": ("答复公众意见", "Comment answered"),
    "standards.close": ("结束征求意见", "Consultation closed"),
    "standards.sign": ("签署标准", "Standard signed"),
    "standards.publish": ("发布标准", "Standard published"),
    "standards.reject": ("驳回标准", "Standard rejected"),
    "standards.withdraw": ("撤回标准", "Standard withdrawn"),
    "standards.retire": ("停用标准", "Standard retired"),
    "standards.review": ("年度修订核对", "Yearly revision"),
    "standards.review_remind": ("提醒年度修订", "Reminded of the yearly revision"),
    "standards.kind_asked": ("申请新一类成果", "New kind asked for"),
    "standards.kind_settled": ("新一类成果有了标准", "New kind settled"),
    "standards.kind_declined": ("不为新一类成果制定标准", "New kind declined"),
    "standards.kind_remind": ("提醒新一类成果", "Reminded of a new kind"),
}
SUBJECTS: Mapping[str, tuple[str, str]] = {
    "account": ("账户", "account"),
    "agreement": ("协议", "agreement"),
    "application": ("申请", "application"),
    "arbitration": ("仲裁", "arbitration"),
    "alarm": ("预警", "alarm"),
    "batch": ("批次", "batch"),
    "certificate": ("证书", "certificate"),
    "doctor_run": ("规则体检", "examination of rules"),
    "impact_run": ("影响预演", "preview"),
    "contract": ("保证转换合同", "contract"),
    "institution": ("机构", "institution"),
    "kind": ("新一类成果", "new kind"),
    "outcome": ("成果", "outcome"),
    "place": ("地点", "place"),
    "proposal": ("规则提案", "proposal"),
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
        "coverage": conversion.reach(on=today),
        "log_size": translog.log_size(),
        "log_waiting": translog.queue_length(),
    }


_WAITS = {
    Party.RECEIVER: ("等接收机构", "Waiting for the receiver"),
    Party.PUBLIC: ("公示中", "On public notice"),
    Party.BRANCH: ("异议处理中", "Objection being handled"),
}
