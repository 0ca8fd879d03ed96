"""What ``xuefen prove`` asks of the slips."""

from __future__ import annotations

from collections.abc import Iterator

from xuefen.bank.evidence import queries as evidence
from xuefen.bank.intake import rules, states
from xuefen.bank.intake.models import Slip, SlipFile, SlipMove
from xuefen.bank.intake.types import Event, Kind, State
from xuefen.bank.learners import queries as learners
from xuefen.bank.learners import rules as learner_rules
from xuefen.bank.shell.clock import stamp
from xuefen.bank.shell.queries import fetch
from xuefen.bank.shell.violation import Violation
from xuefen.bank.translog import queries as translog
from xuefen.bedrock.gm import DecryptionFailed

_STRAYED = """
SELECT s.number, s.version, s.state, m.seq, m.to_state FROM slip s
LEFT JOIN LATERAL (SELECT seq, to_state FROM slip_move WHERE slip_id = s.id ORDER BY seq DESC LIMIT 1) m ON true
WHERE (s.version, s.state) IS DISTINCT FROM (coalesce(m.seq, 0), coalesce(m.to_state, 'draft')) ORDER BY s.id LIMIT 100
"""
_OUTCOMES = """
SELECT s.number FROM slip s LEFT JOIN outcome o ON o.id = s.outcome_id LEFT JOIN batch b ON b.id = o.batch_id
WHERE (s.state IN ('accepted', 'claimed')) IS DISTINCT FROM (o.id IS NOT NULL)
   OR (o.id IS NOT NULL AND (o.learner_id <> s.learner_id OR o.issuer_id <> s.issuer_id OR b.file_name <> s.number
       OR o.natural_key <> s.natural_key))
ORDER BY s.id LIMIT 100
"""
_ORPHANS = """
SELECT b.number FROM batch b LEFT JOIN slip s ON s.number = b.file_name AND s.state IN ('accepted', 'claimed')
WHERE b.source IN ('single', 'award') AND s.id IS NULL ORDER BY b.id LIMIT 100
"""
_SELF_CHECKED = "SELECT number FROM slip WHERE decided_by_id IN (opened_by_id, sent_by_id) ORDER BY id LIMIT 100"


def violations() -> Iterator[Violation]:
    """I7: a slip stands where its moves lead, nobody checked their own; I3: it became the one outcome it speaks of; I5: its moves
    and the log say the same, its content and evidence are what was sent.
    """
    for number, version, state, seq, to_state in fetch(_STRAYED):
        yield Violation("I7", f"slip {number}", f"stands at {version} {state}, its moves lead to {seq} {to_state}")
    for (number,) in fetch(_SELF_CHECKED):
        yield Violation("I7", f"slip {number}", "checked by the person who filled it in")
    for (number,) in fetch(_OUTCOMES):
        yield Violation("I3", f"slip {number}", "its outcome is missing, or not the one it speaks of")
    for (number,) in fetch(_ORPHANS):
        yield Violation("I3", f"batch {number}", "no slip led to it")
    yield from _leaf_violations()
    yield from _content_violations()


def _leaf_violations() -> Iterator[Violation]:
    moves = {move.leaf_id: move for move in SlipMove.objects.select_related("slip").order_by("id").iterator(2000)}
    for told in translog.facts("slip.move"):
        for leaf_id, fact in told:
            subject, move = f"slip {fact['slip']}", moves.pop(leaf_id, None)
            if move is None:
                yield Violation("I5", subject, f"leaf {leaf_id} speaks of a move that is not there")
                continue
            says = (
                fact["slip"],
                fact["seq"],
                fact["from"],
                fact["event"],
                fact["to"],
                fact["at"],
                fact.get("reason", ""),
            )
            is_so = (
                move.slip.number,
                move.seq,
                move.from_state,
                move.event,
                move.to_state,
                stamp(move.at),
                move.reason_code,
            )
            if says != is_so:
                yield Violation("I5", subject, f"not what leaf {leaf_id} says of move {move.seq}")
    for move in moves.values():
        yield Violation("I5", f"slip {move.slip.number}", f"no leaf speaks of move {move.seq}")


def _content_violations() -> Iterator[Violation]:
    """What stands in a slip and lies with it is what the leaf of its last sending commits to, unless it is being changed."""
    last: dict[str, dict[str, object]] = {}
    for told in translog.facts("slip.move"):
        for _, fact in told:
            if fact["event"] in (Event.SEND, Event.OFFER):
                last[str(fact["slip"])] = fact
    found = Slip.objects.exclude(state__in=states.EDITABLE).filter(number__in=list(last)).order_by("id")
    for slip in found.iterator(500):
        holder = learners.facts_of([slip.learner_id])[slip.learner_id]
        if holder.data_key is None:
            continue
        subject, fact = f"slip {slip.number}", last[slip.number]
        salt = learner_rules.leaf_salt(holder.data_key, slip.number)
        file_ids = list(SlipFile.objects.filter(slip=slip).values_list("file_id", flat=True).distinct())
        try:
            form = rules.open_form(bytes(slip.sealed), data_key=holder.data_key, number=slip.number)
        except DecryptionFailed:
            yield Violation("I5", subject, "its form cannot be opened")
            continue
        due = rules.content_commitments(form, evidence.marks(file_ids), salt=salt)
        due["holder"] = learner_rules.holder_commitment(salt, holder.account_no)
        wrong = [name for name, value in due.items() if fact[name] != value]
        withdrawn_draft = slip.kind == Kind.SUBMISSION and slip.state in (State.WITHDRAWN, State.LAPSED)
        if wrong and not (withdrawn_draft and "holder" not in wrong):
            yield Violation("I5", subject, f"not what was sent: {', '.join(wrong)}")
