"""What ``xuefen prove`` asks of supervision."""

from __future__ import annotations

from collections.abc import Iterator

from xuefen.bank.shell.queries import fetch
from xuefen.bank.shell.violation import Violation
from xuefen.bank.translog import queries as translog

_UNDECIDED = """
SELECT a.number, 'in doubt, but no arbitration about it is open' FROM application a
WHERE a.state = 'in_doubt' AND NOT EXISTS (
    SELECT 1 FROM arbitrated_application x JOIN arbitration r ON r.id = x.arbitration_id
    WHERE x.application_id = a.id AND r.state = 'open')
UNION ALL
SELECT a.number, a.state || ', but an arbitration about it is open' FROM application a
JOIN arbitrated_application x ON x.application_id = a.id JOIN arbitration r ON r.id = x.arbitration_id
WHERE r.state = 'open' AND a.state NOT IN ('in_doubt', 'undone')
ORDER BY 1 LIMIT 100
"""
_SAME_PERSON = """
SELECT number FROM arbitration
WHERE state <> 'open' AND (decided_by_id IS NULL OR decided_by_id = opened_by_id) ORDER BY 1 LIMIT 100
"""
_NOT_CARRIED_OUT = """
SELECT r.number, r.state, o.number, n.event FROM arbitration r
JOIN outcome o ON o.id = r.outcome_id JOIN outcome_change c ON c.id = r.change_id
LEFT JOIN outcome_change n ON n.outcome_id = c.outcome_id AND n.seq = c.seq + 1
WHERE (r.state = 'overturned') <> (n.event IS NOT DISTINCT FROM 'reinstated')
ORDER BY 1 LIMIT 100
"""
_ALARMS_STRAYED = """
SELECT a.number, a.state, a.version, s.to_state, s.seq FROM alarm a
LEFT JOIN LATERAL (SELECT seq, to_state FROM alarm_step WHERE alarm_id = a.id ORDER BY seq DESC LIMIT 1) s ON true
WHERE (a.version, a.state) IS DISTINCT FROM (s.seq, s.to_state) ORDER BY 1 LIMIT 100
"""


def violations() -> Iterator[Violation]:
    """I7: whoever decides is another person, and what was decided is so. I8, I12: what is in doubt is with an arbiter. I5: each
    has its leaves.
    """
    for number, found in fetch(_UNDECIDED):
        yield Violation("I12", f"application {number}", str(found))
    for (number,) in fetch(_SAME_PERSON):
        yield Violation("I7", f"arbitration {number}", "was not decided by a second person")
    for number, state, outcome, event in fetch(_NOT_CARRIED_OUT):
        yield Violation("I7", f"arbitration {number}", f"{state}, but outcome {outcome} was then {event}")
    yield from _leaf_violations()
    for number, state, version, leads_to, seq in fetch(_ALARMS_STRAYED):
        yield Violation("I7", f"alarm {number}", f"stands at {state} ({version}), its moves lead to {leads_to} ({seq})")
    yield from _alarm_leaf_violations()


def _alarm_leaf_violations() -> Iterator[Violation]:
    sql = "SELECT s.leaf_id, a.number, s.seq, s.event, s.to_state FROM alarm_step s JOIN alarm a ON a.id = s.alarm_id"
    rows = {leaf_id: tuple(says) for leaf_id, *says in fetch(sql)}
    for told in translog.facts("alarm.moved"):
        for leaf_id, fact in told:
            says = (fact["alarm"], fact["seq"], fact["event"], fact["to"])
            if rows.pop(leaf_id, None) != says:
                yield Violation("I5", f"alarm {fact['alarm']}", f"step {fact['seq']} is not what leaf {leaf_id} says")
    for leaf_id, (number, seq, *_) in sorted(rows.items()):
        yield Violation("I5", f"alarm {number}", f"step {seq} without its leaf {leaf_id}")


def _leaf_violations() -> Iterator[Violation]:
    rows = fetch("SELECT open_leaf_id, number, 'opened' FROM arbitration")
    rows += fetch("SELECT leaf_id, number, state FROM arbitration WHERE leaf_id IS NOT NULL")
    expected = {leaf: (number, wanted) for leaf, number, wanted in rows}
    for kind in ("arbitration.opened", "arbitration.decided"):
        for told in translog.facts(kind):
            for leaf_id, fact in told:
                says = (fact["arbitration"], fact.get("decision", "opened"))
                if expected.pop(leaf_id, None) != says:
                    yield Violation("I5", f"arbitration {says[0]}", f"leaf {leaf_id} says {says[1]}, its row does not")
    for leaf_id, (number, wanted) in sorted(expected.items()):
        yield Violation("I5", f"arbitration {number}", f"{wanted} without its leaf {leaf_id}")
