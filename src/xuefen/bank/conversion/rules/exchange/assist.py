"""ASSIST articulation agreements: And/Or groups on both sides, series, unequal units, "no articulation", many repetitions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import product
from typing import Any

from xuefen.bank.conversion.rules.exchange.left import CannotCarry
from xuefen.bank.conversion.rules.publishing import MOST_ALTERNATIVES, MOST_TOGETHER
from xuefen.bank.conversion.types import Conditions, RuleDraft, TargetDraft, Text
from xuefen.bank.conversion.types.exchange import Exchange, ExchangeOptions, ForeignItem

Alternatives = list[tuple[str, ...]]


def read_assist(document: Any, options: ExchangeOptions) -> Exchange:
    """The drafts of one agreement document, as the service answers it: JSON in JSON strings is opened wherever it stands."""
    document = _opened(document)
    agreement = _opened(document.get("result", document)) if isinstance(document, Mapping) else None
    found = Exchange()
    if not isinstance(agreement, Mapping) or "articulations" not in agreement:
        found.leave("not_an_agreement", "document")
        return found
    reader = _Agreement.of(agreement, options, found)
    for group in _opened(agreement["articulations"]) or ():
        articulations = _opened(group.get("articulations", group.get("articulation", [])))
        for articulation in articulations if isinstance(articulations, list) else [articulations]:
            found.read += 1
            reader.read(_opened(articulation), place=str(group.get("name", "")))
    return found


def _opened(value: Any) -> Any:
    """A value whose JSON may be wrapped in strings."""
    while isinstance(value, str) and value[:1] in ("{", "["):
        value = json.loads(value)
    return value


@dataclass(slots=True)
class _Agreement:
    options: ExchangeOptions
    found: Exchange
    sender: str
    receiver: str
    year: str
    since: date
    until: date
    basis: Text
    items: dict[str, ForeignItem] = field(default_factory=dict)

    @classmethod
    def of(cls, agreement: Mapping[str, Any], options: ExchangeOptions, found: Exchange) -> _Agreement:
        year = _opened(agreement["academicYear"])
        codes, names = {}, {}
        for side in ("sendingInstitution", "receivingInstitution"):
            school = _opened(agreement[side])
            name, own = school["names"][0]["name"], school["code"].strip()
            codes[side] = options.codes.get(own, options.codes.get(name, own))
            names[side] = name
            found.institutions[codes[side]] = name
        found.version = str(year["code"])
        says = f"ASSIST {year['code']}: {names['sendingInstitution']} → {names['receivingInstitution']}"
        return cls(
            options=options,
            found=found,
            sender=codes["sendingInstitution"],
            receiver=codes["receivingInstitution"],
            year=str(year["code"]),
            since=date.fromisoformat(year["beginDate"][:10]),
            until=date.fromisoformat(year["endDate"][:10]),
            basis=Text(says, says),
        )

    def read(self, articulation: Mapping[str, Any], *, place: str) -> None:
        what = f"{place}: {_title(articulation)}"
        sending = _opened(articulation.get("sendingArticulation")) or {}
        for override in articulation.get("templateOverrides") or ():
            reason = (_opened(override.get("sendingArticulation")) or {}).get("noArticulationReason") or ""
            self.found.leave("other_for_some_programmes", what, reason)
        try:
            notes = list(_notes(articulation))
            if notes and not self.options.with_notes:
                raise CannotCarry("condition_in_words", "; ".join(notes))
            for targets in self._targets(articulation):
                for draft in self._drafts(sending, targets, notes=notes, place=place):
                    self.found.add(draft, self.items)
        except CannotCarry as left:
            self.found.leave(left.reason, what, left.detail)

    # --- the receiving side ------------------------------------------------------------------------------------------

    def _targets(self, articulation: Mapping[str, Any]) -> Iterator[list[ForeignItem]]:
        """Sets of courses given together; a course and those it is cross-listed with are one course under several codes."""
        if articulation.get("type") == "Course":
            same = articulation.get("visibleCrossListedCourses") or ()
            for course in (articulation["course"], *same):
                yield [self._item(course, self.receiver)]
        elif articulation.get("type") == "Series":
            series = articulation["series"]
            courses = [self._item(course, self.receiver) for course in series["courses"]]
            if series["conjunction"] == "And":
                yield courses
            else:
                yield from ([course] for course in courses)
        else:
            raise CannotCarry("target_kind", str(articulation.get("type")))

    def _item(self, course: Mapping[str, Any], institution: str) -> ForeignItem:
        low, high = (Decimal(str(course[name])) * 100 for name in ("minUnits", "maxUnits"))
        if low != low.to_integral_value():
            raise CannotCarry("units", f"{course['prefix']} {course['courseNumber']}: {course['minUnits']}")
        if low != high:
            self.found.notes["variable_units"] += 1
        code = f"{course['prefix']} {course['courseNumber']}".strip().upper()
        item = ForeignItem(institution, code, course["courseTitle"].strip(), int(low))
        self.items[item.full] = item
        return item

    # --- the sending side --------------------------------------------------------------------------------------------

    def _drafts(
        self, sending: Mapping[str, Any], targets: Sequence[ForeignItem], *, notes: Sequence[str], place: str
    ) -> Iterator[RuleDraft]:
        courses = tuple(TargetDraft(item.full) for item in targets)
        denied = [self._item(course, self.sender) for course in sending.get("deniedCourses") or ()]
        if denied:
            yield self._draft(place, notes, denies=True, sources=tuple(i.full for i in denied), targets=courses)
        if not sending.get("items"):
            reason = sending.get("noArticulationReason")
            if not reason and not denied:
                raise CannotCarry("nothing_said")
            if reason:
                yield self._draft(place, [*notes, reason], denies=True, denied_issuer=self.sender, targets=courses)
            return
        sets = self._alternatives(sending)
        if len(sets) > MOST_ALTERNATIVES or max(map(len, sets)) > MOST_TOGETHER:
            raise CannotCarry("too_many_alternatives", str(len(sets)))
        given = self._stated(sets, targets)
        asked = Conditions(earned_from=self.since, earned_until=self.until)
        facts: dict[str, Any] = {"sources": sets[0]} if len(sets) == 1 else {"either": tuple(sets)}
        yield self._draft(place, notes, targets=given, conditions=asked, **facts)

    def _draft(self, place: str, notes: Sequence[str], **facts: Any) -> RuleDraft:
        words = "; ".join(notes)
        basis = Text(f"{self.basis.zh}; {words}", f"{self.basis.en}; {words}") if words else self.basis
        since = self.options.effective_from or self.since
        return RuleDraft(receiver=self.receiver, basis=basis, clause=place, effective_from=since, **facts)

    def _stated(self, sets: Alternatives, targets: Sequence[ForeignItem]) -> tuple[TargetDraft, ...]:
        """The agreement gives the whole course whatever the units, so units are stated where the sources carry fewer."""
        asks = sum(item.credits or 0 for item in targets)
        carried = {sum(self.items[name].credits or 0 for name in names) for names in sets}
        if carried != {asks}:
            self.found.notes["unequal_units"] += 1
        fewer = min(carried) < asks
        return tuple(TargetDraft(item.full, item.credits if fewer else None) for item in targets)

    def _alternatives(self, sending: Mapping[str, Any]) -> Alternatives:
        """Groups in their order, joined by the conjunctions between them: And binds before Or."""
        groups = {g["position"]: self._group(g) for g in sending["items"]}
        order = sorted(groups)
        joined = self._conjunctions(sending, order)
        sets: Alternatives = []
        together = [groups[order[0]]]
        for position in order[1:]:
            if joined[position] == "Or":
                sets.extend(_together(together))
                together = []
            together.append(groups[position])
        sets.extend(_together(together))
        return list({frozenset(names): names for names in sets}.values())

    def _conjunctions(self, sending: Mapping[str, Any], order: Sequence[int]) -> dict[int, str]:
        """For each group after the first, how it is joined to the one before it."""
        joined: dict[int, str] = {}
        for conjunction in sending.get("courseGroupConjunctions") or ():
            begin = conjunction["sendingCourseGroupBeginPosition"]
            end = conjunction["sendingCourseGroupEndPosition"]
            joined |= {p: conjunction["groupConjunction"] for p in order if begin < p <= end}
        if missing := [p for p in order[1:] if joined.get(p) not in ("And", "Or")]:
            raise CannotCarry("conjunction_missing", str(missing))
        return joined

    def _group(self, group: Mapping[str, Any]) -> Alternatives:
        courses = [self._course(course) for course in group["items"]]
        if group.get("type") != "CourseGroup" or not courses:
            raise CannotCarry("group_kind", str(group.get("type")))
        if group["courseConjunction"] == "Or":
            return [names for course in courses for names in course]
        return _together(courses)

    def _course(self, course: Mapping[str, Any]) -> Alternatives:
        if course.get("type", "Course") != "Course":
            raise CannotCarry("group_kind", str(course["type"]))
        if course.get("requisites"):
            raise CannotCarry("requisite", str(course["requisites"])[:120])
        same = course.get("visibleCrossListedCourses") or ()
        return [(self._item(one, self.sender).full,) for one in (course, *same)]


def _together(parts: Sequence[Alternatives]) -> Alternatives:
    size = 1
    for part in parts:
        size *= len(part)
    if size > MOST_ALTERNATIVES * MOST_TOGETHER:
        raise CannotCarry("too_many_alternatives", str(size))
    return [tuple(dict.fromkeys(name for names in chosen for name in names)) for chosen in product(*parts)]


def _title(articulation: Mapping[str, Any]) -> str:
    if "series" in articulation:
        return str(articulation["series"]["name"])
    course = articulation.get("course") or {}
    return f"{course.get('prefix', '')} {course.get('courseNumber', '')}".strip() or str(articulation.get("type"))


def _notes(value: Any) -> Iterator[str]:
    """Words anywhere on the articulation that may limit it; those of overrides are reported with the override."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key.lower().endswith("attributes"):
                yield from (str(note.get("content", "")).strip() for note in inner or () if note.get("content"))
            elif key != "templateOverrides":
                yield from _notes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _notes(inner)
