"""Pure decisions in the life of a version: who may do what, what a consultation asks, and what is due when."""

from __future__ import annotations

import calendar
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta

from xuefen.bank.shell.problems import Denied
from xuefen.bank.standards.states import MOVES, STATES
from xuefen.bank.standards.types import OutcomeType, Pack
from xuefen.bank.standards.types.life import (
    COMPARED_ALREADY,
    COMPARISONS_MISSING,
    COMPARISONS_OPPOSED,
    CONSULTATION_DAYS,
    EFFECTIVE_PASSED,
    PROPOSER_EXCLUDED,
    SIGNED_ALREADY,
    VERSION_NOT_NEXT,
    WORDS_CONTROLS,
    WORDS_LONG,
    WORDS_NEEDED,
    Event,
    Party,
    State,
    Timer,
    Verdict,
)
from xuefen.bedrock.names import BadText, course_name_key, reject_controls
from xuefen.bedrock.workdays import STATUTORY

COMPARISONS_NEEDED = 2
SIGNATURES_NEEDED = 2
CONSULTATION_LEAST, CONSULTATION_USUAL, CONSULTATION_MOST = 5, 20, 120
KIND_MONTHS, REVIEW_MONTHS = 3, 12
"""For a standard that says nothing of it under ``upkeep``."""
REMINDERS = (50, 80)
"""Percent of the time gone at which a dated duty is called to mind."""
TEXT_LEAST, TEXT_MOST, NOTE_MOST = 4, 2000, 1000


# --- words -----------------------------------------------------------------------------------------------------------


def checked_words(text: str, *, place: str, most: int = TEXT_MOST, least: int = TEXT_LEAST) -> str:
    """The stored form of what somebody wrote, in one line; punctuation stays as wide as it was typed. Raises ``Denied``:
    standard_words_needed, _long, _controls.
    """
    try:
        reject_controls(text, multiline=True)
    except BadText:
        raise Denied(WORDS_CONTROLS, place=place) from None
    stored = unicodedata.normalize("NFC", " ".join(text.split()))
    if len(stored) < least:
        raise Denied(WORDS_NEEDED, place=place, least=least)
    if len(stored) > most:
        raise Denied(WORDS_LONG, place=place, most=most)
    return stored


# --- from proposal to publication ------------------------------------------------------------------------------------


def check_next_version(*, code: str, version: int, published: Collection[int]) -> None:
    """Raise ``Denied(standard_version_not_next)`` unless the version follows the newest one published."""
    following = max(published, default=0) + 1
    if version != following:
        raise Denied(VERSION_NOT_NEXT, place="version", code=code, version=version, next=following)


def check_not_proposer(*, user_id: int, proposer_id: int | None) -> None:
    """Raise ``Denied(standard_proposer_excluded)`` for the proposer."""
    if user_id == proposer_id:
        raise Denied(PROPOSER_EXCLUDED)


def check_comparer(*, user_id: int, proposer_id: int | None, compared: Collection[int]) -> None:
    """Raise ``Denied``: standard_proposer_excluded, standard_compared_already."""
    check_not_proposer(user_id=user_id, proposer_id=proposer_id)
    if user_id in compared:
        raise Denied(COMPARED_ALREADY)


def check_compared_enough(verdicts: Iterable[Verdict]) -> None:
    """Raise ``Denied(standard_comparisons_missing)`` or ``Denied(standard_comparisons_opposed)``."""
    found = list(verdicts)
    if len(found) < COMPARISONS_NEEDED:
        raise Denied(COMPARISONS_MISSING, needed=COMPARISONS_NEEDED, found=len(found))
    against = found.count(Verdict.OPPOSE)
    if against >= len(found) - against:
        raise Denied(COMPARISONS_OPPOSED, against=against, support=len(found) - against)


def consultation_end(*, now: datetime, working_days: int) -> datetime:
    """The first moment that is too late for a comment. Raises ``Denied(consultation_days)``."""
    if not CONSULTATION_LEAST <= working_days <= CONSULTATION_MOST:
        raise Denied(CONSULTATION_DAYS, place="working_days", least=CONSULTATION_LEAST, most=CONSULTATION_MOST)
    return STATUTORY.deadline(now, working_days)


def check_signer(*, user_id: int, proposer_id: int | None, signed: Collection[int]) -> Event:
    """SIGN for the first signature, PUBLISH for the second. Raises ``Denied``: standard_proposer_excluded,
    standard_signed_already.
    """
    check_not_proposer(user_id=user_id, proposer_id=proposer_id)
    if user_id in signed:
        raise Denied(SIGNED_ALREADY)
    return Event.PUBLISH if len(signed) + 1 >= SIGNATURES_NEEDED else Event.SIGN


def check_effective(effective_from: date, *, today: date) -> None:
    """A standard never applies backwards. Raises ``Denied(standard_effective_passed)``."""
    if effective_from < today:
        raise Denied(EFFECTIVE_PASSED, place="effective_from", on=effective_from.isoformat())


def sees_comparisons(*, state: State, may_compare: bool, is_proposer: bool, compared: bool) -> bool:
    """Whoever may still give a comparison sees no other's before: opinions are independent or worth nothing."""
    return state is not State.COMPARING or not may_compare or is_proposer or compared


def moves_open(
    *,
    state: State,
    is_proposer: bool,
    compares: bool,
    publishes: bool,
    compared: bool,
    signatures: int,
    signed: bool,
) -> frozenset[Event]:
    """What one reader may do with a proposal now, as far as persons decide it; the act itself checks the rest."""
    parties = {Party.PROPOSER} if is_proposer else set()
    if compares and not is_proposer and not compared:
        parties.add(Party.EXPERT)
    if publishes:
        parties.add(Party.PUBLISHER)
    found = {event for (at, event), move in MOVES.items() if at is state and parties & set(move.by)}
    barred: set[Event] = {Event.LOAD, Event.PROPOSE}
    if is_proposer or signed:
        barred |= {Event.SIGN, Event.PUBLISH}
    barred.add(Event.SIGN if signatures + 1 >= SIGNATURES_NEEDED else Event.PUBLISH)
    return frozenset(found - barred)


def state_words(state: State) -> tuple[str, str]:
    """A state for people."""
    facts = STATES[state]
    return facts.zh, facts.en


# --- dated duties ----------------------------------------------------------------------------------------------------


def months_later(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month (Civil Code, article 202)."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def timer(*, since: date, due: date, today: date) -> Timer:
    """How a dated duty stands; the last day is still in time."""
    days = max(1, (due - since).days)
    gone = (today - since).days
    return Timer(days=days, left=max(0, (due - today).days), share=max(0, gone * 100 // days), overdue=today > due)


def reminders_owed(found: Timer) -> int:
    """How many reminders should have gone out by now."""
    return sum(1 for percent in REMINDERS if found.share >= percent)


def review_day(since: date, pack: Pack) -> date:
    """When the next revision of a version is due, by its own word: ``upkeep.revise_months``."""
    return months_later(since, pack.upkeep.revise_months or REVIEW_MONTHS)


def kind_due(asked_on: date, packs: Iterable[Pack]) -> date:
    """When a new kind must have its standard: the shortest time that a standard in force gives (``upkeep.new_type_months``)."""
    given = [pack.upkeep.new_type_months for pack in packs]
    return months_later(asked_on, min((months for months in given if months), default=KIND_MONTHS))


def review_is_near(review_on: date, *, today: date) -> bool:
    """The yearly revision is called to mind a month ahead."""
    return today >= review_on - timedelta(days=30)


# --- new kinds of outcome --------------------------------------------------------------------------------------------


def kind_key(name: str) -> str:
    """The form in which names of kinds are compared: widths, brackets, traditional forms and spaces do not matter."""
    return course_name_key(name)


def type_named(key: str, types: Mapping[str, OutcomeType]) -> OutcomeType | None:
    """The type of a pack whose name is the one asked for."""
    return next((found for found in types.values() if kind_key(found.zh) == key), None)
