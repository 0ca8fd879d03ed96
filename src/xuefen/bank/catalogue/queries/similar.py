"""Items that resemble another: candidates by the index over its rarest terms, then ranked purely."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import CharField, Q, Value

from xuefen.bank.catalogue.models import ItemVersion
from xuefen.bank.catalogue.queries.duplicates import verdicts
from xuefen.bank.catalogue.queries.reading import versions_by_id
from xuefen.bank.catalogue.rules.similarity import Likeness, Profile, Weights, liken, marked, terms_of
from xuefen.bank.catalogue.types import ItemFacts, Similar, Verdict
from xuefen.bedrock.names import course_name_key

CANDIDATES = 4_000
"""Versions looked at for one item."""
SOUGHT_TERMS = 24
SMALL = 1_000
"""A catalogue of fewer versions weighs words as one of so many: little can be told from few."""
LEAST = 0.12
"""Below this, a likeness says nothing."""
_FREQUENCY = (
    "SELECT t, (SELECT count(*) FROM (SELECT 1 FROM item_version v WHERE v.terms @> ARRAY[t]::varchar[] LIMIT 20000) x)"
    " FROM unnest(%s::varchar[]) AS t"
)


def similar(
    item: ItemFacts, *, limit: int = 10, institution_code: str = "", others_only: bool = False
) -> list[Similar]:
    """The items most like this one, best first: of one institution if named, or of all but its own (``others_only``)."""
    own = ItemVersion.objects.get(id=item.version_id)
    profile = profile_of(item, own.detail)
    terms = terms_of(profile.name, profile.texts)
    weights = _weights(terms)
    rows = _candidates(item, terms, weights=weights, institution_code=institution_code, others_only=others_only)
    found = _rank(profile, rows, weights=weights)[:limit]
    facts = versions_by_id(version_id for _, version_id, _, _ in found)
    known = verdicts([item.item_id, *(one.item_id for one in facts.values())])
    return [
        _shown(item, facts[version_id], likeness, texts=other.texts, known=known)
        for likeness, version_id, _, other in found
        if version_id in facts
    ]


def profile_of(item: ItemFacts, detail: dict[str, list[str]]) -> Profile:
    return Profile(
        name=item.name,
        texts=(*detail.get("statements", ()), *detail.get("skills", ())),
        credits=item.declared_credit,
        hours=item.theory_hours + item.practice_hours,
        level=item.level,
    )


def _weights(terms: Sequence[str]) -> Weights:
    with connection.cursor() as cursor:
        cursor.execute(_FREQUENCY, [list(terms)])
        frequency = dict(cursor.fetchall())
        # The planner's estimate is near enough for a logarithm, and costs nothing; it is missing until a first ANALYZE.
        cursor.execute("SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'item_version'::regclass")
        total = int(cursor.fetchone()[0])
    return Weights(frequency, total=max(total, *frequency.values(), SMALL))


_Row = tuple[int, int, Profile]


def _candidates(
    item: ItemFacts, terms: Sequence[str], *, weights: Weights, institution_code: str, others_only: bool
) -> list[_Row]:
    """Versions in force that share one of the rarest terms, or the name's key."""
    rare = sorted(terms, key=lambda term: (-weights.of(term), term))[:SOUGHT_TERMS]
    sought: list[str] = []
    reach = 0
    for term in rare:
        reach += weights.frequency.get(term, 0)
        if sought and reach > CANDIDATES:
            break
        sought.append(term)
    array = Value(sought, output_field=ArrayField(CharField(max_length=24)))
    chosen = ItemVersion.objects.filter(
        Q(terms__overlap=array) | Q(name_key=course_name_key(item.name)), retired_on=None
    )
    chosen = chosen.exclude(item_id=item.item_id)
    if institution_code:
        chosen = chosen.filter(item__institution__code=institution_code)
    elif others_only:
        chosen = chosen.exclude(item__institution_id=item.institution_id)
    columns = ("id", "item_id", "name", "detail", "declared_credit", "theory_hours", "practice_hours", "level")
    return [
        (
            version_id,
            item_id,
            Profile(name, (*detail.get("statements", ()), *detail.get("skills", ())), credit, theory + practice, level),
        )
        for version_id, item_id, name, detail, credit, theory, practice, level in chosen.values_list(*columns)[
            :CANDIDATES
        ]
    ]


def _rank(profile: Profile, rows: Sequence[_Row], *, weights: Weights) -> list[tuple[Likeness, int, int, Profile]]:
    """One entry for each item: its most alike version."""
    best: dict[int, tuple[Likeness, int, int, Profile]] = {}
    for version_id, item_id, other in rows:
        likeness = liken(profile, other, weights=weights)
        held = best.get(item_id)
        if likeness.score >= LEAST and (held is None or (likeness.score, version_id) > (held[0].score, held[1])):
            best[item_id] = (likeness, version_id, item_id, other)
    return sorted(best.values(), key=lambda one: (-one[0].score, one[2]))


def _shown(
    item: ItemFacts,
    other: ItemFacts,
    likeness: Likeness,
    *,
    texts: Sequence[str],
    known: Mapping[tuple[int, int], Verdict],
) -> Similar:
    pair = known.get((min(item.item_id, other.item_id), max(item.item_id, other.item_id)))
    pieces = [marked(text, likeness.shared) for text in texts] if likeness.text else []
    return Similar(
        facts=other,
        score=round(likeness.score, 3),
        same_key=likeness.same_key,
        name=tuple(marked(other.name, likeness.shared)),
        statements=tuple(tuple(piece) for piece in pieces if any(hit for _, hit in piece)),
        words=likeness.shared[:8],
        verdict=pair.verdict if pair else None,
    )
