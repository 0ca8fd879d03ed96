"""Awards for machines: pushed by issuers, answered by learners."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from xuefen.bank.intake import actions, queries
from xuefen.bank.intake.types import CLAIM_DAYS, MOST_AWARDS, NOTE_MOST, Award, Form
from xuefen.bank.shell import clock
from xuefen.faces.api.auth import SIGNED_IN, actor_of
from xuefen.faces.api.schemas import Code, Number, Strict
from xuefen.faces.api.slips import SlipOut, Text

router = Router(auth=SIGNED_IN, tags=["slips"])


class AwardIn(Strict):
    """One award: the fields are those of the deposit sheet."""

    account: Text = Field(examples=["4417092680352710"])
    name: Text = Field("", description="When given, it must be the holder's")
    item_code: Code = Field(examples=["KC1001"])
    version: Code = ""
    awarded_on: Text = Field(examples=["2026-06-30"])
    grade: Text = ""
    hours: Text = ""
    serial: Text = ""
    note: str = Field("", max_length=NOTE_MOST, description="To the learner")
    days: int = Field(CLAIM_DAYS, description="How long it waits to be claimed")


class AwardsIn(Strict):
    issuer: Code
    awards: list[AwardIn] = Field(max_length=MOST_AWARDS)


class AwardedOut(Schema):
    """What became of one award of the call; ``code`` says why there is none."""

    number: str | None
    credits: str | None
    already: bool
    code: str | None
    zh: str | None
    en: str | None


class AnswerIn(Strict):
    claim: bool = Field(description="true: claim it; false: decline it")
    note: str = Field("", max_length=NOTE_MOST, description="To the issuer, when declined")


@router.post("/awards", response=list[AwardedOut], operation_id="pushAwards", summary="Award outcomes to learners")
def push_awards(request: HttpRequest, body: AwardsIn) -> list[dict[str, Any]]:
    """In the order they were sent; one that cannot be offered says why and does not stop the others. The very same award again
    is that award (``already``).
    """
    awards = [
        Award(
            account=one.account,
            name=one.name,
            item_code=one.item_code,
            version=one.version,
            days=one.days,
            form=Form(awarded_on=one.awarded_on, grade=one.grade, hours=one.hours, serial=one.serial, note=one.note),
        )
        for one in body.awards
    ]
    found = actions.push_many(issuer_code=body.issuer, awards=awards, by=actor_of(request), now=clock.now())
    return [one.to_json() for one in found]


@router.post(
    "/awards/{number}/answer", response=SlipOut, operation_id="answerAward", summary="Claim or decline an award"
)
def answer_award(request: HttpRequest, number: Number, body: AnswerIn) -> dict[str, Any]:
    """By the learner alone. A second claim finds the first one's outcome."""
    by, now = actor_of(request), clock.now()
    if body.claim:
        actions.claim(number=number, by=by, now=now)
    else:
        actions.decline(number=number, note=body.note, by=by, now=now)
    (row,) = queries.rows([queries.one(by, number)], now=now)
    return row.to_json()
