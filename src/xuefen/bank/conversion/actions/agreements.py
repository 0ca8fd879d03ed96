"""Agreements and alliances: signing, joining and leaving, terms, the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from django.db.models import Q

from xuefen.bank.audit import actions as audit
from xuefen.bank.catalogue import queries as catalogue
from xuefen.bank.conversion import queries
from xuefen.bank.conversion.actions.pieces import leaf
from xuefen.bank.conversion.models import Agreement, AgreementMember, AllianceTerms, Rule, RuleSource
from xuefen.bank.conversion.rules import agreements as rules
from xuefen.bank.conversion.rules.life import checked_text
from xuefen.bank.conversion.types import AgreementMode, RuleState
from xuefen.bank.conversion.types.agreements import (
    AGREEMENT_DATE,
    AGREEMENT_ENDED,
    AGREEMENT_NAME,
    ALREADY_MEMBER,
    NOT_A_MEMBER,
    NOT_AN_ALLIANCE,
    TERMS_REFUSED,
    AgreementKind,
    Terms,
)
from xuefen.bank.conversion.types.codec import encode
from xuefen.bank.conversion.types.drafts import AGREEMENT_PARTIES
from xuefen.bank.conversion.types.life import REASONS_NEEDED
from xuefen.bank.institutions import queries as institutions
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.transaction import inside_transaction, use_case
from xuefen.bank.translog import actions as translog
from xuefen.bedrock import ids
from xuefen.bedrock.canon import canonical
from xuefen.bedrock.gm.sm3 import sm3

NAME_MOST, REASON_MOST, SIGNATORY_MOST = 160, 400, 120


@use_case
def sign_agreement(
    *,
    name: str,
    mode: AgreementMode | str,
    party_codes: Sequence[str],
    signatories: Mapping[str, str],
    effective_from: date,
    by: Actor,
    now: datetime,
    kind: AgreementKind | str = AgreementKind.AGREEMENT,
    reference_code: str = "",
) -> Agreement:
    """Register an agreement every party has signed; ``signatories`` is party code → who signed. An alliance is one whose
    members join and leave; ``reference_code`` names the framework's own institution, whose items chains pass through.

    Raises ``Denied``: not_allowed, institution_unknown, agreement_parties, agreement_name, text_controls.
    """
    by.scope("agreements.edit")
    codes = sorted(set(party_codes))
    if not codes or set(signatories) != set(codes) or not all(s.strip() for s in signatories.values()):
        raise Denied(AGREEMENT_PARTIES, place="signatories")
    parties = [institutions.by_code(code) for code in codes]
    reference = institutions.by_code(reference_code) if reference_code else None
    agreement = Agreement.objects.create(
        number=ids.new_number(ids.NumberClass.AGREEMENT),
        name=checked_text(name, place="name", most=NAME_MOST, missing=AGREEMENT_NAME),
        kind=AgreementKind(kind),
        mode=AgreementMode(mode),
        reference=reference,
        effective_from=effective_from,
    )
    for party in parties:
        _enter(agreement, party.pk, signatory=signatories[party.code], on=effective_from)
    _tell(
        agreement,
        "agreement_signed",
        now,
        by,
        agreement_kind=agreement.kind,
        mode=agreement.mode,
        parties=codes,
        since=effective_from.isoformat(),
    )
    return agreement


@inside_transaction
def _enter(agreement: Agreement, institution_id: int, *, signatory: str, on: date) -> None:
    AgreementMember.objects.create(
        agreement=agreement,
        institution_id=institution_id,
        signatory=checked_text(signatory, place="signatory", most=SIGNATORY_MOST, missing=AGREEMENT_PARTIES),
        joined_on=on,
    )


@inside_transaction
def _tell(agreement: Agreement, kind: str, now: datetime, by: Actor, *, reason: str = "", **facts: object) -> int:
    """The leaf and the audit entry of one change of the register; the leaf's id."""
    audit.record(
        action=f"agreements.{kind.removeprefix('agreement_')}",
        by=by,
        now=now,
        subject=("agreement", agreement.number),
        reason=reason,
        after=facts,
    )
    return translog.append(body=leaf(kind, now, agreement=agreement.number, **facts))


@use_case
def join_alliance(*, number: str, institution_code: str, signatory: str, on: date, by: Actor, now: datetime) -> None:
    """An institution joins. Raises ``Denied``: not_allowed, agreement_unknown, not_an_alliance, agreement_ended,
    agreement_date, institution_unknown, already_member.
    """
    agreement = _alliance(number, by=by, on=on)
    institution = institutions.by_code(institution_code)
    if agreement.members.filter(Q(left_on=None) | Q(left_on__gt=on), institution=institution).exists():
        raise Denied(ALREADY_MEMBER, place="institution_code", institution=institution_code)
    _enter(agreement, institution.pk, signatory=signatory, on=on)
    _tell(agreement, "agreement_joined", now, by, institution=institution_code, on=on.isoformat())


@use_case
def leave_alliance(*, number: str, institution_code: str, on: date, reason: str, by: Actor, now: datetime) -> int:
    """A member leaves: the alliance's rules from or to it end that day; contracts stand. How many rules that were.

    Raises ``Denied``: not_allowed, agreement_unknown, not_an_alliance, agreement_ended, not_a_member, agreement_date,
    reasons_needed.
    """
    agreement = _alliance(number, by=by, on=on)
    institution = institutions.by_code(institution_code)
    member = agreement.members.select_for_update().filter(institution=institution, left_on=None).first()
    if member is None:
        raise Denied(NOT_A_MEMBER, place="institution_code", institution=institution_code)
    if on < member.joined_on:
        raise Denied(AGREEMENT_DATE, place="on", since=member.joined_on.isoformat())
    member.left_on = on
    member.reason = checked_text(reason, place="reason", most=REASON_MOST, missing=REASONS_NEEDED)
    member.save(update_fields=["left_on", "reason"])
    ended = _end_rules(agreement, institution.pk, on=on)
    _tell(
        agreement,
        "agreement_left",
        now,
        by,
        reason=member.reason,
        institution=institution_code,
        on=on.isoformat(),
        rules=ended,
    )
    return ended


@inside_transaction
def _end_rules(agreement: Agreement, institution_id: int, *, on: date) -> int:
    """End the agreement's rules that give to the institution or take from its items; one that starts later never holds."""
    taking = RuleSource.objects.filter(item__institution_id=institution_id, rule__agreement=agreement).values("rule_id")
    rows = Rule.objects.select_for_update().filter(
        Q(receiver_id=institution_id) | Q(pk__in=taking), Q(retired_on=None) | Q(retired_on__gt=on), agreement=agreement
    )
    ending = list(rows.order_by("id"))
    for rule in ending:
        rule.state, rule.retired_on = RuleState.RETIRED, max(on, rule.effective_from)
    Rule.objects.bulk_update(ending, ["state", "retired_on"], batch_size=1000)
    return len(ending)


@use_case
def agree_terms(*, number: str, terms: Terms, effective_from: date, basis: str, by: Actor, now: datetime) -> int:
    """Register the next version of an alliance's terms. Returns its version.

    Raises ``Denied``: not_allowed, agreement_unknown, not_an_alliance, agreement_ended, agreement_date, terms_refused,
    reasons_needed.
    """
    agreement = _alliance(number, by=by, on=effective_from)
    last = agreement.terms.order_by("-version").first()
    if last is not None and effective_from <= last.effective_from:
        raise Denied(AGREEMENT_DATE, place="effective_from", since=last.effective_from.isoformat())
    stored = checked_text(basis, place="basis", most=REASON_MOST, missing=REASONS_NEEDED)
    members = set(agreement.members.filter(left_on=None).values_list("institution__code", flat=True))
    wrong = next(rules.terms_faults(terms, members=members, known=_known(terms)), None)
    if wrong is not None:
        raise Denied(TERMS_REFUSED, place=wrong.place, zh=wrong.zh, en=wrong.en)
    body, version = encode(terms), last.version + 1 if last else 1
    leaf_id = _tell(
        agreement,
        "agreement_terms",
        now,
        by,
        version=version,
        since=effective_from.isoformat(),
        sm3=sm3(canonical(body)).hex(),
    )
    AllianceTerms.objects.create(
        agreement=agreement, version=version, effective_from=effective_from, body=body, basis=stored, leaf_id=leaf_id
    )
    return version


def _known(terms: Terms) -> rules.Known:
    """Which of the named items and programmes the catalogue holds."""
    items, programmes = rules.named(terms)
    return rules.Known(items=frozenset(queries.item_names(items)), programmes=frozenset(_programme_codes(programmes)))


def _programme_codes(wanted: set[str]) -> set[str]:
    owners = {code.partition("/")[0] for code in wanted}
    return {f"{p.institution.code}/{p.code}" for o in owners for p in catalogue.programmes(institution_code=o)} & wanted


@use_case
def end_agreement(*, number: str, on: date, reason: str, by: Actor, now: datetime) -> None:
    """End an agreement or alliance: from that day no plan uses its rules; contracts stand.

    Raises ``Denied``: not_allowed, agreement_unknown, agreement_ended, agreement_date, reasons_needed.
    """
    agreement = _open_agreement(number, by=by, on=on)
    agreement.ended_on = on
    agreement.end_reason = checked_text(reason, place="reason", most=REASON_MOST, missing=REASONS_NEEDED)
    agreement.save(update_fields=["ended_on", "end_reason"])
    _tell(agreement, "agreement_ended", now, by, reason=agreement.end_reason, on=on.isoformat())


def _open_agreement(number: str, *, by: Actor, on: date) -> Agreement:
    by.scope("agreements.edit")
    agreement = queries.lock_agreement(number)
    if agreement.ended_on is not None:
        raise Denied(AGREEMENT_ENDED, place="number", number=number)
    if on < agreement.effective_from:
        raise Denied(AGREEMENT_DATE, place="on", since=agreement.effective_from.isoformat())
    return agreement


def _alliance(number: str, *, by: Actor, on: date) -> Agreement:
    agreement = _open_agreement(number, by=by, on=on)
    if agreement.kind != AgreementKind.ALLIANCE:
        raise Denied(NOT_AN_ALLIANCE, place="number", number=number)
    return agreement
