"""Opening accounts, proving identities, freezing."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from xuefen.bank.audit import actions as audit
from xuefen.bank.learners import queries, rules, states
from xuefen.bank.learners.models import IdentityProof, Learner, ServiceAgreement
from xuefen.bank.learners.types import (
    ACCOUNT_EXISTS,
    ACCOUNT_STATE,
    AGREEMENT_NOT_SIGNED,
    ERASED_NAME,
    PROOF_METHOD,
    AccountState,
    Assurance,
    CheckedPerson,
    Opened,
    OpeningMethod,
    Person,
    SealedPerson,
)
from xuefen.bank.places import queries as places
from xuefen.bank.shell.actor import Actor, Scope
from xuefen.bank.shell.clock import stamp, today
from xuefen.bank.shell.copy import allocate_ids, copy_rows
from xuefen.bank.shell.keys import people as halves
from xuefen.bank.shell.problems import NOT_ALLOWED, Denied
from xuefen.bank.shell.transaction import inside_transaction, use_case
from xuefen.bank.staff import actions as staff
from xuefen.bank.translog import actions as translog
from xuefen.bedrock import canon
from xuefen.bedrock.names import clean

CHUNK = 5_000  # people sealed and written at once in a bulk opening


@dataclass(frozen=True, slots=True)
class _Opening:
    """What all accounts of one opening share."""

    place_id: int
    place_code: str
    method: OpeningMethod
    by: Actor
    now: datetime

    @property
    def assurance(self) -> Assurance:
        return Assurance.SEEN if self.method is OpeningMethod.SERVICE_POINT else Assurance.SELF_DECLARED


@use_case
def open_account(
    *,
    name: str,
    id_number: str,
    phone: str = "",
    place_code: str,
    method: OpeningMethod | str,
    agreed: bool,
    by: Actor,
    now: datetime,
    password: str = "",
) -> Opened:
    """Open one lifelong account: ``online`` by anybody for themselves, at a ``service_point`` by a clerk in scope.

    Online a password is needed and a sign-in is made; at a service point only when a password is given. Raises
    ``Denied``: agreement_not_signed, not_allowed, place_unknown, account_exists (without the account's number), the
    problems of ``rules.checked_person`` and of ``staff.actions.check_password``.
    """
    if not agreed:
        raise Denied(AGREEMENT_NOT_SIGNED, place="agreed")
    opening = _opening(place_code, OpeningMethod(method), open_to_all=True, by=by, now=now)
    checked = rules.checked_person(Person(name=name, id_number=id_number, phone=phone), today=today(now))
    if queries.taken([rules.id_blind(queries.secrets().blind, checked.personal.id_number)]):
        raise Denied(ACCOUNT_EXISTS, place="id_number")
    (person,) = _sealed([checked])
    user_id = None
    if password or opening.method is OpeningMethod.ONLINE:
        user = staff.add_sign_in(
            username=person.account_no, display_name=person.masked_name, password=password, now=now
        )
        user_id = user.pk
    written = _write([person], [user_id], opening)
    if person.account_no not in written:  # somebody else opened it in this very moment
        raise Denied(ACCOUNT_EXISTS, place="id_number")
    return Opened(written[person.account_no], person.account_no, checked.warnings)


@use_case
def open_accounts(
    *, people: Sequence[Person], place_code: str, method: OpeningMethod | str, by: Actor, now: datetime
) -> list[Opened]:
    """Open many accounts, for a class or a demonstration, whose agreements were signed on paper; no sign-ins.

    Thousands a second. The answer follows ``people``; a row that cannot be opened says why in ``denied`` and does not
    stop the others. Raises ``Denied``: not_allowed, place_unknown.
    """
    opening = _opening(place_code, OpeningMethod(method), open_to_all=False, by=by, now=now)
    answers: list[Opened] = []
    for start in range(0, len(people), CHUNK):
        answers += _open_chunk(people[start : start + CHUNK], opening)
    return answers


@use_case
def prove_identity(*, account_no: str, assurance: Assurance, method: str, by: Actor, now: datetime) -> Assurance:
    """Record one act of real-name proof; return the account's assurance, which never falls.

    Staff record SEEN; THIRD_PARTY is recorded by the house's own connections. Raises ``Denied``: not_allowed,
    proof_level, proof_method, account_unknown.
    """
    scope = by.scope("learners.prove")
    rules.check_proof(Assurance(assurance), by_house=by.kind == "system")
    method = clean(method)
    if not 1 <= len(method) <= 40:
        raise Denied(PROOF_METHOD, place="method")
    learner = _locked(scope, account_no)
    before = Assurance(learner.assurance)
    after = rules.assurance_of((before, assurance))
    IdentityProof.objects.create(
        learner=learner, assurance=assurance, method=method, place_id=learner.place_id, by_name=by.name, at=now
    )
    learner.assurance = after
    learner.save(update_fields=["assurance"])
    audit.record(
        action="learners.proved",
        by=by,
        now=now,
        subject=("account", learner.account_no),
        reason=method,
        before={"assurance": int(before)},
        after={"assurance": int(after)},
    )
    return after


@use_case
def reset_sign_in(*, account_no: str, by: Actor, now: datetime) -> str:
    """Give the person at the counter a new temporary password and return it; it is kept nowhere and never shown again.

    An account opened at a counter without a sign-in gets one. Every session and token of the old password ends. Staff
    who prove identities do this, with the person's identity card in hand. Raises ``Denied``: not_allowed,
    account_unknown, account_state (closed).
    """
    learner = _locked(by.scope("learners.prove"), account_no)
    if learner.state == AccountState.CLOSED:
        raise Denied(ACCOUNT_STATE, state=learner.state)
    password = rules.temporary_password(os.urandom(rules.PASSWORD_BYTES))
    created = learner.user is None
    if learner.user is None:
        learner.user = staff.add_sign_in(
            username=learner.account_no, display_name=learner.masked_name, password=password, now=now
        )
        learner.save(update_fields=["user"])
    else:
        staff.replace_password(user=learner.user, password=password)
    audit.record(
        action="learners.sign_in_reset",
        by=by,
        now=now,
        subject=("account", learner.account_no),
        after={"created": created},
    )
    return password


@use_case
def freeze(*, account_no: str, reason: str, by: Actor, now: datetime) -> AccountState:
    """Freeze an account. Raises ``Denied``: not_allowed, account_unknown, account_state."""
    return _move(account_no, "freeze", reason=reason, by=by, now=now)


@use_case
def unfreeze(*, account_no: str, reason: str, by: Actor, now: datetime) -> AccountState:
    """Open a frozen account again. Raises ``Denied``: not_allowed, account_unknown, account_state."""
    return _move(account_no, "unfreeze", reason=reason, by=by, now=now)


# --- forgetting ------------------------------------------------------------------------------------------------------


@inside_transaction
def erase_person(*, learner_id: int) -> None:
    """Take out of the database what it holds of a person; the caller answers for the permission, the leaf and the audit.

    The account stays, closed, with its number: books and log need it. ``destroy_half`` comes after the commit. The
    database refuses this unless two officers asked and confirmed it (custody/guards.sql). Raises ``Denied(account_state)``.
    """
    learner = Learner.objects.select_for_update(of=("self",)).select_related("user").get(pk=learner_id)
    if learner.state != AccountState.CLOSED:
        learner.state = states.after(AccountState(learner.state), "erase")
    learner.sealed = learner.wrapped_key = None
    learner.id_blind, learner.name_blind = os.urandom(32), os.urandom(16)
    learner.masked_name = ERASED_NAME
    learner.save(update_fields=["state", "sealed", "wrapped_key", "id_blind", "name_blind", "masked_name"])
    if learner.user is not None:
        staff.close_sign_in(user=learner.user, display_name=ERASED_NAME)


def destroy_half(*, learner_id: int) -> None:
    """Overwrite the half of the person's key that no database holds: from here on nobody can read them, in any backup.

    Again is fine. Raises OSError when a mirror cannot be written.
    """
    halves().erase(learner_id)


@use_case
def rewrap_keys(*, after: int, most: int) -> int | None:
    """Wrap the keys of up to ``most`` accounts behind the id ``after`` with the key in use; the last id, None at the end."""
    node = queries.secrets()
    found = Learner.objects.select_for_update().filter(pk__gt=after).order_by("pk")[:most]
    rows = list(found.values_list("pk", "account_no", "wrapped_key"))
    for pk, number, wrapped in rows:
        anew = rules.rewrap(bytes(wrapped), account_no=number, secrets=node) if wrapped is not None else None
        if anew is not None:
            Learner.objects.filter(pk=pk).update(wrapped_key=anew)
    return rows[-1][0] if rows else None


# --- building blocks -------------------------------------------------------------------------------------------------


def _opening(place_code: str, method: OpeningMethod, *, open_to_all: bool, by: Actor, now: datetime) -> _Opening:
    place = places.place(place_code)
    everybody = open_to_all and method is OpeningMethod.ONLINE
    if not everybody and not by.scope("learners.open").reaches(place_path=place.path):
        raise Denied(NOT_ALLOWED, action="learners.open")
    return _Opening(place_id=place.pk, place_code=place.code, method=method, by=by, now=now)


def _open_chunk(people: Sequence[Person], opening: _Opening) -> list[Opened]:
    day = today(opening.now)
    results = [_checked(person, day) for person in people]
    good = [(row, result) for row, result in enumerate(results) if isinstance(result, CheckedPerson)]
    sealed = _sealed([checked for _, checked in good])
    unique: dict[bytes, SealedPerson] = {}
    for person in sealed:
        unique.setdefault(person.id_blind, person)  # the first of two equal rows gets the account
    written = _write(list(unique.values()), [None] * len(unique), opening)
    answers = [Opened(0, "", denied=result) if isinstance(result, Denied) else None for result in results]
    for (row, checked), person in zip(good, sealed, strict=True):
        learner_id = written.get(person.account_no)
        if learner_id is None:
            answers[row] = Opened(0, "", denied=Denied(ACCOUNT_EXISTS, place="id_number"))
        else:
            answers[row] = Opened(learner_id, person.account_no, checked.warnings)
    return [answer for answer in answers if answer is not None]


def _checked(person: Person, day: date) -> CheckedPerson | Denied:
    try:
        return rules.checked_person(person, today=day)
    except Denied as denied:
        return denied.with_traceback(None)  # a kept traceback would keep the particulars in memory


def _sealed(people: Sequence[CheckedPerson]) -> list[SealedPerson]:
    """Each person under a fresh account number and a fresh data key, one half of it on disk outside the database."""
    secrets, learner_ids = queries.secrets(), _fresh_ids(len(people))
    slots = halves().fill(learner_ids)
    return [
        rules.seal_person(
            person,
            learner_id=learner_id,
            account_no=number,
            half=os.urandom(rules.DATA_KEY_SIZE),
            slot=slots[learner_id],
            secrets=secrets,
        )
        for person, learner_id, number in zip(people, learner_ids, queries.fresh_numbers(len(people)), strict=True)
    ]


def _fresh_ids(count: int) -> list[int]:
    """Ids nobody has; one of a person who was erased is never given again, whatever backup the sequence came from."""
    fresh: list[int] = []
    while len(fresh) < count:
        fresh += [pk for pk in allocate_ids(Learner, count - len(fresh)) if not halves().is_erased(pk)]
    return fresh


_INSERT = """
    INSERT INTO learner (id, account_no, user_id, state, assurance, sealed, wrapped_key, id_blind, name_blind, masked_name,
                         place_id, opened_at)
    SELECT p.id, p.account_no, p.user_id, %s, %s, p.sealed, p.wrapped_key, p.id_blind, p.name_blind, p.masked_name, %s, %s
    FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::bytea[], %s::bytea[], %s::bytea[], %s::bytea[], %s::text[])
         AS p (id, account_no, user_id, sealed, wrapped_key, id_blind, name_blind, masked_name)
    ORDER BY p.id_blind
    ON CONFLICT DO NOTHING
    RETURNING id, account_no
"""  # in order of id_blind, so that two openings with the same people wait for each other instead of deadlocking


@inside_transaction
def _write(people: Sequence[SealedPerson], user_ids: Sequence[int | None], opening: _Opening) -> dict[str, int]:
    """Write accounts with proof, agreement, leaf and audit; return learner ids by account number.

    A person who already has an account is left out, also when that account is being opened at this moment.
    """
    columns: list[list[Any]] = [
        [p.id for p in people],
        [p.account_no for p in people],
        list(user_ids),
        [p.sealed for p in people],
        [p.wrapped_key for p in people],
        [p.id_blind for p in people],
        [p.name_blind for p in people],
        [p.masked_name for p in people],
    ]
    shared: list[Any] = [AccountState.OPEN.value, int(opening.assurance), opening.place_id, opening.now]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [*shared, *columns])
        written = {account_no: pk for pk, account_no in cursor.fetchall()}
    _write_papers([(written[p.account_no], p) for p in people if p.account_no in written], opening)
    return written


def _write_papers(opened: Sequence[tuple[int, SealedPerson]], opening: _Opening) -> None:
    method, now = opening.method.value, opening.now
    at = stamp(now)
    leaf_ids = translog.append_many(
        bodies=[canon.flat({"kind": "account.opened", "v": 1, "at": at, "holder": p.holder}) for _, p in opened]
    )
    copy_rows(
        IdentityProof,
        ("learner_id", "assurance", "method", "place_id", "by_name", "at"),
        ((pk, int(opening.assurance), method, opening.place_id, opening.by.name, now) for pk, _ in opened),
    )
    text = queries.agreement()
    copy_rows(
        ServiceAgreement,
        ("learner_id", "version", "text_sm3", "method", "signed_at", "leaf_id"),
        ((pk, text.version, text.sm3, method, now, leaf) for (pk, _), leaf in zip(opened, leaf_ids, strict=True)),
    )
    audit.record_many(
        action="learners.opened",
        by=opening.by,
        now=now,
        subject_kind="account",
        subject_ids=(p.account_no for _, p in opened),
        after={"method": method, "assurance": int(opening.assurance), "place": opening.place_code},
    )


def _locked(scope: Scope, account_no: str) -> Learner:
    """The learner in scope, locked until the end of the transaction."""
    return Learner.objects.select_for_update().get(pk=queries.by_account(scope, account_no).pk)


def _move(account_no: str, event: str, *, reason: str, by: Actor, now: datetime) -> AccountState:
    learner = _locked(by.scope("learners.freeze"), account_no)
    before = AccountState(learner.state)
    after = states.after(before, event)
    learner.state = after
    learner.save(update_fields=["state"])
    audit.record(
        action=f"learners.{event}",
        by=by,
        now=now,
        subject=("account", learner.account_no),
        reason=clean(reason)[:400],
        before={"state": before.value},
        after={"state": after.value},
    )
    return after
