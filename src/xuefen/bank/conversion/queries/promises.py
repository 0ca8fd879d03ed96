"""What `xuefen prove` finds wrong with proposals, agreements and contracts."""

from __future__ import annotations

from collections.abc import Iterator

from xuefen.bank.shell.queries import fetch
from xuefen.bank.shell.violation import Violation

_LEAFLESS = """
SELECT '{0} ' || s.number, m.seq FROM {0}_move m JOIN {0} s ON s.id = m.{0}_id
WHERE NOT EXISTS (SELECT 1 FROM leaf l WHERE l.leaf_id = m.leaf_id)
  AND NOT EXISTS (SELECT 1 FROM queued_leaf q WHERE q.id = m.leaf_id)
ORDER BY m.id LIMIT 100
"""
_STRAYED = """
SELECT '{0} ' || s.number, s.moves, s.state, m.seq, m.to_state FROM {0} s
LEFT JOIN LATERAL (SELECT seq, to_state FROM {0}_move WHERE {0}_id = s.id ORDER BY seq DESC LIMIT 1) m ON true
WHERE (s.moves, s.state) IS DISTINCT FROM (m.seq, m.to_state) ORDER BY s.id LIMIT 100
"""
_BROKEN_CHAINS = """
SELECT '{0} ' || s.number, m.seq FROM (
    SELECT *, row_number() OVER w AS place, coalesce(lag(to_state) OVER w, 'new') AS came_to
    FROM {0}_move WINDOW w AS (PARTITION BY {0}_id ORDER BY seq)
) m JOIN {0} s ON s.id = m.{0}_id
WHERE m.seq <> m.place OR m.came_to <> m.from_state OR NOT {0}_move_is_in_table(m.from_state, m.event, m.to_state)
ORDER BY m.id LIMIT 100
"""
_TOO_FEW_EXPERTS = """
SELECT 'proposal ' || p.number, count(*) FILTER (WHERE o.verdict = 'agree'), count(o.id) FROM proposal p
LEFT JOIN opinion o ON o.proposal_id = p.id AND o.revision = p.revision
WHERE p.state IN ('signing', 'signed', 'published') GROUP BY p.id
HAVING count(*) FILTER (WHERE o.verdict = 'agree') < 2
    OR 2 * count(*) FILTER (WHERE o.verdict = 'agree') <= count(o.id)
ORDER BY p.id LIMIT 100
"""
_NOT_INDEPENDENT = """
SELECT 'proposal ' || p.number, o.expert_id FROM opinion o JOIN proposal p ON p.id = o.proposal_id
WHERE EXISTS (SELECT 1 FROM proposal_revision r WHERE r.proposal_id = p.id AND r.author_id = o.expert_id)
   OR EXISTS (SELECT 1 FROM proposal_signature g
              WHERE g.proposal_id = p.id AND g.revision = o.revision AND g.signer_id = o.expert_id)
ORDER BY o.id LIMIT 100
"""
_TOO_FEW_SIGNERS = """
SELECT 'proposal ' || p.number, count(DISTINCT g.signer_id) FROM proposal p
LEFT JOIN proposal_signature g ON g.proposal_id = p.id AND g.revision = p.revision
WHERE p.state IN ('signed', 'published') GROUP BY p.id HAVING count(DISTINCT g.signer_id) < 2 ORDER BY p.id LIMIT 100
"""
_UNSIGNED_CONTRACTS = """
SELECT 'contract ' || c.number, count(DISTINCT g.side), count(DISTINCT g.signer_id) FROM contract c
LEFT JOIN contract_signature g ON g.contract_id = c.id
WHERE c.state IN ('in_force', 'ended') GROUP BY c.id
HAVING (count(DISTINCT g.side), count(DISTINCT g.signer_id)) <> (3::bigint, 3::bigint) ORDER BY c.id LIMIT 100
"""
_ODD_SHARES = """
SELECT 'agreement ' || a.number, t.version FROM alliance_terms t JOIN agreement a ON a.id = t.agreement_id
WHERE jsonb_array_length(coalesce(t.body->'shares', '[]')) > 0
  AND (SELECT sum((s->>'percent')::int) FROM jsonb_array_elements(t.body->'shares') s) <> 100 ORDER BY t.id LIMIT 100
"""
_OUTLIVED = """
SELECT 'rule ' || r.number, r.version FROM rule r JOIN agreement_member m ON m.agreement_id = r.agreement_id
  AND m.institution_id = r.receiver_id AND m.left_on IS NOT NULL
WHERE r.effective_from < m.left_on AND coalesce(r.retired_on, 'infinity'::date) > m.left_on
  AND NOT EXISTS (SELECT 1 FROM agreement_member n WHERE n.agreement_id = m.agreement_id
                  AND n.institution_id = m.institution_id AND n.joined_on >= m.left_on)
ORDER BY r.id LIMIT 100
"""


def life_violations() -> Iterator[Violation]:
    """I5: every move has its leaf. I7: moves follow their table without a gap and lead to where the subject stands; two
    independent experts and two signers carried what was published, three persons what is guaranteed; shares add up; no rule
    outlives its receiver's membership.
    """
    for table in ("proposal", "contract"):
        for subject, seq in fetch(_LEAFLESS.format(table)):
            yield Violation("I5", subject, f"move {seq} has no leaf")
        for subject, seq in fetch(_BROKEN_CHAINS.format(table)):
            yield Violation("I7", subject, f"move {seq} does not follow the one before")
        for subject, moves, state, seq, to in fetch(_STRAYED.format(table)):
            yield Violation("I7", subject, f"stands at {moves} {state}, its last move is {seq} to {to}")
    for subject, agree, opinions in fetch(_TOO_FEW_EXPERTS):
        yield Violation("I7", subject, f"{agree} of {opinions} experts agree with its revision")
    for subject, expert in fetch(_NOT_INDEPENDENT):
        yield Violation("I7", subject, f"expert {expert} also wrote or signed it")
    for subject, signers in fetch(_TOO_FEW_SIGNERS):
        yield Violation("I7", subject, f"signed by {signers} only")
    for subject, sides, signers in fetch(_UNSIGNED_CONTRACTS):
        yield Violation("I7", subject, f"in force with {sides} sides signed by {signers} persons")
    for subject, version in fetch(_ODD_SHARES):
        yield Violation("I7", subject, f"shares of terms {version} do not add up to 100")
    for subject, version in fetch(_OUTLIVED):
        yield Violation("I7", subject, f"version {version} outlives its receiver's membership")
