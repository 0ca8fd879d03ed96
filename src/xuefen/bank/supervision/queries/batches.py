"""What revoking a whole batch would touch, said before anybody decides it."""

from __future__ import annotations

from xuefen.bank.deposits import queries as deposits
from xuefen.bank.recognition import queries as applications
from xuefen.bank.recognition.states import UNDER_WAY
from xuefen.bank.shell.actor import Scope
from xuefen.bank.supervision.types import BatchPreview


def batch_preview(scope: Scope, number: str) -> BatchPreview:
    """Three queries, whatever the size. Raises ``Denied(batch_unknown)``, the same when it is out of reach."""
    batch = deposits.batch(scope, number)
    left = deposits.remaining(batch.id)
    uses = applications.uses_of_batch(batch.id)
    running = [counts for state, counts in uses.items() if state in UNDER_WAY]
    settled = [counts for state, counts in uses.items() if state not in UNDER_WAY]
    return BatchPreview(
        outcomes=left.outcomes,
        learners=left.learners,
        credits=left.credits,
        corrected=left.corrected,
        revoked=left.revoked,
        applications=sum(n for n, _, _ in running),
        held=sum(used for _, _, used in running),
        conversions=sum(n for n, _, _ in settled),
        converted=sum(n for _, n, _ in settled),
        used=sum(used for _, _, used in settled),
    )
