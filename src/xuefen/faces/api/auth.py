"""Who calls: a bearer token, or the session of somebody signed in on the pages.

A token is signed, not stored: it names the user and a digest bound to the password, so a changed password, a deactivated
user or twelve hours end it. What its owner may do is read anew at every request.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from ninja import Router
from ninja.security import HttpBearer, SessionAuth

from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.problems import Denied, Problem
from xuefen.bank.staff.queries import actor_for
from xuefen.faces.api.schemas import TokenIn, TokenOut
from xuefen.faces.shared.signin import whose

LIFE = 12 * 3600  # seconds
TOKEN_INVALID = Problem(
    "token_invalid",
    "令牌无效或已过期，请重新获取。",
    "The token is not valid or has expired; get a new one.",
    status=401,
)
router = Router(tags=["sign-in"])


def _signer() -> TimestampSigner:
    return TimestampSigner(salt="xuefen.api.token")


def _fragment(user: Any) -> str:
    """Bound to the password's hash, and nothing can be learnt from it: it is keyed."""
    return str(user.get_session_auth_hash()[:32])


def issue(user: Any) -> str:
    """A new token for a user whose credentials were just checked."""
    return _signer().sign_object({"user": user.pk, "bound": _fragment(user)})


class Token(HttpBearer):
    """``Authorization: Bearer …`` with a token from ``POST /api/token``."""

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        try:
            held = _signer().unsign_object(token, max_age=LIFE)
        except (BadSignature, ValueError):  # ValueError: signed by us, but by another use of the same key
            raise Denied(TOKEN_INVALID) from None
        user = ModelBackend().get_user(held["user"])
        if user is None or not constant_time_compare(held["bound"], _fragment(user)):
            raise Denied(TOKEN_INVALID)
        request.user = user  # request.actor is resolved from it when first asked for
        return user


class BrowserSession(SessionAuth):
    """The session cookie of the pages; writing needs the CSRF token as well."""

    def __call__(self, request: HttpRequest) -> Any:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
            return None  # not signed in is 401, not a failed CSRF check, which would read what a stranger sends
        return super().__call__(request)


SIGNED_IN = [Token(), BrowserSession()]


def actor_of(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


@router.post("/token", auth=None, response=TokenOut, operation_id="getToken", summary="Get a token")
def token(request: HttpRequest, given: TokenIn) -> dict[str, Any]:
    """Learners name their account or identity number, staff their user name. Five failures close the door for 5 minutes."""
    user = whose(request, account=given.username, password=given.password)
    actor = actor_for(user, now=clock.now())
    return {
        "token": issue(user),
        "token_type": "Bearer",
        "expires_in": LIFE,
        "kind": actor.kind,
        "name": actor.name,
        "roles": list(actor.roles),
    }
