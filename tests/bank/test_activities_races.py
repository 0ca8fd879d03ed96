"""Many at once: one place is given once, one presence is recorded once, a period is gathered once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from tests.bank import activity_builders as build
from tests.bank import foundation_builders as foundation
from xuefen.bank.activities import actions
from xuefen.bank.activities.models import GatheredUse, Gathering, Participation, Registration
from xuefen.bank.shell.problems import Denied

pytestmark = pytest.mark.django_db(transaction=True)
CLIENTS = 6


def at_once(acts: list[Callable[[], object]]) -> Counter[str]:
    """Run all side by side, each on its own connection; how often each ended how."""

    def run(act: Callable[[], object]) -> str:
        try:
            act()
        except Denied as denied:
            return denied.code
        finally:
            connection.close()
        return "ok"

    with ThreadPoolExecutor(len(acts)) as pool:
        return Counter(pool.map(run, acts))


def test_one_place_one_presence_one_gathering() -> None:
    here = build.world(CLIENTS)
    found = build.lecture(here, most=1)
    before = found.starts_at - timedelta(hours=1)

    def join(learner: int) -> Callable[[], object]:
        by = foundation.as_learner(learner)
        return lambda: actions.join(number=found.number, learner_id=learner, by=by, now=before)

    assert at_once([join(learner) for learner in here.learners]) == {"ok": 1, "activity_full": CLIENTS - 1}
    (holder,) = Registration.objects.values_list("learner_id", flat=True)
    now = found.starts_at
    me, code = foundation.as_learner(holder), build.code_of(found, now)
    ended = at_once(
        [lambda: actions.check_in(number=found.number, code=code, learner_id=holder, by=me, now=now)] * CLIENTS
    )
    assert ended == {"ok": 1, "already_confirmed": CLIENTS - 1} and Participation.objects.count() == 1
    build.lectures(here, 2, 0, 1, 2)
    whole = Participation.objects.count()
    done = at_once(
        [
            lambda: actions.gather(
                institution_code="ylu", period="2026-spring", by=foundation.HOUSE, now=build.GATHER_DAY
            )
        ]
        * CLIENTS
    )
    assert done == {"ok": CLIENTS}  # one gathers, the others are told what is there
    assert Gathering.objects.count() == 1 and GatheredUse.objects.count() == whole
