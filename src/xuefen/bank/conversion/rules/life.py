"""What a proposal may become: the experts' majority, the sides that must sign, what changed between revisions. Pure."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xuefen.bank.conversion.states import PROPOSAL
from xuefen.bank.conversion.types import RuleDraft
from xuefen.bank.conversion.types.codec import encode
from xuefen.bank.conversion.types.life import (
    EXPERT_NOT_INDEPENDENT,
    NOT_A_SIDE,
    OPINION_GIVEN,
    OVERLAP_BOUNDS,
    PERSON_NEEDED,
    PROPOSAL_CHANGED,
    PROPOSAL_EMPTY,
    REASONS_NEEDED,
    SIGNED_ALREADY,
    SIGNER_NOT_INDEPENDENT,
    TEXT_CONTROLS,
    Change,
    OpinionFacts,
    ProposalEvent,
    ProposalState,
    SignatureFacts,
    Verdict,
)
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.problems import Problem as ProblemCode
from xuefen.bedrock.names import BadText, reject_controls

EXPERTS = 2
"""The fewest opinions that settle a comparison."""
SIGNERS = 2
"""The fewest persons who sign."""
MOST_RULES = 200
REASONS_MOST, TITLE_MOST = 800, 120


def person(by: Actor) -> int:
    """Who acts, as a person. Raises ``Denied(person_needed)`` for the house and the public."""
    if by.user_id is None:
        raise Denied(PERSON_NEEDED)
    return by.user_id


def checked_text(text: str, *, place: str, most: int, missing: ProblemCode | None) -> str:
    """The stored form of what a person wrote; ``missing`` refuses an empty or overlong text, None lets it be empty.

    Raises ``Denied``: text_controls, reasons_needed, ``missing``.
    """
    try:
        reject_controls(text, multiline=True)
    except BadText:
        raise Denied(TEXT_CONTROLS, place=place) from None
    stored = unicodedata.normalize("NFC", text).strip()  # sentences keep their full-width punctuation
    if (not stored and missing is not None) or len(stored) > most:
        raise Denied(missing or REASONS_NEEDED, place=place, most=most)
    return stored


def check_size(drafts: Sequence[RuleDraft]) -> None:
    if not 1 <= len(drafts) <= MOST_RULES:
        raise Denied(PROPOSAL_EMPTY, place="drafts", most=MOST_RULES)


# --- what changed ----------------------------------------------------------------------------------------------------

_FIELDS: Mapping[str, tuple[str, str]] = {
    "receiver": ("接收机构", "receiver"),
    "sources": ("来源", "sources"),
    "either": ("来源（任一组）", "sources (either)"),
    "pool": ("来源（范围内选修）", "sources (pool)"),
    "basis": ("依据", "basis"),
    "effective_from": ("生效日期", "effective date"),
    "targets": ("目标课程", "target courses"),
    "elective": ("选修学分", "elective credit"),
    "result": ("结果学分", "result credit"),
    "conditions": ("条件", "conditions"),
    "clause": ("条款", "clause"),
    "number": ("规则编号", "rule number"),
}


def changes(old: Sequence[RuleDraft], new: Sequence[RuleDraft]) -> tuple[Change, ...]:
    """The differences between two revisions, draft by draft and field by field."""
    found: list[Change] = []
    for index in range(max(len(old), len(new))):
        place = f"{index + 1}"
        if index >= len(new):
            found.append(Change(index, f"去掉第 {place} 条", f"rule {place} removed"))
        elif index >= len(old):
            found.append(Change(index, f"新增第 {place} 条", f"rule {place} added"))
        else:
            found.extend(_field_changes(index, encode(old[index]), encode(new[index])))
    return tuple(found)


def _field_changes(index: int, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    for field in sorted(old.keys() | new.keys(), key=lambda f: (list(_FIELDS).index(f) if f in _FIELDS else 99, f)):
        before, after = old.get(field), new.get(field)
        if before != after:
            zh, en = _FIELDS.get(field, (field, field))
            yield Change(
                index,
                f"第 {index + 1} 条{zh}：{_plain(before)} → {_plain(after)}",
                f"rule {index + 1}, {en}: {_plain(before)} → {_plain(after)}",
            )


def _plain(value: Any) -> str:
    """A value of a draft as people can read it in a sentence."""
    if value is None or value in ("", [], {}):
        return "—"
    if isinstance(value, dict):
        return "，".join(f"{k} {_plain(v)}" for k, v in value.items())
    if isinstance(value, list):
        return "、".join(_plain(v) for v in value)
    return str(value)


def check_revision(*, seen: int, now: int, changed: Sequence[Change]) -> None:
    """Refuse an act on a revision that is no longer the current one, saying what changed since."""
    if seen != now:
        zh, en = "；".join(c.zh for c in changed) or "—", "; ".join(c.en for c in changed) or "—"
        raise Denied(PROPOSAL_CHANGED, place="revision", seen=seen, now=now, zh=zh, en=en)


# --- experts ---------------------------------------------------------------------------------------------------------


def check_expert(user_id: int, *, authors: Collection[int], given: Sequence[OpinionFacts]) -> None:
    """An expert is none of the authors, and speaks once on a revision."""
    if user_id in authors:
        raise Denied(EXPERT_NOT_INDEPENDENT)
    if any(opinion.user_id == user_id for opinion in given):
        raise Denied(OPINION_GIVEN)


def check_overlaps(overlaps: Sequence[int | None], *, drafts: int) -> None:
    """One percentage for each draft; None where an expert finds nothing to compare (a denial)."""
    if len(overlaps) != drafts or any(o is not None and not 0 <= o <= 100 for o in overlaps):
        raise Denied(OVERLAP_BOUNDS, place="overlaps")


_SETTLES = {
    Verdict.AGREE: ProposalEvent.ENDORSE,
    Verdict.CHANGE: ProposalEvent.RETURN,
    Verdict.REJECT: ProposalEvent.REJECT,
}


def settle(opinions: Sequence[OpinionFacts]) -> ProposalEvent:
    """What the opinions on a revision lead to: with at least two, what more than half of them say; else one more is asked."""
    counts = Counter(opinion.verdict for opinion in opinions)
    for verdict, count in counts.items():
        if len(opinions) >= EXPERTS and 2 * count > len(opinions):
            return _SETTLES[verdict]
    return ProposalEvent.COMPARE


def overlap_of(opinions: Sequence[OpinionFacts], index: int) -> int | None:
    """The overlap a published rule states: the lowest an agreeing expert found, so that nobody's doubt is averaged away."""
    found = [o.overlaps[index] for o in opinions if o.verdict is Verdict.AGREE]
    known = [overlap for overlap in found if overlap is not None]
    return min(known, default=None)


def sees_opinions(state: ProposalState, *, gave: bool) -> bool:
    """While experts compare, an opinion is shown only to those who have given theirs."""
    return gave or state is not ProposalState.COMPARING


# --- both sides ------------------------------------------------------------------------------------------------------


def sides(drafts: Sequence[RuleDraft], parties: Collection[str]) -> tuple[str, ...]:
    """The institutions that sign: receivers, and the institutions of the sources that are parties, in alphabetical order."""
    wanted = {draft.receiver for draft in drafts}
    wanted |= {name.partition("/")[0] for draft in drafts for name in draft.items()}
    wanted |= {draft.denied_issuer for draft in drafts if draft.denied_issuer}
    return tuple(sorted(wanted & set(parties)))


def missing_sides(wanted: Sequence[str], signed: Sequence[SignatureFacts]) -> tuple[str, ...]:
    """The sides whose signature is missing. When one institution is the only side, a second person of it signs as well."""
    have = {s.institution for s in signed}
    missing = tuple(side for side in wanted if side not in have)
    if not missing and len({s.user_id for s in signed}) < SIGNERS:
        return tuple(wanted[:1])
    return missing


# --- what a reader may do ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Case:
    """A proposal as it stands: its drafts, who wrote them, the opinions and signatures on the revision in force, its sides."""

    state: ProposalState
    drafts: tuple[RuleDraft, ...]
    authors: frozenset[int]
    opinions: tuple[OpinionFacts, ...]
    signed: tuple[SignatureFacts, ...]
    wanted: tuple[str, ...]

    @property
    def experts(self) -> frozenset[int]:
        return frozenset(opinion.user_id for opinion in self.opinions)

    @property
    def missing(self) -> tuple[str, ...]:
        return missing_sides(self.wanted, self.signed) if self.state is ProposalState.SIGNING else ()


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks at it. ``signs`` and ``publishes``: the institutions they may do it for, None for all."""

    user_id: int | None
    carries_on: bool  # any draft, whoever wrote it: the hub and the house
    drafts: bool
    compares: bool
    signs: frozenset[str] | None
    publishes: frozenset[str] | None

    def is_author(self, case: Case) -> bool:
        """Whether they may carry on the draft; one that no person wrote belongs to whoever may draft."""
        return self.carries_on or (self.drafts and (not case.authors or self.user_id in case.authors))


def _within(codes: Collection[str], reach: frozenset[str] | None) -> tuple[str, ...]:
    return tuple(code for code in codes if reach is None or code in reach)


def may_sign_for(case: Case, reader: Reader) -> tuple[str, ...]:
    """The sides whose missing signature the reader may give."""
    if reader.user_id is None or reader.user_id in case.experts | {s.user_id for s in case.signed}:
        return ()
    return _within(case.missing, reader.signs)


def check_signer(user_id: int, *, institution: str, case: Case) -> None:
    """One person signs once, for a side that is still missing, and is none of the experts.

    Because a person signs once and two signatures at least are needed, the author alone can never carry a proposal.
    """
    if user_id in case.experts:
        raise Denied(SIGNER_NOT_INDEPENDENT)
    if any(s.user_id == user_id for s in case.signed):
        raise Denied(SIGNED_ALREADY)
    if institution not in case.missing:
        raise Denied(NOT_A_SIDE, place="institution", institution=institution)


def allowed(case: Case, reader: Reader) -> frozenset[ProposalEvent]:
    """What the reader may do with the proposal as it stands."""
    events: set[ProposalEvent] = set()
    if reader.is_author(case):
        events |= {ProposalEvent.REVISE, ProposalEvent.WITHDRAW, ProposalEvent.RETURN}
        if not case.opinions:
            events.add(ProposalEvent.SUBMIT)
    compares = reader.compares and reader.user_id is not None
    if case.state is ProposalState.COMPARING and compares and reader.user_id not in case.authors | case.experts:
        events.add(ProposalEvent.COMPARE)
    if case.state is ProposalState.SIGNING and _within(case.wanted, reader.signs):
        events |= {ProposalEvent.RETURN, ProposalEvent.REJECT}
        if may_sign_for(case, reader):
            events.add(ProposalEvent.SIGN)
    if case.state is ProposalState.SIGNED:
        receivers = {draft.receiver for draft in case.drafts}
        if len(_within(receivers, reader.publishes)) == len(receivers):
            events |= {ProposalEvent.PUBLISH, ProposalEvent.RETURN}
    return frozenset(events & PROPOSAL.events_from(case.state))


_TASKS = {ProposalEvent.COMPARE, ProposalEvent.SIGN, ProposalEvent.PUBLISH}


def is_task(case: Case, reader: Reader) -> bool:
    """Whether it waits for this reader: an opinion, a signature, publication, or their own draft to be finished."""
    own_draft = case.state is ProposalState.DRAFT and reader.user_id is not None and reader.user_id in case.authors
    return own_draft or bool(allowed(case, reader) & _TASKS)
