"""Every life that is made of moves is held by the database alike, whoever asks; applications have a file of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction

from tests.bank import deposit_builders, foundation_builders, intake_builders, life_builders, standard_builders
from xuefen.bank.conversion import actions as conversion
from xuefen.bank.staff.types import Role
from xuefen.bank.supervision import actions as supervision

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Life:
    """One subject after its first move, a legal move for it that needs nobody else, and a state that move does not reach."""

    subject: str
    count: str
    moves: str
    column: str
    build: Callable[[Path], object]
    stands: str
    event: str
    to: str
    elsewhere: str


def _proposal(_: Path) -> None:
    life_builders.World().propose(submit=False)


def _contract(_: Path) -> None:
    world = life_builders.World()
    account = foundation_builders.account(1)
    (rule,) = conversion.publish_rules(
        agreement_number=world.agreement.number,
        rules=[life_builders.draft()],
        by=foundation_builders.HOUSE,
        now=foundation_builders.NOW,
    )
    learner = life_builders.somebody("xuexizhe", Role.LEARNER, learner_id=account.learner_id)
    conversion.offer_contract(
        rule_number=rule,
        until=date(2029, 6, 30),
        account_no=account.account_no,
        by=learner,
        now=foundation_builders.NOW,
    )


def _standard(_: Path) -> None:
    standard_builders.proposed(standard_builders.People())


def _alarm(folder: Path) -> None:
    world = deposit_builders.world()
    rows = [world.row(0, serial="X"), world.row(1, serial="X")]
    deposit_builders.deposit(world, deposit_builders.sheet(folder / "a.csv", rows))
    supervision.scan(now=deposit_builders.NOW)


def _slip(_: Path) -> None:
    intake_builders.offered(intake_builders.world())


LIVES = [
    Life("proposal", "moves", "proposal_move", "proposal_id", _proposal, "draft", "submit", "comparing", "signed"),
    Life("contract", "moves", "contract_move", "contract_id", _contract, "open", "decline", "declined", "in_force"),
    Life("standard_proposal", "moves_made", "standard_move", "proposal_id", _standard, "comparing", "withdraw", "withdrawn",
         "signing"),
    Life("alarm", "version", "alarm_step", "alarm_id", _alarm, "open", "explain", "explained", "closed"),
    Life("slip", "version", "slip_move", "slip_id", _slip, "offered", "decline", "declined", "taken_back"),
]  # fmt: skip


@pytest.fixture(params=LIVES, ids=lambda life: life.subject)
def life(request: pytest.FixtureRequest, tmp_path: Path) -> Life:
    found: Life = request.param
    found.build(tmp_path)
    return found


def run(*statements: str) -> None:
    """In a transaction of their own, its deferred guards included."""
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def refused(*statements: str) -> None:
    with pytest.raises(IntegrityError, match=r"no move|not where its moves lead|are facts"):
        run(*statements)


def move(life: Life, *, seq: str = "seq + 1", origin: str = "", event: str = "", to: str = "") -> str:
    """One more move: the last one again, but for what is said."""
    with connection.cursor() as cursor:
        columns = [c.name for c in connection.introspection.get_table_description(cursor, life.moves) if c.name != "id"]
    said = {
        "seq": seq,
        "leaf_id": "leaf_id + 100000",
        "from_state": f"'{origin or life.stands}'",
        "event": f"'{event or life.event}'",
        "to_state": f"'{to or life.to}'",
    } | ({"reason": "'x'"} if "reason" in columns else {})
    values = ", ".join(said.get(name, f'"{name}"') for name in columns)
    names = ", ".join(f'"{name}"' for name in columns)
    return f"INSERT INTO {life.moves} ({names}) SELECT {values} FROM {life.moves} ORDER BY id DESC LIMIT 1"


def stand(life: Life, state: str, by: int = 1) -> str:
    newest = f"(SELECT max(id) FROM {life.subject})"
    return f"UPDATE {life.subject} SET state = '{state}', {life.count} = {life.count} + {by} WHERE id = {newest}"


def test_a_move_of_the_table_with_its_state_is_taken(life: Life) -> None:
    run(move(life), stand(life, life.to))


def test_a_move_outside_the_table_is_refused(life: Life) -> None:
    refused(move(life, to=life.elsewhere), stand(life, life.elsewhere))
    refused(move(life, event="nonsense"), stand(life, life.to))


def test_a_move_begins_where_the_last_one_ended(life: Life) -> None:
    # Leaves no gap, and does not begin anew.
    refused(move(life, seq="seq + 2"), stand(life, life.to, by=2))
    first = "new" if life.subject != "slip" else "draft"
    refused(move(life, origin=first), stand(life, life.to))
    refused(move(life), move(life), stand(life, life.to, by=2))


def test_neither_a_move_nor_a_state_comes_alone(life: Life) -> None:
    refused(move(life))
    refused(stand(life, life.to))
    refused(stand(life, life.to, by=0))
    refused(stand(life, life.stands))


def test_moves_are_facts(life: Life) -> None:
    refused(f"UPDATE {life.moves} SET seq = seq + 1")
    refused(f"DELETE FROM {life.moves}")


def test_nobody_decides_a_case_without_saying_why(tmp_path: Path) -> None:
    _alarm(tmp_path)
    life = next(life for life in LIVES if life.subject == "alarm")
    refused(move(life).replace("'x'", "''"), stand(life, life.to))
