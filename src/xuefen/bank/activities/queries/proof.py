"""What ``xuefen prove`` asks of this room."""

from __future__ import annotations

from collections.abc import Iterator

from xuefen.bank.activities.models import Participation, ParticipationWithdrawal
from xuefen.bank.learners import queries as learners
from xuefen.bank.learners import rules as learner_rules
from xuefen.bank.shell.clock import stamp
from xuefen.bank.shell.queries import fetch
from xuefen.bank.shell.violation import Violation
from xuefen.bank.translog import queries as translog

_ADDS_UP = """
SELECT g.number, g.participations, coalesce(u.n, 0), g.learners, coalesce(d.n, 0), g.outcomes, coalesce(d.made, 0),
       g.credits, coalesce(d.credits, 0)
FROM gathering g
LEFT JOIN (SELECT gathering_id, count(*) AS n, count(*) FILTER (WHERE credits > 0) AS made, sum(credits) AS credits
           FROM gathered GROUP BY 1) d ON d.gathering_id = g.id
LEFT JOIN (SELECT d.gathering_id, count(*) AS n FROM gathered_use u JOIN gathered d ON d.id = u.gathered_id GROUP BY 1) u
       ON u.gathering_id = g.id
WHERE (g.participations, g.learners, g.outcomes, g.credits)
      IS DISTINCT FROM (coalesce(u.n, 0), coalesce(d.n, 0), coalesce(d.made, 0), coalesce(d.credits, 0))
ORDER BY 1 LIMIT 100
"""
_USES_OWN = """
SELECT p.number FROM gathered_use u JOIN gathered d ON d.id = u.gathered_id JOIN participation p ON p.id = u.participation_id
LEFT JOIN participation_withdrawal w ON w.participation_id = p.id
JOIN activity_scheme s ON s.id = p.scheme_id
WHERE (p.learner_id, p.institution_id, s.code, p.period) IS DISTINCT FROM (d.learner_id, d.institution_id, d.code, d.period)
   OR w.participation_id IS NOT NULL
ORDER BY 1 LIMIT 100
"""
_DEPOSITED = """
SELECT g.number, b.accepted + b.refused + b.duplicates, g.outcomes FROM gathering g JOIN batch b ON b.id = g.batch_id
WHERE b.state = 'done' AND b.read <> g.outcomes ORDER BY 1 LIMIT 100
"""
_OWN_DEED = """
SELECT p.number FROM participation p JOIN learner l ON l.id = p.learner_id
WHERE p.deed_id IS NOT NULL AND (p.confirmed_learner_id = p.learner_id OR p.confirmed_user_id = l.user_id)
ORDER BY 1 LIMIT 100
"""


def violations() -> Iterator[Violation]:
    """I11 a gathering counts what its rows are; I2 every participation is used once, by its own learner's period; I7 nobody
    confirmed their own good deed; I5 every confirmed participation is what its leaf says.
    """
    for number, *found in fetch(_ADDS_UP):
        yield Violation(
            "I11", f"gathering {number}", f"counted and found (participations, learners, outcomes, credits): {found}"
        )
    for number, read, outcomes in fetch(_DEPOSITED):
        yield Violation("I11", f"gathering {number}", f"its batch read {read} rows, it made {outcomes} outcomes")
    for (number,) in fetch(_USES_OWN):
        yield Violation("I2", f"participation {number}", "used in a period that is not its own, or used and withdrawn")
    for (number,) in fetch(_OWN_DEED):
        yield Violation("I7", f"participation {number}", "a good deed confirmed by its own learner")
    yield from _leaf_violations()


def _leaf_violations() -> Iterator[Violation]:
    """Every participation has its leaf, which says the same; the same for what was taken back."""
    told: set[int] = set()
    for facts in translog.facts("participation.confirmed"):
        ids = [leaf_id for leaf_id, _ in facts]
        told.update(ids)
        rows = {row.leaf_id: row for row in Participation.objects.filter(leaf_id__in=ids)}
        people = learners.facts_of({row.learner_id for row in rows.values()})
        for leaf_id, fact in facts:
            row = rows.get(leaf_id)
            if row is None:
                yield Violation("I5", f"leaf {leaf_id}", "confirms a participation that does not exist")
                continue
            person = people[row.learner_id]
            holder = fact["holder"]
            if person.data_key is not None:  # an erased person's leaf can no longer be told from others
                holder = learner_rules.holder_commitment(
                    learner_rules.leaf_salt(person.data_key, row.number), person.account_no
                )
            kept = (
                row.number,
                row.kind,
                row.period,
                row.happened_on.isoformat(),
                row.how,
                stamp(row.confirmed_at),
                holder,
            )
            said = tuple(
                fact[k] for k in ("participation", "activity_kind", "period", "happened_on", "how", "at", "holder")
            )
            if kept != said:
                yield Violation("I5", f"participation {row.number}", f"not what leaf {leaf_id} says")
    for number, leaf_id in Participation.objects.values_list("number", "leaf_id").iterator():
        if leaf_id not in told:
            yield Violation("I5", f"participation {number}", "has no leaf")
    gone = {fact["participation"] for facts in translog.facts("participation.withdrawn") for _, fact in facts}
    for number in ParticipationWithdrawal.objects.values_list("participation__number", flat=True).iterator():
        if number not in gone:
            yield Violation("I5", f"participation {number}", "was withdrawn without a leaf")
