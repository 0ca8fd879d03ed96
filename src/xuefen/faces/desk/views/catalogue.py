"""Items that look alike: one name in two writings, and outcomes that resemble another. People say what is the same."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from xuefen.bank.catalogue import actions, queries
from xuefen.bank.catalogue.types import PairVerdict
from xuefen.bank.shell import clock
from xuefen.bank.shell.problems import Denied
from xuefen.faces.desk import pages_catalogue as pages
from xuefen.faces.desk.common import actor_of, at_work, page
from xuefen.faces.desk.forms_catalogue import PairForm
from xuefen.faces.shared.i18n import language, say, t
from xuefen.faces.shared.numbers import whole

NAV = "desk:duplicates"


@require_safe
@at_work
def duplicates(request: HttpRequest) -> HttpResponse:
    """Items whose names are one in normal form, side by side, with what was found of each pair."""
    actor_of(request).scope("catalogue.compare")
    settled = request.GET.get("show") == "settled"
    code = request.GET.get("institution", "")[:40]
    current = whole(request.GET.get("page", "")) or 1
    groups, total = queries.duplicate_groups(institution_code=code, settled=settled, page=current)
    count = -(-total // queries.DUPLICATE_GROUPS) or 1
    context = {
        "settled": settled,
        "institution": code,
        "total": total,
        "page": Paginator(range(count), 1).get_page(current),
        **pages.duplicates(groups),
    }
    return page(request, "desk/duplicates.html", context, nav=NAV)


@require_POST
@at_work
def judge(request: HttpRequest) -> HttpResponse:
    """Say that two items are the same or different, or take back what was said."""
    actor_of(request).scope("catalogue.compare")
    form = PairForm(request.POST)
    if not form.is_valid():
        messages.error(request, t("没有收到完整的判断，请重新选择。", "The verdict was incomplete; choose again."))
        return redirect(_back(request))
    given = form.cleaned_data
    verdict = PairVerdict(given["verdict"])
    said = {"verdict": verdict, "reason": given["reason"], "by": actor_of(request), "now": clock.now()}
    try:
        if given["group"]:
            actions.judge_group(item_ids=[int(one) for one in given["group"].split(",")], **said)
        else:
            actions.judge_pair(one_id=given["one"], other_id=given["other"], **said)
    except Denied as denied:
        if denied.problem.status == 403:
            raise
        messages.error(request, denied.sentence(language()))
    else:
        messages.success(request, str(say(pages.ALL_SAID if given["group"] else pages.SAID[verdict])))
    return redirect(_back(request))


def _back(request: HttpRequest) -> str:
    """The page the verdict was given on; never another site."""
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, allowed_hosts=None) and target.startswith("/desk/")
    return target if safe else reverse(NAV)


@require_safe
@at_work
def similar(request: HttpRequest) -> HttpResponse:
    """What resembles one item, for an expert to propose an equivalence."""
    actor_of(request).scope("catalogue.compare")
    institution, _, code = request.GET.get("item", "").strip()[:90].partition("/")
    context = {"asked": request.GET.get("item", "").strip()[:90], "elsewhere": "elsewhere" in request.GET}
    if code:
        try:
            context |= pages.similar(institution, code, elsewhere=bool(context["elsewhere"]))
        except Denied as denied:
            context["missing"] = denied.sentence(language())
    return page(request, "desk/similar.html", context, nav=NAV)
