"""What the audit and figures pages show."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from xuefen.bank.certificates import queries as certificates
from xuefen.bank.certificates.types import REASON_WORDS, CertificateState
from xuefen.bank.conversion import queries as conversion
from xuefen.bank.deposits import queries as deposits
from xuefen.bank.learners import queries as learners
from xuefen.bank.recognition import queries as recognition
from xuefen.bank.recognition.types import Party
from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import Scope
from xuefen.bank.standards import queries as standards
from xuefen.bank.translog import queries as translog
from xuefen.faces.desk.audit_words import ACTS, HOUSE, SUBJECTS
from xuefen.faces.desk.pages import CLASS_COLOURS, CLASSES
from xuefen.faces.shared.i18n import say

YEAR = timedelta(days=365)
DAYS_SHOWN = 7


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
    papers = certificates.counts(scope)
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
        "papers": [
            {"label": words, "value": papers[state], "colour": colour}
            for state, words, colour in (
                (CertificateState.VALID, ("有效", "Valid"), "ok"),
                (CertificateState.SUSPENDED, ("暂停使用", "Suspended"), "c2"),
                (CertificateState.REVOKED, ("已吊销", "Revoked"), "warn"),
            )
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
