"""Reading erasures: what is asked, what stands in the way, what is promised."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import QuerySet

from xuefen.bank.conversion import queries as conversion
from xuefen.bank.custody.models import Erasure
from xuefen.bank.custody.types import ERASURE_UNKNOWN, Basis, ErasureFacts, ErasureState
from xuefen.bank.intake import queries as intake
from xuefen.bank.learners import queries as learners
from xuefen.bank.places.queries import inside
from xuefen.bank.recognition import queries as recognition
from xuefen.bank.shell.actor import Scope
from xuefen.bank.shell.clock import stamp
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.violation import Violation
from xuefen.bank.translog import queries as translog
from xuefen.bedrock import ids

UNDER_WAY = (ErasureState.REQUESTED, ErasureState.ASKED)


def erasures(scope: Scope) -> QuerySet[Erasure]:
    """The erasures inside a scope, newest first."""
    reached = inside(scope, place="learner__place__path", learner="learner_id")
    return Erasure.objects.filter(reached).select_related("learner", "asked_by", "confirmed_by").order_by("-id")


def waiting(scope: Scope) -> list[ErasureFacts]:
    """What is requested or waits for the second officer."""
    return [facts(row) for row in erasures(scope).filter(state__in=UNDER_WAY)]


def ended(scope: Scope, *, limit: int) -> list[ErasureFacts]:
    """The last ones that were confirmed or declined."""
    return [facts(row) for row in erasures(scope).exclude(state__in=UNDER_WAY)[:limit]]


def latest(scope: Scope, learner_id: int) -> ErasureFacts | None:
    """The last thing that was said about erasing this learner; None when nobody ever asked."""
    row = erasures(scope).filter(learner_id=learner_id, again=False).first()
    return facts(row) if row is not None else None


def one(scope: Scope, erasure_id: int) -> Erasure:
    """One erasure. Raises ``Denied(erasure_unknown)``."""
    row = erasures(scope).filter(pk=erasure_id).first()
    if row is None:
        raise Denied(ERASURE_UNKNOWN)
    return row


def facts(row: Erasure) -> ErasureFacts:
    """One erasure for a page."""
    return ErasureFacts(
        id=row.pk,
        learner_id=row.learner_id,
        account_no=row.learner.account_no,
        masked_name=row.learner.masked_name,
        state=ErasureState(row.state),
        basis=Basis(row.basis) if row.basis else None,
        requested_at=row.requested_at,
        asked_by_id=row.asked_by_id,
        asked_by=row.asked_by.display_name if row.asked_by else "",
        asked_at=row.asked_at,
        confirmed_by=row.confirmed_by.display_name if row.confirmed_by else "",
        confirmed_at=row.confirmed_at,
        declined_at=row.declined_at,
        destroyed_at=row.destroyed_at,
    )


def in_the_way(learner_id: int) -> list[tuple[str, str]]:
    """What is still running for this learner, in Chinese and in English."""
    found = (
        (("申请", "application"), recognition.under_way(learner_id)),
        (("合同", "contract"), conversion.contracts_under_way(learner_id)),
        (("存入单", "deposit slip"), intake.under_way(learner_id)),
    )
    return [(f"{zh} {ids.display(n)}", f"{en} {ids.display(n)}") for (zh, en), numbers in found for n in numbers]


def violations() -> Iterator[Violation]:
    """I4, I5: who is erased was erased by two officers, the log says so, and the keys are destroyed."""
    rows = list(Erasure.objects.filter(state=ErasureState.CONFIRMED).select_related("learner").order_by("id"))
    for row in rows:
        subject = f"account {row.learner.account_no}"
        if row.learner.wrapped_key is not None:
            yield Violation("I4", subject, "its erasure is confirmed, but the person is still there")
        if row.destroyed_at is None:
            yield Violation("I4", subject, "erased from the database, but half of its key is not destroyed yet")
    by_two = {row.learner_id for row in rows}
    for learner_id in sorted(learners.erased_ids() - by_two):
        yield Violation("I4", f"learner {learner_id}", "erased, but no two officers confirmed it")
    at = {row.leaf_id: row.confirmed_at for row in rows if row.leaf_id is not None}
    for told in translog.facts("learner.erased"):
        for leaf_id, fact in told:
            moment = at.pop(leaf_id, None)
            if moment is None or stamp(moment) != fact["at"]:
                yield Violation("I5", f"leaf {leaf_id}", "tells of an erasure that is not recorded so")
    for leaf_id in at:
        yield Violation("I5", f"erasure with leaf {leaf_id}", "no leaf says so")
