"""Issuing certificates, taking them back, and publishing what others need to verify without asking us."""

from __future__ import annotations

import logging
import secrets
from datetime import date, datetime, timedelta
from typing import Any

from xuefen.bank.audit import actions as audit
from xuefen.bank.certificates import queries, rules, states
from xuefen.bank.certificates.actions.publishing import give_place, publish_status
from xuefen.bank.certificates.models import Certificate
from xuefen.bank.certificates.types import (
    CERTIFICATE_EXPIRY,
    CERTIFICATE_ONCE,
    CONVERSION_NOT_ARCHIVED,
    NOTHING_TO_STATE,
    STATUS_REASON,
    TITLES,
    CertificateBody,
    CertificateFacts,
    CertificateKind,
    CertificateState,
    ConversionBody,
    ConversionLine,
    Holder,
    OutcomeLine,
    ProgrammeName,
    SourceLine,
    StatementBody,
    StatusReason,
)
from xuefen.bank.deposits import queries as deposits
from xuefen.bank.learners import queries as learners
from xuefen.bank.learners.types import PERSON_ERASED
from xuefen.bank.recognition import queries as recognition
from xuefen.bank.recognition.types import State
from xuefen.bank.shell.actor import EVERYTHING, Actor, Scope
from xuefen.bank.shell.clock import today
from xuefen.bank.shell.keys import keys
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.transaction import inside_transaction, use_case, wait_turn
from xuefen.bank.translog import actions as translog
from xuefen.bedrock import canon, ids
from xuefen.bedrock.gm import key_id, seal, sm3

log = logging.getLogger(__name__)

SAME_PRESS = timedelta(minutes=1)
"""A second press of the button within this time asks for nothing new."""

# --- issuing ---------------------------------------------------------------------------------------------------------


@use_case
def issue_statement(*, learner_id: int, by: Actor, now: datetime, expires_on: date | None = None) -> CertificateFacts:
    """A statement of all valid outcomes of one learner, as of now; ``expires_on`` is its last day, None for no limit.

    Asked again within ``SAME_PRESS`` of a valid one that says the same, the answer is that one: pressing the button
    twice makes one statement.

    Raises ``Denied``: not_allowed, account_unknown, person_erased, nothing_to_state, certificate_expiry.
    """
    now = now.replace(microsecond=0)  # documents spell whole seconds
    if expires_on is not None and expires_on < today(now):
        raise Denied(CERTIFICATE_EXPIRY, place="expires_on")
    found = deposits.outcomes_of(EVERYTHING, _holder_id(learner_id, by.scope("certificates.issue")))
    if not found:
        raise Denied(NOTHING_TO_STATE)
    body = StatementBody(
        **_common(learner_id, now=now, expires_on=expires_on, credits=sum(outcome.credits for outcome in found)),
        outcomes=tuple(
            OutcomeLine(
                number=outcome.number,
                item=outcome.item_name,
                issuer=outcome.issuer_name,
                outcome_class=str(outcome.outcome_class),
                level=outcome.level,
                credits=outcome.credits,
                awarded_on=outcome.awarded_on,
                grade=outcome.grade,
            )
            for outcome in found
        ),
    )
    earlier = _just_issued(body, learner_id=learner_id)
    return earlier or _issue(body, learner_id=learner_id, application_id=None, by=by)


@use_case
def issue_conversion(*, application_number: str, by: Actor, now: datetime) -> CertificateFacts:
    """The certificate of an archived application; once for each (I8).

    Raises ``Denied``: not_allowed, not_found, account_unknown, conversion_not_archived, certificate_once, person_erased.
    """
    now = now.replace(microsecond=0)
    view = recognition.application(EVERYTHING, application_number, now=now)
    number = view.row.number
    _holder_id(view.learner_id, by.scope("certificates.issue"))
    if view.row.state is not State.ARCHIVED:
        raise Denied(CONVERSION_NOT_ARCHIVED, place="application_number", application=ids.display(number))
    application_id = _lock_application(number)
    earlier = Certificate.objects.filter(application_id=application_id).values_list("number", flat=True).first()
    if earlier is not None:
        raise Denied(
            CERTIFICATE_ONCE,
            place="application_number",
            application=ids.display(number),
            number=ids.display(earlier),
        )
    lines = tuple(
        ConversionLine(
            course="、".join(give.name for give in line.gives),
            credits=line.credits,
            outcomes=tuple(SourceLine(source.number, source.item_name, source.credits) for source in line.uses),
        )
        for line in view.plan.lines
    )
    body = ConversionBody(
        **_common(view.learner_id, now=now, expires_on=None, credits=sum(line.credits for line in lines)),
        application=number,
        programme=ProgrammeName(name=view.row.programme_name, institution=view.row.receiver_name),
        lines=lines,
    )
    return _issue(body, learner_id=view.learner_id, application_id=application_id, by=by)


def _just_issued(body: StatementBody, *, learner_id: int) -> CertificateFacts | None:
    """The learner's valid statement of the last ``SAME_PRESS`` that says the same as ``body``, if there is one.

    Two presses at the same moment wait for each other here, so that the second one finds the first one's.
    """
    wait_turn("statement", learner_id)
    rows = Certificate.objects.filter(
        learner_id=learner_id,
        kind=CertificateKind.STATEMENT,
        status=CertificateState.VALID,
        issued_at__gt=body.issued_at - SAME_PRESS,
        issued_at__lte=body.issued_at,
    )
    wanted = _said(rules.body_bytes(body))
    same = (row for row in rows.order_by("-issued_at", "-id") if _said(queries.body_of(row)) == wanted)
    found = next(same, None)
    return queries.facts(EVERYTHING, found.number) if found is not None else None


def _said(content: bytes) -> dict[str, Any]:
    """What a body says, without what makes each one its own."""
    return {k: v for k, v in canon.parse_canonical(content).items() if k not in ("number", "salt", "issued_at")}


def _holder_id(learner_id: int, scope: Scope) -> int:
    """The learner's id when the scope reaches them. Raises ``Denied(account_unknown)``."""
    return learners.by_id(scope, learner_id).pk


def _lock_application(number: str) -> int:
    """The application's id, its row locked so that two clerks cannot certify it at once."""
    applications = Certificate._meta.get_field("application").related_model
    return int(applications._default_manager.select_for_update().values_list("pk", flat=True).get(number=number))


def _common(learner_id: int, *, now: datetime, expires_on: date | None, credits: int) -> dict[str, Any]:
    """The members every body has. The house reads the name: whoever may issue may put it on the paper."""
    learner = learners.by_id(EVERYTHING, learner_id)
    name = learners.personal(learner, by=Actor.system("certificates")).name
    return {
        "number": ids.new_number(ids.NumberClass.CERTIFICATE),
        "issuer": queries.issuer(),
        "holder": Holder(name=name, account=learner.account_no),
        "issued_at": now,
        "expires_on": expires_on,
        "salt": secrets.token_hex(16),
        "credits": credits,
    }


@inside_transaction
def _issue(body: CertificateBody, *, learner_id: int, application_id: int | None, by: Actor) -> CertificateFacts:
    """Sign, seal, log and store. The bytes are made once here; everything later works on these bytes."""
    content = rules.body_bytes(body)
    rules.body_from(canon.parse_canonical(content))  # nothing leaves the house that its own verifier would refuse
    digest = sm3(content).hex()
    data_key = learners.facts_of([learner_id])[learner_id].data_key
    if data_key is None:
        raise Denied(PERSON_ERASED)
    signer = keys().signer("certificates")
    institution_id = None if application_id is None else queries.templates.receiver_id(application_id)
    title_zh, title_en = TITLES[body.kind]
    row = Certificate.objects.create(
        number=body.number,
        kind=body.kind.value,
        learner_id=learner_id,
        application_id=application_id,
        template=queries.templates.in_use(institution_id),
        title_zh=title_zh,
        title_en=title_en,
        body_sealed=seal(data_key, content, aad=body.number.encode("ascii")),
        body_sm3=digest,
        signature=signer.sign(content),
        key_id=key_id(signer.public),
        issued_at=body.issued_at,
        expires_on=body.expires_on,
        leaf_id=translog.append(
            body=rules.issued_leaf(number=body.number, digest=digest, at=rules.write_time(body.issued_at))
        ),
    )
    give_place(row.pk)
    audit.record(
        action="certificates.issued",
        by=by,
        now=body.issued_at,
        subject=("certificate", body.number),
        after={"kind": body.kind.value, "credits": body.credits},
    )
    return queries.facts(EVERYTHING, body.number)


# --- taking back -----------------------------------------------------------------------------------------------------


def revoke(*, number: str, reason: StatusReason | str, by: Actor, now: datetime, note: str = "") -> CertificateFacts:
    """Revoke a certificate for good, and publish the status list at once.

    ``reason`` is published; ``note`` stays in the audit trail. Raises ``Denied``: not_allowed, certificate_unknown,
    certificate_state, status_reason.
    """
    return _change_and_publish("revoked", number=number, reason=reason, note=note, by=by, now=now)


def suspend(*, number: str, reason: StatusReason | str, by: Actor, now: datetime, note: str = "") -> CertificateFacts:
    """Suspend a certificate until it is reinstated or revoked. Raises what ``revoke`` does."""
    return _change_and_publish("suspended", number=number, reason=reason, note=note, by=by, now=now)


def reinstate(*, number: str, by: Actor, now: datetime, note: str = "") -> CertificateFacts:
    """End a suspension. Raises ``Denied``: not_allowed, certificate_unknown, certificate_state."""
    return _change_and_publish("reinstated", number=number, reason="", note=note, by=by, now=now)


def _change_and_publish(
    event: str, *, number: str, reason: str, note: str, by: Actor, now: datetime
) -> CertificateFacts:
    changed = _change(event=event, number=number, reason=reason, note=note, by=by, now=now)
    try:
        publish_status(now=now)
    except OSError:  # the change stands; the next round publishes it within a minute
        log.exception("status list not written")
    return changed


@use_case
def _change(*, event: str, number: str, reason: str, note: str, by: Actor, now: datetime) -> CertificateFacts:
    return change(event=event, number=number, reason=reason, note=note, by=by, now=now)


@inside_transaction
def change(*, event: str, number: str, reason: str, note: str, by: Actor, now: datetime) -> CertificateFacts:
    """Suspend, reinstate or revoke inside another use case; the caller publishes afterwards. Raises what ``revoke`` does."""
    scope = by.scope("certificates.revoke")
    if event != "reinstated" and reason not in set(StatusReason):
        raise Denied(STATUS_REASON, place="reason", reasons=", ".join(StatusReason))
    found = queries.one(scope, number)
    row = Certificate.objects.select_for_update().get(pk=found.pk)
    before = CertificateState(row.status)
    row.status = states.after(before, event).value
    row.status_reason = str(reason)
    row.status_at = now
    row.save(update_fields=["status", "status_reason", "status_at"])
    translog.append(body=rules.status_leaf(event=event, number=row.number, reason=str(reason), at=now))
    audit.record(
        action=f"certificates.{event}",
        by=by,
        now=now,
        subject=("certificate", row.number),
        reason=note or str(reason),
        before={"status": before.value},
        after={"status": row.status, "reason": str(reason)},
    )
    return queries.facts(scope, row.number)


def sweep_withdrawn(*, now: datetime) -> list[str]:
    """Revoke every valid statement that lists an outcome revoked since; the numbers of those revoked now.

    A conversion needs no such sweep: it is put in doubt in the same transaction (supervision).
    """
    gone: list[str] = []
    house = Actor.system("certificates")
    for number in queries.statements_in_doubt():
        try:
            _change(event="revoked", number=number, reason=StatusReason.OUTCOME_REVOKED, note="", by=house, now=now)
        except Denied as denied:  # somebody else changed it meanwhile; one certificate never stops the sweep (I12)
            log.warning("certificate %s not revoked: %s", number, denied.code)
        else:
            gone.append(number)
    return gone
