"""Users and posts."""

from __future__ import annotations

import re
from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from xuefen.bank.audit import actions as audit
from xuefen.bank.institutions import queries as institutions
from xuefen.bank.institutions.types import InstitutionKind
from xuefen.bank.places import queries as places
from xuefen.bank.places.types import PlaceKind
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.clock import today
from xuefen.bank.shell.problems import NOT_ALLOWED, NOT_FOUND, NOT_SIGNED_IN, Denied
from xuefen.bank.shell.transaction import inside_transaction, use_case
from xuefen.bank.staff import queries, rules
from xuefen.bank.staff.models import Post, User
from xuefen.bank.staff.types import (
    DISPLAY_NAME,
    PASSWORD_COMMON,
    PASSWORD_SHORT,
    PASSWORD_WRONG,
    POST_ENDED,
    POST_EXISTS,
    POST_SELF,
    USER_EXISTS,
    USERNAME,
    Role,
)
from xuefen.bedrock.names import BadText, clean, reject_controls

_USERNAME = re.compile(r"[a-z][a-z0-9._-]{2,63}")  # a letter first: an account number is never a staff name


@use_case
def create_user(*, username: str, display_name: str, password: str, by: Actor, now: datetime) -> User:
    """Make somebody able to sign in; without a post they may do nothing yet.

    Raises ``Denied``: not_allowed, username, display_name, password_too_short, password_too_common, user_exists.
    """
    by.scope("staff.appoint")
    if not _USERNAME.fullmatch(username):
        raise Denied(USERNAME, place="username")
    user = add_sign_in(username=username, display_name=display_name, password=password, now=now)
    audit.record(action="staff.user_created", by=by, now=now, subject=("user", username))
    return user


@inside_transaction
def add_sign_in(*, username: str, display_name: str, password: str, now: datetime) -> User:
    """Write a sign-in; the caller answers for the user name and the audit entry. ``Denied`` as ``create_user``."""
    try:
        reject_controls(display_name)
    except BadText:
        raise Denied(DISPLAY_NAME, place="display_name") from None
    stored = clean(display_name)
    if not 1 <= len(stored) <= 80:
        raise Denied(DISPLAY_NAME, place="display_name")
    user = User(username=username, display_name=stored, created_at=now)
    check_password(password, user=user)
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:
        raise Denied(USER_EXISTS, place="username") from None
    return user


def check_password(password: str, *, user: User | None = None) -> None:
    """Raise ``Denied`` for a password that is too short or too common (Django's validators, our sentences)."""
    try:
        validate_password(password, user)
    except ValidationError as refused:
        for error in refused.error_list:
            if error.code == "password_too_short":
                raise Denied(PASSWORD_SHORT, place="password", least=(error.params or {})["min_length"]) from None
        raise Denied(PASSWORD_COMMON, place="password") from None


@inside_transaction
def replace_password(*, user: User, password: str) -> None:
    """Give a sign-in a new password, which ends its sessions and tokens: both are bound to the old one.

    The caller answers for the audit entry. ``Denied``: password_too_short, password_too_common.
    """
    check_password(password, user=user)
    user.set_password(password)
    user.save(update_fields=["password"])


@inside_transaction
def close_sign_in(*, user: User, display_name: str) -> None:
    """End a sign-in for good, with every session and token, and leave no name on it; the caller answers for the audit."""
    user.set_unusable_password()
    user.display_name, user.is_active, user.last_login = display_name, False, None
    user.save(update_fields=["password", "display_name", "is_active", "last_login"])


@use_case
def change_password(*, old: str, new: str, by: Actor, now: datetime) -> User:
    """Change one's own password; every other session and token of the user ends.

    Raises ``Denied``: not_signed_in, password_wrong, password_too_short, password_too_common.
    """
    user = User.objects.select_for_update().filter(pk=by.user_id or 0, is_active=True).first()
    if user is None:
        raise Denied(NOT_SIGNED_IN)
    if not user.check_password(old):
        raise Denied(PASSWORD_WRONG, place="old")
    replace_password(user=user, password=new)
    audit.record(action="staff.password_changed", by=by, now=now, subject=("user", user.username))
    return user


@use_case
def appoint(
    *,
    username: str,
    role: Role,
    place_code: str | None = None,
    institution_code: str | None = None,
    by: Actor,
    now: datetime,
) -> Post:
    """Give a user a role at a place or an institution from today on.

    Raises ``Denied``: not_allowed, user_unknown, place_unknown, institution_unknown, post_place, post_hub_only,
    post_self, post_exists.
    """
    user = queries.user(username)
    place = places.place(place_code) if place_code else None
    institution = institutions.by_code(institution_code) if institution_code else None
    reach = by.scope("staff.appoint")
    rules.check_appointment(
        Role(role),
        place=PlaceKind(place.kind) if place else None,
        institution=InstitutionKind(institution.kind) if institution else None,
        reach=reach,
    )
    ground = place.path if place else institution.place.path if institution else None
    if not reach.reaches(place_path=ground):
        raise Denied(NOT_ALLOWED, action="staff.appoint")
    if by.user_id == user.pk:
        raise Denied(POST_SELF, place="username")
    day = today(now)
    User.objects.select_for_update().get(pk=user.pk)  # two officers appointing the same person wait for each other
    held = Post.objects.filter(queries.held_on(day), user=user, role=role, place=place, institution=institution)
    if held.exists():
        raise Denied(POST_EXISTS, place="role")
    post = Post.objects.create(user=user, role=Role(role), place=place, institution=institution, effective_from=day)
    audit.record(
        action="staff.appointed",
        by=by,
        now=now,
        subject=("user", username),
        after={"role": Role(role).value, "place": place_code, "institution": institution_code, "post": post.pk},
    )
    return post


@use_case
def end_post(*, post_id: int, reason: str = "", by: Actor, now: datetime) -> Post:
    """End a post today; its rights are gone with the next request.

    Raises ``Denied``: not_allowed, not_found, post_ended.
    """
    reach = by.scope("staff.appoint")
    post = queries.posts(reach).select_for_update(of=("self",)).filter(pk=post_id).first()
    if post is None:
        raise Denied(NOT_FOUND, place="post_id")
    if Role(post.role) in rules.HUB_APPOINTS and not reach.everything:
        raise Denied(NOT_ALLOWED, action="staff.appoint")
    if post.ended_on is not None:
        raise Denied(POST_ENDED, place="post_id")
    post.ended_on = today(now)
    post.save(update_fields=["ended_on"])
    audit.record(
        action="staff.post_ended",
        by=by,
        now=now,
        subject=("user", post.user.username),
        reason=clean(reason)[:400],
        after={"post": post.pk, "role": post.role},
    )
    return post
