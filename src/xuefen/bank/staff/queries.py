"""Who signs in, and what their posts allow."""

from __future__ import annotations

from datetime import date, datetime

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet

from xuefen.bank.places.queries import inside
from xuefen.bank.shell.actor import PUBLIC, Actor, Scope
from xuefen.bank.shell.clock import today
from xuefen.bank.shell.problems import Denied
from xuefen.bank.staff.models import Post, User
from xuefen.bank.staff.rules import grants_for
from xuefen.bank.staff.types import USER_UNKNOWN, PostFacts, Role

_CLOSED = "closed"  # learners.types.AccountState.CLOSED: a room above, so only its stored word is known here


def user(username: str) -> User:
    """The user of this name. Raises ``Denied(user_unknown)``."""
    found = User.objects.filter(username=username).first()
    if found is None:
        raise Denied(USER_UNKNOWN, place="username")
    return found


def held_on(day: date) -> Q:
    """A filter for the posts in force: ``ended_on`` is the first day a post no longer counts."""
    return Q(effective_from__lte=day) & (Q(ended_on=None) | Q(ended_on__gt=day))


def actor_for(user: User | AnonymousUser, *, now: datetime) -> Actor:
    """What a signed-in person may do right now; two queries, however many posts. Nobody signed in is ``PUBLIC``.

    Read again at every request, so an ended post or a deactivated user loses every right at once.
    """
    if not user.is_authenticated:
        return PUBLIC
    known = User.objects.filter(pk=user.pk, is_active=True)
    found = known.values("display_name", "learner__id", "learner__state").first()
    if found is None:
        return PUBLIC
    rows = Post.objects.filter(held_on(today(now)), user_id=user.pk).order_by("id")
    posts = [
        PostFacts(role=Role(role), place_path=path, institution_id=institution)
        for role, path, institution in rows.values_list("role", "place__path", "institution_id")
    ]
    learner_id = found["learner__id"] if found["learner__state"] != _CLOSED else None
    if learner_id is not None:
        posts.append(PostFacts(role=Role.LEARNER))
    return Actor(
        kind="staff" if found["learner__id"] is None else "learner",
        name=found["display_name"],
        user_id=user.pk,
        learner_id=learner_id,
        grants=grants_for(posts, learner_id=learner_id),
        roles=tuple(dict.fromkeys(post.role.value for post in posts)),
    )


def posts(scope: Scope, *, on: date | None = None) -> QuerySet[Post]:
    """The posts inside a scope, by user; only those in force on a day when it is given."""
    reached = inside(scope, place="place__path") | inside(scope, place="institution__place__path")
    rows = Post.objects.filter(reached)
    if on is not None:
        rows = rows.filter(held_on(on))
    return rows.select_related("user", "place", "institution").order_by("user__username", "id")
