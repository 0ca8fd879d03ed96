"""A slip at any point of its way, each in one line, in the small world of the deposit tests."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import datetime
from typing import Any

from tests.bank import deposit_builders as deposits
from tests.bank import evidence_builders as files
from tests.bank import foundation_builders as foundation
from xuefen.bank.catalogue.models import ItemVersion
from xuefen.bank.intake import actions
from xuefen.bank.intake.models import Slip
from xuefen.bank.intake.types import Award, Form
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.models import Node
from xuefen.bank.staff import actions as staff
from xuefen.bank.staff.types import Role

NOW = foundation.NOW
GOOD = Form(awarded_on="2026-06-30", grade="85", serial="NO-1")
_names = itertools.count(1)


def world() -> deposits.World:
    """An issuer with its catalogue, three learners, and a log."""
    Node.objects.create(
        id=1, code="zj", name_zh="浙江学分银行", name_en="Zhejiang Credit Bank", origin="zj.example/log", created_at=NOW
    )
    return deposits.world()


def person(actor: Actor) -> Actor:
    """Somebody at that post who signed in."""
    name = f"staff{next(_names)}"
    user = staff.create_user(
        username=name, display_name=f"工作人员{name}", password="a long enough sentence", by=foundation.HOUSE, now=NOW
    )
    return replace(actor, user_id=user.pk, name=user.display_name)


def clerk() -> Actor:
    return person(foundation.at_place(Role.POINT_CLERK, foundation.POINT))


def officer() -> Actor:
    return person(foundation.at_place(Role.BRANCH_OFFICER, foundation.ZHEJIANG))


def learner(world: deposits.World, which: int = 0) -> Actor:
    return foundation.as_learner(world.learner_ids[which])


def item(code: str = "C1") -> int:
    return ItemVersion.objects.get(item__code=code).pk


def drafted(
    world: deposits.World, *, code: str = "C1", form: Form = GOOD, which: int = 0, by: Actor | None = None
) -> str:
    """A slip with its form, without evidence."""
    who = by or learner(world, which)
    number = actions.start(learner_id=world.learner_ids[which], item_version_id=item(code), by=who, now=NOW)
    actions.save_form(number=number, form=form, by=who, now=NOW)
    return number


def complete(world: deposits.World, number: str, *, which: int = 0, by: Actor | None = None, text: str = "") -> None:
    """Everything a course's checklist asks for."""
    who = by or learner(world, which)
    for asked_as in ("transcript", "syllabus"):
        scan = files.pdf(f"{text or number} {asked_as}")
        actions.attach(number=number, asked_as=asked_as, name=f"{asked_as}.pdf", content=scan, by=who, now=NOW)


def sent(world: deposits.World, *, which: int = 0, now: datetime = NOW, by: Actor | None = None, **more: Any) -> str:
    """A slip that waits to be checked."""
    number = drafted(world, which=which, by=by, **more)
    complete(world, number, which=which, by=by)
    actions.send(number=number, version=0, by=by or learner(world, which), now=now)
    return number


def award(world: deposits.World, *, which: int = 0, code: str = "C1", form: Form = GOOD, **more: Any) -> Award:
    return Award(account=world.accounts[which], item_code=code, form=form, **more)


def offered(world: deposits.World, *, now: datetime = NOW, **more: Any) -> str:
    found = actions.push(issuer_code=world.issuer.code, award=award(world, **more), by=world.officer, now=now)
    return found.number


def state(number: str) -> str:
    return Slip.objects.get(number=number).state
