"""What the public catalogue pages show."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.http import QueryDict

from xuefen.bank.catalogue import queries as catalogue
from xuefen.bank.catalogue.types import ItemFacts, ItemStory, Similar
from xuefen.bank.conversion import queries as conversion
from xuefen.bank.institutions import queries as institutions
from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import EVERYTHING, Scope
from xuefen.faces.shared.i18n import t
from xuefen.faces.shared.numbers import whole

CLASSES = {
    "degree": ("学历教育", "Degree education"),
    "vocational": ("职业技能", "Vocational skill"),
    "social": ("社会学习", "Social learning"),
}
KINDS = {"course": ("课程", "Course"), "certificate": ("证书", "Certificate"), "activity": ("活动", "Activity")}
NATURES = {"required": ("必修", "Required"), "elective": ("选修", "Elective")}
AWARDS = {
    "bachelor": ("本科", "Bachelor"),
    "associate": ("专科", "Associate"),
    "diploma3": ("三年制专科", "Three-year diploma"),
    "minor": ("辅修", "Minor"),
    "certificate": ("证书项目", "Certificate programme"),
}
LEVELS = range(1, 11)
SIMILAR = 5


def institution_names(ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """Both names by id. Who issues and who receives is public."""
    rows = institutions.institutions(Scope(institution_ids=frozenset(ids)))
    return {row.pk: (row.name_zh, row.name_en) for row in rows}


def listing(asked: QueryDict) -> dict[str, Any]:
    """Items and programmes for what somebody asked; a constant number of queries."""
    text, code = asked.get("q", "").strip()[:80], asked.get("institution", "")[:40]
    outcome_class, level = asked.get("class", ""), asked.get("level", "")
    chosen_level = whole(level) if whole(level) in LEVELS else None
    found = catalogue.browse(
        text=text,
        institution_code=code,
        outcome_class=outcome_class if outcome_class in CLASSES else "",
        level=chosen_level,
        page=whole(asked.get("page", "")) or 1,
    )
    programmes = []
    if (text or code) and not outcome_class and chosen_level is None and found.page == 1:
        programmes = catalogue.search_programmes(text, institution_code=code)
    owners = {row.pk: row for row in institutions.institutions(EVERYTHING)}
    return {
        "wanted": text,
        "institution": code,
        "outcome_class": outcome_class,
        "level": chosen_level,
        "institutions": sorted(((o.code, (o.name_zh, o.name_en)) for o in owners.values()), key=lambda pair: pair[1]),
        "classes": CLASSES.items(),
        "levels": LEVELS,
        "found": found,
        "items": [_row(item, owners) for item in found.items],
        "programmes": [
            {"programme": one, "institution": _both(owners[one.institution_id]), "award": AWARDS.get(one.award, "")}
            for one in programmes
        ],
    }


def _both(row: Any) -> tuple[str, str]:
    return row.name_zh, row.name_en


def _row(item: ItemFacts, owners: Mapping[int, Any]) -> dict[str, Any]:
    owner = owners[item.institution_id]
    return {
        "item": item,
        "institution": _both(owner),
        "institution_code": owner.code,
        "class_name": CLASSES[item.outcome_class.value],
        "hours": item.theory_hours + item.practice_hours,
    }


def item(story: ItemStory) -> dict[str, Any]:
    """One item: what it says now, its versions, where it stands, which rules concern it, what resembles it."""
    latest = story.latest
    facts = latest.facts
    alike = catalogue.similar(facts, limit=SIMILAR) if latest.retired_on is None else []
    taken, given = conversion.rules_of_item(story.item_id, on=clock.today())
    owners = {row.pk: row for row in institutions.institutions(EVERYTHING)}
    return {
        "story": story,
        "latest": latest,
        "institution": _both(owners[facts.institution_id]),
        "class_name": CLASSES[facts.outcome_class.value],
        "kind": KINDS[facts.kind.value],
        "nature": NATURES.get(facts.nature, ""),
        "hours": hours_text(facts),
        "versions": [
            {"version": one, "hours": hours_text(one.facts), "current": one is latest and one.retired_on is None}
            for one in story.versions
        ],
        "taken": taken,
        "given": given,
        "similar": similar_rows(alike, owners),
    }


def similar_rows(found: Iterable[Similar], owners: Mapping[int, Any]) -> list[dict[str, Any]]:
    """Items that resemble another, with the matching words to mark."""
    return [
        {
            "one": one,
            "percent": round(100 * one.score),
            "institution": _both(owners[one.facts.institution_id]),
            "institution_code": owners[one.facts.institution_id].code,
            "hours": hours_text(one.facts),
        }
        for one in found
    ]


def hours_text(facts: ItemFacts) -> str:
    """Hours and weeks in words; nothing for an item that states none."""
    parts = []
    if facts.theory_hours:
        parts.append(t("理论 {n} 学时", "{n} hours of theory", n=facts.theory_hours))
    if facts.practice_hours:
        parts.append(t("实践 {n} 学时", "{n} hours of practice", n=facts.practice_hours))
    if facts.practice_weeks:
        parts.append(t("集中实践 {n} 周", "{n} {n:week|weeks} of practice", n=facts.practice_weeks))
    return t("，", ", ").join(parts)
