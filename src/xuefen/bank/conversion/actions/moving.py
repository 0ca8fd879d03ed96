"""The one mover of proposals and contracts: nothing else changes their state."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from xuefen.bank.audit import actions as audit
from xuefen.bank.conversion.actions.pieces import leaf
from xuefen.bank.conversion.models import Contract, ContractMove, Proposal, ProposalMove
from xuefen.bank.conversion.states import CONTRACT, PROPOSAL
from xuefen.bank.conversion.types.life import ContractEvent, ContractState, ProposalEvent, ProposalState
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.transaction import inside_transaction
from xuefen.bank.translog import actions as translog


@inside_transaction
def move_proposal(
    proposal: Proposal, *, event: ProposalEvent, by: Actor, now: datetime, note: str = "", **facts: Any
) -> None:
    """Make one move of a locked (or new) proposal: its state, its row, its audit entry, its leaf with ``facts``."""
    origin = ProposalState(proposal.state)
    proposal.state, proposal.moves, proposal.changed_at = PROPOSAL.after(origin, event), proposal.moves + 1, now
    proposal.save()
    said = {"seq": proposal.moves, "from": origin, "event": event, "to": proposal.state, "revision": proposal.revision}
    ProposalMove.objects.create(
        proposal=proposal,
        seq=proposal.moves,
        from_state=origin,
        event=event,
        to_state=proposal.state,
        actor_name=by.name,
        note=note,
        at=now,
        leaf_id=translog.append(body=leaf("proposal_move", now, proposal=proposal.number, **said, **facts)),
    )
    audit.record(
        action=f"proposal.{event}",
        by=by,
        now=now,
        subject=("proposal", proposal.number),
        before={"state": origin},
        after={"state": proposal.state, "revision": proposal.revision},
    )


@inside_transaction
def move_contract(
    contract: Contract, *, event: ContractEvent, by: Actor, now: datetime, note: str = "", **facts: Any
) -> None:
    """Make one move of a locked (or new) contract. Learners' names stay out of it."""
    origin = ContractState(contract.state)
    contract.state, contract.moves = CONTRACT.after(origin, event), contract.moves + 1
    contract.save()
    said = {"seq": contract.moves, "from": origin, "event": event, "to": contract.state}
    ContractMove.objects.create(
        contract=contract,
        seq=contract.moves,
        from_state=origin,
        event=event,
        to_state=contract.state,
        actor_kind=by.kind,
        actor_name=by.name if by.kind == "staff" else "",
        note=note,
        at=now,
        leaf_id=translog.append(body=leaf("contract_move", now, contract=contract.number, **said, **facts)),
    )
    audit.record(
        action=f"contract.{event}",
        by=by,
        now=now,
        subject=("contract", contract.number),
        before={"state": origin},
        after={"state": contract.state},
    )
