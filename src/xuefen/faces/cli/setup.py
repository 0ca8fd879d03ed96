"""Setting a bank up: places, institutions with their qualifications, staff."""

from __future__ import annotations

import secrets
from argparse import Namespace
from enum import StrEnum
from typing import TypeVar

from xuefen.bank.institutions import actions as institutions
from xuefen.bank.institutions.types import InstitutionKind, OutcomeClass
from xuefen.bank.places import actions as places
from xuefen.bank.places.types import PlaceKind
from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import Actor
from xuefen.bank.staff import actions as staff
from xuefen.bank.staff.types import Role
from xuefen.faces.cli.output import plain_refusals, result

OPERATOR = Actor.system("command line")
Word = TypeVar("Word", bound=StrEnum)


def _one_of(words: type[Word], text: str) -> Word:
    """A word of a closed list; wrong usage, with the list, when it is none of them."""
    try:
        return words(text)
    except ValueError:
        result.print(f"{text}: {', '.join(words)}", style="red", markup=False)
        raise SystemExit(2) from None


@plain_refusals
def open_place(arguments: Namespace) -> int:
    """Open a branch, sub-centre or service point below another place."""
    place = places.open_place(
        code=arguments.code, name=arguments.name, kind=PlaceKind(arguments.kind), parent_code=arguments.parent, by=OPERATOR,
        now=clock.now(),
    )  # fmt: skip
    result.print(f"{place.code} {place.name} {place.path}", markup=False)
    return 0


@plain_refusals
def add_institution(arguments: Namespace) -> int:
    """Register an institution; what it may deposit is qualified separately."""
    made = institutions.register(
        code=arguments.code, uscc=arguments.uscc, name_zh=arguments.name, name_en=arguments.name_en,
        kind=_one_of(InstitutionKind, arguments.kind), place_code=arguments.place, by=OPERATOR, now=clock.now(),
    )  # fmt: skip
    result.print(f"{made.code} {made.name_zh}", markup=False)
    return 0


@plain_refusals
def qualify(arguments: Namespace) -> int:
    """Record that an institution was reviewed and may deposit outcomes of one class until a day."""
    now = clock.now()
    institutions.qualify(
        institution_code=arguments.code, outcome_class=OutcomeClass(arguments.outcome_class),
        effective_from=arguments.since or clock.today(now), expires_on=arguments.until, basis=arguments.basis, by=OPERATOR,
        now=now,
    )  # fmt: skip
    result.print(f"{arguments.code} {arguments.outcome_class} … {arguments.until}", markup=False)
    return 0


@plain_refusals
def add_staff(arguments: Namespace) -> int:
    """Give somebody a sign-in and a post; the password is printed once."""
    now, password = clock.now(), secrets.token_urlsafe(12)
    staff.create_user(username=arguments.username, display_name=arguments.name, password=password, by=OPERATOR, now=now)
    staff.appoint(
        username=arguments.username, role=_one_of(Role, arguments.role), place_code=arguments.place,
        institution_code=arguments.institution, by=OPERATOR, now=now,
    )  # fmt: skip
    result.print(f"{arguments.username}  密码 password (shown once): {password}", markup=False)
    return 0
