"""What ``xuefen prove`` asks of the applications."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Exists, F, Model, OuterRef, Q

from xuefen.bank.learners import queries as learners
from xuefen.bank.learners import rules as learner_rules
from xuefen.bank.learners.types import LearnerFacts
from xuefen.bank.ledger import queries as ledger
from xuefen.bank.recognition import states
from xuefen.bank.recognition.models import Application, ApplicationUse, Move
from xuefen.bank.recognition.types import Credit, Event, State
from xuefen.bank.shell.clock import stamp
from xuefen.bank.shell.queries import fetch
from xuefen.bank.shell.violation import Violation
from xuefen.bank.translog import queries as translog
from xuefen.bedrock.gm import sm3

_LEAFLESS = """
SELECT a.number, m.seq FROM move m JOIN application a ON a.id = m.application_id
WHERE NOT EXISTS (SELECT 1 FROM leaf l WHERE l.leaf_id = m.leaf_id)
  AND NOT EXISTS (SELECT 1 FROM queued_leaf q WHERE q.id = m.leaf_id)
ORDER BY m.id LIMIT 100
"""
_BROKEN_CHAINS = """
SELECT a.number, m.seq, m.from_state, m.event, m.to_state FROM (
    SELECT *, row_number() OVER w AS place, coalesce(lag(to_state) OVER w, 'new') AS came_to
    FROM move WINDOW w AS (PARTITION BY application_id ORDER BY seq)
) m JOIN application a ON a.id = m.application_id
WHERE m.seq <> m.place OR m.came_to <> m.from_state
ORDER BY m.id LIMIT 100
"""
_STRAYED = """
SELECT a.number, a.version, a.state, m.seq, m.to_state FROM application a
LEFT JOIN LATERAL (SELECT seq, to_state FROM move WHERE application_id = a.id ORDER BY seq DESC LIMIT 1) m ON true
WHERE (a.version, a.state) IS DISTINCT FROM (m.seq, m.to_state) ORDER BY a.id LIMIT 100
"""

_DECIDED = """
SELECT number, decided_by, reason_code, told FROM (
    SELECT a.id, a.number, a.decided_by, a.reason_code, ARRAY[
        coalesce(max(CASE WHEN m.event = 'silence' THEN 'silence' WHEN m.event IN ('approve', 'refuse') THEN 'person' END), ''),
        coalesce((array_agg(m.reason_code ORDER BY m.seq DESC) FILTER (WHERE m.reason_code <> ''))[1], '')] AS told
    FROM application a JOIN move m ON m.application_id = a.id GROUP BY a.id
) d WHERE ARRAY[decided_by::text, reason_code::text] <> told ORDER BY id LIMIT 100
"""


def violations() -> Iterator[Violation]:
    """I2: reservations agree with states. I5: every move has its leaf and is what it says. I7: every move is in the table,
    and the chain of moves leads without gap to where the application stands. I12: whoever waits has a deadline.
    """
    for number, seq in fetch(_LEAFLESS):
        yield Violation("I5", f"application {number}", f"move {seq} has no leaf")
    for number, seq, origin, event, to in fetch(_BROKEN_CHAINS):
        yield Violation(
            "I7", f"application {number}", f"move {seq} ({origin}, {event}, {to}) does not follow the one before"
        )
    for number, version, state, seq, to in fetch(_STRAYED):
        yield Violation("I7", f"application {number}", f"stands at {state} ({version}), its moves lead to {to} ({seq})")
    legal = Q(pk__in=())
    for (state, event), move in states.MOVES.items():
        legal |= Q(from_state=state, event=event, to_state=move.to)
    for number, seq in Move.objects.exclude(legal).order_by("id").values_list("application__number", "seq")[:100]:
        yield Violation("I7", f"application {number}", f"move {seq} is not in the table of moves")
    for number, decided_by, reason, told in fetch(_DECIDED):
        yield Violation("I7", f"application {number}", f"decided by {decided_by!r} ({reason!r}), its moves say {told}")
    yield from _leaf_violations()
    yield from _credit_violations()
    timeless = Application.objects.filter(Q(state__in=sorted(states.RUNNING)) ^ Q(due_at__isnull=False))
    for number in timeless.order_by("id").values_list("number", flat=True)[:100]:
        yield Violation("I12", f"application {number}", "deadline and state do not go together")


def _leaf_violations() -> Iterator[Violation]:
    """Every move the log tells of exists and says the same, the first one also of its plan and its holder."""
    columns = ("number", "plan", "credits", "learner_id", "standard_version__code", "standard_version__version",
               "programme__institution__code", "programme__code", "programme__version")  # fmt: skip
    for told in translog.facts("application.move"):
        numbers = {fact["application"] for _, fact in told}
        moves = Move.objects.filter(application__number__in=numbers).select_related("application")
        rows = {(move.application.number, move.seq): move for move in moves}
        about = {a["number"]: a for a in Application.objects.filter(number__in=numbers).values(*columns)}
        holders = learners.facts_of({a["learner_id"] for a in about.values()})
        for leaf_id, fact in told:
            subject, row = f"application {fact['application']}", rows.get((fact["application"], fact["seq"]))
            if row is None:
                yield Violation("I5", subject, f"leaf {leaf_id} tells of move {fact['seq']}, which does not exist")
                continue
            says = _fact_of(row)
            if row.seq == 1:
                application = about[fact["application"]]
                says |= _first_fact_of(application, holders[application["learner_id"]])
            wrong = [name for name, value in says.items() if value != fact.get(name, "")]
            if row.leaf_id != leaf_id:
                wrong.append("leaf_id")
            if wrong:
                yield Violation("I5", subject, f"move {row.seq} is not what leaf {leaf_id} says: {', '.join(wrong)}")


def _fact_of(move: Move) -> dict[str, object]:
    """What the leaf of a move must say, from its row."""
    return {
        "from": move.from_state,
        "event": move.event,
        "to": move.to_state,
        "reason": move.reason_code,
        "at": stamp(move.at),
    }


def _first_fact_of(application: dict[str, Any], holder: LearnerFacts) -> dict[str, object]:
    """What the leaf of an application's first move must say beyond the move."""
    place = "{programme__institution__code}/{programme__code}@{programme__version}"
    says: dict[str, object] = {
        "programme": place.format(**application),
        "standard": "{standard_version__code}/{standard_version__version}".format(**application),
        "plan": sm3(bytes(application["plan"])).hex(),
        "credits": application["credits"],
    }
    if holder.data_key is not None:
        salt = learner_rules.leaf_salt(holder.data_key, application["number"])
        says["holder"] = learner_rules.holder_commitment(salt, holder.account_no)
    return says


def _credit_violations() -> Iterator[Violation]:
    """Every use's reservation is open, redeemed or released as the application's state says, and for the same credit."""
    ended_by = {Credit.HELD: None, Credit.USED: "redeem", Credit.FREED: "release", Credit.RETURNED: "redeem"}
    uses = ApplicationUse.objects.order_by("id")
    same = Q(reservation__kind="reserve", reservation__amount=F("credits"), reservation__lot_id=F("outcome_id"))
    for number, pk in uses.exclude(same).values_list("application__number", "pk")[:100]:
        yield Violation("I2", f"application {number}", f"use {pk} is not what its reservation holds")
    transfers: type[Model] = ApplicationUse._meta.get_field("reservation").related_model
    made = transfers._default_manager
    lost = uses.filter(~Exists(made.filter(pk=OuterRef("reservation_id"))))
    for number, pk, reservation in lost.values_list("application__number", "pk", "reservation_id")[:100]:
        yield Violation(
            "I2", f"application {number}", f"use {pk} rests on transfer {reservation}, which does not exist"
        )
    for_nobody = made.filter(~Exists(uses.filter(reservation_id=OuterRef("pk"))), kind="reserve").order_by("id")
    for pk in for_nobody.values_list("pk", flat=True)[:100]:
        yield Violation("I2", f"transfer {pk}", "holds credit for no application")
    ends = made.filter(of_id=OuterRef("reservation_id"))
    for credit, kind in ended_by.items():
        those = [state for state, facts in states.STATES.items() if facts.credit is credit]
        wrong = Exists(ends) if kind is None else ~Exists(ends.filter(kind=kind))
        for number, pk in uses.filter(wrong, application__state__in=those).values_list("application__number", "pk")[
            :100
        ]:
            yield Violation("I2", f"application {number}", f"use {pk}: its credit should be {credit}")
    yield from _standing_violations()
    unused = Application.objects.filter(uses=None).order_by("id").values_list("number", flat=True)
    for number in unused[:100]:
        yield Violation("I2", f"application {number}", "uses no outcome")


def _standing_violations() -> Iterator[Violation]:
    """What an archived conversion uses is used in the books, once; what was undone or replaced is not; and in doubt is only
    what was taken back.
    """
    touched = Application.objects.filter(moves__event__in=(Event.DOUBT, Event.UNDO)) | Application.objects.filter(
        uses__replaces__isnull=False
    )
    for number, pk, state in touched.order_by("id").distinct().values_list("number", "pk", "state"):
        uses = dict(ApplicationUse.objects.filter(application_id=pk).values_list("reservation_id", "replaced_by"))
        standing = ledger.uses_standing(list(uses))
        for reservation, replaced_by in uses.items():
            may = state != State.UNDONE and replaced_by is None
            must = may and state == State.ARCHIVED
            if (reservation in standing and not may) or (must and reservation not in standing):
                yield Violation("I2", f"application {number}", f"{state}, and reservation {reservation} is not so used")
