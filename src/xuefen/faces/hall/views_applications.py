"""One's applications, and the timeline of one."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST, require_safe

from xuefen.bank.certificates import queries as certificates
from xuefen.bank.recognition import actions, queries
from xuefen.bank.recognition.types import State
from xuefen.bank.shell import clock
from xuefen.bank.standards import queries as standards
from xuefen.faces.hall import pages_progress
from xuefen.faces.hall.doors import learner_page, show
from xuefen.faces.shared.acting import carry_out, seen
from xuefen.faces.shared.i18n import t


@require_safe
@learner_page
def applications(request: HttpRequest) -> HttpResponse:
    """All applications: those under way first, then the past."""
    actor, now = request.actor, clock.now()  # type: ignore[attr-defined]
    rows = queries.mine(actor.scope("applications.read"), now=now)
    cards = [pages_progress.application_card(row, now=now) for row in rows]
    context = {
        "running": [card for card in cards if card["running"]],
        "past": [card for card in cards if not card["running"]],
    }
    return show(request, "applications.html", context)


_TOLD_WHY = frozenset({State.REFUSED, State.STOPPED, State.VOIDED, State.IN_DOUBT, State.UNDONE})
"""States whose last move says why in its note."""


@require_safe
@learner_page
def application(request: HttpRequest, number: str) -> HttpResponse:
    """The timeline: where it stands, who is waited for, until when, and what silence means."""
    actor, now = request.actor, clock.now()  # type: ignore[attr-defined]
    view = queries.application(actor.scope("applications.read"), number, now=now)
    kind, bold, sentence = pages_progress.headline(view)
    pack = standards.by_id(view.standard_version_id).pack
    archived = view.row.state is State.ARCHIVED
    context = {
        "view": view,
        "row": view.row,
        "kind": kind,
        "bold": bold,
        "sentence": sentence,
        "steps": pages_progress.timeline(view),
        "clock": pages_progress.clock_of(view.row, now=now),
        "waited": pages_progress.waited_for(view),
        "standard": {"title": (pack.title_zh, pack.title_en), "version": pack.version},
        "silence": pages_progress.SILENCE.get(view.row.state),
        "refusal": view.moves[-1].note if view.row.state in _TOLD_WHY else "",
        "archived": archived,
        "paper": certificates.of_application(actor.scope("certificates.read"), number) if archived else None,
        "may_withdraw": pages_progress.may_withdraw(view.row.state),
        "ask_withdraw": "withdraw" in request.GET,
        "nav": "hall:applications",
    }
    return show(request, "application.html", context)


@require_POST
@learner_page
def withdraw(request: HttpRequest, number: str) -> HttpResponse:
    """Take an application back. ``version`` is the one the learner saw."""
    by = request.actor  # type: ignore[attr-defined]
    return carry_out(
        request,
        lambda: actions.withdraw(number=number, version=seen(request, "version"), by=by, now=clock.now()),
        t("已撤回，占用的学分退回了您的账户。", "Withdrawn. The held credits are back in your account."),
        back=("hall:application", number),
    )
