"""Two schools, an agreement between them, and drafts of rules under it."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.bank.conversion_builders import catalogue_items
from tests.bank.foundation_builders import HOUSE, NOW, institution, tree
from xuefen.bank.conversion import actions
from xuefen.bank.conversion.types import AgreementMode, Conditions, RuleDraft, TargetDraft, Text
from xuefen.bank.shell.actor import Actor

BASIS = Text("课程对照表", "Course comparison table")


class World:
    """Two schools with three courses each, and an agreement between them."""

    def __init__(self) -> None:
        tree()
        self.giver, self.taker = institution("giver", number=1), institution("taker", number=2)
        self.sources = catalogue_items(self.giver, ["A", "B", "C"])
        self.targets = catalogue_items(self.taker, ["X", "Y", "Z"])
        self.agreement = actions.sign_agreement(
            name="学分互认协议",
            mode=AgreementMode.AGREEMENT,
            party_codes=["giver", "taker"],
            signatories={"giver": "甲方代表", "taker": "乙方代表"},
            effective_from=date(2026, 1, 1),
            by=HOUSE,
            now=NOW,
        )

    def publish(self, *drafts: RuleDraft, by: Actor = HOUSE) -> list[str]:
        return actions.publish_rules(agreement_number=self.agreement.number, rules=drafts, by=by, now=NOW)


def draft(source: str = "giver/A", target: str = "taker/X", **more: Any) -> RuleDraft:
    facts: dict[str, Any] = {
        "receiver": "taker",
        "sources": (source,),
        "targets": (TargetDraft(target),),
        "basis": BASIS,
        "effective_from": date(2026, 3, 1),
    }
    return RuleDraft(**{**facts, **more})


def different(k: int, source: str = "giver/A") -> RuleDraft:
    """Rules that differ in nothing but a condition, as those that one minimum grade more or less tells apart."""
    return draft(source, conditions=Conditions(min_mark=k % 10_000, min_hours=k // 10_000))
