"""Figures of a scope, and the survey of all accounts that previews read."""

from __future__ import annotations

from datetime import date

from django.db.models import Count, Max, QuerySet, Sum
from django.db.models.functions import ExtractYear

from xuefen.bank.deposits.models import Outcome
from xuefen.bank.deposits.queries.about_batches import batches
from xuefen.bank.deposits.queries.about_outcomes import outcomes
from xuefen.bank.deposits.types import (
    Held,
    OutcomeState,
)
from xuefen.bank.shell.actor import Scope


def held_versions() -> dict[int, int]:
    """Item version → how many valid outcomes of it are held; one query over all outcomes."""
    rows = Outcome.objects.filter(state=OutcomeState.VALID).values_list("item_version_id").annotate(n=Count("id"))
    return dict(rows.order_by())


def last_learner() -> int:
    """The highest id of a learner who holds an outcome, 0 when nobody does."""
    return Outcome.objects.aggregate(last=Max("learner_id"))["last"] or 0


_HELD = (
    "learner_id", "learner__account_no", "id", "item_version_id", "item_version__item_id", "issuer_id", "outcome_class",
    "level", "credits", "quality", "grade", "mark", "hours", "awarded_on", "assurance",
)  # fmt: skip


def held_by(after: int, upto: int) -> list[Held]:
    """The valid outcomes of all learners with after < id ≤ upto, account by account; one query, by index.

    Not scoped: for previews over all accounts, which show sums and masked examples only.
    """
    rows = Outcome.objects.filter(learner_id__gt=after, learner_id__lte=upto, state=OutcomeState.VALID)
    return [Held(*row) for row in rows.order_by("learner_id", "id").values_list(*_HELD)]


def sums_by_year(scope: Scope, learner_id: int | None = None) -> list[tuple[int, str, int, int]]:
    """(year of award, class, outcomes, credits in hundredths) of the valid outcomes in the scope; one query."""
    found = _valid(scope, learner_id).annotate(year=ExtractYear("awarded_on"))
    rows = found.values("year", "outcome_class").annotate(n=Count("id"), sum=Sum("credits"))
    return [(r["year"], r["outcome_class"], r["n"], r["sum"]) for r in rows.order_by("year", "outcome_class")]


def sums_by_class(scope: Scope, learner_id: int | None = None) -> dict[str, tuple[int, int]]:
    """class → (outcomes, credits in hundredths) of the valid outcomes in the scope; one query."""
    rows = _valid(scope, learner_id).values("outcome_class").annotate(n=Count("id"), sum=Sum("credits"))
    return {r["outcome_class"]: (r["n"], r["sum"]) for r in rows.order_by("outcome_class")}


def deposits_by_day(scope: Scope, *, since: date) -> list[tuple[date, int, int]]:
    """(day, accepted rows, credits) of the batches received in the scope since that day, oldest first; one query."""
    rows = batches(scope).order_by().filter(received_at__date__gte=since).values("received_at__date")
    rows = rows.annotate(n=Sum("accepted"), sum=Sum("credits")).order_by("received_at__date")
    return [(r["received_at__date"], r["n"], r["sum"]) for r in rows]


def _valid(scope: Scope, learner_id: int | None) -> QuerySet[Outcome]:
    found = outcomes(scope).order_by().filter(state=OutcomeState.VALID)
    return found if learner_id is None else found.filter(learner_id=learner_id)
