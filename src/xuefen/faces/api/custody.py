"""How keys and log stand, for the monitoring of whoever keeps them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from xuefen.bank.custody import queries
from xuefen.bank.shell import clock
from xuefen.faces.api.auth import SIGNED_IN, actor_of
from xuefen.faces.api.public_schemas import WordsOut

router = Router(auth=SIGNED_IN, tags=["custody"])


class KeyOut(Schema):
    """One key, never its private half."""

    purpose: str = Field(examples=["certificates"])
    generation: int
    algorithm: str = Field(examples=["SM2"])
    key_id: str | None
    state: str = Field(examples=["in_use"], description="in_use, overlap or retired")
    since: datetime
    until: datetime | None
    days: int = Field(description="it was in use, or has been until now")
    compromised: bool
    kept_in: str | None = Field(examples=["file"], description="file, file+token, token; null: destroyed")


class DrillStepOut(Schema):
    zh: str
    en: str
    ok: bool
    found: str
    seconds: float


class DrillOut(Schema):
    """The last rehearsal of a theft, as the audit trail keeps it."""

    at: datetime
    by: str
    ok: bool
    purpose: str
    compromised_since: datetime
    affected_certificates_in_all: int
    affected_checkpoints: int
    seconds: float
    steps: list[DrillStepOut]


class WitnessOut(Schema):
    name: str
    url: str | None
    size: int
    signed_newest: bool
    counts: bool = Field(description="the policy names it")
    asked_at: datetime | None
    error: str | None


class AlarmToldOut(WordsOut):
    """Why nothing is signed, and what to do."""

    code: str = Field(examples=["log_rolled_back"])
    steps: list[WordsOut]


class AnchorStandingOut(Schema):
    on: bool
    contract: str | None
    size: int | None
    at: datetime | None
    trouble: str | None


class LogStandingOut(Schema):
    origin: str
    hash: str
    size: int
    sealed_at: datetime | None
    waiting: int
    waiting_since: datetime | None
    stalled: bool = Field(description="something waits longer than a running sequencer lets it")
    cosigned: int = Field(description="of the policy's witnesses (without one: of all), for the newest checkpoint")
    need: int
    asked_of: int
    witnesses: list[WitnessOut]
    alarm: AlarmToldOut | None
    anchor: AnchorStandingOut


class CustodyOut(Schema):
    """``ok`` is false when somebody is needed at once: an alarm, facts that wait too long, a rehearsal that went wrong."""

    ok: bool
    at: datetime
    keys: list[KeyOut]
    overlap_days: int
    drill: DrillOut | None
    log: LogStandingOut


@router.get("/custody", response=CustodyOut, operation_id="getCustody", summary="How the node's keys and its log stand")
def get_custody(request: HttpRequest) -> dict[str, Any]:
    """What the desk's page of keys and log shows; for hub officers and supervisors."""
    return queries.standing(actor_of(request), now=clock.now()).to_json()
