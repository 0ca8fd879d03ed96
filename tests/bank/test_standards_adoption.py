"""A receiver chooses its standard from a day on; grades find their place elsewhere."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from django.db import DatabaseError, connection, transaction

from tests.bank import foundation_builders as build
from tests.bank import recognition_builders as builders
from xuefen.bank.recognition import queries as applications
from xuefen.bank.recognition.models import Application
from xuefen.bank.shell.actor import EVERYTHING
from xuefen.bank.shell.problems import Denied
from xuefen.bank.standards import actions, queries
from xuefen.bank.standards.rules import corresponding_grades

DAY = builders.APPLIED.date()


def adopt(**changes) -> None:
    said = {
        "institution_code": "YL",
        "standard": "cn-strict",
        "effective_from": DAY,
        "by": build.HOUSE,
        "now": build.NOW,
    }
    actions.adopt(**said | changes)


@pytest.mark.django_db(transaction=True)
class TestAdopting:
    def test_plans_and_applications_go_by_it_from_that_day_on(self) -> None:
        world = builders.world(outcomes=2)

        def standard(on: date) -> str:
            asked = {"programme": world.programme, "learner_id": world.learner_id, "on": on}
            return applications.problem_for(EVERYTHING, **asked).standard

        adopt()
        assert standard(date(2026, 10, 1)).startswith("cn-2026/")
        assert standard(DAY).startswith("cn-strict/")
        builders.applied(world)
        assert Application.objects.get().standard_version.code == "cn-strict"

    def test_the_same_again_changes_nothing_and_another_on_the_same_day_is_refused(self) -> None:
        world = builders.world(outcomes=0)
        adopt()
        adopt()
        with pytest.raises(Denied) as denied:
            adopt(standard="ects")
        assert denied.value.code == "adoption_twice"
        assert queries.adopted(world.receiver.pk, on=DAY) == "cn-strict"

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"standard": "nowhere"}, "standard_unknown"),
            ({"institution_code": "NO"}, "institution_unknown"),
            ({"by": build.as_learner(1)}, "not_allowed"),
        ],
    )
    def test_only_a_standard_in_force_by_who_may(self, changes, code: str) -> None:
        builders.world(outcomes=0)
        with pytest.raises(Denied) as denied:
            adopt(**changes)
        assert denied.value.code == code

    @pytest.mark.parametrize("statement", ["DELETE FROM standard_adoption", "UPDATE standard_adoption SET code = 'x'"])
    def test_what_was_adopted_stays(self, statement: str) -> None:
        builders.world(outcomes=0)
        adopt()
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


OWN = [("18", 50), ("24", 30), ("28", 15), ("30", 5)]  # from the lowest pass to the highest
OTHER = [("E", 10), ("D", 25), ("C", 30), ("B", 25), ("A", 10)]


class TestGrades:
    def test_a_grade_is_worth_what_stands_at_its_place(self) -> None:
        assert corresponding_grades("30", OWN, OTHER) == [("A", Fraction(1))]
        assert corresponding_grades("18", OWN, OTHER) == [
            ("D", Fraction(1, 2)),
            ("C", Fraction(3, 10)),
            ("E", Fraction(1, 5)),
        ]

    def test_of_equal_shares_the_lower_comes_first(self) -> None:
        assert corresponding_grades("P", [("P", 4)], [("low", 2), ("high", 2)]) == [
            ("low", Fraction(1, 2)),
            ("high", Fraction(1, 2)),
        ]

    @pytest.mark.parametrize(
        ("grade", "own"),
        [("31", OWN), ("18", []), ("18", [("18", 0)]), ("18", [("18", -1), ("24", 2)]), ("18", [("18", 1), ("18", 2)])],
    )
    def test_what_no_distribution_is(self, grade: str, own) -> None:
        with pytest.raises(Denied) as denied:
            corresponding_grades(grade, own, OTHER)
        assert denied.value.code == "distribution_empty"
