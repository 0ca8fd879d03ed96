"""What the hall's pages show, made from the rooms' answers. Nothing here decides anything about credit."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from xuefen.bank.deposits.types import OutcomeFacts, OutcomeState
from xuefen.bank.institutions import queries as institutions
from xuefen.bank.ledger.types import TransferKind
from xuefen.bank.places import queries as places
from xuefen.bank.places.types import PlaceKind
from xuefen.bank.recognition.types import Row
from xuefen.bank.shell.actor import EVERYTHING
from xuefen.bank.shell.clock import today
from xuefen.bank.standards import queries as standards
from xuefen.bank.standards.types import Explanation
from xuefen.faces.shared.outcomes import STATE_WORDS
from xuefen.faces.shared.words import credits_text

Words = tuple[str, str]
"""A text in Chinese and in English."""

MOST_PLACES = 300
"""A list to choose from longer than this helps nobody: then only the centres are offered, not every service point."""


def opening_places() -> list[tuple[str, str]]:
    """Where an account can be opened, as (code, name with the place it lies in), in tree order."""
    kinds = (PlaceKind.BRANCH, PlaceKind.SUB_CENTRE, PlaceKind.SERVICE_POINT)
    found = list(places.within(EVERYTHING).filter(kind__in=kinds)[: MOST_PLACES + 1])
    if len(found) > MOST_PLACES:
        centres = places.within(EVERYTHING).filter(kind__in=kinds[:2])
        found = list(centres[:MOST_PLACES])
    names = {place.pk: place.name for place in found}
    return [(place.code, " · ".join(filter(None, [names.get(place.parent_id or 0), place.name]))) for place in found]


# --- the account -----------------------------------------------------------------------------------------------------

CLASSES: dict[str, tuple[Words, str]] = {
    "degree": (("学历教育", "Degree"), "c1"),
    "vocational": (("职业技能", "Skills"), "c2"),
    "social": (("社会学习", "Social"), "c3"),
}
"""The three classes of outcome: how a learner reads them, and their colour in charts."""

ASSURANCE: dict[int, tuple[str, Words]] = {
    1: ("自行填报", ("一级（共三级）", "1 of 3")),
    2: ("当面核验", ("二级（共三级）", "2 of 3")),
    3: ("联网核验", ("三级（共三级）", "3 of 3")),
}
"""Real-name level: the seal's four characters and the words beside it."""

YEARS = 7  # columns that fit beside each other on a phone


def institution_names(ids: Collection[int]) -> dict[int, Words]:
    """Names of institutions by id, in both languages; one query, none for no ids."""
    if not ids:
        return {}
    found = institutions.institutions(EVERYTHING).filter(id__in=ids)
    return {row.pk: (row.name_zh, row.name_en or row.name_zh) for row in found}


def class_bars(sums: Iterable[tuple[int, str, int, int]]) -> list[dict[str, Any]]:
    """Credits by class from ``deposits.queries.sums_by_year``, only classes that have some."""
    totals: dict[str, int] = {}
    for _, code, _, credits in sums:
        totals[code] = totals.get(code, 0) + credits
    return [
        {"label": words, "value": totals[code], "colour": colour}
        for code, (words, colour) in CLASSES.items()
        if totals.get(code)
    ]


def year_columns(sums: Iterable[tuple[int, str, int, int]], *, now: datetime) -> list[tuple[str, int]]:
    """Credits by year of award up to this year, years without any included, the last ``YEARS`` of them."""
    totals: dict[int, int] = {}
    for year, _, _, credits in sums:
        totals[year] = totals.get(year, 0) + credits
    if not totals:
        return []
    last = max(today(now).year, *totals)
    first = min(year for year in [*totals, last] if year > last - YEARS)
    return [(str(year), totals.get(year, 0)) for year in range(first, last + 1)]


def ledger_rows(outcomes: Iterable[OutcomeFacts], *, now: datetime) -> list[dict[str, Any]]:
    """Outcomes as rows of the passbook, under the standard in force today."""
    pack = standards.current(on=today(now)).pack
    return [_ledger_row(outcome, converts=pack.may(outcome.quality, "convert")) for outcome in outcomes]


def _ledger_row(outcome: OutcomeFacts, *, converts: bool) -> dict[str, Any]:
    free = credits_text(outcome.free)
    left = (f"可用 {free}", f"{free} free") if converts else ("只作记录", "record only")
    state = None if outcome.state is OutcomeState.VALID else STATE_WORDS[outcome.state]
    if state is not None:
        left = ("不再计算", "does not count")
    return {"outcome": outcome, "class": CLASSES[outcome.outcome_class][0], "left": left, "state": state}


def references(node: Explanation) -> list[str]:
    """What an explanation rests on, each clause once, in the order it is read."""
    found = dict.fromkeys([node.reference] if node.reference else [])
    for child in node.children:
        found |= dict.fromkeys(references(child))
    return list(found)


@dataclass(frozen=True)
class CreditMove:
    """One thing that happened to an outcome's credit. ``application`` is the number of the application it was for."""

    words: Words
    amount: int
    at: datetime
    application: str = ""
    receiver: str = ""


_TRANSFER_WORDS: dict[str, tuple[Words, int]] = {
    TransferKind.DEPOSIT: (("存入", "Deposited"), 1),
    TransferKind.RESERVE: (("申请占用", "Held for an application"), -1),
    TransferKind.REDEEM: (("转换完成，已用掉", "Converted and used"), 0),
    TransferKind.RELEASE: (("申请没有办成，退回", "Came back: the application ended"), 1),
    TransferKind.REVERSE: (("成果已撤销或更正，学分收回", "The outcome was revoked or corrected"), -1),
    TransferKind.RESTORE: (("成果恢复，学分回来", "The outcome was reinstated"), 1),
    TransferKind.REFUND: (("转换暂停或撤销，退回", "Came back: the conversion is in doubt or undone"), 1),
    TransferKind.REUSE: (("转换维持，重新用掉", "Used again: the conversion stands"), -1),
}
"""What a transfer means to the learner, and how it changes what is available: a held credit that is used changes nothing."""


def credit_moves(transfers: Iterable[Any], applications: Iterable[Row]) -> list[CreditMove]:
    """The transfers of one outcome in the learner's words. A reservation's key begins with its application's number."""
    known = {row.number: row for row in applications}
    reserved: dict[int, Row | None] = {}
    moves = []
    for transfer in transfers:
        if transfer.kind == TransferKind.RESERVE:
            reserved[transfer.pk] = known.get(transfer.key.partition(":")[0])
        row = reserved.get(transfer.pk) or reserved.get(transfer.of_id)
        reserved.setdefault(transfer.pk, row)
        words, sign = _TRANSFER_WORDS[transfer.kind]
        moves.append(
            CreditMove(
                words=words,
                amount=sign * transfer.amount,
                at=transfer.at,
                application=row.number if row else "",
                receiver=row.receiver_name if row else "",
            )
        )
    return moves
