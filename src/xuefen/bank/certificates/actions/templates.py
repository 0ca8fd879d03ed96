"""Giving certificates an institution's own look. Every change is a new version."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from xuefen.bank.audit import actions as audit
from xuefen.bank.certificates import queries
from xuefen.bank.certificates.models import CertificateTemplate
from xuefen.bank.certificates.pdf.specimen import places
from xuefen.bank.certificates.rules.pictures import picture
from xuefen.bank.certificates.rules.shape import write_time
from xuefen.bank.certificates.types import TEMPLATE_PICTURE, TEMPLATE_TEXT, TEXT_FIELDS, Template
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.transaction import use_case, wait_turn
from xuefen.bank.translog import actions as translog
from xuefen.bedrock import canon
from xuefen.bedrock.gm import sm3
from xuefen.bedrock.names import BadText, reject_controls


@use_case
def design(
    *,
    institution_code: str,
    texts: Mapping[str, str],
    logo: bytes | None,
    seal: bytes | None,
    by: Actor,
    now: datetime,
) -> Template:
    """A new version of an institution's certificates ("" for the bank's own), for those issued from now on.

    ``logo`` and ``seal``: None keeps what there is, b"" takes it away. Raises ``Denied``: not_allowed, template_scope,
    template_text, template_picture, glyph_missing.
    """
    scope = by.scope("certificates.design")
    institution_id = queries.templates.reached(scope, institution_code)
    wait_turn("template")
    draft = drafted(institution_code=institution_code, texts=texts, logo=logo, seal=seal, by=by, now=now)
    queries.templates.preview(
        draft, as_pdf=True
    )  # what no font can print is refused now, not when somebody wants a certificate
    content = canon.canonical({"texts": dict(draft.texts), "logo": draft.logo, "seal": draft.seal})
    CertificateTemplate.objects.create(
        institution_id=institution_id,
        version=draft.version,
        texts=dict(draft.texts),
        logo=draft.logo,
        seal=draft.seal,
        made_at=now,
        made_by=by.name,
        leaf_id=translog.append(
            body=canon.canonical(
                {
                    "kind": "certificate.template",
                    "v": 1,
                    "institution": institution_code,
                    "version": draft.version,
                    "digest": sm3(content).hex(),
                    "at": write_time(now),
                }
            )
        ),
    )
    audit.record(
        action="certificates.template",
        by=by,
        now=now,
        subject=("template", institution_code or "bank"),
        after={"version": draft.version},
    )
    made = queries.templates.template(scope, institution_code)
    assert made is not None
    return made


def drafted(
    *, institution_code: str, texts: Mapping[str, str], logo: bytes | None, seal: bytes | None, by: Actor, now: datetime
) -> Template:
    """The version ``design`` would make; nothing is written. Raises what ``design`` does."""
    before = queries.templates.template(by.scope("certificates.design"), institution_code)
    return Template(
        id=0,
        institution_code=institution_code,
        institution_name=before.institution_name if before else "",
        version=before.version + 1 if before else 1,
        texts={name: _line(name, texts.get(name, ""), most) for name, most in TEXT_FIELDS.items()},
        logo=_drawn(logo, before.logo if before else "", place="logo"),
        seal=_drawn(seal, before.seal if before else "", place="seal"),
        made_at=now,
        made_by=by.name,
    )


def _line(name: str, text: str, most: int) -> str:
    text = text.strip()
    try:
        reject_controls(text)
    except BadText:
        raise Denied(TEMPLATE_TEXT, place=name, most=most) from None
    if len(text) > most:
        raise Denied(TEMPLATE_TEXT, place=name, most=most)
    return text


def _drawn(data: bytes | None, before: str, *, place: str) -> str:
    if data is None or data == b"":
        return before if data is None else ""
    drawn = picture(data, place=place)
    if not places(drawn):
        raise Denied(TEMPLATE_PICTURE, place=place, zh="图片读不出来", en="it does not read")
    return drawn
