"""Two schools that convert each other's courses, with accounts that hold outcomes, for the doctor and for previews."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from tests.bank import deposit_builders as deposits
from tests.bank import foundation_builders as foundation
from tests.bank.conversion_builders import course, elective, group, tree_json
from xuefen.bank.catalogue.models import Programme, ProgrammeItem
from xuefen.bank.conversion import actions
from xuefen.bank.conversion.types import AgreementMode, Node, RuleDraft, TargetDraft, Text
from xuefen.bank.institutions.models import Institution
from xuefen.bank.institutions.types import InstitutionKind, OutcomeClass

NOW, TODAY, HOUSE = foundation.NOW, foundation.TODAY, foundation.HOUSE
BASIS = Text("课程对照表", "Course comparison table")


@dataclass(frozen=True)
class World:
    """``issued`` deposits C1 (3.0 credits), C2, Z1, S1; ``college`` asks in programme XZ for K1 and K2 (3.0 each), K3 (2.0)
    and elective credit. Its courses are worth what their hours say: 48 hours are 3.0, 32 hours 2.0.
    """

    issued: deposits.World
    college: Institution
    items: dict[str, int]  # "ylu/C1", "college/K1" … → item id
    agreement: str
    programme: Programme

    def publish(self, *drafts: RuleDraft) -> list[str]:
        return actions.publish_rules(agreement_number=self.agreement, rules=drafts, by=HOUSE, now=NOW)

    def publish_unexamined(self, *drafts: RuleDraft) -> list[str]:
        """As rules came in while no standard was in force: nobody has looked for circles."""
        return actions.publish_rules(agreement_number=self.agreement, rules=drafts, by=HOUSE, now=NOW, standard="none")

    def hold(self, folder: Path, rows: Iterable[list[str]], name: str = "sheet.csv") -> None:
        batch = deposits.deposit(self.issued, deposits.sheet(folder / name, rows))
        assert batch.counts.refused == 0


def world(people: int = 3) -> World:
    issued = deposits.world(people)
    classes = (OutcomeClass.DEGREE,)
    college = foundation.institution("college", number=2, kind=InstitutionKind.VOCATIONAL_COLLEGE, classes=classes)
    made = {
        code: deposits.add_item(college, code, theory_hours=hours)
        for code, hours in (("K1", 48), ("K2", 48), ("K3", 32), ("K9", 48))
    }
    items = {f"college/{code}": version.item_id for code, version in made.items()}
    items |= {f"ylu/{v.item.code}": v.item_id for v in _versions(issued.issuer)}
    nodes = [course(items[f"college/{code}"], credits) for code, credits in (("K1", 300), ("K2", 300), ("K3", 200))]
    tree = group("root", group("core", *nodes), elective("free", 400))
    agreement = actions.sign_agreement(
        name="学分互认协议",
        mode=AgreementMode.AGREEMENT,
        party_codes=["ylu", "college"],
        signatories={"ylu": "甲方代表", "college": "乙方代表"},
        effective_from=date(2026, 1, 1),
        by=HOUSE,
        now=NOW,
    )
    return World(issued, college, items, agreement.number, programme(college, tree, made))


def _versions(issuer: Institution) -> list[Any]:
    from xuefen.bank.catalogue.models import ItemVersion

    return list(ItemVersion.objects.filter(item__institution=issuer).select_related("item"))


def programme(owner: Institution, tree: Node, versions: dict[str, Any], *, code: str = "XZ") -> Programme:
    """A programme with its rows, as an import writes it."""
    row = Programme.objects.create(
        institution=owner, code=code, version="2026", name="行政管理", level=6, total_credits=8000,
        tree=tree_json(tree), effective_from=date(2026, 1, 1),
    )  # fmt: skip
    by_item = {version.item_id: version for version in versions.values()}
    ProgrammeItem.objects.bulk_create(
        ProgrammeItem(programme=row, node=n.id, item_id=n.item_id, item_version=by_item[n.item_id])
        for n in tree.walk()
        if n.item_id is not None
    )
    return row


def draft(source: str = "ylu/C1", target: str = "college/K1", credits: int | None = None, **more: Any) -> RuleDraft:
    facts: dict[str, Any] = {
        "receiver": target.partition("/")[0] or "college",
        "sources": tuple(source.split("+")),
        "targets": (TargetDraft(target, credits),) if "/" in target else (),
        "basis": BASIS,
        "effective_from": date(2026, 3, 1),
    }
    return RuleDraft(**{**facts, **more})
