"""Showing a part of a certificate over HTTP: links for a while, and SD-JWTs with chosen fields."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema, Status
from pydantic import ConfigDict, Field

from xuefen.bank.certificates import actions, queries
from xuefen.bank.certificates.types import Choice, ShareFacts, ShareKind, ShownField, ShownRow
from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.problems import NOT_ALLOWED, Denied
from xuefen.faces.api.auth import SIGNED_IN, actor_of
from xuefen.faces.api.public_schemas import ShownOut, WordsOut
from xuefen.faces.api.schemas import Number

router = Router(tags=["sharing"])


class ShownIn(Schema):
    """What to show: some fields, and of the details those at these places (none given: all of them)."""

    model_config = ConfigDict(extra="forbid")
    fields: list[ShownField] = Field(default_factory=list, max_length=10, examples=[["name", "credits"]])
    lines: list[int] | None = Field(default=None, max_length=400)

    def choice(self) -> Choice:
        return Choice(frozenset(self.fields), tuple(self.lines) if self.lines is not None else None)


class BoundIn(ShownIn):
    key: str = Field(default="", max_length=2000, description="the holder's public key: did:key:z6Mk… or a JWK")


class ShareIn(ShownIn):
    certificate: Number = Field(examples=["ZS4417092680352716"])
    days: int = Field(examples=[7])


class ShareOut(Schema):
    id: int
    kind: ShareKind
    title: str
    address: str
    certificate: str
    fields: list[ShownField]
    made_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    views: int
    seen: list[datetime] = Field(description="when it was opened, the last openings first; by whom is not known")


class SharedOut(Schema):
    title: WordsOut
    issuer: WordsOut
    issued_at: datetime
    shown: list[ShownOut]
    state: str = Field(examples=["valid"])
    reason: str | None
    expires_at: datetime
    sd_jwt: str = Field(description="the same, signed; it ends with the link")


def _learner(request: HttpRequest) -> tuple[Actor, int]:
    """Who shares, and whose account it is: links are the learner's own affair. Raises ``Denied(not_allowed)``."""
    by = actor_of(request)
    if by.learner_id is None:
        raise Denied(NOT_ALLOWED, action="shares.make")
    return by, by.learner_id


def _share_out(link: ShareFacts) -> dict[str, Any]:
    path = "verify/shared" if link.kind is ShareKind.CERTIFICATE else "shared"
    told = ("id", "kind", "certificate", "made_at", "expires_at", "revoked_at", "views")
    return {
        **{name: getattr(link, name) for name in told},
        "title": link.title.split(" || ")[0],
        "address": f"{settings.PUBLIC_URL.rstrip('/')}/{path}/{link.token}/",
        "fields": list(link.fields),
        "seen": list(link.seen),
    }


def shown_out(rows: tuple[ShownRow, ...]) -> list[dict[str, Any]]:
    """What is shown, for machines."""
    return [{"name": {"zh": row.zh, "en": row.en}, "value": row.value} for row in rows]


@router.get("/shares", auth=SIGNED_IN, response=list[ShareOut], operation_id="listShares", summary="My links")
def list_shares(request: HttpRequest) -> list[dict[str, Any]]:
    """Every link of the learner, newest first, with when each was opened."""
    _, learner_id = _learner(request)
    return [_share_out(link) for link in queries.share_links(learner_id)]


@router.post(
    "/shares", auth=SIGNED_IN, response={201: ShareOut}, operation_id="share", summary="Show a part of a certificate"
)
def share(request: HttpRequest, given: ShareIn) -> Status[dict[str, Any]]:
    """A link for 7, 30 or 90 days to the chosen fields of a certificate of one's own."""
    by, learner_id = _learner(request)
    made = actions.share_certificate(
        learner_id=learner_id,
        number=given.certificate,
        choice=given.choice(),
        days=given.days,
        by=by,
        now=clock.now(),
    )
    return Status(201, _share_out(made))


@router.delete(
    "/shares/{int:link_id}", auth=SIGNED_IN, response={204: None}, operation_id="unshare", summary="Take it back"
)
def unshare(request: HttpRequest, link_id: int) -> Status[None]:
    """From now on nobody sees anything there."""
    by, learner_id = _learner(request)
    actions.unshare(learner_id=learner_id, link_id=link_id, by=by, now=clock.now())
    return Status(204, None)


@router.get("/shared/{token}", auth=None, response=SharedOut, operation_id="openShared", summary="What a link shows")
def open_shared(request: HttpRequest, token: str) -> dict[str, Any]:
    """The chosen fields of a certificate, and whether it counts at this moment. Its holder sees that the link was opened."""
    paper = actions.open_paper(token=token, now=clock.now())
    return {
        "title": {"zh": paper.title_zh, "en": paper.title_en},
        "issuer": {"zh": paper.issuer.zh, "en": paper.issuer.en},
        "issued_at": paper.issued_at,
        "shown": shown_out(paper.rows),
        "state": paper.state.value,
        "reason": paper.reason.value if paper.reason else None,
        "expires_at": paper.expires_at,
        "sd_jwt": paper.sd_jwt,
    }


@router.get(
    "/certificates/{number}/sd-jwt",
    auth=SIGNED_IN,
    response=None,
    operation_id="getSdJwt",
    summary="A certificate as SD-JWT",
)
def get_sd_jwt(request: HttpRequest, number: Number, shown: Query[BoundIn]) -> HttpResponse:
    """With the chosen fields, or with every disclosure when none is chosen: then its holder can choose later. With ``key`` it
    is bound to that public key of the holder, who signs each time it is presented (``kb+jwt``).
    """
    scope = actor_of(request).scope("certificates.read")
    choice = shown.choice() if shown.fields else None
    made = queries.selective(scope, number, choice, now=clock.now(), holder_key=shown.key)
    return HttpResponse(made, content_type="application/dc+sd-jwt")
