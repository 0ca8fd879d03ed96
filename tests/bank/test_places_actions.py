import csv
from collections.abc import Iterator

import pytest
from django.db import DatabaseError, connection, transaction

from tests.bank.foundation_builders import DIVISIONS, HOUSE, NOW, POINT, ZHEJIANG, at_place, tree
from tests.shared_data import shared_data
from xuefen.bank.audit.models import AuditEntry
from xuefen.bank.places import actions, queries
from xuefen.bank.places.models import Place
from xuefen.bank.places.types import Division, PlaceKind
from xuefen.bank.shell.actor import Scope
from xuefen.bank.shell.problems import Denied
from xuefen.bank.staff.types import Role

pytestmark = pytest.mark.django_db


def test_a_place_is_opened_under_its_parent_and_audited() -> None:
    tree()
    officer = at_place(Role.BRANCH_OFFICER, ZHEJIANG)
    place = actions.open_place(
        code="3302", name="宁波市", kind=PlaceKind.SUB_CENTRE, parent_code="33", by=officer, now=NOW
    )
    assert (place.path, place.parent.code) == ("hub/33/3302/", "33")
    entry = AuditEntry.objects.get(subject_kind="place", subject_id="3302")
    assert (entry.action, entry.actor_name, entry.at) == ("places.opened", officer.name, NOW)
    assert entry.after == {"name": "宁波市", "kind": "sub_centre", "path": "hub/33/3302/"}


@pytest.mark.parametrize(
    ("code", "kind", "parent", "problem"),
    [
        ("3301", PlaceKind.SUB_CENTRE, "33", "place_exists"),
        ("3402", PlaceKind.SUB_CENTRE, "34", "place_unknown"),
        ("3302", PlaceKind.BRANCH, "33", "place_parent"),
        ("310101", PlaceKind.SUB_CENTRE, "31", "not_allowed"),  # another branch's ground
    ],
)
def test_what_cannot_be_opened(code: str, kind: PlaceKind, parent: str, problem: str) -> None:
    tree()
    with pytest.raises(Denied) as caught:
        actions.open_place(
            code=code, name="某地", kind=kind, parent_code=parent, by=at_place(Role.BRANCH_OFFICER, ZHEJIANG), now=NOW
        )
    assert caught.value.code == problem
    assert Place.objects.count() == len(DIVISIONS)


def test_a_clerk_opens_no_places() -> None:
    tree()
    with pytest.raises(Denied, match="not_allowed"):
        actions.open_place(
            code="9",
            name="某地",
            kind=PlaceKind.SERVICE_POINT,
            parent_code="330106",
            by=at_place(Role.POINT_CLERK, POINT),
            now=NOW,
        )


def test_an_import_takes_any_order_repeats_harmlessly_and_renames_with_a_trace() -> None:
    assert actions.import_divisions(divisions=reversed(DIVISIONS), by=HOUSE, now=NOW) == len(DIVISIONS)
    assert queries.place("330106001").path == POINT
    renamed = [d if d.code != "3301" else Division("3301", "杭州", d.kind, d.parent_code) for d in DIVISIONS]
    assert actions.import_divisions(divisions=renamed, by=HOUSE, now=NOW) == 0
    assert queries.place("3301").name == "杭州"
    entry = AuditEntry.objects.get(action="places.renamed")
    assert (entry.subject_id, entry.before, entry.after) == ("3301", {"name": "杭州市"}, {"name": "杭州"})
    assert list(queries.violations()) == []


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (Division("4401", "广州市", PlaceKind.SUB_CENTRE, "44"), "place_unknown"),
        (Division("3301", "杭州市", PlaceKind.SUB_CENTRE, "31"), "place_moved"),
        (Division("5", "自身", PlaceKind.SUB_CENTRE, "5"), "place_unknown"),
    ],
)
def test_one_bad_row_and_nothing_is_imported(row: Division, problem: str) -> None:
    tree()
    good = Division("3302", "宁波市", PlaceKind.SUB_CENTRE, "33")
    with pytest.raises(Denied) as caught:
        actions.import_divisions(divisions=[good, row], by=HOUSE, now=NOW)
    assert caught.value.code == problem
    assert not Place.objects.filter(code="3302").exists()


def test_the_tree_is_walked_both_ways() -> None:
    places = tree()
    point = places["330106001"]
    assert [p.code for p in queries.ancestors(point)] == ["hub", "33", "3301", "330106"]
    assert [p.code for p in queries.children(places["hub"])] == ["31", "33"]
    assert [p.code for p in queries.children(None)] == ["hub"]
    assert [p.code for p in queries.below(places["33"])] == ["33", "3301", "330106", "330106001"]
    assert [p.code for p in queries.within(Scope(place_paths=("hub/31/",)))] == ["31", "310101001"]
    assert list(queries.within(Scope())) == []
    with pytest.raises(Denied, match="place_unknown"):
        queries.place("99")


def test_a_place_cannot_be_moved_or_deleted_even_from_a_console() -> None:
    place = tree()["330106001"]
    with pytest.raises(DatabaseError, match="may change"), transaction.atomic():
        Place.objects.filter(pk=place.pk).update(path="hub/")
    with pytest.raises(DatabaseError, match="facts"), transaction.atomic():
        Place.objects.filter(pk=place.pk).delete()


def test_a_path_that_left_the_tree_is_reported() -> None:
    tree()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # lifts the guard
        cursor.execute("UPDATE place SET path = 'hub/31/3301/' WHERE code = '3301'")
    assert [v.subject for v in queries.violations()] == ["place 3301", "place 330106"]


def _national_rows() -> Iterator[Division]:
    yield Division("hub", "总平台", PlaceKind.HUB)
    levels = (
        ("provinces", PlaceKind.BRANCH, None),
        ("cities", PlaceKind.SUB_CENTRE, "provinceCode"),
        ("areas", PlaceKind.SUB_CENTRE, "cityCode"),
        ("streets", PlaceKind.SERVICE_POINT, "areaCode"),
    )
    for name, kind, parent in levels:
        with shared_data(f"china/divisions/{name}.csv").open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                yield Division(row["code"], row["name"], kind, row[parent] if parent else "hub")


def test_the_real_divisions_of_the_country_are_one_tree() -> None:
    rows = list(_national_rows())
    assert actions.import_divisions(divisions=rows, by=HOUSE, now=NOW) == len(rows) == 1 + 31 + 342 + 2978 + 41352
    assert list(queries.violations()) == []
    assert [place.name for place in queries.ancestors(queries.place("110101001"))][1] == "北京市"
