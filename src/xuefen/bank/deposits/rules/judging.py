"""What becomes of a row: an outcome with its credit, or all the reasons why not. Pure; the caller has looked things up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import zip_longest
from typing import NamedTuple

from xuefen.bank.catalogue.types import ItemFacts, Items
from xuefen.bank.deposits.rules.rows import shown
from xuefen.bank.deposits.rules.sheet import Columns
from xuefen.bank.deposits.types import (
    ACCOUNT_NUMBER_PROBLEMS,
    CLASS_NOT_QUALIFIED,
    HOURS_MISSING,
    ITEM_CODE_UNKNOWN,
    ITEM_VERSION_UNKNOWN,
    LEARNER_CONFLICT,
    LEARNER_NOT_OPEN,
    LEARNER_UNKNOWN,
    NAME_MISMATCH,
    NO_EFFORT,
    Effort,
    Refused,
    Row,
    RowError,
)
from xuefen.bank.institutions.types import OutcomeClass
from xuefen.bank.learners.rules import name_matches
from xuefen.bank.learners.types import ID_PROBLEMS, AccountState, LearnerFacts, Resolved
from xuefen.bank.shell.problems import Denied
from xuefen.bank.standards import rules as standards
from xuefen.bank.standards.types import DegreeFacts, Facts, Grade, Pack, Refusal, SocialFacts, VocationalFacts
from xuefen.bedrock import ids
from xuefen.bedrock.gm import sm3

_MOST_REMEMBERED = 100_000
_LONGEST_SHOWN_GRADE = 6  # a longer one is no grade but a shifted column, perhaps a name or a number


RESULT_FIELDS = frozenset({"", "grade", "hours", "attendance", "online_share", "workload"})
"""What an error may be about that leaves nothing to assess; "" is the row as a whole."""


class Worth(NamedTuple):
    """What one item is worth with one grade and so many hours."""

    credits: int
    level: int | None
    quality: str
    mark: int | None
    errors: tuple[RowError, ...] = ()


class Accepted(NamedTuple):
    """A row that makes an outcome."""

    row: Row
    learner: LearnerFacts
    item: ItemFacts
    worth: Worth
    key: bytes
    cells: Sequence[str]


class Known(NamedTuple):
    """An outcome that exists under some natural key."""

    number: str
    batch_id: int
    row: int
    revoked: bool


@dataclass(slots=True)
class Context:
    """What all rows of one run share; ``worths`` remembers what was assessed, ``named`` who matched."""

    issuer_id: int
    batch_id: int
    columns: Columns
    pack: Pack
    classes: frozenset[OutcomeClass]
    items: Items
    worths: dict[tuple[int, str, int | None, Effort], Worth] = field(default_factory=dict)
    named: set[tuple[int, str]] = field(default_factory=set, repr=False)


@dataclass(slots=True)
class Judged:
    """A chunk of rows after judgement, each list in row order."""

    accepted: list[Accepted] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


def cells_shown(columns: Columns, cells: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """The issuer's own cells of a row as (header, text), for the error workbook; a formula shows as ``=…``."""
    width = columns.width
    extra = [("", cell) for cell in cells[width : width + 8]]
    kept = set(columns.kept)
    named = zip_longest(columns.header, cells[:width], fillvalue="")
    own = [(name, cell) for i, (name, cell) in enumerate(named) if i in kept]
    return tuple((name, shown(cell)) for name, cell in own + extra)


def judge(rows: Iterable[tuple[Row, Sequence[str]]], resolved: Resolved, context: Context) -> Judged:
    """Judge rows one by one; a refused row carries every error that could be found without guessing."""
    judged = Judged()
    for row, cells in rows:
        errors = row.errors
        learner = _learner(row, resolved, context)
        item = item_of(row, context)
        worth = None
        if isinstance(item, RowError):
            errors.append(item)
        elif item is not None and not any(e.field in RESULT_FIELDS for e in errors):
            worth = _worth(item, row, context)
            errors.extend(worth.errors)
        if not isinstance(learner, LearnerFacts):
            errors.extend(learner)
        if errors or worth is None or not isinstance(item, ItemFacts) or not isinstance(learner, LearnerFacts):
            judged.refused.append(Refused(row.number, tuple(errors), cells_shown(context.columns, cells)))
        else:
            assert row.awarded_on is not None  # a row without a date has an error
            key = natural_key(
                issuer_id=context.issuer_id,
                learner_id=learner.id,
                item_version_id=item.version_id,
                awarded_on=row.awarded_on,
                serial=row.serial,
            )
            judged.accepted.append(Accepted(row, learner, item, worth, key, cells))
    return judged


def natural_key(*, issuer_id: int, learner_id: int, item_version_id: int, awarded_on: date, serial: str) -> bytes:
    """The 16 bytes under which an outcome exists once. Case and spaces of the serial number do not tell two apart."""
    plain = serial.upper().replace(" ", "") if serial else ""
    return sm3(f"{issuer_id}|{learner_id}|{item_version_id}|{awarded_on.isoformat()}|{plain}".encode())[:16]


def replaced_key(natural: bytes, *, corrects: str) -> bytes:
    """The key of an outcome that corrects another and says of itself what was said before: a grade is not in a natural key."""
    return sm3(natural + corrects.encode("ascii"))[:16]


def result_commitment(salt: bytes, *, grade: str, hours: int | None, serial: str, effort: Effort = NO_EFFORT) -> str:
    """Hex SM3 of the leaf's salt and the result as the issuer wrote it: what a leaf says of it without telling it."""
    text = f"{grade}\x1f{hours or ''}\x1f{serial}"
    if effort is not NO_EFFORT and effort != NO_EFFORT:
        text += "".join(f"\x1f{'' if value is None else value}" for value in effort)
    return sm3(salt + text.encode()).hex()


def _learner(row: Row, resolved: Resolved, context: Context) -> LearnerFacts | list[RowError]:
    """The row's learner, or what is wrong. Nothing said here tells more than whether the row's own words agree."""
    spoilt = {e.field for e in row.errors} if row.errors else ()
    if "" in spoilt or "account" in spoilt or "id_number" in spoilt:
        return []
    by_account = resolved.by_account.get(row.account) if row.account else None
    by_id = resolved.by_id.get(row.id_number) if row.id_number else None
    errors: list[RowError] = []
    if row.account and by_account is None:
        errors.append(_unknown_account(row.account))
    if row.id_number and by_id is None:
        errors.append(_unknown_id(row.id_number))
    learner = by_account or by_id
    if errors or learner is None:
        return errors
    if by_account and by_id and by_account.id != by_id.id:
        return [RowError("id_number", LEARNER_CONFLICT)]
    if learner.state is not AccountState.OPEN or learner.data_key is None:
        return [RowError("account" if row.account else "id_number", LEARNER_NOT_OPEN)]
    if row.name and not _is_named(learner, row.name, context):
        return [RowError("name", NAME_MISMATCH)]
    return learner


def _is_named(learner: LearnerFacts, name: str, context: Context) -> bool:
    key = (learner.id, name)
    if key in context.named:
        return True
    if not name_matches(learner, name):
        return False
    if len(context.named) >= _MOST_REMEMBERED:
        context.named.clear()
    context.named.add(key)
    return True


def _unknown_account(account: str) -> RowError:
    return bad_account(account) or RowError("account", LEARNER_UNKNOWN)


def _unknown_id(number: str) -> RowError:
    return bad_id_number(number) or RowError("id_number", LEARNER_UNKNOWN)


def bad_account(account: str) -> RowError | None:
    """What is wrong with an account number in itself."""
    try:
        ids.check(ids.NumberClass.ACCOUNT, account)
    except ids.BadNumber as error:
        return RowError("account", ACCOUNT_NUMBER_PROBLEMS[error.code])
    return None


def bad_id_number(number: str) -> RowError | None:
    """What is wrong with an identity number in itself."""
    try:
        ids.ResidentId.parse(number)
    except ids.BadNumber as error:
        return RowError("id_number", ID_PROBLEMS[error.code])
    return None


def item_of(row: Row, context: Context) -> ItemFacts | RowError | None:
    """The item a row names, what is wrong with the name, or None when it names none."""
    if not row.item_code:
        return None
    item = context.items.get(row.item_code, row.version)
    if item is not None:
        return item
    if row.version and row.item_code in context.items.latest:
        return RowError("version", ITEM_VERSION_UNKNOWN)
    return RowError("item_code", ITEM_CODE_UNKNOWN)


def _worth(item: ItemFacts, row: Row, context: Context) -> Worth:
    key = (item.version_id, row.grade, row.hours, row.effort)
    worth = context.worths.get(key)
    if worth is None:
        if len(context.worths) >= _MOST_REMEMBERED:
            context.worths.clear()
        worth = context.worths[key] = worth_of(
            item, grade=row.grade, hours=row.hours, effort=row.effort, context=context
        )
    return worth


def worth_of(item: ItemFacts, *, grade: str, hours: int | None, effort: Effort, context: Context) -> Worth:
    """Assess an item under the run's standard, with the errors that stand against it."""
    errors: list[RowError] = []
    if item.outcome_class not in context.classes:
        errors.append(RowError("item_code", CLASS_NOT_QUALIFIED))
    read = grade_of(grade, context.pack)
    if isinstance(read, RowError):
        errors.append(read)
        read = None
    mark = read.mark if read else None
    if item.outcome_class is OutcomeClass.SOCIAL and hours is None:
        errors.append(RowError("hours", HOURS_MISSING))
    if errors:
        return Worth(0, None, "", None, tuple(errors))
    found = standards.assess(facts_of(item, grade=read, hours=hours, effort=effort), context.pack)
    if isinstance(found, Refusal):
        return Worth(0, None, "", None, (RowError(_field_of(found), found.problem, dict(found.params)),))
    return Worth(found.credits, found.level, found.quality, mark)


def may_lack(pack: Pack) -> tuple[str, ...]:
    """The columns a sheet may do without, until one of its rows asks for them."""
    timed = pack.degree.workload_hours_per_credit or any(row.hours_per_credit for row in pack.vocational.values())
    asked = {"attendance": pack.attendance is not None, "workload": bool(timed)}
    return ("account", "grade", "hours", *(name for name, needed in asked.items() if needed))


def grade_of(text: str, pack: Pack) -> Grade | RowError | None:
    """A grade as the standard reads it, or what is wrong with it; None for an empty cell."""
    try:
        return standards.read_grade(text, pack) if text else None
    except Denied as denied:
        return RowError("grade", denied.problem, {"grade": text if len(text) <= _LONGEST_SHOWN_GRADE else "…"})


def facts_of(item: ItemFacts, *, grade: Grade | None, hours: int | None, effort: Effort = NO_EFFORT) -> Facts:
    """An item and a result as the standard judges them; of the taught hours, the share that was online counts as online."""
    if item.outcome_class is OutcomeClass.DEGREE:
        online = (item.theory_hours * (effort.online_share or 0) + 50) // 100
        return DegreeFacts(
            type_code=item.type_code,
            theory_hours=item.theory_hours - online,
            practice_hours=item.practice_hours,
            online_hours=online,
            practice_weeks=item.practice_weeks,
            workload_hours=effort.workload or 0,
            attendance=effort.attendance,
            declared_credit=item.declared_credit,
            grade=grade,
            level=item.level,
        )
    if item.outcome_class is OutcomeClass.VOCATIONAL:
        return VocationalFacts(
            type_code=item.type_code,
            authoritative=item.authoritative,
            workload_hours=effort.workload or 0,
            grade=grade,
            level=item.level,
        )
    return SocialFacts(
        type_code=item.type_code, hours=hours or 0, attendance=effort.attendance, grade=grade, level=item.level
    )


def _field_of(refusal: Refusal) -> str:
    about = refusal.problem.code.partition("_")[0]
    return about if about in RESULT_FIELDS else "item_code"
