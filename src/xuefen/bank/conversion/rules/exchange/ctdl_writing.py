"""Rules to CTDL Transfer Value Profiles. A rule CTDL has no words for is left out: it would promise more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from xuefen.bank.conversion.rules.exchange.left import CannotCarry
from xuefen.bank.conversion.types import Conditions, RuleDraft
from xuefen.bank.conversion.types.exchange import ForeignItem, LeftOut

CONTEXT = "https://credreg.net/ctdl/schema/context/json"
_DEGREE_CREDIT = {
    "@type": "ceterms:CredentialAlignmentObject",
    "ceterms:framework": "https://credreg.net/ctdl/terms/CreditUnit",
    "ceterms:targetNode": "creditUnit:DegreeCredit",
}
_TYPES = {
    "course": "ceterms:LearningOpportunityProfile",
    "certificate": "ceterms:Certificate",
    "exam": "ceterms:AssessmentProfile",
    "occupation": "ceterms:Occupation",
}


def write_ctdl(
    drafts: Iterable[RuleDraft],
    *,
    item: Callable[[str], ForeignItem],
    institution: Callable[[str], str],
    base: str,
) -> tuple[dict[str, Any], list[LeftOut]]:
    """One JSON-LD graph with a profile for each alternative of each rule, and the rules that could not be said, with reasons.

    ``item`` and ``institution`` say what names mean; ``base`` is the address the identifiers are made from.
    """
    writer = _Writer(item, institution, base.rstrip("/"))
    left = []
    for draft in drafts:
        try:
            writer.add(draft)
        except CannotCarry as cannot:
            left.append(LeftOut(cannot.reason, draft.number or ", ".join(draft.items())))
    return {"@context": CONTEXT, "@graph": list(writer.graph.values())}, left


@dataclass(slots=True)
class _Writer:
    item: Callable[[str], ForeignItem]
    institution: Callable[[str], str]
    base: str
    graph: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, draft: RuleDraft) -> None:
        _refuse(draft)
        credits = self._credits(draft)
        for number, names in enumerate(draft.alternatives(), 1):
            key = f"{draft.number or draft.items()}/{number}"
            ctid = f"ce-{uuid5(NAMESPACE_URL, f'{self.base}/rules/{key}')}"
            address = f"{self.base}/resources/{ctid}"
            self.graph[address] = _without_nothing(
                {
                    "@id": address,
                    "@type": "ceterms:TransferValueProfile",
                    "ceterms:ctid": ctid,
                    "ceterms:name": {"zh-CN": draft.basis.zh, "en": draft.basis.en},
                    "ceterms:ownedBy": [self._organisation(draft.receiver)],
                    "ceterms:startDate": _iso(draft.conditions.earned_from),
                    "ceterms:endDate": _iso(_last(draft.conditions)),
                    "ceterms:identifier": [_identifier(draft.number)] if draft.number else None,
                    "ceterms:transferValue": [
                        {
                            "@type": "schema:ValueProfile",
                            "schema:value": credits / 100,
                            "ceterms:creditUnitType": [_DEGREE_CREDIT],
                        }
                    ],
                    "ceterms:transferValueFrom": [self._resource(name, draft.conditions) for name in names],
                    "ceterms:transferValueFor": [self._resource(t.item, Conditions()) for t in draft.targets] or None,
                }
            )

    def _credits(self, draft: RuleDraft) -> int:
        if draft.elective:
            amount = draft.result
        else:
            (target,) = draft.targets
            amount = target.credits if target.credits is not None else self.item(target.item).credits
        if amount is None:
            raise CannotCarry("credits_not_stated")
        return amount

    def _resource(self, name: str, conditions: Conditions) -> str:
        """A node for an item; one with a condition is a node of its own."""
        item = self.item(name)
        asked = f"#{conditions.min_mark}" if conditions.min_mark is not None else ""
        node = f"_:{uuid5(NAMESPACE_URL, f'{self.base}/items/{name}{asked}')}"
        score = f"Minimum Passing Score: {conditions.min_mark // 100}%" if conditions.min_mark is not None else ""
        owner = self._organisation(item.institution)
        requires = [{"@type": "ceterms:ConditionProfile", "ceterms:condition": {"en": [score]}}] if score else None
        self.graph[node] = _without_nothing(
            {
                "@id": node,
                "@type": _TYPES[item.kind],
                "ceterms:name": {"zh-CN": item.name},
                "ceterms:identifier": [_identifier(item.code)],
                "ceterms:ownedBy": [owner],
                "ceterms:offeredBy": [owner],
                "ceterms:requires": requires,
            }
        )
        return node

    def _organisation(self, code: str) -> str:
        node = f"_:{uuid5(NAMESPACE_URL, f'{self.base}/institutions/{code}')}"
        self.graph[node] = {
            "@id": node,
            "@type": "ceterms:CredentialOrganization",
            "ceterms:name": {"zh-CN": self.institution(code)},
            "ceterms:identifier": [_identifier(code)],
        }
        return node


def _refuse(draft: RuleDraft) -> None:
    """Raise for what a profile has no words for."""
    said = replace(draft.conditions, min_mark=None, earned_from=None, earned_until=None)
    mark = draft.conditions.min_mark
    reasons = {
        "no_articulation": draft.denies,
        "choose_from_area": draft.pool is not None,
        "waiver": draft.waives,
        "grade": draft.grade is not None,
        "condition": said != Conditions() or (mark is not None and mark % 100 != 0),
        "named_group": draft.elective not in ("", "*"),
        "several_courses_at_once": len(draft.targets) > 1,
    }
    if found := next((reason for reason, there in reasons.items() if there), ""):
        raise CannotCarry(found)


def _last(conditions: Conditions) -> Any:
    return conditions.earned_until - timedelta(days=1) if conditions.earned_until is not None else None


def _iso(day: Any) -> str | None:
    return day.isoformat() if day is not None else None


def _identifier(code: str) -> dict[str, str]:
    return {"@type": "ceterms:IdentifierValue", "ceterms:identifierValueCode": code}


def _without_nothing(body: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if value is not None}
