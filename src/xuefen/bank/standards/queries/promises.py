"""What ``xuefen prove`` asks of the standards."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.models import Q

from xuefen.bank.shell.clock import stamp
from xuefen.bank.shell.queries import fetch
from xuefen.bank.shell.violation import Violation
from xuefen.bank.standards import states
from xuefen.bank.standards.models import StandardMove, StandardProposal, StandardSignature, StandardVersion
from xuefen.bank.standards.rules.life import COMPARISONS_NEEDED, SIGNATURES_NEEDED
from xuefen.bank.standards.types.life import Event, State
from xuefen.bank.translog import queries as translog
from xuefen.bedrock.canon import canonical
from xuefen.bedrock.gm import load_public
from xuefen.bedrock.gm.errors import KeyInvalid
from xuefen.bedrock.gm.sm3 import sm3

_BROKEN_CHAINS = """
SELECT p.number, m.seq, m.from_state, m.event, m.to_state FROM (
    SELECT *, row_number() OVER w AS place, coalesce(lag(to_state) OVER w, 'new') AS came_to
    FROM standard_move WINDOW w AS (PARTITION BY proposal_id ORDER BY seq)
) m JOIN standard_proposal p ON p.id = m.proposal_id
WHERE m.seq <> m.place OR m.came_to <> m.from_state
ORDER BY m.id LIMIT 100
"""
_STRAYED = """
SELECT p.number, p.state, m.to_state FROM standard_proposal p
LEFT JOIN LATERAL (SELECT seq, to_state FROM standard_move WHERE proposal_id = p.id ORDER BY seq DESC LIMIT 1) m ON true
WHERE (p.moves_made, p.state) IS DISTINCT FROM (m.seq, m.to_state) ORDER BY p.id LIMIT 100
"""
LEAVES = {Event.LOAD: "standards.loaded", Event.PUBLISH: "standards.published", Event.RETIRE: "standards.retired"}


def violations() -> Iterator[Violation]:
    """I5: moves are what their leaves say. I7: a body gives its digest, one version of a code a day, moves are in the table
    and end where the proposal stands, and what two persons must do was done by two persons.
    """
    yield from _versions()
    for number, seq, origin, event, to in fetch(_BROKEN_CHAINS):
        yield Violation(
            "I7", f"proposal {number}", f"move {seq} ({origin}, {event}, {to}) does not follow the one before"
        )
    for number, state, to in fetch(_STRAYED):
        yield Violation("I7", f"proposal {number}", f"stands at {state}, its moves lead to {to}")
    legal = Q(pk__in=())
    for (state, event), move in states.MOVES.items():
        legal |= Q(from_state=state, event=event, to_state=move.to)
    for number, seq in StandardMove.objects.exclude(legal).order_by("id").values_list("proposal__number", "seq")[:100]:
        yield Violation("I7", f"proposal {number}", f"move {seq} is not in the table of moves")
    for kind in ("standards.move", *LEAVES.values()):
        yield from _leaves(kind)
    for found in StandardProposal.objects.prefetch_related("comparisons", "signatures").defer("body"):
        yield from _persons(found)


def _versions() -> Iterator[Violation]:
    earlier: StandardVersion | None = None
    for row in StandardVersion.objects.order_by("code", "effective_from").select_related("proposal"):
        subject = f"standard {row.code}/{row.version}"
        if sm3(canonical(row.body)).hex() != row.digest:
            yield Violation("I7", subject, "the body does not give its digest")
        if earlier and earlier.code == row.code and (earlier.retired_on or date.max) > row.effective_from:
            yield Violation("I7", subject, f"in force together with version {earlier.version}")
        proposal = getattr(row, "proposal", None)
        if proposal is None or (proposal.code, proposal.version, proposal.digest) != (
            row.code,
            row.version,
            row.digest,
        ):
            yield Violation("I7", subject, "no proposal of this text was published")
        else:
            yield from _publication(row, proposal)
        earlier = row


def _publication(row: StandardVersion, proposal: StandardProposal) -> Iterator[Violation]:
    """What people published carries the node's signature over both names and the digest; what the house loaded, none."""
    subject = f"standard {row.code}/{row.version}"
    names = list(StandardSignature.objects.filter(proposal=proposal).order_by("id").values_list("name", flat=True))
    loaded = StandardMove.objects.filter(proposal=proposal, event=Event.LOAD).exists()
    if loaded:
        if names or row.publication:
            yield Violation("I7", subject, "loaded by the house and yet signed")
        return
    try:
        document = json.loads(bytes(row.publication))
        said, signature = document["publication"], document["signature"]
        key = load_public(signature["algorithm"], bytes.fromhex(signature["public_key"]))
        genuine = key.verify(canonical(said), base64.b64decode(signature["value"], validate=True))
    except (ValueError, KeyError, TypeError, KeyInvalid, binascii.Error):
        yield Violation("I7", subject, "its publication cannot be read")
        return
    if not genuine:
        yield Violation("I7", subject, "the signature of its publication does not verify")
    due = {"code": row.code, "version": row.version, "digest": row.digest, "signed_by": names}
    wrong = [name for name, value in due.items() if said.get(name) != value]
    if wrong:
        yield Violation("I7", subject, f"its publication says something else: {', '.join(wrong)}")


def _persons(found: StandardProposal) -> Iterator[Violation]:
    """Two experts before a consultation, two signatures before publication, none of them the proposer's."""
    subject, state = f"proposal {found.number}", State(found.state)
    experts = {one.user_id for one in found.comparisons.all()}
    signers = {one.user_id for one in found.signatures.all() if one.digest == found.digest}
    if found.proposed_by_id in experts | signers:
        yield Violation("I7", subject, "its proposer compared or signed it")
    if found.consulted_until is not None and len(experts) < COMPARISONS_NEEDED:
        yield Violation("I7", subject, f"went before the public after {len(experts)} comparisons")
    people = found.consulted_until is not None
    if people and state in states.IN_FORCE and len(signers) < SIGNATURES_NEEDED:
        yield Violation("I7", subject, f"published with {len(signers)} signatures")


def _leaves(kind: str) -> Iterator[Violation]:
    """Every move the log tells of exists and says the same, and every move of this kind is told."""
    events = [event for event, leaf in LEAVES.items() if leaf == kind] or [e for e in Event if e not in LEAVES]
    rows = {
        move.leaf_id: move
        for move in StandardMove.objects.filter(event__in=events).select_related("proposal").order_by("id")
    }
    for told in translog.facts(kind):
        for leaf_id, fact in told:
            move = rows.pop(leaf_id, None)
            if move is None:
                subject = f"standard {fact.get('code')}/{fact.get('version')}"
                yield Violation("I5", subject, f"leaf {leaf_id} tells of a move that does not exist")
                continue
            wrong = [name for name, value in _said_of(move).items() if value != fact.get(name)]
            if wrong:
                said = f"move {move.seq} is not what leaf {leaf_id} says: {', '.join(wrong)}"
                yield Violation("I5", f"proposal {move.proposal.number}", said)
    for move in rows.values():
        yield Violation("I5", f"proposal {move.proposal.number}", f"move {move.seq} has no leaf")


def _said_of(move: StandardMove) -> dict[str, Any]:
    """What the leaf of a move must say, from its row."""
    proposal = move.proposal
    said: dict[str, Any] = {
        "at": stamp(move.at),
        "code": proposal.code,
        "version": proposal.version,
        "digest": proposal.digest,
    }
    if move.event not in LEAVES:
        said |= {"from": move.from_state, "event": move.event, "to": move.to_state}
    if move.event != Event.LOAD:
        said |= {"proposal": proposal.number, "seq": move.seq}
    return said
