"""The public register: rules in words, and the agreements and alliances they stand under."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from xuefen.bank.conversion import queries
from xuefen.bank.conversion.queries import MOST_COUNTED
from xuefen.bank.conversion.types import RuleState, RuleView
from xuefen.bank.conversion.types.agreements import AgreementKind
from xuefen.bank.conversion.types.life import Standing
from xuefen.bank.shell import clock
from xuefen.faces.shared.i18n import say
from xuefen.faces.shared.numbers import whole

LINKS = [{"url": "/verify/log/", "text": ("公开日志", "Public log")}]
STANDINGS: Mapping[Standing, tuple[str, str]] = {
    Standing.IN_FORCE: ("现在生效的", "In force today"),
    Standing.COMING: ("还没生效的", "Not yet in force"),
    Standing.ENDED: ("已停用的", "Ended"),
    Standing.ALL: ("全部", "All"),
}
MODES: Mapping[str, tuple[str, str]] = {
    "agreement": ("协议制", "by agreement"),
    "framework": ("资历框架", "through a framework"),
}
KINDS: Mapping[AgreementKind, tuple[str, str]] = {
    AgreementKind.AGREEMENT: ("协议", "Agreement"),
    AgreementKind.ALLIANCE: ("联盟公约", "Alliance"),
}


@require_safe
def rules(request: HttpRequest) -> HttpResponse:
    """The rules, each in words; by number, name of a course or certificate, institution, agreement, and where they stand."""
    asked = {name: request.GET.get(name, "").strip()[:80] for name in ("q", "receiver", "source", "agreement")}
    state = request.GET.get("state", Standing.IN_FORCE.value)
    standing = Standing(state) if state in set(Standing) else Standing.ALL
    found = queries.rules_browser(
        asked["q"],
        page=whole(request.GET.get("page", "1")) or 1,
        receiver=asked["receiver"],
        source=asked["source"],
        agreement=asked["agreement"],
        standing=standing,
        on=clock.today(),
    )
    context = {
        "asked": asked,
        "state": standing.value,
        "standings": [(one.value, words) for one, words in STANDINGS.items()],
        "institutions": [(code, say((zh, en))) for code, zh, en in queries.members()],
        "rows": [{"rule": rule, "badge": badge_of(rule)} for rule in found.rules],
        "total": min(found.total, MOST_COUNTED),
        "more": found.total > MOST_COUNTED,
        "page": Paginator(range(found.pages), 1).get_page(found.page),
    }
    return _page(request, "verify/rules.html", context, nav="verify:rules")


@require_safe
def rule(request: HttpRequest, number: str) -> HttpResponse:
    """One rule with all its versions, and how each came about."""
    versions = queries.rule(number)
    origins = queries.origins(number)
    names = queries.item_names({*versions[0].sources, *versions[0].targets})
    context = {
        "rule": versions[0],
        "badge": badge_of(versions[0]),
        "may_retire": request.actor.may("rules.publish") and versions[0].state == RuleState.PUBLISHED,  # type: ignore[attr-defined]
        "versions": [{"rule": one, "badge": badge_of(one), "origin": origins.get(one.version)} for one in versions],
        "sources": [(*name.partition("/")[::2], names.get(name, name)) for name in versions[0].sources],
        "targets": [(*name.partition("/")[::2], names.get(name, name)) for name in versions[0].targets],
    }
    return _page(request, "verify/rule.html", context, nav="verify:rules")


@require_safe
def agreements(request: HttpRequest) -> HttpResponse:
    """The register of agreements and alliances, by name or member."""
    wanted, kind = request.GET.get("q", "").strip()[:80], request.GET.get("kind", "")
    found = queries.agreements(text=wanted, kind=AgreementKind(kind) if kind in set(AgreementKind) else None)
    context = {
        "wanted": wanted,
        "kind": kind,
        "kinds": [(one.value, words) for one, words in KINDS.items()],
        "rows": [{"row": row, "kind": KINDS[row.kind], "mode": MODES[row.mode]} for row in found],
    }
    return _page(request, "verify/agreements.html", context, nav="verify:rules")


@require_safe
def agreement(request: HttpRequest, number: str) -> HttpResponse:
    """One agreement: its members with dates and, of an alliance, what it has agreed on."""
    view = queries.agreement(number)
    context = {"view": view, "kind": KINDS[view.row.kind], "mode": MODES[view.row.mode], **terms_of(view)}
    return _page(request, "verify/agreement.html", context, nav="verify:rules")


def terms_of(view: Any) -> dict[str, Any]:
    """The newest terms with the names of what they name."""
    if not view.terms:
        return {"terms": None}
    newest, members = view.terms[0], {m.code: (m.name_zh, m.name_en) for m in view.members}
    return {
        "terms": newest,
        "resources": [(r, view.names.get(r.code, r.code)) for r in newest.terms.resources],
        "quotas": [(members.get(q.institution, q.institution), q) for q in newest.terms.quotas],
        "shares": [(members.get(s.institution, s.institution), s.percent) for s in newest.terms.shares],
        "joint": [
            (j, view.names.get(j.programme, j.programme), view.names.get(j.certificate, j.certificate))
            for j in newest.terms.joint
        ],
    }


def badge_of(rule: RuleView) -> tuple[str, tuple[str, str]]:
    """Kind and words of the mark that says where a version stands today."""
    today = clock.today()
    if rule.retired_on is not None and rule.retired_on <= today:
        return "", ("已停用", "Ended")
    if rule.effective_from > today:
        return "info", ("还没生效", "Not yet in force")
    return "ok", ("生效", "In force")


def _page(request: HttpRequest, template: str, context: Mapping[str, Any], *, nav: str) -> HttpResponse:
    return render(request, template, {"nav": nav, "footer_links": LINKS, **context})
