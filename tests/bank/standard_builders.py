"""People who make standards, and proposals at every stage, each in one line."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any

import yaml

from tests.bank import foundation_builders as build
from xuefen.bank.places.models import Place
from xuefen.bank.shell.actor import Actor
from xuefen.bank.staff import actions as staff
from xuefen.bank.staff import queries as staff_queries
from xuefen.bank.staff.types import Role
from xuefen.bank.standards import actions, queries

NOW = datetime(2026, 11, 20, 2, 3, 4, tzinfo=UTC)
HOUSE = build.HOUSE
OPENED = datetime(2026, 1, 5, tzinfo=UTC)
NOTE = "按今年的修订意见"


def shipped(name: str = "cn-2026") -> dict[str, Any]:
    """The body of a pack that ships."""
    text = (files("xuefen.bank.standards") / "packs" / f"{name}.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def next_body(*, share: int = 40, starts: str = "2027-01-01", version: int = 2, **sections: Any) -> dict[str, Any]:
    """The second version of cn-2026: a stricter cap on all conversions."""
    body = copy.deepcopy(shipped())
    body["limits"]["total_share"]["share"] = share
    return body | {"version": version, "effective_from": starts, **sections}


def officer(username: str, role: Role, *, name: str = "", at: datetime = OPENED) -> Actor:
    """Somebody who holds one post at the hub, as the pages see them."""
    if not Place.objects.filter(code="hub").exists():
        build.tree()
    user = staff.create_user(
        username=username, display_name=name or username, password="a long sentence of mine", by=HOUSE, now=at
    )
    staff.appoint(username=username, role=role, place_code="hub", by=HOUSE, now=at)
    return staff_queries.actor_for(user, now=NOW)


class People:
    """Two experts who compare, one who proposes, two hub officers who publish."""

    def __init__(self) -> None:
        self.proposer = officer("tichu", Role.EXPERT, name="程砚秋")
        self.experts = (officer("bidui.a", Role.EXPERT, name="陆知白"), officer("bidui.b", Role.EXPERT, name="方闻音"))
        self.hubs = (
            officer("hub.a", Role.HUB_OFFICER, name="顾怀安"),
            officer("hub.b", Role.HUB_OFFICER, name="沈知行"),
        )


def proposed(people: People, body: dict[str, Any] | None = None) -> str:
    """The number of a proposal; the shipped standards are in force."""
    actions.load_shipped_packs(by=HOUSE, now=OPENED)
    return actions.propose(body=body or next_body(), note=NOTE, by=people.proposer, now=NOW)


def compared(people: People, body: dict[str, Any] | None = None) -> str:
    """A proposal that two experts support."""
    number = proposed(people, body)
    for expert in people.experts:
        actions.compare(number=number, verdict="support", reasons="与现行标准相比更稳妥。", by=expert, now=NOW)
    return number


def consulting(people: People, body: dict[str, Any] | None = None, *, working_days: int = 5) -> str:
    """A proposal before the public from NOW on."""
    number = compared(people, body)
    actions.open_consultation(number=number, working_days=working_days, by=people.hubs[0], now=NOW)
    return number


AFTER = NOW + timedelta(days=20)
"""When a consultation of five working days from NOW is over."""


def signing(people: People, body: dict[str, Any] | None = None) -> str:
    """A proposal that waits for its two signatures at AFTER."""
    number = consulting(people, body)
    actions.close_consultation(number=number, by=people.hubs[0], now=AFTER)
    return number


def published(people: People, body: dict[str, Any] | None = None) -> str:
    """A proposal that became a version at AFTER."""
    number = signing(people, body)
    for hub in people.hubs:
        actions.sign(number=number, by=hub, now=AFTER)
    return number


def proved() -> None:
    """No promise of this room is broken."""
    assert list(queries.violations()) == []
