"""What a period comes to: worked out for a preview, for the gathering itself and for a learner's own progress alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from xuefen.bank.activities import rules
from xuefen.bank.activities.models import Gathered, GatheredUse, Gathering
from xuefen.bank.activities.queries.happening import standing
from xuefen.bank.activities.queries.schemes import scheme_in_force, scheme_rows, schemes, schemes_in_force
from xuefen.bank.activities.types import (
    NOTHING_GATHERED,
    PERIOD_RUNNING,
    PERIOD_UNKNOWN,
    SCHEME_ITEM,
    GatheringFacts,
    Line,
    Period,
    Preview,
    Progress,
    Scheme,
    SchemeRow,
    Tally,
)
from xuefen.bank.catalogue import queries as catalogue
from xuefen.bank.catalogue.types import ItemFacts
from xuefen.bank.deposits import rules as deposits
from xuefen.bank.deposits.rules.judging import grade_of
from xuefen.bank.deposits.types import RowError
from xuefen.bank.institutions.types import OutcomeClass
from xuefen.bank.learners import queries as learners
from xuefen.bank.learners.types import AccountState
from xuefen.bank.places.queries import inside
from xuefen.bank.shell.actor import EVERYTHING, Scope
from xuefen.bank.shell.problems import Denied
from xuefen.bank.standards import queries as standards
from xuefen.bank.standards import rules as assessing
from xuefen.bank.standards.types import Assessment, Explanation, Loaded, Refusal

_MANY = 5000


@dataclass(slots=True)
class Judge:
    """What hours of the scheme's item are worth under the standard of the day; remembered, because periods look alike."""

    item: ItemFacts
    grade: str
    standard: Loaded
    _known: dict[int, int] = field(default_factory=dict)

    def worth(self, hours: int) -> int:
        if hours not in self._known:
            found = self._assess(hours)
            self._known[hours] = 0 if isinstance(found, Refusal) else found.credits
        return self._known[hours]

    def told(self, hours: int) -> Explanation:
        return self._assess(hours).explanation

    def _assess(self, hours: int) -> Assessment | Refusal:
        grade = grade_of(self.grade, self.standard.pack)
        read = None if isinstance(grade, RowError) else grade
        return assessing.assess(deposits.facts_of(self.item, grade=read, hours=hours), self.standard.pack)


def judge_for(institution_id: int, scheme: Scheme, *, on: date) -> Judge:
    """The scheme's item and the standard of the day. Raises ``Denied(scheme_item)``."""
    return Judge(item_for(institution_id, scheme), scheme.result.grade, standards.current(on=on))


def item_for(institution_id: int, scheme: Scheme) -> ItemFacts:
    """The catalogue item a scheme's outcomes are of. Raises ``Denied(scheme_item)``."""
    item = catalogue.items_for(institution_id).get(scheme.result.item, scheme.result.version)
    if item is None or item.outcome_class is not OutcomeClass.SOCIAL:
        raise Denied(SCHEME_ITEM, place="item", item=scheme.result.item)
    return item


# --- counting --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Sums:
    """One learner's unused participations of a period: times by kind, and their ids."""

    times: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    ids: list[int] = field(default_factory=list)


def unused(institution_id: int, code: str, period: str, *, learner_id: int | None = None) -> dict[int, Sums]:
    """Learner → what stands and was not gathered; one query, read in order."""
    used = GatheredUse.objects.filter(participation=OuterRef("pk"))
    rows = standing().filter(~Exists(used), institution_id=institution_id, scheme__code=code, period=period)
    if learner_id is not None:
        rows = rows.filter(learner_id=learner_id)
    found: dict[int, Sums] = {}
    ordered = rows.order_by("learner_id", "id").values_list("learner_id", "kind", "id")
    for learner, kind, participation in ordered.iterator(chunk_size=_MANY):
        sums = found.setdefault(learner, Sums())
        sums.times[kind] += 1
        sums.ids.append(participation)
    return found


def carried(row: SchemeRow, period: Period, *, learner_id: int | None = None) -> dict[int, int]:
    """Learner → points carried out of the period before, under whichever version governed it; older ones have lapsed."""
    day = period.first - timedelta(days=1)
    try:
        earlier = scheme_in_force(day, institution_id=row.institution_id, code=row.scheme.code).scheme
    except Denied:
        return {}
    before = rules.period_of(earlier, day).code
    rows = Gathered.objects.filter(
        institution_id=row.institution_id, code=row.scheme.code, period=before, carried_out__gt=0
    )
    if learner_id is not None:
        rows = rows.filter(learner_id=learner_id)
    return dict(rows.values_list("learner_id", "carried_out"))


@dataclass(frozen=True, slots=True)
class Reckoned:
    """A period worked out: the preview, and which participations each line used."""

    row: SchemeRow
    judge: Judge
    preview: Preview
    uses: dict[int, list[int]]


def reckon(row: SchemeRow, period: Period, *, today: date) -> Reckoned:
    """Everything a gathering would write, in account order. Raises ``Denied(scheme_item)``."""
    scheme = row.scheme
    judge = judge_for(row.institution_id, scheme, on=today)
    sums = unused(row.institution_id, scheme.code, period.code)
    before = carried(row, period)
    done = set(
        Gathered.objects.filter(
            institution_id=row.institution_id, code=scheme.code, period=period.code, learner_id__in=list(sums)
        ).values_list("learner_id", flat=True)
    )
    people = learners.facts_of(sums.keys())
    names = _names(people)
    lines: list[Line] = []
    known: dict[tuple[Any, ...], tuple[Tally, dict[str, Any]]] = {}
    for learner_id, person in sorted(people.items(), key=lambda pair: pair[1].account_no):
        if learner_id in done or person.state is not AccountState.OPEN or person.data_key is None:
            continue
        alike = (before.get(learner_id, 0), *sorted(sums[learner_id].times.items()))
        if alike not in known:  # thousands of periods come to the same few sums
            found = rules.tally(
                sums[learner_id].times, carried_in=before.get(learner_id, 0), scheme=scheme, worth=judge.worth
            )
            known[alike] = (found, rules.told(found, scheme, standard=_word(found, judge, scheme)))
        lines.append(Line(learner_id, person.account_no, names.get(learner_id, ""), *known[alike]))
    uses = {line.learner_id: sums[line.learner_id].ids for line in lines}
    preview = Preview(
        scheme=scheme,
        institution_code=row.institution_code,
        period=period,
        standard=judge.standard.pack.name,
        lines=tuple(lines),
        participations=sum(map(len, uses.values())),
        left_out=len(sums) - len(lines),
    )
    return Reckoned(row, judge, preview, uses)


def _word(found: Tally, judge: Judge, scheme: Scheme) -> Explanation | None:
    """The standard's own sentence: on the hours of the outcome, or on why so many hours make none."""
    if found.makes_outcome:
        return judge.told(found.hours)
    if found.total >= scheme.result.minimum:
        return judge.told(found.total * scheme.result.hours_per_point // 100)
    return None


def _names(people: Collection[int]) -> dict[int, str]:
    rows = learners.learners(EVERYTHING).filter(pk__in=list(people)).values_list("pk", "masked_name")
    return dict(rows)


# --- for faces -------------------------------------------------------------------------------------------------------


def governing(institution_id: int, code: str, period_code: str) -> tuple[SchemeRow, Period]:
    """The version that governs a period, and the period. Raises ``Denied``: period_unknown, scheme_none."""
    known = schemes(EVERYTHING).filter(institution_id=institution_id, signed_at__isnull=False)
    rows = scheme_rows(known.filter(code=code) if code else known)
    for row in rows:
        try:
            period = rules.period_by_code(row.scheme, period_code)
        except Denied:
            continue
        found = scheme_in_force(period.first, institution_id=institution_id, code=row.scheme.code)
        if found.id == row.id:
            return row, period
    raise Denied(PERIOD_UNKNOWN, place="period", period=period_code[:40])


def preview(scope: Scope, *, institution_id: int, place_path: str, code: str, period: str, today: date) -> Preview:
    """What gathering a period would write today; nothing is written. An unfinished period can be looked at, too.

    Raises ``Denied``: scheme_unknown (out of reach), period_unknown, scheme_item.
    """
    if not scope.reaches(institution_id=institution_id, place_path=place_path):
        raise Denied(PERIOD_UNKNOWN, place="period", period=period[:40])
    row, found = governing(institution_id, code, period)
    return reckon(row, found, today=today).preview


def ready(reckoned: Reckoned, *, today: date) -> None:
    """Raise ``Denied`` unless the period may be gathered today: period_running, nothing_gathered."""
    scheme, period = reckoned.row.scheme, reckoned.preview.period
    until = rules.confirms_until(scheme, period)
    if today <= until:
        raise Denied(PERIOD_RUNNING, place="period", period=period.code, until=until.isoformat())
    if not reckoned.preview.lines:
        raise Denied(NOTHING_GATHERED, place="period", period=period.code)


def due(today: date) -> list[tuple[SchemeRow, Period]]:
    """Periods whose time for confirmations is over and that still hold something unused, whatever became of their scheme."""
    used = GatheredUse.objects.filter(participation=OuterRef("pk"))
    left = standing().filter(~Exists(used)).order_by().values_list("scheme_id", "period").distinct()
    wanted = set(left)
    rows = {row.id: row for row in scheme_rows(schemes(EVERYTHING).filter(id__in={scheme for scheme, _ in wanted}))}
    found = [(rows[scheme], rules.period_by_code(rows[scheme].scheme, period)) for scheme, period in sorted(wanted)]
    return [(row, period) for row, period in found if rules.confirms_until(row.scheme, period) < today]


def periods(scope: Scope, *, today: date, most: int) -> list[tuple[SchemeRow, Period]]:
    """The last periods that began, of every scheme in the scope, each under the version that governs it; newest first."""
    found: list[tuple[SchemeRow, Period]] = []
    by_scheme: dict[tuple[int, str], list[SchemeRow]] = {}
    for row in scheme_rows(
        schemes(scope).filter(signed_at__isnull=False).order_by("institution_id", "code", "-version")
    ):
        by_scheme.setdefault((row.institution_id, row.scheme.code), []).append(row)
    for versions in by_scheme.values():
        ended = versions[0].scheme.retired_on
        day = today if ended is None or today < ended else ended - timedelta(days=1)
        for _ in range(most):
            governing_one = next((one for one in versions if one.scheme.effective_from <= day), None)
            if governing_one is None:
                break
            period = rules.period_of(governing_one.scheme, day)
            found.append((governing_one, period))
            day = period.first - timedelta(days=1)
    return found


def undeposited() -> QuerySet[Gathering]:
    """Gatherings with outcomes whose batch was never taken in: somebody was killed in between."""
    return Gathering.objects.filter(batch=None, outcomes__gt=0).order_by("id")


def gatherings(scope: Scope) -> QuerySet[Gathering]:
    """The gatherings in the scope, newest first."""
    reached = inside(scope, place="institution__place__path", institution="institution_id")
    return Gathering.objects.filter(reached).select_related("institution", "scheme", "batch").order_by("-id")


def gathering_facts(rows: Iterable[Gathering], *, already: bool = False) -> list[GatheringFacts]:
    return [
        GatheringFacts(
            number=row.number,
            institution_code=row.institution.code,
            scheme=f"{row.code}/{row.scheme.version}",
            period=row.period,
            seq=row.seq,
            participations=row.participations,
            learners=row.learners,
            outcomes=row.outcomes,
            credits=row.credits,
            gathered_at=row.gathered_at,
            batch_id=row.batch_id,
            batch_number=row.batch.number if row.batch else "",
            already=already,
        )
        for row in rows
    ]


def gathered_of(learner_id: int, *, limit: int = 20) -> list[Gathered]:
    """What earlier periods came to for one learner, newest first; the caller has checked its scope."""
    return list(
        Gathered.objects.filter(learner_id=learner_id)
        .select_related("institution", "gathering__scheme")
        .order_by("-id")[:limit]
    )


def words_of(row: Gathered) -> tuple[str, str]:
    """The period of an earlier sum as its scheme named it."""
    return rules.period_by_code(rules.stored_scheme(row.gathering.scheme.body), row.period).words


def progress(learner_id: int, *, today: date) -> list[Progress]:
    """Where a learner stands in the running period of every scheme they took part in, and what would come of it today.

    Queries grow with the schemes the learner has something in, not with those in force anywhere.
    """
    used = GatheredUse.objects.filter(participation=OuterRef("pk"))
    open_ones = standing().filter(~Exists(used), learner_id=learner_id).order_by()
    mine = set(open_ones.values_list("institution_id", "scheme__code").distinct())
    left = Gathered.objects.filter(learner_id=learner_id, carried_out__gt=0).order_by()
    mine |= set(left.values_list("institution_id", "code").distinct())
    found = []
    for row in schemes_in_force(today) if mine else ():
        scheme = row.scheme
        if (row.institution_id, scheme.code) not in mine:
            continue
        period = rules.period_of(scheme, today)
        sums = unused(row.institution_id, scheme.code, period.code, learner_id=learner_id).get(learner_id)
        before = carried(row, period, learner_id=learner_id)
        if sums is None and not before:
            continue
        judge = judge_for(row.institution_id, scheme, on=today)
        times = sums.times if sums else {}
        counted = rules.tally(times, carried_in=before.get(learner_id, 0), scheme=scheme, worth=judge.worth)
        why = rules.told(counted, scheme, standard=_word(counted, judge, scheme))
        found.append(Progress(scheme, row.institution_name, period, counted, why))
    return found
