"""Which header a page wears: the passbook's for learners, the desk's for staff, the public one for everybody else.

Pages of one face extend its base; the pages that anybody may meet (errors, one's own password) ask here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

from xuefen.bank.shell.actor import Actor
from xuefen.bank.staff.types import Role
from xuefen.faces.shared.i18n import say

ROLES: Mapping[Role, tuple[str, str]] = {
    Role.HUB_OFFICER: ("总平台管理员", "Hub officer"),
    Role.BRANCH_OFFICER: ("省级分中心管理员", "Branch officer"),
    Role.SUB_CENTRE_OFFICER: ("分中心工作人员", "Sub-centre officer"),
    Role.POINT_CLERK: ("受理点工作人员", "Service point clerk"),
    Role.ISSUER_OFFICER: ("经办人", "Issuer officer"),
    Role.REVIEWER: ("学分认定员", "Reviewer"),
    Role.SUPERVISOR: ("质量监管员", "Supervisor"),
    Role.EXPERT: ("专家", "Expert"),
    Role.LEARNER: ("学习者", "Learner"),
}

NAV: tuple[tuple[str, str, tuple[str, str]], ...] = (
    ("desk:queue", "applications.review", ("工作清单", "My work")),
    ("desk:batches", "deposits.read_batches", ("批量存入", "Deposits")),
    ("desk:learners", "learners.read", ("学习账户", "Accounts")),
    ("desk:slips", "slips.read", ("存入单", "Slips")),
    ("desk:outcomes", "outcomes.correct", ("成果更正", "Outcomes")),
    ("desk:notices", "objections.answer", ("公示异议", "Objections")),
    ("desk:proposals", "rules.draft", ("转换规则", "Rules")),
    ("desk:activities", "activities.read", ("活动", "Activities")),
    ("desk:insight", "insight.read", ("统计", "Figures")),
    ("desk:audit", "audit.read", ("操作记录", "Audit")),
    ("desk:custody", "custody.read", ("密钥与日志", "Keys and log")),
    ("desk:duplicates", "catalogue.compare", ("目录比对", "Catalogue")),
    ("desk:doctor", "rules.draft", ("规则体检", "Rule doctor")),
    ("desk:impacts", "standards.propose", ("影响预演", "Impact")),
    ("desk:alarms", "alarms.read", ("预警", "Alarms")),
    ("desk:arbitrations", "arbitrations.decide", ("仲裁", "Arbitration")),
    ("desk:papers", "certificates.revoke", ("证书", "Certificates")),
    ("desk:erasures", "learners.erase", ("删除信息", "Erasure")),
    ("desk:template", "certificates.design", ("证书样式", "Certificates")),
    ("desk:standards", "", ("标准", "Standard")),
)
"""The desk's pages in the order of the header: route, the permission that opens it ("" for everybody at work), word."""

PUBLIC = "shared/public_base.html"


def frame(request: HttpRequest) -> dict[str, Any]:
    """``frame``, the base that fits the reader, and what its header shows."""
    actor: Actor | None = getattr(request, "actor", None)  # None: refused before anybody asked who it is
    if actor is None or actor.kind == "public":
        return {"frame": PUBLIC}
    if actor.kind == "staff":
        frame = {"who_role": role_of(actor), "desk_pages": pages_of(actor)}
        return {"frame": "shared/desk_base.html", "who": actor.name, **frame}
    return {"frame": "shared/hall_base.html", "who": actor.name}


def role_of(actor: Actor) -> str:
    """The word for the first post somebody holds; nothing for one who holds none."""
    return "".join(say(ROLES[Role(role)]) for role in actor.roles[:1])


def pages_of(actor: Actor) -> list[dict[str, Any]]:
    """The header's links for this actor."""
    return [{"name": name, "text": text} for name, action, text in NAV if not action or actor.may(action)]
