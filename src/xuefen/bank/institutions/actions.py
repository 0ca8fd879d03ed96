"""Registering institutions; giving and ending their right to deposit."""

from __future__ import annotations

from datetime import date, datetime

from django.db import IntegrityError, transaction

from xuefen.bank.audit import actions as audit
from xuefen.bank.institutions import queries, rules
from xuefen.bank.institutions.models import Institution, Qualification
from xuefen.bank.institutions.types import (
    INSTITUTION_EXISTS,
    NOT_QUALIFIED,
    QUALIFICATION_BASIS,
    QUALIFICATION_DATES,
    InstitutionKind,
    OutcomeClass,
)
from xuefen.bank.places import queries as places
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.problems import NOT_ALLOWED, Denied
from xuefen.bank.shell.transaction import use_case
from xuefen.bedrock.names import clean


@use_case
def register(
    *,
    code: str,
    uscc: str,
    name_zh: str,
    name_en: str,
    kind: InstitutionKind,
    place_code: str,
    by: Actor,
    now: datetime,
) -> Institution:
    """Enter an institution in the register.

    Raises ``Denied``: institution_code, institution_name, uscc_length, uscc_characters, uscc_check, place_unknown,
    institution_exists, not_allowed.
    """
    place = places.place(place_code)
    if not by.scope("institutions.register").reaches(place_path=place.path):
        raise Denied(NOT_ALLOWED, action="institutions.register")
    institution = Institution(
        code=rules.checked_code(code),
        uscc=rules.checked_uscc(uscc),
        name_zh=rules.checked_name(name_zh, place="name_zh", longest=120),
        name_en=rules.checked_name(name_en, place="name_en", longest=160),
        kind=InstitutionKind(kind),
        place=place,
        created_at=now,
    )
    try:
        with transaction.atomic():
            institution.save()
    except IntegrityError:
        raise Denied(INSTITUTION_EXISTS, place="code") from None
    audit.record(
        action="institutions.registered",
        by=by,
        now=now,
        subject=("institution", code),
        after={"uscc": institution.uscc, "name": institution.name_zh, "kind": institution.kind, "place": place.code},
    )
    return institution


@use_case
def qualify(
    *,
    institution_code: str,
    outcome_class: OutcomeClass,
    effective_from: date,
    expires_on: date,
    basis: str,
    by: Actor,
    now: datetime,
) -> Qualification:
    """Give an institution the right to deposit one class of outcome; ``expires_on`` is the last day it counts.

    Raises ``Denied``: institution_unknown, qualification_dates, qualification_basis, not_allowed.
    """
    institution = _within_reach(institution_code, by=by)
    if expires_on < effective_from:
        raise Denied(QUALIFICATION_DATES, place="expires_on")
    basis = clean(basis)
    if not 1 <= len(basis) <= 200:
        raise Denied(QUALIFICATION_BASIS, place="basis")
    qualification = Qualification.objects.create(
        institution=institution,
        outcome_class=OutcomeClass(outcome_class),
        effective_from=effective_from,
        expires_on=expires_on,
        reviewed_by=by.name,
        basis=basis,
        created_at=now,
    )
    audit.record(
        action="institutions.qualified",
        by=by,
        now=now,
        subject=("institution", institution_code),
        reason=basis,
        after={
            "class": qualification.outcome_class,
            "from": effective_from.isoformat(),
            "to": expires_on.isoformat(),
        },
    )
    return qualification


@use_case
def end_qualification(
    *,
    institution_code: str,
    outcome_class: OutcomeClass,
    ended_on: date,
    reason: str,
    by: Actor,
    now: datetime,
) -> int:
    """End the right to deposit a class from ``ended_on`` on (that day no longer counts); return how many rows ended.

    What was deposited before stays valid. Raises ``Denied``: institution_unknown, not_qualified, not_allowed.
    """
    institution = _within_reach(institution_code, by=by)
    counting = queries.qualifications(institution).filter(
        outcome_class=outcome_class, effective_from__lte=ended_on, expires_on__gte=ended_on, ended_on=None
    )
    ended = counting.order_by().update(ended_on=ended_on)
    if not ended:
        raise Denied(NOT_QUALIFIED, place="outcome_class", code=institution_code, on=ended_on.isoformat())
    audit.record(
        action="institutions.qualification_ended",
        by=by,
        now=now,
        subject=("institution", institution_code),
        reason=clean(reason)[:400],
        after={"class": OutcomeClass(outcome_class).value, "ended_on": ended_on.isoformat(), "rows": ended},
    )
    return ended


def _within_reach(institution_code: str, *, by: Actor) -> Institution:
    institution = queries.by_code(institution_code)
    if not by.scope("institutions.qualify").reaches(place_path=institution.place.path):
        raise Denied(NOT_ALLOWED, action="institutions.qualify")
    return institution
