"""The register of agreements and alliances, and chains through a framework, in the real database."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import DatabaseError, transaction

from tests.bank.conversion_builders import catalogue_items, course, group, programme_row
from tests.bank.foundation_builders import HOUSE, NOW, TODAY, institution
from tests.bank.life_builders import SINCE, World, draft
from xuefen.bank.audit.models import AuditEntry
from xuefen.bank.conversion import actions, queries
from xuefen.bank.conversion.models import AllianceTerms, Rule
from xuefen.bank.conversion.types import AgreementMode, TargetDraft
from xuefen.bank.conversion.types.agreements import (
    AgreementKind,
    JointProgramme,
    Quota,
    Resource,
    ResourceKind,
    Share,
    Terms,
)
from xuefen.bank.institutions.types import InstitutionKind
from xuefen.bank.shell.problems import Denied
from xuefen.bank.translog.models import QueuedLeaf

pytestmark = pytest.mark.django_db(transaction=True)


def refused(call: object, **kwargs: object) -> Denied:
    with pytest.raises(Denied) as caught:
        call(**kwargs)  # type: ignore[operator]
    return caught.value


class TestMembers:
    def test_join_and_leave_with_their_rules(self) -> None:
        world = World()
        third = institution("third", number=3)
        alliance = world.alliance(["giver", "taker"])
        publish = {"agreement_number": alliance.number, "by": HOUSE, "now": NOW}
        actions.publish_rules(rules=[draft(), draft(sources=("taker/Z",), to="taker/Y")], **publish)
        act = {"number": alliance.number, "by": world.hub, "now": NOW}
        actions.join_alliance(institution_code="third", signatory="第三方代表", on=TODAY, **act)
        assert queries.agreement(alliance.number).row.members == 3
        join = {"signatory": "x", "on": TODAY, **act}
        assert refused(actions.join_alliance, institution_code="third", **join).code == "already_member"

        ended = actions.leave_alliance(institution_code="giver", on=date(2026, 12, 31), reason="机构合并", **act)
        assert ended == 1  # the rule that takes from it; the other stays
        assert list(Rule.objects.order_by("id").values_list("retired_on", flat=True)) == [date(2026, 12, 31), None]
        refusal = refused(actions.publish_rules, rules=[draft(receiver="giver", to="giver/A")], **publish)
        assert refusal.code == "rules_refused"
        view = queries.agreement(alliance.number)
        assert [(m.code, m.left_on) for m in view.members] == [
            ("giver", date(2026, 12, 31)), ("taker", None), ("third", None),
        ]  # fmt: skip
        assert third.code in {row.code for row in view.members}
        kinds = AuditEntry.objects.filter(subject_id=alliance.number).values_list("action", flat=True)
        assert {"agreements.signed", "agreements.joined", "agreements.left"} <= set(kinds)
        assert list(queries.violations()) == []

    def test_only_of_an_alliance_and_only_by_the_hub(self) -> None:
        world = World()
        act = {"number": world.agreement.number, "institution_code": "giver", "on": TODAY, "now": NOW}
        assert refused(actions.leave_alliance, reason="x", by=world.hub, **act).code == "not_an_alliance"
        assert refused(actions.leave_alliance, reason="x", by=world.reviewer, **act).code == "not_allowed"

    def test_an_ended_agreement_stays_ended(self) -> None:
        world = World()
        act = {"number": world.agreement.number, "by": world.hub, "now": NOW}
        assert refused(actions.end_agreement, on=TODAY, reason=" ", **act).code == "reasons_needed"
        assert refused(actions.end_agreement, on=date(2025, 1, 1), reason="x", **act).code == "agreement_date"
        actions.end_agreement(on=TODAY, reason="期满", **act)
        assert refused(actions.end_agreement, on=TODAY, reason="期满", **act).code == "agreement_ended"
        view = queries.agreement(world.agreement.number)
        assert (view.row.ended_on, view.end_reason) == (TODAY, "期满")
        with pytest.raises(DatabaseError), transaction.atomic():
            world.agreement.__class__.objects.update(ended_on=date(2030, 1, 1))


class TestTerms:
    @pytest.fixture
    def world(self) -> World:
        world = World()
        programme_row(world.taker, group("root", course(world.targets["X"], 300)), code="HL")
        world.agreement = world.alliance(["giver", "taker"])
        return world

    def terms(self, **more: object) -> Terms:
        facts: dict[str, object] = {
            "resources": (Resource(ResourceKind.ITEM, "giver/A"), Resource(ResourceKind.PROGRAMME, "taker/HL")),
            "quotas": (Quota("taker", credits=500_000, persons=200),),
            "shares": (Share("giver", 40), Share("taker", 60)),
            "joint": (JointProgramme("护理＋护士证", "taker/HL", "giver/B"),),
        }
        return Terms(**{**facts, **more})  # type: ignore[arg-type]

    def test_are_registered_version_by_version(self, world: World) -> None:
        act = {"number": world.agreement.number, "basis": "理事会决议", "by": world.hub, "now": NOW}
        leaves = QueuedLeaf.objects.count()
        assert actions.agree_terms(terms=self.terms(), effective_from=SINCE, **act) == 1
        assert actions.agree_terms(terms=Terms(), effective_from=TODAY, **act) == 2
        assert QueuedLeaf.objects.count() == leaves + 2
        newest, first = queries.agreement(world.agreement.number).terms
        assert (newest.terms, first.terms) == (Terms(), self.terms())
        names = queries.agreement(world.agreement.number).names
        assert names["giver/B"] == "课程B" and names["taker/HL"] == "行政管理"
        with pytest.raises(DatabaseError), transaction.atomic():
            AllianceTerms.objects.all().delete()

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"shares": (Share("giver", 40), Share("taker", 50))}, "90%"),
            ({"shares": (Share("giver", 40), Share("giver", 60))}, "2 次"),
            ({"shares": (Share("third", 100),)}, "third 不是成员"),
            ({"quotas": (Quota("taker"),)}, "配额"),
            ({"quotas": (Quota("taker", credits=-1),)}, "配额"),
            ({"resources": (Resource(ResourceKind.ITEM, "giver/NONE"),)}, "目录里没有 giver/NONE"),
            ({"joint": (JointProgramme(" ", "taker/HL", "giver/B"),)}, "名称"),
            ({"joint": (JointProgramme("x", "taker/NONE", "giver/B"),)}, "目录里没有 taker/NONE"),
        ],
    )
    def test_that_are_wrong_are_refused(self, world: World, change: dict[str, object], says: str) -> None:
        act = {"number": world.agreement.number, "basis": "决议", "by": world.hub, "now": NOW}
        denied = refused(actions.agree_terms, terms=self.terms(**change), effective_from=SINCE, **act)
        assert denied.code == "terms_refused" and says in denied.sentence("zh")

    def test_the_database_adds_the_shares_up_too(self, world: World) -> None:
        with pytest.raises(DatabaseError), transaction.atomic():
            AllianceTerms.objects.create(
                agreement=world.agreement, version=1, effective_from=SINCE, basis="x", leaf_id=1,
                body={"shares": [{"institution": "giver", "percent": 99}]},
            )  # fmt: skip


def test_the_register_is_searched_by_name_and_member(django_assert_num_queries) -> None:
    world = World()
    alliance = world.alliance(["taker"])
    with django_assert_num_queries(1):
        found = queries.agreements(text="示例院校2")
    assert {row.number for row in found} == {world.agreement.number, alliance.number}
    assert [r.number for r in queries.agreements(kind=AgreementKind.ALLIANCE)] == [alliance.number]
    assert [(r.number, r.members) for r in queries.agreements(text=alliance.number)] == [(alliance.number, 1)]
    assert refused(queries.agreement, number="XY1").code == "agreement_unknown"


class TestChains:
    def framework(self) -> tuple[World, str]:
        world = World()
        body = institution("units", number=9, kind=InstitutionKind.INDUSTRY_BODY)
        catalogue_items(body, ["U1"], credits=250)
        signed = world.sign(["giver", "units", "taker"], mode=AgreementMode.FRAMEWORK, reference_code="units")
        rules = [
            draft(receiver="units", sources=("giver/A",), to="units/U1"),
            draft(receiver="taker", sources=("units/U1",), to="taker/X"),
        ]
        actions.publish_rules(agreement_number=signed.number, rules=rules, by=HOUSE, now=NOW)
        return world, signed.number

    def test_are_found_and_proposed_in_one_click(self) -> None:
        world, agreement = self.framework()
        found = queries.chains(source_code="giver", receiver_code="taker", on=TODAY)
        (chain,) = found.chains
        assert [(h.takes, h.passes) for h in chain.hops] == [(300, 250), (250, 250)]
        number = actions.propose_chain(
            agreement_number=agreement, source_code="giver", receiver_code="taker", first=chain.hops[0].rule,
            second=chain.hops[1].rule, by=world.experts[0], now=NOW,
        )  # fmt: skip
        (made,) = queries.proposal(world.experts[0], number).drafts
        assert made.sources == ("giver/A",) and made.targets == (TargetDraft("taker/X", 250),)
        assert chain.hops[0].rule in made.basis.zh and chain.hops[1].rule in made.clause

    def test_end_with_their_rules_and_need_a_framework(self) -> None:
        world, agreement = self.framework()
        actions.end_agreement(number=agreement, on=TODAY, reason="期满", by=world.hub, now=NOW)
        assert queries.chains(source_code="giver", receiver_code="taker", on=TODAY).chains == ()
        denied = refused(
            actions.propose_chain, agreement_number=world.agreement.number, source_code="giver", receiver_code="taker",
            first="GZ1", second="GZ2", by=world.experts[0], now=NOW,
        )  # fmt: skip
        assert denied.code == "chain_unknown"
