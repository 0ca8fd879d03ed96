"""General-education course lists by area: a course gives credit of an area when it was finished while it was approved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from xuefen.bank.conversion.types import Conditions, RuleDraft, Text
from xuefen.bank.conversion.types.exchange import Exchange, ExchangeOptions, ForeignItem

_BEGINS = {"W": (1, 1), "S": (2, 16), "Su": (6, 16), "F": (9, 1)}
"""Month and day after which a class that ends belongs to the term; winter is a short session in January."""


def read_igetc(documents: Iterable[tuple[str, Any]], options: ExchangeOptions) -> Exchange:
    """The drafts of area lists (name, JSON): course → credit of the node that has the area's code.

    ``options.codes`` names the sender under ``sender``; ``options.receiver`` is whose programme has the areas.
    """
    found = Exchange()
    sender = options.codes.get("sender", "SMC")
    for name, document in documents:
        area = document.get("area") if isinstance(document, Mapping) else None
        if not area or "courses" not in document:
            found.leave("not_an_area", name)
            continue
        found.version = str(document["metadata"]["academic_year"])
        found.institutions[sender] = str(document["metadata"]["source"]).split(" IGETC")[0]
        for course in document["courses"]:
            found.read += 1
            _course(course, area, sender=sender, options=options, found=found)
    return found


def _course(
    course: Mapping[str, Any], area: Mapping[str, Any], *, sender: str, options: ExchangeOptions, found: Exchange
) -> None:
    code = course["course_code"].strip().upper()
    what = f"{area['code']}: {code}"
    since, until = (_term(course[key]["raw"]) for key in ("date_approved", "date_removed"))
    if since is None or (until is None and course["date_removed"]["raw"]):
        found.leave("term", what, f"{course['date_approved']['raw']} – {course['date_removed']['raw']}")
        return
    if until is not None and until <= since:
        found.leave("never_approved", what, f"{course['date_approved']['raw']} – {course['date_removed']['raw']}")
        return
    for note in course["notes"]:
        found.notes[f"other_name: {note.split(':')[0]}"] += 1
    units = Decimal(str(course["units"])) * 100
    item = ForeignItem(sender, code, course["title"].strip(), int(units))
    says = f"IGETC {found.version}: {area['name']}"
    draft = RuleDraft(
        receiver=options.receiver,
        sources=(item.full,),
        elective=area["code"],
        conditions=Conditions(earned_from=since, earned_until=until),
        basis=Text(says, says),
        clause=area["name"],
        effective_from=options.effective_from or date(int(found.version[:4]), 9, 1),
    )
    found.add(draft, {item.full: item})


def _term(raw: str) -> date | None:
    """The day a term begins: F1991 is the first of September 1991."""
    season, year = raw[:-4], raw[-4:]
    return date(int(year), *_BEGINS[season]) if season in _BEGINS and year.isdigit() else None
