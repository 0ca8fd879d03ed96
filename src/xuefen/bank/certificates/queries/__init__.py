"""Reading certificates and share links."""

from xuefen.bank.certificates.queries.papers import (
    body_of,
    document,
    facts,
    issuer,
    mine,
    of_application,
    one,
    pdf,
    public,
    statements_in_doubt,
    status,
    trust,
    verify,
    violations,
    within,
)
from xuefen.bank.certificates.queries.sharing import share_facts, share_links, shared, token_digest

__all__ = [
    "body_of",
    "document",
    "facts",
    "issuer",
    "mine",
    "of_application",
    "one",
    "pdf",
    "public",
    "share_facts",
    "share_links",
    "shared",
    "statements_in_doubt",
    "status",
    "token_digest",
    "trust",
    "verify",
    "violations",
    "within",
]
