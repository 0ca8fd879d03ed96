"""People who take outcomes back and people who decide about it, each a user of their own."""

from __future__ import annotations

from dataclasses import replace

from tests.bank import foundation_builders as foundations
from tests.bank.recognition_builders import World
from xuefen.bank.shell.actor import Actor
from xuefen.bank.staff.models import User
from xuefen.bank.staff.types import Role


def _user(name: str) -> int:
    return User.objects.get_or_create(username=name, defaults={"display_name": name, "created_at": foundations.NOW})[
        0
    ].pk


def officer(w: World) -> Actor:
    """The issuer's officer."""
    return replace(foundations.at_institution(Role.ISSUER_OFFICER, w.issuer.pk), user_id=_user("officer"))


def arbiter(name: str = "arbiter") -> Actor:
    """A supervisor, who may take back and arbitrate."""
    return replace(foundations.at_place(Role.SUPERVISOR, "/hub/"), user_id=_user(name), name=name)
