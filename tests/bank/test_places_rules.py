import pytest

from xuefen.bank.places import rules
from xuefen.bank.places.types import MAY_STAND_UNDER, Division, PlaceKind
from xuefen.bank.shell.problems import Denied

HUB, BRANCH, SUB, POINT = PlaceKind


@pytest.mark.parametrize(
    ("kind", "parent"),
    [(HUB, None), (BRANCH, None), (BRANCH, HUB), (SUB, BRANCH), (SUB, SUB), (POINT, SUB), (POINT, BRANCH)],
)
def test_these_and_only_these_kinds_stand_under_each_other(kind: PlaceKind, parent: PlaceKind | None) -> None:
    rules.check_parent(Division("1", "x", kind), parent)
    assert sum(len(parents) for parents in MAY_STAND_UNDER.values()) == 7


@pytest.mark.parametrize(("kind", "parent"), [(HUB, HUB), (SUB, None), (SUB, HUB), (POINT, POINT), (POINT, None)])
def test_other_kinds_are_refused(kind: PlaceKind, parent: PlaceKind | None) -> None:
    with pytest.raises(Denied) as caught:
        rules.check_parent(Division("1", "x", kind), parent)
    assert caught.value.code == "place_parent"


@pytest.mark.parametrize(
    ("code", "name", "problem"),
    [
        ("", "浙江省", "place_code"),
        ("33/01", "浙江省", "place_code"),
        ("1" * 17, "浙江省", "place_code"),
        ("33", " ", "place_name"),
        ("33", "浙江\u202e省", "place_name"),
        ("33", "省" * 81, "place_name"),
    ],
)
def test_codes_and_names_are_checked(code: str, name: str, problem: str) -> None:
    with pytest.raises(Denied) as caught:
        rules.checked(Division(code, name, BRANCH))
    assert caught.value.code == problem


def test_a_path_gives_its_codes_back() -> None:
    path = rules.path_of("3301", rules.path_of("33", ""))
    assert path == "33/3301/"
    assert rules.codes_of(path) == ["33", "3301"]
    assert not rules.path_of("330", "").startswith(rules.path_of("33", ""))
