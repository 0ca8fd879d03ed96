"""The life of a rule in the real database: who may do what, in which order, and what the database itself refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest
from django.db import DatabaseError, transaction

from tests.bank.foundation_builders import HOUSE, NOW, TODAY
from tests.bank.life_builders import BASIS, World, draft, somebody
from xuefen.bank.audit.models import AuditEntry
from xuefen.bank.conversion import actions, queries
from xuefen.bank.conversion.models import Opinion, Proposal, ProposalMove, ProposalSignature, Rule
from xuefen.bank.conversion.types import RuleState, TargetDraft
from xuefen.bank.conversion.types.life import ProposalEvent, ProposalState
from xuefen.bank.shell.problems import Denied
from xuefen.bank.staff.types import Role
from xuefen.bank.translog.models import QueuedLeaf

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    return World()


def code_of(call: object, **kwargs: object) -> str:
    with pytest.raises(Denied) as caught:
        call(**kwargs)  # type: ignore[operator]
    return caught.value.code


def leaves() -> list[dict[str, object]]:
    return [json.loads(bytes(row.body)) for row in QueuedLeaf.objects.order_by("id")]


def test_from_draft_to_published_rule(world: World) -> None:
    number = world.propose()
    assert world.opine(number, world.experts[0], overlap=90) == "comparing"
    assert world.opine(number, world.experts[1], overlap=82) == "signing"
    assert world.sign_for(number, world.issuer, "giver") == "signing"
    assert world.sign_for(number, world.reviewer, "taker") == "signed"
    (rule,) = actions.publish_proposal(number=number, revision=1, by=world.hub, now=NOW)

    (view,) = queries.rule(rule)
    assert view.state == RuleState.PUBLISHED and view.body["overlap"] == 82  # the lower of what the experts found
    shown = queries.proposal(world.reviewer, number)
    assert shown.row.state is ProposalState.PUBLISHED and shown.published == (rule,)
    events = [move.event for move in shown.moves]
    assert events == ["propose", "submit", "compare", "endorse", "sign", "sign_last", "publish"]
    told = [leaf for leaf in leaves() if leaf["kind"] == "proposal_move"]
    assert [leaf["event"] for leaf in told] == events
    assert all("expert" not in leaf and "verdict" not in leaf for leaf in told)
    (published,) = [leaf for leaf in leaves() if leaf["kind"] == "rules_published"]
    assert published["proposal"] == number
    assert AuditEntry.objects.filter(subject_id=number).count() == 7
    assert list(queries.violations()) == []


def test_a_set_imported_from_paper_says_so(world: World) -> None:
    actions.publish_rules(agreement_number=world.agreement.number, rules=[draft()], by=HOUSE, now=NOW)
    (leaf,) = [leaf for leaf in leaves() if leaf["kind"] == "rules_published"]
    assert leaf["imported_under"] == world.agreement.number and len(str(leaf["sm3"])) == 64
    entry = AuditEntry.objects.get(action="rules.published")
    assert entry.after["imported_under"] == world.agreement.number and entry.after["sm3"] == leaf["sm3"]


class TestExperts:
    def test_do_not_see_each_other_before_they_have_spoken(self, world: World) -> None:
        number = world.propose()
        world.opine(number, world.experts[0])
        blind = queries.proposal(world.experts[1], number)
        assert blind.opinions == () and blind.hidden_opinions == 1
        assert all("同意" not in move.note for move in blind.moves)
        assert queries.proposal(world.reviewer, number).opinions == ()  # nor does anybody who could tell them
        assert len(queries.proposal(world.experts[0], number).opinions) == 1
        world.opine(number, world.experts[1])
        assert len(queries.proposal(world.experts[2], number).opinions) == 2

    def test_speak_once_and_wrote_nothing_of_it(self, world: World) -> None:
        number = world.propose(by=world.experts[0])
        speak = {"number": number, "revision": 1, "verdict": "agree", "overlaps": [80], "reasons": "相符", "now": NOW}
        assert code_of(actions.give_opinion, by=world.experts[0], **speak) == "expert_not_independent"
        world.opine(number, world.experts[1])
        assert code_of(actions.give_opinion, by=world.experts[1], **speak) == "opinion_given"
        assert code_of(actions.give_opinion, by=world.reviewer, **speak) == "not_allowed"
        assert code_of(actions.give_opinion, by=HOUSE, **speak) == "person_needed"
        assert code_of(actions.give_opinion, by=world.experts[2], **{**speak, "overlaps": [101]}) == "overlap_bounds"
        assert code_of(actions.give_opinion, by=world.experts[2], **{**speak, "overlaps": []}) == "overlap_bounds"
        assert code_of(actions.give_opinion, by=world.experts[2], **{**speak, "reasons": " "}) == "reasons_needed"

    def test_who_disagree_are_joined_by_a_third(self, world: World) -> None:
        number = world.propose()
        assert world.opine(number, world.experts[0], "agree") == "comparing"
        assert world.opine(number, world.experts[1], "reject") == "comparing"
        assert world.opine(number, world.experts[2], "reject") == "rejected"

    def test_send_it_back_and_the_next_revision_begins_anew(self, world: World) -> None:
        number = world.propose()
        for expert in world.experts[:2]:
            world.opine(number, expert, "change")
        assert queries.proposal(world.reviewer, number).row.state is ProposalState.DRAFT
        again = {"number": number, "by": world.reviewer, "now": NOW}
        assert code_of(actions.submit_proposal, revision=1, **again) == "proposal_unchanged"
        assert code_of(actions.revise_proposal, revision=1, drafts=[draft()], **again) == "proposal_unchanged"
        assert actions.revise_proposal(revision=1, drafts=[draft(clause="第 3 条")], **again) == 2
        actions.submit_proposal(revision=2, **again)
        assert world.opine(number, world.experts[0], revision=2) == "comparing"
        assert world.opine(number, world.experts[1], revision=2) == "signing"
        view = queries.proposal(world.reviewer, number)
        assert [change.zh for change in view.changes] == ["第 1 条条款：— → 第 3 条"]
        assert list(queries.violations()) == []


def test_an_act_on_an_old_revision_is_told_what_changed(world: World) -> None:
    number = world.propose(submit=False)
    changed = replace(draft(), targets=(TargetDraft("taker/Y"),))
    actions.revise_proposal(number=number, revision=1, drafts=[changed], by=world.reviewer, now=NOW)
    actions.submit_proposal(number=number, revision=2, by=world.reviewer, now=NOW)
    with pytest.raises(Denied) as caught:
        world.opine(number, world.experts[0], revision=1)
    assert caught.value.code == "proposal_changed" and caught.value.problem.status == 409
    assert "taker/X" in caught.value.sentence("zh") and "taker/Y" in caught.value.sentence("en")


class TestSides:
    def test_each_signs_by_another_person(self, world: World) -> None:
        number = world.compared()
        act = {"number": number, "revision": 1, "now": NOW}
        assert code_of(actions.sign_proposal, institution_code="taker", by=world.issuer, **act) == "not_a_side"
        assert code_of(actions.sign_proposal, institution_code="taker", by=world.experts[0], **act) == "not_allowed"
        assert world.sign_for(number, world.reviewer, "taker") == "signing"
        assert code_of(actions.sign_proposal, institution_code="taker", by=world.reviewer, **act) == "signed_already"
        assert code_of(actions.sign_proposal, institution_code="taker", by=world.second_reviewer, **act) == "not_a_side"
        assert code_of(actions.publish_proposal, by=world.hub, **act) == "proposal_move"
        assert world.sign_for(number, world.issuer, "giver") == "signed"

    def test_a_receiver_alone_signs_with_two_persons(self, world: World) -> None:
        number = world.compared(draft(sources=("taker/Z",)))
        assert world.sign_for(number, world.reviewer, "taker") == "signing"
        assert queries.proposal(world.second_reviewer, number).may_sign_for == ("taker",)
        assert world.sign_for(number, world.second_reviewer, "taker") == "signed"

    def test_may_refuse_or_send_back(self, world: World) -> None:
        number = world.compared()
        actions.return_proposal(number=number, revision=1, reason="学时写错了。", by=world.issuer, now=NOW)
        assert queries.proposal(world.issuer, number).row.state is ProposalState.DRAFT
        other = world.compared(draft(to="taker/Y"))
        act = {"number": other, "revision": 1, "now": NOW}
        assert code_of(actions.reject_proposal, reason="不要", by=world.experts[3], **act) == "not_allowed"
        assert code_of(actions.reject_proposal, reason="", by=world.issuer, **act) == "reasons_needed"
        actions.reject_proposal(reason="本校不再开这门课。", by=world.issuer, **act)
        assert queries.proposal(world.issuer, other).row.state is ProposalState.REJECTED


class TestReach:
    def test_outsiders_see_nothing_and_members_what_is_theirs(self, world: World) -> None:
        from tests.bank.foundation_builders import institution

        third = institution("third", number=3)
        outsider = somebody("outsider", Role.REVIEWER, institution_id=third.pk)
        number = world.propose()
        assert code_of(queries.proposal, by=outsider, number=number) == "proposal_unknown"
        assert queries.proposals(outsider) == ()
        assert code_of(world.propose, by=outsider) == "not_allowed"
        assert [row.number for row in queries.proposals(world.issuer)] == [number]

    def test_what_waits_for_the_reader_comes_first(self, world: World) -> None:
        waiting = world.compared()
        comparing = world.propose(draft(to="taker/Y"))
        assert [(r.number, r.mine) for r in queries.proposals(world.issuer)] == [(waiting, True), (comparing, False)]
        assert [(r.number, r.mine) for r in queries.proposals(world.experts[2])] == [
            (comparing, True),
            (waiting, False),
        ]
        assert queries.proposals(world.hub, ended=True) == ()

    def test_a_list_costs_the_same_however_long(self, world: World, django_assert_num_queries) -> None:
        world.compared()
        with django_assert_num_queries(6):
            assert len(queries.proposals(world.reviewer)) == 1
        world.propose(draft(to="taker/Y"))
        world.propose(draft(to="taker/Z"))
        with django_assert_num_queries(6):
            assert len(queries.proposals(world.reviewer)) == 3

    def test_only_its_author_or_the_hub_takes_it_back(self, world: World) -> None:
        number = world.propose()
        assert code_of(actions.withdraw_proposal, number=number, by=world.second_reviewer, now=NOW) == "not_allowed"
        actions.withdraw_proposal(number=number, reason="另拟", by=world.reviewer, now=NOW)
        assert queries.proposal(world.reviewer, number).may == frozenset()


class TestDrafts:
    def test_that_could_not_be_published_are_refused_at_once(self, world: World) -> None:
        with pytest.raises(Denied) as caught:
            world.propose(draft(sources=("giver/NONE",)))
        assert caught.value.code == "rules_refused"
        with pytest.raises(Denied) as caught:
            actions.propose_rules(
                agreement_number=world.agreement.number, title="x", drafts=[], by=world.reviewer, now=NOW
            )
        assert caught.value.code == "proposal_empty"

    def test_a_past_decision_becomes_one(self, world: World) -> None:
        number = actions.draft_from_decision(
            agreement_number=world.agreement.number,
            receiver_code="taker",
            sources=["giver/A", "giver/B"],
            targets=[("taker/X", 250)],
            application_number="SQ0000000000017",
            archived_on=date(2026, 11, 2),
            by=world.reviewer,
            now=NOW,
        )
        view = queries.proposal(world.reviewer, number)
        (made,) = view.drafts
        assert view.basis_application == "SQ0000000000017" and "2026-11-02" in made.basis.zh
        assert made.sources == ("giver/A", "giver/B") and made.targets == (TargetDraft("taker/X", 250),)
        assert view.row.state is ProposalState.DRAFT and made.effective_from == TODAY
        assert ProposalEvent.SUBMIT in view.may

    def test_nothing_comes_of_an_empty_decision(self, world: World) -> None:
        refused = code_of(
            actions.draft_from_decision,
            agreement_number=world.agreement.number,
            receiver_code="taker",
            sources=[],
            targets=[],
            application_number="SQ1",
            archived_on=TODAY,
            by=world.reviewer,
            now=NOW,
        )
        assert refused == "decision_empty"


class TestTheDatabaseItself:
    """What no code of ours, and nobody with a console, may do."""

    def refuses(self, write: object) -> None:
        with pytest.raises(DatabaseError), transaction.atomic():
            write()  # type: ignore[operator]

    def move(self, number: str, event: str, origin: str, to: str) -> None:
        with transaction.atomic():
            found = Proposal.objects.get(number=number)
            Proposal.objects.filter(pk=found.pk).update(state=to, moves=found.moves + 1)
            ProposalMove.objects.create(
                proposal=found, seq=found.moves + 1, from_state=origin, event=event, to_state=to, at=NOW, leaf_id=1
            )

    def test_a_move_out_of_the_table(self, world: World) -> None:
        number = world.propose()
        self.refuses(lambda: self.move(number, "publish", "comparing", "published"))
        self.refuses(lambda: self.move(number, "endorse", "comparing", "signing"))  # nobody has compared
        self.refuses(lambda: Proposal.objects.filter(number=number).update(state="published"))

    def test_one_opinion_is_not_two(self, world: World) -> None:
        number = world.propose()
        world.opine(number, world.experts[0])
        self.refuses(lambda: self.move(number, "endorse", "comparing", "signing"))

    def test_one_signature_is_not_two(self, world: World) -> None:
        number = world.compared()
        world.sign_for(number, world.issuer, "giver")
        self.refuses(lambda: self.move(number, "sign_last", "signing", "signed"))

    def test_the_author_as_expert_and_the_expert_as_signer(self, world: World) -> None:
        number = world.propose(by=world.experts[0])
        found = Proposal.objects.get(number=number)
        said = {"proposal": found, "revision": 1, "verdict": "agree", "overlaps": [80], "reasons": "x", "at": NOW}
        self.refuses(lambda: Opinion.objects.create(expert_id=world.experts[0].user_id, **said))
        for expert in world.experts[1:3]:
            world.opine(number, expert)
        signature = {"proposal": found, "revision": 1, "institution": world.taker, "at": NOW}
        self.refuses(lambda: ProposalSignature.objects.create(signer_id=world.experts[1].user_id, **signature))

    def test_facts_stay(self, world: World) -> None:
        number, (rule,) = world.published()
        self.refuses(lambda: Opinion.objects.all().update(verdict="reject"))
        self.refuses(lambda: ProposalSignature.objects.all().delete())
        self.refuses(lambda: ProposalMove.objects.filter(proposal__number=number).delete())
        self.refuses(lambda: Rule.objects.filter(number=rule).update(state="draft"))
        actions.retire_rule(number=rule, on=TODAY, reason="课程停开", by=world.hub, now=NOW)
        self.refuses(lambda: Rule.objects.filter(number=rule).update(state="published", retired_on=None))

    def test_prove_finds_what_was_forced(self, world: World) -> None:
        from django.db import connection

        number, _ = world.published()
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute("DELETE FROM proposal_signature WHERE signer_id = %s", [world.issuer.user_id])
            cursor.execute("DELETE FROM opinion WHERE expert_id = %s", [world.experts[0].user_id])
            cursor.execute("SET session_replication_role = origin")
        found = {v.found for v in queries.violations() if number in v.subject}
        assert found == {"signed by 1 only", "1 of 1 experts agree with its revision"}


def test_retiring_asks_for_a_reason_and_happens_once(world: World) -> None:
    _, (rule,) = world.published()
    act = {"number": rule, "on": TODAY, "by": world.reviewer, "now": NOW}
    assert code_of(actions.retire_rule, reason="", **act) == "reasons_needed"
    actions.retire_rule(reason="大纲更换", **act)
    assert code_of(actions.retire_rule, reason="大纲更换", **act) == "rule_already_retired"


def test_a_next_version_is_proposed_like_the_first(world: World) -> None:
    _, (rule,) = world.published()
    later = draft(number=rule, basis=BASIS, clause="修订", effective_from=date(2026, 12, 1))
    number = world.signed(later)
    assert actions.publish_proposal(number=number, revision=1, by=world.hub, now=NOW) == [rule]
    newest, first = queries.rule(rule)
    assert (newest.version, first.retired_on) == (2, date(2026, 12, 1))
