"""Reading the looks of certificates: the version in use, the one a certificate was issued with, and a specimen."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db.models import Q

from xuefen.bank.certificates.models import Certificate, CertificateTemplate
from xuefen.bank.certificates.pdf.rendering import Language
from xuefen.bank.certificates.pdf.specimen import specimen
from xuefen.bank.certificates.queries import trusting
from xuefen.bank.certificates.types import TEMPLATE_SCOPE, Template
from xuefen.bank.institutions import queries as institutions
from xuefen.bank.shell.actor import Scope
from xuefen.bank.shell.problems import Denied


def reached(scope: Scope, institution_code: str) -> int | None:
    """The institution's id, None for the bank itself (""). Raises ``Denied(template_scope)`` outside the scope."""
    if not institution_code:
        if not scope.everything:
            raise Denied(TEMPLATE_SCOPE, place="institution")
        return None
    found = institutions.institutions(scope).filter(code=institution_code).first()
    if found is None:
        raise Denied(TEMPLATE_SCOPE, place="institution")
    return found.pk


def template(scope: Scope, institution_code: str) -> Template | None:
    """The version in use, None while nothing was changed. Raises ``Denied(template_scope)``."""
    return next(iter(versions(scope, institution_code)), None)


def versions(scope: Scope, institution_code: str) -> list[Template]:
    """Every version, newest first. Raises ``Denied(template_scope)``."""
    rows = CertificateTemplate.objects.filter(_owned_by(reached(scope, institution_code)))
    return [_facts(row) for row in rows.select_related("institution").order_by("-version")]


def _owned_by(institution_id: int | None) -> Q:
    return Q(institution__isnull=True) if institution_id is None else Q(institution_id=institution_id)


def in_use(institution_id: int | None) -> CertificateTemplate | None:
    """What a certificate issued now is printed with: the institution's own, else the bank's, else nothing special."""
    newest = CertificateTemplate.objects.order_by("-version")
    own = newest.filter(_owned_by(institution_id)).first() if institution_id is not None else None
    return own or newest.filter(_owned_by(None)).first()


def receiver_id(application_id: int) -> int:
    """Whose programme an application is for."""
    applications = Certificate._meta.get_field("application").related_model
    return int(applications._default_manager.values_list("receiver_id", flat=True).get(pk=application_id))


def preview(house: Template | None, *, language: Language = "zh", as_pdf: bool = False) -> bytes:
    """A specimen of a statement as PNG or PDF. Raises ``Denied``: node_unnamed, fonts_missing, glyph_missing."""
    fonts = Path(settings.XUEFEN_HOME) / "fonts"
    return specimen(trusting.issuer(), house, fonts=fonts, language=language, as_pdf=as_pdf)


def _facts(row: CertificateTemplate) -> Template:
    return Template(
        id=row.pk,
        institution_code=row.institution.code if row.institution is not None else "",
        institution_name=row.institution.name_zh if row.institution is not None else "",
        version=row.version,
        texts=row.texts,
        logo=row.logo,
        seal=row.seal,
        made_at=row.made_at,
        made_by=row.made_by,
    )
