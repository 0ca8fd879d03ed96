"""Guaranteed-conversion contracts: three sides sign, and the version stays for this learner whatever becomes of the rule."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, transaction

from tests.bank.conversion_builders import BASIS, course, group, outcome_facts, programme_row
from tests.bank.foundation_builders import HOUSE, NOW, TODAY, account
from tests.bank.life_builders import World, draft, somebody
from xuefen.bank.conversion import actions, queries, rules
from xuefen.bank.conversion.models import Contract, ContractSignature
from xuefen.bank.conversion.rules.contracts import Kept, kept, with_contracts
from xuefen.bank.conversion.types import PlanRule, Pool, Target
from xuefen.bank.conversion.types.life import ContractState, Side
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.problems import Denied
from xuefen.bank.staff.types import Role
from xuefen.bank.translog.models import QueuedLeaf

UNTIL = date(2029, 6, 30)


class Signing(World):
    """A published rule and a learner with a sign-in."""

    def __init__(self) -> None:
        super().__init__()
        self.account = account(1)
        self.learner_id = self.account.learner_id
        self.learner = somebody("xuexizhe", Role.LEARNER, learner_id=self.learner_id)
        (self.rule,) = actions.publish_rules(agreement_number=self.agreement.number, rules=[draft()], by=HOUSE, now=NOW)

    def offer(self, by: Actor | None = None, **more: object) -> str:
        facts = {"rule_number": self.rule, "until": UNTIL, "by": by or self.reviewer, "now": NOW}
        facts["account_no"] = self.account.account_no
        return actions.offer_contract(**{**facts, **more})  # type: ignore[arg-type]

    def in_force(self) -> str:
        number = self.offer()
        actions.sign_contract(number=number, by=self.issuer, now=NOW)
        actions.sign_contract(number=number, by=self.learner, now=NOW)
        return number

    def kept(self, on: date = TODAY) -> tuple[Kept, ...]:
        return queries.contracts_for(learner_id=self.learner_id, receiver_id=self.taker.pk, on=on)


@pytest.fixture
def world(transactional_db: None) -> Signing:
    return Signing()


def refused(call: object, **kwargs: object) -> str:
    with pytest.raises(Denied) as caught:
        call(**kwargs)  # type: ignore[operator]
    return caught.value.code


class TestSigning:
    def test_three_sides_three_persons(self, world: Signing) -> None:
        number = world.offer()
        act = {"number": number, "now": NOW}
        assert queries.contract(world.reviewer, number).signed.keys() == {Side.RECEIVER}
        assert refused(actions.sign_contract, by=world.reviewer, **act) == "signed_already"
        assert refused(actions.sign_contract, by=world.second_reviewer, **act) == "signed_already"
        assert world.kept() == ()
        assert actions.sign_contract(by=world.issuer, **act) is ContractState.OPEN
        assert actions.sign_contract(by=world.learner, **act) is ContractState.IN_FORCE
        view = queries.contract(world.learner, number)
        assert view.kept(UNTIL) and not view.kept(UNTIL + timedelta(days=1)) and view.may_end
        assert [move.event for move in view.moves] == ["offer", "sign", "sign", "sign_last"]
        assert list(queries.violations()) == []

    def test_the_log_knows_nobody(self, world: Signing) -> None:
        world.in_force()
        told = [json.loads(bytes(leaf.body)) for leaf in QueuedLeaf.objects.order_by("id")]
        offered = next(leaf for leaf in told if leaf["kind"] == "contract_move")
        assert (offered["rule"], offered["version"], offered["until"]) == (world.rule, 1, UNTIL.isoformat())
        assert len(offered["holder"]) == 64
        assert world.account.account_no not in json.dumps(told) and "林" not in json.dumps(told, ensure_ascii=False)

    def test_the_learner_may_offer_decline_and_give_up(self, world: Signing) -> None:
        number = world.offer(by=world.learner, account_no="", learner_id=world.learner_id)
        assert queries.contract(world.learner, number).signed.keys() == {Side.LEARNER}
        act = {"number": number, "now": NOW}
        assert refused(actions.decline_contract, reason="", by=world.issuer, **act) == "reasons_needed"
        actions.decline_contract(reason="名额已满", by=world.issuer, **act)
        assert refused(actions.sign_contract, by=world.reviewer, **act) == "contract_move"
        again = world.in_force()
        assert refused(actions.end_contract, number=again, by=world.reviewer, now=NOW) == "not_a_side"
        actions.end_contract(number=again, by=world.learner, now=NOW)
        assert world.kept() == () and queries.contract(world.learner, again).state is ContractState.ENDED

    def test_what_cannot_be_offered(self, world: Signing) -> None:
        (denial,) = actions.publish_rules(
            agreement_number=world.agreement.number,
            rules=[replace(draft(sources=("giver/C",), to="taker/Z"), denies=True)],
            by=HOUSE,
            now=NOW,
        )
        assert refused(world.offer, rule_number=denial) == "contract_rule"
        assert refused(world.offer, rule_number="GZ404") == "contract_rule"
        assert refused(world.offer, until=TODAY) == "contract_until"
        assert refused(world.offer, until=date(2040, 1, 1)) == "contract_until"
        assert refused(world.offer, items=["giver/B"]) == "contract_items"
        assert refused(world.offer, account_no="1") == "account_unknown"
        assert refused(world.offer, by=world.hub) == "not_allowed"
        assert refused(world.offer, by=HOUSE) == "person_needed"
        world.offer()
        assert refused(world.offer) == "contract_twice"

    def test_others_see_nothing_of_it(self, world: Signing) -> None:
        number = world.offer()
        stranger = account(2, name="陶月明")
        other = somebody("bieren", Role.LEARNER, learner_id=stranger.learner_id)
        assert refused(queries.contract, by=other, number=number) == "contract_unknown"
        assert queries.contracts(other) == ()
        assert [c.number for c in queries.contracts(world.issuer)] == [number]


class TestKeeping:
    def test_a_retired_rule_still_counts_for_this_learner(self, world: Signing) -> None:
        number = world.in_force()
        actions.retire_rule(number=world.rule, on=TODAY, reason="停开", by=HOUSE, now=NOW)
        programme = programme_row(world.taker, group("root", course(world.targets["X"], 300)))
        held = [outcome_facts("CG1", world.sources["A"], 300)]
        without = queries.problem_from(held, programme=programme, on=TODAY)
        assert rules.plan(without).lines == ()
        problem = queries.problem_from(held, programme=programme, on=TODAY, contracts=world.kept())
        (line,) = rules.plan(problem).lines
        assert (line.rule.number, line.rule.version, line.contract) == (world.rule, 1, number)
        assert queries.contract(world.learner, number).superseded

    def test_a_superseded_version_is_the_one_that_counts(self, world: Signing) -> None:
        number = world.in_force()
        stricter = draft(number=world.rule, clause="新", effective_from=date(2026, 11, 1))
        actions.publish_rules(agreement_number=world.agreement.number, rules=[stricter], by=HOUSE, now=NOW)
        programme = programme_row(world.taker, group("root", course(world.targets["X"], 300)))
        problem = queries.problem_for(_everything(), programme=programme, on=TODAY, learner_id=world.learner_id)
        assert [(r.number, r.version, r.contract) for r in problem.rules] == [(world.rule, 1, number)]
        later = queries.contracts_for(
            learner_id=world.learner_id, receiver_id=world.taker.pk, on=UNTIL + timedelta(days=1)
        )
        assert later == ()


def _everything() -> object:
    from xuefen.bank.shell.actor import EVERYTHING

    return EVERYTHING


class TestTheDatabaseItself:
    def test_in_force_needs_three_signatures(self, world: Signing) -> None:
        from xuefen.bank.conversion.models import ContractMove

        found = Contract.objects.get(number=world.offer())

        def force() -> None:
            found.refresh_from_db()
            Contract.objects.filter(pk=found.pk).update(state="in_force", moves=found.moves + 1)
            ContractMove.objects.create(
                contract=found, seq=found.moves + 1, from_state="open", event="sign_last", to_state="in_force",
                actor_kind="system", at=NOW, leaf_id=1,
            )  # fmt: skip

        with pytest.raises(DatabaseError, match="not signed by three"), transaction.atomic():
            force()
        actions.sign_contract(number=found.number, by=world.issuer, now=NOW)
        with pytest.raises(DatabaseError, match="not signed by three"), transaction.atomic():
            force()
        with pytest.raises(DatabaseError), transaction.atomic():
            Contract.objects.filter(pk=found.pk).update(until=date(2040, 1, 1))
        signature = {"contract": found, "at": NOW}
        with pytest.raises(DatabaseError), transaction.atomic():  # the receiver's person cannot be the issuer's as well
            ContractSignature.objects.create(side="issuer", signer_id=world.reviewer.user_id, **signature)


class TestPure:
    def test_only_what_takes_nothing_but_the_items(self) -> None:
        either = PlanRule("GZ1", 1, BASIS, either=((1,), (2, 3)), targets=(Target(9),))
        assert kept(either, [1, 2], contract="HT1") == replace(either, either=((1,),), contract="HT1")
        assert kept(either, [2], contract="HT1") is None
        pool = PlanRule("GZ1", 1, BASIS, pool=Pool((1, 2, 3), 200), targets=(Target(9),))
        narrowed = kept(pool, [2, 3], contract="HT1")
        assert narrowed is not None and narrowed.pool == Pool((2, 3), 200)

    def test_a_denial_does_not_touch_what_is_guaranteed(self) -> None:
        mine = PlanRule("GZ1", 1, BASIS, sources=(1,), targets=(Target(9),), contract="HT1")
        now = replace(mine, version=2, contract="")
        issuer = PlanRule("GZ2", 1, BASIS, targets=(Target(8), Target(9)), denies=True, denied_issuer="giver")
        item = PlanRule("GZ3", 1, BASIS, sources=(1,), targets=(Target(9),), denies=True)
        other = PlanRule("GZ4", 1, BASIS, sources=(2,), targets=(Target(9),), denies=True)
        found = with_contracts([now, issuer, item, other], [Kept(mine, "giver")])
        assert found == (mine, replace(issuer, targets=(Target(8),)), other)
