"""What happens to a rule after it is published."""

from __future__ import annotations

from datetime import date, datetime

from xuefen.bank.audit import actions as audit
from xuefen.bank.conversion import queries
from xuefen.bank.conversion.actions.pieces import leaf, require
from xuefen.bank.conversion.rules.life import checked_text
from xuefen.bank.conversion.types import RuleState
from xuefen.bank.conversion.types.drafts import RULE_ALREADY_RETIRED
from xuefen.bank.conversion.types.life import REASONS_NEEDED
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.transaction import use_case
from xuefen.bank.translog import actions as translog

REASON_MOST = 400


@use_case
def retire_rule(*, number: str, on: date, reason: str, by: Actor, now: datetime) -> None:
    """End a rule on a day: from then on no plan uses it; decisions made with it stand.

    A rule published for a limited time may end earlier. Contracts that keep a version stand.
    Raises ``Denied``: rule_unknown, rule_already_retired, not_allowed, reasons_needed.
    """
    rule = queries.lock_rule(number)
    require(by, [rule.receiver_id])
    if rule.state == RuleState.RETIRED or (rule.retired_on is not None and rule.retired_on <= on):
        raise Denied(RULE_ALREADY_RETIRED, number=number)
    reason = checked_text(reason, place="reason", most=REASON_MOST, missing=REASONS_NEEDED)
    rule.state, rule.retired_on = RuleState.RETIRED, max(on, rule.effective_from)
    rule.save(update_fields=["state", "retired_on"])
    translog.append(body=leaf("rule_retired", now, rule=number, version=rule.version, on=rule.retired_on.isoformat()))
    audit.record(
        action="rules.retired",
        by=by,
        now=now,
        subject=("rule", number),
        reason=reason,
        after={"on": rule.retired_on.isoformat()},
    )
