"""Public consultation: it opens with its end, anybody comments, every comment is answered, it closes."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from xuefen.bank.audit import actions as audit
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.clock import stamp
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.transaction import inside_transaction, use_case
from xuefen.bank.standards import states
from xuefen.bank.standards.actions.moving import lock, move, require
from xuefen.bank.standards.models import StandardComment, StandardComparison, StandardProposal
from xuefen.bank.standards.rules import life
from xuefen.bank.standards.types.life import (
    COMMENT_ANSWERED,
    COMMENT_FLOOD,
    COMMENT_TWICE,
    COMMENT_UNKNOWN,
    COMMENTS_OPEN,
    CONSULTATION_OVER,
    CONSULTATION_RUNNING,
    Event,
    State,
    Verdict,
)
from xuefen.bank.translog import actions as translog
from xuefen.bedrock.canon import canonical
from xuefen.bedrock.gm.sm3 import sm3
from xuefen.bedrock.names import mask_name
from xuefen.bedrock.workdays import BEIJING

MOST_A_DAY = 500
"""Comments one consultation takes in a day: a flood must not fill the disk. Addresses are bounded by the faces."""
NAME_MOST, PLACE_MOST = 40, 80


@use_case
def open_consultation(*, number: str, working_days: int, by: Actor, now: datetime) -> datetime:
    """Put a proposal before the public; the first moment that is too late for a comment.

    Raises ``Denied``: not_allowed, not_found, standard_move_not_allowed, standard_comparisons_missing,
    standard_comparisons_opposed, consultation_days.
    """
    require(by, "standards.publish")
    proposal = lock(number)
    states.after(State(proposal.state), Event.CONSULT)
    verdicts = StandardComparison.objects.filter(proposal=proposal).values_list("verdict", flat=True)
    life.check_compared_enough(Verdict(verdict) for verdict in verdicts)
    until = life.consultation_end(now=now, working_days=working_days)
    proposal.consulted_until = until
    about = {"until": stamp(until), "working_days": working_days}
    move(proposal, event=Event.CONSULT, by=by, now=now, leaf={"until": stamp(until)}, after=about)
    return until


@use_case
def comment(*, number: str, name: str, place: str, text: str, by: Actor, now: datetime) -> int:
    """Anybody comments on a proposal in consultation; the comment's place in the list. ``name`` may be empty, is kept
    masked; ``place`` is the chapter spoken of, or empty.

    Raises ``Denied``: consultation_over, comment_twice, comment_flood, standard_words_needed (and _long, _controls).
    """
    proposal = StandardProposal.objects.select_for_update().filter(number=number).first()
    if proposal is None or proposal.state != State.CONSULTING or now >= (proposal.consulted_until or now):
        raise Denied(CONSULTATION_OVER)
    who = life.checked_words(name, place="name", most=NAME_MOST, least=0)
    where = life.checked_words(place, place="place", most=PLACE_MOST, least=0)
    said = life.checked_words(text, place="text")
    digest = sm3(said.encode()).hex()
    earlier = StandardComment.objects.filter(proposal=proposal)
    if earlier.filter(text_digest=digest).exists():
        raise Denied(COMMENT_TWICE, place="text")
    if earlier.filter(said_at__gt=now - timedelta(days=1)).count() >= MOST_A_DAY:
        raise Denied(COMMENT_FLOOD)
    seq, salt = earlier.count() + 1, secrets.token_bytes(16)
    fact = {
        "kind": "standards.commented",
        "v": 1,
        "at": stamp(now),
        "proposal": number,
        "comment": seq,
        "said": sm3(salt + said.encode()).hex(),
    }
    StandardComment.objects.create(
        proposal=proposal,
        seq=seq,
        name=mask_name(who) if who else "",
        place=where,
        text=said,
        text_digest=digest,
        salt=salt,
        said_at=now,
        leaf_id=translog.append(body=canonical(fact)),
    )
    audit.record(action="standards.comment", by=by, now=now, subject=("standard", number), after={"comment": seq})
    return seq


@use_case
def answer_comment(*, number: str, seq: int, reply: str, withhold: bool, by: Actor, now: datetime) -> None:
    """Answer a comment; both are public from now on, the comment not when its words are withheld.

    Raises ``Denied``: not_allowed, not_found, comment_unknown, comment_answered, standard_words_needed (and _long,
    _controls).
    """
    require(by, "standards.publish")
    proposal = lock(number)
    found = StandardComment.objects.filter(proposal=proposal, seq=seq).first()
    if found is None:
        raise Denied(COMMENT_UNKNOWN)
    if found.replied_at is not None:
        raise Denied(COMMENT_ANSWERED)
    found.reply = life.checked_words(reply, place="reply")
    found.replied_by, found.replied_at, found.withheld = by.name, now, withhold
    found.save(update_fields=["reply", "replied_by", "replied_at", "withheld"])
    fact = {
        "kind": "standards.answered",
        "v": 1,
        "at": stamp(now),
        "proposal": number,
        "comment": seq,
        "withheld": withhold,
        "reply_sm3": sm3(found.reply.encode()).hex(),
    }
    translog.append(body=canonical(fact))
    audit.record(
        action="standards.answer",
        by=by,
        now=now,
        subject=("standard", number),
        after={"comment": seq, "withheld": withhold},
    )


@use_case
def close_consultation(*, number: str, by: Actor, now: datetime) -> None:
    """End a consultation whose time is up and whose comments are all answered.

    Raises ``Denied``: not_allowed, not_found, standard_move_not_allowed, consultation_running, comments_open.
    """
    require(by, "standards.publish")
    close(lock(number), by=by, now=now)


@inside_transaction
def close(proposal: StandardProposal, *, by: Actor, now: datetime) -> None:
    """``close_consultation`` on a locked proposal."""
    states.after(State(proposal.state), Event.CLOSE)
    until = proposal.consulted_until
    assert until is not None  # a proposal in consultation has its end
    if now < until:
        last = (until - timedelta(seconds=1)).astimezone(BEIJING).date()
        raise Denied(CONSULTATION_RUNNING, until=last.isoformat())
    unanswered = StandardComment.objects.filter(proposal=proposal, replied_at=None).count()
    if unanswered:
        raise Denied(COMMENTS_OPEN, count=unanswered)
    said = StandardComment.objects.filter(proposal=proposal).count()
    move(proposal, event=Event.CLOSE, by=by, now=now, leaf={"comments": said}, after={"comments": said})
