"""Examining the rules: the whole register as a job, and the neighbourhood of a set that is about to be published."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from xuefen.bank.audit import actions as audit
from xuefen.bank.conversion.models import DoctorRun
from xuefen.bank.conversion.queries import doctor as reading
from xuefen.bank.conversion.rules.doctor import ConditionsReader, examine, line_of, tell
from xuefen.bank.conversion.rules.publishing import Registry, published
from xuefen.bank.conversion.types import RuleDraft
from xuefen.bank.conversion.types.codec import encode
from xuefen.bank.conversion.types.doctor import (
    FOREVER,
    RULES_CREATE_CREDIT,
    Code,
    Finding,
    Kind,
    Report,
    RuleLine,
    Told,
)
from xuefen.bank.institutions import queries as institutions
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.transaction import use_case
from xuefen.bank.standards.types import STANDARD_UNKNOWN

STEPS, NEIGHBOURS = 6, 20_000
"""How many rules a new one may be away from another, and how many of them are looked at, before a set is published."""
ABOUT_NEW_RULES = frozenset({Kind.CYCLE, Kind.CONTRADICTION, Kind.DIRECTION, Kind.OVERLAP})

Progress = Callable[[int, int], None]


@use_case
def ask(*, on: date, receiver_code: str = "", by: Actor, now: datetime) -> int:
    """Ask for an examination; the id of the run. ``Denied``: not_allowed, institution_unknown."""
    by.scope("rules.draft")
    receiver = institutions.by_code(receiver_code) if receiver_code else None
    run = DoctorRun.objects.create(on=on, receiver=receiver, asked_by=by.name, asked_at=now)
    audit.record(action="rules.examined", by=by, now=now, subject=("doctor_run", run.pk), after={"on": on.isoformat()})
    return run.pk


def run(*, on: date, receiver_code: str = "", by: Actor, now: datetime, progress: Progress | None = None) -> DoctorRun:
    """Ask for an examination and do it at once. Raises as ``ask``, and standard_unknown."""
    return work(run_id=ask(on=on, receiver_code=receiver_code, by=by, now=now), now=now, progress=progress)


def work(*, run_id: int, now: datetime, progress: Progress | None = None) -> DoctorRun:
    """Do an examination that was asked for; one that is done comes back as it is. It only reads, so a killed one starts anew.

    Raises ``Denied(standard_unknown)``; the run is then failed.
    """
    row = DoctorRun.objects.get(pk=run_id)
    if row.state == "done":
        return row
    total = reading.register_size(on=row.on)
    _note(run_id=run_id, state="running", progress=0, total=total)

    def note(read: int) -> None:
        _note(run_id=run_id, state="running", progress=read, total=total)
        if progress is not None:
            progress(read, total)

    try:
        world = reading.world(on=row.on)
        report = examine(reading.lines(on=row.on), world, on=row.on, receiver=row.receiver_id, progress=note)
    except Denied:
        _note(run_id=run_id, state="failed", progress=0, total=total)
        raise
    return _finish(run_id=run_id, report=report, told=in_words(report.findings), now=now)


@use_case
def _note(*, run_id: int, state: str, progress: int, total: int) -> None:
    DoctorRun.objects.filter(pk=run_id).update(state=state, progress=progress, total=total)


@use_case
def _finish(*, run_id: int, report: Report, told: Sequence[Told], now: datetime) -> DoctorRun:
    row = DoctorRun.objects.select_for_update().get(pk=run_id)
    row.state, row.progress, row.total = "done", report.rules, report.rules
    row.counts = {code.value: count for code, count in report.counts.items()}
    row.findings = [encode(t) for t in told]
    row.complete, row.finished_at = report.complete, now
    row.save()
    return row


def in_words(findings: Sequence[Finding], *, drafts: Sequence[RuleDraft] = ()) -> list[Told]:
    """The findings with names; three queries, however many there are."""
    rules = reading.numbers_of({r for f in findings for r in f.rules if r > 0})
    for index, draft in enumerate(drafts):
        rules[-1 - index] = draft.number or f"#{index + 1}"
    step_items = {i for f in findings for s in f.steps for i, _ in (*s.takes, *s.gives)}
    items = reading.names_of({i for f in findings for i in f.items} | step_items)
    owners = reading.institution_names()
    return [tell(finding, rules=rules, items=items, institutions=owners) for finding in findings]


# --- before publication ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NewSet:
    """What the doctor says of drafts: ``blocking`` must stop their publication, ``warnings`` are to be shown."""

    blocking: tuple[Told, ...]
    warnings: tuple[Told, ...]


def check_new(drafts: Sequence[RuleDraft], registry: Registry, *, standard: str = "cn-2026") -> NewSet:
    """Examine drafts together with the published rules around them; only findings about the drafts. Reads only.

    The drafts have passed ``draft_errors``. Looked at are the published rules that lead to their sources (up to ``STEPS``
    rules away) and those of the same courses. A draft named by a number replaces that rule. Creating credit blocks.
    """
    if not drafts:
        return NewSet((), ())
    on = max(draft.effective_from for draft in drafts)
    fresh = _lines(drafts, registry)
    sources = {item for line in fresh for way in (*line.sets, line.pool) for item in way}
    targets = {item for line in fresh for item, _ in line.targets}
    around = {line.id: line for line in reading.leading_to(sources, on=on, hops=STEPS, most=NEIGHBOURS)}
    around |= {line.id: line for line in reading.leading_to(targets, on=on, hops=1, most=NEIGHBOURS)}
    around = _without_earlier_versions(around, {draft.number for draft in drafts if draft.number})
    lines = [*around.values(), *fresh]
    world = reading.world(on=on, standard=standard, only=_items(lines))
    report = examine(lines, world, on=on, kinds=ABOUT_NEW_RULES)
    mine = [f for f in report.findings if any(r < 0 for r in f.rules)]
    told = in_words(mine, drafts=drafts)
    blocking = tuple(t for t in told if t.code == Code.CREATES_CREDIT)
    return NewSet(blocking, tuple(t for t in told if t.code != Code.CREATES_CREDIT))


def refuse_circles(drafts: Sequence[RuleDraft], registry: Registry, *, standard: str = "cn-2026") -> tuple[Told, ...]:
    """What is to be warned of before a set is published. ``Denied``: rules_create_credit (all circles in ``circles``)."""
    try:
        found = check_new(drafts, registry, standard=standard)
    except Denied as denied:
        if denied.problem is not STANDARD_UNKNOWN:
            raise
        return ()  # where no standard is in force nothing is converted, so nothing is made from nothing
    if found.blocking:
        first = found.blocking[0]
        path = "；".join(f"{step.rule}: {' + '.join(step.takes)} → {' + '.join(step.gives)}" for step in first.steps)
        raise Denied(
            RULES_CREATE_CREDIT,
            place="rules",
            first=f"{first.sentence.zh}{path}",
            first_en=f"{first.sentence.en} {path}",
            circles=found.blocking,
        )
    return found.warnings


def _lines(drafts: Sequence[RuleDraft], registry: Registry) -> list[RuleLine]:
    conditions = ConditionsReader()
    return [
        line_of(
            encode(published(draft, registry.items)),
            id=-1 - index,
            receiver=registry.parties[draft.receiver],
            since=draft.effective_from.toordinal(),
            until=FOREVER if draft.effective_until is None else draft.effective_until.toordinal(),
            conditions=conditions,
        )
        for index, draft in enumerate(drafts)
    ]


def _without_earlier_versions(lines: dict[int, RuleLine], numbers: Collection[str]) -> dict[int, RuleLine]:
    if not numbers:
        return lines
    named = reading.numbers_of(lines.keys())
    return {pk: line for pk, line in lines.items() if named.get(pk) not in numbers}


def _items(lines: Sequence[RuleLine]) -> set[int]:
    found: set[int] = set()
    for line in lines:
        found.update(line.pool, (item for item, _ in line.targets), *line.sets)
    return found


def summary(row: DoctorRun) -> dict[str, Any]:
    """A finished run as JSON."""
    return {
        "on": row.on.isoformat(),
        "rules": row.progress,
        "complete": row.complete,
        "counts": row.counts,
        "findings": row.findings,
    }
