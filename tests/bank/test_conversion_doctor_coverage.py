"""The map of what rules reach: counted right, in a fixed number of queries, empty where there is nothing."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.bank.conversion_builders import course, group
from tests.bank.doctor_builders import NOW, TODAY, World, draft, programme, world
from xuefen.bank.catalogue.models import ItemVersion
from xuefen.bank.conversion import tasks
from xuefen.bank.conversion.queries.coverage import count_coverage, coverage_map
from xuefen.bank.conversion.types import Conditions
from xuefen.bank.conversion.types.coverage import Reach

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def here() -> World:
    made = world(0)
    versions = {v.item.code: v for v in ItemVersion.objects.filter(item__institution=made.college)}
    tree = group("root", course(made.items["college/K1"], 300), course(made.items["college/K2"], 300))
    programme(made.college, tree, versions, code="590302")
    return made


def test_pairs_and_fields(here: World) -> None:
    here.publish(draft(), draft(conditions=Conditions(min_mark=6000)), draft("ylu/C2+ylu/Z1", "college/K2"))
    here.publish(draft("ylu/S1", "college/K3", denies=True))
    found = count_coverage(on=TODAY)
    assert found.issuers == (("ylu", here.issued.issuer.name_zh),)
    assert found.receivers == (("college", here.college.name_zh),)
    assert found.pairs == (Reach("ylu", "college", 3, 4, 3),)
    assert found.pairs[0].percent == 75
    assert [(key, name.zh) for key, name in found.fields] == [("59", "公共管理与服务"), ("", "其他")]
    cells = {(c.row, c.column): (c.reached, c.all) for c in found.field_cells}
    assert cells["59", "degree"] == (2, 2)
    assert cells["59", "vocational"] == (1, 2)
    assert cells["59", "social"] == (0, 2)
    assert cells["", "degree"] == (2, 3)  # programme XZ asks for K1, K2, K3


def test_only_what_is_in_force(here: World) -> None:
    here.publish(draft())
    assert count_coverage(on=date(2026, 2, 1)).pairs == ()


def test_nothing_to_show() -> None:
    found = count_coverage(on=TODAY)
    assert (found.pairs, found.issuers, found.fields, found.field_cells, found.hidden) == ((), (), (), (), 0)


def test_the_number_of_queries_is_fixed(here: World) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            count_coverage(on=TODAY)
        return len(caught)

    here.publish(draft())
    one = queries()
    here.publish(*(draft("ylu/C2", conditions=Conditions(min_mark=100 * k)) for k in range(1, 9)))
    assert queries() == one == 5


def test_a_large_register_is_counted_by_a_job(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.core.cache import cache

    cache.clear()
    here.publish(draft())
    assert coverage_map(now=NOW) == (count_coverage(on=TODAY), True)
    monkeypatch.setattr("xuefen.bank.conversion.queries.coverage.LARGE", 1)
    assert coverage_map(now=NOW) == (None, False)
    monkeypatch.setattr("xuefen.bank.conversion.tasks.now", lambda: NOW)
    tasks.count_coverage()
    with CaptureQueriesContext(connection) as caught:
        assert coverage_map(now=NOW) == (count_coverage(on=TODAY), True)
    assert len(caught) == 1 + 5
    found, fresh = coverage_map(now=NOW + timedelta(hours=1))
    assert found is not None and not fresh
    tasks.defer_coverage()
    tasks.defer_coverage()
