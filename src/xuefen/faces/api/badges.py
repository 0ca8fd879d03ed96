"""Badges of others over HTTP: bringing one, and those that are kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status
from ninja.decorators import decorate_view
from pydantic import Field

from xuefen.bank.certificates import actions, queries
from xuefen.bank.certificates.types import BADGE_BYTES, BadgeFacts, CredentialKind
from xuefen.bank.shell import clock
from xuefen.bank.shell.problems import NOT_ALLOWED, Denied
from xuefen.faces.api.auth import SIGNED_IN, actor_of
from xuefen.faces.api.errors import at_most
from xuefen.faces.api.public_schemas import VerdictOut
from xuefen.faces.api.schemas import BYTES, file_body

router = Router(tags=["badges"])


class BadgeVerdictOut(VerdictOut):
    code: str = Field(default="", description="not kept with a badge")


class BadgeOut(Schema):
    id: int
    name: str = Field(examples=["焊接入门"])
    kind: CredentialKind
    issuer: str
    issuer_known: bool = Field(description="whether this node knows the issuer by its key")
    imported_at: datetime
    verdicts: list[BadgeVerdictOut] = Field(description="as they were on the day it was brought")


def _badge_out(badge: BadgeFacts) -> dict[str, Any]:
    told = ("id", "name", "kind", "issuer", "issuer_known", "imported_at")
    verdicts = [{"check": check, "state": state, "zh": zh, "en": en} for check, state, zh, en in badge.verdicts]
    return {**{name: getattr(badge, name) for name in told}, "verdicts": verdicts}


@router.get("/badges", auth=SIGNED_IN, response=list[BadgeOut], operation_id="listBadges", summary="My badges")
def list_badges(request: HttpRequest) -> list[dict[str, Any]]:
    """What the learner brought, newest first."""
    learner_id = actor_of(request).learner_id
    if learner_id is None:
        raise Denied(NOT_ALLOWED, action="badges.bring")
    return [_badge_out(badge) for badge in queries.badges(learner_id)]


@router.post(
    "/badges",
    auth=SIGNED_IN,
    response={201: BadgeOut},
    operation_id="bringBadge",
    summary="Bring somebody else's badge",
    openapi_extra=file_body({"application/octet-stream": BYTES}),
)
@decorate_view(at_most(BADGE_BYTES))
def bring_badge(request: HttpRequest) -> Status[dict[str, Any]]:
    """The file itself is the body: JSON, JWT, SD-JWT, PNG or SVG. It is verified, and kept under the learner's key."""
    by = actor_of(request)
    if by.learner_id is None:
        raise Denied(NOT_ALLOWED, action="badges.bring")
    content = request.read(BADGE_BYTES + 1)
    return Status(
        201, _badge_out(actions.import_badge(learner_id=by.learner_id, content=content, by=by, now=clock.now()))
    )
