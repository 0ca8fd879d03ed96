"""Pure decisions about certificates: making what is signed, and answering the questions about a file."""

from xuefen.bank.certificates.rules.checking import PLAIN, Container, claimed_number, damaged, no_certificate, verify
from xuefen.bank.certificates.rules.elmo import elmo
from xuefen.bank.certificates.rules.files import BadFile, find_key, read_issuers, read_status, read_trust, valid_at
from xuefen.bank.certificates.rules.issuing import (
    badge_leaf,
    body_bytes,
    body_json,
    credential_leaf,
    document,
    issued_leaf,
    number_digest,
    public_facts,
    signature_json,
    status_json,
    status_leaf,
    trust_json,
)
from xuefen.bank.certificates.rules.shape import Misshapen, body_from, require_envelope, write_time
from xuefen.bank.certificates.rules.witnessing import Newer, nothing_newer

__all__ = [
    "PLAIN",
    "BadFile",
    "Container",
    "Misshapen",
    "Newer",
    "badge_leaf",
    "body_bytes",
    "body_from",
    "body_json",
    "claimed_number",
    "credential_leaf",
    "damaged",
    "document",
    "elmo",
    "find_key",
    "issued_leaf",
    "no_certificate",
    "nothing_newer",
    "number_digest",
    "public_facts",
    "read_issuers",
    "read_status",
    "read_trust",
    "require_envelope",
    "signature_json",
    "status_json",
    "status_leaf",
    "trust_json",
    "valid_at",
    "verify",
    "write_time",
]
