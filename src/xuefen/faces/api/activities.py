"""Activities: what is on, checking in at the venue, and what an account's periods come to."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from xuefen.bank.activities import actions, queries
from xuefen.bank.activities.types import ActivityFacts, Taken
from xuefen.bank.learners import queries as learners
from xuefen.bank.shell import clock
from xuefen.faces.api.auth import SIGNED_IN, actor_of
from xuefen.faces.api.public_schemas import WordsOut
from xuefen.faces.api.schemas import Credits, Number, PageOut, Paging, Strict, credits
from xuefen.faces.shared.rates import spend

router = Router(auth=SIGNED_IN, tags=["activities"])
TRIES, MINUTES = 10, 10


class ActivityOut(Schema):
    number: str = Field(examples=["HD4417092680351"])
    institution: str = Field(examples=["YLSQ"])
    scheme: str = Field(examples=["gongde/1"])
    kind: WordsOut
    points: int = Field(description="Merit points of taking part; not credit")
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    most: int
    places_left: int


class ActivitiesOut(PageOut):
    items: list[ActivityOut]


class CheckInIn(Strict):
    account_no: Number
    code: str = Field(
        min_length=6, max_length=12, examples=["482 913"], description="The code now on the screen at the venue"
    )


class CheckedInOut(Schema):
    number: str
    checked_in: bool
    points: int


class TakenOut(Schema):
    number: str = Field(examples=["CY4417092680351263"])
    kind: WordsOut
    title: str
    happened_on: date
    period: str = Field(examples=["2026-autumn"])
    how: str = Field(examples=["code"], description="code, list or second (person)")
    withdrawn: bool
    gathered: bool


class StandingOut(Schema):
    """What the running period comes to so far, worked out as the gathering would."""

    scheme: str
    period: str
    points: int
    minimum: int = Field(description="Fewest points that make an outcome")
    credits: Credits
    why: dict[str, Any]


class TakenPageOut(PageOut):
    standing: list[StandingOut]
    items: list[TakenOut]


def _words(pair: tuple[str, str]) -> dict[str, str]:
    return {"zh": pair[0], "en": pair[1]}


def _activity(one: ActivityFacts) -> dict[str, Any]:
    return {
        "number": one.number,
        "institution": one.institution_code,
        "scheme": one.scheme.name,
        "kind": _words(one.kind.words),
        "points": one.kind.points,
        "title": one.title,
        "place": one.place,
        "starts_at": one.starts_at,
        "ends_at": one.ends_at,
        "most": one.most,
        "places_left": one.places_left,
    }


@router.get(
    "/activities", auth=None, response=ActivitiesOut, operation_id="listActivities", summary="What is on, soonest first"
)
def list_activities(request: HttpRequest, paging: Query[Paging]) -> dict[str, Any]:
    """Activities that are not over and not cancelled, for anybody."""
    rows = queries.on_offer(now=clock.now())
    items = [_activity(one) for one in queries.activity_facts(paging.cut(rows))]
    return {"page": paging.page, "size": paging.size, "total": rows.count(), "items": items}


@router.post(
    "/activities/{number}/check-in",
    response=CheckedInOut,
    operation_id="checkIn",
    summary="Check in with the code shown at the venue",
)
def check_in(request: HttpRequest, number: Number, given: CheckInIn) -> dict[str, Any]:
    """For one's own account only. The code changes every minute; this one and the last are good."""
    by = actor_of(request)
    learner = learners.by_account(by.scope("activities.join"), given.account_no)
    spend(request, f"check_in:{learner.pk}", most=TRIES, minutes=MINUTES)
    done = actions.check_in(number=number, code=given.code, learner_id=learner.pk, by=by, now=clock.now())
    return {"number": done.number, "checked_in": done.attended, "points": done.kind.points}


@router.get(
    "/accounts/{account_no}/activities",
    response=TakenPageOut,
    operation_id="listParticipations",
    summary="What an account took part in, and what its running periods come to",
)
def list_participations(request: HttpRequest, account_no: Number, paging: Query[Paging]) -> dict[str, Any]:
    """Latest first; withdrawn ones are shown as such. Staff see what was held in their reach, and no sums."""
    actor = actor_of(request)
    learner = learners.by_account(actor.scope("learners.read"), account_no)
    rows = queries.participations_of(actor.scope("activities.read"), learner.pk)
    own = actor.learner_id == learner.pk
    standing = [
        {
            "scheme": one.scheme.name,
            "period": one.period.code,
            "points": one.tally.total,
            "minimum": one.scheme.result.minimum,
            "credits": credits(one.tally.credits),
            "why": dict(one.why),
        }
        for one in (queries.progress(learner.pk, today=clock.today()) if own else ())
    ]
    items = [_taken(one) for one in queries.taken(paging.cut(rows))]
    return {"page": paging.page, "size": paging.size, "total": rows.count(), "standing": standing, "items": items}


def _taken(one: Taken) -> dict[str, Any]:
    return {
        "number": one.number,
        "kind": _words(one.kind.words),
        "title": one.title,
        "happened_on": one.happened_on,
        "period": one.period,
        "how": one.how.value,
        "withdrawn": bool(one.withdrawn),
        "gathered": one.gathered,
    }
