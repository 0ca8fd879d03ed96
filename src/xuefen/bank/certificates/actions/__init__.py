"""Issuing certificates and taking them back; sharing by link."""

from xuefen.bank.certificates.actions.credentials import import_badge, sign_credential
from xuefen.bank.certificates.actions.issuing import (
    SAME_PRESS,
    change,
    issue_conversion,
    issue_statement,
    log,
    reinstate,
    revoke,
    suspend,
    sweep_withdrawn,
)
from xuefen.bank.certificates.actions.publishing import publish_status, publish_trust
from xuefen.bank.certificates.actions.sharing import open_paper, open_shared, share, share_certificate, unshare
from xuefen.bank.certificates.actions.templates import design, drafted

__all__ = [
    "SAME_PRESS",
    "change",
    "design",
    "drafted",
    "import_badge",
    "issue_conversion",
    "issue_statement",
    "log",
    "open_paper",
    "open_shared",
    "publish_status",
    "publish_trust",
    "reinstate",
    "revoke",
    "share",
    "share_certificate",
    "sign_credential",
    "suspend",
    "sweep_withdrawn",
    "unshare",
]
