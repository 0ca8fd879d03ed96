"""What the conversion rules reach, for anybody; staff see it under their own header."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from xuefen.bank.conversion import tasks
from xuefen.bank.conversion.queries.coverage import coverage_map
from xuefen.bank.conversion.types.coverage import CLASSES, COVERAGE_COUNTING
from xuefen.bank.shell import clock
from xuefen.bank.shell.problems import Denied
from xuefen.faces.shared.frames import frame
from xuefen.faces.shared.heat import heat_map

CLASS_WORDS = {
    "degree": ("学历教育", "Degree education"),
    "vocational": ("职业技能", "Vocational skill"),
    "social": ("社会学习", "Social learning"),
}


@require_safe
def coverage(request: HttpRequest) -> HttpResponse:
    """Two maps: by pairs of institutions, and by fields of study."""
    found, fresh = coverage_map(now=clock.now())
    if not fresh:
        tasks.defer_coverage()
    if found is None:
        raise Denied(COVERAGE_COUNTING)
    context = {
        **frame(request),
        "nav": "verify:rules",
        "found": found,
        "pairs": heat_map(found.issuers, found.receivers, found.pairs),
        "fields": heat_map(found.fields, [(kind, CLASS_WORDS[kind]) for kind in CLASSES], found.field_cells),
    }
    return render(request, "verify/coverage.html", context)
