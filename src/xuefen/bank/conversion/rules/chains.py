"""Chains through a reference standard: A → reference unit → B becomes one rule. Pure.

Credit passes hop by hop and is rounded down to the grain at each; a chain never gives more than what went in, nor more than
either of its rules gives. Both rules' conditions hold together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from xuefen.bank.conversion.types import Conditions, PlanRule, RuleDraft, TargetDraft, Text
from xuefen.bedrock.quantity import format_credits


@dataclass(frozen=True, slots=True)
class Hop:
    """One rule of a chain: the credit that reaches it, what it passes on, and what is lost (hundredths)."""

    rule: str
    version: int
    takes: int
    passes: int

    @property
    def loss(self) -> int:
        return self.takes - self.passes


@dataclass(frozen=True, slots=True)
class Chain:
    """Two rules in a row: from ``sources`` through the reference ``unit`` to ``targets`` (all item ids)."""

    sources: tuple[int, ...]
    unit: int
    targets: tuple[int, ...]
    credits: tuple[int, ...]  # for each target
    hops: tuple[Hop, Hop]
    conditions: Conditions
    overlap: int | None
    basis: Text

    @property
    def loss(self) -> int:
        return sum(hop.loss for hop in self.hops)


def chains(
    first: Sequence[PlanRule],
    second: Sequence[PlanRule],
    *,
    sizes: Mapping[int, int],
    grain: int,
    denied_issuer: str = "",
) -> tuple[Chain, ...]:
    """Every chain of a rule into a reference unit and a rule out of it; best first.

    ``sizes``: declared credit of items, where known. Only rules with one set of sources chain; a waiver, a denial and
    elective credit are nothing a chain could go through. What a denial in ``second`` forbids, for the items or for all of
    ``denied_issuer``, is left out.
    """
    out: dict[int, list[PlanRule]] = {}
    for rule in second:
        if len(rule.sources) == 1 and _plain(rule):
            out.setdefault(rule.sources[0], []).append(rule)
    denials = [rule for rule in second if rule.denies]
    denied = {(item, t.item_id) for rule in denials for item in rule.sources for t in rule.targets}
    barred = {
        t.item_id for rule in denials if denied_issuer and rule.denied_issuer == denied_issuer for t in rule.targets
    }
    found = []
    for into in first:
        if not (into.sources and _plain(into) and len(into.targets) == 1):
            continue
        for onward in out.get(into.targets[0].item_id, ()):
            given = {t.item_id for t in onward.targets}
            if given & barred or {(s, t) for s in into.sources for t in given} & denied:
                continue
            chain = compose(into, onward, sizes=sizes, grain=grain)
            if chain is not None:
                found.append(chain)
    return tuple(sorted(found, key=lambda c: (-sum(c.credits), c.loss, c.hops[0].rule, c.hops[1].rule)))


def _plain(rule: PlanRule) -> bool:
    return bool(rule.targets) and not (rule.denies or rule.waives)


def compose(into: PlanRule, onward: PlanRule, *, sizes: Mapping[int, int], grain: int) -> Chain | None:
    """The one rule two in a row amount to; None when nothing would come out or no outcome can meet both."""
    conditions = both(into.conditions, onward.conditions)
    if conditions is None:
        return None
    unit = into.targets[0]
    unit_size = sizes.get(unit.item_id)
    taken = _known_sum([sizes.get(s) for s in into.sources])
    given = unit.credits if unit.credits is not None else _least(taken, unit_size)
    if taken is None:
        taken = given
    if taken is None or given is None:
        return None  # nobody says how much credit this is
    first = Hop(into.number, into.version, taken, pass_on(taken, taken=taken, given=given, grain=grain))
    onward_taken = unit_size if unit_size is not None else given
    stated = [t.credits if t.credits is not None else sizes.get(t.item_id) for t in onward.targets]
    full = [s if s is not None else onward_taken for s in stated]
    total = min(sum(full), onward_taken)
    second = Hop(
        onward.number,
        onward.version,
        first.passes,
        pass_on(first.passes, taken=onward_taken, given=total, grain=grain),
    )
    credits = spread(second.passes, full, grain=grain)
    if 0 in credits:
        return None
    kept = sum(credits)
    second = Hop(second.rule, second.version, second.takes, kept)
    return Chain(
        sources=into.sources,
        unit=unit.item_id,
        targets=tuple(t.item_id for t in onward.targets),
        credits=credits,
        hops=(first, second),
        conditions=conditions,
        overlap=None if into.overlap is None or onward.overlap is None else into.overlap * onward.overlap // 100,
        basis=_basis(into, onward),
    )


def pass_on(credit: int, *, taken: int, given: int, grain: int) -> int:
    """``credit`` at the rate given : taken, rounded down to the grain; never more than came in, nor than the rule gives."""
    if taken <= 0:
        return 0
    return min(credit * given // taken, credit, given) // grain * grain


def spread(credit: int, full: Sequence[int], *, grain: int) -> tuple[int, ...]:
    """``credit`` over courses in proportion to their size, each on the grain and never above its size."""
    total = sum(full)
    if total <= 0:
        return tuple(0 for _ in full)
    return tuple(min(credit * size // total, size) // grain * grain for size in full)


def _known_sum(values: Sequence[int | None]) -> int | None:
    known = [v for v in values if v is not None]
    return sum(known) if len(known) == len(values) else None


def _least(a: int | None, b: int | None) -> int | None:
    return min((v for v in (a, b) if v is not None), default=None)


def both(a: Conditions, b: Conditions) -> Conditions | None:
    """The conditions that hold exactly when both do; None when no outcome can meet them."""
    kinds: tuple[str, ...] = tuple(sorted(set(a.issuer_kinds) & set(b.issuer_kinds)))
    if not (a.issuer_kinds and b.issuer_kinds):
        kinds = a.issuer_kinds or b.issuer_kinds
    elif not kinds:
        return None
    since, until = _latest(a.earned_from, b.earned_from), _earliest(a.earned_until, b.earned_until)
    if since is not None and until is not None and since >= until:
        return None
    qualities = [q for q in (a.min_quality, b.min_quality) if q is not None]
    return Conditions(
        min_mark=_greatest(a.min_mark, b.min_mark),
        min_level=_greatest(a.min_level, b.min_level),
        max_age_years=_least(a.max_age_years, b.max_age_years),
        min_quality=min(qualities, default=None),  # A comes before B and is the stricter
        min_assurance=_greatest(a.min_assurance, b.min_assurance),
        online=a.online and b.online,
        min_hours=_greatest(a.min_hours, b.min_hours),
        issuer_kinds=kinds,
        earned_from=since,
        earned_until=until,
    )


def _greatest(a: int | None, b: int | None) -> int | None:
    return max((v for v in (a, b) if v is not None), default=None)


def _latest(a: date | None, b: date | None) -> date | None:
    return max((d for d in (a, b) if d is not None), default=None)


def _earliest(a: date | None, b: date | None) -> date | None:
    return min((d for d in (a, b) if d is not None), default=None)


def _basis(into: PlanRule, onward: PlanRule) -> Text:
    return Text(
        f"经参照标准推导：{into.number} 第 {into.version} 版（{into.basis.zh}）→ {onward.number} 第 {onward.version} 版"
        f"（{onward.basis.zh}）",
        f"Derived through a reference standard: {into.number} version {into.version} ({into.basis.en}) → {onward.number}"
        f" version {onward.version} ({onward.basis.en})",
    )


def draft_of(chain: Chain, *, names: Mapping[int, str], receiver: str, effective_from: date) -> RuleDraft:
    """The rule draft a chain proposes; ``names``: item id → ``INSTITUTION/CODE``."""
    return RuleDraft(
        receiver=receiver,
        sources=tuple(names[s] for s in chain.sources),
        basis=chain.basis,
        effective_from=effective_from,
        targets=tuple(TargetDraft(names[t], c) for t, c in zip(chain.targets, chain.credits, strict=True)),
        conditions=chain.conditions,
        clause=f"{chain.hops[0].rule} → {chain.hops[1].rule}",
    )


def sentences(chain: Chain) -> Iterator[Text]:
    """What each hop does to the credit, in words."""
    for hop in chain.hops:
        takes, passes, loss = (format_credits(v) for v in (hop.takes, hop.passes, hop.loss))
        yield Text(f"{hop.rule}：{takes} → {passes}，损失 {loss}", f"{hop.rule}: {takes} → {passes}, {loss} lost")
