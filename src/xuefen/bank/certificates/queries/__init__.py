"""Reading certificates, credentials and share links."""

from collections.abc import Iterator

from xuefen.bank.certificates.queries import brought, credentials, promises, templates
from xuefen.bank.certificates.queries.brought import badge, badges
from xuefen.bank.certificates.queries.credentials import (
    choices,
    credential,
    credential_home,
    elmo,
    issuer_profile,
    selective,
    standing,
)
from xuefen.bank.certificates.queries.papers import (
    body_of,
    code,
    counts,
    document,
    facts,
    facts_of,
    mine,
    of_application,
    one,
    paper_identity,
    pdf,
    public,
    require_sealed,
    signature_holds,
    statements_in_doubt,
    status,
    taken_back,
    within,
)
from xuefen.bank.certificates.queries.sharing import share_facts, share_links, shared, shared_paper, token_digest
from xuefen.bank.certificates.queries.trusting import issuer, trust
from xuefen.bank.certificates.queries.verifying import (
    beside,
    known_issuers,
    sign_for_test,
    verify,
    verify_code,
    verify_credential,
    verify_presentation,
)
from xuefen.bank.shell.violation import Violation


def violations() -> Iterator[Violation]:
    """What `prove` asks this room."""
    yield from promises.violations()
    yield from credentials.violations()
    yield from brought.violations()


__all__ = [
    "badge",
    "badges",
    "beside",
    "body_of",
    "choices",
    "code",
    "counts",
    "credential",
    "credential_home",
    "document",
    "elmo",
    "facts",
    "facts_of",
    "issuer",
    "issuer_profile",
    "known_issuers",
    "mine",
    "of_application",
    "one",
    "paper_identity",
    "pdf",
    "public",
    "require_sealed",
    "selective",
    "share_facts",
    "share_links",
    "shared",
    "shared_paper",
    "sign_for_test",
    "signature_holds",
    "standing",
    "statements_in_doubt",
    "status",
    "taken_back",
    "templates",
    "token_digest",
    "trust",
    "verify",
    "verify_code",
    "verify_credential",
    "verify_presentation",
    "violations",
    "within",
]
