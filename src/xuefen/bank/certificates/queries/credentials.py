"""Certificates in their other form, and what this node knows of anybody's credentials."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings

from xuefen.bank.certificates import rules
from xuefen.bank.certificates.models import Certificate, CredentialPlace
from xuefen.bank.certificates.queries import papers, trusting
from xuefen.bank.certificates.rules import credentials
from xuefen.bank.certificates.types import (
    PURPOSE,
    REASON_WORDS,
    STATE_OF,
    CertificateState,
    Choice,
    CredentialForm,
    CredentialHome,
    ListPurpose,
    ShownField,
    Standing,
    StatusPlace,
    StatusReason,
    StatusRef,
)
from xuefen.bank.shell.actor import Scope
from xuefen.bank.shell.keys import keys
from xuefen.bank.shell.violation import Violation
from xuefen.bedrock import canon, vc
from xuefen.bedrock.gm import key_id


def credential_home(*, now: datetime) -> CredentialHome:
    """This node as its credentials name it. Raises ``Denied(node_unnamed)``."""
    public = keys().signer(PURPOSE).public
    did = vc.did_key(public.raw)
    key = rules.find_key(trusting.trust(now=now), purpose=PURPOSE, named=key_id(public))
    assert key is not None, "the trust file tells of every key in use"
    return CredentialHome(
        url=settings.PUBLIC_URL.rstrip("/"),
        did=did,
        method=f"{did}#{vc.multikey(public.raw)}",
        key_since=key.valid_from,
    )


def issuer_profile(*, now: datetime) -> dict[str, Any]:
    """Who issues, for whoever follows the address in a credential."""
    name = trusting.issuer()
    raws = [key.raw for key in trusting.trust(now=now).keys if key.purpose == PURPOSE]
    return credentials.profile(
        home=credential_home(now=now), zh=name.zh, en=name.en, keys={vc.did_key(raw): raw for raw in raws}
    )


def credential(scope: Scope, number: str, form: CredentialForm | None = None, *, now: datetime) -> dict[str, Any]:
    """The certificate as a verifiable credential, in its own form when none is asked for. The same every time.

    Raises ``Denied``: certificate_unknown, certificate_not_sealed, person_erased, credential_form, credential_too_long.
    """
    row = papers.one(scope, number)
    papers.require_sealed(row)
    body = rules.body_from(canon.parse_canonical(papers.body_of(row)))
    place = CredentialPlace.objects.get(pk=row.pk)
    return credentials.credential(
        body,
        form or credentials.form_of(body),
        home=credential_home(now=now),
        place=StatusPlace(place.list_number, place.index),
        signer=keys().signer(PURPOSE),
    )


def selective(scope: Scope, number: str, choice: Choice | None = None, *, now: datetime, holder_key: str = "") -> str:
    """The certificate as SD-JWT with what was chosen, or with everything for its holder to choose from; bound to
    ``holder_key`` when the holder brings one.

    Raises ``Denied``: certificate_unknown, certificate_not_sealed, person_erased, choice_empty, choice_lines,
    credential_too_long, holder_key.
    """
    holder = credentials.holder_key(holder_key) if holder_key else None
    row = papers.one(scope, number)
    papers.require_sealed(row)
    return sd_jwt_of(row, choice, now=now, holder=holder)


def sd_jwt_of(
    row: Certificate,
    choice: Choice | None,
    *,
    now: datetime,
    until: datetime | None = None,
    context: str = "",
    holder: Mapping[str, str] | None = None,
) -> str:
    """The same for a row that was found already; ``until``, ``context`` and ``holder`` as in ``rules.credentials.sd_jwt``."""
    place = CredentialPlace.objects.get(pk=row.pk)
    return credentials.sd_jwt(
        rules.body_from(canon.parse_canonical(papers.body_of(row))),
        choice,
        home=credential_home(now=now),
        place=StatusPlace(place.list_number, place.index),
        signer=keys().signer(PURPOSE),
        until=until,
        context=context,
        holder=holder,
    )


def choices(scope: Scope, number: str) -> tuple[tuple[ShownField, ...], tuple[str, ...]]:
    """What the holder of a certificate can choose from: fields, and its outcomes or lines by name.

    Raises ``Denied``: certificate_unknown, person_erased.
    """
    body = rules.body_from(canon.parse_canonical(papers.body_of(papers.one(scope, number))))
    return credentials.fields_of(body), credentials.lines_of(body)


def elmo(scope: Scope, number: str, *, now: datetime) -> bytes:
    """The certificate as an EMREX ELMO file with its PDF inside. Raises what ``papers.pdf`` does."""
    paper = papers.pdf(scope, number, now=now)
    body = rules.body_from(canon.parse_canonical(papers.body_of(papers.one(scope, number))))
    return rules.elmo(body, pdf=paper, url=settings.PUBLIC_URL.rstrip("/"), at=now)


def standing(ref: StatusRef, *, now: datetime) -> Standing | None:
    """What this node's own books say about an entry of its status lists; None when the list is not one of ours."""
    url = settings.PUBLIC_URL.rstrip("/")
    number = re.search(r"-([0-9]{1,8})\.", ref.list_url, re.ASCII)
    for purpose in ListPurpose:
        if ref.purpose != purpose or number is None:
            continue
        own = credentials.status_url(url, purpose, int(number[1])), credentials.states_url(url, int(number[1]))
        if ref.list_url not in own:
            continue
        row = Certificate.objects.filter(
            credentialplace__list_number=int(number[1]), credentialplace__index=ref.index
        ).first()
        if row is None or row.status_at is None or CertificateState(row.status) is not STATE_OF[purpose]:
            return Standing(set=False, live=True, as_of=now)
        zh, en = REASON_WORDS[StatusReason(row.status_reason)]
        return Standing(set=True, live=True, as_of=now, at=row.status_at, reason_zh=zh, reason_en=en)
    return None


def violations() -> Iterator[Violation]:
    """I8: every certificate has its place in the status lists."""
    placeless = Certificate.objects.filter(credentialplace__isnull=True).order_by("id")
    for number in placeless.values_list("number", flat=True)[:100]:
        yield Violation("I8", f"certificate {number}", "has no place in the status lists")
