"""People with a sign-in at institutions and at the hub, and a world in which rules are proposed."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.bank.conversion_builders import catalogue_items
from tests.bank.foundation_builders import HOUSE, NOW, institution, tree
from xuefen.bank.conversion import actions
from xuefen.bank.conversion.types import AgreementMode, RuleDraft, TargetDraft, Text
from xuefen.bank.conversion.types.agreements import AgreementKind
from xuefen.bank.shell.actor import Actor
from xuefen.bank.staff import actions as staff
from xuefen.bank.staff.rules import grants_for
from xuefen.bank.staff.types import PostFacts, Role
from xuefen.bank.standards.actions import load_shipped_packs

BASIS = Text("课程对照表", "Course comparison table")
SINCE = date(2026, 1, 1)


def somebody(
    username: str, role: Role, *, institution_id: int | None = None, place: str = "hub/", learner_id: int | None = None
) -> Actor:
    """A person with a sign-in, holding one post."""
    user = staff.create_user(
        username=username, display_name=f"{username} 先生", password="a long sentence of mine", by=HOUSE, now=NOW
    )
    post = PostFacts(role=role, institution_id=institution_id, place_path=None if institution_id else place)
    return Actor(
        kind="learner" if learner_id else "staff",
        name=user.display_name,
        user_id=user.pk,
        learner_id=learner_id,
        grants=grants_for([post], learner_id=learner_id),
        roles=(role.value,),
    )


def draft(
    receiver: str = "taker", sources: tuple[str, ...] = ("giver/A",), to: str = "taker/X", **more: Any
) -> RuleDraft:
    facts: dict[str, Any] = {"basis": BASIS, "effective_from": SINCE, "targets": (TargetDraft(to),)}
    return RuleDraft(receiver=receiver, sources=sources, **{**facts, **more})


class World:
    """Two schools, an agreement between them, an officer at each, two experts, an officer of the hub."""

    def __init__(self, *, mode: AgreementMode = AgreementMode.AGREEMENT) -> None:
        tree()
        load_shipped_packs(by=HOUSE, now=NOW)
        self.giver, self.taker = institution("giver", number=1), institution("taker", number=2)
        self.sources = catalogue_items(self.giver, ["A", "B", "C"])
        self.targets = catalogue_items(self.taker, ["X", "Y", "Z"])
        self.agreement = self.sign(["giver", "taker"], mode=mode)
        self.issuer = somebody("issuer", Role.ISSUER_OFFICER, institution_id=self.giver.pk)
        self.reviewer = somebody("reviewer", Role.REVIEWER, institution_id=self.taker.pk)
        self.second_reviewer = somebody("reviewer2", Role.REVIEWER, institution_id=self.taker.pk)
        self.experts = [somebody(f"expert{i}", Role.EXPERT) for i in range(1, 5)]
        self.hub = somebody("hub", Role.HUB_OFFICER)

    def sign(self, codes: list[str], *, mode: AgreementMode = AgreementMode.AGREEMENT, **more: Any) -> Any:
        return actions.sign_agreement(
            name="学分互认协议",
            mode=mode,
            party_codes=codes,
            signatories={code: f"{code} 代表" for code in codes},
            effective_from=SINCE,
            by=HOUSE,
            now=NOW,
            **more,
        )

    def alliance(self, codes: list[str]) -> Any:
        return self.sign(codes, kind=AgreementKind.ALLIANCE)

    # --- the road of a proposal --------------------------------------------------------------------------------------

    def propose(self, *drafts: RuleDraft, submit: bool = True, by: Actor | None = None) -> str:
        return actions.propose_rules(
            agreement_number=self.agreement.number,
            title="护理课程互认",
            drafts=drafts or [draft()],
            submit=submit,
            by=by or self.reviewer,
            now=NOW,
        )

    def opine(self, number: str, expert: Actor, verdict: str = "agree", *, overlap: int = 85, revision: int = 1) -> str:
        return actions.give_opinion(
            number=number,
            revision=revision,
            verdict=verdict,
            overlaps=[overlap],
            reasons="大纲逐章比对。",
            by=expert,
            now=NOW,
        ).value

    def sign_for(self, number: str, who: Actor, code: str, *, revision: int = 1) -> str:
        return actions.sign_proposal(number=number, revision=revision, institution_code=code, by=who, now=NOW).value

    def compared(self, *drafts: RuleDraft) -> str:
        number = self.propose(*drafts)
        for expert in self.experts[:2]:
            self.opine(number, expert)
        return number

    def signed(self, *drafts: RuleDraft) -> str:
        number = self.compared(*drafts)
        self.sign_for(number, self.issuer, "giver")
        self.sign_for(number, self.reviewer, "taker")
        return number

    def published(self, *drafts: RuleDraft) -> tuple[str, list[str]]:
        number = self.signed(*drafts)
        return number, actions.publish_proposal(number=number, revision=1, by=self.hub, now=NOW)
