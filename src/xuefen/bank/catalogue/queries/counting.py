"""How much there is: items by institution, courses by field. For maps of what rules reach."""

from __future__ import annotations

from datetime import date

from django.db.models import Count, Q
from django.db.models.functions import Substr

from xuefen.bank.catalogue.models import ItemVersion, ProgrammeItem


def offered(*, on: date) -> dict[int, int]:
    """Institution → how many items it offers on that day; one query."""
    in_force = Q(effective_from__lte=on) & (Q(retired_on=None) | Q(retired_on__gt=on))
    rows = ItemVersion.objects.filter(in_force).values_list("item__institution_id")
    return dict(rows.annotate(n=Count("item_id", distinct=True)).order_by())


def courses_by_prefix(*, on: date) -> dict[str, int]:
    """First two characters of a programme's code → how many courses its programmes in force ask for; one query.

    The national codes of majors begin with two digits that name the field.
    """
    programmes = Q(programme__retired_on=None) | Q(programme__retired_on__gt=on)
    rows = ProgrammeItem.objects.filter(programmes, programme__effective_from__lte=on)
    found = rows.values_list(Substr("programme__code", 1, 2)).annotate(n=Count("item_id", distinct=True))
    return dict(found.order_by())
