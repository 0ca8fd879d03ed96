"""Slips for people, and for the sweep."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import Q, QuerySet

from xuefen.bank.catalogue import queries as catalogue
from xuefen.bank.catalogue.types import ItemFacts
from xuefen.bank.evidence import queries as evidence
from xuefen.bank.intake import rules, states
from xuefen.bank.intake.models import Slip, SlipFile, SlipMove
from xuefen.bank.intake.types import (
    SLIP_INSTITUTIONS_ONLY,
    SLIP_UNKNOWN,
    Asked,
    Due,
    Event,
    Form,
    Kind,
    SlipMoveView,
    SlipRow,
    SlipView,
    State,
)
from xuefen.bank.learners import queries as learners
from xuefen.bank.places.queries import inside
from xuefen.bank.recognition import rules as recognition
from xuefen.bank.shell import queries as shell
from xuefen.bank.shell.actor import Actor, Scope
from xuefen.bank.shell.problems import Denied
from xuefen.bank.standards import queries as standards
from xuefen.bedrock import ids

# --- who sees which --------------------------------------------------------------------------------------------------


def within(scope: Scope) -> QuerySet[Slip]:
    """The slips inside a scope: of the learner's area, of the issuer, one's own."""
    return Slip.objects.filter(
        inside(scope, place="learner__place__path", institution="issuer_id", learner="learner_id")
    )


def slips(by: Actor) -> QuerySet[Slip]:
    """The slips an actor may read, newest first. What is still being filled in is seen by its holder and by clerks who may
    fill in for them, not by issuers and officers.
    """
    found = within(by.scope("slips.read"))
    hidden = Q(state=State.DRAFT)
    if by.may("submissions.make"):
        hidden &= ~Q(pk__in=within(by.scope("submissions.make")).values("pk"))
    return found.exclude(hidden).select_related("learner", "issuer", "item_version__item", "outcome").order_by("-id")


def one(by: Actor, number: str) -> Slip:
    """One slip. Raises ``Denied``: not_allowed, slip_unknown."""
    found = slips(by).filter(number=ids.normalise(number)).first()
    if found is None:
        raise Denied(SLIP_UNKNOWN, place="number")
    return found


def lock(scope: Scope, number: str) -> Slip:
    """The slip, locked until the transaction ends. Raises ``Denied(slip_unknown)``, the same when out of scope."""
    rows = within(scope).select_for_update(of=("self",)).select_related("issuer", "learner")
    found = rows.filter(number=ids.normalise(number)).first()
    if found is None:
        raise Denied(SLIP_UNKNOWN, place="number")
    return found


def lock_unchanged(pk: int, version: int) -> Slip | None:
    """The slip, locked, if it has not moved since it was read."""
    rows = Slip.objects.select_for_update(of=("self",)).select_related("issuer", "learner")
    return rows.filter(pk=pk, version=version).first()


def persons_refused(*, on: date) -> Denied | None:
    """The refusal, where the standard in force on a day lets nobody but institutions deposit."""
    pack = standards.current(on=on).pack
    if pack.policy.deposited_by == "institutions":
        return Denied(SLIP_INSTITUTIONS_ONLY, standard=pack.name)
    return None


# --- facts -----------------------------------------------------------------------------------------------------------


def item_of(slip: Slip) -> ItemFacts:
    """The very version of the item the slip is for."""
    return catalogue.versions_by_id([slip.item_version_id])[slip.item_version_id]


def outcome_number(slip: Slip) -> str:
    """The number of the outcome it became, "" while there is none."""
    return slip.outcome.number if slip.outcome is not None else ""


def rows(found: Iterable[Slip], *, now: datetime) -> list[SlipRow]:
    """Slips as lists show them; no further query when ``slips`` read them."""
    return [row_of(slip, now=now) for slip in found]


def row_of(slip: Slip, *, now: datetime) -> SlipRow:
    running = slip.state in states.RUNNING and slip.due_at is not None
    return SlipRow(
        number=slip.number,
        kind=Kind(slip.kind),
        state=State(slip.state),
        version=slip.version,
        learner_id=slip.learner_id,
        account_no=slip.learner.account_no,
        masked_name=slip.learner.masked_name,
        issuer_code=slip.issuer.code,
        issuer_name=slip.issuer.name_zh,
        issuer_name_en=slip.issuer.name_en or slip.issuer.name_zh,
        item_code=slip.item_version.item.code,
        item_name=slip.item_version.name,
        outcome_class=slip.item_version.outcome_class,
        opened_at=slip.opened_at,
        entered_at=slip.entered_at,
        due_at=slip.due_at,
        reminders=slip.reminders,
        outcome_number=outcome_number(slip),
        clock=recognition.clock_facts(slip.entered_at, slip.due_at, now=now) if running and slip.due_at else None,
    )


def view(slip: Slip, *, now: datetime | None = None, officer: bool = False) -> SlipView:
    """Everything a slip's page shows; personal data of its holder in clear. ``officer``: also what somebody else brought too."""
    data_key = learners.facts_of([slip.learner_id])[slip.learner_id].data_key
    loaded = standards.by_id(slip.standard_version_id)
    item = item_of(slip)
    lying = list(SlipFile.objects.filter(slip=slip).order_by("id").values_list("asked_as", "file_id"))
    files = evidence.files({file_id for _, file_id in lying})
    by_line: dict[str, list[int]] = {}
    for asked_as, file_id in lying:
        by_line.setdefault(asked_as, []).append(file_id)
    place, lines = loaded.pack.checklist(item.type_code, item.outcome_class)
    checklist = tuple(
        Asked(
            code=asked.code,
            zh=asked.zh,
            en=asked.en,
            required=asked.required,
            reference=loaded.pack.reference(f"{place}.{asked.code}"),
            files=tuple(files[i] for i in by_line.pop(asked.code, ())),
        )
        for asked in sorted(lines, key=lambda one: not one.required)
        if slip.kind == Kind.SUBMISSION
    )
    return SlipView(
        row=row_of(slip, now=now or slip.entered_at),
        form=rules.open_form(bytes(slip.sealed), data_key=data_key, number=slip.number) if data_key else Form(),
        item_version_id=slip.item_version_id,
        checklist=checklist,
        others=tuple(files[i] for rest in by_line.values() for i in rest),
        moves=moves_of(slip, data_key),
        standard=loaded.pack.name,
        standard_title=(loaded.pack.title_zh, loaded.pack.title_en),
        refusal_codes=tuple((code, r.zh, r.en) for code, r in loaded.pack.refusal_codes.items()),
        shared=frozenset(evidence.others_with_same(list(files))) if officer and files else frozenset(),
    )


def moves_of(slip: Slip, data_key: bytes | None) -> tuple[SlipMoveView, ...]:
    """The moves so far, oldest first."""
    return tuple(
        SlipMoveView(
            seq=move.seq,
            event=Event(move.event),
            to_state=State(move.to_state),
            actor_kind=move.actor_kind,
            actor_name=move.actor_name,
            reason_code=move.reason_code,
            note=rules.open_note(bytes(move.note_sealed), data_key=data_key, number=slip.number, seq=move.seq)
            if data_key
            else "",
            at=move.at,
        )
        for move in SlipMove.objects.filter(slip=slip).order_by("seq")
    )


# --- the same outcome twice, and erasure -----------------------------------------------------------------------------


def standing(slip: Slip) -> str | None:
    """The number of the slip that stands in this one's way."""
    rows = Slip.objects.filter(natural_key=slip.natural_key, state__in=states.COUNTED).exclude(number=slip.number)
    return rows.values_list("number", flat=True).first()


def same_award(slip: Slip) -> str | None:
    """The number of the award that waits and says the very same; None when what stands in the way is something else."""
    found = Slip.objects.filter(natural_key=slip.natural_key, state=State.OFFERED).exclude(number=slip.number).first()
    data_key = learners.facts_of([slip.learner_id])[slip.learner_id].data_key
    if found is None or data_key is None:
        return None
    forms = [rules.open_form(bytes(s.sealed), data_key=data_key, number=s.number) for s in (found, slip)]
    return found.number if forms[0] == forms[1] else None


def under_way(learner_id: int) -> list[str]:
    """The numbers of a learner's submissions somebody is checking or waits for."""
    rows = Slip.objects.filter(learner_id=learner_id, state__in=(State.CHECKING, State.MORE))
    return list(rows.order_by("id").values_list("number", flat=True))


def closable(learner_id: int) -> list[Slip]:
    """The slips that end with their holder's account, locked."""
    rows = Slip.objects.select_for_update(of=("self",)).select_related("issuer", "learner")
    return list(rows.filter(learner_id=learner_id, state__in=(State.DRAFT, State.OFFERED)).order_by("id"))


# --- for the sweep ---------------------------------------------------------------------------------------------------


def reminders_due(*, now: datetime, after: Due | None, limit: int) -> list[Due]:
    """Reminders that are due, oldest first, behind ``after``."""
    rows = Slip.objects.filter(remind_at__lte=now, state__in=states.RUNNING)
    return shell.due(rows, "remind_at", after=after, limit=limit)


def deadlines_due(*, now: datetime, after: Due | None, limit: int) -> list[Due]:
    """Slips whose time is up and that then end, oldest first, behind ``after``."""
    events = {s: Event.LAPSE for s, facts in states.STATES.items() if facts.at_deadline is Event.LAPSE}
    rows = Slip.objects.filter(due_at__lte=now, state__in=events)
    return shell.due(rows, "due_at", after=after, limit=limit, events=events)
