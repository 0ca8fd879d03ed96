from pathlib import Path

import pytest

from xuefen.bank.institutions.types import InstitutionKind
from xuefen.bank.places.types import PlaceKind
from xuefen.bank.shell.actor import EVERYTHING, Scope
from xuefen.bank.shell.problems import Denied
from xuefen.bank.staff import rules
from xuefen.bank.staff.types import PostFacts, Reach, Role

PAGE = Path(__file__).parents[2] / "docs" / "permissions.md"
BRANCH_REACH = Scope(place_paths=("hub/33/",))


def test_the_page_for_readers_is_the_table() -> None:
    assert PAGE.read_text(encoding="utf-8") == rules.permissions_markdown()


def test_personal_data_is_shown_to_the_person_and_at_the_service_point_alone() -> None:
    assert rules.PERMISSIONS["learners.read_personal"] == {Role.LEARNER: Reach.OWN, Role.POINT_CLERK: Reach.PLACE}


def test_a_learner_reaches_nothing_but_their_own() -> None:
    reaches = {roles[Role.LEARNER] for roles in rules.PERMISSIONS.values() if Role.LEARNER in roles}
    assert reaches == {Reach.OWN}
    grants = rules.grants_for([PostFacts(role=Role.LEARNER)], learner_id=5)
    assert set(grants.values()) == {Scope(learner_ids=frozenset({5}))}


def test_posts_add_up_and_a_post_without_ground_reaches_nothing() -> None:
    grants = rules.grants_for(
        [
            PostFacts(role=Role.POINT_CLERK, place_path="hub/33/1/"),
            PostFacts(role=Role.POINT_CLERK, place_path="hub/33/2/"),
            PostFacts(role=Role.ISSUER_OFFICER, institution_id=9),
        ]
    )
    assert grants["learners.open"] == Scope(place_paths=("hub/33/1/", "hub/33/2/"))
    assert grants["deposits.deposit"] == Scope(institution_ids=frozenset({9}))
    assert grants["outcomes.read"].reaches(institution_id=9)
    assert grants["outcomes.read"].reaches(place_path="hub/33/2/7/")
    assert not grants["outcomes.read"].reaches(institution_id=8, place_path="hub/33/", learner_id=1)
    assert "audit.read" not in grants
    nothing = rules.grants_for([PostFacts(role=Role.POINT_CLERK)])["learners.open"]
    assert not nothing.reaches(place_path="hub/")


@pytest.mark.parametrize(
    ("role", "place", "institution"),
    [
        (Role.BRANCH_OFFICER, PlaceKind.BRANCH, None),
        (Role.POINT_CLERK, PlaceKind.SERVICE_POINT, None),
        (Role.ISSUER_OFFICER, None, InstitutionKind.EMPLOYER),
        (Role.REVIEWER, None, InstitutionKind.OPEN_UNIVERSITY),
    ],
)
def test_a_branch_gives_posts_of_the_right_kind(
    role: Role, place: PlaceKind | None, institution: InstitutionKind | None
) -> None:
    rules.check_appointment(role, place=place, institution=institution, reach=BRANCH_REACH)


@pytest.mark.parametrize(
    ("role", "place", "institution"),
    [
        (Role.BRANCH_OFFICER, PlaceKind.SERVICE_POINT, None),
        (Role.POINT_CLERK, None, InstitutionKind.UNIVERSITY),
        (Role.REVIEWER, None, InstitutionKind.EMPLOYER),
        (Role.REVIEWER, PlaceKind.BRANCH, InstitutionKind.UNIVERSITY),
        (Role.LEARNER, PlaceKind.SERVICE_POINT, None),
        (Role.HUB_OFFICER, None, None),
    ],
)
def test_a_post_in_the_wrong_place_is_refused(
    role: Role, place: PlaceKind | None, institution: InstitutionKind | None
) -> None:
    with pytest.raises(Denied, match="post_place"):
        rules.check_appointment(role, place=place, institution=institution, reach=EVERYTHING)


@pytest.mark.parametrize(("role", "place"), [(Role.SUPERVISOR, PlaceKind.BRANCH), (Role.HUB_OFFICER, PlaceKind.HUB)])
def test_a_branch_cannot_give_more_than_it_has(role: Role, place: PlaceKind) -> None:
    with pytest.raises(Denied, match="post_hub_only"):
        rules.check_appointment(role, place=place, institution=None, reach=BRANCH_REACH)
    rules.check_appointment(role, place=place, institution=None, reach=EVERYTHING)


def test_every_role_but_the_learner_has_somewhere_to_be_held() -> None:
    assert set(rules.POSTS_AT) == set(Role) - {Role.LEARNER}
