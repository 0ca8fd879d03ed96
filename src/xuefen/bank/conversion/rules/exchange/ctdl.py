"""CTDL Transfer Value Profiles: what an exam, a course or a military occupation is recommended to be worth, when and for whom."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from xuefen.bank.conversion.rules.exchange.graphs import Resource, profiles
from xuefen.bank.conversion.rules.exchange.left import CannotCarry
from xuefen.bank.conversion.types import Conditions, RuleDraft, TargetDraft, Text
from xuefen.bank.conversion.types.exchange import Exchange, ExchangeOptions, ForeignItem
from xuefen.bedrock.quantity import MAX_PARSED

_SCORES = (
    re.compile(r"scoring (\d{1,3})(?:\.\d+)? (?:and|or) (?:above|higher|better)", re.IGNORECASE),
    re.compile(r"minimum passing score[^.;]*?(\d{1,3})\s?%", re.IGNORECASE),
)
_KINDS = {"AssessmentProfile": "exam", "Occupation": "occupation"}
_DAY = re.compile(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?")
_NOT_CARRIED = (
    "subject", "teaches", "assesses", "creditLevelType", "learningMethodType", "estimatedDuration", "availableAt",
    "isPartOf", "assessmentMethodType", "targetCompetency",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Value:
    """One profile as understood: what it takes, what it gives, and under which conditions."""

    ctid: str
    name: str
    credits: int
    sources: tuple[ForeignItem, ...]
    targets: tuple[ForeignItem, ...]
    conditions: Conditions
    together: tuple[str, ...]
    notes: tuple[str, ...]


def read_ctdl(documents: Iterable[tuple[str, str]], options: ExchangeOptions) -> Exchange:
    """The drafts of files (name, text), JSON-LD graphs or the publishing assistant's form.

    Profiles that are corequisites of one another become one rule that takes all their sources.
    """
    found = Exchange(version="CTDL")
    reader = _Reader(options, found)
    values: dict[str, _Value] = {}
    for name, text in documents:
        found_here, unreadable = profiles(text)
        if unreadable:
            found.leave("unreadable", name, unreadable)
        elif not found_here:
            found.leave("no_profile", name)
        for profile in found_here:
            found.read += 1
            try:
                value = reader.value(profile)
            except CannotCarry as left:
                found.leave(left.reason, f"{name}: {profile.text('name')}", left.detail)
                continue
            if value.together:
                values[value.ctid] = value
            else:
                reader.add([value])
    reader.add_groups(values)
    return found


@dataclass(slots=True)
class _Reader:
    options: ExchangeOptions
    found: Exchange
    items: dict[str, ForeignItem] = field(default_factory=dict)

    def value(self, profile: Resource) -> _Value:
        for resource in (profile, *profile.many("transferValue"), *profile.many("transferValueFrom")):
            self.found.notes.update(name for name in _NOT_CARRIED if name in resource.body)
        own_code = _code(profile)
        described = profile.many("transferValueFrom")
        sources = tuple(self._item(one, own_code if len(described) == 1 else "") for one in described)
        if not sources or len(sources) < profile.count("transferValueFrom"):
            raise CannotCarry("source_not_described")
        targets = tuple(self._target(one) for one in profile.many("transferValueFor"))
        if len(targets) < profile.count("transferValueFor"):
            raise CannotCarry("target_not_described")
        words = list(_words(profile, described))
        scores = [int(score[1]) * 100 for text in words for pattern in _SCORES for score in pattern.finditer(text)]
        notes = tuple(text for text in words if not any(pattern.search(text) for pattern in _SCORES))
        together = tuple(sorted({one.ctid for one in profile.many("corequisite")} - {""}))
        if notes and not self.options.with_notes:
            raise CannotCarry("condition_in_words", " ".join(notes)[:300])
        if profile.count("corequisite") > len(together):
            raise CannotCarry("corequisite_not_described")
        since = _day(profile.text("startDate") or _first(described, "dateEffective"), last=False)
        last = _day(profile.text("endDate") or _first(described, "expirationDate"), last=True)
        return _Value(
            ctid=profile.ctid,
            name=profile.text("name") or "Transfer Value Profile",
            credits=_credits(profile),
            sources=sources,
            targets=targets,
            conditions=Conditions(
                min_mark=max(scores, default=None),
                earned_from=since,
                earned_until=last + timedelta(days=1) if last is not None else None,
            ),
            together=together,
            notes=notes,
        )

    # --- drafts ------------------------------------------------------------------------------------------------------

    def add_groups(self, values: Mapping[str, _Value]) -> None:
        """Profiles that ask for one another, as one rule each group; a group that is not whole is left out."""
        done: set[str] = set()
        for ctid, value in values.items():
            group = {ctid, *value.together}
            if ctid in done:
                continue
            if not group <= values.keys():
                self.found.leave("corequisite_elsewhere", value.name, ", ".join(sorted(group - values.keys())))
                continue
            done |= group
            self.found.notes["corequisites_joined"] += len(group) - 1
            self.add([values[one] for one in sorted(group)])

    def add(self, values: Sequence[_Value]) -> None:
        sources = tuple(dict.fromkeys(item.full for value in values for item in value.sources))
        targets = [item for value in values for item in value.targets]
        credits = sum(value.credits for value in values)
        says = "; ".join(dict.fromkeys(part for v in values for part in (f"CTDL: {v.name}", *v.notes)))[:500]
        facts: dict[str, Any] = {
            "receiver": self.options.receiver,
            "sources": sources,
            "basis": Text(says, says),
            "effective_from": self.options.effective_from or values[0].conditions.earned_from or date(2000, 1, 1),
            "conditions": values[0].conditions,
            "clause": values[0].ctid,
        }
        if len({value.conditions for value in values}) > 1:
            self.found.leave("corequisites_differ", values[0].name)
        elif not targets:
            self.found.add(RuleDraft(**facts, elective="*", result=credits), self.items)
        else:
            if len(targets) > 1:
                self.found.notes["several_targets_each_alone"] += 1
            for target in targets:
                self.found.add(RuleDraft(**facts, targets=(TargetDraft(target.full, credits),)), self.items)

    # --- what is taken and given -------------------------------------------------------------------------------------

    def _item(self, resource: Resource, own_code: str) -> ForeignItem:
        kind = _KINDS.get(resource.kind, "course")
        owner = next((o.text("name") for o in (*resource.many("ownedBy"), *resource.many("offeredBy"))), "")
        code = _code(resource) or own_code
        if kind == "occupation":
            alignment = next(iter(resource.many("occupationType")), resource)
            level = next((c.text("codedNotation") for c in resource.many("classification")), "")
            owner = owner or alignment.text("frameworkName")
            code = "-".join(part for part in (alignment.text("codedNotation"), level) if part) or code
        elsewhere = [str(ref) for key in ("ownedBy", "offeredBy") for ref in resource.references(key)]
        name = self._institution(owner, elsewhere)
        return self._keep(resource, institution=name, code=code, kind=kind)

    def _target(self, resource: Resource) -> ForeignItem:
        """A course of the receiver. An owner the file describes must be the receiver, one it only points to is."""
        owner = next((o.text("name") for o in (*resource.many("ownedBy"), *resource.many("offeredBy"))), "")
        if owner and self.options.codes.get(owner, self.options.receiver) != self.options.receiver:
            raise CannotCarry("another_receiver", owner)
        return self._keep(resource, institution=self.options.receiver, code=_code(resource), kind="course")

    def _institution(self, owner: str, elsewhere: Sequence[str]) -> str:
        for name in (owner, *elsewhere):
            if name and name in self.options.codes:
                code = self.options.codes[name]
                self.found.institutions[code] = owner or name
                return code
        raise CannotCarry("institution_not_named", owner or ", ".join(elsewhere) or "no owner")

    def _keep(self, resource: Resource, *, institution: str, code: str, kind: str) -> ForeignItem:
        name = resource.text("name")
        code = (code or re.sub(r"[^A-Z0-9]+", "-", name.upper()).strip("-"))[:40].strip().upper()
        if not code or not name:
            raise CannotCarry("item_without_name")
        online = any("Online" in mode.text("targetNode") for mode in resource.many("deliveryType"))
        item = ForeignItem(institution, code, name[:200], None, kind, online)
        self.items[item.full] = item
        return item


def _first(resources: Sequence[Resource], name: str) -> str:
    return next((text for one in resources if (text := one.text(name))), "")


def _code(resource: Resource) -> str:
    given = [i for key in ("identifier", "identifierValue", "identifer") for i in resource.many(key)]
    return next((text for one in given if (text := one.text("identifierValueCode"))), resource.text("codedNotation"))


def _credits(profile: Resource) -> int:
    values = profile.many("transferValue")
    if len(values) != 1:
        raise CannotCarry("several_values" if values else "no_value")
    (value,) = values
    units = value.words("creditUnitType")
    if units and not any(unit.endswith("DegreeCredit") for unit in units):
        raise CannotCarry("unit", ", ".join(units))
    try:
        amount = Decimal(value.text("value")) * 100
    except InvalidOperation:
        raise CannotCarry("no_value") from None
    if not 0 < amount <= MAX_PARSED or amount != amount.to_integral_value():
        raise CannotCarry("value", value.text("value"))
    return int(amount)


def _words(profile: Resource, sources: Sequence[Resource]) -> Iterator[str]:
    """Sentences that may limit the recommendation, one by one."""
    texts = [profile.text("description"), *(v.text("description") for v in profile.many("transferValue"))]
    for source in sources:
        for asked in source.many("requires"):
            texts += [asked.text("description"), *asked.words("condition")]
    for text in texts:
        yield from (part.strip() for part in re.split(r"(?<=[.;])\s+", text) if part.strip())


def _day(text: str, *, last: bool) -> date | None:
    """The day a date means; of a month or year its first or its last."""
    if not text:
        return None
    found = _DAY.fullmatch(text[:10])
    try:
        if found is None:
            raise ValueError
        year, month, day = int(found[1]), int(found[2] or (12 if last else 1)), found[3]
        if day is not None or not last:
            return date(year, month, int(day or 1))
        return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    except ValueError:
        raise CannotCarry("date", text) from None
