"""Several goals side by side, and the planning problem as a file anybody can replay."""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from xuefen.bank.catalogue import queries as catalogue
from xuefen.bank.conversion import rules as planner
from xuefen.bank.recognition import queries as applications
from xuefen.bank.shell import clock
from xuefen.faces.hall import pages, pages_plan
from xuefen.faces.hall.doors import learner_page, show
from xuefen.faces.shared.numbers import whole

MOST_COMPARED = 4


@require_safe
@learner_page
def compare(request: HttpRequest) -> HttpResponse:
    """The plans for two to four programmes (``p``, repeated) beside each other; with fewer, back to the choice."""
    chosen = list(dict.fromkeys(number for p in request.GET.getlist("p") if (number := whole(p)) is not None))
    if len(chosen) < 2:
        return redirect("hall:plan")
    actor, today = request.actor, clock.today()  # type: ignore[attr-defined]
    programmes = [catalogue.programme_by_id(p) for p in chosen[:MOST_COMPARED]]
    plans = [
        planner.plan(
            applications.problem_for(
                actor.scope("plans.make"), learner_id=actor.learner_id, programme=programme, on=today
            )
        )
        for programme in programmes
    ]
    schools = pages.institution_names({programme.institution_id for programme in programmes})
    context = {
        "columns": pages_plan.comparison(programmes, plans, schools),
        "left_out": max(0, len(chosen) - MOST_COMPARED),
        "today": today,
        "nav": "hall:plan",
    }
    return show(request, "plan_compare.html", context)


@require_safe
@learner_page
def problem_file(request: HttpRequest, programme_id: int) -> HttpResponse:
    """Everything the plan was computed from, as the document ``xuefen plan --problem`` reads."""
    actor = request.actor  # type: ignore[attr-defined]
    problem = applications.problem_for(
        actor.scope("plans.make"),
        learner_id=actor.learner_id,
        programme=catalogue.programme_by_id(programme_id),
        on=clock.today(),
    )
    text = json.dumps(problem.canonical().to_json(), ensure_ascii=False, indent=1)
    name = f"problem-{problem.digest()[:12]}.json"
    return HttpResponse(
        text,
        content_type="application/json; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
