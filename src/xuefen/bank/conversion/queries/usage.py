"""How many rules concern an item."""

from __future__ import annotations

from datetime import date

from xuefen.bank.conversion.models import RuleSource, RuleTarget
from xuefen.bank.conversion.queries.versions import in_force
from xuefen.bank.institutions.queries import institutions
from xuefen.bank.shell.actor import EVERYTHING


def rules_of_item(item_id: int, *, on: date) -> tuple[int, int]:
    """How many rules in force take from the item, and how many give (or deny) it; two queries by index."""
    # The index leads with the receiver; there are far fewer institutions than rules.
    receivers = institutions(EVERYTHING).values("pk")
    taking = RuleSource.objects.filter(item_id=item_id, receiver_id__in=receivers).values("rule_id")
    giving = RuleTarget.objects.filter(item_id=item_id).values("rule_id")
    live = in_force(on)
    return live.filter(id__in=taking).count(), live.filter(id__in=giving).count()
