"""Activities, who takes part, and good deeds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from xuefen.bank.activities import rules
from xuefen.bank.activities.models import (
    Activity,
    Deed,
    GatheredUse,
    Participation,
    ParticipationWithdrawal,
    Registration,
)
from xuefen.bank.activities.types import ACTIVITY_UNKNOWN, ActivityFacts, DeedFacts, How, Scheme, Taken
from xuefen.bank.learners import queries as learners
from xuefen.bank.places.queries import inside
from xuefen.bank.shell.actor import EVERYTHING, Actor, Scope
from xuefen.bank.shell.keys import keys
from xuefen.bank.shell.problems import Denied
from xuefen.bedrock.gm import DecryptionFailed, open_sealed
from xuefen.bedrock.ids import normalise

DEED_AAD = "deed:"


class _Schemes:
    """Parsed once for each version that a list names."""

    def __init__(self) -> None:
        self._parsed: dict[int, Scheme] = {}

    def of(self, row: Any) -> Scheme:
        found = self._parsed.get(row.scheme_id)
        if found is None:
            found = self._parsed[row.scheme_id] = rules.stored_scheme(row.scheme.body)
        return found


def standing() -> QuerySet[Participation]:
    """Participations that were not taken back."""
    gone = ParticipationWithdrawal.objects.filter(participation=OuterRef("pk"))
    return Participation.objects.filter(~Exists(gone))


# --- activities ------------------------------------------------------------------------------------------------------


def activities(scope: Scope) -> QuerySet[Activity]:
    """The activities inside a scope, latest first; page it, then ``activity_facts``."""
    reached = inside(scope, place="institution__place__path", institution="institution_id")
    return Activity.objects.filter(reached).select_related("institution__place", "scheme").order_by("-starts_at", "-id")


def on_offer(*, now: datetime) -> QuerySet[Activity]:
    """What anybody may still go to, soonest first."""
    return activities(EVERYTHING).filter(ends_at__gt=now, cancelled_at=None).order_by("starts_at", "id")


def activity_facts(rows: QuerySet[Activity], *, learner_id: int | None = None) -> list[ActivityFacts]:
    """Facts in their order; ``learner_id``: whose own place is told as well. Four queries at most, whatever the number."""
    found = list(rows)
    ids = [row.pk for row in found]
    places = Registration.objects.filter(activity_id__in=ids, ended_at=None).order_by()
    came = standing().filter(activity_id__in=ids).order_by()
    taken = dict(places.values_list("activity_id").annotate(n=Count("id")))
    confirmed = dict(came.values_list("activity_id").annotate(n=Count("id")))
    mine = (
        set() if learner_id is None else set(places.filter(learner_id=learner_id).values_list("activity_id", flat=True))
    )
    been = (
        set() if learner_id is None else set(came.filter(learner_id=learner_id).values_list("activity_id", flat=True))
    )
    schemes = _Schemes()
    answers = []
    for row in found:
        scheme = schemes.of(row)
        answers.append(
            ActivityFacts(
                id=row.pk,
                number=row.number,
                institution_id=row.institution_id,
                institution_code=row.institution.code,
                institution_name=row.institution.name_zh,
                place_path=row.institution.place.path,
                scheme_id=row.scheme_id,
                scheme=scheme,
                kind=scheme.kinds[row.kind],
                title=row.title,
                place=row.place,
                starts_at=row.starts_at,
                ends_at=row.ends_at,
                most=row.most,
                taken=taken.get(row.pk, 0),
                confirmed=confirmed.get(row.pk, 0),
                cancelled_at=row.cancelled_at,
                cancel_reason=row.cancel_reason,
                registered=row.pk in mine,
                attended=row.pk in been,
            )
        )
    return answers


def activity(scope: Scope, number: str, *, learner_id: int | None = None) -> ActivityFacts:
    """One activity by its number. Raises ``Denied(activity_unknown)``, the same when it is out of reach."""
    found = activity_facts(activities(scope).filter(number=normalise(number)), learner_id=learner_id)
    if not found:
        raise Denied(ACTIVITY_UNKNOWN, place="activity")
    return found[0]


def code_secret() -> bytes:
    """What venue codes are made with; never shown."""
    return keys().secret("blind")


def code_now(facts: ActivityFacts, *, now: datetime) -> str:
    """The code to show at the venue in this minute. The caller has fetched the activity for its organiser."""
    return rules.code_at(code_secret(), activity=facts.number, moment=now)


# --- participations --------------------------------------------------------------------------------------------------


def participations_of(scope: Scope, learner_id: int) -> QuerySet[Participation]:
    """One learner's participations in the scope, latest first; page it, then ``taken``."""
    reached = inside(scope, institution="institution_id", place="institution__place__path", learner="learner_id")
    return Participation.objects.filter(reached, learner_id=learner_id).order_by("-happened_on", "-id")


def take_part(facts: ActivityFacts) -> QuerySet[Participation]:
    """Who took part in an activity, in the order of confirmation. The caller has fetched it in its scope."""
    return Participation.objects.filter(activity_id=facts.id).order_by("id")


def taken(rows: QuerySet[Participation]) -> list[Taken]:
    """Participations as shown; three queries, whatever the number."""
    found = list(rows.select_related("learner", "scheme", "activity"))
    ids = [row.pk for row in found]
    withdrawn = dict(ParticipationWithdrawal.objects.filter(participation_id__in=ids).values_list("pk", "reason"))
    used = set(GatheredUse.objects.filter(participation_id__in=ids).values_list("pk", flat=True))
    schemes = _Schemes()
    answers = []
    for row in found:
        kind = schemes.of(row).kinds[row.kind]
        answers.append(
            Taken(
                number=row.number,
                learner_id=row.learner_id,
                account_no=row.learner.account_no,
                masked_name=row.learner.masked_name,
                kind=kind,
                title=row.activity.title if row.activity else "",
                happened_on=row.happened_on,
                period=row.period,
                how=How(row.how),
                confirmed_at=row.confirmed_at,
                withdrawn=withdrawn.get(row.pk, ""),
                gathered=row.pk in used,
            )
        )
    return answers


# --- good deeds ------------------------------------------------------------------------------------------------------


def deeds(scope: Scope) -> QuerySet[Deed]:
    """Good deeds reported to institutions in the scope, those waiting first."""
    reached = inside(scope, institution="institution_id", place="institution__place__path")
    return _waiting_first(Deed.objects.filter(reached))


def deeds_of(learner_id: int) -> QuerySet[Deed]:
    """One learner's own."""
    return Deed.objects.filter(learner_id=learner_id).order_by("-id")


def deeds_to_witness(learner_id: int) -> QuerySet[Deed]:
    """Those in which this learner is named as the witness and nobody has settled yet."""
    settled = Q(declined_at__isnull=False) | Exists(Participation.objects.filter(deed=OuterRef("pk")))
    return Deed.objects.filter(~settled, witness_id=learner_id).order_by("id")


def _waiting_first(rows: QuerySet[Deed]) -> QuerySet[Deed]:
    settled = Exists(Participation.objects.filter(deed=OuterRef("pk")))
    return rows.annotate(settled=settled).order_by("settled", "-declined_at", "-id")


def deed_facts(rows: QuerySet[Deed], *, reader: Actor) -> list[DeedFacts]:
    """Deeds as shown; the text is opened for its learner, the named witness and the institution's own staff."""
    found = list(rows.select_related("institution__place", "scheme", "learner"))
    confirmed = set(standing().filter(deed_id__in=[row.pk for row in found]).values_list("deed_id", flat=True))
    people = learners.facts_of({row.learner_id for row in found})
    scope = reader.scope("activities.organise") if reader.may("activities.organise") else Scope()
    schemes = _Schemes()
    answers = []
    for row in found:
        own = reader.learner_id is not None and reader.learner_id in (row.learner_id, row.witness_id)
        staff = scope.reaches(institution_id=row.institution_id, place_path=row.institution.place.path)
        person = people.get(row.learner_id)
        key = person.data_key if person and (own or staff) else None
        state = "confirmed" if row.pk in confirmed else "declined" if row.declined_at else "reported"
        answers.append(
            DeedFacts(
                number=row.number,
                institution_name=row.institution.name_zh,
                learner_id=row.learner_id,
                masked_name=row.learner.masked_name,
                kind=schemes.of(row).kinds[row.kind],
                done_on=row.done_on,
                text=_opened(row, key),
                reported_at=row.reported_at,
                witness_id=row.witness_id,
                state=state,
                reason=row.decline_reason,
            )
        )
    return answers


def _opened(row: Deed, key: bytes | None) -> str | None:
    if key is None:
        return None
    try:
        return open_sealed(key, bytes(row.text_sealed), aad=f"{DEED_AAD}{row.number}".encode()).decode()
    except DecryptionFailed:
        return None
