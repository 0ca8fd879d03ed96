"""Statements and certificates: having one issued, taking it home, showing others where to verify it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuefen.bank.certificates import actions, queries
from xuefen.bank.certificates.types import CERTIFICATE_ONCE, FIELD_NAMES, CertificateFacts, Choice, ShownField
from xuefen.bank.shell import clock
from xuefen.bank.shell.problems import Denied
from xuefen.bedrock import canon
from xuefen.faces.hall.doors import learner_page, show
from xuefen.faces.shared.i18n import language
from xuefen.faces.shared.papers import paper as shown

NAME_ONLY = Choice(frozenset({ShownField.NAME}))
_ENDINGS = {"credential": "credential.json", "elmo": "elmo.xml"}


@require_http_methods(["GET", "HEAD", "POST"])
@learner_page
def certificates(request: HttpRequest) -> HttpResponse:
    """All papers of the account, newest first; POST has a statement of all outcomes issued."""
    actor = request.actor  # type: ignore[attr-defined]
    refused = None
    if request.method == "POST":
        try:
            issued = actions.issue_statement(learner_id=actor.learner_id, by=actor, now=clock.now())
        except Denied as denied:
            refused = denied
        else:
            return redirect("hall:certificate", number=issued.number)
    papers = queries.mine(actor.scope("certificates.read"))
    context = {
        "papers": [shown(one) for one in papers],
        "refused": refused.sentence(language()) if refused else "",
        "nav": "hall:home",
    }
    return show(request, "certificates.html", context, status=refused.problem.status if refused else 200)


@require_POST
@learner_page
def certify(request: HttpRequest, number: str) -> HttpResponse:
    """Issue the certificate of an archived application, or go to the one it already has."""
    actor = request.actor  # type: ignore[attr-defined]
    existing = queries.of_application(actor.scope("certificates.read"), number)
    if existing is None:
        existing = _certified(request, number)
    return redirect("hall:certificate", number=existing.number)


def _certified(request: HttpRequest, number: str) -> CertificateFacts:
    actor = request.actor  # type: ignore[attr-defined]
    try:
        return actions.issue_conversion(application_number=number, by=actor, now=clock.now())
    except Denied as denied:
        found = queries.of_application(actor.scope("certificates.read"), number)
        if denied.problem is not CERTIFICATE_ONCE or found is None:  # a second click finds the first click's paper
            raise
        return found


@require_safe
@learner_page
def certificate(request: HttpRequest, number: str) -> HttpResponse:
    """One paper: whether it counts, and its files once it stands in the public log; until then the page asks again."""
    return show(request, "certificate.html", certificate_page(request, number))


def certificate_page(request: HttpRequest, number: str, *, choice: Choice = NAME_ONLY) -> dict[str, Any]:
    """What the page of one paper shows; ``choice``: what is ticked in the part for showing it to others."""
    scope = request.actor.scope("certificates.read")  # type: ignore[attr-defined]
    facts = queries.facts(scope, number)
    fields, lines = queries.choices(scope, number)
    ticked = set(choice.lines) if choice.lines is not None else set(range(len(lines)))
    return {
        "paper": shown(facts),
        "facts": facts,
        "fields": [(field.value, FIELD_NAMES[field], field in choice.fields) for field in fields],
        "lines": [(n, name, n in ticked) for n, name in enumerate(lines)],
        "nav": "hall:home",
    }


@require_safe
@learner_page
def download(request: HttpRequest, number: str, kind: str) -> HttpResponse:
    """The paper as ``pdf``, as signed ``json``, as a verifiable ``credential`` or as ``elmo``.

    Raises ``Denied``: certificate_unknown, certificate_not_sealed, …
    """
    actor = request.actor  # type: ignore[attr-defined]
    scope = actor.scope("certificates.read")
    facts = queries.facts(scope, number)
    if kind == "pdf":
        content, content_type = (
            queries.pdf(scope, number, now=clock.now(), language="en" if language() == "en" else "zh"),
            "application/pdf",
        )
    elif kind == "credential":
        credential = queries.credential(scope, number, now=clock.now())
        content, content_type = canon.canonical(credential) + b"\n", "application/vc"
    elif kind == "elmo":
        content, content_type = queries.elmo(scope, number, now=clock.now()), "application/xml"
    else:
        content, content_type = canon.canonical(queries.document(scope, number)) + b"\n", "application/json"
    answer = HttpResponse(content, content_type=content_type)
    ending = _ENDINGS.get(kind, kind)
    answer["Content-Disposition"] = f'attachment; filename="{facts.number}.{ending}"'
    return answer
